//! What the measurements share: arguments, the model, timing, rows of output.
//!
//! Every measurement prints JSON lines. Times are wall time; the machine is often shared, so a row holds the least, the
//! median and the largest of several runs, and comparisons are made between rows of one run on one machine.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "measurements are programs that print")]
#![expect(clippy::expect_used, reason = "a measurement that cannot start has nobody to report to but the terminal")]

use std::sync::Arc;
use std::time::Instant;

use schur_atoms::{Cell, Structure};
use schur_potential::Model;

/// The arguments of a measurement: `--name value` pairs, after what cargo itself passes.
pub struct Arguments(Vec<String>);

impl Arguments {
    /// The program's own arguments.
    pub fn read() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// Whether this is a real measurement: `cargo bench` says so, `cargo test` does not.
    pub fn is_measurement(&self) -> bool {
        self.0.iter().any(|argument| argument == "--bench")
    }

    /// The value behind `--name`.
    pub fn value(&self, name: &str) -> Option<&str> {
        let place = self.0.iter().position(|argument| argument.strip_prefix("--") == Some(name))?;
        self.0.get(place + 1).map(String::as_str)
    }

    /// The list behind `--name`, separated by commas.
    pub fn list(&self, name: &str, default: &str) -> Vec<String> {
        self.value(name).unwrap_or(default).split(',').map(str::to_owned).collect()
    }

    /// The number behind `--name`.
    ///
    /// # Panics
    /// If it is no number.
    pub fn number(&self, name: &str, default: usize) -> usize {
        self.value(name).map_or(default, |text| text.parse().expect("a whole number"))
    }

    /// The model behind `--model FILE.pth`, else `sevennet-0.pth` in the folder that `SCHUR_TEST_MODELS` names.
    ///
    /// # Panics
    /// If the file is there but no checkpoint.
    pub fn model(&self) -> Option<Model> {
        let path = self.value("model").map(std::path::PathBuf::from).or_else(|| {
            std::env::var_os("SCHUR_TEST_MODELS").map(|folder| std::path::Path::new(&folder).join("sevennet-0.pth"))
        });
        if let Some(folder) = path.as_ref().filter(|path| path.is_dir()) {
            let settings = std::fs::read_to_string(folder.join("model.json")).expect("the settings of a potential");
            let state = std::fs::read(folder.join("state.pt")).expect("the weights of a potential");
            let checkpoint = schur_io::torch::Checkpoint::read(&state).expect("a checkpoint");
            return Some(Model::from_matgl(&settings, &checkpoint).expect("a potential of matgl"));
        }
        let Some(bytes) = path.and_then(|path| std::fs::read(path).ok()) else {
            println!("skipped: measurement: no checkpoint; pass --model FILE.pth or set SCHUR_TEST_MODELS");
            return None;
        };
        let checkpoint = schur_io::torch::Checkpoint::read(&bytes).expect("a checkpoint");
        if matches!(checkpoint.root().find("model"), Ok(Some(_))) {
            return Some(Model::from_chgnet(&checkpoint).expect("a CHGNet checkpoint"));
        }
        let is_object = matches!(checkpoint.root().kind(), Ok(schur_io::torch::Kind::Unknown { .. }));
        let model = if is_object { Model::from_mace(&checkpoint) } else { Model::from_sevennet(&checkpoint) };
        Some(model.expect("a checkpoint of SevenNet or MACE"))
    }

    /// The structures behind `--names`, from the folder `--structures`; by default all of `benches/structures`.
    ///
    /// # Panics
    /// If one of them cannot be read.
    pub fn structures(&self) -> Vec<(String, Structure)> {
        if !self.is_measurement() {
            return vec![("cu4".to_owned(), copper(1))];
        }
        let folder = self.value("structures").unwrap_or("benches/structures");
        let read = |name: String| {
            let path = std::path::Path::new(folder).join(format!("{name}.extxyz"));
            let mut frames = schur_atoms::files::read_path(&path).expect("a structure file");
            (name, frames.remove(0))
        };
        self.list("names", "ethanol,si64,nacl216,water192,cu500").into_iter().map(read).collect()
    }
}

/// A pool of threads.
///
/// # Panics
/// If the system gives no threads.
pub fn pool(threads: usize) -> Arc<rayon::ThreadPool> {
    Arc::new(rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads"))
}

/// Least, median and largest of several wall times in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    /// The least: the fair figure on a machine that others use too.
    pub least: f64,
    /// The median.
    pub median: f64,
    /// The largest.
    pub largest: f64,
}

impl Spread {
    /// The spread of times in seconds.
    ///
    /// # Panics
    /// If there are none.
    pub fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self { least: seconds[0], median: seconds[seconds.len() / 2], largest: seconds[seconds.len() - 1] }
    }
}

/// Times `runs` calls, after one that is not counted.
pub fn time(runs: usize, mut work: impl FnMut()) -> Spread {
    work();
    let seconds = (0..runs.max(1))
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect();
    Spread::of(seconds)
}

/// The most memory that the process holds while some work runs (Linux only).
pub struct Peak(u64);

impl Peak {
    /// Forgets the peak so far; what is held now counts as the baseline.
    pub fn begin() -> Option<Self> {
        std::fs::write("/proc/self/clear_refs", "5").ok()?;
        resident("VmHWM:").map(Self)
    }

    /// Bytes held at most since the beginning, beside the baseline.
    pub fn bytes(&self) -> Option<u64> {
        Some(resident("VmHWM:")?.saturating_sub(self.0))
    }
}

/// The most memory that the process has held since it began, or since the last [`Peak::begin`].
pub fn peak_bytes() -> Option<u64> {
    resident("VmHWM:")
}

/// A line of the process's status, in bytes.
fn resident(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// Numbers in [-1/2, 1/2) from a linear congruential generator (Knuth's MMIX constants).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number.
    pub fn draw(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / f64::from(1 << 24) - 0.5
    }
}

/// Copper of `4 n^3` atoms, each moved by up to 0.05 Å along each axis.
pub fn copper(n: usize) -> Structure {
    const EDGE: f64 = 3.61;
    let mut numbers = Numbers(1);
    let mut positions = Vec::new();
    let basis = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
    for cell in 0..n * n * n {
        let corner = [cell / (n * n), cell / n % n, cell % n];
        for site in basis {
            positions.push(std::array::from_fn(|a| EDGE * (corner[a] as f64 + site[a]) + 0.1 * numbers.draw()));
        }
    }
    let edge = EDGE * n as f64;
    let cell = Cell::new([[edge, 0.0, 0.0], [0.0, edge, 0.0], [0.0, 0.0, edge]]);
    Structure::new(vec![29; positions.len()], positions, cell, [true; 3])
}

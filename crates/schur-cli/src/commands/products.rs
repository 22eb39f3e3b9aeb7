//! `schur products`: the named products beside each other, measured on this machine.

mod advice;
mod escn;
mod record;
mod timing;

use anyhow::Result;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use schur_product::products::{Mode, PRODUCT_NAMES, Task, named_product};

use self::advice::{Comparison, milliseconds, missing_from_gaunt, three_digits};
use self::record::Record;
use self::timing::Size;
use crate::args::{GlobalArgs, ModeName, ProductsArgs};
use crate::exit::{Interrupted, Status};
use crate::interrupt::Interrupt;
use crate::report::{Column, Reporter, Table};
use crate::session;

const TABLE: Table = Table {
    columns: &[
        Column::text("product", 18),
        Column::text("mode", 4),
        Column::new("lmax", "", 0, 4),
        Column::new("time", "ms", 4, 9),
        Column::new("flops", "M", 2, 9),
        Column::new("moved", "MB", 2, 10),
        Column::new("maps", "", 0, 9),
        Column::new("paths", "", 0, 9),
        Column::new("equivariance", "", 1, 12),
    ],
};

/// Measures the products and says which one to use.
///
/// # Errors
/// If a run would take too much memory, no threads can be had, or stdout takes no more.
pub fn run(args: &ProductsArgs, options: &GlobalArgs, reporter: &Reporter) -> Result<Status> {
    let run = Run {
        mode: args.mode,
        size: Size { batch: args.batch as usize, channels: args.channels as usize },
        interrupt: Interrupt::install()?,
        reporter,
    };
    let largest = Task::new(args.lmax.last, args.mode.into());
    run.size.check(2 * largest.arguments().dim() + largest.output().dim())?;
    let degrees = args.lmax.first..=args.lmax.last;
    let comparisons = session::pool(options)?.install(|| -> Result<Vec<Comparison>> {
        run.announce()?;
        degrees.map(|lmax| run.compare(lmax)).collect()
    })?;
    if comparisons.len() > 1 {
        run.crossings(args.lmax.first, &comparisons)?;
    }
    let measured = comparisons.iter().flat_map(|comparison| comparison.products.iter().chain(&comparison.escn));
    reporter.json(&measured.collect::<Vec<&Record>>())?;
    Ok(Status::Success)
}

struct Run<'a> {
    mode: ModeName,
    size: Size,
    interrupt: Interrupt,
    reporter: &'a Reporter,
}

impl Run<'_> {
    fn announce(&self) -> Result<()> {
        let (threads, Size { batch, channels }) = (rayon::current_num_threads(), self.size);
        self.say(&format!("{batch} items x {channels} channels, f32, forward, threads: {threads}"))
    }

    /// Measures every product at one largest degree.
    fn compare(&self, lmax: usize) -> Result<Comparison> {
        let (mode, task) = (self.mode.name(), Task::new(lmax, self.mode.into()));
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let (mut products, mut refusals) = (Vec::new(), Vec::new());
        self.say(&format!("\n{} x {} -> {}", task.arguments(), task.arguments(), task.output()))?;
        self.say(&TABLE.header())?;
        for name in PRODUCT_NAMES {
            self.check_interrupt()?;
            match named_product(name, &task, &mut rng) {
                Ok(product) => {
                    let record = record::measure(&product, mode, &task, self.size)?;
                    self.say(&row(&record))?;
                    products.push(record);
                }
                Err(reason) => {
                    // The names of the forms of one product begin with its own.
                    let reason = reason.to_string();
                    let own = reason.split_once(": ").filter(|(product, _)| name.starts_with(product));
                    let reason = own.map_or(reason.as_str(), |(_, what)| what);
                    refusals.push(format!("{name} cannot serve this task: {reason}"));
                }
            }
        }
        let mut escn = None;
        if task.mode == Mode::Mimo {
            self.check_interrupt()?;
            let record = escn::measure(mode, &task, self.size)?;
            self.say(&row(&record))?;
            escn = Some(record);
        }
        let comparison = Comparison { products, escn, missing_from_gaunt: missing_from_gaunt(&task)? };
        if comparison.escn.is_some() {
            refusals
                .push("* the second argument is the harmonics of a direction, the same for all channels".to_owned());
        }
        refusals.iter().chain(&comparison.advice()).try_for_each(|line| self.say(line))?;
        Ok(comparison)
    }

    /// Says at which degree another product becomes the fastest.
    fn crossings(&self, first: usize, comparisons: &[Comparison]) -> Result<()> {
        self.say("\nlmax  fastest exact                    fastest of all")?;
        for (lmax, comparison) in (first..).zip(comparisons) {
            let cell = |record: Option<&Record>| {
                record.map_or("-".to_owned(), |r| format!("{:<18} {:>12}", r.product, milliseconds(r.seconds)))
            };
            let (exact, all) = (cell(comparison.fastest_exact()), cell(comparison.fastest()));
            self.say(&format!("{lmax:>4}  {exact:<31}  {all}"))?;
        }
        Ok(())
    }

    fn check_interrupt(&self) -> Result<()> {
        if self.interrupt.is_raised() { Err(Interrupted.into()) } else { Ok(()) }
    }

    /// The table is what was asked for, unless machines ask.
    fn say(&self, line: &str) -> Result<()> {
        if self.reporter.is_json() {
            self.reporter.line(format_args!("{line}"));
            return Ok(());
        }
        self.reporter.text(format_args!("{line}"))
    }
}

fn row(record: &Record) -> String {
    let of = |count: usize| format!("{count}/{}", record.paths);
    TABLE.cells(&[
        format!("{}{}", record.product, if record.direction_only { " *" } else { "" }),
        record.mode.to_owned(),
        record.lmax.to_string(),
        three_digits(1e3 * record.seconds),
        three_digits(1e-6 * record.flops as f64),
        three_digits(1e-6 * record.bytes as f64),
        of(record.expressivity),
        of(record.interactability),
        format!("{:.1e}", record.equivariance_error),
    ])
}

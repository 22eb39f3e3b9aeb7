//! A folder with the program in it, and the models that tests share.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A new empty folder to run the program in.
pub struct Folder(TempDir);

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names of everything in the folder, in order.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program, to be run here; without models unless [`Folder::schur_with_models`] asks for them.
    pub fn schur<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_schur"));
        command.args(arguments).current_dir(self.0.path()).env("SCHUR_HOME", self.path("no-models"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.schur(arguments))
    }

    /// Runs the program with the shared models; `None`, with the reason printed, if there are none here.
    pub fn run_with_models(&self, arguments: &[&str]) -> Option<Ran> {
        let models = models()?;
        Some(ran(self.schur(arguments).env("SCHUR_HOME", models)))
    }
}

pub fn ran(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// Makes a fetched wheel, if the suite has one, what pip finds; otherwise pip's own settings hold.
pub fn offer_wheel(command: &mut Command) {
    if let Some(folder) = std::env::var_os("SCHUR_TEST_MODELS") {
        command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder);
    }
}

/// Asks a program to end, as a terminal or a queue would.
#[cfg(unix)]
pub fn signal(child: &std::process::Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// The folder with all models of the registry, fetched once into the target folder.
pub fn models() -> Option<&'static Path> {
    static MODELS: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match MODELS.get_or_init(fetch) {
        Ok(folder) => Some(folder),
        Err(reason) => {
            skip("a test that reads published models", reason);
            None
        }
    }
}

/// The checkpoints as they were published, which only the whole suite fetches.
pub fn checkpoints() -> Option<PathBuf> {
    let folder = std::env::var_os("SCHUR_TEST_MODELS").map(PathBuf::from);
    if folder.is_none() {
        skip("a test that reads published checkpoints", "SCHUR_TEST_MODELS names no folder; `cargo xtask test` does");
    }
    folder
}

pub fn skip(what: &str, reason: &str) {
    println!("skipped: {what}: {reason}");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "with CI=true a skipped test is a failure: {reason}");
}

fn fetch() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schur-home");
    let mut command = Command::new(env!("CARGO_BIN_EXE_schur"));
    command.args(["models", "pull", "--all"]).env("SCHUR_HOME", &folder);
    // Files of an earlier converter would stay otherwise, sound but not what `pull` writes today.
    let (note, converter) = (folder.join("converter"), converter());
    if fs::read_to_string(&note).ok().as_ref() != Some(&converter) || !verified(&folder) {
        command.arg("--force");
    }
    offer_wheel(&mut command);
    let ran = ran(&mut command);
    if ran.status != Some(0) {
        return Err(ran.stderr.replace('\n', " "));
    }
    fs::write(note, converter).map_err(|error| error.to_string())?;
    Ok(folder)
}

/// Sources of what turns a checkpoint into the bytes of a model file, below `crates`.
const CONVERTER: [&str; 9] = [
    "schur-cli/src/models",
    "schur-io/src",
    "schur-potential/src/architecture.rs",
    "schur-potential/src/chgnet/architecture.rs",
    "schur-potential/src/import",
    "schur-potential/src/mace/architecture.rs",
    "schur-potential/src/model_file.rs",
    "schur-potential/src/nequip/architecture.rs",
    "schur-potential/src/tensornet/architecture.rs",
];

/// A digest of these sources.
fn converter() -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut digests = Vec::new();
    let mut left: Vec<PathBuf> = CONVERTER.iter().map(|name| crates.join(name)).collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            digests.push(schur_io::sha256(&fs::read(path).unwrap()));
        }
    }
    // In an order of their own: that of a folder is the file system's.
    digests.sort();
    schur_io::sha256(digests.concat().as_bytes())
}

fn verified(folder: &Path) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_schur"));
    ran(command.args(["models", "verify", "--stored"]).env("SCHUR_HOME", folder)).status == Some(0)
}

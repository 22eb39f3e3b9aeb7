//! The machine's own pip, so that the user's package index, proxy and certificates apply.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// How pip may be called, in the order of trial.
const WAYS: [Way; 4] = [Way::Module("python3"), Way::Program("pip3"), Way::Program("pip"), Way::Module("python")];

/// Runs pip without the current folder on the module path: a stray `pip.py` there must not be run.
///
/// `-m pip` would look there first, `-P` and PYTHONSAFEPATH are unknown before Python 3.11, `-I` hides a pip that the user
/// installed, and going to another folder would change what relative paths in pip's settings mean.
const RUN_PIP: &str = "import sys; sys.path[:] = [p for p in sys.path if p]; import runpy; \
                       runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/// Lines of pip's complaint that are worth showing.
const SHOWN_LINES: usize = 6;

/// One way to call pip.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// A module of this Python.
    Module(&'static str),
    /// A program of its own.
    Program(&'static str),
}

impl Way {
    /// The words that a person would type.
    fn name(self) -> String {
        match self {
            Self::Module(python) => format!("{python} -m pip"),
            Self::Program(pip) => pip.to_owned(),
        }
    }

    fn command(self) -> Command {
        let mut command = match self {
            Self::Module(python) => {
                let mut command = Command::new(python);
                command.args(["-c", RUN_PIP]);
                command
            }
            Self::Program(pip) => Command::new(pip),
        };
        command.stdin(Stdio::null());
        command
    }
}

/// A pip that answers.
#[derive(Debug, Clone)]
pub struct Pip(Way);

impl Pip {
    /// Finds the first way to call pip that works.
    ///
    /// # Errors
    /// If none does.
    pub fn find() -> Result<Self> {
        let works = |way: &Way| {
            let status = way.command().arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            status.is_ok_and(|status| status.success())
        };
        match WAYS.into_iter().find(works) {
            Some(way) => Ok(Self(way)),
            None => bail!("there is no pip on this machine: tried {}", WAYS.map(Way::name).join(", ")),
        }
    }

    /// The words that call it.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Downloads the wheel of one package into an empty folder; nothing is installed and none of its code is run.
    ///
    /// `wheel` are pip's options that say which, where the package has several.
    ///
    /// # Errors
    /// With the end of pip's own message if it fails, or if it leaves no wheel behind.
    pub fn download(&self, package: &str, wheel: &[&str], folder: &Path) -> Result<PathBuf> {
        let mut command = self.0.command();
        // A source package would be built, which runs its code; the Python it wants does not matter if nothing runs.
        command.args(["download", "--no-deps", "--only-binary=:all:", "--no-input"]);
        if wheel.is_empty() {
            command.arg("--ignore-requires-python");
        }
        command.args(wheel);
        command.args(["--quiet", "--dest"]).arg(folder).arg(package);
        let output = command.output().with_context(|| format!("cannot start `{}`", self.name()))?;
        if !output.status.success() {
            bail!("`{} download {package}` failed: {}", self.name(), ending(&output.stderr));
        }
        wheel_in(folder)
    }
}

/// The last lines of a message.
fn ending(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n  ")
}

fn wheel_in(folder: &Path) -> Result<PathBuf> {
    let mut wheels = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list `{}`", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            wheels.push(path);
        }
    }
    ensure!(wheels.len() == 1, "pip was asked for one wheel and left {}", wheels.len());
    Ok(wheels.remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_message_is_shown() {
        let message: String = (0..20).map(|n| format!("line {n}\n\n")).collect();
        let shown = ending(message.as_bytes());
        assert!(shown.starts_with("line 14\n") && shown.ends_with("line 19"), "{shown}");
        assert_eq!(ending(b""), "");
    }

    #[test]
    fn exactly_one_wheel_is_expected() {
        let folder = tempfile::tempdir().unwrap();
        assert!(wheel_in(folder.path()).unwrap_err().to_string().contains("left 0"));
        fs::write(folder.path().join("a-1-py3-none-any.whl"), "").unwrap();
        fs::write(folder.path().join("notes.txt"), "").unwrap();
        assert!(wheel_in(folder.path()).unwrap().ends_with("a-1-py3-none-any.whl"));
    }
}

//! Programs that the checks need, installed below `target/tools` at a fixed version.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::step;

const CARGO_DENY: &str = "0.20.2";
const TYPOS: &str = "1.52.0";

/// A command of the toolchain that runs this.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// The folder for build outputs, as cargo would choose it.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// Python's package installer, under the first name that answers.
///
/// # Errors
/// If there is none on this machine.
pub fn pip() -> Result<Command> {
    for (program, arguments) in [("python3", &["-m", "pip"][..]), ("python", &["-m", "pip"]), ("pip3", &[])] {
        let command = || {
            let mut command = Command::new(program);
            command.args(arguments).env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
            command
        };
        if step::output(command().arg("--version")).is_ok() {
            return Ok(command());
        }
    }
    anyhow::bail!("no pip: neither `python3 -m pip` nor `pip3` runs on this machine")
}

/// The spelling checker; its Python package carries the compiled program.
///
/// # Errors
/// If it is not there and cannot be installed.
pub fn typos(root: &Path) -> Result<PathBuf> {
    let folder = target(root).join("tools").join(format!("typos-{TYPOS}"));
    let program = folder.join("bin/typos");
    if !program.exists() {
        step::output(
            pip()?
                .args(["install", "--quiet", "--no-deps", "--only-binary=:all:", "--target"])
                .arg(&folder)
                .arg(format!("typos=={TYPOS}")),
        )
        .context("the spelling checker cannot be installed")?;
    }
    Ok(program)
}

/// The dependency checker, compiled from source once: a minute or two.
///
/// Built without optimisation, since it runs for a second and would compile for minutes.
///
/// # Errors
/// If it is not there and cannot be built.
pub fn cargo_deny(root: &Path) -> Result<PathBuf> {
    let folder = target(root).join("tools").join(format!("cargo-deny-{CARGO_DENY}"));
    let program = folder.join("bin/cargo-deny");
    if !program.exists() {
        let arguments = ["install", "--locked", "--quiet", "--debug", "cargo-deny", "--version", CARGO_DENY, "--root"];
        let build = target(root).join("tools/build");
        step::output(cargo(root).args(arguments).arg(&folder).env("CARGO_TARGET_DIR", &build))
            .context("the dependency checker cannot be built")?;
        // Half a gigabyte of intermediate files that nothing reads again.
        std::fs::remove_dir_all(&build).ok();
    }
    Ok(program)
}

//! Everything that is checked before a change lands, in one command for people and for the machine.

use std::{path::Path, process::Command, time::Instant};

use anyhow::Result;

use crate::{
    step::{self, timed},
    suite, tidy,
    tools::{self, cargo},
};

type Step = (&'static str, fn(&Path) -> Result<String>);

/// Cheap steps first, so that a slip shows in seconds; the tests last, so that their result closes the log.
const STEPS: [Step; 7] = [
    ("format", |root| quiet(cargo(root).args(["fmt", "--all", "--check"]))),
    ("tidy", tidy::report),
    ("spelling", spelling),
    ("clippy", |root| {
        quiet(cargo(root).args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    }),
    ("fuzz targets", |root| {
        // Nothing else builds them, so they would rot; a fuzzer's flags are not needed for a check.
        let folder = tools::target(root).join("fuzz");
        quiet(cargo(&root.join("fuzz")).args(["check", "--quiet", "--bins"]).env("CARGO_TARGET_DIR", folder))
    }),
    ("documentation", |root| {
        let arguments = ["doc", "--quiet", "--workspace", "--no-deps"];
        quiet(cargo(root).args(arguments).env("RUSTDOCFLAGS", "-D warnings"))
    }),
    ("dependencies", dependencies),
];

/// Runs every step, also after one has failed, and says how many passed.
///
/// # Errors
/// If the tests cannot be started at all.
pub fn run(root: &Path) -> Result<bool> {
    let start = Instant::now();
    let mut failed: Vec<&str> = STEPS.iter().filter(|(name, step)| !timed(name, || step(root))).map(|s| s.0).collect();
    println!("test");
    if !suite::run(root)? {
        failed.push("test");
    }
    let (steps, seconds) = (STEPS.len() + 1, start.elapsed().as_secs_f64());
    let names = if failed.is_empty() { String::new() } else { format!(" ({})", failed.join(", ")) };
    println!("steps: {} passed, {} failed{names} in {seconds:.0} s", steps - failed.len(), failed.len());
    Ok(failed.is_empty())
}

/// Runs a command whose output matters only if it fails.
fn quiet(command: &mut Command) -> Result<String> {
    step::output(command).map(|_| String::new())
}

fn spelling(root: &Path) -> Result<String> {
    quiet(Command::new(tools::typos(root)?).current_dir(root).args(["--format", "brief", "--color", "never"]))
}

/// Licences, duplicates and origins of all dependencies; known vulnerabilities where their database can be reached.
fn dependencies(root: &Path) -> Result<String> {
    let deny = tools::cargo_deny(root)?;
    let check = |checks: &[&str]| {
        let arguments = ["--color", "never", "--log-level", "error", "--workspace", "check", "--hide-inclusion-graph"];
        quiet(Command::new(&deny).current_dir(root).args(arguments).args(checks))
    };
    check(&["licenses", "bans", "sources"])?;
    if !reaches_advisories() {
        return Ok("known vulnerabilities not checked: their database is out of reach".to_owned());
    }
    check(&["advisories"])
}

/// Whether the database of known vulnerabilities answers within ten seconds.
fn reaches_advisories() -> bool {
    let database = "https://github.com/rustsec/advisory-db";
    let patience = ["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=10"];
    let mut command = Command::new("git");
    command.args(patience).args(["ls-remote", "--quiet", database, "HEAD"]).env("GIT_TERMINAL_PROMPT", "0");
    step::output(&mut command).is_ok()
}

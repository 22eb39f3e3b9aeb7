//! The whole test suite through plain `cargo test`, told in one line for each test program.
//!
//! A test that cannot run here prints a line `skipped: WHAT: WHY` and passes; such lines are collected, and under
//! `CI=true` they fail the suite. Everything said goes to `target/xtask/test.log`.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::Stdio,
    time::Instant,
};

use anyhow::{Context, Result};

use crate::{is_ci, models, tools};

/// Runs every test of the workspace; true if all passed and, under `CI=true`, none was skipped.
///
/// # Errors
/// If cargo cannot be started or the log cannot be written.
pub fn run(root: &Path) -> Result<bool> {
    let start = Instant::now();
    let mut report = Report::default();
    let mut command = tools::cargo(root);
    command.args(["test", "--workspace", "--no-fail-fast", "--color=never", "--", "--show-output"]);
    match models::fetch(root) {
        Ok(folder) => {
            command.env(models::VARIABLE, folder);
        }
        Err(error) => report.skipped.push(format!("every test that reads a published model: {error:#}")),
    }
    let logs = tools::target(root).join("xtask");
    fs::create_dir_all(&logs)?;
    let mut log = fs::File::create(logs.join("test.log"))?;

    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().context("cannot start cargo")?;
    drop(command); // it holds the writing ends; with them open, reading would not end
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        writeln!(log, "{line}")?;
        if let Some(summary) = report.read(&line) {
            println!("  {summary}");
        }
    }
    let passed = child.wait()?.success();
    report.print(passed);
    println!("{} in {:.1} s", report.closing_line(), start.elapsed().as_secs_f64());
    Ok(passed && report.failed == 0 && (report.skipped.is_empty() || !is_ci()))
}

/// What the lines of `cargo test -- --show-output` come to.
#[derive(Debug, Default)]
struct Report {
    passed: usize,
    failed: usize,
    ignored: usize,
    skipped: Vec<String>,
    /// What to show if the run failed: compiler errors, the output of failed tests, crashes.
    complaints: Vec<String>,
    program: String,
    section: Section,
}

/// Which part of a test program's output a line belongs to.
#[derive(Debug, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Outside,
    Successes,
    Failures,
}

/// First words of lines that say nothing a reader of a failure needs.
const NOISE: [&str; 15] = [
    "Adding",
    "Blocking",
    "Compiling",
    "Checking",
    "Downloaded",
    "Downloading",
    "Finished",
    "Fresh",
    "Locking",
    "Updating",
    "running",
    "test",
    "note:",
    "all",
    "doctests",
];

impl Report {
    /// Takes one line; returns the summary of a test program when the line ends it and it ran any test.
    fn read(&mut self, line: &str) -> Option<String> {
        let text = line.trim();
        if let Some(result) = text.strip_prefix("test result: ") {
            self.section = Section::Outside;
            return self.finish_program(result);
        }
        if let Some(name) = text.strip_prefix("Running ").or_else(|| text.strip_prefix("Doc-tests ")) {
            let kind = if text.starts_with("Doc") { "doc tests " } else { "" };
            self.program = format!("{kind}{}", program_name(name));
            return None;
        }
        match text {
            "successes:" => self.section = Section::Successes,
            "failures:" => self.section = Section::Failures,
            _ => self.keep(line, text),
        }
        None
    }

    fn keep(&mut self, line: &str, text: &str) {
        if let Some(reason) = text.strip_prefix("skipped: ") {
            self.skipped.push(format!("{}: {reason}", self.program));
        } else if self.section != Section::Successes {
            let noise = self.section == Section::Outside && text.split(' ').next().is_some_and(|w| NOISE.contains(&w));
            if !text.is_empty() && !noise {
                self.complaints.push(line.to_owned());
            }
        }
    }

    /// Adds up `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
    fn finish_program(&mut self, result: &str) -> Option<String> {
        let count = |what: &str| -> usize {
            let part = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(what));
            part.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
        };
        let (passed, failed, ignored) = (count("passed"), count("failed"), count("ignored"));
        self.passed += passed;
        self.failed += failed;
        self.ignored += ignored;
        let seconds = result.rsplit_once("finished in ").map_or("", |(_, time)| time);
        let verdict = if failed > 0 { format!("{failed} FAILED, ") } else { String::new() };
        (passed + failed > 0).then(|| format!("{}: {verdict}{passed} passed in {seconds}", self.program))
    }

    fn print(&self, passed: bool) {
        if !passed {
            self.complaints.iter().for_each(|line| println!("{line}"));
        }
        for skipped in &self.skipped {
            println!("skipped: {skipped}");
        }
        if is_ci() && !self.skipped.is_empty() {
            println!("with CI=true a skipped test is a failure");
        }
    }

    fn closing_line(&self) -> String {
        let Self { passed, failed, ignored, skipped, .. } = self;
        format!("test result: {passed} passed, {failed} failed, {ignored} ignored, {} skipped", skipped.len())
    }
}

/// `schur_io src/lib.rs` from `unittests src/lib.rs (target/debug/deps/schur_io-0123abc)`.
fn program_name(running: &str) -> String {
    let Some((source, program)) = running.split_once(" (") else {
        return running.to_owned();
    };
    let stem = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let stem = stem.rsplit_once('-').map_or(stem, |(stem, _)| stem);
    format!("{stem} {}", source.trim_start_matches("unittests "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "   Compiling schur-io v0.1.0
     Running unittests src/lib.rs (target/debug/deps/schur_io-0123abc)

running 2 tests
test a ... ok
test b ... ok

successes:

---- b stdout ----
skipped: models: no network
error: a word that a passing test may print

successes:
    a
    b

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

   Doc-tests schur_io

running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    fn read(text: &str) -> (Report, Vec<String>) {
        let mut report = Report::default();
        let lines = text.lines().filter_map(|line| report.read(line)).collect();
        (report, lines)
    }

    #[test]
    fn a_good_run_is_one_line_a_program_and_keeps_what_was_skipped() {
        let (report, lines) = read(GOOD);
        assert_eq!(lines, ["schur_io src/lib.rs: 2 passed in 0.01s"]);
        assert_eq!((report.passed, report.failed, report.ignored), (2, 0, 1));
        assert_eq!(report.skipped, ["schur_io src/lib.rs: models: no network"]);
        assert!(report.complaints.is_empty(), "{:?}", report.complaints);
        assert_eq!(report.closing_line(), "test result: 2 passed, 0 failed, 1 ignored, 1 skipped");
    }

    #[test]
    fn a_failure_shows_its_output_and_a_compiler_error_its_message() {
        let (report, lines) = read(
            "running 1 test\ntest a ... FAILED\n\nfailures:\n\n---- a stdout ----\nleft: 1\n\nfailures:\n    a\n\n\
             test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s\n\
             error[E0425]: cannot find value `x`\n",
        );
        assert_eq!(lines, [": 1 FAILED, 0 passed in 0.02s"]);
        assert_eq!(report.failed, 1);
        let said = report.complaints.join("\n");
        assert!(said.contains("left: 1") && said.contains("E0425") && !said.contains("running"), "{said}");
    }
}

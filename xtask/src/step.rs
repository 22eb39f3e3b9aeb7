//! Running one command of a task: silent when it succeeds, everything it said when it does not.

use std::{
    io::{Read, Write},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, bail};

/// What a command wrote to both its streams, in the order written.
///
/// # Errors
/// If the program cannot be started, or ends with another status than success; the message holds what it wrote.
pub fn output(command: &mut Command) -> Result<String> {
    let name = format!("{command:?}").replace('"', "");
    let (mut reader, writer) = std::io::pipe()?;
    command.stdin(std::process::Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    // The command holds the writing ends; while they are open here too, reading would not end.
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut written = Vec::new();
    reader.read_to_end(&mut written)?;
    let status = child.wait()?;
    let written = String::from_utf8_lossy(&written).into_owned();
    if !status.success() {
        bail!("{name} ended with {status}\n{}", written.trim_end());
    }
    Ok(written)
}

/// Runs one step, printing its name, whether it passed and how long it took; then what it has to say.
///
/// A step returns a note to print, empty in the ordinary case.
pub fn timed(name: &str, step: impl FnOnce() -> Result<String>) -> bool {
    print!("{name:<14}");
    // Only so that the name shows while the step runs.
    std::io::stdout().flush().ok();
    let start = Instant::now();
    let result = step();
    let seconds = start.elapsed().as_secs_f64();
    let (passed, said) = match result {
        Ok(note) => (true, note),
        Err(error) => (false, format!("{error:#}")),
    };
    println!("{} {seconds:6.1} s", if passed { "passed" } else { "FAILED" });
    for line in said.lines() {
        println!("    {line}");
    }
    passed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_keeps_both_streams_and_reports_the_status() {
        let both = output(Command::new("sh").args(["-c", "echo one; echo two >&2"])).unwrap();
        assert_eq!(both, "one\ntwo\n");
        let error = output(Command::new("sh").args(["-c", "echo why; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("why") && error.contains('3'), "{error}");
        assert!(output(&mut Command::new("no-such-program-here")).is_err());
    }

    #[test]
    fn a_failing_step_is_reported_as_failed() {
        assert!(timed("good", || Ok(String::new())));
        assert!(!timed("bad", || bail!("no")));
    }
}

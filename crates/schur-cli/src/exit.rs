//! How a run ends, as the calling program sees it.

use std::io;
use std::process::ExitCode;

/// The table that `--help` ends with.
pub const HELP: &str = "\
Exit status:
  0  done
  1  error: bad input, model, or a file that cannot be read or written
  2  usage: arguments that are unknown or do not fit together
  3  not converged; the result so far is written
  4  interrupted; what can be kept is written (md: a checkpoint)";

/// How a run that met no error ended, or which kind of error it met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// All done.
    Success = 0,
    /// Something in the world is wrong: input, model, disk.
    Error = 1,
    /// The arguments are wrong; `clap` uses the same number.
    Usage = 2,
    /// The steps did not suffice.
    NotConverged = 3,
    /// A signal asked for the end.
    Interrupted = 4,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Arguments that are each well-formed but do not fit together.
#[derive(Debug)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// A run that ended at a signal before it had a result.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted; nothing was written")
    }
}

impl std::error::Error for Interrupted {}

/// Says which exit status an error stands for.
pub fn status_of(error: &anyhow::Error) -> Status {
    if error.is::<UsageError>() {
        Status::Usage
    } else if error.is::<Interrupted>() {
        Status::Interrupted
    } else {
        Status::Error
    }
}

/// Says whether an error only means that nobody reads our output any more.
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    kinds.into_iter().any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_documented_status() {
        assert_eq!(status_of(&anyhow::anyhow!("bad file")), Status::Error);
        assert_eq!(status_of(&UsageError("both".into()).into()), Status::Usage);
        assert_eq!(status_of(&Interrupted.into()), Status::Interrupted);
        for status in [Status::Success, Status::Error, Status::Usage, Status::NotConverged, Status::Interrupted] {
            assert!(HELP.contains(&format!("\n  {}  ", status as u8)), "{status:?}");
        }
    }

    #[test]
    fn a_broken_pipe_is_found_under_its_context() {
        let broken = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe)).context("writing the list");
        assert!(is_broken_pipe(&broken));
        assert!(!is_broken_pipe(&io::Error::from(io::ErrorKind::NotFound).into()));
    }
}

//! A progress line on a terminal; nothing anywhere else.

use std::fmt::Arguments;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Reporter;

/// Redraws a second: enough to look alive, too few to cost anything.
const REDRAWS: u8 = 10;

const WITH_LENGTH: &str = "{bar:30} {pos}/{len} {elapsed} (eta {eta}) {msg}";
const WITHOUT_LENGTH: &str = "{spinner} {pos} {elapsed} {msg}";

/// A progress line, cleared when dropped.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    pub(super) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    pub(super) fn shown(length: Option<u64>) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(REDRAWS);
        let bar = ProgressBar::with_draw_target(length, target);
        let template = if length.is_some() { WITH_LENGTH } else { WITHOUT_LENGTH };
        // The templates are constants that a test parses; the plain line is as good if one were wrong.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_secs(1));
        Self(bar)
    }

    /// Moves to a position.
    pub fn set(&self, position: u64) {
        self.0.set_position(position);
    }

    /// Says something behind the bar.
    pub fn message(&self, text: String) {
        self.0.set_message(text);
    }

    /// Tells people a line without breaking the bar.
    pub fn line(&self, reporter: &Reporter, text: Arguments<'_>) {
        self.0.suspend(|| reporter.line(text));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_well_formed() {
        for template in [WITH_LENGTH, WITHOUT_LENGTH] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}

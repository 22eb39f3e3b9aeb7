//! SIGINT and SIGTERM as a flag that long runs look at between two steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::exit::Status;

/// Whether somebody asked the run to end.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes over SIGINT and SIGTERM: the first raises the flag, a second one ends the process at once.
    ///
    /// # Errors
    /// If the system refuses the handlers.
    pub fn install() -> Result<Self> {
        let raised = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // The order matters: this one sees the flag as the signals before have left it.
            flag::register_conditional_shutdown(signal, Status::Interrupted as i32, Arc::clone(&raised.0))
                .and_then(|_| flag::register(signal, Arc::clone(&raised.0)))
                .context("cannot listen to signals")?;
        }
        Ok(raised)
    }

    /// Says whether a signal has come.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

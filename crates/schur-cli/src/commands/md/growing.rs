//! A file that grows while a run goes on, and can be cut back to what a checkpoint knows of.
//!
//! Such a file is not renamed into place at the end, since people watch it and a killed run must keep it; what a crash
//! leaves half written lies behind the length in the checkpoint and is cut off when the run goes on.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// A file with a known length of good content.
#[derive(Debug)]
pub struct Growing {
    path: PathBuf,
    writer: BufWriter<File>,
    bytes: u64,
}

impl Growing {
    /// Opens a file and makes sure that nobody else writes it; its content stays as it is until [`Growing::keep`].
    ///
    /// # Errors
    /// If it cannot be opened or another run is writing it.
    pub fn open(path: &Path) -> Result<Self> {
        let file = Self::lock(path).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Self { path: path.to_owned(), writer: BufWriter::new(file), bytes: 0 })
    }

    fn lock(path: &Path) -> Result<File> {
        // Not truncated here: before the lock is ours the content may be another run's.
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => bail!("another run is writing it"),
            // Some network file systems know no locks; there the user has to take care.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        }
    }

    /// Keeps the first `bytes` of what is there, cuts off the rest and goes on behind them.
    ///
    /// # Errors
    /// If there is less, or the system refuses.
    pub fn keep(mut self, bytes: u64) -> Result<Self> {
        let path = self.path.display();
        let file = self.writer.get_mut();
        let found = file.metadata()?.len();
        ensure!(
            found >= bytes,
            "`{path}` has {found} bytes and the checkpoint knows of {bytes}: it was changed since; \
             begin anew with --overwrite"
        );
        let cut = file.set_len(bytes).and_then(|()| file.seek(SeekFrom::Start(bytes)));
        cut.with_context(|| format!("cannot write `{path}`"))?;
        self.bytes = bytes;
        Ok(self)
    }

    /// Brings everything written to the disk and returns the length.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn sync(&mut self) -> Result<u64> {
        let synced = self.writer.flush().and_then(|()| self.writer.get_ref().sync_data());
        synced.with_context(|| format!("cannot write `{}`", self.path.display()))?;
        Ok(self.bytes)
    }
}

impl Write for Growing {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(content)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_behind_the_known_length_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut file = Growing::open(&path).unwrap().keep(0).unwrap();
        file.write_all(b"good").unwrap();
        let known = file.sync().unwrap();
        file.write_all(b" torn fra").unwrap();
        assert!(format!("{:#}", Growing::open(&path).unwrap_err()).contains("another run"));
        drop(file);
        let mut file = Growing::open(&path).unwrap().keep(known).unwrap();
        file.write_all(b" more").unwrap();
        assert_eq!(file.sync().unwrap(), 9);
        drop(file);
        assert_eq!(std::fs::read(&path).unwrap(), b"good more");
        assert!(Growing::open(&path).unwrap().keep(10).unwrap_err().to_string().contains("has 9 bytes"));
    }
}

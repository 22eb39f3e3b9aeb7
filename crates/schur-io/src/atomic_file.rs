//! Files that appear completely or not at all.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What the names of temporary files begin and end with.
const PREFIX: &str = ".schur-";
const SUFFIX: &str = ".tmp";
/// Random letters and digits between the two.
const RANDOM: usize = 6;
/// How often a temporary file is made anew that a concurrent clean-up took for left behind; once is rare enough.
const ATTEMPTS: usize = 8;

/// Reports that an output could not be written; the path is as it was before.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {step}: {source}", path.display())]
pub struct WriteError {
    /// The file that was to be written.
    pub path: PathBuf,
    /// What was being done.
    pub step: &'static str,
    /// What the system or the writer says.
    pub source: io::Error,
}

/// Writes a file through `fill` so that `path` holds either the old content or all of the new.
///
/// The content goes to a temporary file in the same folder, is flushed to the disk and then renamed. When anything
/// fails, or the process dies, `path` is as it was. A symbolic link is followed and the file it names is replaced,
/// keeping that file's permissions.
///
/// A killed process cannot remove its temporary file; the next one that writes in the same folder does. Temporary files
/// in use are locked, so no other run is disturbed; where the file system knows no locks nothing is removed.
///
/// # Errors
/// [`WriteError`] naming the path and the step that failed, also when `fill` fails.
/// # Examples
/// ```
/// use std::io::Write;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("relaxed.xyz");
/// schur_io::write_atomically(&path, |out| writeln!(out, "1\n\nHe 0 0 0"))?;
/// assert_eq!(std::fs::read_to_string(&path)?, "1\n\nHe 0 0 0\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_atomically(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), WriteError> {
    let fail = |step| move |source| WriteError { path: path.to_owned(), step, source };
    // A path that does not exist yet, or whose link leads nowhere, is taken as it is.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = target.metadata().ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "it exists and is not a regular file");
        return Err(fail("looking at the target")(source));
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    remove_left_behind(folder);
    let mut temporary = locked_temporary(folder).map_err(fail("making a temporary file beside it"))?;
    let mut writer = BufWriter::new(temporary.as_file_mut());
    fill(&mut writer).and_then(|()| writer.flush()).map_err(fail("writing the content"))?;
    drop(writer);
    if let Some(old) = old {
        temporary.as_file().set_permissions(old.permissions()).map_err(fail("keeping its permissions"))?;
    }
    temporary.as_file().sync_all().map_err(fail("flushing to the disk"))?;
    temporary.persist(&target).map_err(|error| fail("renaming the temporary file")(error.error))?;
    sync_folder(folder);
    Ok(())
}

/// Prepares temporary files with the permissions of an ordinary new file; without this only the owner could read it.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's umask takes its part of this.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Makes a temporary file and locks it for as long as it is open.
fn locked_temporary(folder: &Path) -> io::Result<NamedTempFile> {
    for _ in 0..ATTEMPTS {
        let temporary = builder().tempfile_in(folder)?;
        // Where there are no locks, others get none either and leave the file alone.
        if temporary.as_file().lock().is_err() || temporary.path().exists() {
            return Ok(temporary);
        }
    }
    Err(io::Error::other("other processes keep removing it"))
}

/// Removes temporary files that nobody writes any more, as far as the system lets us; none of them is ours to miss.
fn remove_left_behind(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| is_temporary(&entry.file_name())) {
        // A pipe of that name would hang the opening.
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let Ok(file) = OpenOptions::new().write(true).open(entry.path()) else { continue };
        // The lock is held while the file goes, so that its maker, if it comes by just now, sees that it is gone.
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_temporary(name: &OsStr) -> bool {
    let name = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    name.is_some_and(|name| name.len() == RANDOM && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Makes the rename itself durable where the system can; the content is on the disk already, so failure is no loss.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

//! PyTorch checkpoints read as data, through an allow-list.
//!
//! A checkpoint is a zip archive with the members `<root>/data.pkl` (a pickle), `<root>/data/0`, `1`, ... (the bytes of
//! the tensors) and, in newer ones, `<root>/byteorder`. The pickle is read by [`pickle`](crate::pickle), which calls
//! nothing; here a short list of calls is recognised for what it stands for:
//!
//! | calls | read as |
//! |---|---|
//! | `torch._utils._rebuild_tensor`, `_v2`, `_v3`, `_rebuild_parameter` | a tensor |
//! | `numpy` `_reconstruct`, `_frombuffer`, `scalar` | an array or a number |
//! | `collections.OrderedDict`, `defaultdict` | a dictionary |
//! | `torch.Size`, `set`, `frozenset`, `list`, `tuple` | a list |
//! | `torch.device`, `torch.float32` and so on | its name |
//! | `_codecs.encode`, `bytes` | bytes |
//!
//! Everything else stays an unknown object, which harms nobody until it is asked for; then the error gives the path to
//! it and its name.
//!
//! # Source
//! The writer, `torch/serialization.py` and `torch/_utils.py`, and numpy's `__reduce__`.

mod error;
mod item;
mod json;
mod meaning;
mod numpy;
mod object;
mod strided;

pub use error::TorchError;
pub use item::{Item, Key, Kind};

use crate::archive::{Archive, ArchiveError, ArchiveLimits};
use crate::pickle::{Limits, Pickle, parse};
use crate::tensor::ByteOrder;

/// The member that holds the pickle.
const PICKLE: &str = "data.pkl";

/// How many times longer than the whole file a member may be: PyTorch does not compress, so only what somebody has packed
/// again is longer than its share of the file.
const MAX_GROWTH: u64 = 8;

/// Members up to this many bytes are read however short the file is.
const ALWAYS_READ: u64 = 16 << 20;

/// Holds a checkpoint whose tensors are read when they are asked for.
///
/// A storage longer than 16 MiB and eight times the whole file is refused: only a bomb compresses so well.
///
/// # Examples
/// ```
/// use schur_io::torch::Checkpoint;
///
/// let bytes = std::fs::read("tests/fixtures/checkpoint_protocol2.pth")?;
/// let checkpoint = Checkpoint::read(&bytes)?;
/// let root = checkpoint.root();
/// assert_eq!(root.get("config")?.get("cutoff")?.as_f64()?, 5.0);
/// for (_name, weight) in root.get("model_state_dict")?.entries()? {
///     let tensor = weight.tensor()?;
///     assert_eq!(tensor.len(), tensor.shape().iter().product::<usize>());
/// }
/// let error = root.get("config")?.get("cutof").unwrap_err();
/// assert!(error.to_string().starts_with("config has no key `cutof`; it has `cutoff`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Checkpoint<'a> {
    archive: Archive<'a>,
    /// Path of the members up to and with the last slash; may be empty.
    prefix: String,
    pickle: Pickle,
    order: ByteOrder,
}

impl<'a> Checkpoint<'a> {
    /// Reads the pickle of a checkpoint, and none of its tensors, within the default limits.
    ///
    /// # Errors
    /// As [`Checkpoint::read_within`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, TorchError> {
        Self::read_within(bytes, &Limits::default())
    }

    /// Reads the pickle of a checkpoint, and none of its tensors.
    ///
    /// # Errors
    /// [`TorchError`] when the bytes are no zip archive or no checkpoint, are damaged, or exceed the limits.
    /// # Cost
    /// O(length of the pickle).
    pub fn read_within(bytes: &'a [u8], limits: &Limits) -> Result<Self, TorchError> {
        let usual = ArchiveLimits::default();
        let longest = (bytes.len() as u64).saturating_mul(MAX_GROWTH).max(ALWAYS_READ).min(usual.entry_bytes);
        let archive = Archive::open_with(bytes, usual.with_entry_bytes(longest))
            .map_err(|error| if is_legacy(bytes) { TorchError::Legacy } else { TorchError::Archive(error) })?;
        let member = archive.find_suffix(PICKLE).map(str::to_owned).map_err(|error| match error {
            ArchiveError::NotFound { .. } => TorchError::NoPickle,
            error => error.into(),
        })?;
        let prefix = member[..member.len() - PICKLE.len()].to_owned();
        let program = archive.entry_within(&member, limits.bytes as u64)?;
        let pickle = parse(&program, limits).map_err(|source| TorchError::Pickle { member, source })?;
        let order = byte_order(&archive, &prefix)?;
        Ok(Self { archive, prefix, pickle, order })
    }

    /// Returns the value that `torch.load` would return.
    pub fn root(&self) -> Item<'_> {
        Item::root(self)
    }

    /// Returns the member that holds a storage.
    fn storage_member(&self, key: &str) -> String {
        format!("{}data/{key}", self.prefix)
    }
}

/// Reads the byte order of the tensors; the older checkpoints, which do not say it, are little endian.
fn byte_order(archive: &Archive, prefix: &str) -> Result<ByteOrder, TorchError> {
    /// Longest content that is looked at; the names are shorter.
    const MAX_BYTES: u64 = 64;
    let member = format!("{prefix}byteorder");
    if !archive.contains(&member) {
        return Ok(ByteOrder::Little);
    }
    match archive.entry_within(&member, MAX_BYTES)?.trim_ascii() {
        b"little" => Ok(ByteOrder::Little),
        b"big" => Ok(ByteOrder::Big),
        other => Err(TorchError::ByteOrder { member, found: other.escape_ascii().to_string() }),
    }
}

/// Returns whether this looks like a checkpoint from before version 1.6: a pickle or a tar archive.
fn is_legacy(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x80\x02") || bytes.get(257..262) == Some(b"ustar")
}

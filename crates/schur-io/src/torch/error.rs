//! What can be wrong with a checkpoint, and where in it.

use crate::archive::ArchiveError;
use crate::pickle::PickleError;

/// Reports what is wrong with a checkpoint; `path` says where, as in `config.chemical_species[3]`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TorchError {
    /// The bytes are a bare pickle or a tar archive, as PyTorch wrote before version 1.6.
    #[error("not a zip archive but what PyTorch wrote before version 1.6; load and save it again with a newer PyTorch")]
    Legacy,
    /// The archive or a member of it cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive is no checkpoint.
    #[error("the archive has no `data.pkl` and is no PyTorch checkpoint")]
    NoPickle,
    /// The pickle in the archive cannot be read.
    #[error("member `{member}`: {source}")]
    Pickle {
        /// The member of the archive.
        member: String,
        /// What is wrong with it.
        source: PickleError,
    },
    /// The byte order is neither `little` nor `big`.
    #[error("member `{member}` names the byte order `{found}`, expected `little` or `big`")]
    ByteOrder {
        /// The member of the archive.
        member: String,
        /// What it says.
        found: String,
    },
    /// A dictionary lacks a key.
    #[error("{path} has no key `{key}`; it has {}", shown(present))]
    MissingKey {
        /// Where.
        path: String,
        /// The key asked for.
        key: String,
        /// The keys there are.
        present: Vec<String>,
    },
    /// A list is shorter.
    #[error("{path} has no item {index}; it has {len} items")]
    MissingItem {
        /// Where.
        path: String,
        /// The index asked for.
        index: usize,
        /// Number of items.
        len: usize,
    },
    /// A value is of another type. An object that is not on the allow-list is reported here with its name.
    #[error("{path}: expected {expected}, found {found}")]
    Type {
        /// Where.
        path: String,
        /// What was asked for.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A tensor or another object that we know is described in a way that we do not.
    #[error("{path}: malformed, expected {expected}")]
    Malformed {
        /// Where.
        path: String,
        /// How it should be described.
        expected: &'static str,
    },
    /// The bytes of a tensor are not as many as its description says.
    #[error("{path}: `{member}` should hold {expected} bytes but holds {found}")]
    StorageSize {
        /// Where.
        path: String,
        /// The member of the archive, or `the array`.
        member: String,
        /// Bytes that the description asks for.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
    /// A tensor reaches beyond its bytes.
    #[error("{path}: shape {shape:?} reaches beyond the {available} elements that are stored")]
    OutOfStorage {
        /// Where.
        path: String,
        /// The shape.
        shape: Vec<usize>,
        /// Elements stored.
        available: usize,
    },
    /// A tensor repeats its elements into far more than are stored.
    #[error("{path}: shape {shape:?} repeats {available} stored elements beyond the limit of {limit}")]
    TooManyElements {
        /// Where.
        path: String,
        /// The shape.
        shape: Vec<usize>,
        /// Elements stored.
        available: usize,
        /// Most elements that a repeated tensor may have.
        limit: usize,
    },
    /// A value is nested too deeply or too large to be written as text.
    #[error("{path}: too deep or too large to be written as JSON (at most {depth} levels and {values} values)")]
    TooLarge {
        /// Where.
        path: String,
        /// Most levels.
        depth: usize,
        /// Most values.
        values: usize,
    },
}

/// Lists the first keys for a message.
fn shown(keys: &[String]) -> String {
    const SHOWN: usize = 12;
    let listed = keys.iter().take(SHOWN).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    match keys.len() {
        0 => "no keys".into(),
        n if n > SHOWN => format!("{listed} and {} more", n - SHOWN),
        _ => listed,
    }
}

//! Bounded reading of zip archives: checkpoints (`.pth`) and Python wheels (`.whl`).
//!
//! An archive is judged when it is opened (duplicate names, overlapping members) and a member is read only up to a limit,
//! after its declared size is held against its compressed one, and with its checksum verified; so a zip bomb costs the
//! reader its limit and no more.
//!
//! Decoding is that of the `zip` crate; this module adds the bounds and the messages.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

/// Most that deflate can expand: 258 bytes from two bits (RFC 1951, section 3.2.5), rounded up.
const MAX_EXPANSION: u64 = 1040;

/// Allowance for the fixed part of a deflate stream, so that tiny members are not refused.
const EXPANSION_SLACK: u64 = 1040;

/// First allocation for a member; more is allocated only as bytes really arrive.
const FIRST_ALLOCATION: u64 = 1 << 20;

/// Says how much an archive may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveLimits {
    /// Most members.
    pub entries: usize,
    /// Most bytes of one member after decompression.
    pub entry_bytes: u64,
}

impl Default for ArchiveLimits {
    /// 100 000 members of at most 4 GiB.
    fn default() -> Self {
        Self { entries: 100_000, entry_bytes: 4 << 30 }
    }
}

impl ArchiveLimits {
    /// Returns the same limits with another one for the bytes of a member.
    pub fn with_entry_bytes(self, entry_bytes: u64) -> Self {
        Self { entry_bytes, ..self }
    }
}

/// Reports what is wrong with an archive or one of its members.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The bytes are no readable zip archive.
    #[error("not a readable zip archive: {source}; is the file complete?")]
    Open {
        /// What the decoder says.
        source: ZipError,
    },
    /// There are more members than [`ArchiveLimits::entries`].
    #[error("the archive has {found} members, more than the limit of {limit}")]
    TooManyEntries {
        /// Members in the directory.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The directory points to where no member is, or names one in no known encoding.
    #[error("the directory of the archive does not fit its members: {source}")]
    Inconsistent {
        /// What the decoder says.
        source: ZipError,
    },
    /// Two members share bytes, as only a crafted archive does.
    #[error("members of the archive overlap, as in a zip bomb")]
    Overlap,
    /// Two members have the same name.
    #[error("two members of the archive have the same name")]
    DuplicateName,
    /// There is no such member.
    #[error("the archive has no member `{name}`")]
    NotFound {
        /// The name asked for.
        name: String,
    },
    /// Several members end alike.
    #[error("several members of the archive end with `{suffix}`: {}", names.join(", "))]
    Ambiguous {
        /// The ending asked for.
        suffix: String,
        /// The members, at most a few.
        names: Vec<String>,
    },
    /// A member declares more bytes than the limit.
    #[error("member `{name}` declares {declared} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The member.
        name: String,
        /// The size it declares.
        declared: u64,
        /// The limit.
        limit: u64,
    },
    /// A member declares more bytes than its compressed bytes can hold.
    #[error("member `{name}` declares {declared} bytes, which {compressed} compressed bytes cannot hold")]
    ImpossibleSize {
        /// The member.
        name: String,
        /// The size it declares.
        declared: u64,
        /// Its compressed size.
        compressed: u64,
    },
    /// A member holds another number of bytes than it declares.
    #[error("member `{name}` declares {declared} bytes but holds {found}")]
    WrongSize {
        /// The member.
        name: String,
        /// The size it declares.
        declared: u64,
        /// The size found.
        found: u64,
    },
    /// A member cannot be decoded: wrong checksum, damaged stream, encryption, unknown method.
    #[error("member `{name}` cannot be read: {source}")]
    Unreadable {
        /// The member.
        name: String,
        /// What the decoder says.
        source: ZipError,
    },
}

/// Holds a zip archive in memory and reads single members of it.
#[derive(Debug, Clone)]
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    limits: ArchiveLimits,
}

impl<'a> Archive<'a> {
    /// Opens an archive with the default limits.
    ///
    /// # Errors
    /// As [`Archive::open_with`].
    pub fn open(bytes: &'a [u8]) -> Result<Self, ArchiveError> {
        Self::open_with(bytes, ArchiveLimits::default())
    }

    /// Opens an archive and checks its directory.
    ///
    /// Sizes and names are those of the directory; of the header in front of a member only the length is used.
    ///
    /// # Errors
    /// [`ArchiveError`] when the bytes are no zip archive, a member lies outside of it, members overlap or have the
    /// same name, or there are too many of them.
    /// # Cost
    /// O(size of the directory); no member is decompressed.
    pub fn open_with(bytes: &'a [u8], limits: ArchiveLimits) -> Result<Self, ArchiveError> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|source| ArchiveError::Open { source })?;
        if zip.len() > limits.entries {
            return Err(ArchiveError::TooManyEntries { found: zip.len(), limit: limits.entries });
        }
        if zip.has_duplicate_names() {
            return Err(ArchiveError::DuplicateName);
        }
        if zip.has_overlapping_entries().map_err(|source| ArchiveError::Inconsistent { source })? {
            return Err(ArchiveError::Overlap);
        }
        let names = zip
            .file_names()
            .map(|name| name.map(|name| name.into_owned()))
            .collect::<Result<_, _>>()
            .map_err(|source| ArchiveError::Inconsistent { source })?;
        Ok(Self { zip, names, limits })
    }

    /// Returns the names of the members in the order of the directory.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Returns whether there is a member of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// Reads a member completely and verifies its checksum.
    ///
    /// # Errors
    /// [`ArchiveError`] naming the member when there is none, when it is larger than the limit or than it says, or
    /// when it cannot be decoded or its checksum is wrong.
    /// # Cost
    /// O(size of the member), which the limit bounds.
    pub fn entry(&self, name: &str) -> Result<Vec<u8>, ArchiveError> {
        self.entry_within(name, self.limits.entry_bytes)
    }

    /// Reads a member of at most `limit` bytes, as [`Archive::entry`].
    ///
    /// # Errors
    /// As [`Archive::entry`].
    pub fn entry_within(&self, name: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
        let index = self.zip.index_for_name(name).ok_or_else(|| ArchiveError::NotFound { name: name.to_owned() })?;
        let unreadable = |source| ArchiveError::Unreadable { name: name.to_owned(), source };
        // The directory is shared by the copies; only the position is copied.
        let mut zip = self.zip.clone();
        let mut file = zip.by_index(index).map_err(unreadable)?;
        let (declared, compressed) = (file.size(), file.compressed_size());
        if declared > limit {
            return Err(ArchiveError::TooLarge { name: name.to_owned(), declared, limit });
        }
        if declared > compressed.saturating_mul(MAX_EXPANSION).saturating_add(EXPANSION_SLACK) {
            return Err(ArchiveError::ImpossibleSize { name: name.to_owned(), declared, compressed });
        }
        let mut bytes = Vec::with_capacity(declared.min(FIRST_ALLOCATION) as usize);
        // One byte more than declared, so that a member that holds more is seen and the checksum is reached.
        let read = file.by_ref().take(declared.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|source| unreadable(ZipError::Io(source)))?;
        let found = bytes.len() as u64;
        if found != declared {
            return Err(ArchiveError::WrongSize { name: name.to_owned(), declared, found });
        }
        Ok(bytes)
    }

    /// Returns the one member whose path ends with `suffix`, counted in whole path components.
    ///
    /// `data.pkl` finds `tmp/data.pkl` but not `tmp/other_data.pkl`.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`] when there is none and [`ArchiveError::Ambiguous`] when there are several.
    pub fn find_suffix(&self, suffix: &str) -> Result<&str, ArchiveError> {
        const SHOWN_NAMES: usize = 5;
        let ends_so = |name: &&str| {
            name.strip_suffix(suffix)
                .is_some_and(|head| head.is_empty() || head.ends_with('/') || suffix.starts_with('/'))
        };
        let mut found = self.names().filter(ends_so);
        match (found.next(), found.next()) {
            (Some(name), None) => Ok(name),
            (None, _) => Err(ArchiveError::NotFound { name: format!("*{suffix}") }),
            (Some(first), Some(second)) => {
                let names = [first, second].into_iter().chain(found).take(SHOWN_NAMES).map(str::to_owned).collect();
                Err(ArchiveError::Ambiguous { suffix: suffix.to_owned(), names })
            }
        }
    }
}

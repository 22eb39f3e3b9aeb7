//! Crafted and damaged archives: bombs, lies, overlaps. Each is refused with the member's name.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use std::io::{Cursor, Write};

use proptest::prelude::*;
use schur_io::archive::{Archive, ArchiveError, ArchiveLimits};
use zip::CompressionMethod::{self, Deflated, Stored};
use zip::write::{SimpleFileOptions, ZipWriter};

fn archive(method: CompressionMethod, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Finds the headers of the directory.
fn directory(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|&i| bytes[i..].starts_with(b"PK\x01\x02")).collect()
}

/// Finds the headers in front of the members.
fn locals(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|&i| bytes[i..].starts_with(b"PK\x03\x04")).collect()
}

fn set_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// Offsets of fields in a header of the directory and in a local one (APPNOTE.TXT 4.3.7 and 4.3.12).
const DIRECTORY_SIZE: usize = 24;
const DIRECTORY_COMPRESSED: usize = 20;
const DIRECTORY_OFFSET: usize = 42;
const DIRECTORY_NAME: usize = 46;
const DIRECTORY_METHOD: usize = 10;
const DIRECTORY_FLAGS: usize = 8;
const LOCAL_SIZE: usize = 22;

#[test]
fn members_read_back() {
    for method in [Stored, Deflated] {
        let text = b"abc".repeat(10_000);
        let bytes = archive(method, &[("a/data.pkl", b"N."), ("a/data/0", &text), ("empty", b"")]);
        let archive = Archive::open(&bytes).unwrap();
        assert_eq!(archive.names().collect::<Vec<_>>(), ["a/data.pkl", "a/data/0", "empty"]);
        assert_eq!(archive.entry("a/data/0").unwrap(), text);
        assert_eq!(archive.entry("empty").unwrap(), b"");
        assert_eq!(archive.find_suffix("data.pkl").unwrap(), "a/data.pkl");
        assert_eq!(archive.find_suffix("/0").unwrap(), "a/data/0");
        assert!(matches!(archive.find_suffix("ata.pkl"), Err(ArchiveError::NotFound { .. })));
        assert!(archive.contains("empty") && !archive.contains("a"));
        assert!(archive.entry("b").unwrap_err().to_string().contains("no member `b`"));
    }
}

#[test]
fn a_bomb_is_refused_by_name() {
    let bytes = archive(Deflated, &[("bomb", &vec![0; 32 << 20])]);
    assert!(bytes.len() < 64 << 10);
    let message = Archive::open(&bytes).unwrap().entry_within("bomb", 1 << 20).unwrap_err().to_string();
    assert_eq!(message, "member `bomb` declares 33554432 bytes, more than the limit of 1048576");
}

#[test]
fn a_bomb_that_lies_is_refused_by_name() {
    let mut bytes = archive(Deflated, &[("bomb", &vec![0; 32 << 20])]);
    let (at, local) = (directory(&bytes)[0], locals(&bytes)[0]);
    set_u32(&mut bytes, at + DIRECTORY_SIZE, 100);
    set_u32(&mut bytes, local + LOCAL_SIZE, 100);
    let error = Archive::open(&bytes).unwrap().entry_within("bomb", 1 << 20).unwrap_err();
    assert!(error.to_string().contains("member `bomb`"), "{error}");
    // More than the compressed bytes can hold, so that nothing is allocated for it.
    set_u32(&mut bytes, at + DIRECTORY_SIZE, u32::MAX - 1);
    set_u32(&mut bytes, local + LOCAL_SIZE, u32::MAX - 1);
    let error = Archive::open(&bytes).unwrap().entry("bomb").unwrap_err();
    assert!(matches!(error, ArchiveError::ImpossibleSize { declared: 0xffff_fffe, .. }), "{error}");
}

#[test]
fn a_member_that_holds_less_than_it_says_is_refused() {
    let mut bytes = archive(Deflated, &[("short", &[7; 5000])]);
    let (at, local) = (directory(&bytes)[0], locals(&bytes)[0]);
    set_u32(&mut bytes, at + DIRECTORY_SIZE, 5001);
    set_u32(&mut bytes, local + LOCAL_SIZE, 5001);
    let error = Archive::open(&bytes).unwrap().entry("short").unwrap_err();
    assert_eq!(error.to_string(), "member `short` declares 5001 bytes but holds 5000");
}

#[test]
fn overlapping_members_are_refused() {
    let mut bytes = archive(Stored, &[("a", b"the same bytes"), ("b", b"the same bytes")]);
    let second = directory(&bytes)[1];
    set_u32(&mut bytes, second + DIRECTORY_OFFSET, 0);
    assert!(matches!(Archive::open(&bytes), Err(ArchiveError::Overlap)));
    let mut bytes = archive(Stored, &[("a", b"bytes"), ("b", b"bytes")]);
    let first = directory(&bytes)[0];
    set_u32(&mut bytes, first + DIRECTORY_COMPRESSED, 40);
    assert!(matches!(Archive::open(&bytes), Err(ArchiveError::Overlap)));
}

#[test]
fn duplicate_names_are_refused() {
    let mut bytes = archive(Stored, &[("a", b"seen by one reader"), ("b", b"seen by another")]);
    let second = directory(&bytes)[1];
    bytes[second + DIRECTORY_NAME] = b'a';
    assert!(matches!(Archive::open(&bytes), Err(ArchiveError::DuplicateName)));
}

#[test]
fn damaged_encrypted_and_unknown_members_are_refused_by_name() {
    let whole = archive(Stored, &[("weights", b"0123456789")]);
    let error = |bytes: &[u8]| Archive::open(bytes).unwrap().entry("weights").unwrap_err().to_string();
    let mut bytes = whole.clone();
    let at = whole.windows(10).position(|window| window == b"0123456789").unwrap();
    bytes[at + 3] ^= 0x10;
    assert!(error(&bytes).contains("member `weights` cannot be read: i/o error: Invalid checksum"));
    let mut bytes = whole.clone();
    bytes[directory(&whole)[0] + DIRECTORY_FLAGS] |= 1;
    assert!(error(&bytes).contains("member `weights` cannot be read"));
    let mut bytes = whole.clone();
    bytes[directory(&whole)[0] + DIRECTORY_METHOD] = 97;
    assert!(error(&bytes).contains("member `weights` cannot be read"));
}

#[test]
fn the_number_of_members_is_limited() {
    let bytes = archive(Stored, &[("a", b""), ("b", b""), ("c", b"")]);
    let mut limits = ArchiveLimits::default();
    limits.entries = 2;
    assert!(matches!(Archive::open_with(&bytes, limits), Err(ArchiveError::TooManyEntries { found: 3, limit: 2 })));
    let small = ArchiveLimits::default().with_entry_bytes(3);
    let bytes = archive(Stored, &[("a", b"1234")]);
    assert!(matches!(Archive::open_with(&bytes, small).unwrap().entry("a"), Err(ArchiveError::TooLarge { .. })));
}

#[test]
fn truncations_are_refused_and_bit_flips_do_not_panic() {
    let bytes = archive(Deflated, &[("a/data.pkl", b"N."), ("a/data/0", &b"abc".repeat(50))]);
    for n in 0..bytes.len() {
        assert!(Archive::open(&bytes[..n]).is_err(), "cut to {n} bytes");
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(archive) = Archive::open(&flipped) {
            let names: Vec<String> = archive.names().map(str::to_owned).collect();
            for name in names {
                let _ = archive.entry_within(&name, 1 << 20);
            }
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_after_a_signature_do_not_panic(tail in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [b"PK\x05\x06", &tail[..]].concat();
        let _ = Archive::open(&bytes);
        let whole = archive(Stored, &[("a", &tail)]);
        prop_assert_eq!(Archive::open(&whole).unwrap().entry("a").unwrap(), tail);
    }
}

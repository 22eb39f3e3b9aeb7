//! The published checkpoints that tests read: fetched through pip, taken out of their wheels, checked by digest.
//!
//! Tests find them by their names in the folder that `SCHUR_TEST_MODELS` names, the wheels themselves beside them.

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

/// A package on the index whose wheel holds checkpoints.
struct Package {
    requirement: &'static str,
    wheel: &'static str,
    /// Which wheel pip is to take where there are several; nothing in it is run, so any will do.
    tags: &'static [&'static str],
    /// Folder of the checkpoints in the wheel.
    inside: &'static str,
    /// Names of files here, and paths in that folder.
    checkpoints: &'static [(&'static str, &'static str)],
}

const PACKAGES: [Package; 2] = [
    Package {
        requirement: "sevenn==0.13.0",
        wheel: "sevenn-0.13.0-py3-none-any.whl",
        tags: &[],
        inside: "sevenn/pretrained_potentials/",
        checkpoints: &[
            ("sevennet-0.pth", "SevenNet_0__11Jul2024/checkpoint_sevennet_0.pth"),
            ("sevennet-0-may.pth", "SevenNet_0__22May2024/checkpoint_sevennet_0.pth"),
            ("sevennet-l3i5.pth", "SevenNet_l3i5/checkpoint_l3i5.pth"),
            ("sevennet-mf-0.pth", "SevenNet_MF_0/checkpoint_sevennet_mf_0.pth"),
        ],
    },
    Package {
        requirement: "chgnet==0.4.2",
        wheel: "chgnet-0.4.2-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        tags: &["--platform", "manylinux2014_x86_64", "--python-version", "3.11", "--implementation", "cp"],
        inside: "chgnet/pretrained/",
        checkpoints: &[
            ("chgnet-0.3.0.pth.tar", "0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar"),
            ("chgnet-0.2.0.pth.tar", "0.2.0/chgnet_0.2.0_e30f77s348m32.pth.tar"),
            ("chgnet-r2scan.pth.tar", "r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar"),
        ],
    },
];

/// Fetches what is missing and returns the folder that holds all checkpoints.
///
/// # Errors
/// Without pip or its package index, or if a file is not the one whose digest `fixtures/SOURCES.md` records.
pub fn fetch(root: &Path) -> Result<PathBuf> {
    let folder = target(root).join("models");
    let sources = fs::read_to_string(root.join("fixtures/SOURCES.md")).context("fixtures/SOURCES.md")?;
    for package in &PACKAGES {
        package.fetch(&folder, &sources)?;
    }
    Ok(folder)
}

impl Package {
    fn fetch(&self, folder: &Path, sources: &str) -> Result<()> {
        let missing: Vec<_> = self.checkpoints.iter().filter(|(name, _)| !folder.join(name).exists()).collect();
        let wheel = folder.join(self.wheel);
        if missing.is_empty() && wheel.exists() {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        if !wheel.exists() {
            // Only ever a wheel: a source package would be built, which runs its code.
            let arguments = ["download", "--quiet", "--no-deps", "--only-binary=:all:"];
            let mut command = pip()?;
            command.args(arguments).args(self.tags);
            if self.tags.is_empty() {
                command.arg("--ignore-requires-python");
            }
            step::output(command.arg("--dest").arg(folder).arg(self.requirement))
                .with_context(|| format!("{} cannot be fetched", self.requirement))?;
        }
        let bytes = fs::read(&wheel).with_context(|| wheel.display().to_string())?;
        check(sources, self.wheel, &bytes)?;
        let archive = Archive::open(&bytes)?;
        for (name, member) in missing {
            let checkpoint = archive.entry(&format!("{}{member}", self.inside))?;
            check(sources, member, &checkpoint)?;
            // Renamed when complete: an interrupted run must not leave a half that the next one takes for whole.
            let part = folder.join(format!("{name}.part"));
            fs::write(&part, checkpoint)?;
            fs::rename(part, folder.join(name))?;
        }
        Ok(())
    }
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
        for package in PACKAGES {
            for (name, member) in package.checkpoints {
                assert!(recorded_digest(sources, member).is_some(), "{name}");
            }
            assert!(recorded_digest(sources, package.wheel).is_some(), "{}", package.wheel);
        }
    }

    #[test]
    fn another_file_under_a_recorded_name_is_refused() {
        let sources = format!("| `a` | `{}` |", "0".repeat(64));
        assert!(check(&sources, "a", b"something else").unwrap_err().to_string().contains("records 000"));
    }
}

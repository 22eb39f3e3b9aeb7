//! The published models that go by a name here.

use anyhow::{Result, bail};
use serde::Serialize;

/// The model that is meant when none is named.
pub const DEFAULT: &str = "sevennet-0";

/// A published checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name here.
    pub name: &'static str,
    /// What it is, in a line.
    pub description: &'static str,
    /// Levels of theory, if there are several.
    pub modalities: &'static [&'static str],
    /// The package that carries it, as pip is asked for it.
    pub package: &'static str,
    /// Which wheel of the package, in pip's options, where it has one for each machine: nothing in it is run.
    #[serde(skip)]
    pub wheel: &'static [&'static str],
    /// Path of the checkpoint inside the package's wheel.
    pub member: &'static str,
    /// Size of the checkpoint.
    pub bytes: u64,
    /// SHA-256 digest of the checkpoint.
    pub sha256: &'static str,
    /// Licence of the package and the checkpoint.
    pub licence: &'static str,
}

const SEVENN: &str = "sevenn==0.13.0";

/// From `licenses/LICENSE` in the wheel, which holds no other for the checkpoints.
const SEVENN_LICENCE: &str = "MIT, Copyright (c) 2024 Yutack Park";

const CHGNET: &str = "chgnet==0.4.2";

/// One that every machine may have: the checkpoints are the same in all.
const CHGNET_WHEEL: &[&str] =
    &["--platform", "manylinux2014_x86_64", "--python-version", "3.11", "--implementation", "cp"];

/// From `LICENSE` in the wheel, which holds no other for the checkpoints.
const CHGNET_LICENCE: &str = "modified BSD, Copyright (c) 2023, The Regents of the University of California";

/// Every model with a name; the digests are those of `fixtures/SOURCES.md`.
pub const MODELS: [Entry; 7] = [
    Entry {
        name: DEFAULT,
        description: "SevenNet-0 of 11 July 2024, PBE (+U), 89 elements",
        modalities: &[],
        package: SEVENN,
        wheel: &[],
        member: "sevenn/pretrained_potentials/SevenNet_0__11Jul2024/checkpoint_sevennet_0.pth",
        bytes: 10_268_648,
        sha256: "7052cb42b7b3be42b40b97fa0d21077a48c54b5548948fc4dcf346629f813c36",
        licence: SEVENN_LICENCE,
    },
    Entry {
        name: "sevennet-0-may",
        description: "SevenNet-0 of 22 May 2024, the earlier training",
        modalities: &[],
        package: SEVENN,
        wheel: &[],
        member: "sevenn/pretrained_potentials/SevenNet_0__22May2024/checkpoint_sevennet_0.pth",
        bytes: 10_268_712,
        sha256: "5d389fafd512e6ae2830d74d0b66ffc49a55d3832653ff8e7bf7f1343013c1d1",
        licence: SEVENN_LICENCE,
    },
    Entry {
        name: "sevennet-l3i5",
        description: "SevenNet-l3i5: degree 3, five layers; slower and more accurate",
        modalities: &[],
        package: SEVENN,
        wheel: &[],
        member: "sevenn/pretrained_potentials/SevenNet_l3i5/checkpoint_l3i5.pth",
        bytes: 14_345_754,
        sha256: "a7ff190d41efe5b8317a03d20a468e4036a1a3e64e0b14fdbab64ac3f4bfc09d",
        licence: SEVENN_LICENCE,
    },
    Entry {
        name: "sevennet-mf-0",
        description: "SevenNet-MF-0: several levels of theory in one model, chosen with --modality",
        modalities: &["PBE", "R2SCAN"],
        package: SEVENN,
        wheel: &[],
        member: "sevenn/pretrained_potentials/SevenNet_MF_0/checkpoint_sevennet_mf_0.pth",
        bytes: 10_322_158,
        sha256: "81791329b37d445f46b531578c182c41792d98c7814222c9e5dde276402225fd",
        licence: SEVENN_LICENCE,
    },
    Entry {
        name: "chgnet-0.3.0",
        description: "CHGNet 0.3.0, PBE (+U), 89 elements, with magnetic moments",
        modalities: &[],
        package: CHGNET,
        wheel: CHGNET_WHEEL,
        member: "chgnet/pretrained/0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar",
        bytes: 4_863_221,
        sha256: "d14ab7c0f093efe64b60a7bcd540bca10e74fb7f46c86108a079af60524659d1",
        licence: CHGNET_LICENCE,
    },
    Entry {
        name: "chgnet-0.2.0",
        description: "CHGNet 0.2.0, the earlier training",
        modalities: &[],
        package: CHGNET,
        wheel: CHGNET_WHEEL,
        member: "chgnet/pretrained/0.2.0/chgnet_0.2.0_e30f77s348m32.pth.tar",
        bytes: 4_639_235,
        sha256: "ef624f78b6db9d315b4ef256f1bb3207449924191b91720dc17d3f60c5df980e",
        licence: CHGNET_LICENCE,
    },
    Entry {
        name: "chgnet-r2scan",
        description: "CHGNet trained further on r2SCAN",
        modalities: &[],
        package: CHGNET,
        wheel: CHGNET_WHEEL,
        member: "chgnet/pretrained/r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar",
        bytes: 4_872_387,
        sha256: "8eba3db0f35a2788bb3ae22885ad340591e27996f213c6643af522a633b50dad",
        licence: CHGNET_LICENCE,
    },
];

/// Finds a model by its name.
pub fn find(name: &str) -> Option<&'static Entry> {
    MODELS.iter().find(|entry| entry.name == name)
}

/// Finds a model by its name.
///
/// # Errors
/// If there is none, with the names there are.
pub fn get(name: &str) -> Result<&'static Entry> {
    match find(name) {
        Some(entry) => Ok(entry),
        None => bail!("there is no model `{name}`; the names are {}", names()),
    }
}

/// Finds the entry whose checkpoint has this digest.
pub fn by_checkpoint(sha256: &str) -> Option<&'static Entry> {
    MODELS.iter().find(|entry| entry.sha256 == sha256)
}

/// All names, for a message.
pub fn names() -> String {
    MODELS.map(|entry| entry.name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The recorded sources name the same digests, so that the two cannot drift apart.
    #[test]
    fn digests_are_those_of_the_recorded_sources() {
        let sources = include_str!("../../../../fixtures/SOURCES.md");
        for entry in MODELS {
            let folders = ["sevenn/pretrained_potentials/", "chgnet/pretrained/"];
            let file = folders.iter().find_map(|folder| entry.member.strip_prefix(folder)).unwrap();
            let row = sources.lines().find(|line| line.contains(file)).unwrap();
            assert!(row.contains(entry.sha256), "{}", entry.name);
        }
    }

    #[test]
    fn names_are_found_and_others_answered_with_the_list() {
        assert_eq!(get(DEFAULT).unwrap().name, DEFAULT);
        assert_eq!(by_checkpoint(MODELS[2].sha256).unwrap().name, "sevennet-l3i5");
        let error = get("sevenet-0").unwrap_err().to_string();
        assert!(error.contains("`sevenet-0`") && error.contains("sevennet-0, sevennet-0-may"), "{error}");
    }
}

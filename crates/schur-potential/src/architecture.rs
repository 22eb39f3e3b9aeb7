//! The families of models, told apart by a tag in the model file.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{
    ChgnetArchitecture, CutoffFunction, MaceArchitecture, ModelError, NequipArchitecture, TensornetArchitecture,
};

/// What a model is made of: its family, and that family's own description.
///
/// As JSON it is the family's object with one more entry, `family`. The first model files had no such entry: they are
/// NequIP's.
///
/// # Examples
/// ```
/// # use schur_potential::Architecture;
/// let error = serde_json::from_str::<Architecture>(r#"{"family": "unheard-of"}"#).unwrap_err();
/// assert!(error.to_string().contains("unheard-of"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "family", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Architecture {
    /// NequIP and its descendants.
    Nequip(NequipArchitecture),
    /// TensorNet.
    Tensornet(TensornetArchitecture),
    /// MACE.
    Mace(MaceArchitecture),
    /// CHGNet.
    Chgnet(ChgnetArchitecture),
}

/// The entry that names the family.
const TAG: &str = "family";

impl<'de> Deserialize<'de> for Architecture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut value = Value::deserialize(deserializer)?;
        let family = value.as_object_mut().and_then(|entries| entries.remove(TAG));
        match family.as_ref().map(Value::as_str) {
            None | Some(Some("nequip")) => serde_json::from_value(value).map(Self::Nequip).map_err(D::Error::custom),
            Some(Some("chgnet")) => serde_json::from_value(value).map(Self::Chgnet).map_err(D::Error::custom),
            Some(Some("tensornet")) => serde_json::from_value(value).map(Self::Tensornet).map_err(D::Error::custom),
            Some(Some("mace")) => serde_json::from_value(value).map(Self::Mace).map_err(D::Error::custom),
            Some(_) => {
                let found = family.unwrap_or_default();
                Err(D::Error::custom(format_args!("the family {found} is not one of nequip, tensornet, mace, chgnet")))
            }
        }
    }
}

impl Architecture {
    /// The family's name in model files and reports.
    pub const fn family(&self) -> &'static str {
        match self {
            Self::Nequip(_) => "nequip",
            Self::Tensornet(_) => "tensornet",
            Self::Mace(_) => "mace",
            Self::Chgnet(_) => "chgnet",
        }
    }

    /// Atomic number of each species, in the order of the model's weights.
    pub fn species(&self) -> &[u8] {
        match self {
            Self::Nequip(it) => &it.species,
            Self::Tensornet(it) => &it.species,
            Self::Mace(it) => &it.species,
            Self::Chgnet(it) => &it.species,
        }
    }

    /// Cut-off radius in Å.
    pub const fn cutoff(&self) -> f64 {
        match self {
            Self::Nequip(it) => it.cutoff,
            Self::Tensornet(it) => it.cutoff,
            Self::Mace(it) => it.cutoff,
            Self::Chgnet(it) => it.cutoff,
        }
    }

    /// How edges are switched off.
    pub const fn cutoff_function(&self) -> CutoffFunction {
        match self {
            Self::Nequip(it) => it.cutoff_function,
            Self::Tensornet(_) => CutoffFunction::Cosine,
            Self::Mace(it) => it.cutoff_function,
            Self::Chgnet(it) => CutoffFunction::Polynomial { power: it.cutoff_power },
        }
    }

    /// Largest degree of the harmonics.
    pub const fn max_harmonic(&self) -> usize {
        match self {
            Self::Nequip(it) => it.max_harmonic,
            Self::Tensornet(_) => TensornetArchitecture::MAX_HARMONIC,
            Self::Mace(it) => it.max_harmonic,
            Self::Chgnet(_) => 0,
        }
    }

    /// Names of the levels of theory, empty if there is one.
    pub fn modalities(&self) -> &[String] {
        match self {
            Self::Nequip(it) => &it.modalities,
            Self::Tensornet(_) => &[],
            Self::Mace(it) => &it.heads,
            Self::Chgnet(_) => &[],
        }
    }

    /// Whether answers hold magnetic moments.
    pub const fn has_magnetic_moments(&self) -> bool {
        match self {
            Self::Nequip(_) | Self::Tensornet(_) | Self::Mace(_) => false,
            Self::Chgnet(it) => it.magnetic_moments,
        }
    }

    /// Features before the first, between and behind the last layer, as irreps.
    pub(crate) fn features(&self) -> Vec<String> {
        match self {
            Self::Nequip(it) => it.feature_names(),
            Self::Tensornet(it) => it.feature_names(),
            Self::Mace(it) => it.feature_names(),
            Self::Chgnet(it) => it.feature_names(),
        }
    }

    /// Whether a weight was trained, and is not a constant of the data.
    pub(crate) fn is_parameter(&self, name: &str) -> bool {
        match self {
            Self::Nequip(_) => !["scale", "shift"].contains(&name) && !name.ends_with("denominator"),
            Self::Tensornet(_) => !["scale", "shift", "mean", "radial.centers", "radial.widths"].contains(&name),
            Self::Mace(_) => {
                let constants = ["scale", "shift", "energies", "covalent_radii", "radial.centres"];
                !constants.contains(&name) && !name.ends_with("denominator") && !name.starts_with("pair_repulsion")
            }
            Self::Chgnet(_) => name != "shift",
        }
    }

    /// Checks that the parts fit together and that there are kernels for them.
    ///
    /// # Errors
    /// [`ModelError::Architecture`] naming what does not fit.
    pub fn validate(&self) -> Result<(), ModelError> {
        match self {
            Self::Nequip(it) => it.validate(),
            Self::Tensornet(it) => it.validate(),
            Self::Mace(it) => it.validate(),
            Self::Chgnet(it) => it.validate(),
        }
    }

    /// The description of a NequIP model, if it is one.
    pub const fn as_nequip(&self) -> Option<&NequipArchitecture> {
        match self {
            Self::Nequip(it) => Some(it),
            Self::Tensornet(_) => None,
            Self::Mace(_) => None,
            Self::Chgnet(_) => None,
        }
    }

    /// The same to change it.
    pub const fn as_nequip_mut(&mut self) -> Option<&mut NequipArchitecture> {
        match self {
            Self::Nequip(it) => Some(it),
            Self::Tensornet(_) => None,
            Self::Mace(_) => None,
            Self::Chgnet(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEQUIP: &str = r#"{"species": [1], "cutoff": 5.0, "cutoff_function": {"kind": "polynomial", "power": 6},
        "radial_functions": 8, "radial_hidden": [64], "max_harmonic": 1, "normalized_harmonics": true,
        "features": [[[0, 16]], [[0, 16]]], "readout_hidden": 8, "activation_scale": 1.5, "modalities": []"#;

    #[test]
    fn files_without_a_family_are_nequip_and_the_tag_is_written() {
        let untagged: Architecture = serde_json::from_str(&format!("{NEQUIP}}}")).unwrap();
        let tagged: Architecture = serde_json::from_str(&format!("{NEQUIP}, \"family\": \"nequip\"}}")).unwrap();
        assert_eq!(untagged, tagged);
        let written = serde_json::to_value(&untagged).unwrap();
        assert_eq!(written["family"], "nequip");
        assert_eq!(serde_json::from_value::<Architecture>(written).unwrap(), untagged);
    }

    #[test]
    fn unknown_families_and_entries_are_refused() {
        for rest in [r#", "family": "nonesuch"}"#, r#", "family": 3}"#, r#", "family": null}"#, r#", "more": 1}"#] {
            let text = format!("{NEQUIP}{rest}");
            assert!(serde_json::from_str::<Architecture>(&text).is_err(), "{rest}");
        }
        assert!(serde_json::from_str::<Architecture>("[]").is_err());
    }
}

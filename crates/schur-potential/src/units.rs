//! Units of energy and length of models that were trained in others than ours.

use std::fmt;
use std::str::FromStr;

/// A unit of energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnergyUnit {
    /// Electronvolt.
    ElectronVolt,
    /// Thermochemical kilocalorie per mole.
    KilocaloriePerMole,
    /// Kilojoule per mole.
    KilojoulePerMole,
    /// Hartree.
    Hartree,
}

/// A unit of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LengthUnit {
    /// Ångström.
    Angstrom,
    /// Bohr's radius.
    Bohr,
    /// Nanometre.
    Nanometre,
}

/// One electronvolt in joule, exactly.
pub(crate) const JOULE_PER_EV: f64 = 1.602_176_634e-19;
/// Avogadro's number, exactly.
pub(crate) const AVOGADRO: f64 = 6.022_140_76e23;

impl EnergyUnit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ElectronVolt, Self::KilocaloriePerMole, Self::KilojoulePerMole, Self::Hartree];

    /// The unit in eV.
    ///
    /// # Source
    /// The exact constants of the SI of 2019, and CODATA 2018 for the Hartree.
    pub fn electronvolts(self) -> f64 {
        match self {
            Self::ElectronVolt => 1.0,
            Self::KilocaloriePerMole => 4184.0 / (AVOGADRO * JOULE_PER_EV),
            Self::KilojoulePerMole => 1000.0 / (AVOGADRO * JOULE_PER_EV),
            Self::Hartree => 27.211_386_245_988,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::ElectronVolt => "eV",
            Self::KilocaloriePerMole => "kcal/mol",
            Self::KilojoulePerMole => "kJ/mol",
            Self::Hartree => "Hartree",
        }
    }
}

impl LengthUnit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Angstrom, Self::Bohr, Self::Nanometre];

    /// The unit in Å.
    ///
    /// # Source
    /// CODATA 2018 for Bohr's radius.
    pub const fn angstroms(self) -> f64 {
        match self {
            Self::Angstrom => 1.0,
            Self::Bohr => 0.529_177_210_903,
            Self::Nanometre => 10.0,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Angstrom => "A",
            Self::Bohr => "Bohr",
            Self::Nanometre => "nm",
        }
    }
}

/// The units in which a model was trained: an energy, and a length.
///
/// As text, `ENERGY,LENGTH`.
///
/// # Examples
/// ```
/// use schur_potential::{EnergyUnit, LengthUnit, Units};
/// let units: Units = "kcal/mol,A".parse()?;
/// assert_eq!((units.energy, units.length), (EnergyUnit::KilocaloriePerMole, LengthUnit::Angstrom));
/// assert_eq!(units.to_string(), "kcal/mol,A");
/// assert!("eV".parse::<Units>().is_err());
/// # Ok::<(), schur_potential::UnitsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    /// Of energies.
    pub energy: EnergyUnit,
    /// Of lengths.
    pub length: LengthUnit,
}

/// Text that names no units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` names no units: they are an energy (eV, kcal/mol, kJ/mol or Hartree), a comma and a length (A, Bohr or nm)"
)]
pub struct UnitsError {
    /// The text.
    pub found: String,
}

impl FromStr for Units {
    type Err = UnitsError;

    fn from_str(text: &str) -> Result<Self, UnitsError> {
        let error = || UnitsError { found: text.to_owned() };
        let (energy, length) = text.split_once(',').ok_or_else(error)?;
        let (energy, length) = (energy.trim(), length.trim());
        let energy = EnergyUnit::ALL.into_iter().find(|unit| unit.name().eq_ignore_ascii_case(energy));
        let length = LengthUnit::ALL.into_iter().find(|unit| unit.name().eq_ignore_ascii_case(length));
        Ok(Self { energy: energy.ok_or_else(error)?, length: length.ok_or_else(error)? })
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.energy.name(), self.length.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_read_as_it_is_written() {
        for energy in EnergyUnit::ALL {
            for length in LengthUnit::ALL {
                let units = Units { energy, length };
                assert_eq!(units.to_string().parse(), Ok(units));
                assert_eq!(units.to_string().to_lowercase().replace(',', " , ").parse(), Ok(units));
            }
        }
        for text in ["", "eV", "eV,", ",A", "eV,A,A", "eV;A", "ev,a.u."] {
            assert_eq!(text.parse::<Units>(), Err(UnitsError { found: text.to_owned() }));
        }
    }

    /// The values that tables print.
    #[test]
    fn units_have_the_sizes_of_tables() {
        let sizes = [1.0, 0.043_364_104, 0.010_364_270, 27.211_386];
        assert!(
            EnergyUnit::ALL.iter().zip(sizes).all(|(unit, size)| (unit.electronvolts() - size).abs() < 5e-7 * size)
        );
        let sizes = [1.0, 0.529_177, 10.0];
        assert!(LengthUnit::ALL.iter().zip(sizes).all(|(unit, size)| (unit.angstroms() - size).abs() < 1e-6));
    }
}

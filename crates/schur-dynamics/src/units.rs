//! Physical constants and conversions in eV, Å, fs, amu and K.
//!
//! # Source
//! CODATA 2014 (Mohr, Newell and Taylor, Rev. Mod. Phys. 88, 035009 (2016)), the set that ASE uses by default, so that
//! temperatures and pressures compare to the last digit. The exact values of 2019 differ by less than 4e-8, relatively.

/// One electronvolt in joule.
const ELECTRONVOLT: f64 = 1.602_176_620_8e-19;
/// One unified atomic mass unit in kilogram.
const ATOMIC_MASS_UNIT: f64 = 1.660_539_040e-27;

/// Boltzmann's constant in eV/K.
pub const BOLTZMANN: f64 = 1.380_648_52e-23 / ELECTRONVOLT;

/// One amu Å^2/fs^2 in eV: what turns mass times velocity squared into an energy.
pub const MASS_VELOCITY_SQUARED: f64 = ATOMIC_MASS_UNIT * 1e10 / ELECTRONVOLT;

/// One eV/Å^3 in GPa.
pub const GIGAPASCAL: f64 = ELECTRONVOLT * 1e21;

/// One amu/Å^3 in g/cm^3.
pub const GRAM_PER_CUBIC_CENTIMETRE: f64 = ATOMIC_MASS_UNIT * 1e27;

#[cfg(test)]
mod tests {
    use super::*;

    /// Values printed by ASE 3.29: `units.kB`, `1 / units.GPa`, and `units.fs` as sqrt(eV/u) per Å.
    #[test]
    fn constants_are_those_of_ase() {
        assert!((BOLTZMANN / 8.617_330_337_217_213e-5 - 1.0).abs() < 1e-15);
        assert!((GIGAPASCAL / 160.217_662_08 - 1.0).abs() < 1e-14);
        let femtosecond: f64 = 0.098_226_947_884_640_62;
        assert!((MASS_VELOCITY_SQUARED * femtosecond * femtosecond - 1.0).abs() < 1e-14);
    }
}

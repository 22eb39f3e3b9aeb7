//! The masses of a structure's atoms.

use crate::{Array, Structure, StructureError, mass};

/// The per-atom column that holds masses, in amu.
const COLUMN: &str = "masses";

/// An element without a mass (`X`) counts as ASE counts it.
const MASS_OF_NOTHING: f64 = 1.0;

impl Structure {
    /// The mass of each atom in amu: the column `masses` if there is one, else those of the elements.
    ///
    /// # Units
    /// amu.
    /// # Errors
    /// [`StructureError::Masses`] if the column does not hold one number an atom, [`StructureError::Mass`] if a mass is
    /// no finite number above zero.
    ///
    /// # Examples
    /// ```
    /// use schur_atoms::{Array, Cell, Structure};
    /// let mut water = Structure::new(vec![8, 1, 1], vec![[0.0; 3]; 3], Cell::default(), [false; 3]);
    /// assert_eq!(water.masses()?, [15.999, 1.008, 1.008]);
    /// water.arrays.insert("masses".to_owned(), Array::scalars(&[15.995, 2.014, 2.014]));
    /// assert_eq!(water.masses()?, [15.995, 2.014, 2.014]);
    /// # Ok::<(), schur_atoms::StructureError>(())
    /// ```
    pub fn masses(&self) -> Result<Vec<f64>, StructureError> {
        masses(&self.numbers, self.arrays.get(COLUMN))
    }
}

/// The mass of each atom in amu: `column` if there is one, else those of the elements `numbers`.
///
/// # Errors
/// As [`Structure::masses`].
pub fn masses(numbers: &[u8], column: Option<&Array>) -> Result<Vec<f64>, StructureError> {
    let masses: Vec<f64> = match column {
        None => return Ok(numbers.iter().map(|&number| mass(number).unwrap_or(MASS_OF_NOTHING)).collect()),
        Some(Array::Reals { columns: 1, values }) => values.clone(),
        Some(Array::Integers { columns: 1, values }) => values.iter().map(|&mass| mass as f64).collect(),
        Some(other) => {
            let found = format!("{COLUMN}:{}:{}", other.letter(), other.columns());
            return Err(StructureError::Masses { found });
        }
    };
    if masses.len() != numbers.len() {
        return Err(StructureError::Length { name: COLUMN, expected: numbers.len(), found: masses.len() });
    }
    match masses.iter().position(|mass| !(mass.is_finite() && *mass > 0.0)) {
        Some(atom) => Err(StructureError::Mass { atom, mass: masses[atom] }),
        None => Ok(masses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_an_atom_is_a_mass() {
        let of = |column| masses(&[1, 6], Some(&column));
        assert_eq!(of(Array::scalars(&[2.014, 13.003])), Ok(vec![2.014, 13.003]));
        assert_eq!(of(Array::Integers { columns: 1, values: vec![2, 13] }), Ok(vec![2.0, 13.0]));
        assert_eq!(masses(&[1, 0], None), Ok(vec![1.008, 1.0]));
    }

    #[test]
    fn anything_else_is_refused_with_what_it_is() {
        let of = |column| masses(&[1, 6], Some(&column)).unwrap_err();
        let texts = Array::Texts { columns: 1, values: vec!["2".to_owned(), "13".to_owned()] };
        for (column, kind) in [
            (Array::vectors(&[[1.0; 3]; 2]), "masses:R:3"),
            (Array::Integers { columns: 2, values: vec![1; 4] }, "masses:I:2"),
            (Array::Bools { columns: 1, values: vec![true; 2] }, "masses:L:1"),
            (texts, "masses:S:1"),
        ] {
            let message = of(column).to_string();
            assert!(message.contains(kind) && message.contains("masses:R:1"), "{message}");
        }
        let length = StructureError::Length { name: "masses", expected: 2, found: 3 };
        assert_eq!(of(Array::scalars(&[1.0; 3])), length);
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = of(Array::scalars(&[1.0, bad]));
            assert!(matches!(error, StructureError::Mass { atom: 1, mass } if mass.to_bits() == bad.to_bits()));
        }
        assert_eq!(of(Array::Integers { columns: 1, values: vec![0, 1] }), StructureError::Mass { atom: 0, mass: 0.0 });
    }
}

//! Atomic numbers outside a model, dense indices inside.

use schur_atoms::{Structure, symbol};

use crate::PotentialError;

/// The position of each atomic number among a model's species.
#[derive(Debug, Clone)]
pub(crate) struct SpeciesMap([Option<u8>; 119]);

impl SpeciesMap {
    /// Numbers the species in the order of the model's weights; each is an atomic number up to 118.
    pub fn new(species: &[u8]) -> Self {
        let mut map = [None; 119];
        for (index, &number) in (0u8..).zip(species) {
            map[usize::from(number)] = Some(index);
        }
        Self(map)
    }

    /// Fills `out` with the species of all atoms.
    ///
    /// # Errors
    /// As for [`Self::fill`].
    pub fn fill_all(&self, structure: &Structure, out: &mut Vec<u8>) -> Result<(), PotentialError> {
        self.fill_from(structure, 0..structure.len(), out)
    }

    /// Fills `out` with the species of the atoms in the order given.
    ///
    /// # Errors
    /// [`PotentialError::UnknownElement`] naming the first atom that the model does not know.
    pub fn fill(&self, structure: &Structure, order: &[u32], out: &mut Vec<u8>) -> Result<(), PotentialError> {
        self.fill_from(structure, order.iter().map(|&atom| atom as usize), out)
    }

    fn fill_from(
        &self,
        structure: &Structure,
        order: impl Iterator<Item = usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), PotentialError> {
        out.clear();
        for atom in order {
            let number = structure.numbers[atom];
            out.push(self.0[usize::from(number)].ok_or_else(|| self.unknown(atom, number))?);
        }
        Ok(())
    }

    fn unknown(&self, atom: usize, number: u8) -> PotentialError {
        let known = (0u8..).zip(&self.0).filter(|(_, species)| species.is_some());
        let names: Vec<&str> = known.filter_map(|(z, _)| symbol(z)).collect();
        let element = symbol(number).unwrap_or("X");
        PotentialError::UnknownElement { atom, element, known: names.join(" ") }
    }
}

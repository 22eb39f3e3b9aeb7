//! The dense matrix of a layer's map, from its definition: an oracle for small sizes, and what others multiply with.

use schur_diagram::{DiagramError, MAX_ENTRIES, matrix};
use schur_tensor::next_index;

use crate::{LayerError, Space, Wiring};

impl Wiring {
    /// Writes out the matrix of this map.
    ///
    /// # Shapes
    /// `[product of output sizes, product of input sizes]`, row-major, the last axis fastest in each.
    /// # Errors
    /// [`LayerError::Diagram`] for more entries than [`MAX_ENTRIES`].
    /// # Cost
    /// Its entries times the number of axes.
    pub fn matrix(&self, space: &Space) -> Result<Vec<f64>, LayerError> {
        let sizes: Vec<usize> = self.labels.iter().map(|&(sort, _)| space.size(sort)).collect();
        let found = sizes.iter().fold(1_u128, |count, &size| count.saturating_mul(size as u128));
        if found > MAX_ENTRIES {
            return Err(DiagramError::TooLarge { what: "entries of a matrix", found, most: MAX_ENTRIES }.into());
        }
        let sorts = space.sorts().iter().zip(self.diagrams());
        let own: Vec<_> = sorts.map(|(sort, diagram)| matrix(sort.group, sort.n, diagram)).collect::<Result<_, _>>()?;
        let mut index = vec![0; sizes.len()];
        let mut entries = Vec::new();
        loop {
            // The index of each sort's own matrix, whose axes are those of its sort.
            let entry = |(sort, matrix): (usize, &schur_diagram::Matrix)| {
                let own = index.iter().zip(&self.labels).filter(|(_, label)| label.0 == sort);
                matrix.entries[own.fold(0, |place, (i, _)| place * space.size(sort) + i)] as f64
            };
            entries.push(own.iter().enumerate().map(entry).product());
            if !next_index(&mut index, &sizes) {
                return Ok(entries);
            }
        }
    }
}

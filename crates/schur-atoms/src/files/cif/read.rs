//! Reading CIF.

use super::block::{Block, blocks};
use super::expand::expand;
use super::sites::{has_sites, sites};
use super::symmetry::operations;
use crate::files::{FileError, Place, Problem};
use crate::{Cell, Structure, Value};

const LENGTHS: [&str; 3] = ["_cell_length_a", "_cell_length_b", "_cell_length_c"];
const ANGLES: [&str; 3] = ["_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"];

/// Reads the structures of a CIF, one for each data block that has atom sites.
///
/// # Errors
/// [`FileError`] with the line; see the conventions of this module for what is refused.
///
/// # Examples
/// ```
/// let text = "data_salt
/// _cell_length_a 5.64  _cell_length_b 5.64  _cell_length_c 5.64
/// _cell_angle_alpha 90  _cell_angle_beta 90  _cell_angle_gamma 90
/// _space_group_name_H-M_alt 'F m -3 m'
/// loop_ _atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z
/// Na1 0 0 0
/// Cl1 0.5 0.5 0.5
/// ";
/// let salt = &schur_atoms::files::cif::read(text.as_bytes())?[0];
/// assert_eq!(salt.len(), 8);
/// # Ok::<(), schur_atoms::files::FileError>(())
/// ```
pub fn read(content: &[u8]) -> Result<Vec<Structure>, FileError> {
    // Names of authors are often in other encodings; nothing read here is.
    let text = String::from_utf8_lossy(content);
    let blocks = blocks(&text)?;
    let structures: Vec<Structure> =
        blocks.iter().filter(|block| has_sites(block)).map(structure).collect::<Result<_, _>>()?;
    if structures.is_empty() {
        let expected = "a data block with `_atom_site_fract_x` or `_atom_site_Cartn_x`";
        return Err(Problem::Empty { expected }.at(Place::default()));
    }
    Ok(structures)
}

fn structure(block: &Block<'_>) -> Result<Structure, FileError> {
    refuse_other_worlds(block)?;
    let cell = cell(block)?;
    let sites = sites(block, cell.as_ref())?;
    let mut structure = match &cell {
        None => {
            let (numbers, positions) = sites.iter().map(|site| (site.number, site.position)).unzip();
            Structure::new(numbers, positions, Cell::default(), [false; 3])
        }
        Some(cell) => {
            let atoms = expand(&sites, &operations(block, cell)?, cell)?;
            let numbers = atoms.iter().map(|atom| sites[atom.site].number).collect();
            let positions = atoms.iter().map(|atom| cell.to_cartesian(atom.fractional)).collect();
            Structure::new(numbers, positions, *cell, [true; 3])
        }
    };
    if !block.name.is_empty() {
        structure.info.insert("name".to_owned(), Value::Text(block.name.to_owned()));
    }
    Ok(structure)
}

/// Refuses what shares the tags of an ordinary crystal but means more.
fn refuse_other_worlds(block: &Block<'_>) -> Result<(), FileError> {
    let others = [
        (
            "_atom_site_group_pdb",
            "a macromolecular file (mmCIF)",
            "convert it to extended XYZ or to a small-molecule CIF",
        ),
        (
            "_atom_site_label_atom_id",
            "a macromolecular file (mmCIF)",
            "convert it to extended XYZ or to a small-molecule CIF",
        ),
        (
            "_space_group_symop_magn_operation_xyz",
            "a magnetic space group",
            "list the operations without time reversal",
        ),
        (
            "_space_group_symop_magn_operation_mxmymz",
            "a magnetic space group",
            "list the operations without time reversal",
        ),
        ("_cell_modulation_dimension", "a modulated structure", "give a commensurate supercell"),
    ];
    match others.into_iter().find(|(tag, ..)| block.has(tag)) {
        Some((_, what, remedy)) => {
            Err(Problem::Unsupported { what: what.to_owned(), remedy }.at(Place::line(block.line)))
        }
        None => Ok(()),
    }
}

/// The cell, or none if no length is given. A missing angle is 90° by the dictionary.
fn cell(block: &Block<'_>) -> Result<Option<Cell>, FileError> {
    let mut lengths = [0.0; 3];
    let mut n_lengths = 0;
    let mut line = block.line;
    for (length, tag) in lengths.iter_mut().zip(LENGTHS) {
        if let Some(entry) = block.value(&[tag])? {
            *length = entry.real(tag)?;
            line = entry.line;
            n_lengths += 1;
        }
    }
    if n_lengths == 0 {
        return Ok(None);
    }
    let mut angles = [90.0; 3];
    for (angle, tag) in angles.iter_mut().zip(ANGLES) {
        if let Some(entry) = block.value(&[tag])? {
            *angle = entry.real(tag)?;
        }
    }
    let cell = Cell::from_parameters(lengths, angles);
    if lengths.iter().any(|&length| length <= 0.0) || cell.inverse().is_err() {
        let found = format!("lengths {lengths:?}, angles {angles:?}");
        let remedy = "correct the `_cell_` values";
        let expected = "lattice constants that span a volume";
        return Err(Problem::expected(expected, found.as_bytes(), remedy).at(Place::line(line)));
    }
    Ok(Some(cell))
}

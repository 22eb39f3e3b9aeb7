//! Writing CIF.

use std::io::Write;

use crate::files::{FileError, Place, Problem};
use crate::{Structure, Value, symbol};

/// Writes one data block with all atoms and without symmetry (P 1).
///
/// The file keeps lattice constants and fractional coordinates to the last digit, but not how the crystal lies in space:
/// read back, a lies along x. A left-handed cell is written with all three vectors reversed, which is the same
/// crystal. Velocities, constraints, attached values and periodicity flags have no place in the format.
///
/// # Errors
/// [`Problem::Invalid`] for a structure that is not [valid](Structure::validate), [`Problem::Unwritable`] without a usable
/// cell; [`Problem::Io`] from the writer.
pub fn write(writer: &mut impl Write, structure: &Structure) -> Result<(), FileError> {
    let text = text(structure).map_err(|problem| problem.at(Place::default()))?;
    Ok(writer.write_all(text.as_bytes())?)
}

fn text(structure: &Structure) -> Result<String, Problem> {
    structure.validate().map_err(|error| Problem::Invalid(Box::new(error)))?;
    let inverse = structure.cell.inverse().map_err(|_| Problem::Unwritable {
        what: "a structure without a cell".to_owned(),
        reason: "CIF describes crystals; put the atoms into a box or write extended XYZ",
    })?;
    let (lengths, angles) = structure.cell.parameters();
    let mut text = format!("data_{}\n", block_name(structure));
    for (axis, length) in ["a", "b", "c"].iter().zip(lengths) {
        text += &format!("_cell_length_{axis} {length:?}\n");
    }
    for (angle, value) in ["alpha", "beta", "gamma"].iter().zip(angles) {
        text += &format!("_cell_angle_{angle} {value:?}\n");
    }
    text += "_symmetry_space_group_name_H-M 'P 1'\n_symmetry_Int_Tables_number 1\n";
    text += "loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'\n";
    text += "loop_\n_atom_site_label\n_atom_site_type_symbol\n";
    text += "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n";
    let sign = if structure.cell.determinant() < 0.0 { -1.0 } else { 1.0 };
    let mut seen = [0usize; 119];
    for (&number, x) in structure.numbers.iter().zip(&structure.positions) {
        let count = &mut seen[usize::from(number.min(118))];
        *count += 1;
        let symbol = symbol(number).unwrap_or("X");
        let [u, v, w]: [f64; 3] = std::array::from_fn(|j| sign * (0..3).map(|i| x[i] * inverse[i][j]).sum::<f64>());
        text += &format!("{symbol}{count} {symbol} {u:?} {v:?} {w:?} 1.0\n");
    }
    Ok(text)
}

/// The structure's `name`, as far as a block name can hold it.
fn block_name(structure: &Structure) -> String {
    const LONGEST: usize = 70;
    let name = match structure.info.get("name") {
        Some(Value::Text(name)) => name.chars().filter(char::is_ascii_graphic).take(LONGEST).collect(),
        _ => String::new(),
    };
    if name.is_empty() { "structure".to_owned() } else { name }
}

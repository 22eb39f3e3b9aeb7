//! The atom sites of a data block.

use super::block::{Block, Entry, Table};
use crate::files::element::from_label;
use crate::files::{FileError, Place, Problem};
use crate::{Cell, atomic_number};

/// One site of the asymmetric unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Site<'a> {
    pub label: &'a str,
    pub number: u8,
    /// Fractional, or Cartesian in Å if there is no cell.
    pub position: [f64; 3],
    pub line: usize,
}

const FRACTIONAL: [&str; 3] = ["_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"];
const CARTESIAN: [&str; 3] = ["_atom_site_cartn_x", "_atom_site_cartn_y", "_atom_site_cartn_z"];
const LABEL: &str = "_atom_site_label";
const TYPE: &str = "_atom_site_type_symbol";
const OCCUPANCY: &str = "_atom_site_occupancy";

/// An occupancy this close to one is full: a printed 0.9999 is a rounding.
const FULL_OCCUPANCY: f64 = 1e-3;

/// Whether a block describes a structure.
pub(super) fn has_sites(block: &Block<'_>) -> bool {
    block.has(FRACTIONAL[0]) || block.has(CARTESIAN[0])
}

/// The sites, in the file's order.
///
/// # Errors
/// [`FileError`] naming the site: unknown element, missing coordinate, partial occupancy.
pub(super) fn sites<'a>(block: &Block<'a>, cell: Option<&Cell>) -> Result<Vec<Site<'a>>, FileError> {
    let tags = if block.has(FRACTIONAL[0]) { FRACTIONAL } else { CARTESIAN };
    let fractional = tags == FRACTIONAL;
    let Some(table) = block.table(tags[0]) else { return Ok(Vec::new()) };
    let at_block = |problem: Problem| problem.at(Place::line(block.line));
    if fractional && cell.is_none() {
        let remedy = "fractional coordinates need the six lattice constants";
        return Err(at_block(Problem::Missing { name: "_cell_length_a", remedy }));
    }
    let to_fractional = match cell {
        Some(cell) if !fractional => Some(cartesian_transform(block, cell)?),
        _ => None,
    };
    let mut coordinates = [0; 3];
    for (axis, tag) in tags.into_iter().enumerate() {
        let remedy = "every atom site needs its three coordinates";
        coordinates[axis] = table.column(tag).ok_or_else(|| at_block(Problem::Missing { name: tag, remedy }))?;
    }
    let columns = Columns::new(&table, coordinates).ok_or_else(|| {
        at_block(Problem::Missing { name: TYPE, remedy: "give each site a type symbol or a label such as Si1" })
    })?;
    let mut sites = Vec::new();
    for row in table.rows().filter(|row| !columns.is_dummy(row)) {
        let mut site = columns.site(row)?;
        if let Some(inverse) = &to_fractional {
            let x = site.position;
            site.position = std::array::from_fn(|j| (0..3).map(|i| x[i] * inverse[i][j]).sum());
        }
        sites.push(site);
    }
    Ok(sites)
}

/// From Cartesian to fractional coordinates, if the file's Cartesian axes are ours.
fn cartesian_transform(block: &Block<'_>, cell: &Cell) -> Result<[[f64; 3]; 3], FileError> {
    let own_axes = ["_atom_sites_cartn_tran_matrix_11", "_atom_sites_fract_tran_matrix_11"];
    if own_axes.iter().any(|tag| block.has(tag)) {
        let what = "Cartesian atom sites with their own axes (`_atom_sites_..._tran_matrix`)".to_owned();
        return Err(Problem::Unsupported { what, remedy: "give `_atom_site_fract_x`, `_y` and `_z`" }
            .at(Place::line(block.line)));
    }
    cell.inverse().map_err(|error| Problem::Cell(Box::new(error)).at(Place::line(block.line)))
}

/// Where the table holds what.
struct Columns {
    coordinates: [usize; 3],
    label: Option<usize>,
    kind: Option<usize>,
    occupancy: Option<usize>,
    flag: Option<usize>,
    hydrogens: Option<usize>,
}

impl Columns {
    fn new(table: &Table<'_>, coordinates: [usize; 3]) -> Option<Self> {
        let (label, kind) = (table.column(LABEL), table.column(TYPE));
        (label.is_some() || kind.is_some()).then(|| Self {
            coordinates,
            label,
            kind,
            occupancy: table.column(OCCUPANCY),
            flag: table.column("_atom_site_calc_flag"),
            hydrogens: table.column("_atom_site_attached_hydrogens"),
        })
    }

    /// A place marked as no atom.
    fn is_dummy(&self, row: &[Entry<'_>]) -> bool {
        self.flag.is_some_and(|column| row[column].text == "dum")
    }

    fn site<'a>(&self, row: &[Entry<'a>]) -> Result<Site<'a>, FileError> {
        let given = |column: Option<usize>| column.map(|column| row[column]).filter(|entry| !entry.is_absent());
        let (label, kind) = (given(self.label), given(self.kind));
        let name = label.or(kind).map_or("?", |entry| entry.text);
        let line = row[self.coordinates[0]].line;
        let place = Place::line(line);
        let number = match (kind, label) {
            (Some(kind), _) => from_label(kind.text),
            (None, Some(label)) => from_site_label(label.text),
            (None, None) => None,
        };
        let remedy = "give the element as `_atom_site_type_symbol`";
        let number = number.ok_or_else(|| {
            Problem::Element { found: kind.map_or(name, |entry| entry.text).to_owned(), remedy }.at(place)
        })?;
        let mut position = [0.0; 3];
        for (axis, column) in self.coordinates.into_iter().enumerate() {
            let entry = row[column];
            let absent = || {
                let remedy = "place the atom or delete the site";
                Problem::expected(format!("three coordinates of site `{name}`"), entry.text.as_bytes(), remedy)
            };
            position[axis] = if entry.is_absent() { Err(absent().at(place)) } else { entry.real("_atom_site") }?;
        }
        let occupancy = given(self.occupancy).map_or(Ok(1.0), |entry| entry.real(OCCUPANCY))?;
        if (occupancy - 1.0).abs() > FULL_OCCUPANCY {
            return Err(Problem::PartialOccupancy { site: name.to_owned(), occupancy }.at(place));
        }
        let hydrogens = given(self.hydrogens).map_or(Ok(0.0), |entry| entry.real("_atom_site_attached_hydrogens"))?;
        if hydrogens != 0.0 {
            let what = format!("site `{name}` with {hydrogens} hydrogen atoms that have no place");
            return Err(Problem::Unsupported { what, remedy: "add the hydrogen atoms as sites" }.at(place));
        }
        Ok(Site { label: name, number, position, line })
    }
}

/// The element of a label such as `Si1`, `OW1` or `C12A`; `None` also if it could be two, as `CO1`.
fn from_site_label(label: &str) -> Option<u8> {
    let length = label.bytes().take_while(u8::is_ascii_alphabetic).count();
    let one = label.get(..1).and_then(|symbol| atomic_number(symbol).ok());
    let two = label.get(..2).filter(|_| length >= 2).and_then(|symbol| atomic_number(symbol).ok());
    let capitals = label.get(1..2).is_some_and(|second| second.as_bytes()[0].is_ascii_uppercase());
    match (one, two) {
        (Some(_), Some(_)) if capitals => None,
        (_, Some(number)) => Some(number),
        (one, None) => one.filter(|_| length == 1 || capitals),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_labels() {
        for (label, number) in [
            ("Si1", Some(14)),
            ("O", Some(8)),
            ("OW1", Some(8)),
            ("C12A", Some(6)),
            ("HB", Some(1)),
            ("CO1", None),
            ("CA2", None),
            ("Ca2", Some(20)),
            ("Qx", None),
            ("Oh1", None),
            ("1C", None),
            ("", None),
            ("Å1", None),
        ] {
            assert_eq!(from_site_label(label), number, "{label}");
        }
    }
}

//! From the parts of a frame to a [`Structure`].

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::columns::{Column, Data};
use super::comment::{self, Pair, Raw};
use super::interpret;
use crate::files::Problem;
use crate::{Array, Cell, Structure, StructureError, Value, masses};

/// How a comment line that is no clear list of pairs is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// As pairs, a lone word meaning true.
    Extended,
    /// As a remark.
    Plain,
}

/// What the momenta of one amu·Å/fs are in ASE: 1 fs is this many of its units of time, Å·√(amu/eV).
///
/// Source: ASE 3.29 `units.fs` with the constants of CODATA 2014.
const ASE_FEMTOSECOND: f64 = 0.09822694788464063;

/// Relative difference up to which `velocities` and `momenta` say the same: far above the rounding of a product, far
/// below what eight printed decimals lose.
const SAME_VELOCITY: f64 = 1e-13;

type Header = IndexMap<String, Value>;

/// Reads the comment line: all its values, and apart from them `Properties`.
///
/// # Errors
/// The problem and the byte of the line where it lies, if it lies at one.
pub(super) fn header(line: &[u8], dialect: Dialect) -> Result<(Header, Option<String>), (Option<usize>, Problem)> {
    let pairs = match std::str::from_utf8(line) {
        Ok(text) => comment::pairs(text).map_err(|(at, problem)| (Some(at), problem)),
        Err(error) => {
            let at = error.valid_up_to();
            Err((Some(at), Problem::expected("text in UTF-8", &line[at..], "save the file as UTF-8")))
        }
    };
    let pairs = match pairs {
        Ok(pairs) if is_header(&pairs, dialect) => pairs,
        Err(problem) if mentions_keys(line) => return Err(problem),
        _ => return Ok((remark(line), None)),
    };
    let mut header = Header::with_capacity(pairs.len());
    let mut properties = None;
    for Pair { key, value, at } in pairs {
        if key == "Properties" {
            let Raw::Text(text) = value else {
                let remedy = "write Properties=name:type:columns:...";
                return Err((Some(at), Problem::expected("a text", &line[at..], remedy)));
            };
            if properties.get_or_insert_with(|| text.clone().into_owned()) != text.as_ref() {
                return Err((Some(at), Problem::Duplicate { name: key.into_owned() }));
            }
            continue;
        }
        let value = interpret::value(&key, value);
        match header.entry(key.into_owned()) {
            Entry::Occupied(entry) if *entry.get() != value => {
                return Err((Some(at), Problem::Duplicate { name: entry.key().clone() }));
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(entry) => _ = entry.insert(value),
        }
    }
    Ok((header, properties))
}

/// Whether a comment line that could be taken apart is meant as pairs.
fn is_header(pairs: &[Pair<'_>], dialect: Dialect) -> bool {
    let marked = pairs.iter().any(|pair| matches!(pair.key.as_ref(), "Lattice" | "Properties"));
    let all_have_values = pairs.iter().all(|pair| pair.value != Raw::Flag);
    marked || all_have_values || dialect == Dialect::Extended
}

/// Whether a comment line that could not be taken apart was meant as pairs.
fn mentions_keys(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    ["Lattice", "Properties"].iter().any(|key| text.contains(key))
}

fn remark(line: &[u8]) -> Header {
    let text = String::from_utf8_lossy(line).trim().to_owned();
    let remark = (!text.is_empty()).then(|| ("comment".to_owned(), Value::Text(text)));
    remark.into_iter().collect()
}

/// Builds the structure.
pub(super) fn assemble(mut header: Header, columns: Vec<Column>) -> Result<Structure, Problem> {
    let cell = header.shift_remove("Lattice").map(lattice).transpose()?;
    let pbc = header.shift_remove("pbc").map(periodicity).transpose()?.unwrap_or([cell.is_some(); 3]);
    let mut parts = Parts::default();
    for column in columns {
        parts.take(column)?;
    }
    let numbers = parts.numbers()?;
    let velocities = parts.velocities(&numbers)?;
    let remedy = "add a column pos:R:3 to Properties";
    let positions = parts.positions.ok_or(Problem::Missing { name: "pos", remedy })?;
    let (info, arrays, fixed) = (header, parts.arrays, parts.fixed);
    Ok(Structure { numbers, positions, cell: cell.unwrap_or_default(), pbc, velocities, fixed, info, arrays })
}

fn lattice(value: Value) -> Result<Cell, Problem> {
    let numbers = match &value {
        Value::Reals(values) => values.clone(),
        Value::Integers(values) => values.iter().map(|&value| value as f64).collect(),
        Value::Matrix { columns: 3, values } => values.clone(),
        _ => Vec::new(),
    };
    let remedy = "write Lattice=\"ax ay az bx by bz cx cy cz\"";
    let (rows, []) = numbers.as_chunks::<3>() else {
        return Err(Problem::expected("nine numbers for Lattice", format!("{value:?}").as_bytes(), remedy));
    };
    let vectors = <[[f64; 3]; 3]>::try_from(rows)
        .map_err(|_| Problem::expected("nine numbers for Lattice", format!("{value:?}").as_bytes(), remedy))?;
    Ok(Cell::new(vectors))
}

fn periodicity(value: Value) -> Result<[bool; 3], Problem> {
    let flags = match &value {
        Value::Bool(flag) => Some([*flag; 3]),
        Value::Bools(flags) => flags.as_slice().try_into().ok(),
        Value::Integers(flags) if flags.iter().all(|flag| (0..=1).contains(flag)) => {
            <[i64; 3]>::try_from(flags.as_slice()).ok().map(|flags| flags.map(|flag| flag == 1))
        }
        _ => None,
    };
    let found = format!("{value:?}");
    flags.ok_or_else(|| Problem::expected("three of T and F for pbc", found.as_bytes(), "write pbc=\"T T F\""))
}

/// The columns with a meaning of their own, and the rest.
#[derive(Default)]
struct Parts {
    species: Option<Vec<u8>>,
    numbers: Option<Vec<u8>>,
    positions: Option<Vec<[f64; 3]>>,
    velocities: Option<Vec<[f64; 3]>>,
    momenta: Option<Vec<[f64; 3]>>,
    fixed: Option<Vec<[bool; 3]>>,
    arrays: IndexMap<String, Array>,
}

impl Parts {
    fn take(&mut self, column: Column) -> Result<(), Problem> {
        let Column { name, count, data } = column;
        let repeated = match (name.as_str(), count, data) {
            ("species" | "symbols" | "element", 1, Data::Species(values)) => self.species.replace(values).is_some(),
            ("Z" | "numbers", 1, Data::Integers(values)) => {
                let numbers = values.iter().map(|&number| atomic_number(number)).collect::<Result<_, _>>()?;
                self.numbers.replace(numbers).is_some()
            }
            ("pos" | "positions", 3, Data::Reals(values)) => self.positions.replace(rows(&values)).is_some(),
            ("velocities", 3, Data::Reals(values)) => self.velocities.replace(rows(&values)).is_some(),
            ("momenta", 3, Data::Reals(values)) => self.momenta.replace(rows(&values)).is_some(),
            ("move_mask", 1 | 3, Data::Bools(values)) => self.fixed.replace(fixed(&values, count)).is_some(),
            ("move_mask", 1 | 3, Data::Integers(values)) => {
                let values: Vec<bool> = values.iter().map(|&value| value != 0).collect();
                self.fixed.replace(fixed(&values, count)).is_some()
            }
            (name @ ("Z" | "numbers" | "pos" | "positions" | "velocities" | "momenta" | "move_mask"), ..) => {
                let expected = "Z:I:1, pos:R:3, velocities:R:3, momenta:R:3, move_mask:L:1 or move_mask:L:3";
                let remedy = "these columns have one meaning only; rename the column if it holds something else";
                return Err(Problem::expected(expected, format!("{name} with {count} columns").as_bytes(), remedy));
            }
            (_, _, data) => self.arrays.insert(name.clone(), data.into_array(count)).is_some(),
        };
        if repeated { Err(Problem::Duplicate { name }) } else { Ok(()) }
    }

    fn numbers(&mut self) -> Result<Vec<u8>, Problem> {
        match (self.species.take(), self.numbers.take()) {
            (Some(species), Some(numbers)) if species != numbers => {
                let atom = species.iter().zip(&numbers).position(|(a, b)| a != b).unwrap_or(0);
                Err(Problem::Duplicate { name: format!("element of atom {atom} (species and Z)") })
            }
            (Some(numbers), _) | (None, Some(numbers)) => Ok(numbers),
            (None, None) => {
                Err(Problem::Missing { name: "species", remedy: "add a column species:S:1 or Z:I:1 to Properties" })
            }
        }
    }

    /// Our own column if the momenta do not contradict it, else the momenta over the masses.
    fn velocities(&mut self, numbers: &[u8]) -> Result<Option<Vec<[f64; 3]>>, Problem> {
        let Some(momenta) = self.momenta.take() else { return Ok(self.velocities.take()) };
        let scales = momentum_scales(masses(numbers, self.arrays.get("masses")))?;
        let same = |v: f64, p: f64, scale: f64| v * scale == p || (v * scale - p).abs() <= SAME_VELOCITY * p.abs();
        if let Some(velocities) = self.velocities.take() {
            let mut rows = velocities.iter().zip(&momenta).zip(&scales);
            if rows.all(|((v, p), &scale)| (0..3).all(|axis| same(v[axis], p[axis], scale))) {
                return Ok(Some(velocities));
            }
        }
        Ok(Some(momenta.iter().zip(&scales).map(|(p, scale)| p.map(|p| p / scale)).collect()))
    }
}

/// By what a velocity in Å/fs is multiplied to give ASE's momentum: the mass over the unit of time.
pub(super) fn momentum_scales(masses: Result<Vec<f64>, StructureError>) -> Result<Vec<f64>, Problem> {
    let masses = masses.map_err(|error| Problem::Invalid(Box::new(error)))?;
    Ok(masses.iter().map(|mass| mass / ASE_FEMTOSECOND).collect())
}

fn atomic_number(number: i64) -> Result<u8, Problem> {
    let element = u8::try_from(number).ok().filter(|&number| number <= 118);
    let remedy = "an atomic number lies between 1 and 118; 0 stands for no atom";
    element.ok_or_else(|| Problem::Element { found: number.to_string(), remedy })
}

fn rows(values: &[f64]) -> Vec<[f64; 3]> {
    values.as_chunks().0.to_vec()
}

fn fixed(may_move: &[bool], columns: usize) -> Vec<[bool; 3]> {
    may_move.chunks(columns).map(|flags| std::array::from_fn(|axis| !flags[axis % columns])).collect()
}

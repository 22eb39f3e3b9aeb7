//! Writing extended XYZ with every bit of every number.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::frame::momentum_scales;
use super::interpret::{JSON_MARK, is_tensor_key};
use super::text::{push_json_string, push_quoted, push_text};
use crate::files::{FileError, Place, Problem};
use crate::{Array, Structure, Value, symbol};

/// Bytes gathered before they go to the writer.
const BLOCK: usize = 1 << 16;

/// Keys that the format itself uses.
const RESERVED_KEYS: [&str; 3] = ["Lattice", "Properties", "pbc"];

/// Columns that stand for fields of a structure.
const RESERVED_COLUMNS: [&str; 10] =
    ["species", "symbols", "element", "Z", "numbers", "pos", "positions", "velocities", "momenta", "move_mask"];

/// Writes one frame; reading it back gives an equal structure, bit by bit.
///
/// Numbers are written with the fewest digits that give the same double. Velocities go out twice: as `momenta`, which
/// ASE reads, and as `velocities` in Å/fs, which is exact.
///
/// Three things come back in another form: a `stress` or `virial` of six numbers (Voigt order) as its 3 × 3 matrix,
/// because ASE reads no other, an empty list as an empty list of reals, and a cell of zeros as none.
///
/// # Errors
/// [`Problem::Unwritable`] for a key, column name or per-atom text that the format cannot hold, or an array whose length
/// does not fit; [`Problem::Invalid`] for velocities with masses that are none; [`Problem::Io`] from the writer.
///
/// # Cost
/// O(atoms · columns); one buffer of 64 KiB.
///
/// # Examples
/// ```
/// use schur_atoms::{Cell, Structure, files::extxyz};
/// let helium = Structure::new(vec![2], vec![[0.0, 0.1, 1e-9]], Cell::default(), [false; 3]);
/// let mut file = Vec::new();
/// extxyz::write_frame(&mut file, &helium)?;
/// assert_eq!(extxyz::Frames::new(&file[..]).next().unwrap()?, helium);
/// # Ok::<(), schur_atoms::files::FileError>(())
/// ```
pub fn write_frame(writer: &mut impl Write, structure: &Structure) -> Result<(), FileError> {
    let at_nowhere = |problem: Problem| problem.at(Place::default());
    let columns = columns(structure).map_err(at_nowhere)?;
    let mut out = format!("{}\n", structure.len());
    push_comment(&mut out, structure, &columns).map_err(at_nowhere)?;
    for atom in 0..structure.len() {
        out.push_str(symbol(structure.numbers[atom]).unwrap_or("X"));
        for column in &columns {
            column.values.push(&mut out, atom);
        }
        out.push('\n');
        if out.len() >= BLOCK {
            flush(writer, &mut out)?;
        }
    }
    flush(writer, &mut out)
}

fn flush(writer: &mut impl Write, out: &mut String) -> Result<(), FileError> {
    writer.write_all(out.as_bytes()).map_err(|error: io::Error| Problem::Io(error).at(Place::default()))?;
    out.clear();
    Ok(())
}

/// A column behind the symbol.
struct Column<'a> {
    name: &'a str,
    values: Values<'a>,
}

enum Values<'a> {
    Vectors(&'a [[f64; 3]]),
    /// Velocities and what turns them into momenta.
    Momenta(&'a [[f64; 3]], Vec<f64>),
    /// Which components may not move, and how many of them to write.
    Fixed(&'a [[bool; 3]], usize),
    Array(&'a Array),
}

fn columns(structure: &Structure) -> Result<Vec<Column<'_>>, Problem> {
    let n_atoms = structure.len();
    let same_length = |name: &str, length: usize| {
        let what = || format!("`{name}` with {length} rows for {n_atoms} atoms");
        if length == n_atoms { Ok(()) } else { Err(unwritable(what(), "every atom needs a row")) }
    };
    let mut columns = vec![Column { name: "pos", values: Values::Vectors(&structure.positions) }];
    same_length("positions", structure.positions.len())?;
    if let Some(velocities) = &structure.velocities {
        same_length("velocities", velocities.len())?;
        let scales = momentum_scales(structure.masses())?;
        columns.push(Column { name: "momenta", values: Values::Momenta(velocities, scales) });
        columns.push(Column { name: "velocities", values: Values::Vectors(velocities) });
    }
    if let Some(fixed) = &structure.fixed {
        same_length("fixed", fixed.len())?;
        let whole_atoms = fixed.iter().all(|&[x, y, z]| x == y && y == z);
        columns.push(Column { name: "move_mask", values: Values::Fixed(fixed, if whole_atoms { 1 } else { 3 }) });
    }
    for (name, array) in &structure.arrays {
        check_array(name, array, n_atoms)?;
        columns.push(Column { name, values: Values::Array(array) });
    }
    Ok(columns)
}

fn unwritable(what: String, reason: &'static str) -> Problem {
    Problem::Unwritable { what, reason }
}

fn check_array(name: &str, array: &Array, n_atoms: usize) -> Result<(), Problem> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
    if name.is_empty() || !name.chars().all(good) || RESERVED_COLUMNS.contains(&name) {
        let reason = "a column has a name of letters, digits, _ - + . that stands for no field of the structure";
        return Err(unwritable(format!("the column `{name}`"), reason));
    }
    let (columns, entries) = (array.columns(), array.entries());
    if columns == 0 || Some(entries) != n_atoms.checked_mul(columns) {
        let what = format!("the column `{name}` with {entries} entries, {columns} an atom, for {n_atoms} atoms");
        return Err(unwritable(what, "every atom needs its row"));
    }
    if let Array::Texts { values, .. } = array
        && let Some(text) = values.iter().find(|text| text.is_empty() || text.contains(char::is_whitespace))
    {
        return Err(unwritable(format!("the text `{text}` of column `{name}`"), "it must be one word without blanks"));
    }
    Ok(())
}

impl Column<'_> {
    /// The letter and number of columns in `Properties`.
    fn kind(&self) -> (char, usize) {
        match &self.values {
            Values::Vectors(_) | Values::Momenta(..) => ('R', 3),
            Values::Fixed(_, columns) => ('L', *columns),
            Values::Array(array) => (array.letter(), array.columns()),
        }
    }
}

impl Values<'_> {
    fn push(&self, out: &mut String, atom: usize) {
        match self {
            Self::Vectors(rows) => rows[atom].iter().for_each(|&value| push_entry(out, Entry::Real(value))),
            Self::Momenta(rows, scales) => {
                rows[atom].iter().for_each(|&value| push_entry(out, Entry::Real(value * scales[atom])));
            }
            Self::Fixed(rows, columns) => {
                rows[atom][..*columns].iter().for_each(|&fixed| push_entry(out, Entry::Bool(!fixed)));
            }
            Self::Array(array) => {
                let columns = array.columns();
                for index in atom * columns..(atom + 1) * columns {
                    push_entry(out, entry(array, index));
                }
            }
        }
    }
}

enum Entry<'a> {
    Real(f64),
    Integer(i64),
    Bool(bool),
    Text(&'a str),
}

fn entry(array: &Array, index: usize) -> Entry<'_> {
    match array {
        Array::Reals { values, .. } => Entry::Real(values[index]),
        Array::Integers { values, .. } => Entry::Integer(values[index]),
        Array::Bools { values, .. } => Entry::Bool(values[index]),
        Array::Texts { values, .. } => Entry::Text(&values[index]),
    }
}

fn push_entry(out: &mut String, entry: Entry<'_>) {
    out.push(' ');
    match entry {
        Entry::Real(value) => push_real(out, value),
        Entry::Integer(value) => push(out, format_args!("{value}")),
        Entry::Bool(value) => out.push(if value { 'T' } else { 'F' }),
        Entry::Text(value) => out.push_str(value),
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String never fails.
    _ = out.write_fmt(text);
}

/// The shortest text that reads back as the same double, always with a point or an exponent.
fn push_real(out: &mut String, value: f64) {
    push(out, format_args!("{value:?}"));
}

fn push_comment(out: &mut String, structure: &Structure, columns: &[Column<'_>]) -> Result<(), Problem> {
    if !structure.cell.is_zero() {
        out.push_str("Lattice=");
        push_numbers(out, structure.cell.vectors().as_flattened(), push_real);
        out.push(' ');
    }
    out.push_str("Properties=species:S:1");
    for column in columns {
        let (letter, count) = column.kind();
        push(out, format_args!(":{}:{letter}:{count}", column.name));
    }
    for (key, value) in &structure.info {
        out.push(' ');
        push_key(out, key)?;
        out.push('=');
        push_value(out, key, value)?;
    }
    let flags = structure.pbc.map(|periodic| if periodic { 'T' } else { 'F' });
    push(out, format_args!(" pbc=\"{} {} {}\"\n", flags[0], flags[1], flags[2]));
    Ok(())
}

fn push_key(out: &mut String, key: &str) -> Result<(), Problem> {
    if key.is_empty() || key.contains(char::is_control) || RESERVED_KEYS.contains(&key) {
        let reason = "a key is a text without line ends other than Lattice, Properties and pbc";
        return Err(unwritable(format!("the key `{}`", key.escape_debug()), reason));
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if key.chars().all(bare) {
        out.push_str(key);
    } else {
        push_quoted(out, key);
    }
    Ok(())
}

fn push_value(out: &mut String, key: &str, value: &Value) -> Result<(), Problem> {
    let truth = |out: &mut String, value: bool| out.push(if value { 'T' } else { 'F' });
    let integer = |out: &mut String, value: i64| push(out, format_args!("{value}"));
    match value {
        Value::Bool(value) => truth(out, *value),
        Value::Integer(value) => integer(out, *value),
        Value::Real(value) => push_real(out, *value),
        Value::Text(text) => push_text(out, text),
        Value::Bools(values) => push_list(out, "", values, truth),
        Value::Integers(values) => push_list(out, key, values, integer),
        Value::Reals(values) if values.len() == 6 && matches!(key, "stress" | "virial") => {
            let [xx, yy, zz, yz, xz, xy] = std::array::from_fn(|i| values[i]);
            push_numbers(out, &[xx, xy, xz, xy, yy, yz, xz, yz, zz], push_real);
        }
        Value::Reals(values) => push_list(out, key, values, push_real),
        Value::Texts(values) if values.is_empty() => out.push_str("[]"),
        Value::Texts(values) => {
            let mut json = JSON_MARK.to_owned();
            push_brackets(&mut json, values, |out, text| push_json_string(out, text));
            push_quoted(out, &json);
        }
        Value::Matrix { columns: 3, values } if values.len() == 9 && is_tensor_key(key) => {
            let by_column: [f64; 9] = std::array::from_fn(|i| values[i / 3 + 3 * (i % 3)]);
            push_numbers(out, &by_column, push_real);
        }
        Value::Matrix { columns, values } => {
            if *columns == 0 || values.is_empty() || values.len() % columns != 0 {
                let what = format!("`{key}` with {} entries in rows of {columns}", values.len());
                return Err(unwritable(what, "a matrix needs full rows"));
            }
            let rows: Vec<&[f64]> = values.chunks(*columns).collect();
            let mut json = JSON_MARK.to_owned();
            push_brackets(&mut json, &rows, |out, row| {
                push_brackets(out, row, |out, &value| push_json_real(out, value))
            });
            push_quoted(out, &json);
        }
    }
    Ok(())
}

/// Reals as Python's JSON spells them.
fn push_json_real(out: &mut String, value: f64) {
    if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else {
        push_real(out, value);
    }
}

/// A list in the old style, or in brackets where the old style would be read as one value or as a tensor.
fn push_list<T: Copy>(out: &mut String, key: &str, values: &[T], entry: impl Fn(&mut String, T)) {
    let misread = values.len() < 2 || (values.len() == 9 && is_tensor_key(key));
    if misread {
        push_brackets(out, values, |out, &value| entry(out, value));
    } else {
        push_numbers(out, values, entry);
    }
}

fn push_numbers<T: Copy>(out: &mut String, values: &[T], entry: impl Fn(&mut String, T)) {
    out.push('"');
    for (index, &value) in values.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { " " });
        entry(out, value);
    }
    out.push('"');
}

fn push_brackets<T>(out: &mut String, values: &[T], entry: impl Fn(&mut String, &T)) {
    out.push('[');
    for (index, value) in values.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        entry(out, value);
    }
    out.push(']');
}

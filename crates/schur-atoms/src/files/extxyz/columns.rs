//! The atom lines of a frame: what `Properties` announces, read column by column.

use std::borrow::Cow;

use crate::files::element::from_label;
use crate::files::number::{self, next_word};
use crate::files::{Place, Problem};
use crate::{Array, symbol};

/// What a frame holds if it does not say: the columns of plain XYZ.
pub(super) const PLAIN: &str = "species:S:1:pos:R:3";

/// Entries for which room is made in advance, shared by all columns that a header announces: neither it nor the number of
/// atoms can be believed. More is made when the atoms really come.
const ENTRIES_IN_ADVANCE: usize = 1 << 16;

/// One entry of `Properties` with the values read so far.
pub(super) struct Column {
    pub name: String,
    pub count: usize,
    pub data: Data,
}

/// The values of a column, atom by atom.
pub(super) enum Data {
    Species(Vec<u8>),
    Reals(Vec<f64>),
    Integers(Vec<i64>),
    Bools(Vec<bool>),
    Texts(Vec<String>),
}

/// All columns of a frame.
pub(super) struct Columns {
    pub columns: Vec<Column>,
    words_a_line: usize,
    /// Whether further words on a line are an error.
    exact: bool,
    symbols: Symbols,
}

const GOOD_PROPERTIES: &str = "write Properties=name:type:columns:... with type S, I, R or L and at least one column";

impl Columns {
    /// Takes the value of `Properties` apart; without it the columns are those of plain XYZ and more are skipped.
    pub fn new(properties: Option<&str>, n_atoms: usize) -> Result<Self, Problem> {
        let text = properties.unwrap_or(PLAIN);
        let fields: Vec<&str> = text.split(':').collect();
        let mut columns: Vec<Column> = Vec::with_capacity(fields.len() / 3);
        let room = n_atoms.min(ENTRIES_IN_ADVANCE / fields.len().div_ceil(3));
        for triplet in fields.chunks(3) {
            let column = column(triplet, room)
                .ok_or_else(|| Problem::expected("name:type:columns", triplet.join(":").as_bytes(), GOOD_PROPERTIES))?;
            columns.push(column);
        }
        let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Problem::Duplicate { name: format!("Properties {}", pair[0]) });
        }
        let words_a_line = columns.iter().try_fold(0usize, |sum, column| sum.checked_add(column.count));
        let words_a_line =
            words_a_line.ok_or_else(|| Problem::expected("columns", text.as_bytes(), GOOD_PROPERTIES))?;
        Ok(Self { columns, words_a_line, exact: properties.is_some(), symbols: Symbols::default() })
    }

    /// Reads the line of one atom.
    pub fn read_line(&mut self, line: &[u8], place: Place) -> Result<(), crate::files::FileError> {
        let mut at = 0;
        for column in &mut self.columns {
            for _ in 0..column.count {
                let Some((start, word)) = next_word(line, &mut at) else {
                    return Err(wrong_width(self.words_a_line, line, place));
                };
                if !column.data.push(word, &mut self.symbols) {
                    let place = Place { column: Some(start + 1), ..place };
                    return Err(column.refuse(word).at(place));
                }
            }
        }
        if self.exact && next_word(line, &mut at).is_some() {
            return Err(wrong_width(self.words_a_line, line, place));
        }
        Ok(())
    }
}

#[cold]
fn wrong_width(expected: usize, line: &[u8], place: Place) -> crate::files::FileError {
    let found = number::words(line).count();
    let remedy = "check the number of atoms in the frame's first line and the columns in Properties";
    let expected = format!("{expected} words for one atom");
    Problem::expected(expected, format!("{found}: {}", String::from_utf8_lossy(line)).as_bytes(), remedy).at(place)
}

fn column(triplet: &[&str], atoms_in_advance: usize) -> Option<Column> {
    let &[name, kind, count] = triplet else { return None };
    let count = number::count(count.as_bytes()).filter(|&count| count > 0)?;
    let room = atoms_in_advance.saturating_mul(count.min(9));
    let data = match (kind, name) {
        ("S", "species" | "symbols" | "element") if count == 1 => Data::Species(Vec::with_capacity(room)),
        ("S", _) => Data::Texts(Vec::with_capacity(room)),
        ("R", _) => Data::Reals(Vec::with_capacity(room)),
        ("I", _) => Data::Integers(Vec::with_capacity(room)),
        ("L", _) => Data::Bools(Vec::with_capacity(room)),
        _ => return None,
    };
    (!name.is_empty()).then(|| Column { name: name.to_owned(), count, data })
}

impl Column {
    #[cold]
    fn refuse(&self, word: &[u8]) -> Problem {
        let kind = match self.data {
            Data::Species(_) => {
                return Problem::Element {
                    found: crate::files::error::excerpt(word),
                    remedy: "write a symbol such as Si, or X for a place without an atom",
                };
            }
            Data::Reals(_) => "a real number",
            Data::Integers(_) => "a whole number",
            Data::Bools(_) => "T or F",
            Data::Texts(_) => "text in UTF-8",
        };
        Problem::expected(format!("{kind} in column `{}`", self.name), word, "correct the value or the column's type")
    }
}

impl Data {
    /// Adds one word; false if it is not of the column's kind.
    #[inline]
    fn push(&mut self, word: &[u8], symbols: &mut Symbols) -> bool {
        fn put<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
            value.map(|value| values.push(value)).is_some()
        }
        match self {
            Self::Species(values) => put(values, symbols.number(word)),
            Self::Reals(values) => put(values, number::real(word)),
            Self::Integers(values) => put(values, number::integer(word)),
            Self::Bools(values) => put(values, number::logical(word)),
            Self::Texts(values) => put(values, std::str::from_utf8(word).ok().map(str::to_owned)),
        }
    }

    /// The values as they are attached to a structure.
    pub fn into_array(self, columns: usize) -> Array {
        match self {
            Self::Reals(values) => Array::Reals { columns, values },
            Self::Integers(values) => Array::Integers { columns, values },
            Self::Bools(values) => Array::Bools { columns, values },
            Self::Texts(values) => Array::Texts { columns, values },
            Self::Species(values) => {
                let text = |&number: &u8| symbol(number).unwrap_or("X").to_owned();
                Array::Texts { columns, values: values.iter().map(text).collect() }
            }
        }
    }
}

/// Longest word kept in [`Symbols`].
const KEPT_LENGTH: usize = 4;

/// Most words kept in [`Symbols`]: a file of labels `C1`, `C2`, ... must not make the search long.
const KEPT_WORDS: usize = 32;

/// The species seen so far: a file repeats few of them many times.
#[derive(Default)]
struct Symbols {
    seen: Vec<([u8; KEPT_LENGTH], u8)>,
}

impl Symbols {
    fn number(&mut self, word: &[u8]) -> Option<u8> {
        let mut key = [0; KEPT_LENGTH];
        let Some(start) = key.get_mut(..word.len()) else { return species(word) };
        start.copy_from_slice(word);
        if let Some(&(_, number)) = self.seen.iter().find(|(seen, _)| *seen == key) {
            return Some(number);
        }
        let number = species(word)?;
        if self.seen.len() < KEPT_WORDS {
            self.seen.push((key, number));
        }
        Some(number)
    }
}

/// A symbol in any case, a label such as `Cl1`, an atomic number, or `X` for no atom (0).
fn species(word: &[u8]) -> Option<u8> {
    let text: Cow<'_, str> = String::from_utf8_lossy(word);
    if text.eq_ignore_ascii_case("X") {
        return Some(0);
    }
    let number = number::count(word).and_then(|number| u8::try_from(number).ok());
    number.filter(|&number| number <= 118).or_else(|| from_label(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of a megabyte can name a hundred thousand columns, and an atom count is nothing but a claim.
    #[test]
    fn room_is_not_made_for_every_column_that_is_claimed() {
        let properties = (0..100_000).map(|n| format!("c{n}:R:9")).collect::<Vec<_>>().join(":");
        let columns = Columns::new(Some(&properties), usize::MAX).map_err(|problem| problem.to_string()).unwrap();
        let room = |column: &Column| match &column.data {
            Data::Reals(values) => values.capacity(),
            _ => 0,
        };
        assert_eq!(columns.columns.len(), 100_000);
        assert!(columns.columns.iter().map(room).sum::<usize>() <= 9 * ENTRIES_IN_ADVANCE);
    }
}

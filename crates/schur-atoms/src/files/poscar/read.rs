//! Reading POSCAR.

use super::selective::fixed_from_free;
use crate::files::element::from_label;
use crate::files::number::{self, real, words};
use crate::files::{FileError, Place, Problem};
use crate::{Cell, Structure};

/// Room made in advance for atoms that the counts announce; more is made when they really come.
const ATOMS_IN_ADVANCE: usize = 1 << 12;

/// Reads a POSCAR or CONTCAR.
///
/// # Errors
/// [`FileError`] with the line, what was expected there and what was found.
///
/// # Examples
/// ```
/// let text = "silicon\n5.43\n0 .5 .5\n.5 0 .5\n.5 .5 0\nSi\n2\nDirect\n0 0 0\n.25 .25 .25\n";
/// let silicon = schur_atoms::files::poscar::read(text.as_bytes())?;
/// assert_eq!(silicon.positions[1], [1.3575; 3]);
/// # Ok::<(), schur_atoms::files::FileError>(())
/// ```
pub fn read(content: &[u8]) -> Result<Structure, FileError> {
    let mut lines = Lines { rest: content, line: 0 };
    let title = lines.expect("the title")?;
    let scale = scale(lines.expect("the scale factor")?, lines.place())?;
    let mut vectors = [[0.0; 3]; 3];
    for vector in &mut vectors {
        let line = lines.expect("a lattice vector")?;
        *vector = three_reals(line, lines.place(), "three components of a lattice vector")?;
    }
    let factors = scale.factors(&vectors, lines.place())?;
    let stretched = |row: [f64; 3]| std::array::from_fn(|axis| row[axis] * factors[axis]);
    let cell = Cell::new(vectors.map(stretched));
    let numbers = species(&mut lines, title)?;
    let mut mode = lines.expect("`Direct` or `Cartesian`")?;
    let selective = starts_with(mode, b"s");
    if selective {
        mode = lines.expect("`Direct` or `Cartesian`")?;
    }
    let cartesian = coordinate_mode(mode, lines.place())?;
    let mut positions = Vec::with_capacity(numbers.count.min(ATOMS_IN_ADVANCE));
    let mut fixed = selective.then(Vec::new);
    for found in 0..numbers.count {
        let line = lines.next_of(found, numbers.count)?;
        let row = three_reals(line, lines.place(), "three coordinates of an atom")?;
        positions.push(if cartesian { stretched(row) } else { cell.to_cartesian(row) });
        if let Some(fixed) = &mut fixed {
            fixed.push(flags(line, &cell, lines.place())?);
        }
    }
    let velocities = velocities(&mut lines, numbers.count)?;
    let structure = Structure::new(numbers.expanded(), positions, cell, [true; 3]);
    Ok(Structure { velocities, fixed, ..structure })
}

struct Lines<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = match self.rest.iter().position(|&byte| byte == b'\n') {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, &self.rest[self.rest.len()..]),
        };
        self.rest = rest;
        self.line += 1;
        Some(line.trim_ascii_end())
    }

    /// The line read last.
    fn place(&self) -> Place {
        Place::line(self.line)
    }

    fn expect(&mut self, what: &'static str) -> Result<&'a [u8], FileError> {
        let place = Place::line(self.line + 1);
        let remedy = "the file ends too early; is it a POSCAR?";
        self.next().ok_or_else(|| Problem::expected(what, b"the end of the file", remedy).at(place))
    }

    fn next_of(&mut self, found: usize, expected: usize) -> Result<&'a [u8], FileError> {
        let place = self.place();
        self.next().ok_or_else(|| Problem::Truncated { expected, found, unit: "atoms" }.at(place))
    }
}

fn starts_with(line: &[u8], letters: &[u8]) -> bool {
    line.trim_ascii_start().first().is_some_and(|byte| letters.contains(&byte.to_ascii_lowercase()))
}

fn three_reals(line: &[u8], place: Place, expected: &str) -> Result<[f64; 3], FileError> {
    let mut values = words(line).map_while(real);
    match (values.next(), values.next(), values.next()) {
        (Some(x), Some(y), Some(z)) => Ok([x, y, z]),
        _ => {
            let remedy = "check the lines before it: one too many or too few shifts all that follows";
            Err(Problem::expected(expected, line, remedy).at(place))
        }
    }
}

enum Scale {
    Factors([f64; 3]),
    Volume(f64),
}

fn scale(line: &[u8], place: Place) -> Result<Scale, FileError> {
    let values: Vec<f64> = words(line).map_while(real).take(3).collect();
    match values[..] {
        [volume] if volume < 0.0 => Ok(Scale::Volume(-volume)),
        [factor] if factor > 0.0 => Ok(Scale::Factors([factor; 3])),
        [x, y, z] if x > 0.0 && y > 0.0 && z > 0.0 => Ok(Scale::Factors([x, y, z])),
        _ => {
            let expected = "one scale factor (negative: the volume) or three positive ones";
            Err(Problem::expected(expected, line, "write 1.0 to take the lattice vectors as they are").at(place))
        }
    }
}

impl Scale {
    fn factors(&self, vectors: &[[f64; 3]; 3], place: Place) -> Result<[f64; 3], FileError> {
        let volume = match self {
            Self::Factors(factors) => return Ok(*factors),
            Self::Volume(volume) => *volume,
        };
        let cell = Cell::new(*vectors);
        if cell.inverse().is_err() {
            let found = format!("{vectors:?}");
            let expected = "three independent lattice vectors to scale to the volume";
            return Err(Problem::expected(expected, found.as_bytes(), "correct the lattice").at(place));
        }
        Ok([(volume / cell.volume()).cbrt(); 3])
    }
}

/// The elements with their counts, not yet written out: a count may be absurd.
struct Species {
    runs: Vec<(u8, usize)>,
    count: usize,
}

impl Species {
    /// One number an atom; called when all the atoms have been seen.
    fn expanded(&self) -> Vec<u8> {
        self.runs.iter().flat_map(|&(number, count)| std::iter::repeat_n(number, count)).collect()
    }
}

fn without_remark(line: &[u8]) -> &[u8] {
    &line[..line.iter().position(|byte| matches!(byte, b'!' | b'#')).unwrap_or(line.len())]
}

fn species(lines: &mut Lines<'_>, title: &[u8]) -> Result<Species, FileError> {
    let first = lines.expect("the elements or their counts")?;
    let vasp5 = words(first).next().is_some_and(|word| !word[0].is_ascii_digit());
    let (symbols, symbols_place) = if vasp5 { (first, lines.place()) } else { (title, Place::line(1)) };
    let counts_line = if vasp5 { lines.expect("the number of atoms of each element")? } else { first };
    let place = lines.place();
    let not_counts = |found: &[u8]| {
        Problem::expected("one number of atoms for each element", found, "write as many as there are elements")
            .at(place)
    };
    let counts: Vec<usize> = words(without_remark(counts_line))
        .map(|word| number::count(word).ok_or_else(|| not_counts(word)))
        .collect::<Result<_, _>>()?;
    let symbols: Vec<&[u8]> = words(without_remark(symbols)).collect();
    if counts.is_empty() || symbols.len() < counts.len() || (vasp5 && symbols.len() > counts.len()) {
        return Err(not_counts(counts_line));
    }
    let mut runs = Vec::with_capacity(counts.len());
    for (&symbol, &count) in symbols.iter().zip(&counts) {
        let remedy = "write the symbols on the sixth line, before the numbers of atoms";
        let text = String::from_utf8_lossy(symbol);
        // In the free text of a VASP 4 title only exact symbols count.
        let exact = |&number: &u8| vasp5 || crate::symbol(number).is_some_and(|symbol| text.starts_with(symbol));
        let number = from_label(&text).filter(exact);
        let found = || crate::files::error::excerpt(symbol);
        runs.push((number.ok_or_else(|| Problem::Element { found: found(), remedy }.at(symbols_place))?, count));
    }
    let count = counts.iter().try_fold(0usize, |sum, &count| sum.checked_add(count));
    let count = count.filter(|&count| count > 0).ok_or_else(|| not_counts(counts_line))?;
    Ok(Species { runs, count })
}

/// Whether the coordinates are Cartesian: a line beginning with C or K; all else means fractions, but not numbers,
/// which would be the first atom of a file that lacks the line.
fn coordinate_mode(line: &[u8], place: Place) -> Result<bool, FileError> {
    let is_text = line.trim_ascii_start().first().is_some_and(u8::is_ascii_alphabetic);
    if !is_text {
        return Err(
            Problem::expected("`Direct` or `Cartesian`", line, "add this line before the coordinates").at(place)
        );
    }
    Ok(starts_with(line, b"ck"))
}

fn flags(line: &[u8], cell: &Cell, place: Place) -> Result<[bool; 3], FileError> {
    let flag = |word: &[u8]| match word.strip_prefix(b".").unwrap_or(word).first() {
        Some(b'T' | b't') => Some(true),
        Some(b'F' | b'f') => Some(false),
        _ => None,
    };
    let mut flags = words(line).skip(3).map_while(flag);
    let (Some(a), Some(b), Some(c)) = (flags.next(), flags.next(), flags.next()) else {
        let remedy = "`Selective dynamics` asks for three flags behind each position";
        return Err(Problem::expected("three of T and F behind the coordinates", line, remedy).at(place));
    };
    fixed_from_free(cell, [a, b, c]).ok_or_else(|| {
        let what = format!("fixing some directions of an oblique cell ({})", String::from_utf8_lossy(line).trim());
        Problem::Unsupported { what, remedy: "fix or free the whole atom" }.at(place)
    })
}

/// The velocities in Å/fs, if there are any.
fn velocities(lines: &mut Lines<'_>, n_atoms: usize) -> Result<Option<Vec<[f64; 3]>>, FileError> {
    let mut mode = lines.next();
    if mode.is_some_and(|line| starts_with(line, b"l")) {
        // A state, three velocities of the lattice and three vectors of it.
        mode = (0..8).map_while(|_| lines.next()).nth(7);
    }
    let Some(mode) = mode else { return Ok(None) };
    let place = lines.place();
    if words(mode).filter(|word| real(word).is_some()).count() >= 3 {
        let remedy = "correct the numbers of atoms, or put a blank line before the velocities";
        return Err(Problem::expected("a blank line behind the last atom", mode, remedy).at(place));
    }
    let Some(first) = lines.next() else { return Ok(None) };
    if words(first).map_while(real).count() < 3 {
        return Ok(None);
    }
    if !mode.is_empty() && !starts_with(mode, b"ck") {
        let what = format!("a block of velocities that begins with `{}`", crate::files::error::excerpt(mode));
        let remedy = "give Cartesian velocities in Å/fs after a blank line, or delete the block";
        return Err(Problem::Unsupported { what, remedy }.at(place));
    }
    let mut rows = Vec::with_capacity(n_atoms.min(ATOMS_IN_ADVANCE));
    for found in 0..n_atoms {
        let line = if found == 0 { first } else { lines.next_of(found, n_atoms)? };
        rows.push(three_reals(line, lines.place(), "three components of a velocity")?);
    }
    let moving = rows.iter().flatten().any(|&v| v != 0.0);
    Ok(moving.then_some(rows))
}

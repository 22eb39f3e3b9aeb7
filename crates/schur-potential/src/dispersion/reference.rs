//! What D3 knows of the elements: systems in which atoms were computed, their coordination numbers and C6.
//!
//! The data are whole multiples of the last published digit; `data/d3/extract.py` made the files and says how they are
//! laid out.

use super::{DispersionError, MAX_SYSTEMS};

/// Hydrogen to radon, as published in 2010 and 2011.
const REFERENCES: &[u8] = include_bytes!("../../data/d3/references.bin");
/// Francium to lawrencium, in the revision of 2024.
const ACTINIDES: &[u8] = include_bytes!("../../data/d3/actinides.bin");

/// The last published digit of coordination numbers, radial expectation values and C6.
const FOUR_DIGITS: f64 = 1e4;
/// The last published digit of covalent radii.
const TWO_DIGITS: f64 = 1e2;

/// One element.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Element {
    /// Place of its first reference system among all.
    first: usize,
    /// Coordination number of each of its systems.
    pub coordination: Vec<f64>,
    /// Covalent radius in Å.
    pub radius: f64,
    /// Root of half of `sqrt(Z) <r^4>/<r^2>`, in Bohr.
    pub radial: f64,
}

/// All elements, hydrogen first.
#[derive(Debug, Clone)]
pub(super) struct References {
    elements: Vec<Element>,
    /// The lower triangle of C6 in Hartree Bohr^6.
    c6: Vec<f64>,
}

impl References {
    /// Reads the data that the library carries.
    pub fn new() -> Result<Self, DispersionError> {
        let mut references = Self { elements: Vec::new(), c6: Vec::new() };
        references.extend(REFERENCES)?;
        references.extend(ACTINIDES)?;
        Ok(references)
    }

    /// What is known of an atomic number.
    pub fn element(&self, number: u8) -> Option<&Element> {
        self.elements.get(usize::from(number).checked_sub(1)?)
    }

    /// C6 of two elements in two of their systems, Hartree Bohr^6.
    pub fn c6(&self, one: &Element, a: usize, other: &Element, b: usize) -> f64 {
        let (e, f) = (one.first + a, other.first + b);
        let (row, column) = (e.max(f), e.min(f));
        self.c6[row * (row + 1) / 2 + column]
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), DispersionError> {
        let mut words = Words(bytes);
        let [first, last] = [words.next()?, words.next()?];
        if first as usize != self.elements.len() + 1 || last < first || last > u32::from(u8::MAX) {
            return Err(damaged("the elements do not follow each other"));
        }
        let systems_before = self.systems();
        for number in first..=last {
            let element = words.element(f64::from(number), self.systems())?;
            self.elements.push(element);
        }
        for system in systems_before..self.systems() {
            for _ in 0..=system {
                let c6 = words.next()?;
                if c6 == 0 {
                    return Err(damaged("a C6 is zero"));
                }
                self.c6.push(f64::from(c6) / FOUR_DIGITS);
            }
        }
        if words.0.is_empty() { Ok(()) } else { Err(damaged("there is more than the elements need")) }
    }

    fn systems(&self) -> usize {
        self.elements.last().map_or(0, |element| element.first + element.coordination.len())
    }
}

/// What is left of a file.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> Result<u32, DispersionError> {
        let (word, rest) = self.0.split_first_chunk().ok_or_else(|| damaged("it ends too early"))?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*word))
    }

    fn element(&mut self, number: f64, first: usize) -> Result<Element, DispersionError> {
        let systems = self.next()? as usize;
        if !(1..=MAX_SYSTEMS).contains(&systems) {
            return Err(damaged("an element has no or too many reference systems"));
        }
        let radius = f64::from(self.next()?) / TWO_DIGITS;
        let ratio = f64::from(self.next()?) / FOUR_DIGITS;
        let radial = (0.5 * ratio * number.sqrt()).sqrt();
        let coordination = (0..systems).map(|_| Ok(f64::from(self.next()?) / FOUR_DIGITS));
        Ok(Element { first, coordination: coordination.collect::<Result<_, DispersionError>>()?, radius, radial })
    }
}

fn damaged(what: &'static str) -> DispersionError {
    DispersionError::References { what }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values as printed in the tables of the papers and packages.
    #[test]
    fn published_values_are_there_to_the_digit() {
        let references = References::new().unwrap();
        let of = |number| references.element(number).unwrap();
        let (hydrogen, carbon, gold, uranium) = (of(1), of(6), of(79), of(92));
        assert_eq!(hydrogen.coordination, [0.9118, 0.0]);
        assert_eq!(carbon.coordination, [0.0, 0.9868, 1.9985, 2.9987, 3.9844]);
        assert_eq!(uranium.coordination, [0.0, 0.9766, 2.8888, 3.9129, 4.1181, 5.9187]);
        assert_eq!(references.c6(hydrogen, 0, hydrogen, 0), 3.0267);
        assert_eq!(references.c6(carbon, 0, carbon, 0), 49.113);
        assert_eq!(references.c6(carbon, 4, carbon, 4), 18.2067);
        assert_eq!(references.c6(gold, 1, gold, 1), 317.1561);
        assert_eq!(references.c6(uranium, 5, uranium, 5), 734.6795);
        assert_eq!(references.c6(uranium, 2, carbon, 3), references.c6(carbon, 3, uranium, 2));
        assert_eq!((carbon.radius, of(103).radius), (0.75, 1.45));
        assert!((carbon.radial - 3.104_928_22).abs() < 1e-8, "{}", carbon.radial);
        assert!(references.element(0).is_none() && references.element(104).is_none());
        assert_eq!(references.c6.len(), 338 * 339 / 2);
    }

    #[test]
    fn damaged_files_are_refused() {
        let empty = || References { elements: Vec::new(), c6: Vec::new() };
        for length in [0, 4, 11, 400, REFERENCES.len() - 1] {
            assert!(empty().extend(&REFERENCES[..length]).is_err(), "{length}");
        }
        assert!(empty().extend(&[REFERENCES, &[0; 4]].concat()).is_err());
        assert!(empty().extend(ACTINIDES).is_err());
        assert!(empty().extend(&[0; 64]).is_err());
    }
}

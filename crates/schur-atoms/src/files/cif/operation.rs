//! Symmetry operations in fractional coordinates.

use std::fmt;

use crate::Cell;
use crate::files::number;

/// A symmetry operation: a fractional column `f` goes to `rotation · f + translation`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Operation {
    pub rotation: [[i32; 3]; 3],
    pub translation: [f64; 3],
}

/// Share of a metric coefficient that an operation may change: lattice constants are measured, often separately.
const METRIC_TOLERANCE: f64 = 0.02;

/// A translation closer than this to a lattice vector counts as one, for "is this the identity".
const SAME_TRANSLATION: f64 = 1e-6;

impl Operation {
    pub const IDENTITY: Self = Self { rotation: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], translation: [0.0; 3] };

    /// Reads `-x+1/2, y, 0.5-z`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut operation = Self { rotation: [[0; 3]; 3], translation: [0.0; 3] };
        let mut components = text.split(',');
        for row in 0..3 {
            parse_component(components.next()?, &mut operation.rotation[row], &mut operation.translation[row])?;
        }
        components.next().is_none().then_some(operation)
    }

    pub fn apply(&self, point: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|i| {
            let row = self.rotation[i];
            (0..3).map(|j| f64::from(row[j]) * point[j]).sum::<f64>() + self.translation[i]
        })
    }

    /// Whether it moves nothing, up to a lattice vector.
    pub fn is_identity(&self) -> bool {
        let whole = |t: &f64| (t - t.round()).abs() < SAME_TRANSLATION;
        self.rotation == Self::IDENTITY.rotation && self.translation.iter().all(whole)
    }

    /// Whether it maps the lattice onto itself: Wᵀ·G·W = G with the metric G.
    pub fn preserves(&self, cell: &Cell) -> bool {
        let vectors = cell.vectors();
        let dot = |a: [f64; 3], b: [f64; 3]| (0..3).map(|k| a[k] * b[k]).sum::<f64>();
        // The images of the lattice vectors are the columns of W.
        let image = |j: usize| cell.to_cartesian(std::array::from_fn(|i| f64::from(self.rotation[i][j])));
        let images: [[f64; 3]; 3] = std::array::from_fn(image);
        (0..3).all(|i| {
            (0..3).all(|j| {
                let size = (dot(vectors[i], vectors[i]) * dot(vectors[j], vectors[j])).sqrt();
                (dot(images[i], images[j]) - dot(vectors[i], vectors[j])).abs() <= METRIC_TOLERANCE * size
            })
        })
    }
}

/// One component: a sum of axes and fractions such as `1/2-x+y`.
fn parse_component(text: &str, rotation: &mut [i32; 3], translation: &mut f64) -> Option<()> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (negative, term) = match rest.as_bytes()[0] {
            b'-' => (true, &rest[1..]),
            b'+' => (false, &rest[1..]),
            _ => (false, rest),
        };
        let end = term.find(['+', '-']).unwrap_or(term.len());
        rest = &term[end..];
        let term = &term[..end];
        let sign = if negative { -1 } else { 1 };
        match term {
            "x" | "y" | "z" => rotation[usize::from(term.as_bytes()[0] - b'x')] += sign,
            _ => *translation += f64::from(sign) * fraction(term)?,
        }
    }
    (!text.is_empty()).then_some(())
}

fn fraction(text: &str) -> Option<f64> {
    let decimal = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        digits.then(|| number::real(text.as_bytes()))?
    };
    match text.split_once('/') {
        Some((numerator, denominator)) => Some(decimal(numerator)? / decimal(denominator).filter(|&d| d != 0.0)?),
        None => decimal(text),
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (row, translation) in self.rotation.iter().zip(self.translation) {
            for (factor, axis) in row.iter().zip(["x", "y", "z"]).filter(|(factor, _)| **factor != 0) {
                write!(f, "{}{axis}", if *factor < 0 { "-" } else { "+" })?;
            }
            write!(f, "{}", if translation == 0.0 { String::new() } else { format!("{translation:+.4}") })?;
            f.write_str(", ")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let third = Operation { rotation: [[0, -1, 0], [1, -1, 0], [0, 0, 1]], translation: [0.0, 0.0, 2.0 / 3.0] };
        for text in ["-y,x-y,z+2/3", " -Y , -y+X, 2/3 + Z", "0-y,x-y+0/1,z+2./3."] {
            assert_eq!(Operation::parse(text), Some(third), "{text}");
        }
        for text in ["", "x,y", "x,y,z,t", "x,,z", "x,y,z+1/0", "x,y,w", "x,y,1e5+z", "x,y,z+nan", "x,y,z,+1"] {
            assert_eq!(Operation::parse(text), None, "{text}");
        }
        assert_eq!(third.apply([0.25, 0.5, 0.0]), [-0.5, -0.25, 2.0 / 3.0]);
    }

    #[test]
    fn a_threefold_axis_needs_a_hexagonal_cell() {
        let threefold = Operation::parse("-y,x-y,z").unwrap();
        assert!(threefold.preserves(&Cell::from_parameters([4.9, 4.9, 5.4], [90.0, 90.0, 120.0])));
        assert!(!threefold.preserves(&Cell::from_parameters([4.9, 4.9, 5.4], [90.0, 90.0, 90.0])));
        assert!(!threefold.preserves(&Cell::from_parameters([4.9, 5.2, 5.4], [90.0, 90.0, 120.0])));
    }
}

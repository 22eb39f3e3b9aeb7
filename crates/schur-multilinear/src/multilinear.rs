//! The representation: operands made of segments, joined by paths of coefficients.
//!
//! | module | content |
//! |---|---|
//! | [`operand`] | where the numbers of an operand lie |
//! | [`modes`] | which channels run together |
//! | [`connection`] | products and linear layers by the names of e3nn |
//! | [`evaluate`] | the definition as a program: the oracle for every kernel |
//! | [`reorder`] | transposes and other orders of the operands |
//! | [`symmetrise`] | arguments that are given the same numbers |
//! | [`substitute`] | a map in the place of an argument |
//! | [`consolidate`], [`reshape`], [`flatten`] | other forms of the same map |

mod connection;
mod consolidate;
mod error;
mod evaluate;
mod flatten;
mod modes;
mod operand;
mod reorder;
mod reshape;
mod substitute;
mod symmetrise;

pub use connection::Connection;
pub use error::MultilinearError;
pub use modes::{Modes, ModesError};
pub use operand::{Operand, Segment};

use crate::json::MultilinearRecord;

/// One term: a segment of every operand and the coefficients that join their components.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Index of a segment in each operand, the result last.
    pub segments: Vec<usize>,
    /// Row-major, one axis an operand in the same order, each as long as its segment's `dim`.
    pub coefficients: Vec<f64>,
}

/// A sum over paths of products of its arguments, linear in each.
///
/// $$ z_{c \gamma} = \sum_{ab\dots} C_{ab\dots c} \sum x_{a \alpha}\, y_{b \beta} \cdots $$
///
/// with $\alpha, \beta, \gamma$ the channel indices of the operands. [`Modes`] say which of them are the same: all of
/// them (`"u,u,u"`, the default), none (`"u,v,uv"`), or as many as wanted. The inner sum runs over the channels that
/// the result does not have. Different paths may have channels of different extents.
///
/// An extent of one stands for a letter that is not there: a segment of one channel serves all channels of the others,
/// and if it belongs to the result it collects their sum.
///
/// # Examples
/// The dot product of two vectors with four channels each:
/// ```
/// use schur_multilinear::{Multilinear, Operand, Path};
/// let vector = Operand::new([(3, 4)]);
/// let dot = Multilinear::new(
///     vec![vector.clone(), vector, Operand::new([(1, 4)])],
///     vec![Path { segments: vec![0, 0, 0], coefficients: vec![1., 0., 0., 0., 1., 0., 0., 0., 1.] }],
/// )?;
/// assert_eq!(dot.evaluate(&[&[1.0; 12], &[2.0; 12]])?, [6.0; 4]);
/// # Ok::<(), schur_multilinear::MultilinearError>(())
/// ```
///
/// A matrix of weights times two channels:
/// ```
/// use schur_multilinear::{Multilinear, Operand, Path};
/// let matrix = Operand::with_extents([(1, vec![2, 3])]);
/// let linear = Multilinear::with_modes(
///     "uv,u,v".parse()?,
///     vec![matrix, Operand::new([(1, 2)]), Operand::new([(1, 3)])],
///     vec![Path { segments: vec![0, 0, 0], coefficients: vec![1.0] }],
/// )?;
/// assert_eq!(linear.evaluate(&[&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 10.0]])?, [41.0, 52.0, 63.0]);
/// # Ok::<(), schur_multilinear::MultilinearError>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "MultilinearRecord", into = "MultilinearRecord")]
pub struct Multilinear {
    modes: Modes,
    operands: Vec<Operand>,
    paths: Vec<Path>,
}

impl Multilinear {
    /// Makes a map whose operands share their channels, and checks that its parts fit.
    ///
    /// # Errors
    /// [`MultilinearError`] naming the path at fault.
    pub fn new(operands: Vec<Operand>, paths: Vec<Path>) -> Result<Self, MultilinearError> {
        Self::with_modes(Modes::shared(operands.len()), operands, paths)
    }

    /// Makes a map with the given channel modes, and checks that its parts fit.
    ///
    /// # Errors
    /// [`MultilinearError`] naming the operand or path at fault.
    pub fn with_modes(modes: Modes, operands: Vec<Operand>, paths: Vec<Path>) -> Result<Self, MultilinearError> {
        if operands.len() < 2 {
            return Err(MultilinearError::TooFewOperands { found: operands.len() });
        }
        if operands.len() != modes.len() {
            let (expected, found) = (modes.len(), operands.len());
            return Err(MultilinearError::OperandCount { modes: modes.to_string(), expected, found });
        }
        for (index, operand) in operands.iter().enumerate() {
            check_operand(index, operand, modes.operand(index))?;
        }
        let map = Self { modes, operands, paths };
        for index in 0..map.paths.len() {
            map.check_path(index)?;
        }
        Ok(map)
    }

    fn check_path(&self, index: usize) -> Result<(), MultilinearError> {
        let path = &self.paths[index];
        if path.segments.len() != self.operands.len() {
            let (expected, found) = (self.operands.len(), path.segments.len());
            return Err(MultilinearError::PathLength { path: index, expected, found });
        }
        for (operand, &segment) in path.segments.iter().enumerate() {
            let available = self.operands[operand].segments().len();
            if segment >= available {
                return Err(MultilinearError::NoSuchSegment { path: index, operand, segment, available });
            }
        }
        let dims = self.dims(path);
        let found = path.coefficients.len();
        if Some(found) != dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim)) {
            return Err(MultilinearError::Coefficients { path: index, dims, found });
        }
        if let Some(place) = path.coefficients.iter().position(|c| !c.is_finite()) {
            return Err(MultilinearError::NotFinite { path: index, index: place });
        }
        for mode in self.modes.letters() {
            let extents = self.extents_of(path, mode);
            let mut wide = extents.iter().filter(|&&extent| extent != 1);
            let first = wide.next();
            if wide.any(|extent| Some(extent) != first) {
                return Err(MultilinearError::Channels { path: index, mode, channels: extents });
            }
        }
        Ok(())
    }

    /// The channel modes.
    pub fn modes(&self) -> &Modes {
        &self.modes
    }

    /// Whether every operand has one channel mode and all share it.
    pub fn has_shared_channels(&self) -> bool {
        self.modes.canonical() == Modes::shared(self.operands.len())
    }

    /// The operands, the result last.
    pub fn operands(&self) -> &[Operand] {
        &self.operands
    }

    /// The number of arguments: operands without the result.
    pub fn arguments(&self) -> usize {
        self.operands.len() - 1
    }

    /// The paths.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The segments that a path joins, one of each operand.
    pub fn segments(&self, path: &Path) -> Vec<Segment> {
        path.segments.iter().zip(&self.operands).map(|(&s, operand)| operand.segments()[s]).collect()
    }

    fn dims(&self, path: &Path) -> Vec<usize> {
        self.segments(path).iter().map(|s| s.dim).collect()
    }

    /// The extents of one letter in the segments of a path, for the operands that have this letter.
    fn extents_of(&self, path: &Path, letter: char) -> Vec<usize> {
        let extent = |(operand, &segment): (usize, &usize)| {
            self.modes.position(operand, letter).map(|at| self.operands[operand].extents(segment)[at])
        };
        path.segments.iter().enumerate().filter_map(extent).collect()
    }

    /// How many channels a path has in one mode: the extent that is not one, if there is such.
    pub fn extent(&self, path: &Path, letter: char) -> usize {
        self.extents_of(path, letter).into_iter().find(|&extent| extent != 1).unwrap_or(1)
    }

    /// Products summed: non-zero coefficients, each counted once for every channel of its path.
    ///
    /// The largest `usize` where there are more.
    pub fn terms(&self) -> usize {
        let letters = self.modes.letters();
        let terms = |path: &Path| {
            let coefficients = path.coefficients.iter().filter(|c| **c != 0.0).count();
            letters.iter().fold(coefficients, |terms, &letter| terms.saturating_mul(self.extent(path, letter)))
        };
        self.paths.iter().map(terms).fold(0, usize::saturating_add)
    }
}

fn check_operand(index: usize, operand: &Operand, letters: &[char]) -> Result<(), MultilinearError> {
    if let Some(segment) = operand.shapes().position(|(_, extents)| extents.len() != letters.len()) {
        let (modes, found) = (letters.iter().collect(), operand.extents(segment).len());
        return Err(MultilinearError::Extents { operand: index, segment, modes, found });
    }
    if operand.checked_len().is_none() {
        return Err(MultilinearError::TooLarge { operand: index });
    }
    Ok(())
}

/// The place in each dimension of entry `flat` of a row-major block.
fn unravel(mut flat: usize, dims: &[usize]) -> Vec<usize> {
    let mut index = vec![0; dims.len()];
    for axis in (0..dims.len()).rev() {
        index[axis] = flat % dims[axis];
        flat /= dims[axis];
    }
    index
}

/// The entry of a row-major block at a place; undoes [`unravel`].
fn ravel(index: &[usize], dims: &[usize]) -> usize {
    index.iter().zip(dims).fold(0, |flat, (&i, &dim)| flat * dim + i)
}

#[cfg(test)]
mod tests;

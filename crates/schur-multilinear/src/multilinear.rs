//! The representation: operands made of segments, joined by paths of coefficients.

/// A part of an operand that transforms as one: `dim` components for each of `channels` channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Components: `2l + 1` for an irrep of degree `l`.
    pub dim: usize,
    /// Independent copies.
    pub channels: usize,
}

/// One argument of a map, or its result: segments one after the other, each `[component][channel]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operand {
    /// The segments in memory order.
    pub segments: Vec<Segment>,
}

impl Operand {
    /// Makes an operand from `(dim, channels)` pairs.
    pub fn new(segments: impl IntoIterator<Item = (usize, usize)>) -> Self {
        Self { segments: segments.into_iter().map(|(dim, channels)| Segment { dim, channels }).collect() }
    }

    /// Numbers in the operand.
    pub fn len(&self) -> usize {
        self.segments.iter().map(|s| s.dim * s.channels).sum()
    }

    /// As [`Operand::len`], or none where the sum overflows.
    fn checked_len(&self) -> Option<usize> {
        let len = |s: &Segment| s.dim.checked_mul(s.channels);
        self.segments.iter().try_fold(0usize, |sum, segment| sum.checked_add(len(segment)?))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where each segment begins.
    pub fn offsets(&self) -> Vec<usize> {
        let starts = self.segments.iter().scan(0, |next, s| {
            let start = *next;
            *next += s.dim * s.channels;
            Some(start)
        });
        starts.collect()
    }
}

/// One term: a segment of every operand and the coefficients that join their components.
///
/// Channels are shared: channel `u` of the result comes from channel `u` of every argument; a segment of one channel
/// serves all of them (`uuu` and `uvu` with `v = 1` in e3nn's words).
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Index of a segment in each operand, the result last.
    pub segments: Vec<usize>,
    /// Row-major, one axis an operand in the same order, each as long as its segment's `dim`.
    pub coefficients: Vec<f64>,
}

/// A sum over paths of products of its arguments, linear in each.
///
/// $$ z_{c u} = \sum_{ab\dots} C_{ab\dots c}\, x_{a u}\, y_{b u} \cdots $$
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
#[derive(Debug, Clone, PartialEq)]
pub struct Multilinear {
    operands: Vec<Operand>,
    paths: Vec<Path>,
}

/// A map whose parts do not fit together, or arguments that do not fit the map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MultilinearError {
    /// A map needs at least one argument and a result.
    #[error("a multilinear map needs at least two operands, the result last; found {found}")]
    TooFewOperands {
        /// Operands found.
        found: usize,
    },
    /// An operand has more numbers than memory has places.
    #[error("operand {operand} has more numbers than fit into memory")]
    TooLarge {
        /// Which operand.
        operand: usize,
    },
    /// A path does not name one segment of every operand.
    #[error("path {path} names {found} segments for {expected} operands")]
    PathLength {
        /// Which path.
        path: usize,
        /// Operands.
        expected: usize,
        /// Segments named.
        found: usize,
    },
    /// A path names a segment that is not there.
    #[error("path {path} names segment {segment} of operand {operand}, which has {available}")]
    NoSuchSegment {
        /// Which path.
        path: usize,
        /// Which operand.
        operand: usize,
        /// The segment named.
        segment: usize,
        /// Segments there are.
        available: usize,
    },
    /// The coefficients do not fill the product of the segments' dimensions.
    #[error("path {path} has {found} coefficients; its segments have dimensions {dims:?}")]
    Coefficients {
        /// Which path.
        path: usize,
        /// Dimension of each segment.
        dims: Vec<usize>,
        /// Coefficients found.
        found: usize,
    },
    /// Channels are neither equal nor one.
    #[error("path {path} joins segments of {channels:?} channels: they must be equal, or one")]
    Channels {
        /// Which path.
        path: usize,
        /// Channels of each segment.
        channels: Vec<usize>,
    },
    /// An argument has the wrong length.
    #[error("argument {operand} has {found} numbers, not {expected}")]
    Argument {
        /// Which operand.
        operand: usize,
        /// Numbers expected.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
}

impl Multilinear {
    /// Makes a map and checks that its parts fit.
    ///
    /// # Errors
    /// [`MultilinearError`] naming the path at fault.
    pub fn new(operands: Vec<Operand>, paths: Vec<Path>) -> Result<Self, MultilinearError> {
        if operands.len() < 2 {
            return Err(MultilinearError::TooFewOperands { found: operands.len() });
        }
        if let Some(operand) = operands.iter().position(|operand| operand.checked_len().is_none()) {
            return Err(MultilinearError::TooLarge { operand });
        }
        let map = Self { operands, paths };
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
            let available = self.operands[operand].segments.len();
            if segment >= available {
                return Err(MultilinearError::NoSuchSegment { path: index, operand, segment, available });
            }
        }
        let segments = self.segments(path);
        let dims: Vec<usize> = segments.iter().map(|s| s.dim).collect();
        let found = path.coefficients.len();
        if Some(found) != dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim)) {
            return Err(MultilinearError::Coefficients { path: index, dims, found });
        }
        let channels: Vec<usize> = segments.iter().map(|s| s.channels).collect();
        let widest = channels.iter().copied().max().unwrap_or(0);
        if channels.iter().any(|&c| c != 1 && c != widest) {
            return Err(MultilinearError::Channels { path: index, channels });
        }
        Ok(())
    }

    /// The operands, the result last.
    pub fn operands(&self) -> &[Operand] {
        &self.operands
    }

    /// The paths.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The segments that a path joins, one of each operand.
    pub fn segments(&self, path: &Path) -> Vec<Segment> {
        path.segments.iter().zip(&self.operands).map(|(&s, operand)| operand.segments[s]).collect()
    }

    /// The map with operand `operand` and the result exchanged: the reverse pass with respect to that argument.
    ///
    /// The transposed map takes the old result's cotangent in the place of the argument and gives the argument's.
    ///
    /// # Panics
    /// If there is no such argument.
    ///
    /// # Cost
    /// Copies the coefficients once.
    pub fn transpose(&self, operand: usize) -> Self {
        let last = self.operands.len() - 1;
        assert!(operand < last, "operand {operand} is not one of the {last} arguments");
        let mut operands = self.operands.clone();
        operands.swap(operand, last);
        let paths = self.paths.iter().map(|path| self.transpose_path(path, operand)).collect();
        Self { operands, paths }
    }

    fn transpose_path(&self, path: &Path, operand: usize) -> Path {
        let last = self.operands.len() - 1;
        let dims: Vec<usize> = self.segments(path).iter().map(|s| s.dim).collect();
        let mut new_dims = dims.clone();
        new_dims.swap(operand, last);
        let mut segments = path.segments.clone();
        segments.swap(operand, last);
        let mut coefficients = vec![0.0; path.coefficients.len()];
        for (flat, &value) in path.coefficients.iter().enumerate() {
            let mut index = unravel(flat, &dims);
            index.swap(operand, last);
            coefficients[ravel(&index, &new_dims)] = value;
        }
        Path { segments, coefficients }
    }

    /// Evaluates the map term by term: the definition, and the oracle for every kernel.
    ///
    /// # Errors
    /// [`MultilinearError::Argument`] if an argument's length does not fit.
    ///
    /// # Cost
    /// One multiply-add for each non-zero coefficient, channel and argument; allocates the result.
    pub fn evaluate(&self, arguments: &[&[f64]]) -> Result<Vec<f64>, MultilinearError> {
        let last = self.operands.len() - 1;
        for operand in 0..last {
            let expected = self.operands[operand].len();
            let found = arguments.get(operand).map_or(0, |a| a.len());
            if found != expected {
                return Err(MultilinearError::Argument { operand, expected, found });
            }
        }
        let offsets: Vec<Vec<usize>> = self.operands.iter().map(Operand::offsets).collect();
        let mut result = vec![0.0; self.operands[last].len()];
        for path in &self.paths {
            let segments = self.segments(path);
            let dims: Vec<usize> = segments.iter().map(|s| s.dim).collect();
            let channels = segments.iter().map(|s| s.channels).max().unwrap_or(0);
            let place = |operand: usize, index: &[usize], u: usize| {
                let segment = segments[operand];
                let channel = if segment.channels == 1 { 0 } else { u };
                offsets[operand][path.segments[operand]] + index[operand] * segment.channels + channel
            };
            for (flat, &coefficient) in path.coefficients.iter().enumerate().filter(|(_, c)| **c != 0.0) {
                let index = unravel(flat, &dims);
                for u in 0..channels {
                    let product: f64 = (0..last).map(|o| arguments[o][place(o, &index, u)]).product();
                    result[place(last, &index, u)] += coefficient * product;
                }
            }
        }
        Ok(result)
    }

    /// Non-zero coefficients, counted once for each channel.
    pub fn terms(&self) -> usize {
        let terms = |path: &Path| {
            let channels = self.segments(path).iter().map(|s| s.channels).max().unwrap_or(0);
            channels * path.coefficients.iter().filter(|c| **c != 0.0).count()
        };
        self.paths.iter().map(terms).sum()
    }
}

fn unravel(mut flat: usize, dims: &[usize]) -> Vec<usize> {
    let mut index = vec![0; dims.len()];
    for axis in (0..dims.len()).rev() {
        index[axis] = flat % dims[axis];
        flat /= dims[axis];
    }
    index
}

fn ravel(index: &[usize], dims: &[usize]) -> usize {
    index.iter().zip(dims).fold(0, |flat, (&i, &dim)| flat * dim + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cross_product() -> Multilinear {
        let mut coefficients = vec![0.0; 27];
        for (a, b, c) in [(0, 1, 2), (1, 2, 0), (2, 0, 1)] {
            coefficients[ravel(&[a, b, c], &[3, 3, 3])] = 1.0;
            coefficients[ravel(&[b, a, c], &[3, 3, 3])] = -1.0;
        }
        let operands = vec![Operand::new([(3, 2)]), Operand::new([(3, 1)]), Operand::new([(3, 2)])];
        Multilinear::new(operands, vec![Path { segments: vec![0; 3], coefficients }]).unwrap()
    }

    #[test]
    fn transposes_are_adjoint() {
        let map = cross_product();
        let x = [1.0, 5.0, 2.0, -1.0, 3.0, 0.5];
        let y = [0.3, -0.7, 1.1];
        let g = [2.0, 1.0, -4.0, 0.25, 0.5, 3.0];
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(p, q)| p * q).sum::<f64>();
        let forward = dot(&map.evaluate(&[&x, &y]).unwrap(), &g);
        let by_x = dot(&map.transpose(0).evaluate(&[&g, &y]).unwrap(), &x);
        let by_y = dot(&map.transpose(1).evaluate(&[&x, &g]).unwrap(), &y);
        assert!((forward - by_x).abs() < 1e-14 && (forward - by_y).abs() < 1e-14);
        assert_eq!(map.transpose(0).transpose(0), map);
    }

    #[test]
    fn parts_that_do_not_fit_are_named() {
        let operands = vec![Operand::new([(3, 2)]), Operand::new([(3, 3)])];
        let path = Path { segments: vec![0, 0], coefficients: vec![0.0; 9] };
        let error = Multilinear::new(operands.clone(), vec![path.clone()]).unwrap_err();
        assert_eq!(error, MultilinearError::Channels { path: 0, channels: vec![2, 3] });
        let error = Multilinear::new(operands, vec![Path { segments: vec![0, 1], ..path }]).unwrap_err();
        assert!(error.to_string().contains("segment 1 of operand 1"));
        let error = cross_product().evaluate(&[&[0.0; 6], &[0.0; 2]]).unwrap_err();
        assert_eq!(error, MultilinearError::Argument { operand: 1, expected: 3, found: 2 });
    }

    /// Wrapped round, these operands would be empty and the path without coefficients.
    #[test]
    fn sizes_that_overflow_are_refused() {
        let half = 1 << (usize::BITS - 1);
        let error = Multilinear::new(vec![Operand::new([(1, 1)]), Operand::new([(half, 2)])], vec![]).unwrap_err();
        assert_eq!(error, MultilinearError::TooLarge { operand: 1 });
        let operands = vec![Operand::new([(half, 1)]), Operand::new([(2, 1)])];
        let path = Path { segments: vec![0, 0], coefficients: vec![] };
        let error = Multilinear::new(operands, vec![path]).unwrap_err();
        assert_eq!(error, MultilinearError::Coefficients { path: 0, dims: vec![half, 2], found: 0 });
    }
}

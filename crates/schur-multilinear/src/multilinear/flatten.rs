//! Components and channels turned into segments of their own, for kernels that take one extent for all.

use super::{Modes, Multilinear, MultilinearError, Operand, Path, unravel};

/// More segments than this in one operand are a mistake, not a map: their table alone would fill the memory.
const MAX_SEGMENTS: usize = 1 << 24;

impl Multilinear {
    /// The same map with a segment for each component, and a path with one coefficient for each non-zero.
    ///
    /// # Errors
    /// [`MultilinearError::TooManySegments`] if an operand has more than $2^{24}$ components.
    pub fn flatten_components(&self) -> Result<Self, MultilinearError> {
        let parts = |(dim, extents): (usize, &[usize])| (dim, (1, extents.to_vec()));
        let (operands, starts) = self.cut(|_, shape| Ok(parts(shape)))?;
        let mut paths = Vec::new();
        for path in &self.paths {
            let dims = self.dims(path);
            for (flat, &coefficient) in path.coefficients.iter().enumerate().filter(|(_, c)| **c != 0.0) {
                let index = unravel(flat, &dims);
                let segment = |operand: usize| starts[operand][path.segments[operand]] + index[operand];
                let segments = (0..index.len()).map(segment).collect();
                paths.push(Path { segments, coefficients: vec![coefficient] });
            }
        }
        Ok(Self { modes: self.modes.clone(), operands, paths })
    }

    /// The same map with a segment for each channel of one mode, and a path for each of its indices.
    ///
    /// # Errors
    /// [`MultilinearError::NotContiguous`] if the channels of an index do not lie together in memory: the mode has to be
    /// an operand's first, and a segment with more than one component has to go through
    /// [`Multilinear::flatten_components`] before; [`MultilinearError::TooManySegments`] if an operand gets more than
    /// $2^{24}$; [`MultilinearError::NoSuchMode`] for a letter that is not there.
    pub fn unroll_mode(&self, letter: char) -> Result<Self, MultilinearError> {
        self.check_mode(letter)?;
        let (operands, starts) = self.cut(|operand, (dim, extents)| match self.modes.position(operand, letter) {
            None => Ok((1, (dim, extents.to_vec()))),
            Some(0) if dim == 1 || extents[0] == 1 => Ok((extents[0], (dim, extents[1..].to_vec()))),
            Some(_) => Err(MultilinearError::NotContiguous { operand, letter }),
        })?;
        let mut paths = Vec::new();
        for path in &self.paths {
            for channel in 0..self.extent(path, letter) {
                let segment = |(operand, &segment): (usize, &usize)| {
                    let wide = self.modes.position(operand, letter) == Some(0)
                        && self.operands[operand].extents(segment)[0] != 1;
                    starts[operand][segment] + if wide { channel } else { 0 }
                };
                let segments = path.segments.iter().enumerate().map(segment).collect();
                paths.push(Path { segments, coefficients: path.coefficients.clone() });
            }
        }
        let rest = |letters: &[char]| letters.iter().copied().filter(|&l| l != letter).collect();
        Ok(Self { modes: Modes::from_letters(self.modes.iter().map(rest).collect()), operands, paths })
    }

    /// The same map with one coefficient a path and one extent for all channels of a mode, the largest possible.
    ///
    /// Kernels with channels in lanes run this form: mixed multiplicities such as 128, 64 and 32 become more paths of 32.
    ///
    /// # Errors
    /// As [`Multilinear::unroll_mode`]; [`MultilinearError::TooManyModes`] if all 26 letters are taken.
    pub fn uniform(&self, letter: char) -> Result<Self, MultilinearError> {
        self.check_mode(letter)?;
        let outer = self.modes.free_letter().ok_or(MultilinearError::TooManyModes)?;
        self.split_mode(letter, outer, self.common_extent(letter))?.flatten_components()?.unroll_mode(outer)
    }

    /// Cuts each segment into equal parts; gives the operands and the first part of each old segment.
    fn cut(
        &self,
        parts: impl Fn(usize, (usize, &[usize])) -> Result<(usize, (usize, Vec<usize>)), MultilinearError>,
    ) -> Result<(Vec<Operand>, Vec<Vec<usize>>), MultilinearError> {
        let mut operands = Vec::with_capacity(self.operands.len());
        let mut starts = Vec::with_capacity(self.operands.len());
        for (index, operand) in self.operands.iter().enumerate() {
            let mut segments = Vec::new();
            let mut first = Vec::with_capacity(operand.segments().len());
            for shape in operand.shapes() {
                let (count, part) = parts(index, shape)?;
                first.push(segments.len());
                if count > MAX_SEGMENTS - segments.len() {
                    return Err(MultilinearError::TooManySegments { operand: index, most: MAX_SEGMENTS });
                }
                segments.resize(segments.len() + count, part);
            }
            operands.push(Operand::with_extents(segments));
            starts.push(first);
        }
        Ok((operands, starts))
    }
}

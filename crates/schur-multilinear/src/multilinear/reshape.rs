//! Channel modes split, merged and dropped: other names for the same numbers in the same memory.

use super::{Modes, Multilinear, MultilinearError, Operand};

impl Multilinear {
    /// The largest extent that divides a mode everywhere: 32 for channels of 128, 64, 32 and 1.
    ///
    /// Extents of one stand for a letter that is not there, and do not count; one if there are no others.
    pub fn common_extent(&self, letter: char) -> usize {
        let extents = self.operands.iter().enumerate().filter_map(|(index, operand)| {
            let at = self.modes.position(index, letter)?;
            Some(operand.shapes().map(move |(_, extents)| extents[at]).filter(|&extent| extent != 1))
        });
        match extents.flatten().fold(0, greatest_common_divisor) {
            0 => 1,
            common => common,
        }
    }

    /// Splits a mode in two: `u` becomes `outer` times `u`, the latter of extent `inner` wherever it was not one.
    ///
    /// # Errors
    /// [`MultilinearError::Indivisible`] if `inner` does not divide an extent; [`MultilinearError::NoSuchMode`] and
    /// [`MultilinearError::ModeTaken`] for letters that cannot be used so.
    pub fn split_mode(&self, letter: char, outer: char, inner: usize) -> Result<Self, MultilinearError> {
        let letters = self.modes.letters();
        self.check_mode(letter)?;
        if letters.contains(&outer) || !outer.is_ascii_lowercase() {
            return Err(MultilinearError::ModeTaken { letter: outer, modes: self.modes.to_string() });
        }
        self.reshape(|operand, modes, shape| {
            let Some(at) = modes.iter().position(|&l| l == letter) else { return Ok(()) };
            modes.insert(at, outer);
            for (segment, extents) in shape.iter_mut().enumerate() {
                let extent = extents[at];
                let parts = match extent {
                    1 => [1, 1],
                    _ if inner != 0 && extent.is_multiple_of(inner) => [extent / inner, inner],
                    _ => return Err(MultilinearError::Indivisible { operand, segment, extent, inner }),
                };
                extents.splice(at..=at, parts);
            }
            Ok(())
        })
    }

    /// Merges two modes that always stand side by side, `outer` before `inner`, into the one called `inner`.
    ///
    /// # Errors
    /// [`MultilinearError::Separate`] if an operand has one without the other or not in this order, or a segment has an
    /// extent of one for just one of them; [`MultilinearError::NoSuchMode`] for a letter that is not there.
    pub fn merge_modes(&self, outer: char, inner: char) -> Result<Self, MultilinearError> {
        self.check_mode(outer)?;
        self.check_mode(inner)?;
        let separate = |operand| MultilinearError::Separate { operand, outer, inner };
        for path in &self.paths {
            let whole = (self.extent(path, outer), self.extent(path, inner));
            for (operand, &segment) in path.segments.iter().enumerate() {
                let extent =
                    |letter| self.modes.position(operand, letter).map(|at| self.operands[operand].extents(segment)[at]);
                if let (Some(a), Some(b)) = (extent(outer), extent(inner))
                    && (a, b) != (1, 1)
                    && (a, b) != whole
                {
                    return Err(separate(operand));
                }
            }
        }
        self.reshape(|operand, modes, shape| {
            let place = |letter| modes.iter().position(|&l| l == letter);
            let at = match (place(outer), place(inner)) {
                (None, None) => return Ok(()),
                (Some(a), Some(b)) if a + 1 == b => a,
                _ => return Err(separate(operand)),
            };
            modes.remove(at);
            for extents in shape {
                let merged = extents[at].saturating_mul(extents[at + 1]);
                extents.splice(at..=at + 1, [merged]);
            }
            Ok(())
        })
    }

    /// Drops the modes that have an extent of one in every segment.
    #[must_use]
    pub fn squeeze_modes(&self) -> Self {
        let is_one = |letter: char| {
            self.operands.iter().enumerate().all(|(index, operand)| match self.modes.position(index, letter) {
                Some(at) => operand.shapes().all(|(_, extents)| extents[at] == 1),
                None => true,
            })
        };
        let squeezed: Vec<char> = self.modes.letters().into_iter().filter(|&letter| is_one(letter)).collect();
        let map = self.reshape(|_, modes, shape| {
            let kept: Vec<bool> = modes.iter().map(|letter| !squeezed.contains(letter)).collect();
            retain(modes, &kept);
            shape.iter_mut().for_each(|extents| retain(extents, &kept));
            Ok(())
        });
        map.unwrap_or_else(|_| self.clone())
    }

    pub(super) fn check_mode(&self, letter: char) -> Result<(), MultilinearError> {
        if self.modes.letters().contains(&letter) {
            return Ok(());
        }
        Err(MultilinearError::NoSuchMode { letter, modes: self.modes.to_string() })
    }

    /// The same paths after `change` has rewritten the letters and the extents of each operand.
    fn reshape(
        &self,
        mut change: impl FnMut(usize, &mut Vec<char>, &mut [Vec<usize>]) -> Result<(), MultilinearError>,
    ) -> Result<Self, MultilinearError> {
        let mut letters = Vec::with_capacity(self.operands.len());
        let mut operands = Vec::with_capacity(self.operands.len());
        for (index, operand) in self.operands.iter().enumerate() {
            let mut modes = self.modes.operand(index).to_vec();
            let mut shape: Vec<Vec<usize>> = operand.shapes().map(|(_, extents)| extents.to_vec()).collect();
            change(index, &mut modes, &mut shape)?;
            let dims = operand.segments().iter().map(|segment| segment.dim);
            operands.push(Operand::with_extents(dims.zip(shape)));
            letters.push(modes);
        }
        Ok(Self { modes: Modes::from_letters(letters), operands, paths: self.paths.clone() })
    }
}

fn retain<T>(list: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    list.retain(|_| kept.next() != Some(&false));
}

fn greatest_common_divisor(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

//! A map in the place of another map's argument.

use super::{Modes, Multilinear, MultilinearError, Path};

impl Multilinear {
    /// The map with an argument replaced by the result of another map.
    ///
    /// The arguments of `inner` stand where the argument stood.
    ///
    /// # Errors
    /// [`MultilinearError::Joint`] if the argument and the result of `inner` have other segments;
    /// [`MultilinearError::Entangled`] if a channel that `inner` sums to one is spread again, which is not one path;
    /// [`MultilinearError::TooManyModes`] if 26 letters do not suffice; [`MultilinearError::TooLarge`] if a block of
    /// coefficients does not fit into memory.
    ///
    /// # Panics
    /// If there is no such argument.
    ///
    /// # Cost
    /// A block of coefficients for each pair of paths that meet in a segment.
    pub fn substitute(&self, argument: usize, inner: &Self) -> Result<Self, MultilinearError> {
        let count = self.arguments();
        assert!(argument < count, "operand {argument} is not one of the {count} arguments");
        let joint = inner.arguments();
        if self.operands[argument] != inner.operands[joint]
            || self.modes.operand(argument).len() != inner.modes.operand(joint).len()
        {
            return Err(MultilinearError::Joint { operand: argument });
        }
        let inner_modes = self.rename_to_fit(argument, &inner.modes)?;
        let inner = Self { modes: inner_modes, ..inner.clone() };
        let mut letters: Vec<Vec<char>> = self.modes.iter().map(<[char]>::to_vec).collect();
        letters.splice(argument..=argument, inner.modes.iter().take(joint).map(<[char]>::to_vec));
        let mut operands = self.operands.clone();
        operands.splice(argument..=argument, inner.operands[..joint].iter().cloned());
        let mut paths = Vec::new();
        for outer_path in &self.paths {
            let segment = outer_path.segments[argument];
            if self.operands[argument].segments()[segment].dim == 0 {
                continue;
            }
            for inner_path in inner.paths.iter().filter(|p| p.segments[joint] == segment) {
                paths.push(Meeting { argument, outer: (self, outer_path), inner: (&inner, inner_path) }.join()?);
            }
        }
        Self::with_modes(Modes::from_letters(letters), operands, paths)
    }

    /// The letters of `inner`: those of its result as in the argument, all others new.
    fn rename_to_fit(&self, argument: usize, inner: &Modes) -> Result<Modes, MultilinearError> {
        let mut taken = self.modes.letters();
        let result = inner.operand(inner.len() - 1);
        let mut names: Vec<(char, char)> =
            result.iter().copied().zip(self.modes.operand(argument).iter().copied()).collect();
        for letter in inner.letters() {
            if !result.contains(&letter) {
                let new =
                    Modes::from_letters(vec![taken.clone()]).free_letter().ok_or(MultilinearError::TooManyModes)?;
                taken.push(new);
                names.push((letter, new));
            }
        }
        let rename = |&letter: &char| names.iter().find(|(old, _)| *old == letter).map_or(letter, |(_, new)| *new);
        Ok(Modes::from_letters(inner.iter().map(|letters| letters.iter().map(rename).collect()).collect()))
    }
}

/// Two paths that meet: one of the outer map, and one of the inner map whose result is the argument.
struct Meeting<'a> {
    argument: usize,
    outer: (&'a Multilinear, &'a Path),
    inner: (&'a Multilinear, &'a Path),
}

impl Meeting<'_> {
    /// The joined path.
    fn join(&self) -> Result<Path, MultilinearError> {
        let mut segments = self.outer.1.segments.clone();
        let inner = &self.inner.1.segments[..self.inner.0.arguments()];
        segments.splice(self.argument..=self.argument, inner.iter().copied());
        Ok(Path { segments, coefficients: self.coefficients(self.lost_channels()?)? })
    }

    /// How many channels of the joint no other operand has: the inner map repeats numbers that the outer one adds up.
    ///
    /// A letter of extent one in the joint may be summed before it or spread behind it; both at once is an error.
    fn lost_channels(&self) -> Result<f64, MultilinearError> {
        let ((outer, outer_path), (inner, inner_path)) = (self.outer, self.inner);
        let extents = outer.operands[self.argument].extents(outer_path.segments[self.argument]);
        let mut lost = 1.0;
        for (&letter, &extent) in outer.modes.operand(self.argument).iter().zip(extents) {
            let (behind, before) = (outer.extent(outer_path, letter), inner.extent(inner_path, letter));
            if extent == 1 && behind != 1 && before != 1 {
                return Err(MultilinearError::Entangled { operand: self.argument, letter });
            }
            let others = [(outer, outer_path, self.argument), (inner, inner_path, inner.arguments())];
            if others.into_iter().all(|(map, path, joint)| is_alone(map, path, joint, letter)) {
                lost *= extent as f64;
            }
        }
        Ok(lost)
    }

    /// The product of both blocks, summed over the joint and scaled.
    fn coefficients(&self, scale: f64) -> Result<Vec<f64>, MultilinearError> {
        let dims = self.outer.0.dims(self.outer.1);
        let (outer, inner) = (&self.outer.1.coefficients, &self.inner.1.coefficients);
        let mut coefficients = Vec::new();
        if outer.is_empty() || inner.is_empty() {
            return Ok(coefficients);
        }
        let sum = dims[self.argument];
        let within = inner.len() / sum;
        let behind: usize = dims[self.argument + 1..].iter().product();
        let before = outer.len() / sum / behind;
        let too_large = MultilinearError::TooLarge { operand: self.argument };
        let len = (before * behind).checked_mul(within).ok_or(too_large.clone())?;
        coefficients.try_reserve_exact(len).map_err(|_| too_large)?;
        for a in 0..before {
            for b in 0..within {
                for c in 0..behind {
                    let product = |s: usize| outer[(a * sum + s) * behind + c] * inner[b * sum + s];
                    coefficients.push(scale * (0..sum).map(product).sum::<f64>());
                }
            }
        }
        Ok(coefficients)
    }
}

/// Whether operand `joint` is the only one of a path with a letter of another extent than one.
fn is_alone(map: &Multilinear, path: &Path, joint: usize, letter: char) -> bool {
    path.segments.iter().enumerate().filter(|&(operand, _)| operand != joint).all(|(operand, &segment)| {
        map.modes.position(operand, letter).is_none_or(|at| map.operands[operand].extents(segment)[at] == 1)
    })
}

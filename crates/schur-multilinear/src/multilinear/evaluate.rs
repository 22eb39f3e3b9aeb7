//! The definition as a program: plain loops, the oracle for every kernel.

use schur_tensor::next_index;

use super::{Multilinear, MultilinearError, Path, unravel};

/// Where the numbers of one operand lie that a path joins.
struct Place {
    /// First number of the segment.
    start: usize,
    /// From one component to the next.
    component: usize,
    /// From one channel to the next, for each letter of the map; zero for a letter that is not there.
    channels: Vec<usize>,
}

impl Place {
    fn at(&self, component: usize, channels: &[usize]) -> usize {
        let channel: usize = channels.iter().zip(&self.channels).map(|(index, stride)| index * stride).sum();
        self.start + component * self.component + channel
    }
}

impl Multilinear {
    /// Evaluates the map term by term: the definition, and the oracle for every kernel.
    ///
    /// # Errors
    /// [`MultilinearError::ArgumentCount`] or [`MultilinearError::Argument`] if an argument does not fit;
    /// [`MultilinearError::TooLarge`] if there is no memory for the result.
    ///
    /// # Cost
    /// One multiply-add for each non-zero coefficient, channel and argument; allocates the result.
    pub fn evaluate(&self, arguments: &[&[f64]]) -> Result<Vec<f64>, MultilinearError> {
        let last = self.arguments();
        if arguments.len() != last {
            return Err(MultilinearError::ArgumentCount { expected: last, found: arguments.len() });
        }
        for (operand, argument) in arguments.iter().enumerate() {
            let (expected, found) = (self.operands[operand].len(), argument.len());
            if found != expected {
                return Err(MultilinearError::Argument { operand, expected, found });
            }
        }
        let mut result = Vec::new();
        let len = self.operands[last].len();
        result.try_reserve_exact(len).map_err(|_| MultilinearError::TooLarge { operand: last })?;
        result.resize(len, 0.0);
        let letters = self.modes.letters();
        let offsets: Vec<Vec<usize>> = self.operands.iter().map(|operand| operand.offsets()).collect();
        for path in &self.paths {
            let places: Vec<Place> = (0..=last)
                .map(|operand| self.place(operand, path.segments[operand], &offsets[operand], &letters))
                .collect();
            self.add_path(path, &places, &letters, arguments, &mut result);
        }
        Ok(result)
    }

    fn place(&self, operand: usize, segment: usize, offsets: &[usize], letters: &[char]) -> Place {
        let extents = self.operands[operand].extents(segment);
        let stride = |&letter: &char| match self.modes.position(operand, letter) {
            Some(at) if extents[at] != 1 => extents[at + 1..].iter().product(),
            _ => 0,
        };
        let channels = letters.iter().map(stride).collect();
        Place { start: offsets[segment], component: extents.iter().product(), channels }
    }

    fn add_path(&self, path: &Path, places: &[Place], letters: &[char], arguments: &[&[f64]], result: &mut [f64]) {
        let dims = self.dims(path);
        let extents: Vec<usize> = letters.iter().map(|&letter| self.extent(path, letter)).collect();
        for (flat, &coefficient) in path.coefficients.iter().enumerate().filter(|(_, c)| **c != 0.0) {
            let components = unravel(flat, &dims);
            let mut channels = (!extents.contains(&0)).then(|| vec![0; extents.len()]);
            while let Some(index) = &mut channels {
                let place = |operand: usize| places[operand].at(components[operand], index);
                let product: f64 = arguments.iter().enumerate().map(|(o, argument)| argument[place(o)]).product();
                result[place(arguments.len())] += coefficient * product;
                if !next_index(index, &extents) {
                    channels = None;
                }
            }
        }
    }
}

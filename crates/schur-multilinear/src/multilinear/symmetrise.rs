//! Arguments that are always given the same numbers: only the symmetric part of the coefficients matters.
//!
//! With $x$ for both arguments, $C_{ab} x_a x_b$ has as many meanings as there are ways to share $C_{ab} + C_{ba}$
//! between the two. [`Multilinear::symmetrise`] shares evenly, so the map itself becomes symmetric;
//! [`Multilinear::fold`] puts everything on one side, so fewer products are left.

use super::{Multilinear, MultilinearError, Path, ravel, reorder::reorder_axes, unravel};

impl Multilinear {
    /// Whether two arguments may be exchanged: the same segments, and channels that do the same.
    ///
    /// In `"u,u,u"` they do, in `"u,v,uv"` they do not: exchanged, the result would be transposed.
    ///
    /// # Panics
    /// If an argument is not there.
    pub fn are_exchangeable(&self, first: usize, second: usize) -> bool {
        let order = self.exchange(first, second);
        self.operands[first] == self.operands[second]
            && self.modes.reordered(&order).canonical() == self.modes.canonical()
    }

    /// The mean over all orders of the given arguments: the same values wherever these arguments are equal.
    ///
    /// # Errors
    /// [`MultilinearError::NotExchangeable`] if two of them differ in segments or channel modes.
    ///
    /// # Panics
    /// If an argument is not there.
    ///
    /// # Cost
    /// At most a factorial of the number of arguments more paths; coefficient blocks do not grow.
    ///
    /// # Examples
    /// ```
    /// use schur_multilinear::{Multilinear, Operand, Path};
    /// let operands = vec![Operand::new([(2, 1)]), Operand::new([(2, 1)]), Operand::new([(1, 1)])];
    /// let map = Multilinear::new(operands, vec![Path { segments: vec![0; 3], coefficients: vec![0., 2., 0., 0.] }])?;
    /// assert_eq!(map.symmetrise(&[0, 1])?.paths()[0].coefficients, [0.0, 1.0, 1.0, 0.0]);
    /// # Ok::<(), schur_multilinear::MultilinearError>(())
    /// ```
    pub fn symmetrise(&self, arguments: &[usize]) -> Result<Self, MultilinearError> {
        self.check_exchangeable(arguments)?;
        let mut map = self.consolidate();
        // Each order of n + 1 arguments is an order of the first n followed by one exchange with the last, or by none.
        for (n, &last) in arguments.iter().enumerate().skip(1) {
            let weight = 1.0 / (n + 1) as f64;
            let mut paths = map.paths.clone();
            for &other in &arguments[..n] {
                paths.extend(map.reorder(&map.exchange(other, last)).paths);
            }
            paths.iter_mut().flat_map(|path| &mut path.coefficients).for_each(|c| *c *= weight);
            map = map.with_paths(paths).consolidate();
        }
        Ok(map)
    }

    /// The same values for equal arguments with the fewest products: one order stands for all.
    ///
    /// Segments of the given arguments come in ascending order, and so do components where the segments are the same.
    ///
    /// # Errors
    /// [`MultilinearError::NotExchangeable`] if two of them differ in segments or channel modes.
    ///
    /// # Panics
    /// If an argument is not there.
    pub fn fold(&self, arguments: &[usize]) -> Result<Self, MultilinearError> {
        self.check_exchangeable(arguments)?;
        let mut arguments = arguments.to_vec();
        arguments.sort_unstable();
        let paths = self.paths.iter().map(|path| self.fold_path(path, &arguments)).collect();
        Ok(self.with_paths(paths).consolidate())
    }

    fn fold_path(&self, path: &Path, arguments: &[usize]) -> Path {
        let mut sorted = arguments.to_vec();
        sorted.sort_by_key(|&argument| path.segments[argument]);
        let mut order: Vec<usize> = (0..path.segments.len()).collect();
        for (&place, &from) in arguments.iter().zip(&sorted) {
            order[place] = from;
        }
        let segments: Vec<usize> = order.iter().map(|&old| path.segments[old]).collect();
        let block = reorder_axes(&path.coefficients, &self.dims(path), &order);
        let mut folded = Path { segments, coefficients: vec![0.0; block.len()] };
        let dims = self.dims(&folded);
        for (flat, coefficient) in block.into_iter().enumerate() {
            let mut index = unravel(flat, &dims);
            let mut components: Vec<(usize, usize)> =
                arguments.iter().map(|&argument| (folded.segments[argument], index[argument])).collect();
            components.sort_unstable();
            for (&argument, (_, component)) in arguments.iter().zip(components) {
                index[argument] = component;
            }
            folded.coefficients[ravel(&index, &dims)] += coefficient;
        }
        folded
    }

    /// The order that exchanges two arguments.
    fn exchange(&self, first: usize, second: usize) -> Vec<usize> {
        let count = self.arguments();
        assert!(first < count && second < count, "arguments {first} and {second} are not both among {count}");
        let mut order: Vec<usize> = (0..=count).collect();
        order.swap(first, second);
        order
    }

    fn check_exchangeable(&self, arguments: &[usize]) -> Result<(), MultilinearError> {
        for (index, &second) in arguments.iter().enumerate() {
            if let Some(&first) = arguments[..index].iter().find(|&&first| !self.are_exchangeable(first, second)) {
                return Err(MultilinearError::NotExchangeable { first, second });
            }
        }
        Ok(())
    }
}

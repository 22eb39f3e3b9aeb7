//! Products and linear layers with the channel modes that e3nn has names for.

use super::{Modes, Multilinear, MultilinearError, Operand, Path};

/// How a product joins the channels $u$ of one argument and $v$ of the other to channels of the result.
///
/// # Source
/// The connection modes of `TensorProduct` in e3nn; Geiger, Smidt, e3nn: Euclidean neural networks, 2022. Its two modes
/// over triangles of channels are not among them: they are no rectangles of extents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Connection {
    /// Every pair to every channel $w$ of the result; needs weights.
    Uvw,
    /// The channels of the first argument, summed over those of the second.
    Uvu,
    /// The channels of the second argument, summed over those of the first.
    Uvv,
    /// Equal channels to every channel $w$ of the result.
    Uuw,
    /// Equal channels of all three.
    Uuu,
    /// Every pair of channels one channel of the result, with the extents $u$ and $v$.
    Uvuv,
}

impl Connection {
    /// The modes of a product, and those of its weights in front if there are any.
    ///
    /// Without weights, `Uvw` gives every channel of the result the same numbers.
    ///
    /// # Examples
    /// ```
    /// use schur_multilinear::Connection;
    /// assert_eq!(Connection::Uvu.modes(true).to_string(), "uv,u,v,u");
    /// assert_eq!(Connection::Uuu.modes(false).to_string(), "u,u,u");
    /// ```
    pub fn modes(self, weighted: bool) -> Modes {
        let (weights, product): (&[char], [&[char]; 3]) = match self {
            Self::Uvw => (&['u', 'v', 'w'], [&['u'], &['v'], &['w']]),
            Self::Uvu => (&['u', 'v'], [&['u'], &['v'], &['u']]),
            Self::Uvv => (&['u', 'v'], [&['u'], &['v'], &['v']]),
            Self::Uuw => (&['u', 'w'], [&['u'], &['u'], &['w']]),
            Self::Uuu => (&['u'], [&['u'], &['u'], &['u']]),
            Self::Uvuv => (&['u', 'v'], [&['u'], &['v'], &['u', 'v']]),
        };
        let product = product.iter().map(|letters| letters.to_vec());
        Modes::from_letters(weighted.then(|| weights.to_vec()).into_iter().chain(product).collect())
    }
}

impl Multilinear {
    /// A product of two arguments whose paths each have weights of their own: weights, `x`, `y` to `z`.
    ///
    /// Weights lie path after path, each row-major in the letters of [`Connection::modes`], as in e3nn. For a product
    /// without weights, give [`Connection::modes`] to [`Multilinear::with_modes`].
    ///
    /// # Shapes
    /// `operands`: `x`, `y`, `z`; `paths`: a segment of each of the three, and coefficients `[x][y][z]`.
    ///
    /// # Errors
    /// [`MultilinearError`] if a path does not fit; operands and segments are counted from the weights.
    ///
    /// # Examples
    /// A weighted sum of the four products of two channels and two channels:
    /// ```
    /// use schur_multilinear::{Connection, Multilinear, Operand, Path};
    /// let operands = [Operand::new([(1, 2)]), Operand::new([(1, 2)]), Operand::new([(1, 1)])];
    /// let path = Path { segments: vec![0, 0, 0], coefficients: vec![1.0] };
    /// let map = Multilinear::weighted_product(Connection::Uvw, operands, vec![path])?;
    /// assert_eq!(map.evaluate(&[&[1.0, 2.0, 3.0, 4.0], &[1.0, 10.0], &[1.0, 100.0]])?, [4231.0]);
    /// # Ok::<(), schur_multilinear::MultilinearError>(())
    /// ```
    pub fn weighted_product(
        connection: Connection,
        operands: [Operand; 3],
        paths: Vec<Path>,
    ) -> Result<Self, MultilinearError> {
        let map = Self::with_modes(connection.modes(false), operands.to_vec(), paths)?;
        map.with_weights(connection.modes(true))
    }

    /// A linear layer: weights and `x` to `z`, channels mixed by a matrix `[u][v]` for each pair of segments.
    ///
    /// # Shapes
    /// `pairs`: a segment of `x` and one of `z` of the same dimension.
    ///
    /// # Errors
    /// [`MultilinearError`] if a pair does not fit; operands and segments are counted from the weights.
    pub fn linear(x: Operand, z: Operand, pairs: &[(usize, usize)]) -> Result<Self, MultilinearError> {
        let path = |&(from, to): &(usize, usize)| {
            let dim = x.segments().get(from).map_or(0, |segment| segment.dim);
            let identity = (0..dim).flat_map(|a| (0..dim).map(move |b| f64::from(u8::from(a == b))));
            Path { segments: vec![from, to], coefficients: identity.collect() }
        };
        let paths = pairs.iter().map(path).collect();
        let modes = |letters: &[&[char]]| Modes::from_letters(letters.iter().map(|l| l.to_vec()).collect());
        let map = Self::with_modes(modes(&[&['u'], &['v']]), vec![x, z], paths)?;
        map.with_weights(modes(&[&['u', 'v'], &['u'], &['v']]))
    }

    /// The map with weights in front: a segment for each path, with the path's extents in the letters of the weights.
    fn with_weights(&self, modes: Modes) -> Result<Self, MultilinearError> {
        let extents = |path: &Path| modes.operand(0).iter().map(|&letter| self.extent(path, letter)).collect();
        let weights = Operand::with_extents(self.paths.iter().map(|path| (1, extents(path))));
        let paths = self.paths.iter().enumerate().map(|(index, path)| Path {
            segments: [&[index], path.segments.as_slice()].concat(),
            coefficients: path.coefficients.clone(),
        });
        let operands = [&[weights], self.operands.as_slice()].concat();
        Self::with_modes(modes.clone(), operands, paths.collect())
    }
}

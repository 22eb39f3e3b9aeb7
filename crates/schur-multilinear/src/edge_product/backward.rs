//! Backward: over the edges that a node sends along; its features stay, the receivers' cotangents stream.
//!
//! For one path and channel, with $M_{ca} = \sum_b C_{abc} Y_b$ and the receiver's cotangent $g$:
//! $$ \bar x_a \mathrel{+}= w \sum_c M_{ca} g_c, \qquad s_b = \sum_c g_c Z_{bc}, \qquad
//!    \bar Y_b \mathrel{+}= w s_b, \qquad \bar w = \sum_b Y_b s_b. $$
//! $Z_{bc} = \sum_a C_{abc} x_a$ depends on the sender alone and is folded once before its edges pass. Scalar features
//! ($d_1 = 1$) have $Z$ as sparse as $C$; there the products $w x g_c$ are summed over channels first.

use schur_tensor::{
    Lanes, Real,
    pulp::{NullaryFnOnce, Simd, WithSimd},
};

use super::{EdgePath, EdgeProduct, EdgeScratch, Edges, coupling::PathTerms, with_dims};

/// What the reverse pass of one sender adds to or overwrites.
#[derive(Debug)]
pub struct Cotangents<'a, T> {
    /// Cotangent of the sender's features, overwritten; `None` where nothing depends on them.
    pub features: Option<&'a mut [T]>,
    /// Cotangent of each edge's harmonics, `[edge][harmonics]`, added to.
    ///
    /// A path that only scales, by the one harmonic of a segment of dimension one, adds nothing: degree zero is constant.
    pub harmonics: &'a mut [T],
    /// Cotangent of each edge's distance through the weights, `[edge]`, added to.
    pub distances: &'a mut [T],
}

impl<T: Real> EdgeProduct<T> {
    /// The reverse pass for one sender: all three transposes at once.
    ///
    /// `edges` are those on which the node *sends*: `edges.nodes` are the receivers and `edges.harmonics` those that
    /// the forward pass has seen on them. So each node sums what concerns it, in the order of its own edges.
    ///
    /// # Shapes
    /// `x`: the sender's features. `gradient`: the cotangent of the result of all nodes, `[node][result]`.
    ///
    /// # Panics
    /// If an edge leads to a node outside `gradient`, or a slice has the wrong length.
    ///
    /// # Cost
    /// [`Self::multiply_adds`] an edge; allocates nothing after the first use of `scratch`.
    pub fn backward(
        &self,
        edges: Edges<'_, T>,
        x: &[T],
        gradient: &[T],
        out: Cotangents<'_, T>,
        scratch: &mut EdgeScratch<T>,
    ) {
        self.check_edges(&edges, gradient.len() / self.result);
        assert_eq!(x.len(), self.features, "the features of the sender");
        assert_eq!(out.harmonics.len(), edges.harmonics.len(), "cotangents of every harmonic");
        assert_eq!(out.distances.len(), edges.nodes.len(), "cotangents of every distance");
        scratch.features.resize(self.features);
        let features = match out.features {
            Some(features) => {
                assert_eq!(features.len(), self.features, "the cotangent of the sender's features");
                features
            }
            None => scratch.features.as_mut_slice(),
        };
        features.fill(T::ZERO);
        let count = edges.nodes.len();
        scratch.matrices.resize(count * self.coupling.entries());
        scratch.registers.resize((LARGEST_DIM + count * (self.harmonics + 1)) * LARGEST_REGISTER);
        scratch.folded.resize(self.folded);
        self.arch.dispatch(Backward {
            product: self,
            edges,
            x,
            gradient,
            features,
            harmonics: out.harmonics,
            distances: out.distances,
            matrices: scratch.matrices.as_mut_slice(),
            registers: scratch.registers.as_mut_slice(),
            folded: scratch.folded.as_mut_slice(),
        });
    }
}

/// Components of the largest result.
const LARGEST_DIM: usize = 7;
/// Numbers in the largest register.
const LARGEST_REGISTER: usize = 16;

struct Backward<'a, T> {
    product: &'a EdgeProduct<T>,
    edges: Edges<'a, T>,
    x: &'a [T],
    gradient: &'a [T],
    features: &'a mut [T],
    harmonics: &'a mut [T],
    distances: &'a mut [T],
    matrices: &'a mut [T],
    /// Registers in memory: the outer products of a path, then for each edge a sum for each harmonic and the distance.
    registers: &'a mut [T],
    /// The sender's features folded into a path's coefficients, `[register of channels][harmonic][result]`.
    folded: &'a mut [T],
}

impl<T: Real> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let product = self.product;
        let lanes = T::lanes::<S>();
        let (count, entries) = (product.harmonics, product.coupling.entries());
        if self.edges.nodes.is_empty() {
            return;
        }
        let rows = self.edges.harmonics.chunks_exact(count);
        for (harmonics, matrices) in rows.zip(self.matrices.chunks_exact_mut(entries)) {
            product.coupling.matrices(simd, harmonics, matrices);
        }
        let (outer, sums) = self.registers.split_at_mut(LARGEST_DIM * lanes);
        let sums = &mut sums[..self.edges.nodes.len() * (count + 1) * lanes];
        sums.fill(T::ZERO);
        // Paths in the outer loop: all that a path fixes, its branches too, is then the same from edge to edge.
        for path in &product.paths {
            macro_rules! run {
                ($d1:literal, $d3:literal, $diagonal:literal) => {
                    simd.vectorize(BackwardPath::<_, _, $d1, $d3, $diagonal> {
                        simd,
                        path: *path,
                        terms: product.coupling.terms(path.coupling),
                        edges: self.edges,
                        x: self.x,
                        gradient: self.gradient,
                        result: product.result,
                        features: &mut *self.features,
                        matrices: &*self.matrices,
                        entries,
                        outer: &mut *outer,
                        folded: &mut *self.folded,
                        harmonics: count,
                        sums: &mut *sums,
                        width: (count + 1) * lanes,
                    })
                };
            }
            macro_rules! dense {
                ($d1:literal, $d3:literal) => {
                    run!($d1, $d3, false)
                };
            }
            match (path.diagonal, path.dims[0]) {
                (true, 1) => run!(1, 1, true),
                (true, 3) => run!(3, 3, true),
                (true, 5) => run!(5, 5, true),
                (true, 7) => run!(7, 7, true),
                _ => with_dims!(path.dims, dense),
            }
        }
        let totals = self.harmonics.chunks_exact_mut(count).zip(self.distances);
        for ((harmonics, distance), sums) in totals.zip(sums.chunks_exact((count + 1) * lanes)) {
            let mut sums = sums.chunks_exact(lanes).map(|register| {
                // SAFETY: each chunk is one register.
                unsafe { T::reduce_sum(simd, T::load::<S>(register.as_ptr())) }
            });
            for (target, sum) in harmonics.iter_mut().zip(&mut sums) {
                *target += sum;
            }
            *distance += sums.next().unwrap_or(T::ZERO);
        }
    }
}

/// One path of one sender with its dimensions as constants.
struct BackwardPath<'a, S, T, const D1: usize, const D3: usize, const DIAGONAL: bool> {
    simd: S,
    path: EdgePath,
    terms: &'a PathTerms<T>,
    edges: Edges<'a, T>,
    x: &'a [T],
    gradient: &'a [T],
    result: usize,
    features: &'a mut [T],
    matrices: &'a [T],
    entries: usize,
    /// One register for each component of the result.
    outer: &'a mut [T],
    folded: &'a mut [T],
    /// Harmonics an edge.
    harmonics: usize,
    /// For each edge one register for each harmonic, then one for the distance.
    sums: &'a mut [T],
    /// Numbers an edge in `sums`.
    width: usize,
}

impl<S: Simd, T: Real, const D1: usize, const D3: usize, const DIAGONAL: bool> NullaryFnOnce
    for BackwardPath<'_, S, T, D1, D3, DIAGONAL>
{
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        let (simd, lanes) = (self.simd, T::lanes::<S>());
        // SAFETY: `check_places` has found every row of the path inside features and result, `check_edges` every node
        // inside the gradient; `matrices` has the path's entries for each edge, `outer` a register for each component
        // of the result and `folded` room for every path; `sums` has `width` numbers an edge, the last register the
        // distance's.
        unsafe {
            if !DIAGONAL && D1 > 1 {
                self.fold();
            }
            for edge in 0..self.edges.nodes.len() {
                let sums = self.sums.as_mut_ptr().add(edge * self.width);
                let of_path = sums.add(self.path.harmonics.0 * lanes);
                let change = if DIAGONAL {
                    self.diagonal(edge)
                } else if D1 == 1 {
                    self.scalar(edge, of_path)
                } else {
                    self.dense(edge, of_path)
                };
                let place = sums.add(self.width - lanes);
                T::store::<S>(place, T::plus(simd, T::load::<S>(place), change));
            }
        }
    }
}

impl<S: Simd, T: Real, const D1: usize, const D3: usize, const DIAGONAL: bool>
    BackwardPath<'_, S, T, D1, D3, DIAGONAL>
{
    /// A path that scales: its harmonic is constant, so only features and distance have a cotangent. Returns the
    /// distance's, lane by lane.
    #[inline(always)]
    unsafe fn diagonal(&mut self, edge: usize) -> Lanes<T, S> {
        let (simd, path) = (self.simd, self.path);
        let mut slopes = [T::splat(simd, T::ZERO); 4];
        let x = self.x.as_ptr();
        let features = self.features.as_mut_ptr();
        // SAFETY: as in `call`.
        let (weights, gradient, factor) = unsafe {
            let node = *self.edges.nodes.get_unchecked(edge) as usize;
            let factor = *self.matrices.as_ptr().add(edge * self.entries + path.entry);
            (self.edges.weights.row(edge), self.gradient.as_ptr().add(node * self.result), T::splat(simd, factor))
        };
        for column in (0..path.channels).step_by(T::lanes::<S>()) {
            // SAFETY: as in `call`.
            unsafe {
                let rows = weights.rows::<S>(path.weight + column);
                let weight = weights.value(simd, &rows);
                let x = x.add(path.features.offset + column);
                let gradient = gradient.add(path.result.offset + column);
                let features = features.add(path.features.offset + column);
                let weight = T::times(simd, weight, factor);
                let mut change = T::splat(simd, T::ZERO);
                for a in 0..D1 {
                    let g = T::load::<S>(gradient.add(a * path.result.stride));
                    let place = features.add(a * path.features.stride);
                    T::store::<S>(place, T::mul_add(simd, weight, g, T::load::<S>(place)));
                    change = T::mul_add(simd, T::load::<S>(x.add(a * path.features.stride)), g, change);
                }
                add_products::<T, S>(simd, change, &rows, &mut slopes);
            }
        }
        T::times(simd, weights.distance(simd, &slopes), factor)
    }

    /// Folds the sender's features into the coefficients.
    #[inline(always)]
    unsafe fn fold(&mut self) {
        let (simd, path, lanes) = (self.simd, self.path, T::lanes::<S>());
        let per_column = path.harmonics.1 * D3 * lanes;
        let columns = path.channels / lanes;
        self.folded[..columns * per_column].fill(T::ZERO);
        for column in 0..columns {
            // SAFETY: as in `call`.
            unsafe {
                let x = self.x.as_ptr().add(path.features.offset + column * lanes);
                let folded = self.folded.as_mut_ptr().add(column * per_column);
                for (b, list) in self.terms.lists.iter().enumerate() {
                    for term in list {
                        let (c, a) = (usize::from(term.entry) / D1, usize::from(term.entry) % D1);
                        let place = folded.add((b * D3 + c) * lanes);
                        let x = T::load::<S>(x.add(a * path.features.stride));
                        T::store::<S>(place, T::mul_add(simd, T::splat(simd, term.factor), x, T::load::<S>(place)));
                    }
                }
            }
        }
    }

    /// All channels of a path on one edge; returns the cotangent of the distance, lane by lane.
    #[inline(always)]
    unsafe fn dense(&mut self, edge: usize, sums: *mut T) -> Lanes<T, S> {
        let (simd, path, lanes) = (self.simd, self.path, T::lanes::<S>());
        let zero = T::splat(simd, T::ZERO);
        let mut slopes = [zero; 4];
        let features = self.features.as_mut_ptr();
        let mut folded = self.folded.as_ptr();
        let (first, count) = path.harmonics;
        // SAFETY: as in `call`.
        unsafe {
            let node = *self.edges.nodes.get_unchecked(edge) as usize;
            let matrix = self.matrices.as_ptr().add(edge * self.entries + path.entry);
            let harmonics = self.edges.harmonics.as_ptr().add(edge * self.harmonics + first);
            let weights = self.edges.weights.row(edge);
            let gradient = self.gradient.as_ptr().add(node * self.result);
            for column in (0..path.channels).step_by(lanes) {
                let rows = weights.rows::<S>(path.weight + column);
                let weight = weights.value(simd, &rows);
                let gradient = gradient.add(path.result.offset + column);
                let features = features.add(path.features.offset + column);
                let mut g = [zero; D3];
                let mut pulled = [zero; D1];
                for c in 0..D3 {
                    g[c] = T::load::<S>(gradient.add(c * path.result.stride));
                    for a in 0..D1 {
                        pulled[a] = T::mul_add(simd, T::splat(simd, *matrix.add(c * D1 + a)), g[c], pulled[a]);
                    }
                }
                for a in 0..D1 {
                    let place = features.add(a * path.features.stride);
                    T::store::<S>(place, T::mul_add(simd, weight, pulled[a], T::load::<S>(place)));
                }
                let mut change = zero;
                for b in 0..count {
                    let mut s = T::times(simd, g[0], T::load::<S>(folded));
                    for c in 1..D3 {
                        s = T::mul_add(simd, g[c], T::load::<S>(folded.add(c * lanes)), s);
                    }
                    folded = folded.add(D3 * lanes);
                    change = T::mul_add(simd, T::splat(simd, *harmonics.add(b)), s, change);
                    let place = sums.add(b * lanes);
                    T::store::<S>(place, T::mul_add(simd, weight, s, T::load::<S>(place)));
                }
                add_products::<T, S>(simd, change, &rows, &mut slopes);
            }
            weights.distance(simd, &slopes)
        }
    }

    /// As `dense`, for scalar features: sums $w x g_c$ over the channels, then contracts with the coefficients.
    #[inline(always)]
    unsafe fn scalar(&mut self, edge: usize, sums: *mut T) -> Lanes<T, S> {
        let (simd, path, lanes) = (self.simd, self.path, T::lanes::<S>());
        let zero = T::splat(simd, T::ZERO);
        let mut outer = [zero; D3];
        let mut slopes = [zero; 4];
        let x = self.x.as_ptr();
        let features = self.features.as_mut_ptr();
        // SAFETY: as in `call`.
        unsafe {
            let node = *self.edges.nodes.get_unchecked(edge) as usize;
            let matrix = self.matrices.as_ptr().add(edge * self.entries + path.entry);
            let weights = self.edges.weights.row(edge);
            let gradient = self.gradient.as_ptr().add(node * self.result);
            for column in (0..path.channels).step_by(lanes) {
                let rows = weights.rows::<S>(path.weight + column);
                let weight = weights.value(simd, &rows);
                let x = T::load::<S>(x.add(path.features.offset + column));
                let gradient = gradient.add(path.result.offset + column);
                let place = features.add(path.features.offset + column);
                let scaled = T::times(simd, weight, x);
                let mut pulled = zero;
                for c in 0..D3 {
                    let g = T::load::<S>(gradient.add(c * path.result.stride));
                    pulled = T::mul_add(simd, T::splat(simd, *matrix.add(c)), g, pulled);
                    outer[c] = T::mul_add(simd, scaled, g, outer[c]);
                }
                T::store::<S>(place, T::mul_add(simd, weight, pulled, T::load::<S>(place)));
                add_products::<T, S>(simd, T::times(simd, x, pulled), &rows, &mut slopes);
            }
            // Constant indices keep the products in registers until here; the terms look them up by number.
            let place = self.outer.as_mut_ptr();
            for c in 0..D3 {
                T::store::<S>(place.add(c * lanes), outer[c]);
            }
            for (b, list) in self.terms.lists.iter().enumerate() {
                let sum = sums.add(b * lanes);
                for term in list {
                    let product = T::load::<S>(place.add(usize::from(term.entry) * lanes));
                    T::store::<S>(sum, T::mul_add(simd, T::splat(simd, term.factor), product, T::load::<S>(sum)));
                }
            }
            weights.distance(simd, &slopes)
        }
    }
}

/// Adds the product of a register with each of four to four sums.
#[inline(always)]
fn add_products<T: Real, S: Simd>(simd: S, factor: Lanes<T, S>, rows: &[Lanes<T, S>; 4], sums: &mut [Lanes<T, S>; 4]) {
    for i in 0..4 {
        sums[i] = T::mul_add(simd, factor, rows[i], sums[i]);
    }
}

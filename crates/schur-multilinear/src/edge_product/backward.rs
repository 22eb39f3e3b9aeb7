//! Backward: over the edges that a node sends along; its features stay, the receivers' cotangents stream.

use schur_tensor::{
    Lanes, Real,
    pulp::{NullaryFnOnce, Simd, WithSimd},
};

use super::{EdgePath, EdgeProduct, EdgeScratch, Edges, coupling::Term, weights::WeightRow, with_dims};

/// What the reverse pass of one sender adds to or overwrites.
#[derive(Debug)]
pub struct Cotangents<'a, T> {
    /// Cotangent of the sender's features, overwritten; `None` where nothing depends on them.
    pub features: Option<&'a mut [T]>,
    /// Cotangent of each edge's harmonics, `[edge][harmonics]`, added to.
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
        scratch.matrices.resize(self.coupling.entries());
        scratch.registers.resize((self.coupling.entries() + 1) * LARGEST_REGISTER);
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
        });
    }
}

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
    /// Registers in memory: the outer products for every entry, then the sum for the distance.
    registers: &'a mut [T],
}

impl<T: Real> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let product = self.product;
        let lanes = T::lanes::<S>();
        let count = product.harmonics;
        let (outer, distance) = self.registers.split_at_mut(product.coupling.entries() * lanes);
        let distance = &mut distance[..lanes];
        for edge in 0..self.edges.nodes.len() {
            let harmonics = &self.edges.harmonics[edge * count..(edge + 1) * count];
            product.coupling.matrices(simd, harmonics, self.matrices);
            distance.fill(T::ZERO);
            let node = self.edges.nodes[edge] as usize;
            let gradient = &self.gradient[node * product.result..(node + 1) * product.result];
            // SAFETY: `check_edges` has found a point for each edge.
            let weights = unsafe { self.edges.weights.row(edge) };
            for path in &product.paths {
                macro_rules! run {
                    ($d1:literal, $d3:literal, $diagonal:literal) => {
                        simd.vectorize(BackwardPath::<_, _, $d1, $d3, $diagonal> {
                            simd,
                            path: *path,
                            weights,
                            x: self.x,
                            gradient,
                            features: &mut *self.features,
                            matrix: &self.matrices[path.entry..],
                            outer: &mut outer[path.entry * lanes..],
                            distance: &mut *distance,
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
            for (target, terms) in self.harmonics[edge * count..].iter_mut().zip(product.coupling.terms()) {
                *target += collect(simd, terms, outer);
            }
            // SAFETY: `distance` is one register.
            self.distances[edge] += unsafe { T::reduce_sum(simd, T::load::<S>(distance.as_ptr())) };
        }
    }
}

/// Contracts the outer products of all paths with the coefficients of one harmonic.
#[inline(always)]
fn collect<T: Real, S: Simd>(simd: S, terms: &[Term<T>], outer: &[T]) -> T {
    let lanes = T::lanes::<S>();
    let mut sums = [T::splat(simd, T::ZERO); 2];
    let term = |sum, term: &Term<T>| {
        // SAFETY: terms name entries of the plan, and `outer` has a register for each.
        let product = unsafe { T::load::<S>(outer.as_ptr().add(term.entry as usize * lanes)) };
        T::mul_add(simd, T::splat(simd, term.factor), product, sum)
    };
    // Two sums, since one would wait for itself.
    let mut pairs = terms.chunks_exact(2);
    for pair in &mut pairs {
        sums = [term(sums[0], &pair[0]), term(sums[1], &pair[1])];
    }
    for last in pairs.remainder() {
        sums[0] = term(sums[0], last);
    }
    T::reduce_sum(simd, T::plus(simd, sums[0], sums[1]))
}

/// One path of one edge with its dimensions as constants.
struct BackwardPath<'a, S, T, const D1: usize, const D3: usize, const DIAGONAL: bool> {
    simd: S,
    path: EdgePath,
    weights: WeightRow<'a, T>,
    x: &'a [T],
    gradient: &'a [T],
    features: &'a mut [T],
    matrix: &'a [T],
    /// One register for each entry of the path's matrix.
    outer: &'a mut [T],
    /// The register to which the distance's cotangent is added.
    distance: &'a mut [T],
}

impl<S: Simd, T: Real, const D1: usize, const D3: usize, const DIAGONAL: bool> NullaryFnOnce
    for BackwardPath<'_, S, T, D1, D3, DIAGONAL>
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let simd = self.simd;
        let place = self.distance.as_mut_ptr();
        // SAFETY: `check_places` has found every row of the path inside features and result, which `backward` has
        // found complete; `matrix` has the path's entries and `outer` a register for each; `distance` is one register.
        unsafe {
            let change = if DIAGONAL { self.diagonal() } else { self.dense() };
            T::store::<S>(place, T::plus(simd, T::load::<S>(place), change));
        }
    }
}

impl<S: Simd, T: Real, const D1: usize, const D3: usize, const DIAGONAL: bool>
    BackwardPath<'_, S, T, D1, D3, DIAGONAL>
{
    /// A path that scales: its harmonic is constant, so only features and distance have a cotangent. Returns the
    /// distance's, lane by lane.
    #[inline(always)]
    unsafe fn diagonal(self) -> Lanes<T, S> {
        let Self { simd, path, weights, .. } = self;
        let features = self.features.as_mut_ptr();
        let mut distance = T::splat(simd, T::ZERO);
        let factor = T::splat(simd, self.matrix[0]);
        for column in (0..path.channels).step_by(T::lanes::<S>()) {
            // SAFETY: as in `call`.
            unsafe {
                let (weight, slope) = weights.value_and_derivative(simd, path.weight + column);
                let x = self.x.as_ptr().add(path.features.offset + column);
                let gradient = self.gradient.as_ptr().add(path.result.offset + column);
                let features = features.add(path.features.offset + column);
                let weight = T::times(simd, weight, factor);
                let mut change = T::splat(simd, T::ZERO);
                for a in 0..D1 {
                    let g = T::load::<S>(gradient.add(a * path.result.stride));
                    let place = features.add(a * path.features.stride);
                    T::store::<S>(place, T::mul_add(simd, weight, g, T::load::<S>(place)));
                    change = T::mul_add(simd, T::load::<S>(x.add(a * path.features.stride)), g, change);
                }
                distance = T::mul_add(simd, change, slope, distance);
            }
        }
        T::times(simd, distance, factor)
    }

    /// All channels of a path: cotangents of features and distance (returned, lane by lane), and the outer products
    /// $\sum_u w_u x_{au} g_{cu}$, from which `collect` makes those of the harmonics.
    #[inline(always)]
    unsafe fn dense(self) -> Lanes<T, S> {
        let Self { simd, path, weights, .. } = self;
        let zero = T::splat(simd, T::ZERO);
        let mut outer = [[zero; D1]; D3];
        let mut distance = zero;
        let matrix = self.matrix.as_ptr();
        let x = self.x.as_ptr();
        let gradient = self.gradient.as_ptr();
        let features = self.features.as_mut_ptr();
        for column in (0..path.channels).step_by(T::lanes::<S>()) {
            // SAFETY: as in `call`; the matrix has D1 * D3 entries.
            unsafe {
                let (weight, slope) = weights.value_and_derivative(simd, path.weight + column);
                let x = x.add(path.features.offset + column);
                let gradient = gradient.add(path.result.offset + column);
                let features = features.add(path.features.offset + column);
                let mut x_register = [zero; D1];
                let mut scaled = [zero; D1];
                for a in 0..D1 {
                    x_register[a] = T::load::<S>(x.add(a * path.features.stride));
                    scaled[a] = if D1 <= D3 { T::times(simd, weight, x_register[a]) } else { x_register[a] };
                }
                let mut pulled = [zero; D1];
                for c in 0..D3 {
                    let g = T::load::<S>(gradient.add(c * path.result.stride));
                    let weighted = if D1 <= D3 { g } else { T::times(simd, weight, g) };
                    for a in 0..D1 {
                        pulled[a] = T::mul_add(simd, T::splat(simd, *matrix.add(c * D1 + a)), g, pulled[a]);
                        outer[c][a] = T::mul_add(simd, scaled[a], weighted, outer[c][a]);
                    }
                }
                let mut change = zero;
                for a in 0..D1 {
                    let place = features.add(a * path.features.stride);
                    T::store::<S>(place, T::mul_add(simd, weight, pulled[a], T::load::<S>(place)));
                    change = T::mul_add(simd, x_register[a], pulled[a], change);
                }
                distance = T::mul_add(simd, change, slope, distance);
            }
        }
        // Constant indices keep the products in registers until here; `collect` looks them up by number.
        let place = self.outer.as_mut_ptr();
        for c in 0..D3 {
            for a in 0..D1 {
                // SAFETY: as in `call`.
                unsafe { T::store::<S>(place.add((c * D1 + a) * T::lanes::<S>()), outer[c][a]) };
            }
        }
        distance
    }
}

//! Forward: the sums of one receiver, in registers, while its edges pass.

use schur_tensor::{
    Real,
    pulp::{NullaryFnOnce, Simd, WithSimd},
};

use super::{EdgePath, EdgeProduct, EdgeScratch, Edges, with_dims};

impl<T: Real> EdgeProduct<T> {
    /// Sums the product over the edges of one node.
    ///
    /// # Shapes
    /// `x`: the features of all nodes, `[node][features]`. `out`: the result of this node, overwritten.
    ///
    /// # Panics
    /// If an edge leads to a node outside `x`, or a slice has the wrong length.
    ///
    /// # Cost
    /// [`Self::multiply_adds`] an edge; allocates only when a node has more edges than any before.
    pub fn forward(&self, edges: Edges<'_, T>, x: &[T], out: &mut [T], scratch: &mut EdgeScratch<T>) {
        self.check_edges(&edges, x.len() / self.features);
        assert_eq!(out.len(), self.result, "the result of a node");
        out.fill(T::ZERO);
        scratch.matrices.resize(edges.nodes.len() * self.coupling.entries());
        self.arch.dispatch(Forward { product: self, edges, x, out, matrices: scratch.matrices.as_mut_slice() });
    }

    /// Checks what the kernels rely on.
    pub(super) fn check_edges(&self, edges: &Edges<'_, T>, nodes: usize) {
        let count = edges.nodes.len();
        assert!(edges.nodes.iter().all(|&node| (node as usize) < nodes), "an edge leads outside the {nodes} nodes");
        assert_eq!(Some(edges.harmonics.len()), count.checked_mul(self.harmonics), "harmonics of every edge");
        assert_eq!(edges.weights.points.len(), count, "weights of every edge");
        edges.weights.check(self.weights);
    }
}

struct Forward<'a, T> {
    product: &'a EdgeProduct<T>,
    edges: Edges<'a, T>,
    x: &'a [T],
    out: &'a mut [T],
    matrices: &'a mut [T],
}

impl<T: Real> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let product = self.product;
        let entries = product.coupling.entries();
        if self.edges.nodes.is_empty() {
            return;
        }
        let rows = self.edges.harmonics.chunks_exact(product.harmonics);
        for (harmonics, matrices) in rows.zip(self.matrices.chunks_exact_mut(entries)) {
            product.coupling.matrices(simd, harmonics, matrices);
        }
        for path in &product.paths {
            macro_rules! run {
                ($d1:literal, $d3:literal, $diagonal:literal) => {
                    simd.vectorize(ForwardPath::<_, _, $d1, $d3, $diagonal> {
                        simd,
                        path,
                        edges: self.edges,
                        x: self.x,
                        stride: product.features,
                        out: &mut *self.out,
                        matrices: &*self.matrices,
                        entries,
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
    }
}

/// One path of one receiver with its dimensions as constants.
struct ForwardPath<'a, S, T, const D1: usize, const D3: usize, const DIAGONAL: bool> {
    simd: S,
    path: &'a EdgePath,
    edges: Edges<'a, T>,
    x: &'a [T],
    stride: usize,
    out: &'a mut [T],
    matrices: &'a [T],
    entries: usize,
}

impl<S: Simd, T: Real, const D1: usize, const D3: usize, const DIAGONAL: bool> NullaryFnOnce
    for ForwardPath<'_, S, T, D1, D3, DIAGONAL>
{
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        let lanes = T::lanes::<S>();
        for column in (0..self.path.channels).step_by(lanes) {
            // SAFETY: `check_edges` has found every node inside `x`, the weights complete and `matrices` as long as
            // the edges; `check_places` every row of the path inside a node's features and result; channels are a
            // multiple of the lanes.
            unsafe { self.column(column) }
        }
    }
}

impl<S: Simd, T: Real, const D1: usize, const D3: usize, const DIAGONAL: bool> ForwardPath<'_, S, T, D1, D3, DIAGONAL> {
    /// One register of channels: all edges.
    ///
    /// # Safety
    /// As stated where it is called.
    #[inline(always)]
    unsafe fn column(&mut self, column: usize) {
        let (simd, path, entries, stride, weights) =
            (self.simd, *self.path, self.entries, self.stride, self.edges.weights);
        // SAFETY: see above; each pointer stays inside the slice it comes from.
        unsafe {
            let x = self.x.as_ptr().add(path.features.offset + column);
            let out = self.out.as_mut_ptr().add(path.result.offset + column);
            let matrices = self.matrices.as_ptr().add(path.entry);
            let mut sums = [T::splat(simd, T::ZERO); D3];
            for c in 0..D3 {
                sums[c] = T::load::<S>(out.add(c * path.result.stride));
            }
            for (edge, &node) in self.edges.nodes.iter().enumerate() {
                let matrix = matrices.add(edge * entries);
                let x = x.add(node as usize * stride);
                let row = weights.row(edge);
                let weight = row.value(simd, &row.rows::<S>(path.weight + column));
                let mut features = [T::splat(simd, T::ZERO); D1];
                for a in 0..D1 {
                    features[a] = T::load::<S>(x.add(a * path.features.stride));
                }
                if DIAGONAL {
                    let weight = T::times(simd, weight, T::splat(simd, *matrix));
                    for c in 0..D3 {
                        sums[c] = T::mul_add(simd, weight, features[c], sums[c]);
                    }
                } else if D1 < D3 {
                    for a in 0..D1 {
                        features[a] = T::times(simd, weight, features[a]);
                    }
                    for c in 0..D3 {
                        for a in 0..D1 {
                            let entry = T::splat(simd, *matrix.add(c * D1 + a));
                            sums[c] = T::mul_add(simd, entry, features[a], sums[c]);
                        }
                    }
                } else {
                    for c in 0..D3 {
                        let mut message = T::times(simd, T::splat(simd, *matrix.add(c * D1)), features[0]);
                        for a in 1..D1 {
                            let entry = T::splat(simd, *matrix.add(c * D1 + a));
                            message = T::mul_add(simd, entry, features[a], message);
                        }
                        sums[c] = T::mul_add(simd, weight, message, sums[c]);
                    }
                }
            }
            for c in 0..D3 {
                T::store::<S>(out.add(c * path.result.stride), sums[c]);
            }
        }
    }
}

//! The kernel that runs a program forward on one tile of channels.

use schur_tensor::{Lanes, Real, pulp::Simd};

use super::program::{Block, Part, Products, Program, Step, tiles};

/// Where a tile finds its slots and leaves its result.
///
/// A slot takes `V` registers; rows of the result are `result_stride` numbers apart.
#[derive(Clone, Copy)]
pub(super) struct Tile<T> {
    pub values: *mut T,
    pub result: *mut T,
    pub result_stride: usize,
}

/// Runs all steps and copies.
///
/// # Safety
/// `values` holds `program.slots` slots, of which those of the arguments are filled; `result` holds `program.outputs`
/// rows of `V` registers, `result_stride` apart.
#[inline(always)]
pub(super) unsafe fn run<T: Real, S: Simd, const V: usize>(simd: S, program: &Program<T>, tile: Tile<T>) {
    let width = V * T::lanes::<S>();
    for step in &program.steps {
        // SAFETY: as above.
        unsafe { self::step::<T, S, V>(simd, program, step, tile) };
    }
    for copy in &program.copies {
        // SAFETY: slots and rows of the result lie in their arrays.
        unsafe {
            let from = tile.values.add(copy.slot * width);
            let row = load::<T, S, V>(from);
            store::<T, S, V>(tile.result.add(copy.output * tile.result_stride), row);
        }
    }
}

/// Runs one step.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
pub(super) unsafe fn step<T: Real, S: Simd, const V: usize>(simd: S, program: &Program<T>, step: &Step, tile: Tile<T>) {
    // SAFETY: the caller's.
    unsafe {
        match step {
            Step::Products(products) => self::products::<T, S, V>(simd, program, products, tile.values),
            Step::Block(block) => self::block::<T, S, V>(simd, program, block, tile),
        }
    }
}

/// # Safety
/// `pointer` is valid for reading `V` registers.
#[inline(always)]
pub(super) unsafe fn load<T: Real, S: Simd, const V: usize>(pointer: *const T) -> [Lanes<T, S>; V] {
    // SAFETY: the caller's.
    std::array::from_fn(|v| unsafe { T::load::<S>(pointer.add(v * T::lanes::<S>())) })
}

/// # Safety
/// `pointer` is valid for writing `V` registers.
#[inline(always)]
pub(super) unsafe fn store<T: Real, S: Simd, const V: usize>(pointer: *mut T, row: [Lanes<T, S>; V]) {
    for v in 0..V {
        // SAFETY: the caller's.
        unsafe { T::store::<S>(pointer.add(v * T::lanes::<S>()), row[v]) };
    }
}

/// The indices of a part, `N` at a time.
#[inline(always)]
pub(super) fn indices<T, const N: usize>(program: &Program<T>, part: Part) -> &[[u32; N]] {
    program.indices[part.range()].as_chunks::<N>().0
}

#[inline(always)]
unsafe fn products<T: Real, S: Simd, const V: usize>(
    simd: S,
    program: &Program<T>,
    products: &Products,
    values: *mut T,
) {
    let width = V * T::lanes::<S>();
    // SAFETY: the compiler of the program counts every slot it hands out.
    let row = |slot: u32| unsafe { load::<T, S, V>(values.add(slot as usize * width)) };
    let times = |a: [Lanes<T, S>; V], b: [Lanes<T, S>; V]| std::array::from_fn(|v| T::times(simd, a[v], b[v]));
    let mut target = products.first;
    let mut put = |value: [Lanes<T, S>; V]| {
        // SAFETY: as above.
        unsafe { store::<T, S, V>(values.add(target * width), value) };
        target += 1;
    };
    for &[a, b] in indices::<T, 2>(program, products.single) {
        put(times(row(a), row(b)));
    }
    for &[a, b, c, d] in indices::<T, 4>(program, products.sum) {
        let (c, d, e) = (row(c), row(d), times(row(a), row(b)));
        put(std::array::from_fn(|v| T::mul_add(simd, c[v], d[v], e[v])));
    }
    for &[a, b, c, d] in indices::<T, 4>(program, products.difference) {
        let (c, d, e) = (row(c), row(d), times(row(a), row(b)));
        put(std::array::from_fn(|v| T::negate_mul_add(simd, c[v], d[v], e[v])));
    }
    let terms = indices::<T, 2>(program, products.terms);
    let coefficients = &program.coefficients[products.coefficients.range()];
    let mut next = 0;
    for &length in &program.indices[products.lengths.range()] {
        let mut sum = [T::splat(simd, T::ZERO); V];
        let end = next + length as usize;
        for (&[a, b], &coefficient) in terms[next..end].iter().zip(&coefficients[next..end]) {
            let (product, coefficient) = (times(row(a), row(b)), T::splat(simd, coefficient));
            sum = std::array::from_fn(|v| T::mul_add(simd, coefficient, product[v], sum[v]));
        }
        put(sum);
        next = end;
    }
}

#[inline(always)]
unsafe fn block<T: Real, S: Simd, const V: usize>(simd: S, program: &Program<T>, block: &Block, tile: Tile<T>) {
    let width = V * T::lanes::<S>();
    let sources = &program.indices[block.sources.range()];
    let (base, stride) = if block.into_result { (tile.result, tile.result_stride) } else { (tile.values, width) };
    let mut targets = &program.indices[block.targets.range()];
    let mut coefficients = &program.coefficients[block.forward.range()];
    for height in tiles(targets.len()) {
        let (rows, rest) = targets.split_at(height);
        let (matrix, others) = coefficients.split_at(height * sources.len());
        (targets, coefficients) = (rest, others);
        macro_rules! tile {
            ($($R:literal)*) => {
                match height {
                    $($R => {
                        // SAFETY: sources are slots; targets are slots or rows of the result.
                        unsafe {
                            let sums = combine::<T, S, V, $R>(simd, matrix, sources, tile.values, width);
                            for (sum, &row) in sums.into_iter().zip(rows) {
                                store::<T, S, V>(base.add(row as usize * stride), sum);
                            }
                        }
                    })*
                    _ => unreachable!("tiles have at most MAX_TILE rows"),
                }
            };
        }
        tile!(1 2 3 4 5 6);
    }
}

/// `R` linear combinations of the sources, `matrix` being `[source][R]`.
///
/// # Safety
/// `values` holds every row that `sources` names, `stride` apart.
#[inline(always)]
pub(super) unsafe fn combine<T: Real, S: Simd, const V: usize, const R: usize>(
    simd: S,
    matrix: &[T],
    sources: &[u32],
    values: *const T,
    stride: usize,
) -> [[Lanes<T, S>; V]; R] {
    let mut sums = [[T::splat(simd, T::ZERO); V]; R];
    for (column, &source) in matrix.as_chunks::<R>().0.iter().zip(sources) {
        // SAFETY: the caller's.
        let row = unsafe { load::<T, S, V>(values.add(source as usize * stride)) };
        for r in 0..R {
            let coefficient = T::splat(simd, column[r]);
            for v in 0..V {
                sums[r][v] = T::mul_add(simd, coefficient, row[v], sums[r][v]);
            }
        }
    }
    sums
}

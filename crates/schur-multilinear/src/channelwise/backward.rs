//! The kernel that runs a program in reverse on one tile of channels.

use schur_tensor::{Real, pulp::Simd};

use super::{
    forward::{Tile, combine, indices, load, step, store},
    program::{Block, Products, Program, Step, tiles},
};

/// Where a tile finds the cotangent of the result and leaves those of the slots.
#[derive(Clone, Copy)]
pub(super) struct CotangentTile<T> {
    pub forward: Tile<T>,
    /// Cotangents of the result, in rows `result_stride` apart.
    pub result: *const T,
    pub result_stride: usize,
    /// Cotangents of the slots; those of the arguments are what comes out.
    pub slots: *mut T,
}

/// Runs the steps whose values are needed, then all steps in reverse.
///
/// # Safety
/// As for the forward kernel; `slots` holds as many as `values`, and `result` the rows of the result.
#[inline(always)]
pub(super) unsafe fn run<T: Real, S: Simd, const V: usize>(simd: S, program: &Program<T>, tile: CotangentTile<T>) {
    let width = V * T::lanes::<S>();
    // SAFETY: the caller's; slots and rows of the result lie in their arrays.
    unsafe {
        for &index in &program.value_steps {
            step::<T, S, V>(simd, program, &program.steps[index], tile.forward);
        }
        std::slice::from_raw_parts_mut(tile.slots, program.kept * width).fill(T::ZERO);
        for copy in &program.copies {
            let row = load::<T, S, V>(tile.result.add(copy.output * tile.result_stride));
            add::<T, S, V>(simd, tile.slots.add(copy.slot * width), row);
        }
        for step in program.steps.iter().rev() {
            match step {
                Step::Products(products) => self::products::<T, S, V>(simd, program, products, tile),
                Step::Block(block) => self::block::<T, S, V>(simd, program, block, tile),
            }
        }
    }
}

/// # Safety
/// `pointer` is valid for reading and writing `V` registers.
#[inline(always)]
unsafe fn add<T: Real, S: Simd, const V: usize>(simd: S, pointer: *mut T, row: [schur_tensor::Lanes<T, S>; V]) {
    // SAFETY: the caller's.
    unsafe {
        let old = load::<T, S, V>(pointer);
        store::<T, S, V>(pointer, std::array::from_fn(|v| T::plus(simd, old[v], row[v])));
    }
}

/// Adds `factor * g` to the cotangents of both factors of a product, each times the other one.
macro_rules! product_rule {
    ($simd:ident, $tile:ident, $width:ident, $g:expr, $a:expr, $b:expr) => {{
        let (g, a, b) = ($g, $a as usize * $width, $b as usize * $width);
        for (to, other) in [(a, b), (b, a)] {
            let other = load::<T, S, V>($tile.forward.values.add(other));
            let old = load::<T, S, V>($tile.slots.add(to));
            let new = std::array::from_fn(|v| T::mul_add($simd, g[v], other[v], old[v]));
            store::<T, S, V>($tile.slots.add(to), new);
        }
    }};
}

#[inline(always)]
unsafe fn products<T: Real, S: Simd, const V: usize>(
    simd: S,
    program: &Program<T>,
    products: &Products,
    tile: CotangentTile<T>,
) {
    let width = V * T::lanes::<S>();
    let mut target = products.first;
    let mut cotangent = || {
        // SAFETY: the compiler of the program counts every slot it hands out.
        let row = unsafe { load::<T, S, V>(tile.slots.add(target * width)) };
        target += 1;
        row
    };
    let minus = T::splat(simd, -T::ONE);
    // SAFETY: as above; the rule writes to one factor before it reads the other, so a square is right too.
    unsafe {
        for &[a, b] in indices::<T, 2>(program, products.single) {
            product_rule!(simd, tile, width, cotangent(), a, b);
        }
        for &[a, b, c, d] in indices::<T, 4>(program, products.sum) {
            let g = cotangent();
            product_rule!(simd, tile, width, g, a, b);
            product_rule!(simd, tile, width, g, c, d);
        }
        for &[a, b, c, d] in indices::<T, 4>(program, products.difference) {
            let g = cotangent();
            product_rule!(simd, tile, width, g, a, b);
            product_rule!(simd, tile, width, g.map(|g| T::times(simd, minus, g)), c, d);
        }
        let terms = indices::<T, 2>(program, products.terms);
        let coefficients = &program.coefficients[products.coefficients.range()];
        let mut next = 0;
        for &length in &program.indices[products.lengths.range()] {
            let (g, end) = (cotangent(), next + length as usize);
            for (&[a, b], &coefficient) in terms[next..end].iter().zip(&coefficients[next..end]) {
                let coefficient = T::splat(simd, coefficient);
                product_rule!(simd, tile, width, g.map(|g| T::times(simd, coefficient, g)), a, b);
            }
            next = end;
        }
    }
}

#[inline(always)]
unsafe fn block<T: Real, S: Simd, const V: usize>(
    simd: S,
    program: &Program<T>,
    block: &Block,
    tile: CotangentTile<T>,
) {
    let width = V * T::lanes::<S>();
    for &slot in &program.indices[block.cleared.range()] {
        // SAFETY: a slot.
        unsafe { store::<T, S, V>(tile.slots.add(slot as usize * width), [T::splat(simd, T::ZERO); V]) };
    }
    let targets = &program.indices[block.targets.range()];
    let (base, stride) =
        if block.into_result { (tile.result, tile.result_stride) } else { (tile.slots.cast_const(), width) };
    let mut sources = &program.indices[block.sources.range()];
    let mut coefficients = &program.coefficients[block.backward.range()];
    for height in tiles(sources.len()) {
        let (columns, rest) = sources.split_at(height);
        let (matrix, others) = coefficients.split_at(height * targets.len());
        (sources, coefficients) = (rest, others);
        macro_rules! tile {
            ($($R:literal)*) => {
                match height {
                    $($R => {
                        // SAFETY: targets are slots or rows of the result; sources are slots.
                        unsafe {
                            let sums = combine::<T, S, V, $R>(simd, matrix, targets, base, stride);
                            for (sum, &column) in sums.into_iter().zip(columns) {
                                let to = tile.slots.add(column as usize * width);
                                if block.fresh { store::<T, S, V>(to, sum) } else { add::<T, S, V>(simd, to, sum) }
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

//! The kernel that runs a program in reverse on one tile of channels.

use schur_tensor::{Real, prefetch, pulp::Simd};

use super::{
    forward::{Place, Row, Rows, combine, indices, load, load_row, mul_add, step, store, times},
    program::{General, Program, Scaled, Short, Step, Tile},
};

/// Where a tile finds the cotangent of the result and leaves those of the slots.
#[derive(Clone, Copy)]
pub(super) struct CotangentPlace<T> {
    pub forward: Place<T>,
    /// Cotangents of the result.
    pub result: *const T,
    pub rows: Rows,
    /// Cotangents of the slots; those of the arguments are what comes out.
    pub slots: *mut T,
}

/// Steps between asking for cotangents of the result and using them: rows lie too far apart for the processor to guess.
const AHEAD: usize = 12;

/// # Safety
/// The tile belongs to the program.
#[inline(always)]
unsafe fn fetch_ahead<T: Real, S: Simd, const V: usize>(program: &Program<T>, tile: &Tile, place: CotangentPlace<T>) {
    if !tile.result {
        return;
    }
    // SAFETY: the caller's; asking for an address has no effect but on time.
    for &[row] in unsafe { indices::<T, 1>(program, tile.sources) } {
        for v in 0..V {
            let offset = place.rows.offset::<V>(v, T::lanes::<S>());
            prefetch(place.result.wrapping_add(row as usize * place.rows.stride + offset));
        }
    }
}

/// Runs the steps whose values are needed, then all steps in reverse.
///
/// # Safety
/// As for the forward kernel, but for its result, which no value step writes; `slots` holds as many as `values`, and
/// `result` the rows of the result.
#[inline(always)]
pub(super) unsafe fn run<T: Real, S: Simd, const V: usize>(simd: S, program: &Program<T>, place: CotangentPlace<T>) {
    let width = V * T::lanes::<S>();
    // SAFETY: the caller's; slots and rows of the result lie in their arrays.
    unsafe {
        for value_step in &program.value_steps {
            step::<T, S, V>(simd, program, value_step, place.forward);
        }
        std::slice::from_raw_parts_mut(place.slots, program.kept * width).fill(T::ZERO);
        for copy in &program.copies {
            let row = load_row::<T, S, V>(simd, place.result.add(copy.output * place.rows.stride), place.rows);
            add::<T, S, V>(simd, place.slots.add(copy.slot * width), row);
        }
        for (index, step) in program.reverse.iter().enumerate() {
            if let Some(Step::Tile(ahead)) = program.reverse.get(index + AHEAD) {
                fetch_ahead::<T, S, V>(program, ahead, place);
            }
            match step {
                Step::Products { kind, first, slots } => {
                    let first = place.slots.add(*first as usize * width);
                    match kind {
                        Short::Single => products::<T, S, V, 2>(simd, indices(program, *slots), first, *kind, place),
                        _ => products::<T, S, V, 4>(simd, indices(program, *slots), first, *kind, place),
                    }
                }
                Step::Scaled(scaled) => match scaled.kind {
                    Short::Single => self::scaled::<T, S, V, 2>(simd, program, scaled, place),
                    _ => self::scaled::<T, S, V, 4>(simd, program, scaled, place),
                },
                Step::InverseSqrt { first, slots } => {
                    inverse_sqrt::<T, S, V>(simd, indices(program, *slots), *first as usize * width, place);
                }
                Step::General(general) => self::general::<T, S, V>(simd, program, general, place),
                Step::Tile(tile) => self::tile::<T, S, V>(simd, program, tile, place),
                Step::Clear { slots } => {
                    for &[slot] in indices::<T, 1>(program, *slots) {
                        let zero = [T::splat(simd, T::ZERO); V];
                        store::<T, S, V>(place.slots.add(slot as usize * width), zero);
                    }
                }
            }
        }
    }
}

/// # Safety
/// `pointer` is valid for reading and writing `V` registers.
#[inline(always)]
unsafe fn add<T: Real, S: Simd, const V: usize>(simd: S, pointer: *mut T, row: Row<T, S, V>) {
    // SAFETY: the caller's.
    unsafe {
        let mut sum = load::<T, S, V>(simd, pointer);
        for v in 0..V {
            sum[v] = T::plus(simd, sum[v], row[v]);
        }
        store::<T, S, V>(pointer, sum);
    }
}

/// Adds `g` times each factor of a product to the cotangent of the other one.
///
/// A square is right too: its second half reads what the first one has written.
///
/// # Safety
/// `a` and `b` are slots.
#[inline(always)]
unsafe fn product_rule<T: Real, S: Simd, const V: usize>(
    simd: S,
    place: CotangentPlace<T>,
    g: Row<T, S, V>,
    (a, b): (u32, u32),
) {
    let width = V * T::lanes::<S>();
    let (a, b) = (a as usize * width, b as usize * width);
    // SAFETY: the caller's.
    unsafe {
        let (x, y) =
            (load::<T, S, V>(simd, place.forward.values.add(a)), load::<T, S, V>(simd, place.forward.values.add(b)));
        let sum = mul_add::<T, S, V>(simd, g, y, load::<T, S, V>(simd, place.slots.add(a)));
        store::<T, S, V>(place.slots.add(a), sum);
        let sum = mul_add::<T, S, V>(simd, g, x, load::<T, S, V>(simd, place.slots.add(b)));
        store::<T, S, V>(place.slots.add(b), sum);
    }
}

/// The rule for a short product of two or four slots.
///
/// # Safety
/// `place` holds the slots.
#[inline(always)]
unsafe fn short<T: Real, S: Simd, const V: usize, const N: usize>(
    simd: S,
    kind: Short,
    slots: &[u32; N],
    g: Row<T, S, V>,
    place: CotangentPlace<T>,
) {
    // SAFETY: the caller's.
    unsafe {
        product_rule::<T, S, V>(simd, place, g, (slots[0], slots[1]));
        if N == 4 {
            let minus = [T::splat(simd, -T::ONE); V];
            let g = if kind == Short::Sum { g } else { times::<T, S, V>(simd, minus, g) };
            product_rule::<T, S, V>(simd, place, g, (slots[2], slots[3]));
        }
    }
}

/// # Safety
/// `place` holds the slots; `cotangent` is the row of the first of `rows`.
#[inline(always)]
unsafe fn products<T: Real, S: Simd, const V: usize, const N: usize>(
    simd: S,
    rows: &[[u32; N]],
    mut cotangent: *const T,
    kind: Short,
    place: CotangentPlace<T>,
) {
    for slots in rows {
        // SAFETY: the caller's.
        unsafe {
            let g = load::<T, S, V>(simd, cotangent);
            short::<T, S, V, N>(simd, kind, slots, g, place);
            cotangent = cotangent.add(V * T::lanes::<S>());
        }
    }
}

/// Where a step finds cotangents: in those of the result or of slots.
#[inline(always)]
fn sources<T: Real, S: Simd, const V: usize>(result: bool, place: CotangentPlace<T>) -> (*const T, Rows) {
    if result { (place.result, place.rows) } else { (place.slots, Rows::packed(V * T::lanes::<S>())) }
}

/// # Safety
/// `place` holds the slots and the result of the step.
#[inline(always)]
unsafe fn scaled<T: Real, S: Simd, const V: usize, const N: usize>(
    simd: S,
    program: &Program<T>,
    step: &Scaled,
    place: CotangentPlace<T>,
) {
    let (base, from_rows) = sources::<T, S, V>(step.result, place);
    // SAFETY: the compiler of the program counts every slot and coefficient it hands out.
    unsafe {
        let mut coefficient = program.coefficients.as_ptr().add(step.coefficients as usize);
        let rows = indices::<T, N>(program, step.slots).iter().zip(indices::<T, 1>(program, step.targets));
        for (slots, &[target]) in rows {
            let g = load_row::<T, S, V>(simd, base.add(target as usize * from_rows.stride), from_rows);
            let g = times::<T, S, V>(simd, [T::splat(simd, *coefficient); V], g);
            short::<T, S, V, N>(simd, step.kind, slots, g, place);
            coefficient = coefficient.add(1);
        }
    }
}

/// # Safety
/// `place` holds the slots of the step.
#[inline(always)]
unsafe fn general<T: Real, S: Simd, const V: usize>(
    simd: S,
    program: &Program<T>,
    step: &General,
    place: CotangentPlace<T>,
) {
    let (base, from_rows) = sources::<T, S, V>(step.result, place);
    // SAFETY: the compiler of the program counts every slot and coefficient it hands out.
    unsafe {
        let mut terms = indices::<T, 2>(program, step.slots).iter();
        let mut coefficient = program.coefficients.as_ptr().add(step.coefficients as usize);
        for &[target] in indices::<T, 1>(program, step.targets) {
            let g = load_row::<T, S, V>(simd, base.add(target as usize * from_rows.stride), from_rows);
            for &[a, b] in terms.by_ref().take(step.terms as usize) {
                let scaled = times::<T, S, V>(simd, [T::splat(simd, *coefficient); V], g);
                product_rule::<T, S, V>(simd, place, scaled, (a, b));
                coefficient = coefficient.add(1);
            }
        }
    }
}

/// Adds `-r^3 / 2` times the cotangent of the root to that of its square.
///
/// Factor by factor: the cube would overflow for vectors whose squares are still numbers, where the product does not,
/// as their cotangents are as small as they are.
///
/// # Safety
/// `place` holds the slots; the roots begin at `first` numbers.
#[inline(always)]
unsafe fn inverse_sqrt<T: Real, S: Simd, const V: usize>(
    simd: S,
    squares: &[[u32; 1]],
    mut first: usize,
    place: CotangentPlace<T>,
) {
    let width = V * T::lanes::<S>();
    let half = [T::splat(simd, T::from_f64(-0.5)); V];
    for &[square] in squares {
        // SAFETY: the caller's.
        unsafe {
            let root = load::<T, S, V>(simd, place.forward.values.add(first));
            let mut g = times::<T, S, V>(simd, half, load::<T, S, V>(simd, place.slots.add(first)));
            for _ in 0..3 {
                g = times::<T, S, V>(simd, root, g);
            }
            add::<T, S, V>(simd, place.slots.add(square as usize * width), g);
        }
        first += width;
    }
}

/// # Safety
/// `place` holds slots and cotangents.
#[inline(always)]
unsafe fn tile<T: Real, S: Simd, const V: usize>(simd: S, program: &Program<T>, tile: &Tile, place: CotangentPlace<T>) {
    let width = V * T::lanes::<S>();
    let from = sources::<T, S, V>(tile.result, place);
    macro_rules! combine {
        ($($R:literal)*) => {
            match tile.targets.len {
                $($R => {
                    // SAFETY: sources are slots or rows of the result; targets are slots.
                    unsafe {
                        let targets = indices::<T, $R>(program, tile.targets).get_unchecked(0);
                        let sums = combine::<T, S, V, $R>(simd, program, tile, from);
                        for r in 0..$R {
                            let to = place.slots.add(targets[r] as usize * width);
                            if tile.add {
                                add::<T, S, V>(simd, to, sums[r]);
                            } else {
                                store::<T, S, V>(to, sums[r]);
                            }
                        }
                    }
                })*
                _ => {}
            }
        };
    }
    combine!(1 2 3 4 5 6);
}

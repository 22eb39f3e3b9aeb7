//! The kernel that runs a program forward on one tile of channels.

use schur_tensor::{Lanes, Real, pulp::Simd};

use super::program::{General, Part, Program, Scaled, Short, Step, Tile};

/// Where a tile finds its slots and leaves its result.
///
/// A slot takes `V` registers, one behind the other.
#[derive(Clone, Copy)]
pub(super) struct Place<T> {
    pub values: *mut T,
    pub result: *mut T,
    pub rows: Rows,
    /// Whether the result is larger than the caches and its rows are aligned to them.
    pub streaming: bool,
}

/// How rows of `V` registers lie in memory.
///
/// The second half of a row need not follow the first: it may belong to another item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    /// Numbers from one row to the next.
    pub stride: usize,
    /// Numbers from the first half of a row to the second.
    pub half: usize,
}

impl Rows {
    /// Rows of `width` numbers, one behind the other.
    pub fn packed(width: usize) -> Self {
        Self { stride: width, half: width / 2 }
    }

    /// Where register `v` of `V` lies in a row.
    #[inline(always)]
    pub fn offset<const V: usize>(self, v: usize, lanes: usize) -> usize {
        let first = V.div_ceil(2);
        if v < first { v * lanes } else { self.half + (v - first) * lanes }
    }
}

/// Runs all steps and copies.
///
/// # Safety
/// `values` holds `program.slots` slots, of which those of the arguments are filled; `result` holds `program.outputs`
/// rows of `V` registers.
#[inline(always)]
pub(super) unsafe fn run<T: Real, S: Simd, const V: usize>(simd: S, program: &Program<T>, place: Place<T>) {
    let width = V * T::lanes::<S>();
    for step in &program.steps {
        // SAFETY: as above.
        unsafe { self::step::<T, S, V>(simd, program, step, place) };
    }
    for copy in &program.copies {
        // SAFETY: slots and rows of the result lie in their arrays.
        unsafe {
            let from = place.values.add(copy.slot * width);
            let row = load::<T, S, V>(simd, from);
            store_row::<T, S, V>(place.result.add(copy.output * place.rows.stride), place.rows, row);
        }
    }
}

/// Runs one step.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
pub(super) unsafe fn step<T: Real, S: Simd, const V: usize>(
    simd: S,
    program: &Program<T>,
    step: &Step,
    place: Place<T>,
) {
    // SAFETY: the caller's.
    unsafe {
        match step {
            Step::Products { kind, first, slots } => {
                let first = place.values.add(*first as usize * V * T::lanes::<S>());
                match kind {
                    Short::Single => products::<T, S, V, 2>(simd, indices(program, *slots), place.values, first, *kind),
                    _ => products::<T, S, V, 4>(simd, indices(program, *slots), place.values, first, *kind),
                }
            }
            Step::Scaled(scaled) => match scaled.kind {
                Short::Single => self::scaled::<T, S, V, 2>(simd, program, scaled, place),
                _ => self::scaled::<T, S, V, 4>(simd, program, scaled, place),
            },
            Step::General(general) => match general.terms {
                2 => self::general::<T, S, V, 2>(simd, program, general, place),
                3 => self::general::<T, S, V, 3>(simd, program, general, place),
                _ => self::general::<T, S, V, 0>(simd, program, general, place),
            },
            Step::InverseSqrt { first, slots } => {
                let width = V * T::lanes::<S>();
                let mut target = place.values.add(*first as usize * width);
                for &[slot] in indices::<T, 1>(program, *slots) {
                    let mut row = load::<T, S, V>(simd, place.values.add(slot as usize * width));
                    for v in 0..V {
                        row[v] = T::inverse_sqrt(simd, row[v]);
                    }
                    store::<T, S, V>(target, row);
                    target = target.add(width);
                }
            }
            Step::Tile(tile) => self::tile::<T, S, V>(simd, program, tile, place),
            Step::Clear { .. } => {}
        }
    }
}

/// The registers of one row.
pub(super) type Row<T, S, const V: usize> = [Lanes<T, S>; V];

// Plain loops throughout, here and in the reverse pass: closures do not inherit the instruction set of their function,
// and a call that is not inlined costs more than the arithmetic.

/// # Safety
/// `pointer` is valid for reading `V` registers.
#[inline(always)]
pub(super) unsafe fn load<T: Real, S: Simd, const V: usize>(simd: S, pointer: *const T) -> Row<T, S, V> {
    let mut row = [T::splat(simd, T::ZERO); V];
    for v in 0..V {
        // SAFETY: the caller's.
        row[v] = unsafe { T::load::<S>(pointer.add(v * T::lanes::<S>())) };
    }
    row
}

/// # Safety
/// `pointer` is valid for writing `V` registers.
#[inline(always)]
pub(super) unsafe fn store<T: Real, S: Simd, const V: usize>(pointer: *mut T, row: Row<T, S, V>) {
    for v in 0..V {
        // SAFETY: the caller's.
        unsafe { T::store::<S>(pointer.add(v * T::lanes::<S>()), row[v]) };
    }
}

/// # Safety
/// `pointer` is valid for reading the row.
#[inline(always)]
pub(super) unsafe fn load_row<T: Real, S: Simd, const V: usize>(
    simd: S,
    pointer: *const T,
    rows: Rows,
) -> Row<T, S, V> {
    let mut row = [T::splat(simd, T::ZERO); V];
    for v in 0..V {
        // SAFETY: the caller's.
        row[v] = unsafe { T::load::<S>(pointer.add(rows.offset::<V>(v, T::lanes::<S>()))) };
    }
    row
}

/// # Safety
/// `pointer` is valid for writing the row.
#[inline(always)]
unsafe fn store_row<T: Real, S: Simd, const V: usize>(pointer: *mut T, rows: Rows, row: Row<T, S, V>) {
    for v in 0..V {
        // SAFETY: the caller's.
        unsafe { T::store::<S>(pointer.add(rows.offset::<V>(v, T::lanes::<S>())), row[v]) };
    }
}

/// As [`store_row`], past the caches.
///
/// # Safety
/// As for [`store_row`], with both halves aligned to 64 bytes.
#[inline(always)]
unsafe fn stream_row<T: Real, S: Simd, const V: usize>(pointer: *mut T, rows: Rows, row: Row<T, S, V>) {
    for v in 0..V {
        // SAFETY: the caller's.
        unsafe { T::store_streaming::<S>(pointer.add(rows.offset::<V>(v, T::lanes::<S>())), row[v]) };
    }
}

/// The product of two rows.
#[inline(always)]
pub(super) fn times<T: Real, S: Simd, const V: usize>(simd: S, a: Row<T, S, V>, b: Row<T, S, V>) -> Row<T, S, V> {
    let mut row = a;
    for v in 0..V {
        row[v] = T::times(simd, a[v], b[v]);
    }
    row
}

/// `a b + c`.
#[inline(always)]
pub(super) fn mul_add<T: Real, S: Simd, const V: usize>(
    simd: S,
    a: Row<T, S, V>,
    b: Row<T, S, V>,
    c: Row<T, S, V>,
) -> Row<T, S, V> {
    let mut row = c;
    for v in 0..V {
        row[v] = T::mul_add(simd, a[v], b[v], c[v]);
    }
    row
}

/// `c - a b`.
#[inline(always)]
pub(super) fn negate_mul_add<T: Real, S: Simd, const V: usize>(
    simd: S,
    a: Row<T, S, V>,
    b: Row<T, S, V>,
    c: Row<T, S, V>,
) -> Row<T, S, V> {
    let mut row = c;
    for v in 0..V {
        row[v] = T::negate_mul_add(simd, a[v], b[v], c[v]);
    }
    row
}

/// The indices of a part, `N` at a time.
///
/// # Safety
/// The part lies in the program.
#[inline(always)]
pub(super) unsafe fn indices<T, const N: usize>(program: &Program<T>, part: Part) -> &[[u32; N]] {
    // SAFETY: the caller's.
    unsafe { program.indices.get_unchecked(part.range()) }.as_chunks::<N>().0
}

/// A short product of two or four slots.
///
/// # Safety
/// `values` holds the slots.
#[inline(always)]
unsafe fn short<T: Real, S: Simd, const V: usize, const N: usize>(
    simd: S,
    kind: Short,
    slots: &[u32; N],
    values: *const T,
) -> Row<T, S, V> {
    let width = V * T::lanes::<S>();
    // SAFETY: the caller's.
    unsafe {
        let a = load::<T, S, V>(simd, values.add(slots[0] as usize * width));
        let b = load::<T, S, V>(simd, values.add(slots[1] as usize * width));
        let product = times::<T, S, V>(simd, a, b);
        if N == 2 {
            return product;
        }
        let c = load::<T, S, V>(simd, values.add(slots[2] as usize * width));
        let d = load::<T, S, V>(simd, values.add(slots[3] as usize * width));
        match kind {
            Short::Sum => mul_add::<T, S, V>(simd, c, d, product),
            _ => negate_mul_add::<T, S, V>(simd, c, d, product),
        }
    }
}

/// Short products in slots one after the other.
///
/// # Safety
/// `values` holds the slots; there is room for all rows behind `target`.
#[inline(always)]
unsafe fn products<T: Real, S: Simd, const V: usize, const N: usize>(
    simd: S,
    rows: &[[u32; N]],
    values: *const T,
    mut target: *mut T,
    kind: Short,
) {
    for slots in rows {
        // SAFETY: the caller's.
        unsafe {
            store::<T, S, V>(target, short::<T, S, V, N>(simd, kind, slots, values));
            target = target.add(V * T::lanes::<S>());
        }
    }
}

/// Where a step writes: into the result or into slots.
#[inline(always)]
fn targets<T: Real, S: Simd, const V: usize>(result: bool, place: Place<T>) -> (*mut T, Rows) {
    if result { (place.result, place.rows) } else { (place.values, Rows::packed(V * T::lanes::<S>())) }
}

/// Short products times numbers, each in its own place.
///
/// # Safety
/// `place` holds slots and result.
#[inline(always)]
unsafe fn scaled<T: Real, S: Simd, const V: usize, const N: usize>(
    simd: S,
    program: &Program<T>,
    step: &Scaled,
    place: Place<T>,
) {
    let (base, to_rows) = targets::<T, S, V>(step.result, place);
    // SAFETY: the compiler of the program counts every slot and coefficient it hands out.
    unsafe {
        let mut coefficient = program.coefficients.as_ptr().add(step.coefficients as usize);
        let rows = indices::<T, N>(program, step.slots).iter().zip(indices::<T, 1>(program, step.targets));
        for (slots, &[target]) in rows {
            let product = short::<T, S, V, N>(simd, step.kind, slots, place.values);
            let row = times::<T, S, V>(simd, [T::splat(simd, *coefficient); V], product);
            let to = base.add(target as usize * to_rows.stride);
            if step.result && place.streaming {
                stream_row::<T, S, V>(to, to_rows, row);
            } else {
                store_row::<T, S, V>(to, to_rows, row);
            }
            coefficient = coefficient.add(1);
        }
    }
}

/// Sums of `N` products with coefficients; of `step.terms` where `N` is zero.
///
/// # Safety
/// `place` holds slots and result.
#[inline(always)]
unsafe fn general<T: Real, S: Simd, const V: usize, const N: usize>(
    simd: S,
    program: &Program<T>,
    step: &General,
    place: Place<T>,
) {
    let (base, to_rows) = targets::<T, S, V>(step.result, place);
    let terms = if N > 0 { N } else { step.terms as usize };
    // SAFETY: the compiler of the program counts every slot and coefficient it hands out.
    unsafe {
        let mut slots = indices::<T, 2>(program, step.slots).as_ptr();
        let mut coefficients = program.coefficients.as_ptr().add(step.coefficients as usize);
        for &[target] in indices::<T, 1>(program, step.targets) {
            let mut sum = [T::splat(simd, T::ZERO); V];
            for term in 0..terms {
                let product = short::<T, S, V, 2>(simd, Short::Single, &*slots.add(term), place.values);
                sum = mul_add::<T, S, V>(simd, [T::splat(simd, *coefficients.add(term)); V], product, sum);
            }
            store_row::<T, S, V>(base.add(target as usize * to_rows.stride), to_rows, sum);
            (slots, coefficients) = (slots.add(terms), coefficients.add(terms));
        }
    }
}

/// # Safety
/// `place` holds slots and result.
#[inline(always)]
unsafe fn tile<T: Real, S: Simd, const V: usize>(simd: S, program: &Program<T>, tile: &Tile, place: Place<T>) {
    let width = V * T::lanes::<S>();
    let (base, to_rows) = targets::<T, S, V>(tile.result, place);
    macro_rules! combine {
        ($($R:literal)*) => {
            match tile.targets.len {
                $($R => {
                    // SAFETY: sources are slots; targets are slots or rows of the result.
                    unsafe {
                        let targets = indices::<T, $R>(program, tile.targets).get_unchecked(0);
                        let sums = combine::<T, S, V, $R>(simd, program, tile, (place.values, Rows::packed(width)));
                        if tile.result && place.streaming {
                            for r in 0..$R {
                                stream_row::<T, S, V>(base.add(targets[r] as usize * to_rows.stride), to_rows, sums[r]);
                            }
                        } else {
                            for r in 0..$R {
                                store_row::<T, S, V>(base.add(targets[r] as usize * to_rows.stride), to_rows, sums[r]);
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

/// The `R` linear combinations of a tile, and how its sources lie.
///
/// # Safety
/// `values` holds every row that the tile reads.
#[inline(always)]
pub(super) unsafe fn combine<T: Real, S: Simd, const V: usize, const R: usize>(
    simd: S,
    program: &Program<T>,
    tile: &Tile,
    (values, rows): (*const T, Rows),
) -> [Row<T, S, V>; R] {
    let mut sums = [[T::splat(simd, T::ZERO); V]; R];
    // SAFETY: the compiler of the program counts every slot and coefficient it hands out.
    unsafe {
        let mut coefficients = program.coefficients.as_ptr().add(tile.coefficients as usize);
        for &[source] in indices::<T, 1>(program, tile.sources) {
            let row = load_row::<T, S, V>(simd, values.add(source as usize * rows.stride), rows);
            for r in 0..R {
                let coefficient = [T::splat(simd, *coefficients.add(r)); V];
                sums[r] = mul_add::<T, S, V>(simd, coefficient, row, sums[r]);
            }
            coefficients = coefficients.add(R);
        }
    }
    sums
}

//! `f32` and `f64` behind one trait, with their SIMD lanes.

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

/// The SIMD register type of `T` on the instruction set `S`.
pub type Lanes<T, S> = <T as Real>::Lanes<S>;

/// A floating-point number that kernels compute with: `f32` or `f64`.
///
/// Nobody else can implement it: kernels rely on the size of [`Lanes`] where they load and store.
pub trait Real:
    Sealed
    + pulp::bytemuck::Pod
    + Default
    + PartialOrd
    + std::fmt::Debug
    + Send
    + Sync
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + std::ops::MulAssign
{
    /// One register of these numbers.
    type Lanes<S: Simd>: Copy;
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The name users know: `f32` or `f64`.
    const NAME: &'static str;
    /// Squares below this count as zero where roots are inverted: 2^-104 for `f32`, 2^-1000 for `f64`.
    ///
    /// It leaves room above: `1 / x` times cotangents up to four million is still a number.
    const SQUARE_FLOOR: Self;

    /// Rounds a double to this precision.
    fn from_f64(value: f64) -> Self;
    /// Widens to double precision.
    fn to_f64(self) -> f64;

    /// Numbers in one register.
    fn lanes<S: Simd>() -> usize {
        size_of::<Self::Lanes<S>>() / size_of::<Self>()
    }

    /// Loads one register.
    ///
    /// # Safety
    /// `pointer` must be valid for reading `Self::lanes::<S>()` numbers; no alignment is needed.
    #[inline(always)]
    unsafe fn load<S: Simd>(pointer: *const Self) -> Self::Lanes<S> {
        // SAFETY: the caller vouches for the range; a register is plain numbers without padding.
        unsafe { pointer.cast::<Self::Lanes<S>>().read_unaligned() }
    }

    /// Stores one register.
    ///
    /// # Safety
    /// `pointer` must be valid for writing `Self::lanes::<S>()` numbers; no alignment is needed.
    #[inline(always)]
    unsafe fn store<S: Simd>(pointer: *mut Self, value: Self::Lanes<S>) {
        // SAFETY: as for `load`.
        unsafe { pointer.cast::<Self::Lanes<S>>().write_unaligned(value) }
    }

    /// Stores one register past the caches, where the processor can: for results that are larger than they are.
    ///
    /// # Safety
    /// As for [`store`](Self::store), and `pointer` must be aligned to the size of the register. The caller ends a run of
    /// such stores with [`end_streaming`](crate::end_streaming).
    #[inline(always)]
    unsafe fn store_streaming<S: Simd>(pointer: *mut Self, value: Self::Lanes<S>) {
        // SAFETY: the caller's.
        unsafe { crate::streaming::store::<Self, S>(pointer, value) }
    }

    /// Sees numbers as whole registers; those of a last, unfinished one are left over.
    fn as_lanes<S: Simd>(numbers: &[Self]) -> (&[Self::Lanes<S>], &[Self]);
    /// As [`as_lanes`](Self::as_lanes), for numbers to be changed.
    fn as_lanes_mut<S: Simd>(numbers: &mut [Self]) -> (&mut [Self::Lanes<S>], &mut [Self]);
    /// Fills a register with one number.
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Lanes<S>;
    /// `a + b`, lane by lane.
    fn plus<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>) -> Self::Lanes<S>;
    /// `a * b`, lane by lane.
    fn times<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>) -> Self::Lanes<S>;
    /// `a * b + c` with one rounding, lane by lane.
    fn mul_add<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>, c: Self::Lanes<S>) -> Self::Lanes<S>;
    /// `c - a * b` with one rounding, lane by lane.
    fn negate_mul_add<S: Simd>(simd: S, a: Self::Lanes<S>, b: Self::Lanes<S>, c: Self::Lanes<S>) -> Self::Lanes<S>;
    /// The sum of a register's lanes, in a fixed order.
    fn reduce_sum<S: Simd>(simd: S, a: Self::Lanes<S>) -> Self;
    /// `1 / sqrt(x)`, lane by lane; zero where `x` is smaller than [`SQUARE_FLOOR`](Self::SQUARE_FLOOR), NaN where it
    /// is negative beyond that.
    fn inverse_sqrt<S: Simd>(simd: S, x: Self::Lanes<S>) -> Self::Lanes<S>;
    /// `1 / (1 + exp(-x))`, lane by lane, to about two units in the last place.
    fn sigmoid<S: Simd>(simd: S, x: Self::Lanes<S>) -> Self::Lanes<S>;
}

/// Out of reach for other crates.
pub trait Sealed {}

/// Numbers in one register of an instruction set that is known at run time only.
///
/// # Examples
/// ```
/// use schur_tensor::{lanes, pulp::Arch};
///
/// assert_eq!(lanes::<f32>(Arch::Scalar), 1);
/// let arch = Arch::new();
/// assert!(lanes::<f32>(arch) >= lanes::<f64>(arch));
/// ```
pub fn lanes<T: Real>(arch: Arch) -> usize {
    struct Count<T>(PhantomData<T>);
    impl<T: Real> WithSimd for Count<T> {
        type Output = usize;
        fn with_simd<S: Simd>(self, _: S) -> usize {
            T::lanes::<S>()
        }
    }
    arch.dispatch(Count::<T>(PhantomData))
}

macro_rules! impl_real {
    ($T:ident, $lanes:ident, $view:ident, $view_mut:ident, $splat:ident, $add:ident, $mul:ident, $fma:ident, $fnma:ident, $sum:ident, $sqrt:ident, $div:ident, $abs:ident, $less:ident, $select:ident, $sigmoid:path) => {
        impl Sealed for $T {}
        impl Real for $T {
            type Lanes<S: Simd> = S::$lanes;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NAME: &'static str = stringify!($T);
            const SQUARE_FLOOR: Self = (1 << 22) as $T * $T::MIN_POSITIVE;

            #[inline(always)]
            #[allow(clippy::cast_possible_truncation)]
            fn from_f64(value: f64) -> Self {
                value as $T
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn as_lanes<S: Simd>(numbers: &[Self]) -> (&[S::$lanes], &[Self]) {
                S::$view(numbers)
            }
            #[inline(always)]
            fn as_lanes_mut<S: Simd>(numbers: &mut [Self]) -> (&mut [S::$lanes], &mut [Self]) {
                S::$view_mut(numbers)
            }
            #[inline(always)]
            fn splat<S: Simd>(simd: S, value: Self) -> S::$lanes {
                simd.$splat(value)
            }
            #[inline(always)]
            fn plus<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes) -> S::$lanes {
                simd.$add(a, b)
            }
            #[inline(always)]
            fn times<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes) -> S::$lanes {
                simd.$mul(a, b)
            }
            #[inline(always)]
            fn mul_add<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes, c: S::$lanes) -> S::$lanes {
                simd.$fma(a, b, c)
            }
            #[inline(always)]
            fn negate_mul_add<S: Simd>(simd: S, a: S::$lanes, b: S::$lanes, c: S::$lanes) -> S::$lanes {
                simd.$fnma(a, b, c)
            }
            #[inline(always)]
            fn reduce_sum<S: Simd>(simd: S, a: S::$lanes) -> Self {
                simd.$sum(a)
            }
            #[inline(always)]
            fn inverse_sqrt<S: Simd>(simd: S, x: S::$lanes) -> S::$lanes {
                let zero = simd.$splat(0.0);
                let vanishes = simd.$less(simd.$abs(x), simd.$splat(Self::SQUARE_FLOOR));
                simd.$select(vanishes, zero, simd.$div(simd.$splat(1.0), simd.$sqrt(x)))
            }
            #[inline(always)]
            fn sigmoid<S: Simd>(simd: S, x: S::$lanes) -> S::$lanes {
                $sigmoid(simd, x)
            }
        }
    };
}

impl_real!(
    f32,
    f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    add_f32s,
    mul_f32s,
    mul_add_e_f32s,
    negate_mul_add_e_f32s,
    reduce_sum_f32s,
    sqrt_f32s,
    div_f32s,
    abs_f32s,
    less_than_f32s,
    select_f32s,
    crate::elementary::sigmoid_f32
);
impl_real!(
    f64,
    f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    add_f64s,
    mul_f64s,
    mul_add_e_f64s,
    negate_mul_add_e_f64s,
    reduce_sum_f64s,
    sqrt_f64s,
    div_f64s,
    abs_f64s,
    less_than_f64s,
    select_f64s,
    crate::elementary::sigmoid_f64
);

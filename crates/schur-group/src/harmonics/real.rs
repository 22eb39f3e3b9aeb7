//! The float types that results can have.

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// A float type that results are rounded to: f32 or f64.
///
/// Directions come from f64 positions, so the arithmetic stays f64 and only the result is rounded: an f32 harmonic is then
/// right to half a unit in the last place, for a conversion each.
pub trait Real: sealed::Sealed + Copy {
    /// Rounds to this type.
    fn from_f64(value: f64) -> Self;
}

impl Real for f32 {
    #[inline]
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
}

impl Real for f64 {
    #[inline]
    fn from_f64(value: f64) -> f64 {
        value
    }
}

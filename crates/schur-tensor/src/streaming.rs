//! Stores that pass the caches by, and loads asked for ahead of time.
//!
//! A result that no cache can hold is written once; an ordinary store would first read the line that it overwrites.

use crate::{Lanes, Real, pulp::Simd};

/// Stores one register, past the caches on x86 with AVX-512 and in the ordinary way elsewhere.
///
/// # Safety
/// `pointer` is valid for writing one register and aligned to its size.
#[inline(always)]
pub(crate) unsafe fn store<T: Real, S: Simd>(pointer: *mut T, value: Lanes<T, S>) {
    #[cfg(target_arch = "x86_64")]
    if std::any::TypeId::of::<S>() == std::any::TypeId::of::<pulp::x86::V4>() {
        // SAFETY: a register of this instruction set is 64 plain bytes, which the asserted size vouches for; the token
        // `S` exists only where AVX-512 does; the caller's pointer is aligned.
        unsafe {
            assert!(size_of::<Lanes<T, S>>() == size_of::<std::arch::x86_64::__m512i>());
            let bits = (&raw const value).cast::<std::arch::x86_64::__m512i>().read_unaligned();
            stream(pointer.cast(), bits);
        }
        return;
    }
    // SAFETY: the caller's.
    unsafe { T::store::<S>(pointer, value) };
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn stream(pointer: *mut std::arch::x86_64::__m512i, bits: std::arch::x86_64::__m512i) {
    // SAFETY: the caller's.
    unsafe { std::arch::x86_64::_mm512_stream_si512(pointer, bits) };
}

/// Waits until all streaming stores of this thread can be seen by others.
#[inline]
pub fn end_streaming() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has this instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
}

/// Asks for the cache line at an address, where the processor can be asked.
#[inline(always)]
pub fn prefetch<T>(pointer: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: this reads nothing; any address will do.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(pointer.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = pointer;
}

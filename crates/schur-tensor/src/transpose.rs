//! Exchanging the axes of small tiles.

use crate::{Real, pulp::Simd};

/// Bytes of a row of a tile that is exchanged in registers: one of AVX-512.
const TILE_BYTES: usize = 64;

/// Writes the transpose of a matrix: `to[c][r] = from[r][c]`.
///
/// Tiles of 16 by 16 `f32` and of 8 by 8 `f64` are exchanged in AVX-512 registers, everything else number by number
/// within tiles.
///
/// # Safety
/// `from` is valid for reading `rows` rows of `columns` numbers, `from_stride` apart; `to` for writing `columns` rows
/// of `rows` numbers, `to_stride` apart; they do not overlap.
#[inline(always)]
pub unsafe fn transpose<T: Real, S: Simd>(
    _: S,
    (rows, columns): (usize, usize),
    (from, from_stride): (*const T, usize),
    (to, to_stride): (*mut T, usize),
) {
    let side = TILE_BYTES / size_of::<T>();
    for first_row in (0..rows).step_by(side) {
        let height = side.min(rows - first_row);
        for first_column in (0..columns).step_by(side) {
            let width = side.min(columns - first_column);
            // SAFETY: the tile lies in both matrices.
            unsafe {
                let from = from.add(first_row * from_stride + first_column);
                let to = to.add(first_column * to_stride + first_row);
                #[cfg(target_arch = "x86_64")]
                if std::any::TypeId::of::<S>() == std::any::TypeId::of::<pulp::x86::V4>() {
                    if size_of::<T>() == 4 {
                        x86::tile((height, width), (from.cast(), from_stride), (to.cast(), to_stride));
                    } else {
                        x86::wide_tile((height, width), (from.cast(), from_stride), (to.cast(), to_stride));
                    }
                    continue;
                }
                for r in 0..height {
                    for c in 0..width {
                        *to.add(c * to_stride + r) = *from.add(r * from_stride + c);
                    }
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// Exchanges at most 16 rows and columns of 4-byte numbers.
    ///
    /// # Safety
    /// As for [`super::transpose`], on a processor with AVX-512.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub unsafe fn tile(
        (rows, columns): (usize, usize),
        (from, from_stride): (*const f32, usize),
        (to, to_stride): (*mut f32, usize),
    ) {
        let mut a = [_mm512_setzero_ps(); 16];
        if rows == 16 && columns == 16 {
            // Stores with a mask take longer, whatever the mask.
            for r in 0..16 {
                // SAFETY: a whole tile lies in the matrix.
                a[r] = unsafe { _mm512_loadu_ps(from.add(r * from_stride)) };
            }
            for (c, column) in exchange(a).into_iter().enumerate() {
                // SAFETY: as above.
                unsafe { _mm512_storeu_ps(to.add(c * to_stride), column) };
            }
            return;
        }
        let mask = |n: usize| (u32::MAX >> (32 - n)) as __mmask16;
        let (read, write) = (mask(columns), mask(rows));
        for r in 0..16 {
            if r < rows {
                // SAFETY: the mask leaves out columns beyond the matrix.
                a[r] = unsafe { _mm512_maskz_loadu_ps(read, from.add(r * from_stride)) };
            }
        }
        let a = exchange(a);
        for c in 0..16 {
            if c < columns {
                // SAFETY: the mask leaves out rows beyond the matrix.
                unsafe { _mm512_mask_storeu_ps(to.add(c * to_stride), write, a[c]) };
            }
        }
    }

    /// Exchanges at most 8 rows and columns of 8-byte numbers.
    ///
    /// # Safety
    /// As for [`super::transpose`], on a processor with AVX-512.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub unsafe fn wide_tile(
        (rows, columns): (usize, usize),
        (from, from_stride): (*const f64, usize),
        (to, to_stride): (*mut f64, usize),
    ) {
        let mut a = [_mm512_setzero_pd(); 8];
        if rows == 8 && columns == 8 {
            for r in 0..8 {
                // SAFETY: a whole tile lies in the matrix.
                a[r] = unsafe { _mm512_loadu_pd(from.add(r * from_stride)) };
            }
            for (c, column) in exchange_wide(a).into_iter().enumerate() {
                // SAFETY: as above.
                unsafe { _mm512_storeu_pd(to.add(c * to_stride), column) };
            }
            return;
        }
        let mask = |n: usize| u8::MAX >> (8 - n);
        let (read, write) = (mask(columns), mask(rows));
        for r in 0..8 {
            if r < rows {
                // SAFETY: the mask leaves out columns beyond the matrix.
                a[r] = unsafe { _mm512_maskz_loadu_pd(read, from.add(r * from_stride)) };
            }
        }
        let a = exchange_wide(a);
        for c in 0..8 {
            if c < columns {
                // SAFETY: the mask leaves out rows beyond the matrix.
                unsafe { _mm512_mask_storeu_pd(to.add(c * to_stride), write, a[c]) };
            }
        }
    }

    /// The transpose of 8 registers: pairs, then quarters of registers, then halves.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn exchange_wide(a: [__m512d; 8]) -> [__m512d; 8] {
        let mut b = a;
        for i in 0..4 {
            b[2 * i] = _mm512_unpacklo_pd(a[2 * i], a[2 * i + 1]);
            b[2 * i + 1] = _mm512_unpackhi_pd(a[2 * i], a[2 * i + 1]);
        }
        // Register 2 i + j now holds column j of each quarter, of rows 2 i and 2 i + 1.
        let mut c = b;
        for j in 0..2 {
            let low = _mm512_shuffle_f64x2::<0b10_00_10_00>(b[j], b[2 + j]);
            let high = _mm512_shuffle_f64x2::<0b11_01_11_01>(b[j], b[2 + j]);
            let low2 = _mm512_shuffle_f64x2::<0b10_00_10_00>(b[4 + j], b[6 + j]);
            let high2 = _mm512_shuffle_f64x2::<0b11_01_11_01>(b[4 + j], b[6 + j]);
            c[j] = _mm512_shuffle_f64x2::<0b10_00_10_00>(low, low2);
            c[4 + j] = _mm512_shuffle_f64x2::<0b11_01_11_01>(low, low2);
            c[2 + j] = _mm512_shuffle_f64x2::<0b10_00_10_00>(high, high2);
            c[6 + j] = _mm512_shuffle_f64x2::<0b11_01_11_01>(high, high2);
        }
        c
    }

    /// The transpose of 16 registers: pairs, then fours, then quarters of registers, then halves.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn exchange(a: [__m512; 16]) -> [__m512; 16] {
        let mut b = a;
        for i in 0..8 {
            b[2 * i] = _mm512_unpacklo_ps(a[2 * i], a[2 * i + 1]);
            b[2 * i + 1] = _mm512_unpackhi_ps(a[2 * i], a[2 * i + 1]);
        }
        let mut c = b;
        for i in 0..4 {
            let [p, q, r, s] = [b[4 * i], b[4 * i + 1], b[4 * i + 2], b[4 * i + 3]].map(|x| _mm512_castps_pd(x));
            c[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(p, r));
            c[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(p, r));
            c[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(q, s));
            c[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(q, s));
        }
        // Register 4 i + j now holds column j of each quarter, of rows 4 i to 4 i + 3.
        let mut d = c;
        for j in 0..4 {
            let low = _mm512_shuffle_f32x4::<0b10_00_10_00>(c[j], c[4 + j]);
            let high = _mm512_shuffle_f32x4::<0b11_01_11_01>(c[j], c[4 + j]);
            let low2 = _mm512_shuffle_f32x4::<0b10_00_10_00>(c[8 + j], c[12 + j]);
            let high2 = _mm512_shuffle_f32x4::<0b11_01_11_01>(c[8 + j], c[12 + j]);
            d[j] = _mm512_shuffle_f32x4::<0b10_00_10_00>(low, low2);
            d[8 + j] = _mm512_shuffle_f32x4::<0b11_01_11_01>(low, low2);
            d[4 + j] = _mm512_shuffle_f32x4::<0b10_00_10_00>(high, high2);
            d[12 + j] = _mm512_shuffle_f32x4::<0b11_01_11_01>(high, high2);
        }
        d
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pulp::WithSimd;

    struct Check<T>(usize, usize, std::marker::PhantomData<T>);

    impl<T: Real> WithSimd for Check<T> {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            let (rows, columns) = (self.0, self.1);
            let (from_stride, to_stride) = (columns + 3, rows + 5);
            let from: Vec<T> = (0..rows * from_stride).map(|n| T::from_f64(n as f64)).collect();
            let mut to = vec![T::from_f64(-1.0); columns * to_stride];
            // SAFETY: both have room for all rows.
            unsafe { transpose(simd, (rows, columns), (from.as_ptr(), from_stride), (to.as_mut_ptr(), to_stride)) };
            for c in 0..columns {
                for r in 0..to_stride {
                    let expected = if r < rows { from[r * from_stride + c].to_f64() } else { -1.0 };
                    assert_eq!(to[c * to_stride + r].to_f64(), expected, "{rows} x {columns}: ({r}, {c})");
                }
            }
        }
    }

    #[test]
    fn rows_become_columns() {
        for arch in crate::instruction_sets() {
            for (rows, columns) in [(1, 1), (8, 8), (16, 16), (5, 3), (12, 7), (32, 11), (17, 40), (3, 33)] {
                arch.dispatch(Check::<f32>(rows, columns, std::marker::PhantomData));
                arch.dispatch(Check::<f64>(rows, columns, std::marker::PhantomData));
            }
        }
    }
}

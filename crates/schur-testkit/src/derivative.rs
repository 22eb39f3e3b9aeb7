//! Derivatives by finite differences, the oracle of every gradient in the workspace.

/// Differentiates `f` at `x` by central differences with one Richardson step.
///
/// The result is `(4 D(h/2) - D(h)) / 3` with `D(h) = (f(x + h e) - f(x - h e)) / 2h`. Its error is of order `h^4` plus
/// the rounding noise `eps |f| / h`, so for f64 a `step` near 1e-3 of the scale of `x` gives ten or more digits of a
/// smooth function.
///
/// # Cost
/// `4 n` calls of `f` for `n` coordinates.
///
/// # Examples
/// ```
/// let gradient = schur_testkit::finite_difference(|x| x[0] * x[0] * x[1], &[3.0, 2.0], 1e-3);
/// schur_testkit::assert_close("gradient", &gradient, &[12.0, 9.0], 1e-10, 0.0);
/// ```
pub fn finite_difference(mut f: impl FnMut(&[f64]) -> f64, x: &[f64], step: f64) -> Vec<f64> {
    finite_difference_jacobian(|x| vec![f(x)], x, step).concat()
}

/// Differentiates each output of `f`: element `[i][k]` is the derivative of output `k` along coordinate `i`.
///
/// Same scheme and cost as [`finite_difference`].
pub fn finite_difference_jacobian(mut f: impl FnMut(&[f64]) -> Vec<f64>, x: &[f64], step: f64) -> Vec<Vec<f64>> {
    let mut point = x.to_vec();
    let mut central = |i: usize, h: f64| -> Vec<f64> {
        // The step that is really taken, after rounding of the coordinate.
        let (up, down) = (x[i] + h, x[i] - h);
        point[i] = up;
        let above = f(&point);
        point[i] = down;
        let below = f(&point);
        point[i] = x[i];
        above.iter().zip(&below).map(|(a, b)| (a - b) / (up - down)).collect()
    };
    (0..x.len())
        .map(|i| {
            let (coarse, fine) = (central(i, step), central(i, 0.5 * step));
            coarse.iter().zip(&fine).map(|(c, f)| (4.0 * f - c) / 3.0).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assert_close;

    #[test]
    fn is_exact_for_quartics_up_to_rounding() {
        // The Richardson step removes the h^2 term, so nothing is left below degree 5.
        let f = |x: &[f64]| x[0].powi(4) - 2.0 * x[0] * x[1].powi(3);
        let exact = [4.0 * 1.5_f64.powi(3) - 2.0 * 0.512, -2.0 * 1.5 * 3.0 * 0.64];
        assert_close("gradient", &finite_difference(f, &[1.5, 0.8], 0.1), &exact, 1e-13, 0.0);
    }

    #[test]
    fn error_falls_with_the_fourth_power() {
        let error = |h: f64| (finite_difference(|x| x[0].sin(), &[0.7], h)[0] - 0.7_f64.cos()).abs();
        let slope = (error(0.2) / error(0.1)).log2();
        assert!((slope - 4.0).abs() < 0.05, "slope {slope}");
    }

    #[test]
    fn jacobian_has_one_row_for_each_coordinate() {
        let jacobian = finite_difference_jacobian(|x| vec![x[0] * x[1], x[1], 1.0], &[2.0, 5.0], 0.01);
        assert_eq!(jacobian.len(), 2);
        assert_close("d/dx0", &jacobian[0], &[5.0, 0.0, 0.0], 1e-13, 0.0);
        assert_close("d/dx1", &jacobian[1], &[2.0, 1.0, 0.0], 1e-13, 0.0);
    }
}

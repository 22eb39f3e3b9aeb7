//! What a canonical polyadic model says of itself that its error does not.

use schur_tensor::Real;

use super::Cp;
use crate::fit::Warning;
use crate::matrix::gram;
use crate::{DecompError, Scalar};

/// Components whose terms point so nearly against each other are suspect.
const AGAINST: f64 = -0.9;
/// And the model is degenerate if the norms of all terms are so many times its own.
const SWOLLEN: f64 = 10.0;
/// Weights below this share of the largest are those of dead components.
const DEAD: f64 = 1e-14;

/// Degenerate and dead components of an arranged model.
pub(super) fn of<T: Scalar>(model: &Cp<T>) -> Result<Vec<Warning>, DecompError> {
    let rank = model.rank();
    let weights: Vec<f64> = model.weights().iter().map(|&weight| Real::to_f64(weight)).collect();
    let mut cosines = vec![1.0; rank * rank];
    for factor in model.factors() {
        let gram = gram(factor)?;
        let norm = |r: usize| gram.data()[r * rank + r].sqrt();
        for (place, cosine) in cosines.iter_mut().enumerate() {
            let scale = norm(place / rank) * norm(place % rank);
            *cosine *= if scale > 0.0 { gram.data()[place] / scale } else { 0.0 };
        }
    }
    let largest = weights.iter().fold(0.0_f64, |most, weight| most.max(weight.abs()));
    let dead = (0..rank).filter(|&r| weights[r].abs() <= DEAD * largest);
    let mut warnings: Vec<Warning> = dead.map(|component| Warning::Dead { component }).collect();
    let norm = model.norm_squared()?.max(0.0).sqrt();
    let swelling = weights.iter().map(|weight| weight.abs()).sum::<f64>() / norm.max(f64::MIN_POSITIVE);
    let signed = |&(a, b): &(usize, usize)| cosines[a * rank + b] * (weights[a] * weights[b]).signum();
    let pairs = (0..rank).flat_map(|a| (a + 1..rank).map(move |b| (a, b)));
    if let Some((a, b)) = pairs.min_by(|p, q| signed(p).total_cmp(&signed(q)))
        && signed(&(a, b)) < AGAINST
        && swelling > SWOLLEN
    {
        warnings.push(Warning::Degenerate { components: [a, b], congruence: signed(&(a, b)), swelling });
    }
    Ok(warnings)
}

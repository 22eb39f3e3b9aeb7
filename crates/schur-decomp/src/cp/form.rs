//! The form itself: weights and factors, and what can be asked of them.

use schur_tensor::{Real, Tensor};

use crate::matrix::gram;
use crate::{DecompError, Scalar};

/// A sum of rank-one tensors: `weights[r]` times the outer product of column `r` of every factor.
///
/// # Examples
/// ```
/// use schur_decomp::cp::Cp;
/// use schur_tensor::Tensor;
///
/// let column = |numbers: &[f64]| Tensor::new(&[2, 1], numbers.to_vec());
/// let form = Cp::new(vec![2.0], vec![column(&[1.0, 0.0])?, column(&[0.0, 3.0])?])?;
/// assert_eq!(form.to_tensor()?.data(), [0.0, 6.0, 0.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cp<T> {
    weights: Vec<T>,
    factors: Vec<Tensor<T>>,
}

impl<T: Scalar> Cp<T> {
    /// Takes weights and factors together.
    ///
    /// # Shapes
    /// `weights: [rank]`, `factors[n]: [I_n, rank]`.
    /// # Errors
    /// [`DecompError::Mismatch`] for a factor that is no matrix of `rank` columns.
    pub fn new(weights: Vec<T>, factors: Vec<Tensor<T>>) -> Result<Self, DecompError> {
        for (mode, factor) in factors.iter().enumerate() {
            if factor.shape().len() != 2 || factor.shape()[1] != weights.len() {
                let expected = vec![factor.shape().first().copied().unwrap_or(0), weights.len()];
                let found = factor.shape().to_vec();
                return Err(DecompError::Mismatch { what: format!("the factor of mode {mode}"), expected, found });
            }
        }
        Ok(Self { weights, factors })
    }

    /// The number of components.
    pub const fn rank(&self) -> usize {
        self.weights.len()
    }

    /// The weight of each component.
    pub fn weights(&self) -> &[T] {
        &self.weights
    }

    /// One matrix `[I_n, rank]` a mode.
    pub fn factors(&self) -> &[Tensor<T>] {
        &self.factors
    }

    /// Gives weights and factors away.
    pub fn into_parts(self) -> (Vec<T>, Vec<Tensor<T>>) {
        (self.weights, self.factors)
    }

    /// The size of each mode.
    pub fn shape(&self) -> Vec<usize> {
        self.factors.iter().map(|factor| factor.shape()[0]).collect()
    }

    /// The number of numbers it takes.
    pub fn parameters(&self) -> usize {
        self.weights.len() + self.factors.iter().map(|factor| factor.data().len()).sum::<usize>()
    }

    /// The element at a multi-index; none outside the shape.
    pub fn get(&self, index: &[usize]) -> Option<T> {
        if index.len() != self.factors.len() || index.iter().zip(&self.factors).any(|(&i, f)| i >= f.shape()[0]) {
            return None;
        }
        let rank = self.rank();
        let mut sum = <T as Real>::ZERO;
        for (r, &weight) in self.weights.iter().enumerate() {
            sum += index.iter().zip(&self.factors).fold(weight, |term, (&i, f)| term * f.data()[i * rank + r]);
        }
        Some(sum)
    }

    /// Multiplies it out.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if the tensor cannot be held.
    /// # Cost
    /// `2 * rank` operations an element, and its memory twice over for a moment.
    pub fn to_tensor(&self) -> Result<Tensor<T>, DecompError> {
        let shape = self.shape();
        let Some((last, rest)) = self.factors.split_last() else {
            return Ok(Tensor::scalar(self.weights.iter().fold(<T as Real>::ZERO, |sum, &weight| sum + weight)));
        };
        let weights = Tensor::new(&[1, self.rank()], self.weights.clone())?;
        let mut left = vec![&weights];
        left.extend(rest);
        let left = crate::matrix::khatri_rao(&left, self.rank())?;
        let full = crate::matrix::multiply(&left.view(), &last.view().permuted(&[1, 0])?)?;
        Ok(Tensor::new(&shape, full.into_data())?)
    }

    /// The sum of the squares of all its elements, from the Gram matrices of its factors.
    ///
    /// # Errors
    /// [`DecompError::Shape`] if a Gram matrix cannot be held.
    pub fn norm_squared(&self) -> Result<f64, DecompError> {
        let rank = self.rank();
        let mut products = vec![1.0; rank * rank];
        for factor in &self.factors {
            products.iter_mut().zip(gram(factor)?.data()).for_each(|(product, g)| *product *= g);
        }
        let weight = |r: usize| self.weights[r].to_f64();
        Ok((0..rank * rank).map(|place| weight(place / rank) * weight(place % rank) * products[place]).sum())
    }

    /// Scales every column to norm one, moves the norms into the weights, makes weights positive, and sorts them.
    ///
    /// Signs go to the last factor. The largest weight comes first; equal ones keep their order.
    pub fn arrange(&mut self) {
        let rank = self.rank();
        for factor in &mut self.factors {
            for r in 0..rank {
                let norm = column(factor, r).map(|x| x.to_f64() * x.to_f64()).sum::<f64>().sqrt();
                if norm > 0.0 {
                    scale(factor, r, 1.0 / norm);
                    self.weights[r] *= T::from_f64(norm);
                }
            }
        }
        for r in 0..rank {
            if self.weights[r] < <T as Real>::ZERO {
                self.weights[r] = -self.weights[r];
                if let Some(last) = self.factors.last_mut() {
                    scale(last, r, -1.0);
                }
            }
        }
        let mut order: Vec<usize> = (0..rank).collect();
        order.sort_by(|&a, &b| self.weights[b].to_f64().total_cmp(&self.weights[a].to_f64()));
        self.weights = order.iter().map(|&r| self.weights[r]).collect();
        for factor in &mut self.factors {
            let rows = factor.data().chunks_exact(rank.max(1));
            let sorted: Vec<T> = rows.flat_map(|row| order.iter().map(|&r| row[r])).collect();
            factor.data_mut().copy_from_slice(&sorted);
        }
    }

    /// How well the components of two forms agree: one if they are the same up to order and scale.
    ///
    /// The mean, over components matched as well as possible one after the other, of the products of the columns'
    /// cosines, each times `1 - |l - l'| / max(l, l')` for the weights `l` and `l'`.
    ///
    /// # Errors
    /// [`DecompError::Mismatch`] for forms of different shapes. Of different ranks, the components of the smaller are
    /// matched.
    /// # Source
    /// Acar, Dunlavy, Kolda, Morup, Scalable tensor factorizations for incomplete data, 2011, section 5.
    pub fn match_score(&self, other: &Self) -> Result<f64, DecompError> {
        if self.shape() != other.shape() {
            let (expected, found) = (self.shape(), other.shape());
            return Err(DecompError::Mismatch { what: "the other form".to_owned(), expected, found });
        }
        let (mut a, mut b) = (self.clone(), other.clone());
        a.arrange();
        b.arrange();
        let similarity: Vec<Vec<f64>> =
            (0..a.rank()).map(|r| (0..b.rank()).map(|s| a.similarity(r, &b, s)).collect()).collect();
        let mut free: Vec<usize> = (0..b.rank()).collect();
        let mut rows: Vec<usize> = (0..a.rank()).collect();
        let mut sum = 0.0;
        let pairs = rows.len().min(free.len());
        for _ in 0..pairs {
            let candidates = rows.iter().flat_map(|&r| free.iter().map(move |&s| (r, s)));
            let best = candidates.max_by(|&(r, s), &(p, q)| similarity[r][s].total_cmp(&similarity[p][q]));
            let Some((r, s)) = best else { break };
            sum += similarity[r][s];
            rows.retain(|&row| row != r);
            free.retain(|&row| row != s);
        }
        Ok(if pairs == 0 { 0.0 } else { sum / pairs as f64 })
    }

    /// How much component `r` of an arranged form is component `s` of another.
    fn similarity(&self, r: usize, other: &Self, s: usize) -> f64 {
        let (own, others) = (self.weights[r].to_f64(), other.weights[s].to_f64());
        let largest = own.max(others);
        let penalty = if largest > 0.0 { 1.0 - (own - others).abs() / largest } else { 1.0 };
        let cosine = |(a, b): (&Tensor<T>, &Tensor<T>)| -> f64 {
            column(a, r).zip(column(b, s)).map(|(x, y)| x.to_f64() * y.to_f64()).sum()
        };
        penalty * self.factors.iter().zip(&other.factors).map(cosine).product::<f64>()
    }
}

fn column<T: Scalar>(factor: &Tensor<T>, r: usize) -> impl Iterator<Item = T> {
    let rank = factor.shape()[1];
    factor.data().iter().skip(r).step_by(rank).copied()
}

fn scale<T: Scalar>(factor: &mut Tensor<T>, r: usize, by: f64) {
    let rank = factor.shape()[1];
    factor.data_mut().iter_mut().skip(r).step_by(rank).for_each(|x| *x *= T::from_f64(by));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{normals, stream};

    fn random(shape: &[usize], rank: usize) -> Cp<f64> {
        let mut rng = stream(7, 0);
        let factors = shape.iter().map(|&size| normals(&[size, rank], &mut rng).unwrap()).collect();
        Cp::new((0..rank).map(|r| r as f64 - 1.0).collect(), factors).unwrap()
    }

    #[test]
    fn elements_norm_and_arrangement_agree_with_the_full_tensor() {
        let form = random(&[3, 4, 2], 4);
        let full = form.to_tensor().unwrap();
        assert!((form.get(&[2, 1, 1]).unwrap() - full.get(&[2, 1, 1]).unwrap()).abs() < 1e-12);
        assert_eq!(form.get(&[3, 0, 0]), None);
        let squares: f64 = full.data().iter().map(|x| x * x).sum();
        assert!((form.norm_squared().unwrap() - squares).abs() < 1e-10 * squares);
        let mut arranged = form.clone();
        arranged.arrange();
        assert!(arranged.weights().windows(2).all(|pair| pair[0] >= pair[1] && pair[1] >= 0.0));
        let same = arranged.to_tensor().unwrap();
        assert!(same.data().iter().zip(full.data()).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn the_match_score_ignores_order_and_scale_but_not_direction() {
        let form = random(&[5, 4, 6], 3);
        let mut arranged = form.clone();
        arranged.arrange();
        // A component of weight zero matches whatever stands in for it; both forms have the same one.
        assert!((form.match_score(&arranged).unwrap() - 1.0).abs() < 1e-12);
        let (weights, mut factors) = form.clone().into_parts();
        factors[1].data_mut()[0] += 1.0;
        let other = Cp::new(weights, factors).unwrap();
        assert!(form.match_score(&other).unwrap() < 0.999);
    }
}

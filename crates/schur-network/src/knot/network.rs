//! A closed braid as a tensor network whose edges have two values.
//!
//! Kauffman's smoothings are matrices: with a cup $\cup^{ab}$ and a cap $\cap_{ab}$ that straighten each other out and
//! make a loop $\sum_{ab} \cup^{ab} \cap_{ab} = d$, a crossing is
//! $R^{rs}_{pq} = A\,\delta^r_p \delta^s_q + A^{-1} \cup^{rs} \cap_{pq}$, and its inverse has $A$ and $A^{-1}$ exchanged.

use schur_einsum::Contraction;
use schur_tensor::Tensor;
use schur_tensor::pulp::num_complex::Complex;
use schur_tensor::semiring::{Arithmetic, BigInt, Counting, Integer, Laurent, Polynomials, Semiring, SemiringError};

use super::braid::Strands;
use super::jones::{bracket_variable, normalised};
use super::{Braid, Closure, KnotError};
use crate::contract::contract;

/// The tensor network of a closed braid, with entries that are polynomials in $A$.
///
/// Its value is the bracket. One strand is cut: what is left maps the strand to itself, and by Schur's lemma is a
/// multiple of the identity; so one entry is the bracket itself, and nothing is divided by the value of a loop.
#[derive(Debug, Clone)]
pub struct BraidNetwork {
    contraction: Contraction,
    tensors: Vec<Tensor<Laurent<i64>>>,
    writhe: i64,
}

impl Braid {
    /// Builds the tensor network of the closed braid.
    ///
    /// # Errors
    /// [`KnotError::OddStrands`] for a plat closure of an odd number of strands.
    pub fn network(&self, closure: Closure) -> Result<BraidNetwork, KnotError> {
        let Strands { crossings, ends, labels } = self.pieces();
        let mut operands: Vec<Vec<usize>> = crossings.iter().map(|&[p, q, r, s]| vec![r, s, p, q]).collect();
        let mut tensors = self.word().iter().map(|&(_, over)| crossing(over)).collect::<Result<Vec<_>, _>>()?;
        match closure {
            Closure::Markov => {
                operands.extend(ends.iter().enumerate().map(|(first, &last)| vec![last, first]));
                tensors.push(square([[(1, 0), ZERO], [ZERO, ZERO]])?);
                tensors.resize(operands.len(), square([[(-1, 2), ZERO], [ZERO, (-1, -2)]])?);
            }
            Closure::Plat => {
                let beginnings = self.pairs(&(0..self.strands()).collect::<Vec<_>>())?;
                operands.extend(beginnings.iter().map(|pair| pair.to_vec()));
                // One arc is cut: the entry of a cap that this picks is A.
                tensors.push(square([[ZERO, (1, -1)], [ZERO, ZERO]])?);
                tensors.resize(operands.len(), square(CUP)?);
                operands.extend(self.pairs(&ends)?.iter().map(|pair| pair.to_vec()));
                tensors.resize(operands.len(), square(CAP)?);
            }
        }
        let names = (0..labels).map(|label| format!("s{label}")).collect();
        let contraction = Contraction::new(operands, Vec::new(), vec![2; labels], names)?;
        Ok(BraidNetwork { contraction, tensors, writhe: self.diagram(closure)?.writhe() })
    }
}

impl BraidNetwork {
    /// Which edges of which tensors are joined.
    pub const fn contraction(&self) -> &Contraction {
        &self.contraction
    }

    /// The tensors, in the order of the contraction's operands.
    pub fn tensors(&self) -> &[Tensor<Laurent<i64>>] {
        &self.tensors
    }

    /// The sum of the crossings' signs.
    pub const fn writhe(&self) -> i64 {
        self.writhe
    }

    /// Contracts the network over a semiring into which polynomials in $A$ are mapped.
    ///
    /// # Errors
    /// [`KnotError::Execute`] if a tensor would be too large, or the semiring refuses a step; whatever `value` returns.
    /// # Cost
    /// Two to the width of the order that is chosen.
    pub fn bracket<S: Semiring>(
        &self,
        semiring: &S,
        value: impl Fn(&Laurent<i64>) -> Result<S::Element, SemiringError>,
    ) -> Result<S::Element, KnotError> {
        let map = |tensor: &Tensor<Laurent<i64>>| -> Result<_, KnotError> {
            let entries = tensor.data().iter().map(&value).collect::<Result<_, _>>()?;
            Ok(Tensor::new(tensor.shape(), entries)?)
        };
        let tensors = self.tensors.iter().map(map).collect::<Result<Vec<_>, _>>()?;
        Ok(contract(semiring, &self.contraction, &tensors)?.into_data().swap_remove(0))
    }

    /// Computes the Jones polynomial exactly, in the square root of $t$.
    ///
    /// # Errors
    /// As [`bracket`](Self::bracket).
    pub fn jones(&self) -> Result<Laurent<BigInt>, KnotError> {
        let ring = Polynomials::new(Counting);
        let widened = |entry: &Laurent<i64>| {
            let coefficients = entry.coefficients().iter().copied().map(BigInt::from).collect();
            ring.polynomial(entry.lowest().unwrap_or_default(), coefficients)
        };
        Ok(normalised(&self.bracket(&ring, widened)?, self.writhe)?)
    }

    /// Computes the value of the Jones polynomial at $t$, whose principal roots are taken.
    ///
    /// # Errors
    /// [`KnotError::Variable`] if `t` is zero or not finite, and as [`bracket`](Self::bracket).
    ///
    /// # Examples
    /// ```
    /// use schur_network::knot::{Braid, Closure, fifth_root_of_unity};
    ///
    /// let trefoil = Braid::new(2, &[1, 1, 1])?.network(Closure::Markov)?;
    /// let value = trefoil.jones_at(fifth_root_of_unity())?;
    /// assert!((value.re + 0.80901699).abs() < 1e-8 && (value.im - 1.31432778).abs() < 1e-8);
    /// # Ok::<(), schur_network::knot::KnotError>(())
    /// ```
    pub fn jones_at(&self, t: Complex<f64>) -> Result<Complex<f64>, KnotError> {
        let [a, inverse] = bracket_variable(t)?;
        let field = Arithmetic::<Complex<f64>>::new();
        let bracket = self.bracket(&field, |entry| entry.evaluate(&field, |&c| (c as f64).into(), &a, &inverse))?;
        let writhe = i32::try_from(self.writhe).unwrap_or(i32::MAX);
        Ok(bracket * (-(a * a * a)).powi(-writhe))
    }
}

/// A coefficient and a power of A.
type Term = (i64, i64);

const ZERO: Term = (0, 0);
const CUP: [[Term; 2]; 2] = [[ZERO, (-1, 1)], [(1, -1), ZERO]];
const CAP: [[Term; 2]; 2] = [[ZERO, (1, 1)], [(-1, -1), ZERO]];

fn square(entries: [[Term; 2]; 2]) -> Result<Tensor<Laurent<i64>>, KnotError> {
    let entries = entries.into_iter().flatten().map(|term| sum(&[term])).collect::<Result<_, _>>()?;
    Ok(Tensor::new(&[2, 2], entries)?)
}

fn sum(terms: &[Term]) -> Result<Laurent<i64>, SemiringError> {
    let ring = Polynomials::new(Integer);
    terms.iter().try_fold(ring.zero(), |sum, &(coefficient, power)| ring.add(&sum, &ring.monomial(coefficient, power)?))
}

/// The tensor of a generator or of its inverse, indices `r s p q`: outgoing left and right, incoming left and right.
fn crossing(over: bool) -> Result<Tensor<Laurent<i64>>, KnotError> {
    let power = if over { 1 } else { -1 };
    let mut entries = Vec::with_capacity(16);
    for [r, s] in [[0, 0], [0, 1], [1, 0], [1, 1]] {
        for [p, q] in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            let (cup, cap) = (CUP[r][s], CAP[p][q]);
            let through = i64::from(r == p && s == q);
            entries.push(sum(&[(through, power), (cup.0 * cap.0, cup.1 + cap.1 - power)])?);
        }
    }
    Ok(Tensor::new(&[2; 4], entries)?)
}

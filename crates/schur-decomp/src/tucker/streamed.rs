//! Tucker decomposition of a tensor that is read in slabs, since memory does not hold it.

use schur_linalg::orthonormal;
use schur_tensor::{Tensor, View};

use super::Tucker;
use super::hosvd::{HosvdOptions, Target, checked_ranks};
use crate::check::{self, distance_squared, norm_squared};
use crate::fit::End;
use crate::matrix::multiply;
use crate::modes::{Around, Cut, Means, mode_gram, mode_product, of_gram, rounded, truncate, widened};
use crate::residual::of_projection;
use crate::{DecompError, Fit, Scalar};

/// A dense tensor that lies elsewhere and is read slab after slab along its first mode, as often as needed.
pub trait Slabs<T> {
    /// Why it cannot be read; also carries what is wrong with the tensor.
    type Error: From<DecompError>;

    /// The size of each mode.
    fn shape(&self) -> &[usize];

    /// Reads all of it once, from the first slab: `take` gets `[some, I_2, ..., I_N]`, as much as memory is to hold.
    ///
    /// # Errors
    /// If it cannot be read, and what `take` returns.
    fn read(&mut self, take: &mut dyn FnMut(&Tensor<T>) -> Result<(), DecompError>) -> Result<(), Self::Error>;
}

/// Decomposes a tensor that is read in slabs: all modes but the first from their Gram matrices, the first from what the
/// others have left.
///
/// The squared error is at most the order of the tensor times that of the best approximation with these ranks.
///
/// # Errors
/// Those of [`st_hosvd`](super::st_hosvd) and of the reader; [`DecompError::InMemoryOnly`] for means other than [`Means::Gram`],
/// [`DecompError::Mismatch`] if the slabs do not make up the shape.
/// # Cost
/// The tensor is read twice, and a third time if the error is too small to show in norms. Beside a slab and what
/// projections of it take, it holds the tensor with all modes but the first made short.
/// # Examples
/// ```
/// use schur_decomp::DecompError;
/// use schur_decomp::tucker::{HosvdOptions, Slabs, streamed};
/// use schur_tensor::Tensor;
///
/// /// Computed row by row, as if read from a disk.
/// struct Rows([usize; 3]);
///
/// impl Slabs<f64> for Rows {
///     type Error = DecompError;
///     fn shape(&self) -> &[usize] {
///         &self.0
///     }
///     fn read(&mut self, take: &mut dyn FnMut(&Tensor<f64>) -> Result<(), DecompError>) -> Result<(), DecompError> {
///         (0..self.0[0]).try_for_each(|row| {
///             take(&Tensor::from_fn(&[1, self.0[1], self.0[2]], |i| ((row + 1) * (i[1] + 2 * i[2])) as f64)?)
///         })
///     }
/// }
///
/// let (form, fit) = streamed(&mut Rows([40, 6, 5]), &HosvdOptions::tolerance(1e-6))?;
/// assert_eq!(form.ranks(), [1, 2, 2]);
/// assert!(fit.relative_error < 1e-6);
/// # Ok::<(), DecompError>(())
/// ```
pub fn streamed<T: Scalar, S: Slabs<T>>(slabs: &mut S, options: &HosvdOptions) -> Result<(Tucker<T>, Fit), S::Error> {
    let shape = slabs.shape().to_vec();
    check::shape("Tucker decomposition", 2, &shape)?;
    match options.means {
        Means::Gram => {}
        Means::Qr => return Err(DecompError::InMemoryOnly { what: "triangles of unfoldings" }.into()),
        Means::Randomized(_) => return Err(DecompError::InMemoryOnly { what: "random sketches" }.into()),
    }
    let (grams, whole) = grams(slabs, &shape)?;
    let (ranks, share) = match &options.target {
        Target::Ranks(ranks) => (Some(checked_ranks(&shape, ranks)?), None),
        Target::Tolerance(tolerance) => {
            (None, Some(check::tolerance(*tolerance)?.powi(2) * whole / shape.len() as f64))
        }
    };
    let cut = |mode: usize| Cut { most: ranks.map_or(shape[mode], |ranks| ranks[mode]), budget: share };
    let mut factors = Vec::with_capacity(shape.len());
    for (place, gram) in grams.iter().enumerate() {
        factors.push(rounded::<T>(&of_gram::<T>(gram, cut(place + 1))?.0)?);
    }
    let (rest, largest) = projected(slabs, &factors, &shape)?;
    let (factor, core) = first_mode(rest, cut(0))?;
    factors.insert(0, factor);
    let form = Tucker::new(core, factors)?;
    let relative_error = match of_projection::<T>(whole, norm_squared(form.core().data())) {
        Some(error) => error,
        None => (missed(slabs, &form)? / whole).sqrt(),
    };
    let held = shape[0] * form.ranks()[1..].iter().product::<usize>();
    let matrices: usize = grams.iter().map(|gram| size_of_val(gram.data())).sum();
    let workspace_bytes = (matrices + (held + largest) * size_of::<T>()) as u64;
    let (history, warnings) = (Vec::new(), Vec::new());
    Ok((form, Fit { relative_error, history, iterations: 0, end: End::Direct, warnings, workspace_bytes }))
}

/// The factor of the first mode and the core, from the tensor whose other modes are short.
fn first_mode<T: Scalar>(rest: Tensor<T>, cut: Cut) -> Result<(Tensor<T>, Tensor<T>), DecompError> {
    let rows = rest.shape()[0];
    let width = rest.data().len() / rows;
    if rows <= width {
        let found = truncate(&rest, 0, cut, (Means::Gram, 0))?;
        return Ok((found.factor, found.rest));
    }
    // A first mode may be far too long for a Gram matrix; what stands behind it is short.
    let (turn, _) = of_gram::<T>(&Around::columns(&rest, width).gram()?, cut)?;
    let matrix = View::new(rest.data(), 0, &[rows, width], &[width.cast_signed(), 1])?;
    let seen = multiply(&matrix, &rounded::<T>(&turn)?.view())?;
    let factor = rounded::<T>(&orthonormal(&widened(&seen)?)?.q)?;
    let core = mode_product(&rest, 0, &factor.view())?;
    Ok((factor, core))
}

/// Reads all slabs, with the row of the tensor that each begins with, and checks that they make it up.
fn each<T: Scalar, S: Slabs<T>>(
    slabs: &mut S,
    shape: &[usize],
    mut take: impl FnMut(usize, &Tensor<T>) -> Result<(), DecompError>,
) -> Result<(), S::Error> {
    let mut first = 0;
    slabs.read(&mut |slab: &Tensor<T>| {
        let rows = slab.shape().first().copied().unwrap_or(0);
        if slab.shape().get(1..) != shape.get(1..) || first + rows > shape[0] {
            let expected = [&[shape[0] - first], &shape[1..]].concat();
            let found = slab.shape().to_vec();
            return Err(DecompError::Mismatch { what: "a slab of the tensor".to_owned(), expected, found });
        }
        take(first, slab)?;
        first += rows;
        Ok(())
    })?;
    if first < shape[0] {
        let (expected, found) = (shape[0], first);
        return Err(DecompError::Count { what: "indices of the first mode in the slabs", expected, found }.into());
    }
    Ok(())
}

/// The Gram matrices of all modes but the first, and the sum of all squares.
fn grams<T: Scalar, S: Slabs<T>>(slabs: &mut S, shape: &[usize]) -> Result<(Vec<Tensor<f64>>, f64), S::Error> {
    let zeros = |&size: &usize| -> Result<Tensor<f64>, DecompError> { Ok(Tensor::filled(&[size, size], 0.0)?) };
    let mut grams = shape[1..].iter().map(zeros).collect::<Result<Vec<Tensor<f64>>, DecompError>>()?;
    let mut whole = 0.0;
    each(slabs, shape, |first, slab| {
        whole += match check::dense("Tucker decomposition", 2, slab) {
            Err(DecompError::AllZero) => 0.0,
            Err(DecompError::NotFinite { mut index, value }) => {
                index[0] += first;
                return Err(DecompError::NotFinite { index, value });
            }
            other => other?,
        };
        for (place, sum) in grams.iter_mut().enumerate() {
            let gram = mode_gram(slab, place + 1)?;
            sum.data_mut().iter_mut().zip(gram.data()).for_each(|(sum, x)| *sum += x);
        }
        Ok(())
    })?;
    if whole == 0.0 { Err(DecompError::AllZero.into()) } else { Ok((grams, whole)) }
}

/// The tensor with all modes but the first seen through factors, and the most elements held on the way.
fn projected<T: Scalar, S: Slabs<T>>(
    slabs: &mut S,
    factors: &[Tensor<T>],
    shape: &[usize],
) -> Result<(Tensor<T>, usize), S::Error> {
    let (mut data, mut largest) = (Vec::new(), 0);
    each(slabs, shape, |_, slab| {
        let mut seen: Option<Tensor<T>> = None;
        for (place, factor) in factors.iter().enumerate() {
            let next = mode_product(seen.as_ref().unwrap_or(slab), place + 1, &factor.view())?;
            largest = largest.max(next.data().len() + seen.as_ref().map_or(0, |seen| seen.data().len()));
            seen = Some(next);
        }
        data.extend_from_slice(seen.as_ref().unwrap_or(slab).data());
        Ok(())
    })?;
    let sizes: Vec<usize> = std::iter::once(shape[0]).chain(factors.iter().map(|factor| factor.shape()[1])).collect();
    Ok((Tensor::new(&sizes, data).map_err(DecompError::from)?, largest))
}

/// The squared distance of the tensor from a form, slab by slab.
fn missed<T: Scalar, S: Slabs<T>>(slabs: &mut S, form: &Tucker<T>) -> Result<f64, S::Error> {
    let shape = slabs.shape().to_vec();
    let mut sum = 0.0;
    each(slabs, &shape, |first, slab| {
        let width = form.factors()[0].shape()[1];
        let rows = slab.shape()[0];
        let part = form.factors()[0].data()[first * width..(first + rows) * width].to_vec();
        let mut factors = form.factors().to_vec();
        factors[0] = Tensor::new(&[rows, width], part)?;
        sum += distance_squared(slab.data(), Tucker::new(form.core().clone(), factors)?.to_tensor()?.data());
        Ok(())
    })?;
    Ok(sum)
}

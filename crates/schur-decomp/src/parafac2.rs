//! PARAFAC2: a canonical model of matrices whose rows need not correspond, nor be equally many.
//!
//! $$ X_k \approx B_k\, \mathrm{diag}(s_k)\, A^T, \qquad B_k = P_k H, \quad P_k^T P_k = 1 $$
//!
//! so that `B_k^T B_k = H^T H` is the same for all `k`, which is what makes the components unique.

use schur_linalg::{svd, symmetric_eigen};
use schur_tensor::{Real, Tensor};

use crate::einsum_model::{EinsumForm, EinsumModel, EinsumOptions, continue_einsum};
use crate::fit::{Course, Observer, Stopping, unobserved};
use crate::matrix::{gram, multiply};
use crate::random::{normals, stream, unit};
use crate::{DecompError, Fit, Scalar, check};

/// How the model is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parafac2Options {
    /// The number of components.
    pub rank: usize,
    /// When it ends.
    pub stopping: Stopping,
    /// Sweeps over the canonical model between two solutions for the projections.
    pub sweeps: usize,
    /// Where the random start begins; zero begins with the leading directions of all matrices together.
    pub seed: u64,
}

impl Parafac2Options {
    /// For so many components; five sweeps between projections.
    pub fn rank(rank: usize) -> Self {
        Self { rank, stopping: Stopping { iterations: 500, tolerance: 1e-8 }, sweeps: 5, seed: 0 }
    }
}

/// Matrices with different numbers of rows, and one set of columns, by components.
#[derive(Debug, Clone, PartialEq)]
pub struct Parafac2<T> {
    /// `P_k: [I_k, rank]`, orthonormal columns.
    pub projections: Vec<Tensor<T>>,
    /// `H: [rank, rank]`.
    pub shared: Tensor<T>,
    /// `s: [K, rank]`.
    pub weights: Tensor<T>,
    /// `A: [J, rank]`.
    pub columns: Tensor<T>,
}

impl<T: Scalar> Parafac2<T> {
    /// `B_k`, the factor of the rows of one matrix; none beyond the last.
    pub fn rows(&self, k: usize) -> Option<Tensor<T>> {
        multiply(&self.projections.get(k)?.view(), &self.shared.view()).ok()
    }

    /// One of the matrices, multiplied out; none beyond the last.
    pub fn matrix(&self, k: usize) -> Option<Tensor<T>> {
        let mut rows = self.rows(k)?;
        let rank = self.shared.shape()[1];
        let weights = self.weights.data().get(k * rank..(k + 1) * rank)?;
        for row in rows.data_mut().chunks_exact_mut(rank) {
            row.iter_mut().zip(weights).for_each(|(entry, &weight)| *entry *= weight);
        }
        multiply(&rows.view(), &self.columns.view().permuted(&[1, 0]).ok()?).ok()
    }
}

/// Fits the model to matrices, by direct fitting.
///
/// Given `H`, `s` and `A`, the best projections are the orthogonal parts of `X_k A diag(s_k) H^T`; given projections, the
/// projected matrices are a tensor with a canonical model. The error never grows.
///
/// # Shapes
/// `matrices[k]: [I_k, J]`.
/// # Errors
/// [`DecompError::Rank`] for a rank above the rows or columns of a matrix, [`DecompError::Mismatch`] for different numbers of
/// columns, [`DecompError::Count`] for fewer than two matrices, and as for all methods, bad numbers and options.
/// # Cost
/// For each iteration, two products of each matrix with `rank` columns.
/// # Source
/// H. Kiers, J. ten Berge and R. Bro, *PARAFAC2 - Part I. A direct fitting algorithm for the PARAFAC2 model*, 1999.
/// # Examples
/// ```
/// use schur_decomp::fit::unobserved;
/// use schur_decomp::parafac2::{Parafac2Options, parafac2};
/// use schur_tensor::Tensor;
///
/// // The same two profiles over 12 columns, in 5, 6 and 7 samples whose order means nothing.
/// let matrix = |rows: usize| {
///     Tensor::from_fn(&[rows, 12], |i| ((i[1] * (1 + i[0] % 2)) as f64 * 0.3).sin() * (rows - i[0]) as f64)
/// };
/// let matrices = [matrix(5)?, matrix(6)?, matrix(7)?];
/// let (form, fit) = parafac2(&matrices, &Parafac2Options::rank(2), &mut unobserved)?;
/// assert!(fit.relative_error < 0.1);
/// assert_eq!(form.projections[2].shape(), [7, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parafac2<T: Scalar>(
    matrices: &[Tensor<T>],
    options: &Parafac2Options,
    observer: Observer<'_>,
) -> Result<(Parafac2<T>, Fit), DecompError> {
    let (norm_squared, columns) = checked(matrices, options)?;
    let rank = options.rank;
    let model = EinsumModel::new("ar,jr,kr->ajk", &[("r", rank)], &[rank, columns, matrices.len()])?;
    let mut canonical = EinsumForm::new(model, start(matrices, columns, options)?)?;
    let sweeps =
        EinsumOptions { stopping: Stopping { iterations: options.sweeps, tolerance: 0.0 }, ..EinsumOptions::default() };
    let mut course = Course::new(options.stopping);
    let mut projections;
    let end = loop {
        projections = project(matrices, &canonical)?;
        let projected = projected(matrices, &projections, [rank, columns])?;
        canonical = continue_einsum(&projected, canonical, &sweeps, &mut unobserved)?.0;
        let error = (distance_squared(matrices, &form_of(&projections, &canonical)?)? / norm_squared).sqrt();
        if !error.is_finite() {
            return Err(DecompError::Diverged { method: "PARAFAC2", iteration: course.iterations() + 1 });
        }
        if let Some(end) = course.step(error, observer) {
            break end;
        }
    };
    let form = form_of(&projections, &canonical)?;
    let error = (distance_squared(matrices, &form)? / norm_squared).sqrt();
    let largest = matrices.iter().map(|matrix| matrix.data().len()).max().unwrap_or(0);
    let bytes = size_of::<T>() * (2 * rank * columns * matrices.len() + largest);
    Ok((form, course.finish(end, error, Vec::new(), bytes as u64)))
}

fn checked<T: Scalar>(matrices: &[Tensor<T>], options: &Parafac2Options) -> Result<(f64, usize), DecompError> {
    check::stopping(&options.stopping)?;
    if options.sweeps == 0 {
        return Err(DecompError::Option { option: "sweeps", value: 0.0, expected: "one or more" });
    }
    if matrices.len() < 2 {
        return Err(DecompError::Count { what: "matrices, two or more", expected: 2, found: matrices.len() });
    }
    let columns = matrices[0].shape().last().copied().unwrap_or(0);
    let mut norm_squared = 0.0;
    for (k, matrix) in matrices.iter().enumerate() {
        let &[rows, own] = matrix.shape() else {
            let (expected, found) = (vec![0, columns], matrix.shape().to_vec());
            return Err(DecompError::Mismatch { what: format!("matrix {k}"), expected, found });
        };
        if own != columns {
            let (expected, found) = (vec![rows, columns], matrix.shape().to_vec());
            return Err(DecompError::Mismatch { what: format!("matrix {k}"), expected, found });
        }
        let most = rows.min(columns);
        if !(1..=most).contains(&options.rank) {
            return Err(DecompError::Rank { what: format!("PARAFAC2 of matrix {k}"), rank: options.rank, most });
        }
        norm_squared += match check::dense("PARAFAC2", 2, matrix) {
            Err(DecompError::AllZero) => 0.0,
            other => other?,
        };
    }
    if norm_squared == 0.0 { Err(DecompError::AllZero) } else { Ok((norm_squared, columns)) }
}

/// One for `H`, weights at random, and columns that span most of all matrices together; of seeds other than zero, those at
/// random too.
fn start<T: Scalar>(
    matrices: &[Tensor<T>],
    columns: usize,
    options: &Parafac2Options,
) -> Result<Vec<Tensor<T>>, DecompError> {
    let rank = options.rank;
    let mut sum = Tensor::filled(&[columns, columns], 0.0)?;
    for matrix in matrices {
        sum.data_mut().iter_mut().zip(gram(matrix)?.data()).for_each(|(sum, entry)| *sum += entry);
    }
    // Eigenvectors come with the largest eigenvalue last.
    let vectors = symmetric_eigen(&sum)?.u;
    let vector = |i: &[usize]| T::from_f64(vectors.data()[i[0] * columns + columns - 1 - i[1]]);
    let one = |i: &[usize]| if i[0] == i[1] { <T as Real>::ONE } else { <T as Real>::ZERO };
    let mut rng = stream(options.seed, 0);
    let weights = Tensor::from_fn(&[matrices.len(), rank], |_| T::from_f64(0.5 + unit(&mut rng)))?;
    let columns = match options.seed {
        0 => Tensor::from_fn(&[columns, rank], vector)?,
        _ => normals(&[columns, rank], &mut rng)?,
    };
    Ok(vec![Tensor::from_fn(&[rank, rank], one)?, columns, weights])
}

/// The orthogonal part of `X_k A diag(s_k) H^T` for each matrix.
fn project<T: Scalar>(matrices: &[Tensor<T>], canonical: &EinsumForm<T>) -> Result<Vec<Tensor<T>>, DecompError> {
    let [shared, columns, weights] = canonical.factors() else { return Ok(Vec::new()) };
    let rank = shared.shape()[0];
    let one = |(matrix, weights): (&Tensor<T>, &[T])| -> Result<Tensor<T>, DecompError> {
        let mut image = multiply(&matrix.view(), &columns.view())?;
        for row in image.data_mut().chunks_exact_mut(rank) {
            row.iter_mut().zip(weights).for_each(|(entry, &weight)| *entry *= weight);
        }
        let image = multiply(&image.view(), &shared.view().permuted(&[1, 0])?)?;
        let image = Tensor::new(image.shape(), image.data().iter().map(|entry| entry.to_f64()).collect())?;
        let found = svd(&image)?;
        let projection = multiply(&found.u.view(), &found.v.view().permuted(&[1, 0])?)?;
        Ok(Tensor::new(projection.shape(), projection.data().iter().map(|&entry| T::from_f64(entry)).collect())?)
    };
    matrices.iter().zip(weights.data().chunks_exact(rank)).map(one).collect()
}

/// `P_k^T X_k` for each matrix, as a tensor `[rank, J, K]`.
fn projected<T: Scalar>(
    matrices: &[Tensor<T>],
    projections: &[Tensor<T>],
    [rank, columns]: [usize; 2],
) -> Result<Tensor<T>, DecompError> {
    let count = matrices.len();
    let mut tensor = Tensor::filled(&[rank, columns, count], <T as Real>::ZERO)?;
    for (k, (matrix, projection)) in matrices.iter().zip(projections).enumerate() {
        let slice = multiply(&projection.view().permuted(&[1, 0])?, &matrix.view())?;
        let places = tensor.data_mut().iter_mut().skip(k).step_by(count);
        places.zip(slice.data()).for_each(|(to, &from)| *to = from);
    }
    Ok(tensor)
}

fn form_of<T: Scalar>(projections: &[Tensor<T>], canonical: &EinsumForm<T>) -> Result<Parafac2<T>, DecompError> {
    match canonical.factors() {
        [shared, columns, weights] => Ok(Parafac2 {
            projections: projections.to_vec(),
            shared: shared.clone(),
            weights: weights.clone(),
            columns: columns.clone(),
        }),
        other => Err(DecompError::Count { what: "factors", expected: 3, found: other.len() }),
    }
}

fn distance_squared<T: Scalar>(matrices: &[Tensor<T>], form: &Parafac2<T>) -> Result<f64, DecompError> {
    let mut sum = 0.0;
    for (k, matrix) in matrices.iter().enumerate() {
        let expected = matrices.len();
        let model = form.matrix(k).ok_or(DecompError::Count { what: "matrices of the form", expected, found: k })?;
        sum += matrix.data().iter().zip(model.data()).map(|(a, b)| (*a - *b).to_f64().powi(2)).sum::<f64>();
    }
    Ok(sum)
}

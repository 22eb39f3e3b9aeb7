//! From the last mode to the first: one orthonormal core after the other is taken off.

use schur_tensor::{Real, Tensor, View};

use crate::modes::{Around, Cut, Means, decompose, reshaped, rounded};
use crate::{DecompError, Scalar};

/// Modes are taken off together while they have no more columns than this: the matrix of the others is met twice for
/// all of them.
const GROUP: usize = 64;

/// What a sweep may drop, and what it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ledger {
    /// The largest rank.
    pub most: usize,
    /// What the squares of the values still to be dropped may sum up to.
    pub budget: f64,
    /// Cuts still to come.
    pub cuts: usize,
}

impl Ledger {
    /// An equal share of what is left, for the next cut.
    fn cut(&self) -> Cut {
        Cut { most: self.most, budget: Some(self.budget.max(0.0) / self.cuts.max(1) as f64) }
    }

    fn spend(&mut self, dropped: f64) {
        self.budget -= dropped;
        self.cuts = self.cuts.saturating_sub(1);
    }
}

/// What is left of a tensor, and the cores taken off it.
pub(crate) struct Swept<T> {
    /// `[n_0 * r_1]`: the first mode and the bond behind it.
    pub first: Tensor<T>,
    /// The cores of all modes but the first, the last mode first; each orthonormal as `[r, n * s]`.
    pub cores: Vec<Tensor<T>>,
    /// The most memory held beside data and cores, in bytes.
    pub workspace: usize,
}

/// Takes cores off a tensor until one mode is left.
///
/// # Shapes
/// `tensor: [n_0, .., n_(k-1), r]` with the sizes of `modes` and any bond at the end.
/// # Source
/// Rohrig-Zollner, Thies, Basermann, Performance of the low-rank TT-SVD for large dense tensors on modern multicore
/// CPUs, 2022.
pub(crate) fn sweep<T: Scalar>(
    tensor: &Tensor<T>,
    modes: &[usize],
    ledger: &mut Ledger,
    means: Means,
) -> Result<Swept<T>, DecompError> {
    let mut bond = tensor.data().len() / modes.iter().product::<usize>().max(1);
    let mut rest: Option<Tensor<T>> = None;
    let (mut cores, mut workspace) = (Vec::new(), 0);
    let mut left = modes.len();
    while left > 1 {
        let now = rest.as_ref().unwrap_or(tensor);
        let group = group(&modes[..left], bond);
        let columns = modes[left - group..left].iter().product::<usize>() * bond;
        let matrix = Around::columns(now, columns);
        let taken = if group == 1 {
            let (basis, dropped) = decompose(matrix, ledger.cut(), means)?;
            ledger.spend(dropped);
            vec![core_of(&basis, modes[left - 1], bond)?]
        } else {
            let small = if means == Means::Qr { matrix.triangle()? } else { root(&matrix.gram()?)? };
            take_group(small, &modes[left - group..left], bond, ledger)?
        };
        let rank = taken.last().map_or(1, |core| core.shape()[0]);
        let taken = taken.iter().map(rounded).collect::<Result<Vec<Tensor<T>>, _>>()?;
        // Where nothing was dropped the basis is a square one: its product would only copy.
        let next =
            if rank == columns { None } else { Some(matrix.times(&basis_of(&taken)?.view().permuted(&[1, 0])?)?) };
        let held = rest.as_ref().map_or(0, |rest| rest.data().len()) + next.as_ref().map_or(0, Vec::len);
        workspace = workspace.max(held * size_of::<T>() + 2 * columns.pow(2) * size_of::<f64>());
        if let Some(next) = next {
            cores.extend(taken);
            rest = Some(Tensor::new(&[next.len()], next)?);
        } else {
            cores.extend(units(&modes[left - group..left], bond)?);
        }
        (left, bond) = (left - group, rank);
    }
    let first = match rest {
        Some(rest) => rest,
        None => tensor.clone(),
    };
    let count = first.data().len();
    Ok(Swept { first: reshaped(first, &[count])?, cores, workspace })
}

/// How many of the last modes to take off together.
fn group(modes: &[usize], bond: usize) -> usize {
    let mut columns = bond;
    let fitting = modes[1..].iter().rev().take_while(|&&n| {
        columns *= n;
        columns <= GROUP
    });
    fitting.count().max(1)
}

/// A matrix whose Gram matrix is the one given: the root of its eigenvalues times its vectors.
fn root(gram: &Tensor<f64>) -> Result<Tensor<f64>, DecompError> {
    let found = schur_linalg::symmetric_eigen(gram)?;
    let n = found.values.len();
    let floor = n as f64 * f64::EPSILON * found.values.last().copied().unwrap_or(0.0);
    let weight = |value: f64| if value > floor { value.sqrt() } else { 0.0 };
    Ok(Tensor::from_fn(&[n, n], |i| weight(found.values[i[0]]) * found.u.data()[i[1] * n + i[0]])?)
}

/// Takes several modes off a small matrix that has the singular values of the large one.
fn take_group(
    small: Tensor<f64>,
    modes: &[usize],
    bond: usize,
    ledger: &mut Ledger,
) -> Result<Vec<Tensor<f64>>, DecompError> {
    let (mut rest, mut bond) = (small, bond);
    let mut cores = Vec::new();
    for &size in modes.iter().rev() {
        let matrix = Around::columns(&rest, size * bond);
        let (basis, dropped) = decompose(matrix, ledger.cut(), Means::Qr)?;
        ledger.spend(dropped);
        let next = matrix.times(&basis.view())?;
        cores.push(core_of(&basis, size, bond)?);
        bond = basis.shape()[1];
        rest = Tensor::new(&[next.len()], next)?;
    }
    Ok(cores)
}

/// The core `[r, n, s]` of orthonormal columns `[n * s, r]`.
fn core_of(basis: &Tensor<f64>, size: usize, bond: usize) -> Result<Tensor<f64>, DecompError> {
    let rank = basis.shape()[1];
    reshaped(basis.view().permuted(&[1, 0])?.to_tensor(), &[rank, size, bond])
}

/// The rows that a group of cores, the last mode first, spans: `[r, n * .. * s]`.
fn basis_of<T: Scalar>(cores: &[Tensor<T>]) -> Result<Tensor<T>, DecompError> {
    let Some((last, rest)) = cores.split_first() else { return Ok(Tensor::filled(&[1, 1], <T as Real>::ONE)?) };
    let mut right = reshaped(last.clone(), &[last.shape()[0], last.shape()[1] * last.shape()[2]])?;
    for core in rest {
        let [r, n, s] = [core.shape()[0], core.shape()[1], core.shape()[2]];
        let left = View::new(core.data(), 0, &[r * n, s], &[s.cast_signed(), 1])?;
        let columns = n * right.shape()[1];
        right = reshaped(crate::matrix::multiply(&left, &right.view())?, &[r, columns])?;
    }
    Ok(right)
}

/// Cores that only pass indices on, the last mode first.
fn units<T: Scalar>(modes: &[usize], bond: usize) -> Result<Vec<Tensor<T>>, DecompError> {
    let mut bond = bond;
    let mut cores = Vec::new();
    for &size in modes.iter().rev() {
        let unit = |i: &[usize]| if i[0] == i[1] * bond + i[2] { <T as Real>::ONE } else { <T as Real>::ZERO };
        cores.push(Tensor::from_fn(&[size * bond, size, bond], unit)?);
        bond *= size;
    }
    Ok(cores)
}

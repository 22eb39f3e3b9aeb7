//! Singular values of unfoldings, as many as the shorter side has.

use schur_einsum::execute::{Plan, Workspace};
use schur_einsum::{Contraction, EinsumError, Order};
use schur_linalg::symmetric_eigen;
use schur_tensor::{Real, Tensor};

use super::Around;
use crate::{DecompError, Scalar};

/// Bytes that a Gram matrix may take.
const MOST: u64 = 4 << 30;

/// The squares of the singular values of a tensor unfolded with some modes as rows, largest first.
///
/// They are eigenvalues of the Gram matrix of the shorter side, so those below `1e-16` of the largest are rounding.
///
/// # Errors
/// [`DecompError::Rank`] for a mode that there is not or twice, [`DecompError::Memory`] for a side of more than some
/// twenty thousand rows.
/// # Cost
/// Two operations an element of the tensor and row of the shorter side, half of that if its modes follow each other; its
/// square in memory.
pub fn spectrum_squared<T: Scalar>(tensor: &Tensor<T>, modes: &[usize]) -> Result<Vec<f64>, DecompError> {
    let order = tensor.shape().len();
    for (place, &mode) in modes.iter().enumerate() {
        if mode >= order || modes[..place].contains(&mode) {
            let what = "the modes of an unfolding, each named once and counted from zero".to_owned();
            return Err(DecompError::Rank { what, rank: mode, most: order.saturating_sub(1) });
        }
    }
    let others: Vec<usize> = (0..order).filter(|mode| !modes.contains(mode)).collect();
    let size = |list: &[usize]| list.iter().map(|&mode| tensor.shape()[mode]).product::<usize>();
    let rows = if size(modes) <= size(&others) { modes } else { &others };
    let side = size(rows);
    let needed = (side as u64).saturating_mul(side as u64).saturating_mul(8);
    if needed > MOST {
        return Err(DecompError::Memory { what: "the Gram matrix of an unfolding", needed, limit: MOST });
    }
    let gram = match neighbours(rows) {
        Some([first, end]) => {
            let product = |modes: &[usize]| modes.iter().product::<usize>();
            let sizes = [product(&tensor.shape()[..first]), side, product(&tensor.shape()[end..])];
            Around { data: tensor.data(), sizes }.gram()?
        }
        None => scattered(tensor, rows, side)?,
    };
    Ok(symmetric_eigen(&gram)?.values.iter().rev().map(|value| value.max(0.0)).collect())
}

/// The first mode and the one behind the last, if modes follow each other without a gap.
fn neighbours(modes: &[usize]) -> Option<[usize; 2]> {
    let first = modes.iter().copied().min().unwrap_or(0);
    let end = modes.iter().copied().max().map_or(0, |last| last + 1);
    (end - first == modes.len()).then_some([first, end])
}

/// The Gram matrix of rows of any modes.
fn scattered<T: Scalar>(tensor: &Tensor<T>, rows: &[usize], side: usize) -> Result<Tensor<f64>, DecompError> {
    let order = tensor.shape().len();
    let twin = |mode: usize| if rows.contains(&mode) { mode + order } else { mode };
    let operands = vec![(0..order).collect(), (0..order).map(twin).collect()];
    let output = rows.iter().copied().chain(rows.iter().map(|&mode| mode + order)).collect();
    let names = (0..2 * order).map(|index| index.to_string()).collect();
    let contraction = Contraction::new(operands, output, tensor.shape().repeat(2), names)?;
    let plan = Plan::new(&contraction, &Order::left_to_right(&contraction)).map_err(EinsumError::from)?;
    let mut gram = vec![<T as Real>::ZERO; side * side];
    let views = [tensor.view(), tensor.view()];
    plan.run(&T::arithmetic(), &views, &mut gram, &mut Workspace::default()).map_err(EinsumError::from)?;
    Ok(Tensor::new(&[side, side], gram.iter().map(|entry| entry.to_f64()).collect())?)
}

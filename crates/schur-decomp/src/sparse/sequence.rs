//! Products of a sparse tensor with all factors but one, a task at a time.

use rayon::prelude::*;
use schur_tensor::{Real, Tensor, pulp};

use super::Sparse;
use super::kernel::{Run, Task};
use super::layout::Rows;
use crate::cp::MttkrpSequence;
use crate::{DecompError, Scalar};

/// The layouts of all modes.
pub(super) struct Sequence<'a, T> {
    tensor: &'a Sparse<T>,
    layouts: Vec<Rows<T>>,
    rank: usize,
    carried: Vec<T>,
}

impl<'a, T: Scalar> Sequence<'a, T> {
    pub fn new(tensor: &'a Sparse<T>, rank: usize) -> Result<Self, DecompError> {
        if tensor.shape.len() < 2 {
            return Err(DecompError::Order { method: "a decomposition", least: 2, shape: tensor.shape.clone() });
        }
        if tensor.norm_squared == 0.0 {
            return Err(DecompError::AllZero);
        }
        let layouts = (0..tensor.shape.len()).into_par_iter().map(|mode| Rows::new(tensor, mode)).collect();
        Ok(Self { tensor, layouts, rank, carried: Vec::new() })
    }

    fn check(&self, factors: &[Tensor<T>], mode: usize, result: &[T]) -> Result<(), DecompError> {
        let shape = &self.tensor.shape;
        if factors.len() != shape.len() || mode >= shape.len() {
            let (expected, found) = (shape.len(), factors.len());
            return Err(DecompError::Count { what: "factors", expected, found });
        }
        for (other, (factor, &size)) in factors.iter().zip(shape).enumerate() {
            if other != mode && factor.shape() != [size, self.rank] {
                let (expected, found) = (vec![size, self.rank], factor.shape().to_vec());
                return Err(DecompError::Mismatch { what: format!("the factor of mode {other}"), expected, found });
            }
        }
        if result.len() != shape[mode] * self.rank {
            let (expected, found) = (vec![shape[mode], self.rank], vec![result.len()]);
            return Err(DecompError::Mismatch { what: "the result".to_owned(), expected, found });
        }
        Ok(())
    }
}

impl<T: Scalar> MttkrpSequence<T> for Sequence<'_, T> {
    fn product(&mut self, factors: &[Tensor<T>], mode: usize, result: &mut [T]) -> Result<(), DecompError> {
        self.check(factors, mode, result)?;
        let rank = self.rank;
        if rank == 0 {
            return Ok(());
        }
        let rows = &self.layouts[mode];
        result.fill(<T as Real>::ZERO);
        self.carried.clear();
        self.carried.resize((rows.tasks.len() - 1) * rank, <T as Real>::ZERO);
        let factors: Vec<&[T]> = factors.iter().map(Tensor::data).collect();
        let mut tasks = Vec::with_capacity(rows.tasks.len());
        let mut rest = &mut *result;
        let mut first_row = 0;
        for (ends, carried) in rows.tasks.windows(2).zip(self.carried.chunks_exact_mut(rank)) {
            // Rows whose first fibre lies before the end of the task begin in it; those without any come along.
            let end_row = rows.rows[..rows.rows.len() - 1].partition_point(|&first| first < ends[1]);
            let own;
            (own, rest) = rest.split_at_mut((end_row - first_row) * rank);
            tasks.push(Task { fibres: ends[0] as usize..ends[1] as usize, first_row, own, carried });
            first_row = end_row;
        }
        let arch = pulp::Arch::new();
        tasks.into_par_iter().for_each(|task| arch.dispatch(Run { task, rows, factors: &factors, rank }));
        for (start, carried) in rows.tasks.iter().zip(self.carried.chunks_exact(rank)) {
            // The row that the task's first fibre belongs to: the last that does not begin after it.
            let row = rows.rows.partition_point(|&first| first <= *start).saturating_sub(1);
            if let Some(result) = result.get_mut(row * rank..(row + 1) * rank) {
                result.iter_mut().zip(carried).for_each(|(result, &x)| *result += x);
            }
        }
        Ok(())
    }

    fn changed(&mut self, _mode: usize) {}

    fn workspace_bytes(&self) -> u64 {
        let layouts: u64 = self.layouts.iter().map(Rows::bytes).sum();
        layouts + (self.carried.capacity() * size_of::<T>()) as u64
    }
}

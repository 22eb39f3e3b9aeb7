//! The least-squares equations of one factor, contracted from all the others.
//!
//! Write the indices of factor `n` as `(s, o, b)`: `o` are those of the result that no other factor has, `s` those of
//! the result that others have too, `b` those summed over. For each `s` the equations are the same for all `o`:
//!
//! $$ \sum_{b'} G^s_{b b'} A_{s o b'} = R_{s o b}, \quad G^s_{b b'} = \sum_{\text{others}} E_b E_{b'},
//! \quad R_{s o b} = \sum_{\text{others}} x\, E_b $$
//!
//! where `E` is the product of the other factors. `E` itself is formed only where that is the cheapest way to `G` or
//! `R`: both are contractions with an order of their own, `G` one in which every other factor stands twice.

use schur_einsum::execute::{Plan, Workspace};
use schur_einsum::{Contraction, EinsumError};
use schur_linalg::Positive;
use schur_tensor::{Real, Tensor, View, row_major};

use super::EinsumForm;
use super::form::plan;
use crate::{DecompError, Scalar};

/// The equations of one factor, planned.
#[derive(Debug)]
pub(super) struct Equations {
    factor: usize,
    gram_plan: Plan,
    right_plan: Plan,
    /// How many `s`, `o` and `b` there are.
    sizes: [usize; 3],
    /// The shape of the factor with its axes as `(s, o, b)`, and where each axis of the factor lies among them.
    sorted: Vec<usize>,
    back: Vec<usize>,
    gram: Vec<f64>,
}

/// What a factor is held back with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Damping {
    pub ridge: f64,
    pub proximal: f64,
}

/// What solving for a factor tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Solved {
    /// The inner product of data and model, and the square of the model's norm.
    pub inner: f64,
    pub square: f64,
    /// The least reciprocal condition number, if one of the matrices is singular.
    pub singular: Option<f64>,
}

/// Memory that the equations of all factors share.
#[derive(Debug)]
pub(super) struct EquationsWorkspace<T> {
    right: Vec<T>,
    rows: Vec<f64>,
    plans: Workspace<T>,
    gram_plans: Workspace<f64>,
}

impl<T> Default for EquationsWorkspace<T> {
    fn default() -> Self {
        let (plans, gram_plans) = (Workspace::default(), Workspace::default());
        Self { right: Vec::new(), rows: Vec::new(), plans, gram_plans }
    }
}

impl Equations {
    /// Plans the equations of a factor.
    pub fn new(model: &Contraction, factor: usize) -> Result<Self, DecompError> {
        let own = &model.operands()[factor];
        let others: Vec<&Vec<usize>> =
            model.operands().iter().enumerate().filter(|&(k, _)| k != factor).map(|o| o.1).collect();
        let kept = |index: &usize| model.output().contains(index);
        let elsewhere = |index: &usize| others.iter().any(|other| other.contains(index));
        let group = |wanted: fn(bool, bool) -> bool| -> Vec<usize> {
            own.iter().copied().filter(|index| wanted(kept(index), elsewhere(index))).collect()
        };
        let shared = group(|kept, elsewhere| kept && elsewhere);
        let free = group(|kept, elsewhere| kept && !elsewhere);
        let inner = group(|kept, _| !kept);
        let size = |list: &[usize]| list.iter().map(|&index| model.sizes()[index]).product::<usize>();

        // Of every index that is summed over, a second one for the second copy of the factors.
        let count = model.sizes().len();
        let twin = |index: &usize| if kept(index) { *index } else { index + count };
        let twins = others.iter().map(|other| other.iter().map(twin).collect());
        let pairs: Vec<Vec<usize>> = others.iter().map(|&other| other.clone()).chain(twins).collect();
        let output = [shared.clone(), inner.clone(), inner.iter().map(twin).collect()].concat();
        let names = model.names().iter().cloned().chain(model.names().iter().map(|name| format!("{name}'"))).collect();
        let gram_plan = plan(&Contraction::new(pairs, output, model.sizes().repeat(2), names)?)?;

        let sorted = [&shared[..], &free, &inner].concat();
        let operands = std::iter::once(model.output().to_vec()).chain(others.iter().map(|&other| other.clone()));
        let (sizes, names) = (model.sizes().to_vec(), model.names().to_vec());
        let right_plan = plan(&Contraction::new(operands.collect(), sorted.clone(), sizes, names)?)?;

        let back = own.iter().filter_map(|index| sorted.iter().position(|other| other == index)).collect();
        let sizes = [size(&shared), size(&free), size(&inner)];
        let sorted = sorted.iter().map(|&index| model.sizes()[index]).collect();
        Ok(Self { factor, gram_plan, right_plan, sizes, sorted, back, gram: Vec::new() })
    }

    /// Bytes for right-hand side, Gram matrices and all that is alive while they are contracted.
    pub fn bytes<T>(&self) -> u64 {
        let [shared, free, inner] = self.sizes.map(|size| size as u128);
        let rows = shared * free * inner * (size_of::<T>() + size_of::<f64>()) as u128;
        let gram = shared * inner * inner * 8 + self.gram_plan.peak() as u128 * 8;
        let right = self.right_plan.peak() as u128 * size_of::<T>() as u128;
        u64::try_from(rows + gram + right).unwrap_or(u64::MAX)
    }

    /// Solves for the factor and puts it into the form; `copies` are all factors in f64, kept up to date.
    pub fn solve<T: Scalar>(
        &mut self,
        tensor: &Tensor<T>,
        form: &mut EinsumForm<T>,
        copies: &mut [Tensor<f64>],
        damping: Damping,
        workspace: &mut EquationsWorkspace<T>,
    ) -> Result<Solved, DecompError> {
        self.contract(tensor, form, copies, workspace)?;
        let EquationsWorkspace { right, rows, .. } = workspace;
        let [shared, free, inner] = self.sizes;
        let (block, square) = (free * inner, inner * inner);
        rows.clear();
        rows.extend(right.iter().map(|value| value.to_f64()));
        if damping.proximal > 0.0 {
            let before = copies[self.factor].view().permuted(&inverse(&self.back))?;
            rows.iter_mut().zip(before.iter()).for_each(|(row, before)| *row += damping.proximal * before);
        }
        let mut solved = Solved { inner: 0.0, square: 0.0, singular: None };
        for s in 0..shared {
            let gram = &self.gram[s * square..][..square];
            let mut damped = Tensor::new(&[inner, inner], gram.to_vec())?;
            let diagonal = damped.data_mut().iter_mut().step_by(inner + 1);
            diagonal.for_each(|entry| *entry += damping.ridge + damping.proximal);
            let equations = Positive::new(&damped)?;
            let rows = &mut rows[s * block..][..block];
            equations.solve_rows(rows)?;
            if equations.is_singular() {
                let least = solved.singular.map_or(f64::INFINITY, |least: f64| least);
                solved.singular = Some(least.min(equations.reciprocal_condition()));
            }
            let right = &right[s * block..][..block];
            solved.inner += rows.iter().zip(right).map(|(a, b)| a * b.to_f64()).sum::<f64>();
            solved.square += rows.chunks_exact(inner).map(|row| quadratic(row, gram)).sum::<f64>();
        }
        let sorted = View::new(rows, 0, &self.sorted, &row_major(&self.sorted))?;
        let factor = sorted.permuted(&self.back)?.to_tensor();
        let values: Vec<T> = factor.data().iter().map(|&value| T::from_f64(value)).collect();
        let copy = &mut copies[self.factor];
        copy.data_mut().iter_mut().zip(&values).for_each(|(copy, value)| *copy = value.to_f64());
        form.set_factor(self.factor, Tensor::new(factor.shape(), values)?);
        Ok(solved)
    }

    /// Contracts Gram matrices and right-hand side.
    fn contract<T: Scalar>(
        &mut self,
        tensor: &Tensor<T>,
        form: &EinsumForm<T>,
        copies: &[Tensor<f64>],
        workspace: &mut EquationsWorkspace<T>,
    ) -> Result<(), DecompError> {
        let [shared, free, inner] = self.sizes;
        let others = || (0..copies.len()).filter(|&k| k != self.factor);
        self.gram.resize(shared * inner * inner, 0.0);
        let pairs: Vec<View<'_, f64>> = others().chain(others()).map(|k| copies[k].view()).collect();
        let (arithmetic, space) = (f64::arithmetic(), &mut workspace.gram_plans);
        self.gram_plan.run(&arithmetic, &pairs, &mut self.gram, space).map_err(EinsumError::from)?;
        let views: Vec<View<'_, T>> =
            std::iter::once(tensor.view()).chain(others().map(|k| form.factors()[k].view())).collect();
        workspace.right.resize(shared * free * inner, <T as Real>::ZERO);
        let (right, space) = (&mut workspace.right[..], &mut workspace.plans);
        self.right_plan.run(&T::arithmetic(), &views, right, space).map_err(EinsumError::from)?;
        Ok(())
    }
}

/// `row gram row^T`.
fn quadratic(row: &[f64], gram: &[f64]) -> f64 {
    let products = gram.chunks_exact(row.len()).map(|line| line.iter().zip(row).map(|(a, b)| a * b).sum::<f64>());
    products.zip(row).map(|(a, b)| a * b).sum()
}

fn inverse(permutation: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; permutation.len()];
    permutation.iter().enumerate().for_each(|(place, &axis)| inverse[axis] = place);
    inverse
}

//! Contractions of the networks here: an order is chosen, planned, and run once.

use schur_einsum::execute::{ExecuteError, Plan, Workspace};
use schur_einsum::order::{Options, optimise};
use schur_einsum::{Contraction, Order, OrderError};
use schur_tensor::semiring::Semiring;
use schur_tensor::{Tensor, View};

/// Searches an order, as long as is right for a contraction that is run once.
pub(crate) fn order_of(contraction: &Contraction) -> Result<Order, OrderError> {
    let options = Options { effort: 0, ..Options::default() };
    Ok(optimise(contraction, &options, &|| false)?.0)
}

/// Contracts row-major tensors.
pub(crate) fn contract<S: Semiring>(
    semiring: &S,
    contraction: &Contraction,
    tensors: &[Tensor<S::Element>],
) -> Result<Tensor<S::Element>, ExecuteError> {
    let plan = Plan::new(contraction, &order_of(contraction)?)?;
    let views: Vec<View<'_, _>> = tensors.iter().map(Tensor::view).collect();
    let too_large = |_| ExecuteError::TooLarge { what: "the result", shape: contraction.output_shape() };
    let mut result = Tensor::filled(plan.output_shape(), semiring.zero()).map_err(too_large)?;
    plan.run(semiring, &views, result.data_mut(), &mut Workspace::default())?;
    Ok(result)
}

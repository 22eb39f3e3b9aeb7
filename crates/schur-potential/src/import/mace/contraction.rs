//! Symmetric contractions of a MACE file: weights for the basis in the file become weights for ours.

use schur_io::{DType, Tensor};

use super::linear::{Irrep, irreps, written};
use super::module::Module;
use super::{Importer, refuse};
use crate::{MaceArchitecture, ModelError};

/// The contractions of one layer.
pub(super) struct Contractions {
    path: String,
    pub degrees: Vec<usize>,
    pub correlation: usize,
    /// Whether features of the layer before are added.
    pub use_sc: bool,
    /// Whether all elements have the same weights.
    pub shared: bool,
    /// `[degree][order - 1]`: basis and weights.
    orders: Vec<Vec<[Tensor; 2]>>,
}

impl Contractions {
    /// Reads the product of a layer.
    pub fn read(product: &Module<'_>, architecture: &MaceArchitecture) -> Result<Self, ModelError> {
        product.expect(&["mace.modules.blocks.EquivariantProductBasisBlock"])?;
        product.only_parts(&["symmetric_contractions", "linear"])?;
        product.refuse_attribute("cueq_config")?;
        let module = product.part("symmetric_contractions")?;
        module.expect(&["mace.modules.symmetric_contraction.SymmetricContraction"])?;
        module.only_parts(&["contractions"])?;
        let channels = architecture.channels;
        let sign = |l: usize| if architecture.parity && !l.is_multiple_of(2) { -1 } else { 1 };
        let sound = |irreps: &[Irrep]| {
            irreps.iter().all(|irrep| irrep.channels == channels && irrep.parity == sign(irrep.degree))
        };
        let (inputs, outputs) = (irreps(&module, "irreps_in")?, irreps(&module, "irreps_out")?);
        let whole = inputs.iter().enumerate().all(|(l, irrep)| irrep.degree == l);
        if !sound(&inputs) || !sound(&outputs) || !whole || inputs.len() != architecture.max_harmonic + 1 {
            let (from, to) = (written(&inputs), written(&outputs));
            return refuse(format!("{} goes from {from} to {to}, which is not supported", module.path()));
        }
        let parts = module.part("contractions")?.list()?;
        if parts.len() != outputs.len() {
            return refuse(format!("{} has {} parts for {} irreps", module.path(), parts.len(), outputs.len()));
        }
        let mut correlation = 0;
        let mut orders = Vec::new();
        for part in &parts {
            part.expect(&["mace.modules.symmetric_contraction.Contraction"])?;
            correlation = part.integer("correlation")? as usize;
            orders.push(tensors(part, correlation)?);
        }
        if orders.iter().any(|tensors| tensors.len() != correlation) {
            return refuse(format!("{} has parts of different orders", module.path()));
        }
        Ok(Self {
            path: module.path().to_owned(),
            degrees: outputs.iter().map(|irrep| irrep.degree).collect(),
            correlation,
            use_sc: product.flag("use_sc", true)?,
            shared: product.flag("use_agnostic_product", false)?,
            orders,
        })
    }
}

/// Basis and weights of each order, ascending.
fn tensors(part: &Module<'_>, correlation: usize) -> Result<Vec<[Tensor; 2]>, ModelError> {
    let lower = part.part("weights")?;
    lower.expect(&["torch.nn.modules.container.ParameterList"])?;
    (1..=correlation)
        .map(|order| {
            let basis = part.tensor(&format!("U_matrix_{order}"))?;
            // The weights of lower orders are listed from the highest down.
            let weights = match correlation - order {
                0 => part.tensor("weights_max")?,
                place => lower.tensor(&(place - 1).to_string())?,
            };
            Ok([basis, weights])
        })
        .collect()
}

impl Importer {
    /// Writes the weights of a layer's contractions in our basis.
    pub(super) fn contractions(
        &mut self,
        architecture: &MaceArchitecture,
        t: usize,
        theirs: &Contractions,
    ) -> Result<(), ModelError> {
        let ours = architecture.contraction(t)?;
        let sets = if theirs.shared { 1 } else { architecture.species.len() };
        for (output, &degree) in theirs.degrees.iter().enumerate() {
            for order in 1..=theirs.correlation {
                let count = ours.basis().iter().filter(|e| e.output == output && e.order == order).count();
                let [basis, weights] = &theirs.orders[output][order - 1];
                let place = format!("{}.contractions.{output}, order {order}", theirs.path);
                let polynomials = columns(&place, basis, degree, order, architecture)?;
                let shape = [sets, polynomials.len(), architecture.channels];
                if weights.shape() != shape {
                    let found = weights.shape();
                    return refuse(format!("{place}: the weights have shape {found:?}, not {shape:?}"));
                }
                let mut change = Vec::with_capacity(polynomials.len());
                for polynomial in &polynomials {
                    let numbers = ours.express(output, order, polynomial);
                    let wrong = |error| ModelError::Checkpoint { what: format!("{place}: {error}") };
                    change.push(numbers.map_err(wrong)?);
                }
                if count > 0 {
                    let values = changed(&weights.to_f64(), &change, [sets, count, architecture.channels]);
                    let name = format!("layers.{t}.contraction.{degree}.{order}");
                    self.insert(&name, &[sets, count, architecture.channels], values, DType::F64)?;
                }
            }
        }
        Ok(())
    }
}

/// The polynomials of a basis `[component][factor]...[factor][polynomial]`, one after the other.
fn columns(
    place: &str,
    basis: &Tensor,
    degree: usize,
    order: usize,
    architecture: &MaceArchitecture,
) -> Result<Vec<Vec<f64>>, ModelError> {
    let factor = (architecture.max_harmonic + 1).pow(2);
    let mut expected = if degree == 0 { Vec::new() } else { vec![2 * degree + 1] };
    expected.extend(std::iter::repeat_n(factor, order));
    let found = basis.shape();
    if found.len() != expected.len() + 1 || found[..expected.len()] != expected {
        return refuse(format!("{place}: the basis has shape {found:?}, not {expected:?} and one more"));
    }
    let values = basis.to_f64();
    if values.iter().any(|value| !value.is_finite()) {
        return refuse(format!("{place}: the basis holds numbers that are not finite"));
    }
    let count = found[expected.len()];
    Ok((0..count).map(|column| values.iter().skip(column).step_by(count).copied().collect()).collect())
}

/// Weights `[set][theirs][channel]` become `[set][ours][channel]`; `change[theirs][ours]` writes their basis in ours.
fn changed(weights: &[f64], change: &[Vec<f64>], [sets, count, channels]: [usize; 3]) -> Vec<f64> {
    let mut values = vec![0.0; sets * count * channels];
    for (set, target) in values.chunks_exact_mut(count * channels).enumerate() {
        for (theirs, row) in change.iter().enumerate() {
            let from = &weights[(set * change.len() + theirs) * channels..][..channels];
            for (target, factor) in target.chunks_exact_mut(channels).zip(row) {
                target.iter_mut().zip(from).for_each(|(value, w)| *value += factor * w);
            }
        }
    }
    values
}

//! Everything that depends on the weights only, computed once: packed matrices, spline tables, folded constants.
//!
//! Normalisations are e3nn's: a linear layer divides by the root of its fan-in, the modality's one-hot counted in it; a
//! dense layer of the radial network likewise. The convolution's denominator is folded into the last radial layer, the
//! two linear layers of the readout into one vector, the one-hot of the modality into a bias.

use schur_multilinear::{EdgeProduct, Gate, Segment, SplineTable};
use schur_product::{Convolution, Layout, Linear, LinearBlock, ProductError};
use schur_tensor::{Aligned, Real, pulp::Arch};

use super::NequipArchitecture;
use crate::graph::{Bessel, EdgeHarmonics, RadialNetwork, SpeciesMap, check_size, measure, spline_pieces, tabulate};
use crate::{Model, ModelError, PotentialOptions, RadialTableError};

/// One layer, ready to run.
#[derive(Debug)]
pub(crate) struct LayerPlan<T> {
    pub features: Layout,
    pub gate_input: Layout,
    pub message: Layout,
    pub linear_in: Linear<T>,
    pub bias_in: Vec<T>,
    pub self_connection: Linear<T>,
    pub product: EdgeProduct<T>,
    pub linear_out: Linear<T>,
    pub bias_out: Vec<T>,
    pub gate: Gate<T>,
    pub network: RadialNetwork<T>,
    /// `None` where the radial network is to be evaluated for every edge.
    pub table: Option<SplineTable<T>>,
}

/// A model ready to run in precision `T`.
#[derive(Debug)]
pub(crate) struct Plan<T> {
    pub architecture: NequipArchitecture,
    pub species: SpeciesMap,
    pub harmonics: EdgeHarmonics,
    pub basis: Bessel,
    pub layers: Vec<LayerPlan<T>>,
    /// What layer 0 gathers from each species, `[species][features]`.
    pub first_features: Aligned<T>,
    /// What layer 0's self-connection adds for each species, `[species][gate input]`.
    pub first_connection: Aligned<T>,
    /// The readout as one vector, and its constant.
    pub readout: Vec<f64>,
    pub readout_bias: f64,
    pub scale: Vec<f64>,
    pub shift: Vec<f64>,
}

impl<T: Real> Plan<T> {
    /// Builds the plan of a model.
    pub fn new(
        model: &Model,
        architecture: &NequipArchitecture,
        options: &PotentialOptions,
    ) -> Result<Self, ModelError> {
        architecture.validate()?;
        if !options.exact_radial {
            check_tables(architecture)?;
        }
        let modality = model.modality(options.modality.as_deref())?;
        let harmonics = EdgeHarmonics::new(architecture.max_harmonic, architecture.normalized_harmonics)
            .map_err(ProductError::from)?;
        let builder = Builder { model, architecture, arch: Arch::new(), modality };
        let basis = Bessel {
            frequencies: model.weight("radial.frequencies", &[architecture.radial_functions])?,
            cutoff: architecture.cutoff,
            function: architecture.cutoff_function,
        };
        let layers = (0..architecture.layers()).map(|t| builder.layer::<T>(t, &basis, options.exact_radial));
        let layers = layers.collect::<Result<Vec<_>, _>>()?;
        let (first_features, first_connection) = builder.first(&layers[0])?;
        let (readout, readout_bias) = builder.readout()?;
        let species = SpeciesMap::new(&architecture.species);
        let count = architecture.species.len();
        let modalities = architecture.modalities.len().max(1);
        let shift = model.weight("shift", &[modalities, count])?[modality * count..][..count].to_vec();
        let scale = model.weight("scale", &[count])?;
        Ok(Self {
            architecture: architecture.clone(),
            species,
            harmonics,
            basis,
            layers,
            first_features,
            first_connection,
            readout,
            readout_bias,
            scale,
            shift,
        })
    }

    /// Compares each table with its network between the nodes.
    pub fn table_error(&self) -> RadialTableError {
        let mut worst = RadialTableError::default();
        for layer in &self.layers {
            if let Some(table) = &layer.table {
                worst = worst.or(measure(table, self.basis.cutoff, |r| layer.network.rows(&self.basis, r)));
            }
        }
        worst
    }
}

/// What the parts of a plan are made from.
struct Builder<'a> {
    model: &'a Model,
    architecture: &'a NequipArchitecture,
    arch: Arch,
    modality: usize,
}

impl Builder<'_> {
    fn layer<T: Real>(&self, t: usize, basis: &Bessel, exact: bool) -> Result<LayerPlan<T>, ModelError> {
        let architecture = self.architecture;
        let features = architecture.layout(t);
        let gate_input = architecture.gate_layout(t);
        let convolution = architecture.convolution(t)?;
        let name = |part: &str| format!("layers.{t}.{part}");
        let (linear_in, bias_in) = self.linear(&name("linear_in"), &features, &features, true)?;
        let (self_connection, _) = self.linear(&name("self_connection"), &features, &gate_input, false)?;
        let (linear_out, bias_out) = self.linear(&name("linear_out"), &convolution.output, &gate_input, true)?;
        let out = architecture.layout(t + 1);
        let gated: Vec<Segment> = out
            .blocks()
            .iter()
            .filter(|b| b.degree > 0)
            .map(|b| Segment { dim: b.dim(), channels: b.channels })
            .collect();
        let gate = Gate::new(self.arch, out.blocks()[0].channels, &gated, architecture.activation_scale);
        let product = EdgeProduct::new(
            self.arch,
            &convolution.map,
            (&convolution.features, features.len()),
            (&convolution.results, convolution.output.len()),
        )?;
        let radial = self.radial(t, &convolution)?;
        let network = RadialNetwork::new(self.arch, &radial, architecture.activation_scale);
        let table = (!exact).then(|| {
            let network = RadialNetwork::<f64>::new(self.arch, &radial, architecture.activation_scale);
            let pieces = spline_pieces(basis.function.kink(), basis.cutoff);
            tabulate(&pieces, convolution.weights(), |r| network.rows(basis, r))
        });
        let message = convolution.output;
        Ok(LayerPlan {
            features,
            gate_input,
            message,
            linear_in,
            bias_in,
            self_connection,
            product,
            linear_out,
            bias_out,
            gate,
            network,
            table,
        })
    }

    /// A linear layer with its normalisation; the modality's rows become a bias on the scalars.
    fn linear<T: Real>(
        &self,
        name: &str,
        inputs: &Layout,
        outputs: &Layout,
        has_modality: bool,
    ) -> Result<(Linear<T>, Vec<T>), ModelError> {
        let modalities = if has_modality { self.architecture.modalities.len() } else { 0 };
        let mut blocks = Vec::new();
        let mut bias = Vec::new();
        for input in inputs.blocks() {
            let Some(output) = outputs.block(input.degree) else { continue };
            let fan_in = input.channels + if input.degree == 0 { modalities } else { 0 };
            let factor = 1.0 / (fan_in as f64).sqrt();
            let weights = self.model.weight(&format!("{name}.{}", input.degree), &[input.channels, output.channels])?;
            let weights = weights.iter().map(|w| w * factor).collect();
            blocks.push(LinearBlock { degree: input.degree, weights });
            if input.degree == 0 && modalities > 0 {
                let rows = self.model.weight(&format!("{name}.modality"), &[modalities, output.channels])?;
                let row = &rows[self.modality * output.channels..][..output.channels];
                bias = row.iter().map(|w| T::from_f64(w * factor)).collect();
            }
        }
        Ok((Linear::new(self.arch, inputs, outputs, &blocks), bias))
    }

    /// The dense layers of a radial network, normalised, the last divided by the convolution's denominator.
    fn radial(&self, t: usize, convolution: &Convolution) -> Result<Vec<(Vec<f64>, usize, usize)>, ModelError> {
        let architecture = self.architecture;
        let denominator = self.model.weight(&format!("layers.{t}.denominator"), &[1])?[0];
        if denominator == 0.0 {
            let what = "the denominator of a convolution is not zero";
            return Err(ModelError::Architecture { what, found: format!("0 in layer {t}") });
        }
        let mut widths = vec![architecture.radial_functions];
        widths.extend(&architecture.radial_hidden);
        widths.push(convolution.weights());
        let last = widths.len() - 2;
        let dense = |(index, pair): (usize, &[usize])| {
            let weights = self.model.weight(&format!("layers.{t}.radial.{index}"), pair)?;
            let mut factor = 1.0 / (pair[0] as f64).sqrt();
            if index == last {
                factor /= denominator;
            }
            Ok((weights.iter().map(|w| w * factor).collect(), pair[0], pair[1]))
        };
        widths.windows(2).enumerate().map(dense).collect()
    }

    /// What layer 0 sees of each species: its features depend on nothing else.
    fn first<T: Real>(&self, layer: &LayerPlan<T>) -> Result<(Aligned<T>, Aligned<T>), ModelError> {
        let species = self.architecture.species.len();
        let channels = layer.features.len();
        let factor = 1.0 / (species as f64).sqrt();
        let embedding = self.model.weight("species.embedding", &[species, channels])?;
        let embedding = Aligned::<T>::from_f64(&embedding.iter().map(|w| w * factor).collect::<Vec<_>>());
        let mut features = Aligned::zeros(species * channels);
        layer.linear_in.forward(species, embedding.as_slice(), features.as_mut_slice(), false);
        for row in features.as_mut_slice().chunks_exact_mut(channels) {
            add_bias(row, &layer.bias_in);
        }
        let mut connection = Aligned::zeros(species * layer.gate_input.len());
        layer.self_connection.forward(species, embedding.as_slice(), connection.as_mut_slice(), false);
        Ok((features, connection))
    }

    /// The two linear layers of the readout as one vector and a constant.
    fn readout(&self) -> Result<(Vec<f64>, f64), ModelError> {
        let architecture = self.architecture;
        let hidden = architecture.readout_hidden;
        let channels = architecture.layout(architecture.layers()).len();
        let modalities = architecture.modalities.len();
        let first = self.model.weight("readout.hidden", &[channels, hidden])?;
        let second = self.model.weight("readout.energy", &[hidden, 1])?;
        let factor = 1.0 / (((channels + modalities) * hidden) as f64).sqrt();
        let combine = |row: &[f64]| factor * row.iter().zip(&second).map(|(a, b)| a * b).sum::<f64>();
        let bias = if modalities > 0 {
            let rows = self.model.weight("readout.hidden.modality", &[modalities, hidden])?;
            combine(&rows[self.modality * hidden..][..hidden])
        } else {
            0.0
        };
        Ok((first.chunks_exact(hidden).map(combine).collect(), bias))
    }
}

/// Refuses tables that would not fit into memory, before anything is made of them.
fn check_tables(architecture: &NequipArchitecture) -> Result<(), ModelError> {
    let mut columns = 0;
    for t in 0..architecture.layers() {
        columns += architecture.convolution(t)?.weights();
    }
    check_size(&spline_pieces(architecture.cutoff_function.kink(), architecture.cutoff), columns)
}

/// Adds a constant to the scalars of a node, which come first.
pub(super) fn add_bias<T: Real>(row: &mut [T], bias: &[T]) {
    for (value, &bias) in row.iter_mut().zip(bias) {
        *value += bias;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CutoffFunction;

    #[test]
    fn tables_beyond_memory_are_refused() {
        let with = |layers: usize, channels: usize| NequipArchitecture {
            species: vec![1],
            cutoff: 5.0,
            cutoff_function: CutoffFunction::Polynomial { power: 6 },
            radial_functions: 8,
            radial_hidden: vec![1],
            max_harmonic: 3,
            normalized_harmonics: true,
            features: vec![(0..4).map(|degree| [degree, channels]).collect(); layers + 1],
            readout_hidden: 1,
            activation_scale: 1.0,
            modalities: Vec::new(),
        };
        // Larger than any published model, and one that a file of 40 MB could hold.
        assert_eq!(check_tables(&with(5, 128)), Ok(()));
        assert!(matches!(check_tables(&with(600, 16)), Err(ModelError::Architecture { .. })));
    }
}

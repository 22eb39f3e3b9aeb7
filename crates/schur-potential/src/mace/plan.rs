//! Everything that depends on the weights only, computed once: packed matrices, compiled contractions, normalisations.
//!
//! Normalisations are e3nn's: a linear layer divides by the root of its fan-in, one that knows elements counts them in
//! it, a dense layer of a radial network likewise. In memory channels are filled up to whole registers with zeros.

use schur_multilinear::{Argument, ChannelwiseError, ChannelwisePlan, EdgeProduct, SplineTable};
use schur_product::{Convolution, Layout, Linear, LinearBlock, ProductError};
use schur_tensor::{Aligned, Real, padded, pulp::Arch};

use super::density::Density;
use super::elements::ElementWeights;
use super::first_layer::FirstLayer;
use super::radial::{MaceRadial, OfPair};
use super::readout::{Network, Readout};
use super::{MaceArchitecture, MaceReadout, MaceSkip, RadialKind};
use crate::graph::{EdgeHarmonics, RadialNetwork, SpeciesMap, check_size, measure, spline_pieces, tabulate};
use crate::pair::Zbl;
use crate::{CutoffFunction, Model, ModelError, PotentialOptions, RadialTableError};

/// Coulomb's constant in eV Å and Bohr's radius in Å, as MACE rounds them.
const COULOMB: f64 = 14.3996;
const BOHR: f64 = 0.529;
/// The decays of the screening function of MACE's repulsion.
const DECAYS: [f64; 4] = [3.2, 0.9423, 0.4028, 0.2016];

/// One layer, ready to run.
#[derive(Debug)]
pub(crate) struct LayerPlan<T> {
    /// Features before the layer and behind it.
    pub before: Layout,
    pub behind: Layout,
    /// What neighbours send, what a convolution makes of it, and what the contraction reads.
    pub sent: Layout,
    pub message: Layout,
    pub target: Layout,
    pub send: Linear<T>,
    pub product: EdgeProduct<T>,
    /// From messages to the target; where there is no density, divided by the average number of neighbours.
    pub gather: Linear<T>,
    pub contraction: ChannelwisePlan<T>,
    pub update: Linear<T>,
    pub network: RadialNetwork<T>,
    pub exact_network: RadialNetwork<f64>,
    /// Weights of an edge.
    pub columns: usize,
    pub density: Option<Density>,
    pub skip: MaceSkip,
    pub elements: ElementWeights,
    pub readout: Readout<T>,
}

/// A model ready to run in precision `T`.
#[derive(Debug)]
pub(crate) struct Plan<T> {
    pub arch: Arch,
    pub architecture: MaceArchitecture,
    pub exact_radial: bool,
    pub species: SpeciesMap,
    pub harmonics: EdgeHarmonics,
    pub radial: MaceRadial,
    pub layers: Vec<LayerPlan<T>>,
    /// Layer 0 with neurons in place of channels, for tables.
    pub first: Option<FirstLayer<T>>,
    /// What layer 0 gathers from each species, `[species][sent]`.
    pub first_sent: Aligned<T>,
    pub zbl: Option<Zbl>,
    /// Factor and constant of the head, and the energy of each species' free atom.
    pub scale: f64,
    pub shift: f64,
    pub energies: Vec<f64>,
}

impl<T: Real> Plan<T> {
    /// Builds the plan of a model.
    pub fn new(model: &Model, architecture: &MaceArchitecture, options: &PotentialOptions) -> Result<Self, ModelError> {
        architecture.validate()?;
        let builder =
            Builder { model, architecture, arch: Arch::new(), head: model.modality(options.modality.as_deref())? };
        let layers = (0..architecture.layers.len()).map(|t| builder.layer::<T>(t)).collect::<Result<Vec<_>, _>>()?;
        let harmonics = EdgeHarmonics::new(architecture.max_harmonic, true).map_err(ProductError::from)?;
        let first_sent = builder.first_sent(&layers[0])?;
        let first = if options.exact_radial { None } else { builder.first_layer(&layers[0].target)? };
        if !options.exact_radial {
            let columns =
                layers.iter().map(|layer| layer.columns).chain(first.as_ref().map(|first| first.neurons)).sum();
            check_size(&spline_pieces(None, architecture.cutoff), columns)?;
        }
        let (heads, count) = (architecture.n_heads(), architecture.species.len());
        let of_head = |name: &str| Ok::<f64, ModelError>(model.weight(name, &[heads])?[builder.head]);
        Ok(Self {
            arch: builder.arch,
            exact_radial: options.exact_radial,
            species: SpeciesMap::new(&architecture.species),
            harmonics,
            radial: builder.radial()?,
            layers,
            first,
            first_sent,
            zbl: builder.zbl()?,
            scale: of_head("scale")?,
            shift: of_head("shift")?,
            energies: model.weight("energies", &[heads, count])?[builder.head * count..][..count].to_vec(),
            architecture: architecture.clone(),
        })
    }

    /// Compares tables with their networks between the nodes, for the first species with itself.
    pub fn table_error(&self) -> RadialTableError {
        if self.exact_radial {
            return RadialTableError::default();
        }
        let functions = OfPair { radial: &self.radial, pair: [0, 0] };
        let pieces = spline_pieces(None, self.architecture.cutoff);
        let worst = self.layers.iter().fold(RadialTableError::default(), |worst, layer| {
            let table = tabulate(&pieces, layer.columns, |r| layer.exact_network.rows(&functions, r));
            worst.or(measure(&table, self.architecture.cutoff, |r| layer.network.rows(&functions, r)))
        });
        self.first.as_ref().map_or(worst, |first| {
            let rows = |r: &[f64]| first.exact_network.rows(&functions, r);
            let table: SplineTable<T> = tabulate(&pieces, first.neurons, rows);
            let in_precision = |r: &[f64]| rows(r).into_iter().map(T::from_f64).collect();
            worst.or(measure(&table, self.architecture.cutoff, in_precision))
        })
    }
}

/// What the parts of a plan are made from.
struct Builder<'a> {
    model: &'a Model,
    architecture: &'a MaceArchitecture,
    arch: Arch,
    head: usize,
}

/// A dense layer of a radial network: weights, inputs, outputs.
pub(super) type Dense = (Vec<f64>, usize, usize);

impl Builder<'_> {
    fn layer<T: Real>(&self, t: usize) -> Result<LayerPlan<T>, ModelError> {
        let architecture = self.architecture;
        let layer = &architecture.layers[t];
        let width = padded(architecture.channels);
        let blocks = |features: &[[usize; 2]]| Layout::new(features.iter().map(|&[l, c]| (l, padded(c))));
        let (before, behind) = (blocks(&architecture.features(t)), blocks(&architecture.features(t + 1)));
        let sent = blocks(&layer.sent);
        let target = Layout::new((0..=architecture.max_harmonic).map(|l| (l, width)));
        let plain = architecture.convolution(t, false)?;
        let convolution = architecture.convolution(t, true)?;
        let product = EdgeProduct::new(
            self.arch,
            &convolution.map,
            (&convolution.features, sent.len()),
            (&convolution.results, convolution.output.len()),
        )?;
        let radial = self.networks(t, &plain, &convolution)?;
        let contraction = architecture.contraction(t)?;
        let arguments = [Argument::per_item(width), Argument::shared(width)];
        let compiled = ChannelwisePlan::new(self.arch, &contraction.folded_circuit()?, &arguments);
        let elements = self.elements(t, &contraction, [&before, &target, &behind])?;
        let channels: Vec<[usize; 2]> = layer.degrees.iter().map(|&l| [l, architecture.channels]).collect();
        Ok(LayerPlan {
            send: self.linear(
                &format!("layers.{t}.send"),
                (&architecture.features(t), &layer.sent),
                (&before, &sent),
            )?,
            gather: Linear::new(self.arch, &convolution.output, &target, &self.gather(t, &plain, &convolution)?),
            update: self.linear(&format!("layers.{t}.update"), (&channels, &channels), (&behind, &behind))?,
            contraction: compiled.map_err(|error| unsupported_contraction(&error))?,
            network: RadialNetwork::new(self.arch, &radial, architecture.activation_scale),
            exact_network: RadialNetwork::new(self.arch, &radial, architecture.activation_scale),
            columns: convolution.weights(),
            message: convolution.output,
            density: self.density(t)?,
            skip: layer.skip,
            readout: self.readout(t)?,
            elements,
            before,
            behind,
            sent,
            target,
            product,
        })
    }

    /// A linear layer: blocks `[degree, channels]` as the model has them, and as they lie in memory.
    fn linear<T: Real>(
        &self,
        name: &str,
        (inputs, outputs): (&[[usize; 2]], &[[usize; 2]]),
        (from, to): (&Layout, &Layout),
    ) -> Result<Linear<T>, ModelError> {
        let mut blocks = Vec::new();
        for &[degree, rows] in inputs {
            let Some(&[_, columns]) = outputs.iter().find(|block| block[0] == degree) else { continue };
            let weights = self.model.weight(&format!("{name}.{degree}"), &[rows, columns])?;
            let factor = 1.0 / (rows as f64).sqrt();
            let mut matrix = vec![0.0; padded(rows) * padded(columns)];
            for (row, values) in weights.chunks_exact(columns).enumerate() {
                let target = &mut matrix[row * padded(columns)..][..columns];
                target.iter_mut().zip(values).for_each(|(target, w)| *target = factor * w);
            }
            blocks.push(LinearBlock { degree, weights: matrix });
        }
        Ok(Linear::new(self.arch, from, to, &blocks))
    }

    /// Layer 0 for tables, if it pays.
    fn first_layer<T: Real>(&self, target: &Layout) -> Result<Option<FirstLayer<T>>, ModelError> {
        let plain = self.architecture.convolution(0, false)?;
        let convolution = self.architecture.convolution(0, true)?;
        let radial = self.networks(0, &plain, &convolution)?;
        let gather = self.gather(0, &plain, &convolution)?;
        FirstLayer::new(self.arch, &convolution, (&radial, self.architecture.activation_scale), (gather, target))
    }

    /// The linear layer behind the convolution, whose inputs are the paths of a degree side by side.
    fn gather(&self, t: usize, plain: &Convolution, convolution: &Convolution) -> Result<Vec<LinearBlock>, ModelError> {
        let channels = self.architecture.channels;
        let divisor = match self.architecture.layers[t].density {
            true => 1.0,
            false => self.positive(&format!("layers.{t}.denominator"))?,
        };
        let mut blocks = Vec::new();
        for (block, filled_up) in plain.output.blocks().iter().zip(convolution.output.blocks()) {
            let degree = block.degree;
            let weights = self.model.weight(&format!("layers.{t}.gather.{degree}"), &[block.channels, channels])?;
            let factor = 1.0 / ((block.channels as f64).sqrt() * divisor);
            let mut matrix = vec![0.0; filled_up.channels * padded(channels)];
            for (index, path) in plain.paths.iter().enumerate().filter(|(_, path)| path.degrees[2] == degree) {
                let from = plain.results[index].offset - block.offset;
                let to = convolution.results[index].offset - filled_up.offset;
                for channel in 0..path.channels {
                    let row = &weights[(from + channel) * channels..][..channels];
                    let target = &mut matrix[(to + channel) * padded(channels)..][..channels];
                    target.iter_mut().zip(row).for_each(|(target, w)| *target = factor * w);
                }
            }
            blocks.push(LinearBlock { degree, weights: matrix });
        }
        Ok(blocks)
    }

    /// The dense layers of a radial network, normalised; columns of the last filled up.
    fn networks(&self, t: usize, plain: &Convolution, convolution: &Convolution) -> Result<Vec<Dense>, ModelError> {
        let mut widths = vec![self.architecture.radial_functions];
        widths.extend(&self.architecture.radial_hidden);
        widths.push(plain.weights());
        let dense = |(index, pair): (usize, &[usize])| {
            let weights = self.model.weight(&format!("layers.{t}.radial.{index}"), pair)?;
            let factor = 1.0 / (pair[0] as f64).sqrt();
            Ok::<Dense, ModelError>((weights.iter().map(|w| w * factor).collect(), pair[0], pair[1]))
        };
        let mut layers = widths.windows(2).enumerate().map(dense).collect::<Result<Vec<_>, _>>()?;
        if let Some((weights, rows, columns)) = layers.last_mut() {
            let width = convolution.weights();
            let mut matrix = vec![0.0; *rows * width];
            for (target, row) in matrix.chunks_exact_mut(width).zip(weights.chunks_exact(*columns)) {
                for (from, to) in plain.paths.iter().zip(&convolution.paths) {
                    let values = &row[from.weight..from.weight + from.channels];
                    target[to.weight..to.weight + from.channels].copy_from_slice(values);
                }
            }
            (*weights, *columns) = (matrix, width);
        }
        Ok(layers)
    }

    fn density(&self, t: usize) -> Result<Option<Density>, ModelError> {
        if !self.architecture.layers[t].density {
            return Ok(None);
        }
        let n = self.architecture.radial_functions;
        let weights = self.model.weight(&format!("layers.{t}.density"), &[n])?;
        Ok(Some(Density { weights: weights.iter().map(|w| w / (n as f64).sqrt()).collect() }))
    }

    fn elements(
        &self,
        t: usize,
        contraction: &schur_product::SymmetricContraction,
        [before, target, behind]: [&Layout; 3],
    ) -> Result<ElementWeights, ModelError> {
        let architecture = self.architecture;
        let layer = &architecture.layers[t];
        let (species, channels) = (architecture.species.len(), architecture.channels);
        let sets = if architecture.shared_contraction { 1 } else { species };
        let polynomials = contraction.basis().len();
        let mut weights = vec![0.0; sets * polynomials * channels];
        let mut first = 0;
        for (output, &degree) in layer.degrees.iter().enumerate() {
            for order in 1..=layer.correlation {
                let is_mine = |e: &&schur_product::ContractionElement| e.output == output && e.order == order;
                let count = contraction.basis().iter().filter(is_mine).count();
                if count == 0 {
                    continue;
                }
                let name = format!("layers.{t}.contraction.{degree}.{order}");
                let values = self.model.weight(&name, &[sets, count, channels])?;
                for (set, values) in values.chunks_exact(count * channels).enumerate() {
                    let start = (set * polynomials + first) * channels;
                    weights[start..start + values.len()].copy_from_slice(values);
                }
                first += count;
            }
        }
        let (inputs, outputs) = match layer.skip {
            MaceSkip::Message => (target, target),
            MaceSkip::Residual | MaceSkip::None => (before, behind),
        };
        let mut mixing = Vec::new();
        if layer.skip != MaceSkip::None {
            for block in inputs.blocks().iter().filter(|block| outputs.block(block.degree).is_some()) {
                let name = format!("layers.{t}.skip.{}", block.degree);
                let values = self.model.weight(&name, &[channels, species, channels])?;
                let factor = 1.0 / ((channels * species) as f64).sqrt();
                mixing.push((block.degree, values.iter().map(|w| w * factor).collect()));
            }
        }
        let first = match layer.skip {
            MaceSkip::Residual if t == 0 => Some(self.embedding()?),
            _ => None,
        };
        Ok(ElementWeights {
            contraction: weights,
            shared: architecture.shared_contraction,
            polynomials,
            channels,
            fold: contraction.fold()?,
            mixing,
            inputs: inputs.clone(),
            outputs: outputs.clone(),
            first,
            species,
        })
    }

    /// Features before the first layer, `[species][channel]`.
    fn embedding(&self) -> Result<Vec<f64>, ModelError> {
        let (species, channels) = (self.architecture.species.len(), self.architecture.channels);
        let factor = 1.0 / (species as f64).sqrt();
        let weights = self.model.weight("species.embedding", &[species, channels])?;
        Ok(weights.iter().map(|w| w * factor).collect())
    }

    fn first_sent<T: Real>(&self, layer: &LayerPlan<T>) -> Result<Aligned<T>, ModelError> {
        let (species, channels) = (self.architecture.species.len(), self.architecture.channels);
        let width = layer.before.len();
        let mut rows = Aligned::zeros(species * width);
        let embedding = self.embedding()?;
        for (row, values) in rows.as_mut_slice().chunks_exact_mut(width).zip(embedding.chunks_exact(channels)) {
            row.iter_mut().zip(values).for_each(|(target, &value)| *target = T::from_f64(value));
        }
        let mut sent = Aligned::zeros(species * layer.sent.len());
        layer.send.forward(species, rows.as_slice(), sent.as_mut_slice(), false);
        Ok(sent)
    }

    fn readout<T: Real>(&self, t: usize) -> Result<Readout<T>, ModelError> {
        let (heads, channels) = (self.architecture.n_heads(), self.architecture.channels);
        let name = format!("layers.{t}.readout.energy");
        Ok(match self.architecture.layers[t].readout {
            MaceReadout::None => Readout::None,
            MaceReadout::Linear => {
                let factor = 1.0 / (channels as f64).sqrt();
                let weights = self.model.weight(&name, &[channels, heads])?;
                Readout::Linear(weights.chunks_exact(heads).map(|row| factor * row[self.head]).collect())
            }
            MaceReadout::Network { hidden, activation_scale } => {
                let neurons = heads * hidden;
                let first = self.model.weight(&format!("layers.{t}.readout.hidden"), &[channels, neurons])?;
                let second = self.model.weight(&name, &[neurons, heads])?;
                let own = self.head * hidden..(self.head + 1) * hidden;
                let factor = 1.0 / (channels as f64).sqrt();
                let rows = first.chunks_exact(neurons).flat_map(|row| row[own.clone()].iter().map(|w| factor * w));
                let factor = 1.0 / (neurons as f64).sqrt();
                let energy: Vec<f64> = own.clone().map(|neuron| factor * second[neuron * heads + self.head]).collect();
                let first: Vec<f64> = rows.collect();
                Readout::Network(Network::new(self.arch, &first, &energy, padded(channels), activation_scale))
            }
        })
    }

    fn radial(&self) -> Result<MaceRadial, ModelError> {
        let architecture = self.architecture;
        let n = architecture.radial_functions;
        let numbers = match architecture.radial {
            RadialKind::Bessel => self.model.weight("radial.frequencies", &[n])?,
            RadialKind::Gaussian { .. } => self.model.weight("radial.centres", &[n])?,
            RadialKind::Chebyshev => vec![0.0; n],
        };
        let radii = if architecture.distance_transform.is_some() { self.radii()? } else { Vec::new() };
        Ok(MaceRadial {
            kind: architecture.radial,
            numbers,
            cutoff: architecture.cutoff,
            function: architecture.cutoff_function,
            on_weights: architecture.cutoff_on_weights,
            transform: architecture.distance_transform,
            radii,
        })
    }

    fn radii(&self) -> Result<Vec<f64>, ModelError> {
        let radii = self.model.weight("covalent_radii", &[self.architecture.species.len()])?;
        match radii.iter().find(|&&radius| radius <= 0.0) {
            Some(radius) => {
                let what = "covalent radii are positive";
                Err(ModelError::Architecture { what, found: format!("{radius} Å") })
            }
            None => Ok(radii),
        }
    }

    fn zbl(&self) -> Result<Option<Zbl>, ModelError> {
        let Some(power) = self.architecture.pair_repulsion else { return Ok(None) };
        let numbers = self.model.weight("pair_repulsion.coefficients", &[4])?;
        let radii = self.radii()?;
        Ok(Some(Zbl {
            strength: COULOMB,
            coefficients: [numbers[0], numbers[1], numbers[2], numbers[3]],
            decays: DECAYS,
            exponent: self.positive("pair_repulsion.exponent")?,
            length: self.positive("pair_repulsion.length")? * BOHR,
            envelope: CutoffFunction::Polynomial { power },
            species: self.architecture.species.iter().zip(radii).map(|(&z, radius)| [f64::from(z), radius]).collect(),
        }))
    }

    fn positive(&self, name: &str) -> Result<f64, ModelError> {
        let value = self.model.weight(name, &[1])?[0];
        if value > 0.0 {
            return Ok(value);
        }
        let what = "denominators, lengths and exponents are positive";
        Err(ModelError::Architecture { what, found: format!("{value} for {name}") })
    }
}

fn unsupported_contraction(error: &ChannelwiseError) -> ModelError {
    ModelError::Architecture { what: "its contractions fit into a kernel", found: error.to_string() }
}

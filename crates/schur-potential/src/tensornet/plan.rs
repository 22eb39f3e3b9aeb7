//! Everything that depends on the weights only, computed once: packed matrices, spline tables, products of species.

use schur_multilinear::{EdgeProduct, SplinePiece, SplineTable};
use schur_product::{Convolution, Layout, Linear, LinearBlock, ProductError};
use schur_tensor::{Aligned, Real, padded, pulp::Arch};

use super::embedding::EmbeddingPlan;
use super::expansion::Expansion;
use super::filled::Channels;
use super::matrices::{HARMONIC_FACTORS, MatrixPlans};
use super::own::OwnEdge;
use super::radial::{RadialNetwork, tabulate_functions};
use super::readout::{Head, ReadoutPlan};
use super::{RadialExpansion, TensornetArchitecture, TensornetReadout};
use crate::graph::{EdgeHarmonics, SpeciesMap, check_size, measure, spline_pieces, tabulate};
use crate::layers::{Dense, DenseWeights, LayerNorm, Perceptron};
use crate::{Model, ModelError, PotentialOptions, RadialTableError};

/// One layer, ready to run.
#[derive(Debug)]
pub(super) struct LayerPlan<T> {
    pub mix_in: Linear<T>,
    pub mix_out: Linear<T>,
    pub network: RadialNetwork<T>,
    /// `None` where the radial network is to be evaluated for every edge.
    pub table: Option<SplineTable<T>>,
    /// What each atom receives from itself, where it is its own neighbour.
    pub own: Option<OwnEdge<T>>,
}

/// A model ready to run in precision `T`.
#[derive(Debug)]
pub(crate) struct Plan<T> {
    pub cutoff: f64,
    pub layout: Layout,
    pub species: SpeciesMap,
    pub harmonics: EdgeHarmonics,
    pub(super) embedding: EmbeddingPlan<T>,
    pub(super) layers: Vec<LayerPlan<T>>,
    /// Messages: features times a weight for each part and channel, summed over neighbours.
    pub product: EdgeProduct<T>,
    pub(super) matrices: MatrixPlans<T>,
    pub(super) readout: ReadoutPlan<T>,
    /// eV.
    pub scale: f64,
    /// What belongs to a structure whatever its size, eV.
    pub mean: f64,
    /// Of each species, eV.
    pub shift: Vec<f64>,
    pub mean_of_atoms: bool,
}

impl<T: Real> Plan<T> {
    /// Builds the plan of a model.
    pub fn new(model: &Model, it: &TensornetArchitecture, options: &PotentialOptions) -> Result<Self, ModelError> {
        it.validate()?;
        model.modality(options.modality.as_deref())?;
        let layout = it.layout();
        let channels = Channels::new(it.channels);
        let pieces = spline_pieces((it.inner_cutoff > 0.0).then_some(it.inner_cutoff), it.cutoff);
        let functions = it.radial.count() + 1;
        if !options.exact_radial {
            check_size(&pieces, it.layers * 3 * channels.width + functions)?;
        }
        let expansion = expansion(model, it)?;
        let pieces = (!options.exact_radial).then_some(pieces);
        let builder = Builder { model, it, channels, arch: Arch::new(), layout: &layout, expansion, pieces };
        let convolution = Convolution::new(&layout, 0, TensornetArchitecture::MAX_HARMONIC)?;
        let product = EdgeProduct::new(
            builder.arch,
            &convolution.map,
            (&convolution.features, layout.len()),
            (&convolution.results, convolution.output.len()),
        )?;
        Ok(Self {
            cutoff: it.cutoff,
            species: SpeciesMap::new(&it.species),
            harmonics: EdgeHarmonics::new(TensornetArchitecture::MAX_HARMONIC, true).map_err(ProductError::from)?,
            embedding: builder.embedding()?,
            layers: (0..it.layers).map(|t| builder.layer(t)).collect::<Result<_, _>>()?,
            product,
            matrices: MatrixPlans::new(builder.arch, it, channels.width)?,
            readout: builder.readout()?,
            scale: model.weight("scale", &[1])?[0],
            mean: model.weight("mean", &[1])?[0],
            shift: model.weight("shift", &[it.species.len()])?,
            mean_of_atoms: it.mean_of_atoms,
            layout,
        })
    }

    /// Which share of the sum over so many atoms is the energy of a structure.
    pub fn share(&self, atoms: usize) -> f64 {
        // torchmd-net counts the zero that its sum begins with.
        if self.mean_of_atoms { 1.0 / (atoms + 1) as f64 } else { 1.0 }
    }

    /// Compares each table with its network between the nodes.
    pub fn table_error(&self) -> RadialTableError {
        let of = |layer: &LayerPlan<T>| {
            let table = layer.table.as_ref()?;
            Some(measure(table, self.cutoff, |r| layer.network.rows(&self.embedding.expansion, r)))
        };
        self.layers.iter().filter_map(of).fold(RadialTableError::default(), RadialTableError::or)
    }
}

/// The functions of the distance, with what of them is among the weights.
fn expansion(model: &Model, it: &TensornetArchitecture) -> Result<Expansion, ModelError> {
    let numbers = |name: &str| model.weight(name, &[it.radial.count()]);
    let (centers, widths) = match it.radial {
        RadialExpansion::SmoothBessel { .. } => (Vec::new(), Vec::new()),
        RadialExpansion::Gaussian { .. } => (numbers("radial.centers")?, Vec::new()),
        RadialExpansion::ExponentialNormal { .. } => (numbers("radial.centers")?, numbers("radial.widths")?),
    };
    Ok(Expansion::new(it, centers, widths))
}

/// What the parts of a plan are made from.
struct Builder<'a> {
    model: &'a Model,
    it: &'a TensornetArchitecture,
    channels: Channels,
    arch: Arch,
    layout: &'a Layout,
    expansion: Expansion,
    /// Nodes of the tables, if there are to be any.
    pieces: Option<Vec<SplinePiece>>,
}

impl Builder<'_> {
    fn embedding<T: Real>(&self) -> Result<EmbeddingPlan<T>, ModelError> {
        let n = self.it.channels;
        let (receiver, neighbor) = self.pairs()?;
        let radial = self.embedding_radial()?;
        let own = self.it.self_edges.then(|| self.own_embedding(&receiver, &neighbor, &radial[0].weights));
        let width = padded(self.it.radial.count() + 1);
        let inputs = Layout::new((0..3).map(|degree| (degree, width)));
        let gate = [
            self.channels.fill_dense(DenseWeights::read(self.model, "embedding.gate.0", n, 2 * n)?, true, false),
            self.channels.fill_dense(DenseWeights::read(self.model, "embedding.gate.1", 2 * n, 3 * n)?, false, true),
        ];
        Ok(EmbeddingPlan {
            arch: self.arch,
            receiver: Aligned::from_f64(&receiver),
            neighbor: Aligned::from_f64(&neighbor),
            channels: self.channels.width,
            own: own.map(|own| Aligned::from_f64(&own)),
            radial: Linear::new(self.arch, &inputs, self.layout, &radial),
            mix: self.mix("embedding.mix")?,
            norm: self.norm("embedding.norm", n)?,
            gate: Perceptron::with_activation(self.arch, &gate, true, self.it.activation),
            width,
            expansion: self.expansion.clone(),
            table: self.pieces.as_ref().map(|pieces| tabulate_functions(pieces, &self.expansion)),
        })
    }

    /// The factor of an edge as a sum of what its two species bring, `[species][channel]`; the constant goes to the atom
    /// that receives.
    fn pairs(&self) -> Result<(Vec<f64>, Vec<f64>), ModelError> {
        let (n, species) = (self.it.channels, self.it.species.len());
        let embedding = self.model.weight("embedding.species", &[species, n])?;
        let DenseWeights { matrix, bias } = DenseWeights::read(self.model, "embedding.pair", 2 * n, n)?;
        let side = |first: usize, constant: &[f64]| {
            let mut out = Vec::with_capacity(species * n);
            for row in embedding.chunks_exact(n) {
                for u in 0..n {
                    let sum: f64 = row.iter().enumerate().map(|(v, x)| x * matrix[(first + v) * n + u]).sum();
                    out.push(sum + constant[u]);
                }
            }
            self.channels.fill(out, 1)
        };
        Ok((side(0, &bias), side(n, &vec![0.0; n])))
    }

    /// From functions of the distance times harmonics to channels; the constant function brings the biases.
    fn embedding_radial(&self) -> Result<Vec<LinearBlock>, ModelError> {
        let (n, functions) = (self.it.channels, self.it.radial.count());
        let rows = padded(functions + 1);
        let block = |(degree, factor): (usize, f64)| {
            let name = format!("embedding.radial.{degree}");
            let DenseWeights { matrix, bias } = DenseWeights::read(self.model, &name, functions, n)?;
            let weights = matrix.iter().chain(&bias).map(|w| w * factor).collect();
            let mut weights = self.channels.fill(weights, 1);
            weights.resize(rows * self.channels.width, 0.0);
            Ok(LinearBlock { degree, weights })
        };
        HARMONIC_FACTORS.into_iter().enumerate().map(block).collect()
    }

    /// What an atom of each species brings to its own sums, `[species][channel]`: at no distance the identity alone.
    fn own_embedding(&self, receiver: &[f64], neighbor: &[f64], radial: &[f64]) -> Vec<f64> {
        let (count, width) = (self.expansion.count() + 1, self.channels.width);
        let (mut functions, mut slopes) = (vec![0.0; count], vec![0.0; count]);
        self.expansion.switched(0.0, &mut functions, &mut slopes);
        let sum = |u: usize| -> f64 { functions.iter().enumerate().map(|(n, f)| f * radial[n * width + u]).sum() };
        let sums: Vec<f64> = (0..width).map(sum).collect();
        let pairs = receiver.iter().zip(neighbor).enumerate();
        pairs.map(|(k, (receiver, neighbor))| (receiver + neighbor) * sums[k % width]).collect()
    }

    fn layer<T: Real>(&self, t: usize) -> Result<LayerPlan<T>, ModelError> {
        let (n, columns) = (self.it.channels, 3 * self.channels.width);
        let widths = [self.it.radial.count(), n, 2 * n, 3 * n];
        let dense = |(index, pair): (usize, &[usize])| {
            let weights = DenseWeights::read(self.model, &format!("layers.{t}.radial.{index}"), pair[0], pair[1])?;
            Ok::<_, ModelError>(self.channels.fill_dense(weights, false, index == 2))
        };
        let radial: Vec<DenseWeights> = widths.windows(2).enumerate().map(dense).collect::<Result<_, _>>()?;
        let exact = RadialNetwork::<f64>::new(self.arch, &radial, self.it.activation);
        let table = |pieces: &Vec<SplinePiece>| tabulate(pieces, columns, |r| exact.rows(&self.expansion, r));
        let own = || OwnEdge::new(&exact.rows(&self.expansion, &[0.0]), self.channels.width);
        Ok(LayerPlan {
            mix_in: self.mix(&format!("layers.{t}.mix_in"))?,
            mix_out: self.mix(&format!("layers.{t}.mix_out"))?,
            network: RadialNetwork::new(self.arch, &radial, self.it.activation),
            table: self.pieces.as_ref().map(table),
            own: self.it.self_edges.then(own),
        })
    }

    /// A matrix for the channels of each part.
    fn mix<T: Real>(&self, name: &str) -> Result<Linear<T>, ModelError> {
        let n = self.it.channels;
        let block = |degree: usize| {
            let weights = self.model.weight(&format!("{name}.{degree}"), &[n, n])?;
            Ok(LinearBlock { degree, weights: self.channels.fill(self.channels.fill(weights, n), 1) })
        };
        let blocks = (0..3).map(block).collect::<Result<Vec<_>, ModelError>>()?;
        Ok(Linear::new(self.arch, self.layout, self.layout, &blocks))
    }

    fn norm<T: Real>(&self, name: &str, width: usize) -> Result<LayerNorm<T>, ModelError> {
        let weight = self.channels.fill(self.model.weight(name, &[width])?, 1);
        let bias = self.channels.fill(self.model.weight(&format!("{name}.bias"), &[width])?, 1);
        Ok(LayerNorm::filled_up(self.arch, &weight, &bias, width))
    }

    fn readout<T: Real>(&self) -> Result<ReadoutPlan<T>, ModelError> {
        let n = self.it.channels;
        let linear = DenseWeights::read(self.model, "readout.linear", 3 * n, n)?;
        let linear = self.channels.fill_dense(linear, true, false);
        let mut widths = vec![n];
        widths.extend(&self.it.readout_hidden);
        widths.push(1);
        let network = |name: &str| {
            let dense = |(index, pair): (usize, &[usize])| {
                DenseWeights::read(self.model, &format!("readout.{name}.{index}"), pair[0], pair[1])
            };
            widths.windows(2).enumerate().map(dense).collect::<Result<Vec<_>, _>>()
        };
        let packed =
            |layers: &[DenseWeights]| Perceptron::with_activation(self.arch, layers, false, self.it.activation);
        let head = match self.it.readout {
            TensornetReadout::Gated => Head::Gated {
                linear: Dense::new(self.arch, &linear),
                value: packed(&network("value")?),
                gate: packed(&network("gate")?),
            },
            TensornetReadout::Plain => {
                let layers: Vec<DenseWeights> = std::iter::once(linear).chain(network("value")?).collect();
                Head::Plain(packed(&layers))
            }
        };
        Ok(ReadoutPlan { norm: self.norm("readout.norm", 3 * n)?, head })
    }
}

//! Everything that depends on the weights only, computed once: packed matrices, spline tables, products of species.

use schur_multilinear::{EdgeProduct, SplinePiece, SplineTable};
use schur_product::{Convolution, Layout, Linear, LinearBlock, ProductError};
use schur_tensor::{Aligned, Real, padded, pulp::Arch};

use super::embedding::EmbeddingPlan;
use super::expansion::Expansion;
use super::matrices::{HARMONIC_FACTORS, MatrixPlans};
use super::radial::{RadialNetwork, tabulate_functions};
use super::readout::ReadoutPlan;
use super::{RadialExpansion, TensornetArchitecture};
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
}

impl<T: Real> Plan<T> {
    /// Builds the plan of a model.
    pub fn new(model: &Model, it: &TensornetArchitecture, options: &PotentialOptions) -> Result<Self, ModelError> {
        it.validate()?;
        model.modality(options.modality.as_deref())?;
        let layout = it.layout();
        let pieces = spline_pieces(None, it.cutoff);
        let functions = it.radial.count() + 1;
        if !options.exact_radial {
            check_size(&pieces, it.layers * 3 * it.channels + functions)?;
        }
        let centers = match it.radial {
            RadialExpansion::Gaussian { count, .. } => model.weight("radial.centers", &[count])?,
            RadialExpansion::SmoothBessel { .. } => Vec::new(),
        };
        let expansion = Expansion::new(&it.radial, it.cutoff, centers);
        let pieces = (!options.exact_radial).then_some(pieces);
        let builder = Builder { model, it, arch: Arch::new(), layout: &layout, expansion, pieces };
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
            matrices: MatrixPlans::new(builder.arch, it.symmetry, it.channels)?,
            readout: builder.readout()?,
            scale: model.weight("scale", &[1])?[0],
            mean: model.weight("mean", &[1])?[0],
            shift: model.weight("shift", &[it.species.len()])?,
            layout,
        })
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

/// What the parts of a plan are made from.
struct Builder<'a> {
    model: &'a Model,
    it: &'a TensornetArchitecture,
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
        let width = padded(self.it.radial.count() + 1);
        let [weight, bias] = self.norm("embedding.norm", n)?;
        let gate = [
            DenseWeights::read(self.model, "embedding.gate.0", n, 2 * n)?,
            DenseWeights::read(self.model, "embedding.gate.1", 2 * n, 3 * n)?,
        ];
        Ok(EmbeddingPlan {
            arch: self.arch,
            receiver,
            neighbor,
            channels: n,
            radial: self.embedding_radial(width)?,
            mix: self.mix("embedding.mix")?,
            norm: LayerNorm::new(self.arch, &weight, &bias),
            gate: Perceptron::new(self.arch, &gate, true),
            width,
            expansion: self.expansion.clone(),
            table: self.pieces.as_ref().map(|pieces| tabulate_functions(pieces, &self.expansion)),
        })
    }

    /// The factor of an edge as a sum of what its two species bring; the constant goes to the atom that receives.
    fn pairs<T: Real>(&self) -> Result<(Aligned<T>, Aligned<T>), ModelError> {
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
            Aligned::from_f64(&out)
        };
        Ok((side(0, &bias), side(n, &vec![0.0; n])))
    }

    /// From functions of the distance times harmonics to channels; the constant function brings the biases.
    fn embedding_radial<T: Real>(&self, width: usize) -> Result<Linear<T>, ModelError> {
        let (n, functions) = (self.it.channels, self.it.radial.count());
        let mut blocks = Vec::with_capacity(3);
        for (degree, factor) in HARMONIC_FACTORS.into_iter().enumerate() {
            let name = format!("embedding.radial.{degree}");
            let DenseWeights { matrix, bias } = DenseWeights::read(self.model, &name, functions, n)?;
            let mut weights: Vec<f64> = matrix.iter().chain(&bias).map(|w| w * factor).collect();
            weights.resize(width * n, 0.0);
            blocks.push(LinearBlock { degree, weights });
        }
        let inputs = Layout::new((0..3).map(|degree| (degree, width)));
        Ok(Linear::new(self.arch, &inputs, self.layout, &blocks))
    }

    fn layer<T: Real>(&self, t: usize) -> Result<LayerPlan<T>, ModelError> {
        let n = self.it.channels;
        let widths = [self.it.radial.count(), n, 2 * n, 3 * n];
        let dense = |(index, pair): (usize, &[usize])| {
            DenseWeights::read(self.model, &format!("layers.{t}.radial.{index}"), pair[0], pair[1])
        };
        let radial: Vec<DenseWeights> = widths.windows(2).enumerate().map(dense).collect::<Result<_, _>>()?;
        let table = |pieces: &Vec<SplinePiece>| {
            let network = RadialNetwork::<f64>::new(self.arch, &radial);
            tabulate(pieces, 3 * n, |r| network.rows(&self.expansion, r))
        };
        Ok(LayerPlan {
            mix_in: self.mix(&format!("layers.{t}.mix_in"))?,
            mix_out: self.mix(&format!("layers.{t}.mix_out"))?,
            network: RadialNetwork::new(self.arch, &radial),
            table: self.pieces.as_ref().map(table),
        })
    }

    /// A matrix for the channels of each part.
    fn mix<T: Real>(&self, name: &str) -> Result<Linear<T>, ModelError> {
        let n = self.it.channels;
        let block = |degree: usize| {
            let weights = self.model.weight(&format!("{name}.{degree}"), &[n, n])?;
            Ok(LinearBlock { degree, weights })
        };
        let blocks = (0..3).map(block).collect::<Result<Vec<_>, ModelError>>()?;
        Ok(Linear::new(self.arch, self.layout, self.layout, &blocks))
    }

    fn norm(&self, name: &str, width: usize) -> Result<[Vec<f64>; 2], ModelError> {
        Ok([self.model.weight(name, &[width])?, self.model.weight(&format!("{name}.bias"), &[width])?])
    }

    fn readout<T: Real>(&self) -> Result<ReadoutPlan<T>, ModelError> {
        let n = self.it.channels;
        let [weight, bias] = self.norm("readout.norm", 3 * n)?;
        let mut widths = vec![n];
        widths.extend(&self.it.readout_hidden);
        widths.push(1);
        let network = |name: &str| {
            let dense = |(index, pair): (usize, &[usize])| {
                DenseWeights::read(self.model, &format!("readout.{name}.{index}"), pair[0], pair[1])
            };
            let layers = widths.windows(2).enumerate().map(dense).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, ModelError>(Perceptron::new(self.arch, &layers, false))
        };
        Ok(ReadoutPlan {
            norm: LayerNorm::new(self.arch, &weight, &bias),
            linear: Dense::new(self.arch, &DenseWeights::read(self.model, "readout.linear", 3 * n, n)?),
            value: network("value")?,
            gate: network("gate")?,
        })
    }
}

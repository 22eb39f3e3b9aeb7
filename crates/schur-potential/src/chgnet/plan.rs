//! Everything that depends on the weights only, computed once.

use std::ops::Range;

use rayon::prelude::*;
use schur_multilinear::Gate;
use schur_tensor::{Aligned, Real, pulp::Arch};

use super::ChgnetArchitecture;
use super::basis::{AngleBasis, LengthBasis};
use crate::graph::{EdgeHarmonics, RowBlocks, SpeciesMap};
use crate::layers::{Dense, DenseWeights, LayerNorm, Perceptron, gate, gate_backward};
use crate::{Model, ModelError, PotentialOptions};
use schur_product::ProductError;

/// One of the two networks of a gated one, behind its first layer.
#[derive(Debug)]
pub(super) struct Branch<T> {
    /// The first layer, a matrix for each of the features that it reads.
    pub parts: Vec<Dense<T>>,
    pub bias: Aligned<T>,
    second: Option<(Gate<T>, Dense<T>)>,
    norm: Option<LayerNorm<T>>,
}

/// Two networks of the same features, one of which opens and shuts the other.
#[derive(Debug)]
pub(super) struct Gated<T> {
    arch: Arch,
    pub branches: [Branch<T>; 2],
}

/// What a gated network keeps of some rows for the reverse pass, for each branch.
#[derive(Debug)]
pub(super) struct GatedRows<'a, T> {
    /// Results of the first layers, which are the caller's to fill; behind the reverse pass their cotangents.
    pub first: [&'a mut [T]; 2],
    /// Results of the second layers; empty without.
    second: [&'a mut [T]; 2],
}

impl<T> GatedRows<'_, T> {
    /// Some of the numbers.
    pub fn part(&mut self, range: Range<usize>) -> GatedRows<'_, T> {
        let Self { first: [a, b], second: [c, d] } = self;
        let second = if c.is_empty() { 0..0 } else { range.clone() };
        GatedRows { first: [&mut a[range.clone()], &mut b[range]], second: [&mut c[second.clone()], &mut d[second]] }
    }
}

/// The same of all rows: two or four numbers a channel, which cost less to read again than to compute again.
#[derive(Debug, Default)]
pub(super) struct GatedMemory<T> {
    /// As in [`GatedRows`].
    pub first: [Aligned<T>; 2],
    second: [Aligned<T>; 2],
}

impl<T: Real> GatedMemory<T> {
    /// Bytes of `len` numbers a branch and layer.
    pub const fn bytes(len: usize, hidden: bool) -> usize {
        let layers = if hidden { 2 } else { 1 };
        2 * layers * len * size_of::<T>()
    }

    /// Makes room; only networks with a hidden layer have results of a second one.
    pub fn resize(&mut self, len: usize, hidden: bool) {
        self.first.iter_mut().for_each(|array| array.resize(len));
        self.second.iter_mut().for_each(|array| array.resize(if hidden { len } else { 0 }));
    }

    /// The rows block by block.
    pub fn of<'a>(
        &'a mut self,
        blocks: RowBlocks<'a>,
        n: usize,
    ) -> impl IndexedParallelIterator<Item = GatedRows<'a, T>> {
        let Self { first: [a, b], second: [c, d] } = self;
        let second = if c.as_slice().is_empty() { 0 } else { n };
        let first = [a, b].map(|array| blocks.of(array.as_mut_slice(), n));
        let second = [c, d].map(|array| blocks.of(array.as_mut_slice(), second));
        let ([a, b], [c, d]) = (first, second);
        let rows = (a, b, c, d).into_par_iter();
        rows.map(|(a, b, c, d)| GatedRows { first: [a, b], second: [c, d] })
    }
}

/// Memory for the rows that pass through a gated network.
#[derive(Debug, Default)]
pub(super) struct GatedScratch<T> {
    /// The result of the forward pass; the caller makes it the cotangent for the reverse one.
    pub values: Aligned<T>,
    results: [Aligned<T>; 2],
    spare: Aligned<T>,
}

impl<T: Real> Branch<T> {
    /// What the normalisation reads of branch `i`.
    fn before_norm<'a>(&self, rows: &'a GatedRows<'_, T>, i: usize) -> &'a [T] {
        if self.second.is_some() { rows.second[i] } else { rows.first[i] }
    }
}

impl<T: Real> Gated<T> {
    /// From the results of the first layers to the product.
    pub fn forward(&self, count: usize, rows: &mut GatedRows<'_, T>, scratch: &mut GatedScratch<T>) {
        for (i, branch) in self.branches.iter().enumerate() {
            if let Some((activation, layer)) = &branch.second {
                scratch.spare.resize(rows.first[i].len());
                activation.forward(rows.first[i], scratch.spare.as_mut_slice());
                layer.apply(count, scratch.spare.as_slice(), rows.second[i]);
            }
        }
        self.replay(rows, scratch);
    }

    /// The product again, from what the forward pass has kept.
    pub fn replay(&self, rows: &GatedRows<'_, T>, scratch: &mut GatedScratch<T>) {
        for (i, branch) in self.branches.iter().enumerate() {
            let before = branch.before_norm(rows, i);
            scratch.results[i].resize(before.len());
            let result = scratch.results[i].as_mut_slice();
            match &branch.norm {
                Some(norm) => norm.forward(before, result),
                None => result.copy_from_slice(before),
            }
        }
        scratch.values.resize(scratch.results[0].as_slice().len());
        let [core, shut] = &scratch.results;
        gate(self.arch, core.as_slice(), shut.as_slice(), scratch.values.as_mut_slice());
    }

    /// The reverse pass behind [`replay`](Self::replay): `values` is the cotangent of the product.
    pub fn backward(&self, count: usize, rows: &mut GatedRows<'_, T>, scratch: &mut GatedScratch<T>) {
        let [core, shut] = &mut scratch.results;
        gate_backward(self.arch, core.as_mut_slice(), shut.as_mut_slice(), scratch.values.as_slice());
        for (i, branch) in self.branches.iter().enumerate() {
            let gradient = scratch.results[i].as_mut_slice();
            if let Some(norm) = &branch.norm {
                norm.backward(branch.before_norm(rows, i), gradient);
            }
            match &branch.second {
                Some((activation, layer)) => {
                    scratch.spare.resize(gradient.len());
                    layer.transpose(count, gradient, scratch.spare.as_mut_slice(), false);
                    activation.backward(rows.first[i], scratch.spare.as_slice());
                }
                None => rows.first[i].copy_from_slice(gradient),
            }
        }
    }
}

/// What updates atoms: parts read the atom, the bond and the neighbour.
#[derive(Debug)]
pub(super) struct AtomUpdate<T> {
    pub gated: Gated<T>,
    pub out: Dense<T>,
}

/// What updates bonds: parts read the first bond, the second, the angle and the atom.
#[derive(Debug)]
pub(super) struct BondUpdate<T> {
    pub gated: Gated<T>,
    pub out: Dense<T>,
}

/// A model ready to run in precision `T`.
#[derive(Debug)]
pub(crate) struct Plan<T> {
    pub cutoff: f64,
    pub(super) angle_cutoff: f64,
    pub(super) channels: usize,
    pub(super) species: SpeciesMap,
    pub(super) harmonics: EdgeHarmonics,
    pub(super) lengths: [LengthBasis; 2],
    pub(super) angles: AngleBasis,
    /// Features of each species, `[species][channel]`.
    pub(super) embedding: Aligned<T>,
    /// From functions to features: of bonds, weights of bonds, weights of near bonds, angles.
    pub(super) bond: Dense<T>,
    pub(super) bond_weight: Dense<T>,
    pub(super) near_weight: Dense<T>,
    pub(super) angle: Dense<T>,
    pub(super) atom_updates: Vec<AtomUpdate<T>>,
    pub(super) bond_updates: Vec<BondUpdate<T>>,
    pub(super) angle_updates: Vec<Gated<T>>,
    /// What the biases of the updates so far have added to bonds that form no angle, before each update of atoms; empty
    /// without biases.
    pub(super) far_offsets: Vec<Vec<T>>,
    pub(super) norm: Option<LayerNorm<T>>,
    pub(super) readout: Perceptron<T>,
    /// Of each species, eV.
    pub(super) shift: Vec<f64>,
    pub(super) moments: Option<Moments>,
}

/// From the features of an atom before the last update to its magnetic moment, a Bohr magneton's share each.
#[derive(Debug)]
pub(super) struct Moments {
    weights: Vec<f64>,
    bias: f64,
}

impl Moments {
    /// Fills the moments of atoms, `features` being `[atom][channel]`.
    ///
    /// Source: chgnet 0.4.2, `CHGNet.site_wise`: the size alone, since the data have no sign.
    pub fn fill<T: Real>(&self, features: &[T], out: &mut Vec<f64>) {
        let of_atom = |row: &[T]| {
            let products = row.iter().zip(&self.weights).map(|(x, weight)| x.to_f64() * weight);
            (products.sum::<f64>() + self.bias).abs()
        };
        out.clear();
        out.extend(features.chunks_exact(self.weights.len()).map(of_atom));
    }
}

impl<T: Real> Plan<T> {
    /// Builds the plan of a model.
    pub fn new(model: &Model, it: &ChgnetArchitecture, options: &PotentialOptions) -> Result<Self, ModelError> {
        it.validate()?;
        model.modality(options.modality.as_deref())?;
        let builder = Builder { model, it, arch: Arch::new() };
        let (n, functions) = (it.channels, it.radial_functions);
        let basis = |name: &str, cutoff: f64| {
            let frequencies = model.weight(name, &[functions])?;
            Ok::<_, ModelError>(LengthBasis::new(builder.arch, &frequencies, cutoff, it.cutoff_power))
        };
        let angles = AngleBasis::new(builder.arch, model.weight("angles.frequencies", &[it.angular_functions])?);
        let embedding = model.weight("species.embedding", &[it.species.len(), n])?;
        let norm = match it.normalized {
            true => Some(builder.norm("readout.norm")?),
            false => None,
        };
        Ok(Self {
            cutoff: it.cutoff,
            angle_cutoff: it.angle_cutoff,
            channels: n,
            species: SpeciesMap::new(&it.species),
            harmonics: EdgeHarmonics::new(1, true).map_err(ProductError::from)?,
            lengths: [basis("bonds.frequencies", it.cutoff)?, basis("near.frequencies", it.angle_cutoff)?],
            embedding: Aligned::from_f64(&embedding),
            bond: builder.matrix("bonds.embedding", functions)?,
            bond_weight: builder.matrix("bonds.weight", functions)?,
            near_weight: builder.matrix("near.weight", functions)?,
            angle: builder.matrix("angles.embedding", angles.count())?,
            angles,
            atom_updates: (0..it.layers).map(|t| builder.atom_update(t)).collect::<Result<_, _>>()?,
            bond_updates: (0..it.layers - 1).map(|t| builder.bond_update(t)).collect::<Result<_, _>>()?,
            angle_updates: (0..it.layers - 2)
                .map(|t| builder.gated(&format!("angles.{t}"), 4, false))
                .collect::<Result<_, _>>()?,
            far_offsets: builder.far_offsets()?,
            norm,
            readout: builder.readout()?,
            shift: model.weight("shift", &[it.species.len()])?,
            moments: if it.magnetic_moments { Some(builder.moments()?) } else { None },
        })
    }
}

/// What the parts of a plan are made from.
struct Builder<'a> {
    model: &'a Model,
    it: &'a ChgnetArchitecture,
    arch: Arch,
}

impl Builder<'_> {
    /// A matrix to features.
    fn matrix<T: Real>(&self, name: &str, inputs: usize) -> Result<Dense<T>, ModelError> {
        let n = self.it.channels;
        let matrix = self.model.weight(name, &[inputs, n])?;
        Ok(Dense::new(self.arch, &DenseWeights { matrix, bias: vec![0.0; n] }))
    }

    fn norm<T: Real>(&self, name: &str) -> Result<LayerNorm<T>, ModelError> {
        let n = self.it.channels;
        let [weight, bias] = [name.to_owned(), format!("{name}.bias")].map(|name| self.model.weight(&name, &[n]));
        Ok(LayerNorm::new(self.arch, &weight?, &bias?))
    }

    /// A dense layer from features to features.
    fn dense<T: Real>(&self, name: &str) -> Result<Dense<T>, ModelError> {
        let n = self.it.channels;
        Ok(Dense::new(self.arch, &DenseWeights::read(self.model, name, n, n)?))
    }

    fn far_offsets<T: Real>(&self) -> Result<Vec<Vec<T>>, ModelError> {
        let mut sum = vec![0.0; self.it.channels];
        let mut offsets = vec![sum.clone()];
        for t in 0..self.it.layers - 1 {
            let bias = self.model.weight(&format!("bonds.{t}.out.bias"), &[self.it.channels])?;
            sum.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias);
            offsets.push(sum.clone());
        }
        if offsets.iter().flatten().all(|&offset| offset == 0.0) {
            return Ok(Vec::new());
        }
        Ok(offsets.iter().map(|offset| offset.iter().map(|&x| T::from_f64(x)).collect()).collect())
    }

    /// A gated network of `parts` features.
    fn gated<T: Real>(&self, name: &str, parts: usize, hidden: bool) -> Result<Gated<T>, ModelError> {
        let [core, shut] = ["core", "gate"].map(|branch| self.branch(&format!("{name}.{branch}"), parts, hidden));
        Ok(Gated { arch: self.arch, branches: [core?, shut?] })
    }

    fn branch<T: Real>(&self, name: &str, parts: usize, hidden: bool) -> Result<Branch<T>, ModelError> {
        let n = self.it.channels;
        let DenseWeights { matrix, bias } = DenseWeights::read(self.model, &format!("{name}.0"), parts * n, n)?;
        let part = |rows: &[f64]| Dense::new(self.arch, &DenseWeights { matrix: rows.to_vec(), bias: vec![0.0; n] });
        let second = if hidden {
            let layer = Dense::new(self.arch, &DenseWeights::read(self.model, &format!("{name}.1"), n, n)?);
            Some((Gate::new(self.arch, n, &[], 1.0), layer))
        } else {
            None
        };
        let norm = if self.it.normalized { Some(self.norm(&format!("{name}.norm"))?) } else { None };
        let parts = matrix.chunks_exact(n * n).map(part).collect();
        Ok(Branch { parts, bias: Aligned::from_f64(&bias), second, norm })
    }

    fn atom_update<T: Real>(&self, t: usize) -> Result<AtomUpdate<T>, ModelError> {
        let name = format!("atoms.{t}");
        Ok(AtomUpdate { gated: self.gated(&name, 3, true)?, out: self.dense(&format!("{name}.out"))? })
    }

    fn bond_update<T: Real>(&self, t: usize) -> Result<BondUpdate<T>, ModelError> {
        let name = format!("bonds.{t}");
        Ok(BondUpdate { gated: self.gated(&name, 4, true)?, out: self.dense(&format!("{name}.out"))? })
    }

    fn moments(&self) -> Result<Moments, ModelError> {
        let bias = self.model.weight("moments.bias", &[1])?[0];
        Ok(Moments { weights: self.model.weight("moments", &[self.it.channels])?, bias })
    }

    fn readout<T: Real>(&self) -> Result<Perceptron<T>, ModelError> {
        let widths: Vec<usize> =
            [self.it.channels].into_iter().chain(self.it.readout_hidden.iter().copied()).chain([1]).collect();
        let dense = |(index, pair): (usize, &[usize])| {
            DenseWeights::read(self.model, &format!("readout.{index}"), pair[0], pair[1])
        };
        let layers = widths.windows(2).enumerate().map(dense).collect::<Result<Vec<_>, _>>()?;
        Ok(Perceptron::new(self.arch, &layers, false))
    }
}

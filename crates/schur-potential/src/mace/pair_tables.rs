//! Spline tables of the radial networks for the pairs of elements that occur.
//!
//! Where distances are not transformed one table serves all pairs. Else every pair has its own, behind each other in
//! memory, so that a point of an edge is a point of its pair's rows. A structure with more pairs than fit into the bound
//! on tables is evaluated without any: which it is depends on the structure alone, not on what came before.

use schur_multilinear::{EdgeWeights, SplinePiece, SplinePoint, SplineTable};
use schur_tensor::{Aligned, Real};

use super::density::DensityTable;
use super::plan::Plan;
use super::radial::OfPair;
use crate::graph::{MAX_TABLE_NUMBERS, RadialNetwork, spline_pieces, tabulate};

/// Tables of all layers.
#[derive(Debug)]
pub(crate) struct PairTables<T> {
    pieces: Vec<SplinePiece>,
    /// A table of one column, which knows where distances fall.
    nodes: SplineTable<T>,
    rows: usize,
    /// Numbers of a row, layer by layer; behind them those of layer 0 with neurons in place of channels, if it has any.
    widths: Vec<usize>,
    /// Which place the pair of two species has, `[species][species]`.
    slots: Vec<Option<u32>>,
    species: usize,
    common: bool,
    /// Places taken, and places that fit into the bound.
    taken: usize,
    capacity: usize,
    /// `[place][row][width]` of each layer.
    coefficients: Vec<Aligned<T>>,
    /// `[place][layer]`.
    densities: Vec<Vec<Option<DensityTable>>>,
}

impl<T: Real> PairTables<T> {
    /// Starts without a table.
    pub fn new(plan: &Plan<T>) -> Self {
        let pieces = spline_pieces(None, plan.architecture.cutoff);
        let nodes = SplineTable::interpolate(&pieces, 1, |_, values, slopes| {
            values.fill(0.0);
            slopes.iter_mut().for_each(|slopes| *slopes = vec![0.0]);
        });
        let rows = nodes.coefficients().len() / nodes.width();
        let widths: Vec<usize> = networks(plan).map(|(_, columns)| schur_tensor::padded(columns)).collect();
        let species = plan.architecture.species.len();
        Self {
            pieces,
            nodes,
            rows,
            slots: vec![None; species * species],
            species,
            common: plan.radial.is_common(),
            taken: 0,
            capacity: MAX_TABLE_NUMBERS / (rows * widths.iter().sum::<usize>()).max(1),
            coefficients: widths.iter().map(|_| Aligned::default()).collect(),
            widths,
            densities: Vec::new(),
        }
    }

    /// Makes the tables of all pairs of some species, ascending; says whether they fit into memory.
    pub fn prepare(&mut self, plan: &Plan<T>, present: &[u8]) -> bool {
        let needed = if self.common { 1 } else { present.len() * (present.len() + 1) / 2 };
        if needed > self.capacity {
            return false;
        }
        let missing = self.missing(present).count();
        if missing == 0 {
            return true;
        }
        if self.taken + missing > self.capacity {
            self.slots.fill(None);
            self.densities.clear();
            self.taken = 0;
        }
        let missing: Vec<[u8; 2]> = self.missing(present).collect();
        let places = self.taken + missing.len();
        for (coefficients, width) in self.coefficients.iter_mut().zip(&self.widths) {
            coefficients.resize(places * self.rows * width);
        }
        for pair in missing {
            self.make(plan, pair);
        }
        true
    }

    /// Pairs without a place; one for all where all are the same.
    fn missing<'a>(&'a self, present: &'a [u8]) -> impl Iterator<Item = [u8; 2]> + 'a {
        let pairs = present.iter().enumerate().flat_map(move |(i, &a)| present[i..].iter().map(move |&b| [a, b]));
        let most = if self.common { 1 } else { usize::MAX };
        pairs.filter(|&[a, b]| self.slot(a, b).is_none()).take(most)
    }

    fn slot(&self, a: u8, b: u8) -> Option<u32> {
        let place = if self.common { 0 } else { usize::from(a) * self.species + usize::from(b) };
        self.slots[place]
    }

    fn make(&mut self, plan: &Plan<T>, pair: [u8; 2]) {
        let functions = OfPair { radial: &plan.radial, pair };
        let tables = self.coefficients.iter_mut().zip(&self.widths);
        for ((network, columns), (coefficients, width)) in networks(plan).zip(tables) {
            let table: SplineTable<T> = tabulate(&self.pieces, columns, |r| network.rows(&functions, r));
            let start = self.taken * self.rows * width;
            coefficients.as_mut_slice()[start..start + self.rows * width].copy_from_slice(table.coefficients());
        }
        let density = |layer: &super::plan::LayerPlan<T>| layer.density.as_ref().map(|d| d.table(&plan.radial, pair));
        self.densities.push(plan.layers.iter().map(density).collect());
        let slot = Some(self.taken as u32);
        if self.common {
            self.slots[0] = slot;
        } else {
            let [a, b] = pair.map(usize::from);
            self.slots[a * self.species + b] = slot;
            self.slots[b * self.species + a] = slot;
        }
        self.taken += 1;
    }

    /// Where the distance of a pair falls; the pair has been prepared.
    pub fn locate(&self, [a, b]: [u8; 2], r: f64) -> SplinePoint<T> {
        let mut point = self.nodes.locate(r);
        point.row += self.slot(a, b).unwrap_or(0) as usize * self.rows;
        point
    }

    /// The weights of edges with these points in a layer, or behind the last the neurons of layer 0.
    pub fn weights<'a>(&'a self, layer: usize, points: &'a [SplinePoint<T>]) -> EdgeWeights<'a, T> {
        let (coefficients, width) = (self.coefficients[layer].as_slice(), self.widths[layer]);
        EdgeWeights { points, coefficients, width }
    }

    /// The density of a pair in a layer that has one.
    pub fn density(&self, layer: usize, [a, b]: [u8; 2]) -> Option<&DensityTable> {
        self.densities[self.slot(a, b)? as usize][layer].as_ref()
    }
}

/// What is tabulated: networks and their columns.
fn networks<T: Real>(plan: &Plan<T>) -> impl Iterator<Item = (&RadialNetwork<f64>, usize)> {
    let layers = plan.layers.iter().map(|layer| (&layer.exact_network, layer.columns));
    layers.chain(plan.first.as_ref().map(|first| (&first.exact_network, first.neurons)))
}

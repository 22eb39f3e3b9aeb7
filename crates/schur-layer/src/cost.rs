//! What a layer costs, counted before it runs.

use crate::Space;
use crate::route::Route;
use crate::side::Side;

/// Operations and numbers of a layer, for one item of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerCost {
    /// Additions and multiplications through the diagrams, a multiplication and addition counting two.
    pub flops_fast: f64,
    /// Those of the dense matrix `[n^l channels_out, n^k channels_in]`.
    pub flops_dense: f64,
    /// Numbers held between input and output.
    pub workspace: usize,
}

impl LayerCost {
    pub(crate) fn new(space: &Space, [inputs, outputs]: [&[usize]; 2], route: &Route) -> Self {
        let mixing: f64 = (0..route.orders.len())
            .map(|order| {
                let indices: f64 = route.inputs.bottlenecks[order].sizes.iter().map(|&size| size as f64).product();
                let terms: usize = route.orders[order].mixes.iter().map(|mix| mix.terms.len()).sum();
                2.0 * indices * (terms * route.channels[0] * route.channels[1]) as f64
            })
            .sum();
        let dense = size(space, inputs) * size(space, outputs);
        let held = |side: &Side| {
            let own = side.bottlenecks.iter().filter(|bottleneck| !bottleneck.is_whole);
            own.map(|bottleneck| bottleneck.size).sum::<usize>() + side.scratch + side.dense.size
        };
        Self {
            flops_fast: mixing + moved(&route.inputs) + moved(&route.outputs),
            flops_dense: 2.0 * dense * (route.channels[0] * route.channels[1]) as f64,
            workspace: held(&route.inputs) + held(&route.outputs),
        }
    }
}

/// Additions of all reductions of a side, or of its spreading.
fn moved(side: &Side) -> f64 {
    let link = |link: &crate::side::Link| {
        let own = link.paces.iter().map(|pace| pace.size as f64).product::<f64>() * link.pieces.len() as f64;
        let heads = link.through.as_ref().map_or(0.0, |through| {
            through.shared.iter().map(|pace| pace.size as f64).product::<f64>() * through.entries.len() as f64
        });
        own + heads
    };
    let dense = side.dense.parts.len() * side.size;
    side.links.iter().map(link).sum::<f64>() * side.channels as f64 + dense as f64
}

fn size(space: &Space, axes: &[usize]) -> f64 {
    axes.iter().map(|&sort| space.size(sort) as f64).product()
}

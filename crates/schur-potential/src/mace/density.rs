//! The sum over neighbours that some blocks divide messages by: $1 + \sum_j \tanh(d(r_{ij})^2)$.

use super::radial::MaceRadial;

/// Distance between the nodes of a table, Å: its error is that of a cubic, some 1e-10 for functions this smooth.
const SPACING: f64 = 0.005;

/// A density's linear function of the radial functions, normalisation included.
#[derive(Debug, Clone)]
pub(crate) struct Density {
    pub weights: Vec<f64>,
}

impl Density {
    /// Value and derivative for a pair at `r`; `scratch` is memory.
    pub fn evaluate(&self, radial: &MaceRadial, pair: [u8; 2], r: f64, scratch: &mut Vec<f64>) -> (f64, f64) {
        let n = self.weights.len();
        scratch.clear();
        scratch.resize(2 * n, 0.0);
        let (values, derivatives) = scratch.split_at_mut(n);
        radial.evaluate(pair, r, values, derivatives);
        let dot = |numbers: &[f64]| numbers.iter().zip(&self.weights).map(|(a, b)| a * b).sum::<f64>();
        let (d, slope) = (dot(values), dot(derivatives));
        let value = (d * d).tanh();
        let derivative = (1.0 - value * value) * 2.0 * d * slope;
        match radial.envelope(r) {
            Some((f, df)) => (value * f, derivative * f + value * df),
            None => (value, derivative),
        }
    }

    /// Tabulates the function of a pair up to the cut-off.
    pub fn table(&self, radial: &MaceRadial, pair: [u8; 2]) -> DensityTable {
        let nodes = (radial.cutoff / SPACING).ceil() as usize + 1;
        let mut scratch = Vec::new();
        let node = |k: usize| self.evaluate(radial, pair, k as f64 * SPACING, &mut scratch);
        DensityTable { nodes: (0..nodes).map(node).collect() }
    }
}

/// Values and derivatives at uniform nodes, with a cubic between each two.
#[derive(Debug, Clone)]
pub(crate) struct DensityTable {
    nodes: Vec<(f64, f64)>,
}

impl DensityTable {
    /// Value and derivative at `r`, which lies within the cut-off.
    pub fn evaluate(&self, r: f64) -> (f64, f64) {
        let k = ((r / SPACING) as usize).min(self.nodes.len() - 2);
        let t = r / SPACING - k as f64;
        let ((v0, d0), (v1, d1)) = (self.nodes[k], self.nodes[k + 1]);
        let (d0, d1) = (d0 * SPACING, d1 * SPACING);
        let (c2, c3) = (3.0 * (v1 - v0) - 2.0 * d0 - d1, 2.0 * (v0 - v1) + d0 + d1);
        (v0 + t * (d0 + t * (c2 + t * c3)), (d0 + t * (2.0 * c2 + 3.0 * t * c3)) / SPACING)
    }
}

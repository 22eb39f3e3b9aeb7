//! Gates: scalars through an activation, times the components of higher degree.
//!
//! Input `[node]`: scalars, then one gate for each gated channel, then the gated segments `[component][channel]`.
//! Output: the scalars and the gated segments. With $a(s) = c\,s\,\sigma(s)$ (SiLU times a constant),
//! $$ x_u = a(s_u), \qquad x_{m u} = a(g_u)\, v_{m u}. $$
//! Only invariants pass through the activation, so the map is equivariant for any representation of the gated parts.

use schur_tensor::{
    Lanes, Real,
    pulp::{Arch, Simd, WithSimd},
};

use crate::Segment;

/// A gate for a fixed list of segments. See the module's documentation.
#[derive(Debug, Clone)]
pub struct Gate<T> {
    arch: Arch,
    scalars: usize,
    gated: Vec<Segment>,
    scale: T,
}

/// The activation and its derivative: `c s sigma(s)`.
#[inline(always)]
fn activate<T: Real, S: Simd>(simd: S, scale: Lanes<T, S>, s: Lanes<T, S>) -> (Lanes<T, S>, Lanes<T, S>) {
    let one = T::splat(simd, T::ONE);
    let sigma = T::sigmoid(simd, s);
    let scaled = T::times(simd, scale, sigma);
    let rest = T::mul_add(simd, T::splat(simd, -T::ONE), sigma, one);
    let slope = T::times(simd, scaled, T::mul_add(simd, s, rest, one));
    (T::times(simd, scaled, s), slope)
}

impl<T: Real> Gate<T> {
    /// Makes a gate with `scale` as the constant of the activation.
    ///
    /// # Panics
    /// If a number of channels is no multiple of [`schur_tensor::CHANNEL_ALIGNMENT`], or a node has no numbers or more
    /// than memory has places.
    pub fn new(arch: Arch, scalars: usize, gated: &[Segment], scale: f64) -> Self {
        let aligned = |channels: usize| channels.is_multiple_of(schur_tensor::CHANNEL_ALIGNMENT);
        assert!(aligned(scalars) && gated.iter().all(|s| aligned(s.channels)), "channels of a gate are padded");
        // One component more than the segment has, for the gates; the kernels rely on sums that do not wrap round.
        let numbers = |s: &Segment| s.dim.checked_add(1)?.checked_mul(s.channels);
        let inputs = gated.iter().try_fold(scalars, |sum, segment| sum.checked_add(numbers(segment)?));
        assert!(inputs.is_some_and(|inputs| inputs > 0), "a gate reads some numbers, no more than fit into memory");
        Self { arch, scalars, gated: gated.to_vec(), scale: T::from_f64(scale) }
    }

    /// Numbers of a node before the gate.
    pub fn inputs(&self) -> usize {
        self.outputs() + self.gates()
    }

    /// Numbers of a node behind the gate.
    pub fn outputs(&self) -> usize {
        self.scalars + self.gated.iter().map(|s| s.dim * s.channels).sum::<usize>()
    }

    fn gates(&self) -> usize {
        self.gated.iter().map(|s| s.channels).sum()
    }

    /// Applies the gate to nodes one after the other.
    ///
    /// # Shapes
    /// `input`: `[node][inputs]`, `output`: `[node][outputs]`, overwritten.
    ///
    /// # Panics
    /// If the lengths do not belong to the same number of nodes.
    pub fn forward(&self, input: &[T], output: &mut [T]) {
        let nodes = self.nodes(input.len());
        assert_eq!(output.len(), nodes * self.outputs(), "outputs of {nodes} nodes");
        self.arch.dispatch(Forward { gate: self, input, output });
    }

    /// The reverse pass, in place: the input becomes its own cotangent.
    ///
    /// # Shapes
    /// `input`: what the forward pass has read, `[node][inputs]`, overwritten with the cotangent; `gradient`: the
    /// cotangent of the output, `[node][outputs]`.
    ///
    /// # Panics
    /// If the lengths do not belong to the same number of nodes.
    pub fn backward(&self, input: &mut [T], gradient: &[T]) {
        let nodes = self.nodes(input.len());
        assert_eq!(gradient.len(), nodes * self.outputs(), "cotangents of {nodes} nodes");
        self.arch.dispatch(Backward { gate: self, input, gradient });
    }

    fn nodes(&self, len: usize) -> usize {
        let nodes = len / self.inputs();
        assert_eq!(len, nodes * self.inputs(), "whole nodes of {} numbers", self.inputs());
        nodes
    }
}

struct Forward<'a, T> {
    gate: &'a Gate<T>,
    input: &'a [T],
    output: &'a mut [T],
}

impl<T: Real> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gate, input, output } = self;
        let scale = T::splat(simd, gate.scale);
        let lanes = T::lanes::<S>();
        let rows = input.chunks_exact(gate.inputs()).zip(output.chunks_exact_mut(gate.outputs()));
        for (input, output) in rows {
            let (mut from, mut to, mut gates) = (gate.scalars + gate.gates(), gate.scalars, gate.scalars);
            // SAFETY: the row has `inputs` and `outputs` numbers: the segments end exactly there, and channels are a
            // multiple of the lanes.
            unsafe {
                let (input, output) = (input.as_ptr(), output.as_mut_ptr());
                for u in (0..gate.scalars).step_by(lanes) {
                    let value = activate::<T, S>(simd, scale, T::load::<S>(input.add(u))).0;
                    T::store::<S>(output.add(u), value);
                }
                for segment in &gate.gated {
                    for u in (0..segment.channels).step_by(lanes) {
                        let factor = activate::<T, S>(simd, scale, T::load::<S>(input.add(gates + u))).0;
                        for m in 0..segment.dim {
                            let place = m * segment.channels + u;
                            let value = T::load::<S>(input.add(from + place));
                            T::store::<S>(output.add(to + place), T::times(simd, factor, value));
                        }
                    }
                    gates += segment.channels;
                    from += segment.dim * segment.channels;
                    to += segment.dim * segment.channels;
                }
            }
        }
    }
}

struct Backward<'a, T> {
    gate: &'a Gate<T>,
    input: &'a mut [T],
    gradient: &'a [T],
}

impl<T: Real> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gate, input, gradient } = self;
        let scale = T::splat(simd, gate.scale);
        let lanes = T::lanes::<S>();
        let rows = input.chunks_exact_mut(gate.inputs()).zip(gradient.chunks_exact(gate.outputs()));
        for (input, gradient) in rows {
            let (mut from, mut to, mut gates) = (gate.scalars + gate.gates(), gate.scalars, gate.scalars);
            // SAFETY: as in the forward pass.
            unsafe {
                let (input, gradient) = (input.as_mut_ptr(), gradient.as_ptr());
                for u in (0..gate.scalars).step_by(lanes) {
                    let slope = activate::<T, S>(simd, scale, T::load::<S>(input.add(u))).1;
                    T::store::<S>(input.add(u), T::times(simd, slope, T::load::<S>(gradient.add(u))));
                }
                for segment in &gate.gated {
                    for u in (0..segment.channels).step_by(lanes) {
                        let gate = input.add(gates + u);
                        let (factor, slope) = activate::<T, S>(simd, scale, T::load::<S>(gate));
                        let mut sum = T::splat(simd, T::ZERO);
                        for m in 0..segment.dim {
                            let place = m * segment.channels + u;
                            let g = T::load::<S>(gradient.add(to + place));
                            sum = T::mul_add(simd, g, T::load::<S>(input.add(from + place)), sum);
                            T::store::<S>(input.add(from + place), T::times(simd, factor, g));
                        }
                        T::store::<S>(gate, T::times(simd, slope, sum));
                    }
                    gates += segment.channels;
                    from += segment.dim * segment.channels;
                    to += segment.dim * segment.channels;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate<T: Real>(arch: Arch) -> Gate<T> {
        let gated = [Segment { dim: 3, channels: 32 }, Segment { dim: 5, channels: 16 }];
        Gate::new(arch, 16, &gated, 1.7)
    }

    fn inputs(len: usize) -> Vec<f64> {
        (0..len).map(|i| 3.0 * (1.7 * i as f64).sin()).collect()
    }

    /// The definition for one node.
    fn oracle(input: &[f64]) -> Vec<f64> {
        let activate = |s: f64| 1.7 * s / (1.0 + (-s).exp());
        let mut output: Vec<f64> = input[..16].iter().map(|&s| activate(s)).collect();
        for (gates, start, dim, channels) in [(16, 64, 3, 32), (48, 160, 5, 16)] {
            for m in 0..dim {
                output.extend((0..channels).map(|u| activate(input[gates + u]) * input[start + m * channels + u]));
            }
        }
        output
    }

    #[test]
    fn values_match_the_definition_and_cotangents_its_differences() {
        for arch in schur_tensor::instruction_sets() {
            let gate = gate::<f64>(arch);
            let input = inputs(2 * gate.inputs());
            let mut output = vec![0.0; 2 * gate.outputs()];
            gate.forward(&input, &mut output);
            let expected: Vec<f64> = input.chunks_exact(gate.inputs()).flat_map(oracle).collect();
            for (a, e) in output.iter().zip(&expected) {
                assert!((a - e).abs() < 1e-14);
            }
            let gradient: Vec<f64> = (0..output.len()).map(|i| (0.3 * i as f64).cos()).collect();
            let mut cotangent = input.clone();
            gate.backward(&mut cotangent, &gradient);
            let node = gate.inputs();
            for index in 0..node {
                let shifted = |h: f64| {
                    let mut moved = input[..node].to_vec();
                    moved[index] += h;
                    oracle(&moved).iter().zip(&gradient).map(|(x, g)| x * g).sum::<f64>()
                };
                let difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
                assert!((cotangent[index] - difference).abs() < 1e-8, "{index}: {} {difference}", cotangent[index]);
            }
        }
    }

    #[test]
    #[should_panic(expected = "some numbers, no more than fit")]
    fn more_numbers_than_memory_has_places_panic() {
        // Wrapped round, these would be 16 numbers, and the kernel would write 2^60 rows of 16.
        Gate::<f32>::new(Arch::new(), 0, &[Segment { dim: 1 << 60, channels: 16 }], 1.0);
    }

    #[test]
    fn single_precision_agrees() {
        for arch in schur_tensor::instruction_sets() {
            let gate = gate::<f32>(arch);
            let input = inputs(gate.inputs());
            let single: Vec<f32> = input.iter().map(|&x| x as f32).collect();
            let mut output = vec![0.0; gate.outputs()];
            gate.forward(&single, &mut output);
            for (a, e) in output.iter().zip(oracle(&input)) {
                assert!((f64::from(*a) - e).abs() < 1e-5);
            }
        }
    }
}

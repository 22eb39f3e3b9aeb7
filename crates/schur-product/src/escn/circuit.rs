//! The convolution as a circuit: into the frame of the edge, SO(2) maps, back.

use schur_group::Irrep;
use schur_multilinear::{Bilinear, BilinearTerm, Circuit, ComponentMatrix, Rows};

use super::rotation::{Direction, band_len, centres, half_turn, polar_places, polar_turn, tilt};
use super::{Escn, EscnWeights};
use crate::ProductError;

/// The tilt mixes neighbouring `m`, and it enters to second order.
const TILT_ORDER: usize = 2;

pub(super) fn write(escn: &Escn, weights: EscnWeights, differentiable: bool) -> Result<Circuit, ProductError> {
    let mut writer = Writer::new(escn, weights, differentiable)?;
    let features = writer.features.clone();
    let entered = writer.enter(&features)?;
    let mixed = writer.circuit.bilinear(&entered, &writer.weights, &so2_map(escn)?)?;
    let left = writer.leave(&mixed)?;
    writer.circuit.output(&left);
    Ok(writer.circuit)
}

struct Writer<'a> {
    escn: &'a Escn,
    circuit: Circuit,
    features: Rows,
    /// Cosines and sines of `alpha`.
    alpha: Rows,
    /// Cosines and sines of `beta`.
    beta: Rows,
    weights: Rows,
    tilt: Option<Rows>,
}

impl<'a> Writer<'a> {
    fn new(escn: &'a Escn, weights: EscnWeights, differentiable: bool) -> Result<Self, ProductError> {
        let mut circuit = Circuit::new();
        let features = circuit.input(band_len(&escn.inputs, usize::MAX));
        let rows = circuit.input(4 * escn.l_max);
        let weights = match weights {
            EscnWeights::So2 => circuit.input(escn.weights.len()),
            EscnWeights::Paths => {
                let paths = circuit.input(escn.paths.len());
                circuit.matrix(&paths, &escn.weight_map)?
            }
        };
        let tilt = differentiable.then(|| circuit.input(2));
        let (alpha, beta) = (rows.select(0..2 * escn.l_max), rows.select(2 * escn.l_max..4 * escn.l_max));
        Ok(Self { escn, circuit, features, alpha, beta, weights, tilt })
    }

    /// `J Z(beta)^T J Z(alpha)^T`, then the inverse tilt; what is left has `|m|` up to the bound.
    fn enter(&mut self, features: &Rows) -> Result<Rows, ProductError> {
        let (irreps, all) = (&self.escn.inputs, usize::MAX);
        let turned = self.turn(features, self.alpha.clone(), irreps, Direction::Back)?;
        let turned = self.half_turn(&turned, irreps, [all, all])?;
        let turned = self.turn(&turned, self.beta.clone(), irreps, Direction::Back)?;
        let m_max = self.escn.m_max;
        match self.tilt.clone() {
            None => self.half_turn(&turned, irreps, [m_max, all]),
            Some(by) => {
                let wide = m_max + TILT_ORDER;
                let turned = self.half_turn(&turned, irreps, [wide, all])?;
                self.tilted(&turned, &by, irreps, [m_max, wide], -1.0)
            }
        }
    }

    /// `Z(alpha) J Z(beta) J` behind the tilt.
    fn leave(&mut self, mixed: &Rows) -> Result<Rows, ProductError> {
        let (irreps, all, m_max) = (&self.escn.outputs, usize::MAX, self.escn.m_max);
        let turned = match self.tilt.clone() {
            None => self.half_turn(mixed, irreps, [all, m_max])?,
            Some(by) => {
                let wide = m_max + TILT_ORDER;
                let turned = self.tilted(mixed, &by, irreps, [wide, m_max], 1.0)?;
                self.half_turn(&turned, irreps, [all, wide])?
            }
        };
        let turned = self.turn(&turned, self.beta.clone(), irreps, Direction::There)?;
        let turned = self.half_turn(&turned, irreps, [all, all])?;
        self.turn(&turned, self.alpha.clone(), irreps, Direction::There)
    }

    fn turn(&mut self, rows: &Rows, angle: Rows, irreps: &[Irrep], direction: Direction) -> Result<Rows, ProductError> {
        let map = polar_turn(irreps, self.escn.l_max, direction)?;
        let turned = self.circuit.bilinear(rows, &angle, &map)?;
        Ok(Rows::concatenate([&turned, rows]).select(polar_places(irreps)))
    }

    fn half_turn(&mut self, rows: &Rows, irreps: &[Irrep], bands: [usize; 2]) -> Result<Rows, ProductError> {
        let matrix = half_turn(&self.escn.half_turns, irreps, bands)?;
        Ok(self.circuit.matrix(rows, &matrix)?)
    }

    /// `1 + s T + T^2 / 2` with `T` the generator of the tilt and `s` its sign.
    fn tilted(
        &mut self,
        rows: &Rows,
        by: &Rows,
        irreps: &[Irrep],
        [to, from]: [usize; 2],
        sign: f64,
    ) -> Result<Rows, ProductError> {
        let wide = to.max(from);
        let once = tilt(&self.escn.half_turns, irreps, [wide, from])?;
        let once = self.circuit.bilinear(by, rows, &once)?;
        let twice = tilt(&self.escn.half_turns, irreps, [to, wide])?;
        let twice = self.circuit.bilinear(by, &once, &twice)?;
        let mut entries = Vec::new();
        let (targets, firsts, seconds) = (centres(irreps, to), centres(irreps, from), centres(irreps, wide));
        for (index, irrep) in irreps.iter().enumerate() {
            for m in super::rotation::band(irrep.l, to) {
                let place = |centre: usize| centre.wrapping_add_signed(m);
                let row = place(targets[index]);
                if m.unsigned_abs() <= from.min(irrep.l) {
                    entries.push((row, place(firsts[index]), 1.0));
                }
                entries.push((row, rows.len() + place(seconds[index]), sign));
                entries.push((row, rows.len() + once.len() + row, 0.5));
            }
        }
        let columns = rows.len() + once.len() + twice.len();
        let sum = ComponentMatrix::new(band_len(irreps, to), columns, entries)?;
        Ok(self.circuit.matrix(&Rows::concatenate([rows, &once, &twice]), &sum)?)
    }
}

/// Features in the frame of the edge times weights.
fn so2_map(escn: &Escn) -> Result<Bilinear, ProductError> {
    let (from, to) = (centres(&escn.inputs, escn.m_max), centres(&escn.outputs, escn.m_max));
    let mut terms = Vec::new();
    for (right, weight) in escn.weights.iter().enumerate() {
        let (input, output, m) = (from[weight.input], to[weight.output], weight.m);
        let mut term = |result, left, coefficient| {
            terms.push(BilinearTerm { result, left, right, coefficient });
        };
        match (weight.exchanges, m) {
            (_, 0) => term(output, input, 1.0),
            (false, _) => {
                term(output + m, input + m, 1.0);
                term(output - m, input - m, 1.0);
            }
            (true, _) => {
                term(output + m, input - m, 1.0);
                term(output - m, input + m, -1.0);
            }
        }
    }
    let rows = |irreps: &[Irrep]| band_len(irreps, escn.m_max);
    Ok(Bilinear::new([rows(&escn.inputs), escn.weights.len(), rows(&escn.outputs)], terms)?)
}

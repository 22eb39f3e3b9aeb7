//! Random polynomials: sums of random maps that share buffers.

use schur_multilinear::{Operand, Polynomial, Term};
use schur_testkit::Random;

use crate::random_map::map;

/// A polynomial of up to three terms; operands of equal length often share a buffer.
pub fn polynomial(random: &mut Random) -> Polynomial {
    let (mut inputs, mut outputs, mut terms) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..1 + random.below(3) {
        let map = map(random);
        let (result, arguments) = map.operands().split_last().unwrap();
        let term_inputs = arguments.iter().map(|operand| buffer(random, &mut inputs, operand)).collect();
        let output = buffer(random, &mut outputs, result);
        terms.push(Term { inputs: term_inputs, output, map });
    }
    Polynomial::new(inputs, outputs, terms).unwrap()
}

fn buffer(random: &mut Random, buffers: &mut Vec<Operand>, operand: &Operand) -> usize {
    let fitting = buffers.iter().position(|buffer| buffer.len() == operand.len());
    match fitting {
        Some(index) if random.below(4) > 0 => index,
        _ => {
            buffers.push(operand.clone());
            buffers.len() - 1
        }
    }
}

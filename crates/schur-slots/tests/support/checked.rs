//! Programs against the definition.

use schur_einsum::Contraction;
use schur_slots::{PlainMachine, SlotProgram};
use schur_testkit::assert_close;

use crate::definition::value;
use crate::operands::operands;

/// Runs a program in the clear and compares the result with the definition.
pub fn check_program(contraction: &Contraction, program: &SlotProgram, seed: u64) {
    let operands = operands(contraction, seed);
    let expected = value(contraction, &operands);
    let found = program.run(&mut PlainMachine::new(program.slots()), &operands).unwrap();
    assert_eq!(found.shape(), expected.shape());
    // Sums of up to 2^14 products below one, added in another order.
    assert_close("the result", found.data(), expected.data(), 1e-12, 1e-11);
}

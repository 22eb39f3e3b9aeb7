//! Random contractions: any pattern of indices, any number of slots, any options.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/checked.rs"]
mod checked;
#[path = "support/definition.rs"]
mod definition;
#[path = "support/operands.rs"]
mod operands;

use checked::check_program;
use definition::value;
use operands::operands;
use proptest::prelude::*;
use schur_einsum::{Contraction, Order};
use schur_slots::{Options, OutputPacking, PlainMachine, SlotError, SlotProgram, lower};

/// Up to four operands of up to three axes over five indices, sizes from one to five, a few of them zero.
fn contractions() -> impl Strategy<Value = Contraction> {
    let size = prop_oneof![1 => Just(0_usize), 40 => 1..=5_usize];
    let operands = prop::collection::vec(prop::collection::vec(0..5_usize, 0..=3), 1..=4);
    let output = prop::collection::vec(0..5_usize, 0..=3);
    (operands, output, prop::collection::vec(size, 5)).prop_map(|(operands, output, sizes)| {
        let names = "abcde".chars().map(String::from).collect();
        Contraction::new(operands, output, sizes, names).unwrap()
    })
}

fn options(contraction: &Contraction, [anywhere, pairs]: [bool; 2], vectors: usize, stages: usize) -> Options {
    let output = if anywhere { OutputPacking::Anywhere } else { OutputPacking::RowMajor };
    Options { output, vectors, stages, order: pairs.then(|| Order::left_to_right(contraction)) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn programs_give_the_value_by_definition(
        contraction in contractions(),
        log_slots in 0..=13_u32,
        choices in any::<[bool; 2]>(),
        stages in 1..=4_usize,
    ) {
        let slots = 1 << log_slots;
        let options = options(&contraction, choices, 8192 / slots, stages);
        match lower(&contraction, slots, &options) {
            Ok(program) => check_program(&contraction, &program, 1),
            Err(SlotError::TooFewSlots { needed, .. }) => prop_assert!(needed > 8192),
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn what_is_no_element_of_the_result_is_zero(contraction in contractions(), log_slots in 3..=12_u32) {
        let slots = 1 << log_slots;
        let Ok(program) = lower(&contraction, slots, &options(&contraction, [false, false], 4096 / slots, 1)) else {
            return Ok(());
        };
        let operands = operands(&contraction, 2);
        let expected = program.output().pack(&value(&contraction, &operands)).unwrap();
        let found = program.run_encrypted(&mut PlainMachine::new(slots), &operands).unwrap();
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            let found = found.clone().unwrap_or_else(|| vec![0.0; slots]);
            for (found, expected) in found.iter().zip(expected) {
                prop_assert!((found - expected).abs() < 1e-11);
                prop_assert!(*expected != 0.0 || *found == 0.0, "only masks make zeros exact");
            }
        }
    }

    #[test]
    fn json_gives_the_program_back(contraction in contractions()) {
        if let Ok(program) = lower(&contraction, 256, &options(&contraction, [true, false], 8, 2)) {
            prop_assert_eq!(SlotProgram::from_json(&program.to_json()).unwrap(), program);
        }
    }
}

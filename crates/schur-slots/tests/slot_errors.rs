//! Bad input: what is wrong, by name and number, and what to do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/letters.rs"]
mod letters;
#[path = "support/operands.rs"]
mod operands;

use letters::contraction;
use operands::operands;
use schur_einsum::Order;
use schur_slots::{Axis, Options, Packing, PlainMachine, RunError, SlotError, SlotProgram, lower, lower_packed};
use schur_tensor::Tensor;

fn refused(text: &str, shapes: &[&[usize]], slots: usize, options: &Options) -> String {
    lower(&contraction(text, shapes), slots, options).unwrap_err().to_string()
}

#[test]
fn too_few_slots_name_the_tensor_and_the_need() {
    let options = Options::default();
    let message = refused("ij,jk->ik", &[&[3, 3], &[3, 40]], 128, &options);
    assert!(message.starts_with("operand 1 (j k) needs 256 slots, but 1 x 128 are there"), "{message}");
    let message = refused("ij,jk->ik", &[&[8, 8], &[8, 8]], 128, &options);
    assert!(message.starts_with("the product over i j k needs 512 slots"), "{message}");
    assert!(message.ends_with("allow 4 vectors"), "{message}");
    let message = refused("i,j->iijj", &[&[8], &[8]], 128, &options);
    assert!(message.starts_with("the output (i i j j) needs 4096 slots"), "{message}");
    let huge = contraction("ab,bc,cd->ad", &[&[2, 2], &[2, 2], &[2, 2]]);
    assert!(lower(&huge, 16, &options).is_ok());
}

#[test]
fn sizes_beyond_addresses_are_refused() {
    let names: Vec<String> = ["i", "j"].map(String::from).to_vec();
    for sizes in [vec![usize::MAX, 2], vec![1 << 40, 1 << 40], vec![usize::MAX / 2, 1]] {
        let huge = schur_einsum::Contraction::new(vec![vec![0, 1]], vec![1], sizes, names.clone()).unwrap();
        let error = lower(&huge, 16, &Options::default()).unwrap_err();
        assert!(error.to_string().starts_with("operand 0 (i j)"), "{error}");
    }
    let sizes = vec![1 << 40, 1 << 40];
    let outer = schur_einsum::Contraction::new(vec![vec![0], vec![1]], vec![], sizes, names).unwrap();
    assert!(lower(&outer, 16, &Options { vectors: usize::MAX, ..Options::default() }).is_err());
    let product = contraction("a,b,c,d->", &[&[128], &[128], &[128], &[128]]);
    let error = lower(&product, 1024, &Options { vectors: usize::MAX, ..Options::default() }).unwrap_err();
    assert!(error.to_string().starts_with("the product over a b c d needs more than 16777216 slots"), "{error}");
}

#[test]
fn slots_are_a_power_of_two() {
    for slots in [0, 3, 12, 1 << 40, usize::MAX] {
        let error = lower(&contraction("i->i", &[&[2]]), slots, &Options::default()).unwrap_err();
        assert_eq!(error, SlotError::SlotCount { slots, limit: 1 << 24 });
    }
}

#[test]
fn packings_fit_their_operands() {
    let sum = contraction("ij->i", &[&[2, 3]]);
    let packed = |packings: &[Packing]| lower_packed(&sum, packings, &Options::default()).unwrap_err();
    assert_eq!(packed(&[]), SlotError::Packings { expected: 1, found: 0 });
    let turned = Packing::row_major("it", &[("j", 3), ("i", 2)], 16).unwrap();
    assert!(matches!(packed(&[turned]), SlotError::Shape { .. }));
    let axis = |name: &str, size, stride| Axis { name: name.to_owned(), size, stride };
    let shared = Packing::new("it", vec![axis("i", 2, 2), axis("j", 3, 1)], 0, 16).unwrap();
    let overlap = SlotError::Overlap { first: vec![0, 2], second: vec![1, 0], vector: 0, slot: 2 };
    assert_eq!(packed(&[shared]), overlap);
    assert!(Packing::new("it", vec![axis("i", 3, usize::MAX)], 0, 16).is_err());
    let dot = contraction("i,i->", &[&[2], &[2]]);
    let two = [8, 16].map(|slots| Packing::row_major("it", &[("i", 2)], slots).unwrap());
    assert!(matches!(lower_packed(&dot, &two, &Options::default()), Err(SlotError::Slots { .. })));
}

#[test]
fn orders_fit_the_contraction() {
    let chain = contraction("ij,jk,kl->il", &[&[2, 2], &[2, 2], &[2, 2]]);
    let dot = contraction("i,i->", &[&[2], &[2]]);
    let options = |order| Options { order: Some(order), ..Options::default() };
    let wrong = lower(&chain, 64, &options(Order::left_to_right(&dot)));
    assert!(matches!(wrong, Err(SlotError::Order(_))), "{wrong:?}");
    let sliced = Order::new(&chain, vec![[0, 1], [2, 3]], vec![1]).unwrap();
    assert_eq!(lower(&chain, 64, &options(sliced)), Err(SlotError::Sliced { name: "j".to_owned() }));
}

#[test]
fn runs_check_tensors_and_machine() {
    let matvec = contraction("ik,k->i", &[&[2, 3], &[3]]);
    let program = lower(&matvec, 16, &Options::default()).unwrap();
    let operands = operands(&matvec, 1);
    let mut machine = PlainMachine::new(16);
    let other = program.run(&mut PlainMachine::new(32), &operands);
    assert_eq!(other, Err(RunError::Slots { program: 16, machine: 32 }));
    let fewer = program.run(&mut machine, &operands[..1]);
    assert_eq!(fewer, Err(RunError::Operands { expected: 2, found: 1 }));
    let wrong = [operands[0].clone(), Tensor::new(&[2], vec![0.0; 2]).unwrap()];
    let message = program.run(&mut machine, &wrong).unwrap_err().to_string();
    assert_eq!(message, "operand 1 has shape [2], but it is packed as [3]");
}

#[test]
fn programs_from_files_are_checked() {
    let program = lower(&contraction("ik,k->i", &[&[2, 3], &[3]]), 16, &Options::default()).unwrap();
    let good = serde_json::to_value(&program).unwrap();
    let mutations: [(&str, serde_json::Value); 10] = [
        ("/instructions/0/operand", 2.into()),
        ("/instructions/0/vector", 1.into()),
        ("/instructions/2/value", 9999.into()),
        ("/instructions/2/left", 16.into()),
        ("/results/0", 9999.into()),
        ("/results", serde_json::json!([])),
        ("/slots", 32.into()),
        ("/masks/0/runs", serde_json::json!([[15, 2]])),
        ("/operands/0/axes/0/stride", u64::MAX.into()),
        ("/output/axes/0", serde_json::json!({"name": "i", "size": 1_u64 << 40, "stride": 0})),
    ];
    for (pointer, value) in mutations {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not in {good}")) = value;
        assert!(matches!(SlotProgram::from_json(&bad.to_string()), Err(SlotError::Json { .. })), "{pointer}");
    }
    assert!(matches!(SlotProgram::from_json("{"), Err(SlotError::Json { line: 1, .. })));
}

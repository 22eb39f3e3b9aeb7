//! Contractions beyond the published ones: repeated indices, output alone, several vectors, pairs, other packings.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/checked.rs"]
mod checked;
#[path = "support/definition.rs"]
mod definition;
#[path = "support/letters.rs"]
mod letters;
#[path = "support/operands.rs"]
mod operands;

use checked::check_program;
use letters::{contraction, contraction_with};
use schur_einsum::{Contraction, Order};
use schur_slots::{Axis, Options, OutputPacking, Packing, SlotProgram, lower, lower_packed};

/// Lowers a contraction, and compares its program's result with the definition.
fn check(contraction: &Contraction, slots: usize, options: &Options) -> SlotProgram {
    let program = lower(contraction, slots, options).unwrap();
    check_program(contraction, &program, 5);
    program
}

fn anywhere() -> Options {
    Options { output: OutputPacking::Anywhere, ..Options::default() }
}

#[test]
fn diagonals_and_repeated_outputs() {
    let cases: [(&str, &[&[usize]]); 9] = [
        ("ii->i", &[&[5, 5]]),
        ("ii->", &[&[7, 7]]),
        ("iij->ji", &[&[3, 3, 5]]),
        ("ijij->ij", &[&[3, 2, 3, 2]]),
        ("i->ii", &[&[6]]),
        ("ij->iji", &[&[3, 4]]),
        ("ii,ij->jj", &[&[3, 3], &[3, 5]]),
        ("iii,i->i", &[&[3, 3, 3], &[3]]),
        ("ijji,kki,lkll->iilki", &[&[2, 3, 3, 2], &[2, 2, 2], &[3, 2, 3, 3]]),
    ];
    for (text, shapes) in cases {
        for options in [Options::default(), anywhere()] {
            check(&contraction(text, shapes), 4096, &options);
        }
    }
}

#[test]
fn indices_of_the_output_alone_repeat_the_result() {
    for size in 1..=9 {
        for text in ["i->ji", "i->ij", "->j", "i->jj", "ik->ijk"] {
            let shapes: &[&[usize]] = if text.starts_with("ik") { &[&[3, 2]] } else { &[&[3]] };
            let shapes = if text.starts_with("->") { &[&[] as &[usize]] } else { shapes };
            let contraction = contraction_with(text, shapes, &[('j', size)]);
            check(&contraction, 512, &Options::default());
            let program = check(&contraction, 512, &anywhere());
            if !text.contains("jj") {
                assert_eq!(program.summary().rotations, 0, "a stride of zero costs nothing: {program}");
            }
        }
    }
}

#[test]
fn scalars_single_elements_and_no_elements() {
    let cases: [(&str, &[&[usize]]); 6] = [
        (",->", &[&[], &[]]),
        (",ab,ab->ab", &[&[], &[2, 3], &[2, 3]]),
        ("ab->ba", &[&[1, 1]]),
        ("ab,bc->ac", &[&[2, 0], &[0, 3]]),
        ("ab,bc->ac", &[&[0, 2], &[2, 3]]),
        ("a,b,c->abc", &[&[1], &[2], &[1]]),
    ];
    for (text, shapes) in cases {
        for options in [Options::default(), anywhere()] {
            check(&contraction(text, shapes), 16, &options);
            check(&contraction(text, shapes), 1, &Options { vectors: 64, ..options });
        }
    }
}

#[test]
fn tensors_larger_than_a_vector_take_several() {
    let matmul = contraction("ik,kj->ij", &[&[16, 16], &[16, 16]]);
    for log_slots in 0..=12 {
        let slots = 1 << log_slots;
        let options = Options { vectors: 4096 / slots, ..Options::default() };
        let program = check(&matmul, slots, &options);
        assert_eq!(program.operands()[0].vectors(), (256 / slots).max(1));
        assert_eq!(program.summary().multiplications, 4096 / slots);
    }
    // Within a vector: log2(16) rotations to repeat each operand and to sum. Across vectors they are free.
    let few = lower(&matmul, 16, &Options { vectors: 256, ..anywhere() }).unwrap();
    let one = lower(&matmul, 4096, &anywhere()).unwrap();
    println!("16 slots: {}\n4096 slots: {}", few.summary(), one.summary());
    check(&contraction("ii->i", &[&[12, 12]]), 16, &Options { vectors: 16, ..Options::default() });
    check(&contraction("i->ii", &[&[12]]), 16, &Options { vectors: 16, ..Options::default() });
    check(&contraction("ij->ji", &[&[12, 5]]), 16, &Options { vectors: 8, ..Options::default() });
}

#[test]
fn pairs_need_fewer_slots_and_give_the_same() {
    let chain = contraction("ij,jk,kl,lm->im", &[&[6, 5], &[5, 7], &[7, 3], &[3, 8]]);
    let order = Order::left_to_right(&chain);
    assert!(lower(&chain, 512, &Options::default()).is_err(), "all indices at once need 8^4 * 4 slots");
    for output in [OutputPacking::RowMajor, OutputPacking::Anywhere] {
        check(&chain, 512, &Options { output, order: Some(order.clone()), ..Options::default() });
        check(&chain, 64, &Options { output, vectors: 8, order: Some(order.clone()), ..Options::default() });
    }
    let other = Order::new(&chain, vec![[2, 3], [0, 1], [4, 5]], vec![]).unwrap();
    check(&chain, 512, &Options { order: Some(other), ..Options::default() });
}

#[test]
fn results_feed_other_programs_where_they_lie() {
    let first = contraction("ik,k->i", &[&[8, 8], &[8]]);
    let there = lower(&first, 64, &anywhere()).unwrap();
    let second = contraction("i,ij->j", &[&[8], &[8, 8]]);
    let row_major = Packing::row_major("the matrix", &[("i", 8), ("j", 8)], 64).unwrap();
    let program = lower_packed(&second, &[there.output().clone(), row_major], &Options::default()).unwrap();
    check_program(&second, &program, 3);
}

#[test]
fn operands_may_lie_anywhere() {
    let axis = |name: &str, size, stride| Axis { name: name.to_owned(), size, stride };
    let contraction = contraction("ij,j->i", &[&[3, 5], &[5]]);
    // Gaps, an offset, strides that are no powers of two, the wrong order, and several vectors.
    for (strides, offset, slots, vectors) in
        [([7, 1], 3, 64, 1), ([1, 3], 0, 64, 1), ([1, 11], 5, 64, 1), ([10, 2], 9, 16, 4), ([17, 1], 0, 8, 16)]
    {
        let matrix =
            Packing::new("the matrix", vec![axis("i", 3, strides[0]), axis("j", 5, strides[1])], offset, slots);
        let vector = Packing::new("the vector", vec![axis("j", 5, 3)], 1, slots).unwrap();
        for output in [OutputPacking::RowMajor, OutputPacking::Anywhere] {
            let options = Options { output, vectors, ..Options::default() };
            let program = lower_packed(&contraction, &[matrix.clone().unwrap(), vector.clone()], &options).unwrap();
            check_program(&contraction, &program, 8);
        }
    }
}

#[test]
fn many_indices_are_ordered_without_trying_all_orders() {
    let text = "abcd,cdef,efgh,ghij->abij";
    let contraction = contraction(text, &[&[2; 4], &[2; 4], &[2; 4], &[2; 4]]);
    check(&contraction, 1024, &Options::default());
}

/// Swaps of address bits, some at once: fewer rotations and masks the more stages there may be.
#[test]
fn stages_trade_depth_for_rotations_and_masks() {
    let cases: [(&str, &[&[usize]]); 4] = [
        ("ij->ji", &[&[128, 128]]),
        ("abc->cba", &[&[16, 16, 32]]),
        ("abc->cab", &[&[13, 20, 31]]),
        ("i,j->ij", &[&[100], &[99]]),
    ];
    for (text, shapes) in cases {
        let contraction = contraction(text, shapes);
        let work = [0, 1, 2, 4].map(|stages| {
            let program = check(&contraction, 16384, &Options { stages, ..Options::default() });
            let summary = program.summary();
            println!("{text}, {stages} stages: {summary}");
            16 * summary.rotations + summary.plain_multiplications
        });
        assert!(work[0] == work[1] && work[2] < 2 * work[1] / 3 && work[3] <= work[2], "{text}: {work:?}");
    }
    let transpose = contraction("ij->ji", &[&[128, 128]]);
    let summary = lower(&transpose, 16384, &Options { stages: 7, ..Options::default() }).unwrap().summary();
    // Two rotations for each of the seven pairs of bits.
    assert!(summary.rotations <= 14 && summary.depth <= 7, "{summary}");
    check(&contraction("ij->ji", &[&[30, 70]]), 64, &Options { stages: 3, vectors: 64, ..Options::default() });
}

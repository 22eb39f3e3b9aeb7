//! The reference evaluator against sums written out by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_einsum::Contraction;
use schur_einsum::reference::{ReferenceError, contract};
use schur_tensor::semiring::{Integer, MaxPlus};
use schur_tensor::{Tensor, View};

fn contraction(operands: &[&[usize]], output: &[usize], sizes: &[usize]) -> Contraction {
    let names = (0..sizes.len()).map(|index| format!("i{index}")).collect();
    let operands = operands.iter().map(|list| list.to_vec()).collect();
    Contraction::new(operands, output.to_vec(), sizes.to_vec(), names).unwrap()
}

fn counted(shape: &[usize]) -> Tensor<i64> {
    let mut next = 0;
    Tensor::from_fn(shape, |_| {
        next += 1;
        next
    })
    .unwrap()
}

fn value(contraction: &Contraction, operands: &[&Tensor<i64>]) -> Tensor<i64> {
    let views: Vec<View<'_, i64>> = operands.iter().map(|tensor| tensor.view()).collect();
    contract(&Integer, contraction, &views).unwrap()
}

#[test]
fn a_matrix_product_is_that_of_three_loops() {
    let (a, b) = (counted(&[2, 3]), counted(&[3, 4]));
    let product = value(&contraction(&[&[0, 1], &[1, 2]], &[0, 2], &[2, 3, 4]), &[&a, &b]);
    let expected =
        Tensor::from_fn(&[2, 4], |at| (0..3).map(|j| a.get(&[at[0], j]).unwrap() * b.get(&[j, at[1]]).unwrap()).sum());
    assert_eq!(product, expected.unwrap());
}

#[test]
fn an_index_twice_in_an_operand_is_its_diagonal() {
    let a = counted(&[3, 3]);
    assert_eq!(value(&contraction(&[&[0, 0]], &[], &[3]), &[&a]).data(), [15]);
    assert_eq!(value(&contraction(&[&[0, 0]], &[0], &[3]), &[&a]).data(), [1, 5, 9]);
}

#[test]
fn an_index_twice_in_the_output_fills_a_diagonal() {
    let a = counted(&[2]);
    assert_eq!(value(&contraction(&[&[0]], &[0, 0], &[2]), &[&a]).data(), [1, 0, 0, 2]);
}

#[test]
fn an_index_of_the_output_alone_repeats_the_result() {
    let a = counted(&[2]);
    assert_eq!(value(&contraction(&[&[0]], &[1, 0], &[2, 3]), &[&a]).data(), [1, 2, 1, 2, 1, 2]);
}

#[test]
fn an_index_of_no_tensor_changes_nothing() {
    let a = counted(&[2]);
    assert_eq!(value(&contraction(&[&[0]], &[], &[2, 5]), &[&a]).data(), [3]);
    assert_eq!(value(&contraction(&[&[0]], &[], &[2, 0]), &[&a]).data(), [3]);
}

#[test]
fn scalars_multiply_and_empty_sums_are_zero() {
    let (two, a) = (Tensor::scalar(2), counted(&[2]));
    assert_eq!(value(&contraction(&[&[], &[0]], &[0], &[2]), &[&two, &a]).data(), [2, 4]);
    let empty = counted(&[2, 0]);
    assert_eq!(value(&contraction(&[&[0, 1]], &[0], &[2, 0]), &[&empty]).data(), [0, 0]);
}

#[test]
fn strided_views_are_read_where_they_lie() {
    let data: Vec<i64> = (1..=6).collect();
    let backwards = View::new(&data, 5, &[3, 2], &[-2, -1]).unwrap();
    let result = contract(&Integer, &contraction(&[&[0, 1]], &[1, 0], &[3, 2]), &[backwards]).unwrap();
    assert_eq!(result.data(), [6, 4, 2, 5, 3, 1]);
}

#[test]
fn wrong_operands_are_refused_by_name() {
    let product = contraction(&[&[0, 1], &[1]], &[0], &[2, 3]);
    let (a, b) = (counted(&[2, 3]), counted(&[2]));
    let error = contract(&Integer, &product, &[a.view()]).unwrap_err();
    assert_eq!(error, ReferenceError::Operands { expected: 2, found: 1 });
    let error = contract(&Integer, &product, &[a.view(), b.view()]).unwrap_err();
    assert_eq!(error.to_string(), "operand 1 has shape [2], but its indices have the sizes [3]");
}

#[test]
fn errors_of_the_semiring_say_where() {
    let sum = contraction(&[&[0, 1]], &[0], &[2, 2]);
    let large = Tensor::new(&[2, 2], vec![1, 1, i64::MAX, 1]).unwrap();
    let error = contract(&Integer, &sum, &[large.view()]).unwrap_err();
    assert!(error.to_string().starts_with("the element [1] of the result: "), "{error}");
    let foreign = Tensor::new(&[2, 2], vec![1.0, 1.0, f64::NAN, 1.0]).unwrap();
    let error = contract(&MaxPlus::new(), &sum, &[foreign.view()]).unwrap_err();
    assert!(error.to_string().starts_with("operand 0 at [1, 0]: "), "{error}");
}

//! Plans against contractions by their definition, over random networks, orders and slices.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_einsum::execute::{ExecuteError, Plan, Workspace};
use schur_einsum::{Contraction, Order, reference};
use schur_tensor::semiring::{Arithmetic, MaxPlus, MaxTimes, MinPlus, Semiring, SemiringError};
use schur_tensor::{Tensor, View};

/// The integers modulo 2^64: exact, so that two orders of a sum agree.
struct Wrapping;

impl Semiring for Wrapping {
    type Element = u64;

    fn name(&self) -> &'static str {
        "wrapping"
    }
    fn zero(&self) -> u64 {
        0
    }
    fn one(&self) -> u64 {
        1
    }
    fn add(&self, a: &u64, b: &u64) -> Result<u64, SemiringError> {
        Ok(a.wrapping_add(*b))
    }
    fn multiply(&self, a: &u64, b: &u64) -> Result<u64, SemiringError> {
        Ok(a.wrapping_mul(*b))
    }
    fn check(&self, element: &u64) -> Result<(), SemiringError> {
        if *element < u64::MAX {
            return Ok(());
        }
        Err(SemiringError::Foreign { semiring: "wrapping", element: element.to_string(), expected: "less than that" })
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("i{index}")).collect()
}

/// Contractions with diagonals, indices in one operand alone, in the output alone, twice in the output.
fn contractions() -> impl Strategy<Value = Contraction> {
    prop::collection::vec(prop_oneof![1 => Just(1_usize), 8 => 2_usize..4, 1 => Just(0)], 1..6).prop_flat_map(|sizes| {
        let indices = || prop::collection::vec(0..sizes.len(), 0..4);
        (prop::collection::vec(indices(), 1..5), indices(), Just(sizes.clone())).prop_map(
            |(operands, output, sizes)| {
                let names = names(sizes.len());
                Contraction::new(operands, output, sizes, names).unwrap()
            },
        )
    })
}

/// An order made from random draws.
fn order(contraction: &Contraction, draws: &[usize], slices: &[bool]) -> Order {
    let mut alive: Vec<usize> = (0..contraction.operands().len()).collect();
    let mut pairs = Vec::new();
    while alive.len() > 1 {
        let mut draw = |k: usize| alive.swap_remove(draws[(2 * pairs.len() + k) % draws.len()] % alive.len());
        let pair = [draw(0), draw(1)];
        alive.push(contraction.operands().len() + pairs.len());
        pairs.push(pair);
    }
    let sliced = (0..contraction.sizes().len()).filter(|&index| slices[index % slices.len()]).collect();
    Order::new(contraction, pairs, sliced).unwrap()
}

fn operands(contraction: &Contraction) -> Vec<Tensor<u64>> {
    let mut state = 88_172_645_463_325_252_u64;
    (0..contraction.operands().len())
        .map(|k| {
            Tensor::from_fn(&contraction.operand_shape(k).unwrap(), |_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state >> 1
            })
            .unwrap()
        })
        .collect()
}

fn run(plan: &Plan, views: &[View<'_, u64>]) -> Result<Vec<u64>, ExecuteError> {
    // What was there before must not matter.
    let mut result = vec![42; plan.output_shape().iter().product()];
    let mut workspace = Workspace::default();
    plan.run(&Wrapping, views, &mut result, &mut workspace)?;
    let mut again = vec![43; result.len()];
    plan.run(&Wrapping, views, &mut again, &mut workspace)?;
    assert_eq!(result, again, "a second run with the same workspace");
    Ok(result)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_order_and_slicing_gives_the_sum_of_all_products(
        contraction in contractions(),
        draws in prop::collection::vec(0_usize..100, 8),
        slices in prop::collection::vec(prop::bool::weighted(0.2), 6),
    ) {
        let operands = operands(&contraction);
        let views: Vec<View<'_, u64>> = operands.iter().map(Tensor::view).collect();
        let expected = reference::contract(&Wrapping, &contraction, &views).unwrap();
        let plan = Plan::new(&contraction, &order(&contraction, &draws, &slices)).unwrap();
        prop_assert_eq!(run(&plan, &views).unwrap(), expected.data());
    }

    #[test]
    fn operands_may_lie_in_any_order(
        contraction in contractions(),
        draws in prop::collection::vec(0_usize..100, 8),
    ) {
        let operands = operands(&contraction);
        let views: Vec<View<'_, u64>> = operands.iter().map(Tensor::view).collect();
        let expected = reference::contract(&Wrapping, &contraction, &views).unwrap();
        // The same elements, last axis first in memory.
        let reversed = |view: &View<'_, u64>| -> Tensor<u64> {
            let axes: Vec<usize> = (0..view.shape().len()).rev().collect();
            view.permuted(&axes).unwrap().to_tensor()
        };
        let copies: Vec<Tensor<u64>> = views.iter().map(reversed).collect();
        let turned: Vec<View<'_, u64>> = copies.iter()
            .map(|copy| copy.view().permuted(&(0..copy.shape().len()).rev().collect::<Vec<_>>()).unwrap())
            .collect();
        let strides: Vec<Vec<isize>> = turned.iter().map(|view| view.strides().to_vec()).collect();
        let plan = Plan::with_strides(&contraction, &order(&contraction, &draws, &[false]), &strides).unwrap();
        prop_assert_eq!(run(&plan, &turned).unwrap(), expected.data());
    }
}

/// Up to nine axes of size 2: the shapes where kernels fuse, split and repeat axes most.
fn many_axes() -> impl Strategy<Value = Contraction> {
    let operands = prop::collection::vec(prop::sample::subsequence((0..10).collect::<Vec<usize>>(), 0..9), 1..5);
    (operands, prop::sample::subsequence((0..10).collect::<Vec<usize>>(), 0..6)).prop_map(|(operands, output)| {
        let kept = output.into_iter().filter(|index| operands.iter().any(|operand| operand.contains(index))).collect();
        Contraction::new(operands.clone(), kept, vec![2; 10], names(10)).unwrap()
    })
}

/// Runs the kernels of a semiring on whole numbers, which they add and multiply exactly.
fn check_kernels<S: Semiring<Element = f64>>(semiring: &S, contraction: &Contraction, order: &Order) {
    let numbers = |operand: &Tensor<u64>| {
        let elements = operand.data().iter().map(|x| (x % 5) as f64).collect();
        Tensor::new(operand.shape(), elements).unwrap()
    };
    let operands: Vec<Tensor<f64>> = operands(contraction).iter().map(numbers).collect();
    let views: Vec<View<'_, f64>> = operands.iter().map(Tensor::view).collect();
    let expected = reference::contract(semiring, contraction, &views).unwrap();
    let plan = Plan::new(contraction, order).unwrap();
    // What was there before must not matter.
    let mut result = vec![f64::NAN; plan.output_shape().iter().product()];
    plan.run(semiring, &views, &mut result, &mut Workspace::default()).unwrap();
    assert_eq!(result, expected.data(), "{} of {contraction:?}", semiring.name());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn kernels_of_semirings_agree_with_the_definition(
        contraction in prop_oneof![contractions(), many_axes()],
        draws in prop::collection::vec(0_usize..100, 8),
        slices in prop::collection::vec(prop::bool::weighted(0.1), 10),
    ) {
        let order = order(&contraction, &draws, &slices);
        check_kernels(&Arithmetic::<f64>::new(), &contraction, &order);
        check_kernels(&MaxPlus::<f64>::new(), &contraction, &order);
        check_kernels(&MinPlus::<f64>::new(), &contraction, &order);
        check_kernels(&MaxTimes::<f64>::new(), &contraction, &order);
    }
}

fn matrices() -> (Contraction, Plan) {
    let contraction = Contraction::new(vec![vec![0, 1], vec![1, 2]], vec![0, 2], vec![2, 3, 4], names(3)).unwrap();
    let plan = Plan::new(&contraction, &Order::left_to_right(&contraction)).unwrap();
    (contraction, plan)
}

#[test]
fn wrong_operands_are_named() {
    let (_, plan) = matrices();
    let (a, b) = (Tensor::filled(&[2, 3], 1).unwrap(), Tensor::filled(&[3, 4], 1).unwrap());
    let transposed = Tensor::filled(&[3, 2], 1).unwrap();
    let mut result = [0; 8];
    let mut run = |views: &[View<'_, u64>], len: usize| {
        plan.run(&Wrapping, views, &mut result[..len], &mut Workspace::default()).unwrap_err().to_string()
    };
    assert_eq!(run(&[a.view()], 8), "the contraction has 2 operands, but 1 were given");
    let message = "operand 1 has shape [2, 3], but the contraction needs [3, 4]";
    assert_eq!(run(&[a.view(), a.view()], 8), message);
    let turned = transposed.view().permuted(&[1, 0]).unwrap();
    let message = "operand 0 has strides [1, 2], but the plan was made for [3, 1]: copy it, or plan anew";
    assert_eq!(run(&[turned, b.view()], 8), message);
    let message = "the result of shape [2, 4] has 8 elements, but there is place for 7";
    assert_eq!(run(&[a.view(), b.view()], 7), message);
    let mut foreign = b.clone();
    foreign.data_mut()[5] = u64::MAX;
    let what = "is not an element of wrapping, whose elements are less than that";
    let message = format!("element 5 of operand 1: {} {what}", u64::MAX);
    assert_eq!(run(&[a.view(), foreign.view()], 8), message);
}

#[test]
fn a_limit_of_memory_is_kept() {
    let contraction =
        Contraction::new(vec![vec![0, 1], vec![1, 2], vec![2, 3]], vec![0, 3], vec![8, 2, 8, 2], names(4)).unwrap();
    let plan = |sliced| {
        let order = Order::new(&contraction, vec![[0, 1], [3, 2]], sliced).unwrap();
        Plan::new(&contraction, &order).unwrap()
    };
    assert_eq!(plan(vec![]).peak(), 64);
    assert!(matches!(plan(vec![]).within(32), Err(ExecuteError::Memory { needed: 64, limit: 32 })));
    assert_eq!(plan(vec![2]).within(32).unwrap().peak(), 8);
}

#[test]
fn results_beyond_memory_are_refused() {
    let large = usize::MAX / 2;
    let contraction = Contraction::new(vec![vec![0], vec![1]], vec![0, 1], vec![large, large], names(2)).unwrap();
    let order = Order::left_to_right(&contraction);
    assert!(matches!(Plan::new(&contraction, &order), Err(ExecuteError::TooLarge { .. })));
}

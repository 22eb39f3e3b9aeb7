//! Costs against a count of their own, and best orders against all orders.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use schur_einsum::order::{Limit, Method, Objective, Options, optimise};
use schur_einsum::{Contraction, Cost, Order};

const OBJECTIVES: [Objective; 4] =
    [Objective::Operations, Objective::Largest, Objective::Written, Objective::Combined { weight: 64.0 }];

/// Names for any number of indices.
fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("x{index}")).collect()
}

/// Networks of few tensors: hyperedges, traces, batch and lonely indices, scalars, parts that share nothing.
fn networks(most: usize) -> impl Strategy<Value = Contraction> {
    let sizes = prop::collection::vec(1_usize..6, 6);
    let operands = prop::collection::vec(prop::collection::vec(0_usize..6, 0..5), 1..=most);
    let output = prop::collection::vec(0_usize..6, 0..3);
    (operands, output, sizes)
        .prop_map(|(operands, output, sizes)| Contraction::new(operands, output, sizes, names(6)).unwrap())
}

type Set = BTreeSet<usize>;

/// What is left of some operands when nothing outside them needs it: no lists of holders, no order.
fn left_of(contraction: &Contraction, subset: &[usize], sliced: &[usize]) -> Set {
    let all: Set = subset.iter().flat_map(|&k| contraction.operands()[k].iter().copied()).collect();
    if let [single] = subset {
        return contraction.operands()[*single].iter().copied().filter(|index| !sliced.contains(index)).collect();
    }
    let outside = (0..contraction.operands().len()).filter(|k| !subset.contains(k));
    let needed: Set = outside.flat_map(|k| &contraction.operands()[k]).chain(contraction.output()).copied().collect();
    all.into_iter().filter(|index| needed.contains(index) && !sliced.contains(index)).collect()
}

fn elements(contraction: &Contraction, set: &Set) -> f64 {
    set.iter().map(|&index| contraction.sizes()[index] as f64).product()
}

/// Operations and elements of the pair that joins two sets of operands.
fn pair(contraction: &Contraction, left: &[usize], right: &[usize], sliced: &[usize]) -> (f64, f64) {
    let both = &left_of(contraction, left, sliced) | &left_of(contraction, right, sliced);
    let result = left_of(contraction, &[left, right].concat(), sliced);
    (elements(contraction, &both), elements(contraction, &result))
}

fn value(objective: Objective, cost: &Cost) -> f64 {
    match objective {
        Objective::Operations => cost.operations,
        Objective::Largest => cost.largest,
        Objective::Written => cost.written,
        Objective::Combined { weight } => cost.operations + weight * cost.written,
        _ => unreachable!("no other objective"),
    }
}

/// The least value over all trees, tensors given as sets of operands.
fn least(contraction: &Contraction, objective: Objective, tensors: &[Vec<usize>]) -> f64 {
    let mut best = f64::INFINITY;
    if tensors.len() == 1 {
        return 0.0;
    }
    for i in 0..tensors.len() {
        for j in i + 1..tensors.len() {
            let (operations, size) = pair(contraction, &tensors[i], &tensors[j], &[]);
            let mut next: Vec<Vec<usize>> = tensors.to_vec();
            let right = next.remove(j);
            next[i].extend(right);
            let rest = least(contraction, objective, &next);
            let total = match objective {
                Objective::Operations => operations + rest,
                Objective::Largest => size.max(rest),
                Objective::Written => size + rest,
                Objective::Combined { weight } => operations + weight * size + rest,
                _ => unreachable!("no other objective"),
            };
            best = best.min(total);
        }
    }
    best
}

/// Every pair's sets, counted one by one.
fn counted(contraction: &Contraction, order: &Order) -> Cost {
    let operands = contraction.operands().len();
    let mut sets: Vec<Vec<usize>> = (0..operands).map(|k| vec![k]).collect();
    let size = |set: &[usize]| elements(contraction, &left_of(contraction, set, order.sliced()));
    let slices: f64 = order.sliced().iter().map(|&index| contraction.sizes()[index] as f64).product();
    let mut cost = Cost { operations: 0.0, largest: 0.0, written: 0.0, slices, peak: 0.0 };
    let mut alive: BTreeSet<usize> = BTreeSet::new();
    for &[left, right] in order.pairs() {
        let (operations, result) = pair(contraction, &sets[left], &sets[right], order.sliced());
        cost.operations += slices * operations;
        cost.written += slices * result;
        alive.insert(sets.len());
        sets.push([sets[left].as_slice(), &sets[right]].concat());
        cost.peak = cost.peak.max(alive.iter().map(|&tensor| size(&sets[tensor])).sum());
        alive.remove(&left);
        alive.remove(&right);
    }
    cost.largest = sets.iter().map(|set| size(set)).fold(0.0, f64::max);
    cost
}

fn assert_close(a: f64, b: f64, what: &str) {
    // Sums of logarithms and of products in another sequence.
    assert!((a - b).abs() <= 1e-9 * a.abs().max(b.abs()), "{what}: {a} {b}");
}

fn is_order(contraction: &Contraction, order: &Order) {
    assert_eq!(Order::new(contraction, order.pairs().to_vec(), order.sliced().to_vec()).as_ref(), Ok(order));
}

proptest! {
    #[test]
    fn optimal_orders_equal_the_best_of_all(contraction in networks(5)) {
        let operands: Vec<Vec<usize>> = (0..contraction.operands().len()).map(|k| vec![k]).collect();
        for objective in OBJECTIVES {
            for method in [Method::Optimal, Method::Auto] {
                let options = Options { objective, method, ..Options::default() };
                let (order, report) = optimise(&contraction, &options, &|| false).unwrap();
                is_order(&contraction, &order);
                let operands_alone = operands.iter().map(|k| elements(&contraction, &left_of(&contraction, k, &[])));
                let floor = if objective == Objective::Largest { operands_alone.fold(0.0, f64::max) } else { 0.0 };
                let expected = least(&contraction, objective, &operands).max(floor);
                assert_close(value(objective, &report.cost), expected, "least");
                prop_assert!(report.optimal);
            }
        }
    }

    #[test]
    fn costs_equal_a_count_of_sets(contraction in networks(9), seed in 0_u64..100, slice in 0_usize..7) {
        let options = Options { method: Method::RandomGreedy, effort: 0, seed, ..Options::default() };
        let (order, _) = optimise(&contraction, &options, &|| false).unwrap();
        let sliced = (0..slice.saturating_sub(3)).collect();
        for order in [Order::new(&contraction, order.pairs().to_vec(), sliced).unwrap(), Order::left_to_right(&contraction)] {
            let (cost, counted) = (Cost::of(&contraction, &order), counted(&contraction, &order));
            assert_close(cost.operations, counted.operations, "operations");
            assert_close(cost.written, counted.written, "written");
            assert_close(cost.largest, counted.largest, "largest");
            assert_close(cost.peak, counted.peak, "peak");
            assert_close(cost.slices, counted.slices, "slices");
        }
    }

    #[test]
    fn no_method_beats_the_best_order(contraction in networks(9), seed in 0_u64..100) {
        for objective in OBJECTIVES {
            let options = Options { objective, seed, effort: 1, ..Options::default() };
            let best = optimise(&contraction, &Options { method: Method::Optimal, ..options }, &|| false).unwrap();
            for method in [Method::Greedy, Method::RandomGreedy, Method::Partition, Method::Anneal] {
                let (order, report) = optimise(&contraction, &Options { method, ..options }, &|| false).unwrap();
                is_order(&contraction, &order);
                let (found, least) = (value(objective, &report.cost), value(objective, &best.1.cost));
                prop_assert!(found >= least * (1.0 - 1e-9), "{method:?} {objective:?}: {found} < {least}");
                prop_assert_eq!(report.cost, Cost::of(&contraction, &order));
            }
        }
    }

    #[test]
    fn slices_keep_to_their_limit(contraction in networks(8), most in 1_u32..300, is_peak: bool) {
        let most = f64::from(most);
        let limit = if is_peak { Limit::Peak(most) } else { Limit::Largest(most) };
        let options = Options { limit: Some(limit), effort: 1, ..Options::default() };
        if let Ok((order, report)) = optimise(&contraction, &options, &|| false) {
            is_order(&contraction, &order);
            let limited = if is_peak { report.cost.peak } else { report.cost.largest };
            prop_assert!(limited <= most);
            prop_assert_eq!(report.cost, Cost::of(&contraction, &order));
        } else if !is_peak {
            // The only way to fail is a tensor that is there whole.
            let shapes = (0..contraction.operands().len()).map(|k| contraction.operand_shape(k).unwrap());
            let whole = shapes.chain([contraction.output_shape()]).map(|shape| shape.iter().product::<usize>());
            prop_assert!(whole.max().unwrap() as f64 > most);
        }
    }
}

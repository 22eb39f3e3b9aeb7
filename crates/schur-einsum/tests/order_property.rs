//! Searches of larger networks: repeatable, never worse than where they start, never too deep for the stack.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use schur_einsum::order::{Limit, Method, Objective, Options, OrderError, Report, UncheckedOrder, optimise};
use schur_einsum::{Contraction, Cost, Order};

fn contraction(operands: Vec<Vec<usize>>, output: Vec<usize>, sizes: Vec<usize>) -> Contraction {
    let names = (0..sizes.len()).map(|index| format!("x{index}")).collect();
    Contraction::new(operands, output, sizes, names).unwrap()
}

/// A square lattice with a bond of size two between neighbours.
fn lattice(side: usize) -> Contraction {
    let mut operands = vec![Vec::new(); side * side];
    let mut bonds = 0;
    for site in 0..side * side {
        let right = (site % side + 1 < side).then_some(site + 1);
        let below = (site + side < side * side).then_some(site + side);
        for other in [right, below].into_iter().flatten() {
            operands[site].push(bonds);
            operands[other].push(bonds);
            bonds += 1;
        }
    }
    contraction(operands, Vec::new(), vec![2; bonds])
}

/// A random tree of tensors, each with a bond to an earlier one.
fn random_tree(tensors: usize) -> Contraction {
    let mut operands = vec![Vec::new(); tensors];
    let mut state = 1_u64;
    for tensor in 1..tensors {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        operands[tensor].push(tensor - 1);
        operands[(state >> 33) as usize % tensor].push(tensor - 1);
    }
    contraction(operands, Vec::new(), vec![2; tensors - 1])
}

fn run(contraction: &Contraction, options: Options) -> (Order, Report) {
    let (order, report) = optimise(contraction, &options, &|| false).unwrap();
    assert_eq!(Order::new(contraction, order.pairs().to_vec(), order.sliced().to_vec()).as_ref(), Ok(&order));
    assert_eq!(Cost::of(contraction, &order), report.cost);
    (order, report)
}

#[test]
fn threads_change_nothing() {
    let lattice = lattice(7);
    for method in [Method::Auto, Method::Partition, Method::RandomGreedy] {
        for limit in [None, Some(Limit::Largest(64.0))] {
            let options = Options { method, effort: 2, seed: 5, limit, ..Options::default() };
            let by_threads = [1, 2, 3].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| run(&lattice, options).0)
            });
            assert_eq!(by_threads[0], by_threads[1]);
            assert_eq!(by_threads[0], by_threads[2]);
        }
    }
}

#[test]
fn effort_never_makes_an_order_worse() {
    let lattice = lattice(8);
    for objective in [Objective::Operations, Objective::Largest, Objective::default()] {
        let cost = |method, effort| {
            let cost = run(&lattice, Options { objective, method, effort, ..Options::default() }).1.cost;
            match objective {
                Objective::Operations => cost.operations,
                Objective::Largest => cost.largest,
                _ => cost.operations + 64.0 * cost.written,
            }
        };
        // The same starts for all efforts from the third on, and rounds that keep what is best.
        let costs = [3, 4, 5].map(|effort| cost(Method::Anneal, effort));
        assert!(costs[2] <= costs[1] && costs[1] <= costs[0], "{objective:?} {costs:?}");
        assert!(costs[0] <= cost(Method::Greedy, 0), "{objective:?}");
    }
}

#[test]
fn lattices_are_contracted_through_their_width() {
    // A row of 8 bonds is alive at once, and one more while a site is taken in.
    let (_, report) = run(&lattice(8), Options { objective: Objective::Largest, ..Options::default() });
    assert!(report.cost.largest <= 512.0, "{}", report.cost.largest);
}

#[test]
fn thousands_of_operands_do_not_overflow_the_stack() {
    const MANY: usize = 5000;
    let chain = contraction((0..MANY).map(|k| vec![k, k + 1]).collect(), vec![0, MANY], vec![3; MANY + 1]);
    let star = contraction((0..MANY).map(|k| vec![0, k + 1]).collect(), vec![0], vec![2; MANY + 1]);
    let apart = contraction((0..MANY).map(|k| vec![k]).collect(), Vec::new(), vec![2; MANY]);
    let scalars = contraction(vec![Vec::new(); MANY], Vec::new(), Vec::new());
    let small = rayon::ThreadPoolBuilder::new().num_threads(2).stack_size(1 << 18).build().unwrap();
    for network in [&chain, &star, &apart, &scalars, &random_tree(MANY)] {
        for method in [Method::Greedy, Method::Partition, Method::Auto] {
            small.install(|| run(network, Options { method, effort: 0, ..Options::default() }));
        }
    }
    small.install(|| Order::left_to_right(&chain).explain(&chain).to_string());
}

#[test]
fn trees_of_tensors_cost_what_their_sizes_cost() {
    // Each pair of a tree of vectors and matrices can be contracted with no tensor beyond the largest operand.
    let tree = random_tree(300);
    let (_, report) = run(&tree, Options { objective: Objective::Largest, ..Options::default() });
    let largest = (0..300).map(|k| tree.operand_shape(k).unwrap().iter().product::<usize>()).max().unwrap();
    assert_eq!(report.cost.largest, largest as f64);
}

#[test]
fn parts_that_share_nothing_meet_last() {
    // Two chains of eight matrices closed to traces: each has its own optimum, and one product joins two numbers.
    let ring = |first: usize| (0..8).map(move |k| vec![first + k, first + (k + 1) % 8]);
    let rings = contraction(ring(0).chain(ring(8)).collect(), Vec::new(), vec![4; 16]);
    let one = contraction(ring(0).collect(), Vec::new(), vec![4; 8]);
    for method in [Method::Auto, Method::Optimal] {
        let options = Options { objective: Objective::Operations, method, ..Options::default() };
        let (one, both) = (run(&one, options).1.cost, run(&rings, options).1.cost);
        assert_eq!(both.operations, 2.0 * one.operations + 1.0, "{method:?}");
    }
}

#[test]
fn few_operands_need_no_search() {
    let single = contraction(vec![vec![0, 0, 1]], vec![1], vec![3, 4]);
    let (order, report) = run(&single, Options::default());
    assert_eq!((order.pairs().len(), report.cost.operations, report.cost.peak), (0, 0.0, 0.0));
    assert!(report.optimal);
    let empty = contraction(vec![vec![0], vec![0, 1], vec![1, 2]], vec![2], vec![3, 0, 5]);
    assert_eq!(run(&empty, Options::default()).1.cost.operations, 0.0);
}

#[test]
fn limits_that_cannot_be_met_name_the_tensor() {
    let lattice = lattice(4);
    let limited = |limit| optimise(&lattice, &Options { limit: Some(limit), ..Options::default() }, &|| false);
    let error = limited(Limit::Largest(8.0)).unwrap_err();
    assert_eq!(error, OrderError::Limit { place: "operand 5".to_owned(), elements: 16.0, limit: 8.0 });
    assert!(error.to_string().contains("operand 5 has 16 elements"), "{error}");
    let error = limited(Limit::Peak(1.5)).unwrap_err();
    assert!(matches!(error, OrderError::LimitTooSmall { least, .. } if least > 1.5), "{error}");
    assert!(limited(Limit::Peak(f64::NAN)).is_err());
    let outer = contraction(vec![vec![0], vec![1]], vec![0, 1], vec![10, 10]);
    let error = optimise(&outer, &Options { limit: Some(Limit::Peak(50.0)), ..Options::default() }, &|| false);
    assert!(error.unwrap_err().to_string().contains("the output has 100 elements"));
}

#[test]
fn indices_whose_slicing_another_makes_needless_are_whole() {
    // Beside an output of a million elements nothing else fits, so that one of its indices is sliced; then all does.
    let chain = contraction(vec![vec![0, 1], vec![1, 2], vec![2, 3]], vec![0, 3], vec![1000; 4]);
    let (order, report) = run(&chain, Options { limit: Some(Limit::Peak(1e6)), ..Options::default() });
    assert_eq!(order.sliced().len(), 1);
    assert!(report.cost.peak <= 1e6 && report.cost.operations <= 2e9, "{:?}", report.cost);
}

#[test]
fn networks_with_thousands_of_neighbours_are_searched_the_same_way_by_any_number_of_threads() {
    // A star of stars: its centre has more neighbours than are judged, and all share one index as well.
    const ARMS: usize = 300;
    let mut operands = vec![(0..ARMS).collect::<Vec<_>>()];
    operands.extend((0..ARMS).map(|arm| vec![arm, ARMS + arm, 2 * ARMS + arm % 7]));
    operands.extend((0..ARMS).map(|arm| vec![ARMS + arm, 2 * ARMS + (arm + 3) % 7]));
    let star = contraction(operands, vec![], vec![2; 2 * ARMS + 7]);
    let options = Options { effort: 1, ..Options::default() };
    let search = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&star, options).0)
    };
    assert_eq!(search(1), search(3));
}

#[test]
fn a_stop_ends_the_longest_search() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let stop = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 2000;
    let options = Options { effort: u32::MAX, ..Options::default() };
    let (_, report) = optimise(&lattice(8), &options, &stop).unwrap();
    assert!(report.stopped);
    let at_once = optimise(&lattice(8), &Options { limit: Some(Limit::Largest(32.0)), ..options }, &|| true);
    assert!(at_once.unwrap().1.cost.largest <= 32.0);
}

#[test]
fn out_of_reach_is_said() {
    let options = Options { method: Method::Optimal, effort: 0, ..Options::default() };
    let error = optimise(&lattice(9), &options, &|| false).unwrap_err();
    assert_eq!(error, OrderError::TooHard { operands: 81, effort: 0 });
}

#[test]
fn orders_are_checked_when_they_are_read() {
    let lattice = lattice(3);
    let (order, _) = run(&lattice, Options { limit: Some(Limit::Largest(16.0)), ..Options::default() });
    let text = serde_json::to_string(&order).unwrap();
    let read = |text: &str| serde_json::from_str::<UncheckedOrder>(text).unwrap().check(&lattice);
    assert_eq!(read(&text), Ok(order));
    assert!(matches!(read(r#"{"pairs":[[0,1]],"sliced":[]}"#), Err(OrderError::Pairs { expected: 8, found: 1, .. })));
    let chain = |last: &str| format!(r#"{{"pairs":[[0,1],[9,2],[10,3],[11,4],[12,5],[13,6],[14,7],{last}"#);
    assert!(read(&chain(r#"[15,8]],"sliced":[1,0]}"#)).is_ok());
    assert_eq!(read(&chain(r#"[15,8]],"sliced":[1,1]}"#)), Err(OrderError::SlicedTwice { index: 1 }));
    assert_eq!(read(&chain(r#"[15,8]],"sliced":[12]}"#)), Err(OrderError::Sliced { index: 12, sizes: 12 }));
    let error = read(&chain(r#"[15,15]],"sliced":[]}"#)).unwrap_err();
    assert_eq!(error, OrderError::Tensor { pair: 7, tensor: 15, why: "used already" });
}

#[test]
fn explanations_name_indices_and_totals() {
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let chain = Contraction::new(vec![vec![0, 1], vec![1, 2], vec![2]], vec![0], vec![2, 3, 4], names).unwrap();
    let order = Order::new(&chain, vec![[1, 2], [0, 3]], vec![2]).unwrap();
    let text = order.explain(&chain).to_string();
    let expected = "\
tensor  from  step     operations  elements
     3  1 2   b,->b             3         3
     4  0 3   ab,b->a           6         2
operations         36 (log10 1.56)
elements written   20 (log10 1.30)
largest tensor     6 elements (2^2.6)
results at once    5 elements (2^2.3)
slices             4, one for each value of c";
    assert_eq!(text, expected);
}

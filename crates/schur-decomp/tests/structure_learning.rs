//! Networks whose structure was planted: growth and search find it, and say what it took.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;

use schur_decomp::DecompError;
use schur_decomp::einsum_model::EinsumForm;
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::structure::{GreedyOptions, Network, SearchOptions, Topology, greedy, sample, tnale};
use schur_tensor::Tensor;

fn network(shape: &[usize], hidden: usize, bonds: &[([usize; 2], usize)]) -> Network {
    let mut network = Network::new(shape, hidden);
    bonds.iter().for_each(|&([a, b], rank)| network.set_rank(a, b, rank));
    network
}

fn planted(network: &Network, seed: u64) -> Tensor<f64> {
    EinsumForm::random(network.model().unwrap(), seed).unwrap().to_tensor().unwrap()
}

#[test]
fn growth_finds_planted_trains_rings_and_triangles() {
    for (name, truth) in [
        ("train", network(&[5, 5, 5, 5], 0, &[([0, 1], 2), ([1, 2], 3), ([2, 3], 2)])),
        ("train of other modes", network(&[5, 5, 5, 5], 0, &[([2, 0], 2), ([0, 3], 2), ([3, 1], 2)])),
        ("ring", network(&[5, 5, 5, 5], 0, &[([0, 1], 2), ([1, 2], 2), ([2, 3], 2), ([0, 3], 2)])),
        ("triangle", network(&[6, 6, 6], 0, &[([0, 1], 2), ([1, 2], 2), ([0, 2], 2)])),
        ("star", network(&[6, 6, 6, 6], 0, &[([1, 0], 2), ([1, 2], 2), ([1, 3], 2)])),
    ] {
        let options = GreedyOptions {
            error: 1e-6,
            stopping: Stopping { iterations: 200, tolerance: 1e-9 },
            trial: 10,
            restarts: 2,
            ..Default::default()
        };
        let grown = greedy(&planted(&truth, 3), &options, &mut unobserved).unwrap();
        assert!(grown.fit.relative_error < 1e-6, "{name}: {}", grown.fit.relative_error);
        assert_eq!(grown.network, truth, "{name}: {:?}", grown.growth);
        assert_eq!(grown.form.model().parameters(), truth.parameters());
        let steps = truth.bonds().iter().map(|(_, rank)| rank - 1).sum::<usize>();
        assert_eq!(grown.growth.len(), steps);
        assert!(grown.evaluations <= 1 + steps * (truth.pairs().count() + 3));
    }
}

#[test]
fn splitting_finds_the_core_of_a_tucker_form() {
    let truth = network(&[8, 8, 8], 1, &[([0, 3], 2), ([1, 3], 2), ([2, 3], 2)]);
    let options = GreedyOptions {
        error: 1e-7,
        split: 1e-6,
        stopping: Stopping { iterations: 200, tolerance: 1e-10 },
        trial: 10,
        ..Default::default()
    };
    let grown = greedy(&planted(&truth, 5), &options, &mut unobserved).unwrap();
    assert!(grown.fit.relative_error < 1e-6, "{}", grown.fit.relative_error);
    assert_eq!(grown.network.parameters(), truth.parameters(), "{:?}", grown.network.bonds());
    assert_eq!(grown.network.cores(), 4);
}

#[test]
fn growth_keeps_to_its_budget_and_stops_when_told() {
    let tensor = planted(&network(&[5, 5, 5], 0, &[([0, 1], 4), ([1, 2], 4)]), 1);
    let options = GreedyOptions { error: 0.0, parameters: 60, ..Default::default() };
    let grown = greedy(&tensor, &options, &mut unobserved).unwrap();
    assert!(grown.network.parameters() <= 60 && !grown.growth.is_empty());
    assert!(grown.growth.windows(2).all(|pair| pair[1].relative_error < pair[0].relative_error + 1e-12));
    let once = greedy(&tensor, &options, &mut |_| ControlFlow::Break(())).unwrap();
    assert_eq!(once.growth.len(), 1);
    assert_eq!(greedy(&tensor, &options, &mut unobserved).unwrap(), grown);
    let vector = Tensor::filled(&[4], 1.0).unwrap();
    assert!(matches!(greedy(&vector, &options, &mut unobserved), Err(DecompError::Order { least: 2, .. })));
    let negative = GreedyOptions { error: -1.0, ..options };
    assert!(matches!(greedy(&tensor, &negative, &mut unobserved), Err(DecompError::Option { .. })));
}

#[test]
fn enumeration_finds_planted_ranks_and_permutations_with_fewer_fits_than_sampling() {
    let options = SearchOptions {
        most: 4,
        stopping: Stopping { iterations: 150, tolerance: 1e-7 },
        starts: 3,
        sweeps: 30,
        ..Default::default()
    };
    for (topology, truth) in [
        // Modes stand in the order 0, 2, 1, 3 on the ring.
        (Topology::ring(4), network(&[5, 5, 5, 5], 0, &[([0, 2], 2), ([2, 1], 3), ([1, 3], 2), ([3, 0], 2)])),
        (Topology::train(4), network(&[5, 5, 5, 5], 0, &[([1, 0], 2), ([0, 3], 3), ([3, 2], 2)])),
    ] {
        let tensor = planted(&truth, 2);
        let found = tnale(&tensor, &topology, &options, &mut unobserved).unwrap();
        assert_eq!(found.network, truth, "{found:?}");
        assert!(found.relative_error < 1e-3);
        let drawn = sample(&tensor, &topology, &options, &mut unobserved).unwrap();
        assert!(drawn.objective >= found.objective - 1e-3, "{drawn:?} {found:?}");
        assert!(found.history.windows(2).all(|pair| pair[1] <= pair[0]));
    }
}

#[test]
fn complete_topologies_are_searched_by_ranks_alone() {
    let truth = network(&[6, 6, 6], 0, &[([0, 1], 2), ([1, 2], 3)]);
    // From above: each rank shrinks to its own while the others leave room.
    let options = SearchOptions { most: 4, begin: 4, starts: 3, ..Default::default() };
    let found = tnale(&planted(&truth, 4), &Topology::complete(3), &options, &mut unobserved).unwrap();
    assert_eq!(found.network, truth, "{found:?}");
    assert_eq!(found.places, [0, 1, 2]);
}

#[test]
fn searches_refuse_what_does_not_fit() {
    let tensor = planted(&network(&[4, 4, 4], 0, &[([0, 1], 2)]), 0);
    let run = |topology: &Topology, options: SearchOptions| tnale(&tensor, topology, &options, &mut unobserved);
    let usual = SearchOptions::default();
    assert!(matches!(run(&Topology::ring(4), usual), Err(DecompError::Count { .. })));
    assert!(matches!(run(&Topology::ring(3), SearchOptions { begin: 9, ..usual }), Err(DecompError::Rank { .. })));
    assert!(matches!(run(&Topology::ring(3), SearchOptions { starts: 0, ..usual }), Err(DecompError::Option { .. })));
    let nan = SearchOptions { weight: f64::NAN, ..usual };
    assert!(matches!(run(&Topology::ring(3), nan), Err(DecompError::Option { .. })));
}

//! Counted operations, expressivity and interactability of named products: numbers, no times.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use schur_group::Irreps;
use schur_multilinear::{Bilinear, ComponentMatrix, Factored};
use schur_product::products::{
    CgOptions, GateSchedule, Mode, PathGate, Symmetry, Task, clebsch_gordan, clebsch_gordan_paths, expressivity,
    interactability, named_product,
};

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

/// Slope of the logarithm of `y` against that of `x`.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let (mx, my) = (logs.iter().map(|p| p.0).sum::<f64>() / n, logs.iter().map(|p| p.1).sum::<f64>() / n);
    let covariance: f64 = logs.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
    covariance / logs.iter().map(|(x, _)| (x - mx).powi(2)).sum::<f64>()
}

fn flops(name: &str, l_max: usize) -> f64 {
    let task = Task { weights: false, ..Task::new(l_max, Mode::Mimo) };
    named_product(name, &task, &mut rng()).unwrap().flops() as f64
}

/// The operations of the dense form, which takes 100 MB at degree 12, without making it: all products of two components,
/// then a row of `d1 d2` numbers for each component and path of the result.
fn dense_flops(l_max: usize) -> f64 {
    let dim = |l: usize| 2 * l + 1;
    let degrees = || 0..=l_max;
    let pairs = degrees().flat_map(|l1| degrees().map(move |l2| (l1, l2)));
    let triples: usize = pairs
        .flat_map(|(l1, l2)| (l1.abs_diff(l2)..=l_max.min(l1 + l2)).map(move |l3| dim(l1) * dim(l2) * dim(l3)))
        .sum();
    let components = (l_max + 1).pow(2);
    (components.pow(2) + 2 * triples - components) as f64
}

/// The operations of a CP form of rank `7 L^2`, whatever the numbers in it.
fn cp_flops(l_max: usize) -> f64 {
    let (dim, rank) = ((l_max + 1).pow(2), 7 * l_max.pow(2));
    let full = |rows: usize, columns: usize| ComponentMatrix::dense(rows, columns, &vec![0.5; rows * columns]).unwrap();
    let side = || vec![full(rank, dim)];
    let form = Factored::new(side(), side(), Bilinear::pointwise(rank), vec![full(dim, rank)]).unwrap();
    form.to_circuit().flops() as f64
}

#[test]
fn costs_grow_as_their_laws_say() {
    // Against L + 1, whose square is the number of components; against L itself small degrees would flatten the slopes.
    let fit = |of: &dyn Fn(usize) -> f64| slope(&[2, 4, 6, 8, 10, 12].map(|l| ((l + 1) as f64, of(l))));
    for (name, law) in [
        ("cg-sparse", 5.0),
        ("cg", 5.0),
        ("gaunt-grid", 3.0),
        ("gaunt-fourier", 3.0),
        ("vector-signal", 3.0),
        ("matrix", 3.0),
        ("cg-dense", 6.0),
        ("cp", 4.0),
    ] {
        let found = fit(&|l| match name {
            "cg-dense" => dense_flops(l),
            "cp" => cp_flops(l),
            _ => flops(name, l),
        });
        println!("{name}: {found:.2}");
        assert!((found - law).abs() < 0.5, "{name}: slope {found:.2}, not about {law}");
    }
    for l_max in 1..=5 {
        assert_eq!(dense_flops(l_max), flops("cg-dense", l_max), "{l_max}");
    }
}

#[test]
fn shared_products_and_grids_save_operations() {
    for l_max in 2..=6 {
        assert!(flops("cg", l_max) < flops("cg-sparse", l_max), "{l_max}");
        assert!(flops("cg-sparse", l_max) < flops("cg-dense", l_max), "{l_max}");
        assert!(flops("gaunt-grid", l_max) < flops("gaunt-fourier", l_max), "{l_max}");
    }
}

#[test]
fn only_the_gaunt_product_lacks_the_cross_product() {
    let vector: Irreps = "1e".parse().unwrap();
    for (name, present) in [
        ("cg", true),
        ("cg-sparse", true),
        ("cg-dense", true),
        ("gaunt-grid", false),
        ("gaunt-fourier", false),
        ("gaunt-coefficients", false),
        ("vector-signal", true),
        ("matrix", true),
        ("cartesian", true),
    ] {
        let product = named_product(name, &Task::new(1, Mode::Mimo), &mut rng()).unwrap();
        let met = interactability(&product).unwrap();
        let cross = met.interactions.iter().find(|one| one.irreps.iter().all(|irrep| irrep.l == 1)).unwrap();
        assert_eq!(cross.strength > 0.0, present, "{name}: {cross:?}");
        let antisymmetric = named_product(name, &Task::new(1, Mode::Siso), &mut rng());
        assert_eq!(antisymmetric.is_ok(), present, "{name} of {vector}");
    }
}

#[test]
fn gaunt_products_express_what_their_weights_say() {
    // Paths with an even sum of degrees, and all: counted by hand from the triangle rule.
    for (l_max, kept, all) in [(1, 4, 5), (2, 11, 15), (3, 23, 34), (4, 42, 65)] {
        let task = Task::new(l_max, Mode::Mimo);
        let count = |name: &str| expressivity(&named_product(name, &task, &mut rng()).unwrap()).unwrap();
        let cg = count("cg");
        assert_eq!([cg.weights, cg.span, cg.reachable, cg.allowed], [all; 4]);
        let gaunt = count("gaunt-grid");
        assert_eq!((gaunt.weights, gaunt.span, gaunt.allowed), (3 * (l_max + 1), kept, all));
        // Two factors can be moved between the three lists of weights without changing the map.
        assert_eq!(gaunt.reachable, 3 * (l_max + 1) - 2, "{l_max}");
        assert_eq!(count("gaunt-fourier"), gaunt);
        let met = interactability(&named_product("gaunt-grid", &task, &mut rng()).unwrap()).unwrap();
        assert_eq!((met.present(), met.allowed()), (kept, all));
        assert!(met.missing().all(|one| one.irreps.iter().map(|irrep| irrep.l).sum::<usize>() % 2 == 1));
        assert_eq!(count("vector-signal").span, all - 1);
    }
}

#[test]
fn parities_leave_the_even_paths_to_the_clebsch_gordan_product() {
    let task = Task { symmetry: Symmetry::O3, ..Task::new(3, Mode::Mimo) };
    let found = expressivity(&named_product("cg", &task, &mut rng()).unwrap()).unwrap();
    assert_eq!((found.span, found.allowed), (23, 23));
}

#[test]
fn gates_go_through_their_phases() {
    let harmonics = Irreps::spherical_harmonics(3);
    let paths = clebsch_gordan_paths(&harmonics, &harmonics, &CgOptions::default()).unwrap();
    let keep = paths.len() * 3 / 10;
    let mut gate = PathGate::new(paths.len(), keep, GateSchedule { random: 5, adaptive: 5 }).unwrap();
    let scores: Vec<f64> = (0..paths.len()).map(|n| (n as f64 * 0.7).sin()).collect();
    let mut random = rng();
    let drawn: Vec<Vec<bool>> = (0..5).map(|step| gate.mask(step, &scores, &mut random).unwrap()).collect();
    assert!(drawn.iter().all(|mask| mask.iter().filter(|kept| **kept).count() == keep));
    assert!(drawn.windows(2).any(|pair| pair[0] != pair[1]));
    let adaptive = gate.mask(9, &scores, &mut random).unwrap();
    let worst_kept = (0..paths.len()).filter(|&n| adaptive[n]).map(|n| scores[n]).fold(f64::INFINITY, f64::min);
    assert!((0..paths.len()).all(|n| adaptive[n] || scores[n] <= worst_kept));
    let opposite: Vec<f64> = scores.iter().map(|score| -score).collect();
    assert_eq!(gate.mask(10, &opposite, &mut random).unwrap(), adaptive);
    let sparse = CgOptions { mask: Some(adaptive), ..CgOptions::default() };
    let sparse = clebsch_gordan(&harmonics, &harmonics, &sparse).unwrap();
    let full = clebsch_gordan(&harmonics, &harmonics, &CgOptions::default()).unwrap();
    assert_eq!(sparse.output().n_irreps(), keep);
    assert!(sparse.flops() < full.flops() * 4 / 10);
    let defect = schur_product::products::equivariance_defect(&sparse, 4, &mut random).unwrap();
    assert!(defect.relative < 1e-12, "{defect:?}");
    for (paths, keep) in [(4, 0), (4, 5)] {
        assert!(PathGate::new(paths, keep, GateSchedule { random: 0, adaptive: 0 }).is_err());
    }
    assert!(gate.mask(0, &[1.0], &mut random).is_err());
    assert!(schur_product::products::best_scores(&[1.0, f64::NAN], 1).is_err());
}

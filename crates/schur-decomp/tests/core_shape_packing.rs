//! Core shapes: the packing is the best there is, and loses no more than proved.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::DecompError;
use schur_decomp::einsum_model::{EinsumForm, EinsumModel, EinsumOptions, fit_einsum};
use schur_decomp::fit::{Stopping, unobserved};
use schur_decomp::random::{normals, stream};
use schur_decomp::structure::{Branch, core_shape, pack, spectrum_squared, tree_shape};
use schur_tensor::Tensor;

fn random(shape: &[usize], seed: u64) -> Tensor<f64> {
    // Columns that fade, each mode in its own way, so that ranks matter.
    let noise = normals::<f64>(shape, &mut stream(seed, 0)).unwrap();
    let mut place = 0;
    Tensor::from_fn(shape, |index| {
        place += 1;
        let fade: f64 = index.iter().enumerate().map(|(mode, &i)| (i as f64) * (0.3 + 0.2 * mode as f64)).sum();
        noise.data()[place - 1] * (-fade).exp()
    })
    .unwrap()
}

/// Every shape within a budget whose ranks are no larger than the others allow.
fn shapes(sizes: &[usize], budget: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for &size in sizes {
        all = all
            .into_iter()
            .flat_map(|shape: Vec<usize>| (1..=size).map(move |r| [&shape[..], &[r]].concat()))
            .collect();
    }
    all.retain(|ranks| {
        let core: usize = ranks.iter().product();
        let fits = core + ranks.iter().zip(sizes).map(|(r, size)| r * size).sum::<usize>() <= budget;
        fits && ranks.iter().all(|&r| r <= core / r)
    });
    all
}

fn tails(spectra: &[Vec<f64>], ranks: &[usize]) -> Vec<f64> {
    ranks.iter().zip(spectra).map(|(&rank, list)| list[rank..].iter().sum()).collect()
}

#[test]
fn the_packing_is_the_best_of_all_shapes() {
    for (sizes, seed) in [(&[4, 5, 6][..], 1), (&[3, 4, 3, 5], 2), (&[6, 7], 3), (&[2, 9, 3], 4)] {
        let tensor = random(sizes, seed);
        let spectra: Vec<Vec<f64>> = (0..sizes.len()).map(|mode| spectrum_squared(&tensor, &[mode]).unwrap()).collect();
        let least = 1 + sizes.iter().sum::<usize>();
        for budget in [least, least + 7, 2 * least, 3 * least, 1000] {
            let found = core_shape(&tensor, budget).unwrap();
            assert!(found.is_exact && found.parameters <= budget, "{found:?}");
            let lost = |ranks: &[usize]| tails(&spectra, ranks).iter().sum::<f64>();
            let fits = |ranks: &Vec<usize>| ranks.iter().zip(&spectra).all(|(&r, list)| r <= list.len());
            let candidates = shapes(sizes, budget).into_iter().filter(fits);
            let best = candidates.map(|ranks| lost(&ranks)).fold(f64::INFINITY, f64::min);
            let own = lost(&found.ranks);
            assert!((own - best).abs() < 1e-9 * spectra[0].iter().sum::<f64>(), "{budget}: {own} {best} {found:?}");
        }
    }
}

/// The relative error of the best Tucker form, as alternating least squares finds it.
fn loss(tensor: &Tensor<f64>, ranks: &[usize]) -> f64 {
    let inner = [("a", ranks[0]), ("b", ranks[1]), ("c", ranks[2])];
    let fit = |seed| {
        let options =
            EinsumOptions { stopping: Stopping { iterations: 60, tolerance: 1e-9 }, seed, ..Default::default() };
        fit_einsum(tensor, "ia,jb,kc,abc->ijk", &inner, &options, &mut unobserved).unwrap().1.relative_error
    };
    (0..2).map(fit).fold(f64::INFINITY, f64::min)
}

#[test]
fn the_loss_is_within_the_proved_factor_of_the_best() {
    let sizes = [4, 4, 5];
    for seed in 0..2 {
        let tensor = random(&sizes, seed);
        for budget in [30, 45] {
            let found = core_shape(&tensor, budget).unwrap();
            let own = loss(&tensor, &found.ranks);
            let [least, most] = found.error_between;
            assert!(least - 1e-9 <= own && own <= most + 1e-9, "{least} {own} {most}");
            assert!(most * most <= 3.0 * own * own + 1e-9, "packing loses at most thrice the loss");
            let best = shapes(&sizes, budget).iter().map(|ranks| loss(&tensor, ranks)).fold(f64::INFINITY, f64::min);
            assert!(own * own <= 3.0 * best * best + 1e-9, "{own} {best}");
        }
    }
}

#[test]
fn planted_ranks_are_found_where_the_budget_is_theirs() {
    let model = EinsumModel::new("ia,jb,kc,abc->ijk", &[("a", 2), ("b", 3), ("c", 4)], &[8, 9, 10]);
    let model = model.unwrap();
    let budget = model.parameters();
    let tensor = EinsumForm::<f64>::random(model, 1).unwrap().to_tensor().unwrap();
    let found = core_shape(&tensor, budget).unwrap();
    assert_eq!((&found.ranks[..], found.parameters), (&[2, 3, 4][..], budget));
    assert!(found.error_between[1] < 1e-6);
}

#[test]
fn a_tree_keeps_its_budget_and_loses_little_more_than_is_proved() {
    let tensor = random(&[4, 5, 4, 5], 7);
    let pair = |a, b| Branch::Join(vec![Branch::Mode(a), Branch::Mode(b)]);
    let tree = Branch::Join(vec![pair(0, 1), pair(2, 3)]);
    let options: Vec<Vec<f64>> =
        [&[0, 1][..], &[0], &[1], &[2, 3], &[2], &[3]].map(|modes| spectrum_squared(&tensor, modes).unwrap()).to_vec();
    let whole: f64 = options[0].iter().sum();
    for budget in [40, 60, 90, 200] {
        let found = tree_shape(&tensor, &tree, budget).unwrap();
        assert_eq!(found.bonds, [vec![0, 1], vec![0], vec![1], vec![2, 3], vec![2], vec![3]]);
        let r = &found.ranks;
        let size = r[0] * r[3] + r[0] * r[1] * r[2] + r[3] * r[4] * r[5] + 4 * (r[1] + r[4]) + 5 * (r[2] + r[5]);
        assert_eq!(found.parameters, size);
        assert!(size <= budget);
        let lost = tails(&options, r).iter().sum::<f64>() / whole;
        assert!((lost - found.lost[0]).abs() < 1e-9);
        // By enumeration: nothing within the budget loses less than the bound, and the best little less than this.
        let best = trees(&options, budget) / whole;
        assert!(found.lost[1] <= best + 1e-9, "{found:?} {best}");
        assert!(best <= lost + 1e-9 && lost <= 1.5 * best + 1e-9, "{lost} {best}");
    }
}

fn trees(options: &[Vec<f64>], budget: usize) -> f64 {
    let tail = |bond: usize, rank: usize| options[bond][rank..].iter().sum::<f64>();
    let half = |bonds: [usize; 3], top: usize| -> Vec<(usize, f64)> {
        let ranks = (1..=4).flat_map(|a| (1..=5).map(move |b| (a, b)));
        let each = |(a, b)| (top * a * b + 4 * a + 5 * b, tail(bonds[0], top) + tail(bonds[1], a) + tail(bonds[2], b));
        ranks.map(each).collect()
    };
    let mut best = f64::INFINITY;
    for left in 1..=20 {
        for right in 1..=20 {
            let others = half([3, 4, 5], right);
            for (size, lost) in half([0, 1, 2], left) {
                let fits = others.iter().filter(|other| size + other.0 + left * right <= budget);
                best = fits.map(|other| lost + other.1).fold(best, f64::min);
            }
        }
    }
    best
}

#[test]
fn spectra_do_not_depend_on_how_modes_lie() {
    let tensor = random(&[3, 4, 5, 2], 7);
    for (modes, order) in [(vec![0, 2], [0, 2, 1, 3]), (vec![3, 1], [3, 1, 0, 2]), (vec![2, 1], [2, 1, 0, 3])] {
        let turned = tensor.view().permuted(&order).unwrap().to_tensor();
        let (scattered, together) =
            (spectrum_squared(&tensor, &modes).unwrap(), spectrum_squared(&turned, &[0, 1]).unwrap());
        let near = |(x, y): (&f64, &f64)| (x - y).abs() < 1e-12 * together[0];
        assert!(scattered.len() == together.len() && scattered.iter().zip(&together).all(near), "{modes:?}");
    }
}

#[test]
fn what_has_no_shape_is_refused() {
    let tensor = random(&[3, 4, 5], 0);
    assert!(matches!(core_shape(&tensor, 12), Err(DecompError::Option { .. })));
    assert_eq!(core_shape(&tensor, 13).unwrap().ranks, [1, 1, 1]);
    assert!(matches!(pack(&[vec![1.0]], &[3, 4], 100), Err(DecompError::Count { .. })));
    assert!(matches!(spectrum_squared(&tensor, &[1, 1]), Err(DecompError::Rank { .. })));
    assert!(matches!(spectrum_squared(&tensor, &[3]), Err(DecompError::Rank { .. })));
    let short = Branch::Join(vec![Branch::Mode(0), Branch::Mode(1)]);
    assert!(matches!(tree_shape(&tensor, &short, 100), Err(DecompError::Count { .. })));
    let empty = Branch::Join(vec![Branch::Mode(0), Branch::Mode(1), Branch::Mode(2), Branch::Join(vec![])]);
    assert!(matches!(tree_shape(&tensor, &empty, 100), Err(DecompError::Option { .. })));
    let all = Branch::Join((0..3).map(Branch::Mode).collect());
    assert!(matches!(tree_shape(&tensor, &all, 12), Err(DecompError::Option { .. })));
}

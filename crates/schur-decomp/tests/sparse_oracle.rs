//! Sparse tensors against dense ones: products with factors, norms, errors, and the same bits for any threads.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_decomp::cp::{Cp, CpTensor};
use schur_decomp::random::{below, normal, normals, stream};
use schur_decomp::sparse::{Duplicates, Sparse};
use schur_decomp::{DecompError, Scalar};
use schur_tensor::Tensor;

/// A sparse tensor of which about one element in `one_in` is stored.
fn random<T: Scalar>(shape: &[usize], one_in: usize, seed: u64) -> Sparse<T> {
    let mut rng = stream(seed, 1);
    let draw = |_: &[usize]| {
        if below(&mut rng, one_in) == 0 { T::from_f64(normal(&mut rng)) } else { T::from_f64(0.0) }
    };
    Sparse::from_dense(&Tensor::from_fn(shape, draw).unwrap()).unwrap()
}

fn factors<T: Scalar>(shape: &[usize], rank: usize, seed: u64) -> Vec<Tensor<T>> {
    let mut rng = stream(seed, 2);
    shape.iter().map(|&size| normals(&[size, rank], &mut rng).unwrap()).collect()
}

/// The product by its definition, over all elements.
fn brute_force<T: Scalar>(tensor: &Tensor<T>, factors: &[Tensor<T>], mode: usize, rank: usize) -> Vec<f64> {
    let shape = tensor.shape();
    let mut result = vec![0.0; shape[mode] * rank];
    let mut place = 0;
    Tensor::from_fn(shape, |index| {
        let value = tensor.data()[place].to_f64();
        place += 1;
        for r in 0..rank {
            let others = (0..shape.len()).filter(|&other| other != mode);
            let product: f64 = others.map(|other| factors[other].data()[index[other] * rank + r].to_f64()).product();
            result[index[mode] * rank + r] += value * product;
        }
    })
    .unwrap();
    result
}

fn check<T: Scalar>(shape: &[usize], rank: usize, one_in: usize, tolerance: f64) {
    let sparse = random::<T>(shape, one_in, 3);
    let dense = sparse.to_tensor().unwrap();
    let factors = factors::<T>(shape, rank, 4);
    let mut products = sparse.products(rank).unwrap();
    for mode in 0..shape.len() {
        let mut result = vec![T::from_f64(f64::NAN); shape[mode] * rank];
        products.product(&factors, mode, &mut result).unwrap();
        let expected = brute_force(&dense, &factors, mode, rank);
        let largest = expected.iter().fold(1.0_f64, |largest, x| largest.max(x.abs()));
        for (x, y) in result.iter().zip(&expected) {
            assert!((x.to_f64() - y).abs() < tolerance * largest, "{shape:?} mode {mode} rank {rank}: {x:?} {y}");
        }
    }
    let (held, estimated) = (products.workspace_bytes(), sparse.products_bytes(rank));
    assert!(held <= estimated, "{shape:?} rank {rank}: {held} bytes, not {estimated}");
}

#[test]
fn products_equal_their_definition_for_orders_two_to_five() {
    for shape in [&[40, 30][..], &[20, 5, 17], &[9, 8, 1, 7], &[5, 6, 4, 3, 5], &[3, 2000], &[1, 1, 9000]] {
        for (rank, one_in) in [(1, 3), (7, 2), (16, 5), (43, 1)] {
            check::<f64>(shape, rank, one_in, 1e-12);
            check::<f32>(shape, rank, one_in, 1e-4);
        }
    }
}

#[test]
fn the_bits_are_the_same_for_any_number_of_threads() {
    let sparse = random::<f32>(&[60, 7, 900], 9, 5);
    assert!(sparse.stored() > 40_000, "several tasks");
    let factors = factors::<f32>(&[60, 7, 900], 19, 6);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut products = sparse.products(19).unwrap();
            let mut bits = Vec::new();
            for (mode, size) in [60, 7, 900].into_iter().enumerate() {
                let mut result = vec![0.0; size * 19];
                products.product(&factors, mode, &mut result).unwrap();
                bits.extend(result.iter().map(|x| x.to_bits()));
            }
            let model = Cp::new(vec![1.0; 19], factors.clone()).unwrap();
            (bits, sparse.inner(&model).unwrap().to_bits(), sparse.residual_squared(&model).unwrap().map(f64::to_bits))
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

#[test]
fn inner_products_and_errors_count_the_zeros() {
    let shape = [6, 7, 8];
    let sparse = random::<f64>(&shape, 10, 8);
    let model = Cp::new(vec![0.5, -2.0], factors(&shape, 2, 9)).unwrap();
    let (x, m) = (sparse.to_tensor().unwrap(), model.to_tensor().unwrap());
    let pairs = || x.data().iter().zip(m.data());
    let inner: f64 = pairs().map(|(a, b)| a * b).sum();
    let missed: f64 = pairs().map(|(a, b)| (a - b) * (a - b)).sum();
    assert!((sparse.inner(&model).unwrap() - inner).abs() < 1e-12 * inner.abs().max(1.0));
    assert!((sparse.residual_squared(&model).unwrap().unwrap() - missed).abs() < 1e-12 * missed);
    let expected = (missed / sparse.norm_squared()).sqrt();
    assert!((sparse.relative_error(&model).unwrap().0 - expected).abs() < 1e-12 * expected);
}

#[test]
fn errors_of_large_tensors_come_with_what_can_be_seen() {
    // The model itself, on a tensor with too many zeros to go through.
    let shape = [1000, 1000, 1000];
    let corner =
        |size: usize| Tensor::from_fn(&[size, 1], |index| if index[0] < 20 { 1.0 / 3.0 } else { 0.0 }).unwrap();
    let model = Cp::new(vec![0.7], shape.map(corner).to_vec()).unwrap();
    let (mut indices, mut values) = (vec![Vec::new(); 3], Vec::new());
    for place in 0..8000_u32 {
        let index = [place / 400, place / 20 % 20, place % 20];
        indices.iter_mut().zip(index).for_each(|(list, i)| list.push(i));
        values.push(model.get(&index.map(|i| i as usize)).unwrap());
    }
    let sparse = Sparse::new(&shape, indices, values, Duplicates::Refuse).unwrap();
    assert_eq!(sparse.residual_squared(&model).unwrap(), None);
    let (error, floor) = sparse.relative_error(&model).unwrap();
    assert!(error <= floor && (1e-9..1e-6).contains(&floor), "{error} {floor}");
}

#[test]
fn coordinates_are_sorted_and_those_given_twice_refused_or_added() {
    let indices = vec![vec![2, 0, 2, 0], vec![1, 3, 1, 0]];
    let values = vec![1.0, 2.0, 4.0, 8.0];
    let sum = Sparse::new(&[3, 4], indices.clone(), values.clone(), Duplicates::Sum).unwrap();
    assert_eq!(sum.indices(), [[0, 0, 2], [0, 3, 1]]);
    assert_eq!((sum.values(), sum.norm_squared()), (&[8.0, 2.0, 5.0][..], 93.0));
    let refused = Sparse::new(&[3, 4], indices, values, Duplicates::Refuse);
    assert_eq!(refused, Err(DecompError::Duplicate { index: vec![2, 1], first: 0, second: 2 }));
}

#[test]
fn what_is_no_sparse_tensor_is_refused() {
    let new = |shape: &[usize], indices: &[&[u32]], values: &[f64]| {
        Sparse::new(shape, indices.iter().map(|list| list.to_vec()).collect(), values.to_vec(), Duplicates::Sum)
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(new(&[], &[], &[]), DecompError::Order { .. }));
    assert!(matches!(new(&[2, 0], &[&[], &[]], &[]), DecompError::EmptyMode { mode: 1, .. }));
    assert!(matches!(new(&[2, 2], &[&[0]], &[1.0]), DecompError::Count { .. }));
    assert!(matches!(new(&[2, 2], &[&[0], &[0, 1]], &[1.0]), DecompError::Count { .. }));
    let outside = DecompError::Outside { entry: 1, mode: 1, index: 2, size: 2 };
    assert_eq!(new(&[2, 2], &[&[0, 1], &[0, 2]], &[1.0, 1.0]), outside);
    assert!(
        matches!(new(&[2, 2], &[&[1], &[0]], &[f64::NAN]), DecompError::NotFinite { index, .. } if index == [1, 0])
    );
    let empty = Sparse::<f64>::new(&[2, 2], vec![vec![], vec![]], vec![], Duplicates::Refuse).unwrap();
    assert!(matches!(empty.products(1), Err(DecompError::AllZero)));
    let vector = Sparse::new(&[2], vec![vec![1]], vec![1.0], Duplicates::Refuse).unwrap();
    assert!(matches!(vector.products(1), Err(DecompError::Order { least: 2, .. })));
}

#[test]
fn factors_that_do_not_fit_are_refused() {
    let sparse = random::<f64>(&[4, 5], 2, 1);
    let mut products = sparse.products(3).unwrap();
    let good = factors::<f64>(&[4, 5], 3, 1);
    assert!(products.product(&good[..1], 0, &mut [0.0; 12]).is_err());
    assert!(products.product(&good, 2, &mut [0.0; 12]).is_err());
    assert!(products.product(&good, 1, &mut [0.0; 12]).is_err());
    assert!(products.product(&factors(&[4, 6], 3, 1), 0, &mut [0.0; 12]).is_err());
    assert!(sparse.inner(&Cp::new(vec![1.0; 3], factors(&[4, 6], 3, 1)).unwrap()).is_err());
    assert!(sparse.relative_error(&Cp::new(vec![1.0; 3], factors(&[5, 4], 3, 1)).unwrap()).is_err());
}

proptest! {
    #[test]
    fn writing_out_and_gathering_are_inverse(
        elements in proptest::collection::btree_map((0_u32..4, 0_u32..5, 0_u32..3), 1_i32..9, 0..30),
        turn in 0_usize..30,
    ) {
        let mut list: Vec<_> = elements.into_iter().collect();
        let len = list.len().max(1);
        list.rotate_left(turn % len);
        let indices = vec![
            list.iter().map(|element| element.0.0).collect(),
            list.iter().map(|element| element.0.1).collect(),
            list.iter().map(|element| element.0.2).collect(),
        ];
        let values = list.iter().map(|element| f64::from(element.1)).collect();
        let sparse = Sparse::new(&[4, 5, 3], indices, values, Duplicates::Refuse).unwrap();
        prop_assert_eq!(Sparse::from_dense(&sparse.to_tensor().unwrap()).unwrap(), sparse);
    }
}

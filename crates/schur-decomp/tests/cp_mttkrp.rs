//! Products of dense tensors with Khatri-Rao products, against their definition.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_decomp::Scalar;
use schur_decomp::cp::{Cp, CpTensor};
use schur_decomp::dense::Dense;
use schur_decomp::random::{normals, stream};
use schur_tensor::Tensor;

const SHAPES: [&[usize]; 8] = [
    &[5, 7],
    &[4, 3, 6],
    &[1, 5, 3],
    &[3, 1, 4, 5],
    &[4, 2, 3, 5],
    &[3, 4, 2, 3, 2],
    &[2, 3, 2, 2, 3, 2],
    &[40, 31, 50],
];

fn definition<T: Scalar>(tensor: &Tensor<T>, factors: &[Tensor<T>], mode: usize, rank: usize) -> Vec<f64> {
    let shape = tensor.shape();
    let mut result = vec![0.0; shape[mode] * rank];
    let mut index = vec![0; shape.len()];
    for x in tensor.data() {
        for r in 0..rank {
            let others = (0..shape.len()).filter(|&n| n != mode);
            let product: f64 = others.map(|n| factors[n].data()[index[n] * rank + r].to_f64()).product();
            result[index[mode] * rank + r] += x.to_f64() * product;
        }
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    result
}

/// Goes through the modes in some order and changes each factor after its product.
fn compare<T: Scalar>(shape: &[usize], rank: usize, order: &[usize], tolerance: f64) {
    let mut rng = stream(3, rank as u64);
    let tensor: Tensor<T> = normals(shape, &mut rng).unwrap();
    let mut factors: Vec<Tensor<T>> = shape.iter().map(|&size| normals(&[size, rank], &mut rng).unwrap()).collect();
    let data = Dense::new(&tensor).unwrap();
    let mut products = data.products(rank).unwrap();
    for &mode in order {
        let mut result = vec![T::from_f64(f64::NAN); shape[mode] * rank];
        products.product(&factors, mode, &mut result).unwrap();
        let expected = definition(&tensor, &factors, mode, rank);
        let scale = expected.iter().fold(1.0_f64, |most, x| most.max(x.abs()));
        for (found, expected) in result.iter().zip(&expected) {
            let off = (found.to_f64() - expected).abs();
            assert!(off <= tolerance * scale, "{shape:?} rank {rank} mode {mode}: {found:?}, not {expected}");
        }
        factors[mode] = normals(&[shape[mode], rank], &mut rng).unwrap();
        products.changed(mode);
    }
    let (held, estimated) = (products.workspace_bytes(), data.products_bytes(rank));
    assert!(held <= estimated, "{shape:?} rank {rank}: {held} bytes, not {estimated}");
}

#[test]
fn products_of_every_order_mode_and_precision_are_those_of_the_definition() {
    for shape in SHAPES {
        let modes = shape.len();
        let sweeps: Vec<usize> = (0..3 * modes).map(|step| step % modes).collect();
        let back: Vec<usize> = (0..2 * modes).map(|step| (5 * modes - 1 - 2 * step) % modes).collect();
        for rank in [1, 3, 16, 17, 24] {
            compare::<f64>(shape, rank, &sweeps, 1e-13);
            compare::<f32>(shape, rank, &sweeps, 1e-5);
            compare::<f64>(shape, rank, &back, 1e-13);
        }
    }
}

#[test]
fn wide_and_narrow_windows_agree_where_partial_products_are_too_large_to_keep() {
    // A partial product of 60^3 would be more than half of it, so there is none; of 30^4 half the modes are kept.
    for (shape, rank) in [(vec![60, 60, 60], 40), (vec![30, 30, 30, 30], 40)] {
        let modes = shape.len();
        compare::<f64>(&shape, rank, &(0..modes + 1).map(|step| step % modes).collect::<Vec<_>>(), 1e-12);
        let mut rng = stream(1, 0);
        let tensor: Tensor<f64> = normals(&shape, &mut rng).unwrap();
        let factors: Vec<Tensor<f64>> = shape.iter().map(|&n| normals(&[n, rank], &mut rng).unwrap()).collect();
        let data = Dense::new(&tensor).unwrap();
        let mut products = data.products(rank).unwrap();
        let mut result = vec![0.0; shape[0] * rank];
        products.product(&factors, 0, &mut result).unwrap();
        let most = (tensor.data().len() * 8) as u64 * 3 / 10 + (6 << 20);
        assert!(products.workspace_bytes() <= most, "{} of {most} bytes", products.workspace_bytes());
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let mut rng = stream(9, 0);
    let tensor: Tensor<f64> = normals(&[40, 50, 30], &mut rng).unwrap();
    let factors: Vec<Tensor<f64>> = [40, 50, 30].iter().map(|&n| normals(&[n, 8], &mut rng).unwrap()).collect();
    let model = Cp::new(vec![0.5; 8], factors.clone()).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let data = Dense::new(&tensor).unwrap();
            let mut products = data.products(8).unwrap();
            let mut bits = vec![data.norm_squared().to_bits()];
            bits.push(data.residual_squared(&model).unwrap().unwrap().to_bits());
            for (mode, size) in [40, 50, 30, 40].into_iter().enumerate() {
                let mut result = vec![0.0; size * 8];
                products.product(&factors, mode % 3, &mut result).unwrap();
                bits.extend(result.iter().map(|x| x.to_bits()));
                products.changed(mode % 3);
            }
            bits
        })
    };
    let one = run(1);
    assert!(one == run(2) && one == run(3));
}

#[test]
fn the_residual_is_that_of_the_full_model() {
    let mut rng = stream(4, 0);
    for shape in [vec![6, 5], vec![7, 4, 5], vec![300, 2, 3, 301]] {
        let tensor: Tensor<f64> = normals(&shape, &mut rng).unwrap();
        let factors = shape.iter().map(|&size| normals(&[size, 3], &mut rng).unwrap()).collect();
        let model = Cp::new(vec![1.0, -2.0, 0.5], factors).unwrap();
        let full = model.to_tensor().unwrap();
        let expected: f64 = tensor.data().iter().zip(full.data()).map(|(x, y)| (x - y).powi(2)).sum();
        let found = Dense::new(&tensor).unwrap().residual_squared(&model).unwrap().unwrap();
        assert!((found - expected).abs() < 1e-11 * expected, "{found} {expected}");
    }
}

#[test]
fn factors_that_do_not_fit_are_refused() {
    let tensor: Tensor<f64> = Tensor::filled(&[3, 4], 1.0).unwrap();
    let data = Dense::new(&tensor).unwrap();
    let mut products = data.products(2).unwrap();
    let factor = |rows: usize, columns: usize| Tensor::filled(&[rows, columns], 1.0).unwrap();
    let mut result = vec![0.0; 6];
    let message = |outcome: Result<(), schur_decomp::DecompError>| outcome.unwrap_err().to_string();
    let few = message(products.product(&[factor(3, 2)], 0, &mut result));
    assert_eq!(few, "factors: expected 2, found 1");
    let wrong = message(products.product(&[factor(3, 2), factor(4, 3)], 0, &mut result));
    assert_eq!(wrong, "the factor of mode 1 has shape [4, 3], expected [4, 2]");
    assert!(products.product(&[factor(3, 2), factor(4, 2)], 1, &mut result).is_err(), "a product of another size");
    assert!(products.product(&[factor(3, 2), factor(4, 2)], 2, &mut result).is_err(), "no such mode");
    assert!(data.residual_squared(&Cp::new(vec![1.0], vec![factor(3, 1), factor(5, 1)]).unwrap()).is_err());
}

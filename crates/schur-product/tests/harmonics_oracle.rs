//! Harmonics of many vectors against those of one.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use schur_group::{Normalization, SphericalHarmonics};
use schur_multilinear::ChannelwiseWorkspace;
use schur_product::ManyHarmonics;
use schur_tensor::{Real, instruction_sets};
use schur_testkit::{Random, assert_close};

/// Vectors of several lengths, the poles and the zero vector among them.
fn vectors(n: usize) -> Vec<f64> {
    let mut random = Random::new(5);
    let mut list = vec![0.0, 2.0, 0.0, 0.0, -0.5, 0.0, 0.0, 0.0, 0.0, 1e-9, 3.0, 0.0];
    for k in list.len() / 3..n {
        let scale = if k % 3 == 0 { 0.01 } else { 2.0 };
        list.extend(random.vector().map(|x| scale * x));
    }
    list
}

fn check<T: Real + schur_group::Real>(l_max: usize, normalization: Normalization, tolerance: f64) {
    let n = 37;
    let list = vectors(n);
    let typed: Vec<T> = list.iter().map(|&x| <T as Real>::from_f64(x)).collect();
    let one = SphericalHarmonics::new(l_max, normalization).unwrap();
    let size = one.n_harmonics();
    let mut random = Random::new(6);
    let cotangents = random.normals(n * size);
    let (mut expected, mut expected_back) = (Vec::new(), Vec::new());
    for (vector, g) in list.chunks(3).zip(cotangents.chunks(size)) {
        let (mut values, mut gradient) = (vec![0.0; size], vec![[0.0; 3]; size]);
        one.evaluate_with_gradient_into([vector[0], vector[1], vector[2]], &mut values, &mut gradient).unwrap();
        // Near zero derivatives are large; what is compared is the derivative along the unit sphere.
        expected.extend(&values);
        for axis in 0..3 {
            expected.extend(gradient.iter().map(|row| row[axis]));
            expected_back.push(gradient.iter().zip(g).map(|(row, g)| row[axis] * g).sum::<f64>());
        }
    }
    for arch in instruction_sets() {
        let many = ManyHarmonics::<T>::new(arch, l_max, normalization).unwrap();
        let mut workspace = ChannelwiseWorkspace::default();
        let mut all = vec![T::ZERO; n * 4 * size];
        many.values_and_gradients(&typed, &mut all, &mut workspace).unwrap();
        let mut values = vec![T::ZERO; n * size];
        many.values(&typed, &mut values, &mut workspace).unwrap();
        let mut back = vec![T::ZERO; 3 * n];
        let g: Vec<T> = cotangents.iter().map(|&g| <T as Real>::from_f64(g)).collect();
        many.backward(&typed, &g, &mut back, &mut workspace).unwrap();
        let wide = |list: &[T]| list.iter().map(|x| x.to_f64()).collect::<Vec<_>>();
        for (k, vector) in list.chunks(3).enumerate() {
            let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
            let scale = (l_max * l_max + 1) as f64 / if length > 0.0 { length.min(1.0) } else { 1.0 };
            let rows = k * 4 * size..(k + 1) * 4 * size;
            assert_close("gradients", &wide(&all[rows.clone()]), &expected[rows.clone()], 0.0, tolerance * scale);
            let own = &wide(&values[k * size..(k + 1) * size]);
            assert_close("values", own, &expected[rows.start..rows.start + size], 0.0, tolerance * (l_max + 1) as f64);
            let place = 3 * k..3 * k + 3;
            let scale = scale * (size as f64).sqrt();
            assert_close("cotangents", &wide(&back[place.clone()]), &expected_back[place], 0.0, tolerance * scale);
        }
    }
}

#[test]
fn many_vectors_agree_with_one() {
    for l_max in [0, 1, 2, 3, 5, 8, 12] {
        for normalization in [Normalization::Component, Normalization::Norm, Normalization::Integral] {
            check::<f64>(l_max, normalization, 2e-14);
            check::<f32>(l_max, normalization, 8e-6);
        }
    }
}

#[test]
fn degrees_and_lengths_that_do_not_fit_are_errors() {
    let arch = schur_tensor::pulp::Arch::new();
    assert!(ManyHarmonics::<f32>::new(arch, 33, Normalization::Norm).is_err());
    let many = ManyHarmonics::<f32>::new(arch, 1, Normalization::Norm).unwrap();
    let error = many.values(&[0.0; 4], &mut [0.0; 4], &mut ChannelwiseWorkspace::default()).unwrap_err();
    assert_eq!(error.to_string(), "argument 0 has 4 numbers, not 3");
}

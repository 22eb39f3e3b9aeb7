//! Harmonics of many vectors against those of one.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use schur_group::{Normalization, SphericalHarmonics};
use schur_multilinear::{Argument, ChannelwisePlan, ChannelwiseWorkspace};
use schur_product::{ManyHarmonics, harmonics_circuit};
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

/// A cotangent of the harmonics of one vector, brought to the vector by a plan in reverse and by the reverse circuit.
fn back<T: Real>(l_max: usize, vector: &[T], cotangent: &[T]) -> [Vec<f64>; 2] {
    let arch = schur_tensor::pulp::Arch::new();
    let (mut direct, mut workspace) = ([T::ONE; 3], ChannelwiseWorkspace::default());
    let many = ManyHarmonics::<T>::new(arch, l_max, Normalization::Component).unwrap();
    many.backward(vector, cotangent, &mut direct, &mut workspace).unwrap();
    let circuit = harmonics_circuit(l_max, Normalization::Component, false).unwrap().reverse();
    let plan = ChannelwisePlan::<T>::new(arch, &circuit, &[Argument::per_item(1); 3]).unwrap();
    let mut by_circuit = [T::ONE; 4];
    plan.forward(1, &[vector, &[T::ONE], cotangent], &mut by_circuit, &mut workspace).unwrap();
    [&direct[..], &by_circuit[..3]].map(|list| list.iter().map(|x| x.to_f64()).collect())
}

/// Gradients grow like one over the length; the cube of that does not fit into `f32` from 1e-13 on.
fn check_short<T: Real>(lengths: impl Iterator<Item = i32>, floor: i32, tolerance: f64) {
    let (l_max, mut random) = (4, Random::new(9));
    let one = SphericalHarmonics::new(l_max, Normalization::Component).unwrap();
    for exponent in lengths {
        let vector = random.vector();
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        let unit = vector.map(|x| T::from_f64(x / length));
        let scale = 2.0_f64.powi(exponent);
        let vector: Vec<T> = unit.iter().map(|x| T::from_f64(x.to_f64() * scale)).collect();
        let cotangent: Vec<T> = random.normals(one.n_harmonics()).into_iter().map(T::from_f64).collect();
        let (mut values, mut gradient) = (vec![0.0; one.n_harmonics()], vec![[0.0; 3]; one.n_harmonics()]);
        let at = [unit[0].to_f64(), unit[1].to_f64(), unit[2].to_f64()];
        one.evaluate_with_gradient_into(at, &mut values, &mut gradient).unwrap();
        let along = |axis: usize| gradient.iter().zip(&cotangent).map(|(row, g)| row[axis] * g.to_f64()).sum::<f64>();
        let expected: Vec<f64> = (0..3).map(|axis| if exponent < floor { 0.0 } else { along(axis) }).collect();
        for found in back(l_max, &vector, &cotangent) {
            let found: Vec<f64> = found.iter().map(|x| x * scale).collect();
            assert_close(&format!("2^{exponent}"), &found, &expected, 0.0, tolerance);
        }
    }
}

#[test]
fn gradients_of_short_vectors_are_finite_and_right() {
    check_short::<f32>((-50..=-40).chain(-149..=-56), -52, 2e-4);
    check_short::<f64>((-498..=-340).step_by(11).chain(-1070..=-504), -500, 1e-11);
}

#[test]
fn degrees_and_lengths_that_do_not_fit_are_errors() {
    let arch = schur_tensor::pulp::Arch::new();
    assert!(ManyHarmonics::<f32>::new(arch, 33, Normalization::Norm).is_err());
    let many = ManyHarmonics::<f32>::new(arch, 1, Normalization::Norm).unwrap();
    let error = many.values(&[0.0; 4], &mut [0.0; 4], &mut ChannelwiseWorkspace::default()).unwrap_err();
    assert_eq!(error.to_string(), "argument 0 has 4 numbers, not 3");
}

//! The symmetric contraction: completeness, symmetry, derivatives.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use schur_group::{Irrep, Irreps, Normalization, Parity, ReducedTensorBasis, SphericalHarmonics, WignerD};
use schur_multilinear::{Argument, ChannelwisePlan, ChannelwiseWorkspace};
use schur_product::{ProductError, SymmetricContraction, SymmetricContractionOptions, products::Symmetry};
use schur_tensor::pulp::Arch;
use schur_testkit::{Equivariance, Random, assert_close, finite_difference, o3_elements};

fn contraction(inputs: &str, outputs: &str, correlation: usize, symmetry: Symmetry) -> SymmetricContraction {
    let (inputs, outputs) = (inputs.parse().unwrap(), outputs.parse().unwrap());
    SymmetricContraction::new(&SymmetricContractionOptions { inputs, outputs, correlation, symmetry }).unwrap()
}

/// How often an irrep occurs among the symmetric products: the monomials of weight `l` less those of weight `l + 1`.
fn multiplicity(inputs: &Irreps, output: Irrep, order: usize, symmetry: Symmetry) -> usize {
    let weights: Vec<(i64, Parity)> = inputs
        .iter()
        .flat_map(|(copies, irrep)| std::iter::repeat_n(irrep, copies))
        .flat_map(|irrep| (-(irrep.l as i64)..=irrep.l as i64).map(move |m| (m, irrep.parity)))
        .collect();
    // Number of monomials by order, weight and parity, one component after the other.
    let mut counts: BTreeMap<(usize, i64, Parity), usize> = BTreeMap::from([((0, 0, Parity::Even), 1)]);
    for &(m, parity) in &weights {
        let mut next = counts.clone();
        for (&(n, weight, total), &count) in &counts {
            let (mut weight, mut total) = (weight, total);
            for n in n + 1..=order {
                weight += m;
                total = total * parity;
                *next.entry((n, weight, total)).or_default() += count;
            }
        }
        counts = next;
    }
    let count = |weight: i64| -> usize {
        let fits = |p: Parity| symmetry == Symmetry::So3 || p == output.parity;
        counts.iter().filter(|((n, w, p), _)| *n == order && *w == weight && fits(*p)).map(|(_, c)| c).sum()
    };
    count(output.l as i64) - count(output.l as i64 + 1)
}

#[test]
fn there_are_as_many_polynomials_as_characters_say() {
    for (inputs, outputs, correlation, symmetry) in [
        ("0e+1o", "0e+1o+2e", 5, Symmetry::O3),
        ("0e+1o+2e", "0e+1o+2e+1e+0o", 4, Symmetry::O3),
        ("0e+1o+2e+3o", "0e+1o", 3, Symmetry::O3),
        ("0e+1o+2e", "0e+1e+2e", 3, Symmetry::So3),
        ("2x1o+1e", "0e+0o+3o", 3, Symmetry::O3),
        ("3o", "0e", 4, Symmetry::O3),
    ] {
        let map = contraction(inputs, outputs, correlation, symmetry);
        for (output, &irrep) in map.outputs().iter().enumerate() {
            for order in 1..=correlation {
                let found = map.basis().iter().filter(|e| e.output == output && e.order == order).count();
                let expected = multiplicity(&inputs.parse().unwrap(), irrep, order, symmetry);
                assert_eq!(found, expected, "{inputs} -> {irrep}, order {order}");
            }
        }
    }
}

/// Coefficients by component and monomial.
type Terms = BTreeMap<(usize, Vec<u16>), f64>;

/// In how many orders the factors of a monomial can stand.
fn arrangements(monomial: &[u16]) -> usize {
    let mut orders = BTreeSet::from([Vec::new()]);
    for &factor in monomial {
        let inserted = |order: &Vec<u16>, place: usize| [&order[..place], &[factor], &order[place..]].concat();
        orders = orders.iter().flat_map(|order| (0..=order.len()).map(move |place| inserted(order, place))).collect();
    }
    orders.len()
}

/// cuEquivariance lists the symmetric contraction of 0+1+2 to 0+1 (SO(3)) with 4, 37 and 437 paths for degrees 1, 2, 3,
/// one for each element of the symmetric tensors that is not zero, and with 18 weights in all.
#[test]
fn elements_are_as_many_as_published() {
    let map = contraction("0e+1e+2e", "0e+1e", 3, Symmetry::So3);
    assert_eq!(map.basis().len(), 18);
    let paths = |terms: &Terms| -> usize {
        terms.iter().filter(|(_, c)| c.abs() > 1e-12).map(|((_, monomial), _)| arrangements(monomial)).sum()
    };
    let mut counts = [0; 3];
    let mut last: Option<(usize, Vec<usize>, Terms)> = None;
    for element in map.basis() {
        let terms: BTreeMap<_, _> =
            element.terms.iter().map(|t| ((t.component, t.monomial.clone()), t.coefficient)).collect();
        // Two polynomials are of the same blocks, 1 2 2; in the published basis the second is as sparse as it can be.
        let sparsest = match &last {
            Some((output, blocks, other)) if (output, blocks) == (&element.output, &element.blocks) => {
                let without = |key: &(usize, Vec<u16>), value: f64| {
                    let factor = terms.get(key).map_or(0.0, |c| c / value);
                    let mut rest = terms.clone();
                    other.iter().for_each(|(k, c)| *rest.entry(k.clone()).or_default() -= factor * c);
                    paths(&rest)
                };
                other.iter().map(|(key, &value)| without(key, value)).min().unwrap()
            }
            _ => paths(&terms),
        };
        counts[element.order - 1] += sparsest;
        last = Some((element.output, element.blocks.clone(), terms));
    }
    assert_eq!(counts, [4, 37, 437]);
}

#[test]
fn the_result_turns_with_the_feature() {
    let (inputs, outputs) = ("0e+1o+2e+3o", "0e+1o+2e+0o+1e");
    let map = contraction(inputs, outputs, 3, Symmetry::O3);
    let (circuit, folded) = (map.circuit().unwrap(), map.folded_circuit().unwrap());
    let mut random = Random::new(1);
    let weights = random.normals(map.basis().len());
    let coefficients = map.fold().unwrap().apply(&weights);
    let harmonics = SphericalHarmonics::new(3, Normalization::Component).unwrap();
    let feature = |v: &[[f64; 3]]| {
        let mut sum = vec![0.0; 16];
        for (n, &v) in v.iter().enumerate() {
            let mut y = [0.0; 16];
            harmonics.evaluate_into(v, &mut y).unwrap();
            sum.iter_mut().zip(y).for_each(|(s, y)| *s += y / (n + 1) as f64);
        }
        sum
    };
    let vectors = [[0.3, -1.0, 0.4], [0.9, 0.1, -0.2], [-0.5, 0.5, 1.0], [0.2, 0.7, 0.6]];
    let elements = o3_elements(6, 8);
    let outputs: Irreps = outputs.parse().unwrap();
    let check = Equivariance { name: "symmetric contraction", elements: &elements, tolerance: 1e-12 };
    check.assert(
        &vectors,
        |v| circuit.evaluate(&[&feature(v), &weights]).unwrap(),
        |g, out| WignerD::from_matrix(3, g).unwrap().apply(&outputs, out).unwrap(),
    );
    let x = feature(&vectors);
    let (z, z_folded) = (circuit.evaluate(&[&x, &weights]).unwrap(), folded.evaluate(&[&x, &coefficients]).unwrap());
    let scale = z.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    assert_close("folded", &z_folded, &z, 0.0, 1e-13 * scale);
    assert!(folded.flops() < circuit.flops());
}

#[test]
fn every_channel_has_its_own_feature_and_weights() {
    let map = contraction("0e+1o+2e", "0e+1o", 3, Symmetry::O3);
    const CHANNELS: usize = 3;
    let circuit = map.circuit().unwrap();
    let plan = ChannelwisePlan::<f64>::new(Arch::new(), &circuit, &[Argument::per_item(CHANNELS); 2]).unwrap();
    let mut random = Random::new(8);
    let (x, w, g) = (random.normals(9 * CHANNELS), random.normals(17 * CHANNELS), random.normals(4 * CHANNELS));
    let mut workspace = ChannelwiseWorkspace::default();
    let mut forward = |x: &[f64], w: &[f64]| {
        let mut z = vec![0.0; 4 * CHANNELS];
        plan.forward(1, &[x, w], &mut z, &mut workspace).unwrap();
        z
    };
    let z = forward(&x, &w);
    for u in 0..CHANNELS {
        let of_channel = |v: &[f64]| v.iter().copied().skip(u).step_by(CHANNELS).collect::<Vec<f64>>();
        let expected = circuit.evaluate(&[&of_channel(&x), &of_channel(&w)]).unwrap();
        assert_close("channel", &of_channel(&z), &expected, 1e-13, 1e-13);
    }
    let value = |z: Vec<f64>| z.iter().zip(&g).map(|(z, g)| z * g).sum::<f64>();
    let by_x = finite_difference(|x| value(forward(x, &w)), &x, 1e-3);
    let by_w = finite_difference(|w| value(forward(&x, w)), &w, 1e-2);
    let (mut gx, mut gw) = (vec![0.0; x.len()], vec![0.0; w.len()]);
    let mut cotangents = [Some(&mut gx[..]), Some(&mut gw[..])];
    plan.backward(1, &[&x, &w], &g, &mut cotangents, &mut ChannelwiseWorkspace::default()).unwrap();
    assert_close("features", &gx, &by_x, 1e-9, 1e-9);
    assert_close("weights", &gw, &by_w, 1e-10, 1e-10);
}

#[test]
fn foreign_polynomials_are_expressed_or_refused() {
    let map = contraction("0e+1o", "0e+1o", 3, Symmetry::O3);
    // s (v . v), as the tensor with one order of the factors only, and v (v . v).
    let mut scalar = vec![0.0; 64];
    let mut vector = vec![0.0; 3 * 64];
    for a in 1..4 {
        scalar[4 * a + a] = 1.0;
        for c in 1..4 {
            vector[(c - 1) * 64 + 16 * a + 4 * c + a] = 1.0;
        }
    }
    let place = |output: usize, order: usize| {
        map.basis().iter().enumerate().filter(move |(_, e)| e.output == output && e.order == order).map(|(n, _)| n)
    };
    let mut weights = vec![0.0; map.basis().len()];
    for (output, tensor) in [(0, &scalar), (1, &vector)] {
        let coefficients = map.express(output, 3, tensor).unwrap();
        place(output, 3).zip(coefficients).for_each(|(n, c)| weights[n] = c);
    }
    let z = map.circuit().unwrap().evaluate(&[&[2.0, 1.0, 2.0, 3.0], &weights]).unwrap();
    assert_close("s v.v, v v.v", &z, &[28.0, 14.0, 28.0, 42.0], 1e-13, 0.0);
    scalar[5] = -1.0;
    assert!(matches!(map.express(0, 3, &scalar), Err(ProductError::NotEquivariant { .. })));
    assert!(matches!(map.express(0, 3, &[0.0; 3]), Err(ProductError::Length { expected: 64, found: 3, .. })));
    assert!(map.express(7, usize::MAX, &[]).is_err());
}

/// The triple product of three vectors is no polynomial of one: nothing is left of it but rounding.
#[test]
fn a_tensor_without_a_symmetric_part_is_nothing() {
    let map = contraction("1o", "0o", 3, Symmetry::O3);
    let mut triple = [0.0; 27];
    for ([i, j, k], sign) in [([0, 1, 2], 1.0), ([1, 2, 0], 1.0), ([2, 0, 1], 1.0)] {
        triple[9 * i + 3 * j + k] = sign;
        triple[9 * j + 3 * i + k] = -sign * (1.0 + f64::EPSILON);
    }
    assert_eq!(map.express(0, 3, &triple), Ok(Vec::new()));
}

/// Symmetric tensors from projectors, a way of their own, span the same space: the change of basis is orthogonal.
#[test]
fn the_basis_of_symmetric_tensors_is_the_same() {
    let irreps: Irreps = "0e+1o+2e".parse().unwrap();
    let map = contraction("0e+1o+2e", "0e+1o", 3, Symmetry::O3);
    let basis = ReducedTensorBasis::new("ijk=jik=ikj", &[('i', irreps)]).unwrap();
    let mut vectors = basis.vectors();
    for (copies, irrep) in basis.irreps().iter() {
        let tensors: Vec<Vec<f64>> =
            (0..copies).map(|_| vectors.by_ref().take(irrep.dim()).flatten().copied().collect()).collect();
        let Some(output) = map.outputs().iter().position(|other| *other == irrep) else { continue };
        let rows: Vec<Vec<f64>> = tensors.iter().map(|tensor| map.express(output, 3, tensor).unwrap()).collect();
        assert_eq!(rows.len(), rows[0].len());
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                let dot: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-12, "{irrep}: copies {i} and {j} give {dot}");
            }
        }
    }
}

#[test]
fn what_cannot_be_listed_is_refused() {
    for (inputs, correlation) in [("0e", 0), ("1000x2e", 3), ("3000000000x1o", 2), ("0e", usize::MAX)] {
        let options = SymmetricContractionOptions {
            inputs: inputs.parse().unwrap(),
            outputs: "0e".parse().unwrap(),
            correlation,
            symmetry: Symmetry::O3,
        };
        let error = SymmetricContraction::new(&options).unwrap_err();
        assert!(matches!(error, ProductError::Option { .. }), "{error}");
    }
    // Nothing of odd parity can be made of scalars; that is legal.
    let none = contraction("0e", "1o", 2, Symmetry::O3);
    assert!(none.basis().is_empty());
    assert_eq!(none.circuit().unwrap().evaluate(&[&[1.0], &[]]).unwrap(), [0.0; 3]);
}

use schur_tensor::instruction_sets;

use super::*;
use crate::{Path, SplinePiece, SplinePoint, SplineTable};

/// Pseudo-random numbers in [-1/2, 1/2).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / f64::from(1 << 24) - 0.5
    }

    fn take(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.next()).collect()
    }
}

const DIMS: [usize; 4] = [1, 3, 5, 7];
const CHANNELS: [usize; 4] = [48, 32, 16, 16];

/// Every pair of dimensions with a harmonic of every dimension: all kernels, two or more paths onto one segment.
fn map(numbers: &mut Numbers) -> Multilinear {
    let mut paths = Vec::new();
    let mut weights = Vec::new();
    for (i, &d1) in DIMS.iter().enumerate() {
        for (k, &d3) in DIMS.iter().enumerate() {
            for (j, &d2) in DIMS.iter().enumerate() {
                let mut coefficients = numbers.take(d1 * d2 * d3);
                if d2 == 1 && d1 == d3 {
                    coefficients = (0..d1 * d1).map(|n| if n % (d1 + 1) == 0 { 0.7 } else { 0.0 }).collect();
                }
                paths.push(Path { segments: vec![i, j, weights.len(), i * 4 + k], coefficients });
                weights.push((1, CHANNELS[i]));
            }
        }
    }
    let results = (0..16).map(|n| (DIMS[n % 4], CHANNELS[n / 4]));
    let operands = vec![
        Operand::new(DIMS.into_iter().zip(CHANNELS)),
        Operand::new(DIMS.map(|d| (d, 1))),
        Operand::new(weights),
        Operand::new(results),
    ];
    Multilinear::new(operands, paths).unwrap()
}

fn layouts(operand: &Operand) -> (Vec<SegmentLayout>, usize) {
    let places = operand.offsets().into_iter().zip(operand.segments());
    (places.map(|(offset, s)| SegmentLayout { offset, stride: s.channels }).collect(), operand.len())
}

fn convert<T: Real>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&v| T::from_f64(v)).collect()
}

fn assert_close<T: Real>(name: &str, actual: &[T], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len());
    for (index, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!((a.to_f64() - e).abs() < tolerance, "{name}[{index}] = {a:?}, not {e}");
    }
}

/// Rows of values and derivatives in turn, and the two behind the last.
fn direct_rows(values: &[f64], derivatives: &[f64], width: usize) -> Vec<f64> {
    let pairs = values.chunks_exact(width).zip(derivatives.chunks_exact(width));
    pairs.flat_map(|(v, d)| [v, d].concat()).chain(vec![0.0; 2 * width]).collect()
}

/// The plan against [`Multilinear::evaluate`] and its transposes, for every instruction set.
fn check<T: Real>(tolerance: f64) {
    let mut numbers = Numbers(7);
    let map = map(&mut numbers);
    let [x_len, y_len, w_len, z_len] = std::array::from_fn(|o| map.operands()[o].len());
    let (edges, nodes) = (3, [1_u32, 0, 1]);
    let (x, y) = (numbers.take(2 * x_len), numbers.take(edges * y_len));
    let (w, dw) = (numbers.take(edges * w_len), numbers.take(edges * w_len));
    let g = numbers.take(2 * z_len);
    let row = |array: &[f64], len: usize, n: usize| array[n * len..(n + 1) * len].to_vec();

    let mut forward = vec![0.0; z_len];
    let (mut gx, mut gy, mut gr) = (vec![0.0; x_len], Vec::new(), Vec::new());
    for e in 0..edges {
        let node = nodes[e] as usize;
        let (xe, ye, we) = (row(&x, x_len, node), row(&y, y_len, e), row(&w, w_len, e));
        let message = map.evaluate(&[&xe, &ye, &we]).unwrap();
        forward.iter_mut().zip(message).for_each(|(sum, m)| *sum += m);
        let (sender, ge) = (row(&x, x_len, 0), row(&g, z_len, node));
        let part = map.transpose(0).evaluate(&[&ge, &ye, &we]).unwrap();
        gx.iter_mut().zip(part).for_each(|(sum, m)| *sum += m);
        let by_y = map.transpose(1).evaluate(&[&sender, &ge, &we]).unwrap();
        // A harmonic of degree zero is constant and, on diagonal paths, gets no cotangent: compare the others.
        gy.extend(by_y[1..].iter().copied());
        let by_w = map.transpose(2).evaluate(&[&sender, &ye, &ge]).unwrap();
        gr.push(by_w.iter().zip(row(&dw, w_len, e)).map(|(a, b)| a * b).sum::<f64>());
    }

    for arch in instruction_sets() {
        let (features, result) = (layouts(&map.operands()[0]), layouts(&map.operands()[3]));
        let product = EdgeProduct::<T>::new(arch, &map, (&features.0, features.1), (&result.0, result.1)).unwrap();
        let (rows, harmonics) = (convert::<T>(&direct_rows(&w, &dw, w_len)), convert::<T>(&y));
        let points: Vec<_> = (0..3).map(SplinePoint::direct).collect();
        let weights = EdgeWeights { points: &points, coefficients: &rows, width: w_len };
        let edges = Edges { nodes: &nodes, harmonics: &harmonics, weights };
        let mut scratch = EdgeScratch::default();
        let x = convert::<T>(&x);
        let mut out = vec![T::ONE; z_len];
        product.forward(edges, &x, &mut out, &mut scratch);
        assert_close("result", &out, &forward, tolerance);

        let mut cotangents = (vec![T::ONE; x_len], vec![T::ZERO; 3 * y_len], vec![T::ZERO; 3]);
        let out = Cotangents {
            features: Some(&mut cotangents.0),
            harmonics: &mut cotangents.1,
            distances: &mut cotangents.2,
        };
        product.backward(edges, &x[..x_len], &convert::<T>(&g), out, &mut scratch);
        assert_close("features", &cotangents.0, &gx, tolerance);
        assert_close("distances", &cotangents.2, &gr, 4.0 * tolerance);
        let moving: Vec<T> = cotangents.1.chunks_exact(y_len).flat_map(|row| row[1..].to_vec()).collect();
        assert_close("harmonics", &moving, &gy, 4.0 * tolerance);
    }
}

#[test]
fn kernels_match_the_definition() {
    check::<f64>(1e-12);
    check::<f32>(2e-5);
}

#[test]
fn splines_give_the_weights_of_the_table() {
    let mut numbers = Numbers(3);
    let map = map(&mut numbers);
    let (features, result) = (layouts(&map.operands()[0]), layouts(&map.operands()[3]));
    let product = EdgeProduct::<f64>::new(Arch::new(), &map, (&features.0, features.1), (&result.0, result.1)).unwrap();
    let pieces =
        [SplinePiece { start: 0.0, end: 1.0, intervals: 4 }, SplinePiece { start: 1.0, end: 1.5, intervals: 3 }];
    let columns = product.weights();
    let table = SplineTable::interpolate(&pieces, columns, |nodes, values, slopes| {
        for (index, value) in values.iter_mut().enumerate() {
            *value = (nodes[index / columns] + (index % columns) as f64).sin();
        }
        for (slopes, r) in slopes.iter_mut().zip([nodes[0], nodes[nodes.len() - 1]]) {
            slopes.iter_mut().enumerate().for_each(|(c, v)| *v = (r + c as f64).cos());
        }
    });
    let distances = [0.3, 1.2];
    let points = distances.map(|r| table.locate(r));
    let (values, derivatives): (Vec<_>, Vec<_>) = distances.iter().map(|&r| table.evaluate(r)).unzip();
    let (values, derivatives) = (values.concat(), derivatives.concat());
    let harmonics = numbers.take(2 * 16);
    let x = numbers.take(2 * features.1);
    let gradient = numbers.take(2 * result.1);
    let mut scratch = EdgeScratch::default();
    let mut evaluate = |weights: EdgeWeights<'_, f64>| {
        let edges = Edges { nodes: &[1, 0], harmonics: &harmonics, weights };
        let (mut out, mut distances, mut by_harmonics) = (vec![0.0; result.1], vec![0.0; 2], vec![0.0; 32]);
        product.forward(edges, &x, &mut out, &mut scratch);
        let cotangents = Cotangents { features: None, harmonics: &mut by_harmonics, distances: &mut distances };
        product.backward(edges, &x[..features.1], &gradient, cotangents, &mut scratch);
        [out, distances].concat()
    };
    let spline = evaluate(EdgeWeights::from_table(&points, &table));
    let width = product.weights();
    let (rows, points) = (direct_rows(&values, &derivatives, width), [0, 1].map(SplinePoint::direct));
    let direct = evaluate(EdgeWeights { points: &points, coefficients: &rows, width });
    assert_close("spline against direct", &spline, &direct, 1e-12);
}

/// Features, one harmonic and weights of one path with `dim` components and 16 channels.
fn scaling(dim: usize) -> Multilinear {
    let operands =
        vec![Operand::new([(dim, 16)]), Operand::new([(1, 1)]), Operand::new([(1, 16)]), Operand::new([(dim, 16)])];
    let path = Path { segments: vec![0; 4], coefficients: vec![1.0; dim * dim] };
    Multilinear::new(operands, vec![path]).unwrap()
}

#[test]
fn layouts_that_lead_out_of_a_node_are_refused() {
    let plan = |features: SegmentLayout, result: SegmentLayout| {
        EdgeProduct::<f32>::new(Arch::new(), &scaling(3), (&[features], 48), (&[result], 48)).map(|_| ())
    };
    let sound = SegmentLayout { offset: 0, stride: 16 };
    assert_eq!(plan(sound, sound), Ok(()));
    let half = 1 << (usize::BITS - 1);
    for wild in [
        SegmentLayout { offset: 1, stride: 16 },
        // Wrapped round, these two would end inside.
        SegmentLayout { offset: 0, stride: half },
        SegmentLayout { offset: usize::MAX - 47, stride: 16 },
    ] {
        assert_eq!(plan(wild, sound), Err(PlanError::Outside { path: 0, operand: "the features", len: 48 }));
        assert_eq!(plan(sound, wild), Err(PlanError::Outside { path: 0, operand: "the result", len: 48 }));
    }
}

#[test]
fn maps_without_anything_to_compute_are_refused() {
    let empty = Multilinear::new(vec![Operand::default(); 4], vec![]).unwrap();
    assert_eq!(EdgeProduct::<f32>::new(Arch::new(), &empty, (&[], 0), (&[], 0)).unwrap_err(), PlanError::NoPaths);
    let operands = [(1, 16), (0, 1), (1, 16), (1, 16)].map(|segment| Operand::new([segment])).to_vec();
    let map = Multilinear::new(operands, vec![Path { segments: vec![0; 4], coefficients: vec![] }]).unwrap();
    let layout = [SegmentLayout { offset: 0, stride: 16 }];
    let error = EdgeProduct::<f32>::new(Arch::new(), &map, (&layout, 16), (&layout, 16)).unwrap_err();
    assert!(matches!(error, PlanError::Form { path: 0, .. }), "{error}");
}

#[test]
#[should_panic(expected = "a point lies outside")]
fn points_beyond_all_rows_panic() {
    let layout = [SegmentLayout { offset: 0, stride: 16 }];
    let product = EdgeProduct::<f64>::new(Arch::new(), &scaling(1), (&layout, 16), (&layout, 16)).unwrap();
    // Wrapped round, four rows from here on would end at row one.
    let points = [SplinePoint { row: usize::MAX - 2, ..SplinePoint::direct(0) }];
    let weights = EdgeWeights { points: &points, coefficients: &[0.0; 64], width: 16 };
    let edges = Edges { nodes: &[0], harmonics: &[1.0], weights };
    product.forward(edges, &[1.0; 16], &mut [0.0; 16], &mut EdgeScratch::default());
}

#[test]
fn maps_of_another_form_are_refused() {
    let operands =
        vec![Operand::new([(3, 16)]), Operand::new([(1, 1)]), Operand::new([(1, 16)]), Operand::new([(9, 16)])];
    let path = Path { segments: vec![0; 4], coefficients: vec![0.0; 27] };
    let map = Multilinear::new(operands, vec![path]).unwrap();
    let layout = [SegmentLayout { offset: 0, stride: 16 }];
    let error = EdgeProduct::<f32>::new(Arch::new(), &map, (&layout, 48), (&layout, 144)).unwrap_err();
    assert_eq!(error, PlanError::Dimension { path: 0, dims: [3, 9] });
}

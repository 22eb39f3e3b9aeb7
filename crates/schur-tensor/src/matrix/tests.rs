use super::*;

/// The definition, row by row.
fn oracle(a: &[f64], b: &[f64], (rows, inputs, outputs): (usize, usize, usize)) -> Vec<f64> {
    let mut c = vec![0.0; rows * outputs];
    for r in 0..rows {
        for j in 0..outputs {
            c[r * outputs + j] = (0..inputs).map(|k| a[r * inputs + k] * b[k * outputs + j]).sum();
        }
    }
    c
}

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.5
    };
    (0..count).map(|_| next()).collect()
}

fn check<T: Real>(rows: usize, inputs: usize, outputs: usize, tolerance: f64) {
    let (a, b) = (numbers(rows * inputs, 1), numbers(inputs * outputs, 2));
    let expected = oracle(&a, &b, (rows, inputs, outputs));
    let matrix = PackedMatrix::<T>::new(&b, inputs, outputs);
    // Three components a node, rows one padded row apart and a gap of 16 between nodes.
    let layout =
        |width: usize| RowLayout { offset: 16, node_stride: 3 * width + 16, components: 3, component_stride: width };
    let (from, to) = (layout(matrix.inputs()), layout(matrix.outputs()));
    let mut source = vec![T::ZERO; from.end(rows, matrix.inputs()).unwrap().max(1)];
    for r in 0..rows {
        for k in 0..inputs {
            source[from.start(r) + k] = T::from_f64(a[r * inputs + k]);
        }
    }
    for arch in crate::instruction_sets() {
        let mut product = vec![T::ONE; to.end(rows, matrix.outputs()).unwrap().max(1)];
        matrix.multiply(arch, rows, (&source, from), (&mut product, to), false);
        matrix.multiply(arch, rows, (&source, from), (&mut product, to), true);
        for r in 0..rows {
            for j in 0..outputs {
                let (value, exact) = (product[to.start(r) + j].to_f64(), 2.0 * expected[r * outputs + j]);
                assert!((value - exact).abs() < tolerance, "{arch:?} row {r} column {j}: {value} is not {exact}");
            }
        }
    }
}

#[test]
fn products_match_the_definition() {
    for (rows, inputs, outputs) in [(1, 16, 16), (7, 32, 64), (14, 33, 5), (20, 48, 112), (3, 128, 224), (0, 16, 16)] {
        check::<f32>(rows, inputs, outputs, 2e-6 * inputs as f64);
        check::<f64>(rows, inputs, outputs, 1e-14 * inputs as f64);
    }
}

#[test]
#[should_panic(expected = "outside")]
fn rows_outside_the_slice_panic() {
    let matrix = PackedMatrix::<f32>::new(&[1.0], 1, 1);
    let layout = RowLayout { offset: 0, node_stride: 16, components: 1, component_stride: 16 };
    matrix.multiply(Arch::new(), 2, (&[0.0; 31], layout), (&mut [0.0; 32], layout), false);
}

/// Wrapped round, these ends would lie inside a slice.
#[test]
fn rows_beyond_all_memory_have_no_end() {
    let sound = RowLayout { offset: 0, node_stride: 16, components: 1, component_stride: 16 };
    assert_eq!(sound.end(3, 16), Some(48));
    let half = 1 << (usize::BITS - 1);
    for wild in [
        RowLayout { node_stride: half, ..sound },
        RowLayout { offset: usize::MAX - 47, ..sound },
        RowLayout { components: 3, component_stride: half, ..sound },
        RowLayout { components: 0, ..sound },
    ] {
        assert_eq!(wild.end(3, 16), None, "{wild:?}");
    }
}

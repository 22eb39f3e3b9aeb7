//! The connection modes of e3nn written as sums by hand, and what they cost.

use schur_multilinear::{Connection, Modes, Multilinear, MultilinearError, Operand, Path};
use schur_testkit::{Random, assert_close};

const DIMS: [usize; 3] = [3, 2, 2];

/// Channels of x, y and z in a connection.
fn channels(connection: Connection) -> [usize; 3] {
    match connection {
        Connection::Uvw => [2, 3, 4],
        Connection::Uvu => [2, 3, 2],
        Connection::Uvv => [2, 3, 3],
        Connection::Uuw => [2, 2, 4],
        Connection::Uuu => [2, 2, 2],
        Connection::Uvuv => [2, 3, 6],
    }
}

/// The weight of a triple of channels and the channel of the result, for triples that meet.
fn meeting(connection: Connection, [u, v, w]: [usize; 3]) -> Option<(usize, usize)> {
    match connection {
        Connection::Uvw => Some(((u * 3 + v) * 4 + w, w)),
        Connection::Uvu => (w == u).then_some((u * 3 + v, u)),
        Connection::Uvv => (w == v).then_some((u * 3 + v, v)),
        Connection::Uuw => (u == v).then_some((u * 4 + w, w)),
        Connection::Uuu => (u == v && v == w).then_some((u, u)),
        Connection::Uvuv => (w == u * 3 + v).then_some((w, w)),
    }
}

#[test]
fn connections_are_the_sums_of_e3nn() {
    let mut random = Random::new(11);
    let [d1, d2, d3] = DIMS;
    let coefficients = random.normals(d1 * d2 * d3);
    use Connection::{Uuu, Uuw, Uvu, Uvuv, Uvv, Uvw};
    for connection in [Uvw, Uvu, Uvv, Uuw, Uuu, Uvuv] {
        let [n1, n2, n3] = channels(connection);
        let z = if connection == Uvuv { Operand::with_extents([(d3, vec![2, 3])]) } else { Operand::new([(d3, n3)]) };
        let operands = [Operand::new([(d1, n1)]), Operand::new([(d2, n2)]), z];
        let paths = vec![Path { segments: vec![0; 3], coefficients: coefficients.clone() }];
        let map = Multilinear::weighted_product(connection, operands.clone(), paths.clone()).unwrap();
        let weights = random.normals(map.operands()[0].len());
        let (x, y) = (random.normals(d1 * n1), random.normals(d2 * n2));
        let sum = |weights: &dyn Fn(usize) -> f64| {
            let mut sum = vec![0.0; d3 * n3];
            for (u, v, w) in (0..n1).flat_map(|u| (0..n2).flat_map(move |v| (0..n3).map(move |w| (u, v, w)))) {
                let Some((weight, channel)) = meeting(connection, [u, v, w]) else { continue };
                for (flat, c) in coefficients.iter().enumerate() {
                    let (i, j, k) = (flat / (d2 * d3), flat / d3 % d2, flat % d3);
                    sum[k * n3 + channel] += c * weights(weight) * x[i * n1 + u] * y[j * n2 + v];
                }
            }
            sum
        };
        let name = format!("{connection:?}");
        assert_close(&name, &map.evaluate(&[&weights, &x, &y]).unwrap(), &sum(&|w| weights[w]), 1e-13, 1e-13);
        let plain = Multilinear::with_modes(connection.modes(false), operands.to_vec(), paths).unwrap();
        assert_close(&name, &plain.evaluate(&[&x, &y]).unwrap(), &sum(&|_| 1.0), 1e-13, 1e-13);
    }
}

/// Channels 128x0e + 64x1o to 32x0e + 64x1o: a matrix for each pair of equal irreps.
#[test]
fn linear_layers_have_a_matrix_for_each_pair() {
    let (x, z) = (Operand::new([(1, 128), (3, 64)]), Operand::new([(1, 32), (3, 64)]));
    let linear = Multilinear::linear(x.clone(), z.clone(), &[(0, 0), (1, 1)]).unwrap();
    assert_eq!(linear.to_string(), "uv,u,v: 8192 x 320 -> 224 numbers, 2 paths, 16384 products");
    let cost = linear.cost();
    assert_eq!((cost.flops, cost.reads, cost.writes), (3 * 16384, 8512, 224));
    assert_eq!((cost.bytes::<f32>(), cost.bytes::<f64>()), (34944, 69888));
    let (mut weights, mut input) = (vec![0.0; 8192], vec![0.0; 320]);
    // Channel 5 of the vectors to channel 7.
    weights[128 * 32 + 5 * 64 + 7] = 2.0;
    (input[128 + 5], input[128 + 64 + 5], input[128 + 128 + 5]) = (1.0, 3.0, 5.0);
    let result = linear.evaluate(&[&weights, &input]).unwrap();
    let hit: Vec<(usize, f64)> = result.into_iter().enumerate().filter(|(_, value)| *value != 0.0).collect();
    assert_eq!(hit, [(32 + 7, 2.0), (32 + 64 + 7, 6.0), (32 + 128 + 7, 10.0)]);
    let error = Multilinear::linear(x.clone(), z.clone(), &[(0, 1)]).unwrap_err();
    assert_eq!(error, MultilinearError::Coefficients { path: 0, dims: vec![1, 3], found: 1 });
    let error = Multilinear::linear(x, z, &[(2, 0)]).unwrap_err();
    assert_eq!(error, MultilinearError::NoSuchSegment { path: 0, operand: 0, segment: 2, available: 2 });
}

/// Multiplicities of SevenNet: 128, 64 and 32 channels, harmonics with one.
#[test]
fn mixed_multiplicities_become_paths_of_one_extent() {
    let features = Operand::new([(1, 128), (3, 64), (5, 32)]);
    let operands = vec![features.clone(), Operand::new([(1, 1)]), features];
    let identity = |dim: usize| (0..dim * dim).map(|i| f64::from(u8::from(i / dim == i % dim))).collect();
    let path = |(index, dim)| Path { segments: vec![index, 0, index], coefficients: identity(dim) };
    let map = Multilinear::new(operands, [1, 3, 5].into_iter().enumerate().map(path).collect()).unwrap();
    assert_eq!(map.common_extent('u'), 32);
    let uniform = map.uniform('u').unwrap();
    assert_eq!(uniform.paths().len(), 4 + 3 * 2 + 5);
    assert!(uniform.has_shared_channels() && uniform.paths().iter().all(|path| uniform.extent(path, 'u') == 32));
    let x: Vec<f64> = (0..480).map(f64::from).collect();
    assert_eq!(uniform.evaluate(&[&x, &[2.0]]).unwrap(), map.evaluate(&[&x, &[2.0]]).unwrap());
}

#[test]
fn changes_that_cannot_be_made_are_named() {
    let with = |text: &str, extents: &[usize]| {
        let modes: Modes = text.parse().unwrap();
        let operands = vec![Operand::with_extents([(2, extents.to_vec())]); 2];
        let path = Path { segments: vec![0, 0], coefficients: vec![1.0; 4] };
        Multilinear::with_modes(modes, operands, vec![path]).unwrap()
    };
    let map = with("uv,uv", &[6, 4]);
    let modes = || "uv,uv".to_owned();
    let error = map.split_mode('u', 'w', 4).unwrap_err();
    assert_eq!(error, MultilinearError::Indivisible { operand: 0, segment: 0, extent: 6, inner: 4 });
    assert!(map.split_mode('u', 'w', 0).is_err());
    assert_eq!(map.split_mode('u', 'v', 2).unwrap_err(), MultilinearError::ModeTaken { letter: 'v', modes: modes() });
    assert_eq!(map.split_mode('x', 'w', 2).unwrap_err(), MultilinearError::NoSuchMode { letter: 'x', modes: modes() });
    assert_eq!(map.unroll_mode('u').unwrap_err(), MultilinearError::NotContiguous { operand: 0, letter: 'u' });
    let error = map.merge_modes('v', 'u').unwrap_err();
    assert_eq!(error, MultilinearError::Separate { operand: 0, outer: 'v', inner: 'u' });
    assert_eq!(map.merge_modes('u', 'v').unwrap().operands()[0], Operand::new([(2, 24)]));
    assert_eq!(map.symmetrise(&[0]).unwrap().paths(), map.paths());
    assert_eq!(with("uv,uv", &[6, 1]).squeeze_modes(), with("u,u", &[6]));
    let wide = Operand::new([(1 << 25, 1)]);
    let error = Multilinear::new(vec![wide; 2], vec![]).unwrap().flatten_components().unwrap_err();
    assert_eq!(error, MultilinearError::TooManySegments { operand: 0, most: 1 << 24 });
}

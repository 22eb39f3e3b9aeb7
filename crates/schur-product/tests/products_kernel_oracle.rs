//! The kernels run every named product as its definition says, in both precisions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use schur_multilinear::{Argument, ChannelwisePlan, ChannelwiseWorkspace};
use schur_product::products::{Mode, Product, Task, all_products};
use schur_tensor::{Real, pulp::Arch};
use schur_testkit::{Random, assert_close};

const CHANNELS: usize = 5;
const ITEMS: usize = 3;

fn run<T: Real>(product: &Product, arguments: &[Vec<f64>]) -> Vec<f64> {
    let circuit = product.circuit();
    let plan = ChannelwisePlan::<T>::new(Arch::new(), &circuit, &vec![Argument::per_item(CHANNELS); arguments.len()]);
    let plan = plan.unwrap();
    let arguments: Vec<Vec<T>> = arguments.iter().map(|a| a.iter().map(|&x| T::from_f64(x)).collect()).collect();
    let slices: Vec<&[T]> = arguments.iter().map(Vec::as_slice).collect();
    let mut result = vec![T::ZERO; ITEMS * circuit.outputs() * CHANNELS];
    plan.forward(ITEMS, &slices, &mut result, &mut ChannelwiseWorkspace::default()).unwrap();
    result.into_iter().map(T::to_f64).collect()
}

/// `[item][component][channel]`, channel by channel through the factors.
fn expected(product: &Product, arguments: &[Vec<f64>]) -> Vec<f64> {
    let rows = product.output().dim();
    let mut result = vec![0.0; ITEMS * rows * CHANNELS];
    for item in 0..ITEMS {
        for channel in 0..CHANNELS {
            let one: Vec<Vec<f64>> = arguments
                .iter()
                .map(|a| {
                    let item = &a[item * a.len() / ITEMS..(item + 1) * a.len() / ITEMS];
                    item.iter().skip(channel).step_by(CHANNELS).copied().collect()
                })
                .collect();
            let weights = one.get(2).cloned().unwrap_or_default();
            for (row, z) in product.evaluate(&one[0], &one[1], &weights).unwrap().into_iter().enumerate() {
                result[(item * rows + row) * CHANNELS + channel] = z;
            }
        }
    }
    result
}

#[test]
fn plans_run_every_named_product() {
    for (l_max, weights) in [(2, true), (2, false), (4, true)] {
        let mut task = Task { weights, ..Task::new(l_max, Mode::Mimo) };
        task.cp.sweeps = 2;
        for (_, product) in all_products(&task, &mut ChaCha8Rng::seed_from_u64(3)) {
            let Ok(product) = product else { continue };
            let mut random = Random::new(9);
            let mut sizes = vec![product.left().dim(), product.right().dim()];
            sizes.extend((product.weights() > 0).then(|| product.weights()));
            let arguments: Vec<Vec<f64>> =
                sizes.into_iter().map(|size| random.normals(ITEMS * size * CHANNELS)).collect();
            let exact = expected(&product, &arguments);
            let scale = exact.iter().fold(0.0_f64, |largest, z| largest.max(z.abs()));
            assert_close(product.name(), &run::<f64>(&product, &arguments), &exact, 0.0, 1e-12 * scale);
            assert_close(product.name(), &run::<f32>(&product, &arguments), &exact, 0.0, 2e-5 * scale);
        }
    }
}

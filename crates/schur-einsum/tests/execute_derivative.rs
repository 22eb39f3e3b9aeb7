//! Reverse mode and tangents: against finite differences, against each other, and of a maximum.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_einsum::execute::{Derivative, ExecuteError, Tape};
use schur_einsum::{Contraction, Order};
use schur_tensor::semiring::{Arithmetic, Differentiable, LogSumExp, MaxPlus};
use schur_tensor::{Tensor, View};

fn contraction(operands: Vec<Vec<usize>>, output: Vec<usize>, sizes: Vec<usize>) -> Contraction {
    let names = (0..sizes.len()).map(|index| format!("i{index}")).collect();
    Contraction::new(operands, output, sizes, names).unwrap()
}

fn contractions() -> impl Strategy<Value = Contraction> {
    prop::collection::vec(1_usize..4, 1..5).prop_flat_map(|sizes| {
        let indices = || prop::collection::vec(0..sizes.len(), 0..4);
        (prop::collection::vec(indices(), 1..5), indices(), Just(sizes.clone()))
            .prop_map(|(operands, output, sizes)| contraction(operands, output, sizes))
    })
}

/// Numbers of a fixed sequence between -1 and 1.
fn fill(shape: &[usize], seed: u64) -> Tensor<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    Tensor::from_fn(shape, |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    })
    .unwrap()
}

struct Case {
    contraction: Contraction,
    derivative: Derivative,
    operands: Vec<Tensor<f64>>,
}

impl Case {
    fn new(contraction: Contraction) -> Self {
        let derivative = Derivative::new(&contraction, &Order::left_to_right(&contraction)).unwrap();
        let count = contraction.operands().len();
        let operands = (0..count).map(|k| fill(&contraction.operand_shape(k).unwrap(), k as u64 + 1)).collect();
        Self { contraction, derivative, operands }
    }

    fn len(&self) -> usize {
        self.contraction.output_shape().iter().product()
    }

    fn value<S: Differentiable<Element = f64>>(&self, semiring: &S, operands: &[Tensor<f64>]) -> Vec<f64> {
        let views: Vec<View<'_, f64>> = operands.iter().map(Tensor::view).collect();
        let mut result = vec![7.0; self.len()];
        self.derivative.forward(semiring, &views, &mut result, &mut Tape::default()).unwrap();
        result
    }

    /// The gradients of the sum of cotangents times results.
    fn gradients<S: Differentiable<Element = f64>>(&self, semiring: &S, cotangent: &[f64]) -> Vec<Vec<f64>> {
        let views: Vec<View<'_, f64>> = self.operands.iter().map(Tensor::view).collect();
        let mut tape = Tape::default();
        let mut result = vec![7.0; self.len()];
        self.derivative.forward(semiring, &views, &mut result, &mut tape).unwrap();
        let mut gradients: Vec<Vec<f64>> =
            self.operands.iter().map(|operand| vec![0.0; operand.data().len()]).collect();
        let mut slots: Vec<Option<&mut [f64]>> = gradients.iter_mut().map(|list| Some(list.as_mut_slice())).collect();
        self.derivative.backward(semiring, &views, &result, cotangent, &mut slots, &mut tape).unwrap();
        gradients
    }

    fn tangent<S: Differentiable<Element = f64>>(&self, semiring: &S, tangents: &[Option<&Tensor<f64>>]) -> Vec<f64> {
        let views: Vec<View<'_, f64>> = self.operands.iter().map(Tensor::view).collect();
        let tangents: Vec<Option<View<'_, f64>>> = tangents.iter().map(|tangent| tangent.map(Tensor::view)).collect();
        let mut tape = Tape::default();
        let (mut result, mut tangent) = (vec![7.0; self.len()], vec![7.0; self.len()]);
        self.derivative.forward(semiring, &views, &mut result, &mut tape).unwrap();
        self.derivative.tangent(semiring, &views, &result, &tangents, &mut tangent, &mut tape).unwrap();
        tangent
    }

    /// The derivative of the result along a direction of one operand, by central differences.
    fn difference<S: Differentiable<Element = f64>>(
        &self,
        semiring: &S,
        operand: usize,
        along: &Tensor<f64>,
    ) -> Vec<f64> {
        let moved = |step: f64| {
            let mut operands = self.operands.clone();
            operands[operand].data_mut().iter_mut().zip(along.data()).for_each(|(x, t)| *x += step * t);
            self.value(semiring, &operands)
        };
        moved(STEP).iter().zip(moved(-STEP)).map(|(up, down)| (up - down) / (2.0 * STEP)).collect()
    }
}

/// Central differences err by its square times third derivatives, and by rounding over it.
const STEP: f64 = 1e-4;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Sums of up to some hundred products of numbers below one.
fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

fn check<S: Differentiable<Element = f64>>(semiring: &S, case: &Case) {
    let cotangent = fill(&case.contraction.output_shape(), 99);
    let gradients = case.gradients(semiring, cotangent.data());
    for (k, gradient) in gradients.iter().enumerate() {
        let along = fill(case.operands[k].shape(), 50 + k as u64);
        let mut tangents = vec![None; gradients.len()];
        tangents[k] = Some(&along);
        let tangent = case.tangent(semiring, &tangents);
        let (up, down) = (dot(&tangent, cotangent.data()), dot(gradient, along.data()));
        assert!(close(up, down, 1e-12), "operand {k}: tangent {up}, gradient {down}");
        let difference = case.difference(semiring, k, &along);
        for (place, (tangent, difference)) in tangent.iter().zip(&difference).enumerate() {
            // Zeros beside a diagonal of the result are -inf in logarithms, and at rest.
            assert!(difference.is_nan() || close(*tangent, *difference, 1e-6), "{place}: {tangent}, {difference}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn derivatives_of_real_contractions(contraction in contractions()) {
        check(&Arithmetic::<f64>::new(), &Case::new(contraction));
    }

    #[test]
    fn derivatives_of_sums_of_exponentials(contraction in contractions()) {
        check(&LogSumExp::<f64>::new(), &Case::new(contraction));
    }
}

#[test]
fn the_gradient_of_a_longest_path_marks_the_path() {
    // Two steps from one place to another over three stations.
    let case = Case {
        operands: vec![
            Tensor::new(&[3], vec![1.0, 5.0, 2.0]).unwrap(),
            Tensor::new(&[3], vec![4.0, 1.0, 2.0]).unwrap(),
        ],
        ..Case::new(contraction(vec![vec![0], vec![0]], vec![], vec![3]))
    };
    let semiring = MaxPlus::<f64>::new();
    assert_eq!(case.value(&semiring, &case.operands), [6.0]);
    // Through station 1: 5 + 1 is the largest sum.
    assert_eq!(case.gradients(&semiring, &[1.0]), [vec![0.0, 1.0, 0.0], vec![0.0, 1.0, 0.0]]);
}

#[test]
fn what_is_not_asked_for_is_not_touched() {
    let case = Case::new(contraction(vec![vec![0, 1], vec![1, 2], vec![2]], vec![0], vec![2, 3, 4]));
    let semiring = Arithmetic::<f64>::new();
    let all = case.gradients(&semiring, &[1.0, 2.0]);
    let views: Vec<View<'_, f64>> = case.operands.iter().map(Tensor::view).collect();
    let (mut tape, mut result, mut gradient) = (Tape::default(), vec![0.0; 2], vec![100.0; 12]);
    case.derivative.forward(&semiring, &views, &mut result, &mut tape).unwrap();
    let mut slots = [None, Some(gradient.as_mut_slice()), None];
    case.derivative.backward(&semiring, &views, &result, &[1.0, 2.0], &mut slots, &mut tape).unwrap();
    let expected: Vec<f64> = all[1].iter().map(|slope| slope + 100.0).collect();
    for (found, expected) in gradient.iter().zip(expected) {
        assert!(close(*found, expected, 1e-13), "gradients are added to what is there");
    }
}

#[test]
fn sliced_orders_and_short_gradients_are_refused() {
    let product = contraction(vec![vec![0, 1], vec![1, 2]], vec![0, 2], vec![2, 3, 4]);
    let sliced = Order::new(&product, vec![[0, 1]], vec![1]).unwrap();
    assert!(matches!(Derivative::new(&product, &sliced), Err(ExecuteError::Sliced { sliced: 1 })));
    let case = Case::new(product);
    let views: Vec<View<'_, f64>> = case.operands.iter().map(Tensor::view).collect();
    let (mut tape, mut result, mut short) = (Tape::default(), vec![0.0; 8], vec![0.0; 5]);
    let semiring = Arithmetic::<f64>::new();
    case.derivative.forward(&semiring, &views, &mut result, &mut tape).unwrap();
    let mut slots = [Some(short.as_mut_slice()), None];
    let error = case.derivative.backward(&semiring, &views, &result, &[0.0; 8], &mut slots, &mut tape).unwrap_err();
    assert_eq!(error, ExecuteError::Gradient { operand: 0, expected: 6, found: 5 });
}

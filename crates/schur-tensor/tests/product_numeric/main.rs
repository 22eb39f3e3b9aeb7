//! The kernels of real and complex numbers against the definition, on small integers, whose sums are exact.

use proptest::prelude::*;
use schur_tensor::{
    instruction_sets,
    product::{Mode, Number, Product, Reduction, Strided},
    pulp::{Arch, num_complex::Complex},
    semiring::{Arithmetic, Semiring},
};

mod layout;

use layout::{Layout, Problem, problems, reductions};

type C32 = Complex<f32>;
type C64 = Complex<f64>;

/// A number from two small integers.
trait Whole: Number {
    fn whole(re: i32, im: i32) -> Self;
    fn multiply(arch: Arch, problem: &Problem, operands: [&[Self]; 2], result: &mut [Self], mode: Mode);
    fn sum(arch: Arch, reduction: (&Reduction, [usize; 2]), source: &[Self], result: &mut [Self], mode: Mode);
}

macro_rules! impl_whole {
    ($T:ty, $re:ident, $im:ident, $value:expr) => {
        impl Whole for $T {
            fn whole($re: i32, $im: i32) -> Self {
                $value
            }
            fn multiply(arch: Arch, problem: &Problem, operands: [&[Self]; 2], result: &mut [Self], mode: Mode) {
                let (arithmetic, mut scratch) = (Arithmetic::<$T>::with_instructions(arch), Vec::new());
                let Problem { product, starts, .. } = problem;
                arithmetic.product_from(*starts, product, operands, result, (mode, &mut scratch));
            }
            fn sum(arch: Arch, plan: (&Reduction, [usize; 2]), source: &[Self], result: &mut [Self], mode: Mode) {
                Arithmetic::<$T>::with_instructions(arch).reduce_from(plan.1, plan.0, source, result, mode);
            }
        }
    };
}

impl_whole!(f32, re, _im, re as f32);
impl_whole!(f64, re, _im, f64::from(re));
impl_whole!(C32, re, im, C32::new(re as f32, im as f32));
impl_whole!(C64, re, im, C64::new(f64::from(re), f64::from(im)));

/// Small integers from a linear congruential generator (Knuth's MMIX constants).
fn numbers<T: Whole>(count: usize, seed: u64) -> Vec<T> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as i32 % 5 - 2
    };
    (0..count).map(|_| T::whole(next(), next())).collect()
}

/// Every multi-index of some axes, as offsets.
fn offsets<const N: usize>(axes: &[Strided<N>]) -> Vec<[isize; N]> {
    axes.iter().fold(vec![[0; N]], |list, axis| {
        let step = |i: usize| axis.strides.map(|stride| stride * i as isize);
        list.iter()
            .flat_map(|&start| (0..axis.size).map(move |i| std::array::from_fn(|n| start[n] + step(i)[n])))
            .collect()
    })
}

/// The definition.
fn oracle<T: Whole>(problem: &Problem, operands: [&[T]; 2], result: &mut [T], mode: Mode) {
    let Problem { product, starts, .. } = problem;
    let at = |tensor: usize, offset: isize| (starts[tensor] as isize + offset) as usize;
    let inner = offsets(&product.inner);
    for [lb, rb, zb] in offsets(&product.batch) {
        for [lm, zm] in offsets(&product.rows) {
            for [rn, zn] in offsets(&product.columns) {
                let target = &mut result[at(2, zb + zm + zn)];
                let mut sum = if mode == Mode::Add { *target } else { T::ZERO };
                for &[lk, rk] in &inner {
                    sum = sum + operands[0][at(0, lb + lm + lk)] * operands[1][at(1, rb + rn + rk)];
                }
                *target = sum;
            }
        }
    }
}

fn check<T: Whole>(problem: &Problem) {
    let [left, right] = [0, 1].map(|which| numbers::<T>(problem.lengths[which], which as u64 + 1));
    for mode in [Mode::Overwrite, Mode::Add] {
        let mut expected = numbers::<T>(problem.lengths[2], 3);
        oracle(problem, [&left, &right], &mut expected, mode);
        for arch in instruction_sets() {
            let mut found = numbers::<T>(problem.lengths[2], 3);
            T::multiply(arch, problem, [&left, &right], &mut found, mode);
            assert!(found == expected, "{} with {arch:?}, {mode:?}: {problem:?}", std::any::type_name::<T>());
        }
    }
}

fn check_all(problem: &Problem) {
    check::<f32>(problem);
    check::<f64>(problem);
    check::<C32>(problem);
    check::<C64>(problem);
}

fn check_sum<T: Whole>(reduction: &Reduction, starts: [usize; 2], lengths: [usize; 2]) {
    let source = numbers::<T>(lengths[0], 1);
    for mode in [Mode::Overwrite, Mode::Add] {
        let mut expected = numbers::<T>(lengths[1], 2);
        for [from, to] in offsets(&reduction.kept) {
            let target = &mut expected[(starts[1] as isize + to) as usize];
            let first = if mode == Mode::Add { *target } else { T::ZERO };
            let terms = offsets(&reduction.summed).into_iter();
            *target = terms.fold(first, |sum, [k]| sum + source[(starts[0] as isize + from + k) as usize]);
        }
        for arch in instruction_sets() {
            let mut found = numbers::<T>(lengths[1], 2);
            T::sum(arch, (reduction, starts), &source, &mut found, mode);
            assert!(found == expected, "{} with {arch:?}, {mode:?}: {reduction:?}", std::any::type_name::<T>());
        }
    }
}

fn check_all_sums(reduction: &Reduction, starts: [usize; 2], lengths: [usize; 2]) {
    check_sum::<f32>(reduction, starts, lengths);
    check_sum::<f64>(reduction, starts, lengths);
    check_sum::<C32>(reduction, starts, lengths);
    check_sum::<C64>(reduction, starts, lengths);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any axes: of all four groups, of sizes 0 and 1, in any order in each tensor, apart, backwards, repeated.
    #[test]
    fn products_of_any_axes_match_the_definition(problem in problems(7, 4)) {
        check_all(&problem);
    }

    #[test]
    fn products_of_long_axes_match_the_definition(problem in problems(3, 40)) {
        check_all(&problem);
    }

    #[test]
    fn sums_of_any_axes_match_the_definition((reduction, starts, lengths) in reductions(8, 4)) {
        check_all_sums(&reduction, starts, lengths);
    }

    #[test]
    fn sums_of_long_axes_match_the_definition((reduction, starts, lengths) in reductions(3, 90)) {
        check_all_sums(&reduction, starts, lengths);
    }
}

/// Every block and its rest, every order of two operands and result.
#[test]
fn matrices_of_all_orders_match_the_definition() {
    let sizes = [(2, 3, 600), (13, 17, 33), (64, 50, 64), (200, 7, 40), (5, 3100, 9), (37, 45, 519), (96, 97, 16)];
    for (number, (m, n, k)) in sizes.into_iter().enumerate() {
        for order in 0..8 {
            let problem = Problem::matrices(1, (m, n, k), order, Layout::Slow);
            match (number + order) % 4 {
                0 => check::<f32>(&problem),
                1 => check::<f64>(&problem),
                2 => check::<C32>(&problem),
                _ => check::<C64>(&problem),
            }
        }
    }
}

/// Many small matrices, batch first and batch last.
#[test]
fn batches_match_the_definition() {
    for (batch, m, n, k) in
        [(37, 3, 3, 3), (20, 8, 5, 7), (300, 2, 1, 4), (19, 16, 16, 16), (70, 1, 1, 5), (18, 30, 20, 40)]
    {
        for order in 0..8 {
            for layout in [Layout::Slow, Layout::Fast] {
                check_all(&Problem::matrices(batch, (m, n, k), order, layout));
            }
        }
    }
}

#[test]
fn vectors_match_the_definition() {
    for (m, n, k) in [(700, 1, 90), (1, 700, 90), (1, 1, 3000), (600, 1, 3), (33, 600, 1), (1100, 1, 1)] {
        for order in 0..8 {
            check_all(&Problem::matrices(1, (m, n, k), order, Layout::Slow));
        }
    }
}

/// Twelve axes of two, reversed; six of three.
#[test]
fn permutations_of_many_axes_match_the_definition() {
    for (size, count) in [(2, 13), (3, 7), (5, 4), (12, 3)] {
        let strides: Vec<isize> = (0..count).map(|axis| (size as isize).pow(axis)).collect();
        let rotated = |by: usize| strides.iter().cycle().skip(by).take(strides.len()).copied();
        let orders: Vec<Vec<isize>> =
            vec![strides.iter().rev().copied().collect(), rotated(1).collect(), rotated(2).collect()];
        for order in orders {
            let kept = strides.iter().zip(&order).map(|(&from, &to)| Strided { size, strides: [from, to] }).collect();
            let reduction = Reduction { kept, summed: Vec::new() };
            check_all_sums(&reduction, [0; 2], [size.pow(count); 2]);
        }
    }
}

/// Results that meet are left to the plain loops: the last one written stays.
#[test]
fn results_that_meet_are_those_of_the_plain_loops() {
    let rows = vec![Strided { size: 20, strides: [1, 3] }, Strided { size: 30, strides: [20, 2] }];
    let product = Product { rows, inner: vec![Strided { size: 3, strides: [600, 1] }], ..Product::default() };
    let problem = Problem { product, starts: [0; 3], lengths: [1800, 3, 120] };
    check_all(&problem);
}

#[test]
fn one_product_of_each_kind_needs_no_room() {
    let product = Product { inner: vec![Strided { size: 0, strides: [1, 1] }], ..Product::default() };
    let mut result = [3.0];
    let empty: [&[f32]; 2] = [&[], &[]];
    Arithmetic::<f32>::new().product(&product, empty, &mut result, Mode::Add, &mut Vec::new()).unwrap();
    assert_eq!(result, [3.0]);
    Arithmetic::<f32>::new().product(&product, empty, &mut result, Mode::Overwrite, &mut Vec::new()).unwrap();
    assert_eq!(result, [0.0]);
}

/// Results of more than 16 MB are written past the caches, whole lines of them, wherever they begin.
#[test]
fn large_results_written_past_the_caches_match_the_definition() {
    let (rows, columns) = (1503, 1501);
    for start in [0, 1, 7] {
        let kept = vec![
            Strided { size: rows, strides: [columns as isize, 1] },
            Strided { size: columns, strides: [1, rows as isize] },
        ];
        let reduction = Reduction { kept, summed: Vec::new() };
        let source: Vec<f64> = (0..rows * columns).map(|i| i as f64).collect();
        let mut result = vec![-1.0; start + rows * columns + 1];
        Arithmetic::<f64>::new().reduce_from([0, start], &reduction, &source, &mut result, Mode::Overwrite);
        let expected = |place: usize| (place % rows * columns + place / rows) as f64;
        assert!((0..rows * columns).all(|place| result[start + place] == expected(place)), "from {start} on");
        assert!(result[..start].iter().all(|&x| x == -1.0) && result[start + rows * columns] == -1.0);
    }
}

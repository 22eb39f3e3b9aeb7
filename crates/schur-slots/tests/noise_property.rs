//! The machine that errs: results stay within its bound, the bound follows the noise, levels run out.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/definition.rs"]
mod definition;
#[path = "support/letters.rs"]
mod letters;
#[path = "support/operands.rs"]
mod operands;

use definition::value;
use letters::contraction;
use operands::operands;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use schur_slots::{Noise, NoisyError, NoisyMachine, Options, RunError, lower};

const SLOTS: usize = 4096;
const LEVELS: usize = 6;

fn machine(noise: Noise, levels: usize, seed: u64) -> NoisyMachine<ChaCha8Rng> {
    NoisyMachine::new(SLOTS, levels, noise, ChaCha8Rng::seed_from_u64(seed))
}

const EXPRESSIONS: [(&str, &[&[usize]]); 5] = [
    ("ij->ji", &[&[30, 30]]),
    ("ik,kj->ij", &[&[12, 16], &[16, 9]]),
    ("bik,bkj->bij", &[&[3, 8, 8], &[3, 8, 8]]),
    ("ij,jk,kl->il", &[&[7, 8], &[8, 8], &[8, 5]]),
    ("i,i->", &[&[1000], &[1000]]),
];

#[test]
fn results_are_within_the_bound_and_the_bound_is_of_use() {
    for (text, shapes) in EXPRESSIONS {
        let contraction = contraction(text, shapes);
        let program = lower(&contraction, SLOTS, &Options::default()).unwrap();
        let operands = operands(&contraction, 9);
        let exact = program.output().pack(&value(&contraction, &operands)).unwrap();
        for seed in 0..5 {
            let mut machine = machine(Noise::ckks(13, 40), LEVELS, seed);
            let results = program.run_encrypted(&mut machine, &operands).unwrap();
            let (mut error, mut bound) = (0.0_f64, 0.0_f64);
            for (result, exact) in results.iter().zip(&exact) {
                let result = result.as_ref().unwrap();
                let numbers = schur_slots::SlotMachine::decrypt(&mut machine, result).unwrap();
                for ((found, exact), limit) in numbers.iter().zip(exact).zip(result.bounds()) {
                    // Rounding of sums of up to 4096 products, which the bound does not know.
                    assert!((found - exact).abs() <= limit + 1e-12, "{text}: {found} {exact} {limit}");
                    (error, bound) = (error.max((found - exact).abs()), bound.max(*limit));
                }
                assert_eq!(result.level(), LEVELS - program.summary().depth, "{text}");
            }
            println!("{text}: error {error:.1e} within {bound:.1e}");
            // The bound adds up what partly cancels: the more terms, the further it is from the error.
            assert!(error > 1e-4 * bound && bound < 1e-2, "{text}: a bound of {bound} for an error of {error}");
        }
    }
}

#[test]
fn the_error_halves_with_each_bit_of_the_scale() {
    let contraction = contraction("ik,kj->ij", &[&[12, 16], &[16, 9]]);
    let program = lower(&contraction, SLOTS, &Options::default()).unwrap();
    let operands = operands(&contraction, 9);
    let exact = value(&contraction, &operands);
    let errors = [30, 31, 35].map(|log_scale| {
        let found = program.run(&mut machine(Noise::ckks(13, log_scale), LEVELS, 1), &operands).unwrap();
        found.data().iter().zip(exact.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    });
    // The same generator: the same noise, scaled, up to products of two errors.
    assert!((errors[0] / errors[1] - 2.0).abs() < 0.05, "{errors:?}");
    assert!((errors[0] / errors[2] - 32.0).abs() < 1.0, "{errors:?}");
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let contraction = contraction("ij->ji", &[&[30, 30]]);
    let program = lower(&contraction, SLOTS, &Options::default()).unwrap();
    let operands = operands(&contraction, 9);
    let run = |seed| program.run(&mut machine(Noise::ckks(13, 40), LEVELS, seed), &operands).unwrap();
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn too_few_levels_are_refused_at_the_instruction() {
    let contraction = contraction("ij,jk,kl->il", &[&[7, 8], &[8, 8], &[8, 5]]);
    let program = lower(&contraction, SLOTS, &Options::default()).unwrap();
    let (depth, operands) = (program.summary().depth, operands(&contraction, 9));
    assert!(program.run(&mut machine(Noise::ckks(13, 40), depth, 1), &operands).is_ok());
    match program.run(&mut machine(Noise::ckks(13, 40), depth - 1, 1), &operands) {
        Err(RunError::Machine { source: NoisyError::Levels { levels }, text, .. }) => {
            assert_eq!(levels, depth - 1);
            assert!(text.contains('*'), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

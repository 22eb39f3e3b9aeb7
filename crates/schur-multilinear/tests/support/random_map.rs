//! Random maps: ragged channels, channels that are summed, repeated or left out, equal arguments.

use schur_multilinear::{Multilinear, Operand, Path};
use schur_testkit::Random;

/// Coefficients are quarters, so that sums of them are exact in any order.
fn coefficient(random: &mut Random) -> f64 {
    if random.below(3) == 0 { 0.0 } else { random.below(17) as f64 / 4.0 - 2.0 }
}

fn letters(random: &mut Random) -> Vec<char> {
    let mut letters: Vec<char> = "uvw".chars().filter(|_| random.below(2) == 0).collect();
    if random.below(2) == 0 {
        letters.reverse();
    }
    letters
}

/// Segments of one to three components; extents 1, 2 or 4, rarely 0.
fn operand(random: &mut Random, letters: &[char]) -> Operand {
    const EXTENTS: [usize; 10] = [1, 1, 1, 2, 2, 2, 4, 4, 4, 0];
    let segments = 1 + random.below(3);
    Operand::with_extents((0..segments).map(|_| {
        let extents = letters.iter().map(|_| EXTENTS[random.below(EXTENTS.len())]).collect();
        (1 + random.below(3), extents)
    }))
}

/// A map of one to three arguments and up to eight paths.
pub fn map(random: &mut Random) -> Multilinear {
    let arguments = 1 + random.below(3);
    let mut modes: Vec<Vec<char>> = vec![letters(random)];
    let mut operands = vec![operand(random, &modes[0])];
    for index in 1..=arguments {
        if random.below(2) == 0 {
            modes.push(modes[index - 1].clone());
            operands.push(operands[index - 1].clone());
        } else {
            modes.push(letters(random));
            operands.push(operand(random, &modes[index]));
        }
    }
    let modes = modes.iter().map(|letters| letters.iter().collect()).collect::<Vec<String>>().join(",");
    let with_paths = |paths| Multilinear::with_modes(modes.parse().unwrap(), operands.clone(), paths);
    let mut paths = Vec::new();
    for _ in 0..8 {
        let segments: Vec<usize> = operands.iter().map(|operand| random.below(operand.segments().len())).collect();
        let size = segments.iter().zip(&operands).map(|(&s, operand)| operand.segments()[s].dim).product();
        let path = Path { segments, coefficients: (0..size).map(|_| coefficient(random)).collect() };
        if with_paths(vec![path.clone()]).is_ok() {
            paths.push(path);
        }
    }
    with_paths(paths).unwrap()
}

/// Normal numbers for each operand.
pub fn numbers(random: &mut Random, operands: &[Operand]) -> Vec<Vec<f64>> {
    operands.iter().map(|operand| random.normals(operand.len())).collect()
}

/// Slices of the same numbers.
pub fn slices(numbers: &[Vec<f64>]) -> Vec<&[f64]> {
    numbers.iter().map(Vec::as_slice).collect()
}

//! What several models say of one structure: the mean, and how far they are from it.

use schur_atoms::Structure;
use schur_potential::Evaluation;
use serde::Serialize;

/// The mean of several answers, and the root of their mean squared deviation from it.
#[derive(Debug)]
pub struct Consensus {
    /// Mean of everything; of magnetic moments if all models have them.
    pub mean: Evaluation,
    /// Deviations.
    pub spread: Spread,
}

/// Roots of mean squared deviations from the mean, `1/n` with `n` models.
#[derive(Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Of the energy, eV.
    pub energy: f64,
    /// Of the force on each atom, eV/Å: the root of $\langle |F - \langle F \rangle|^2 \rangle$, the model deviation
    /// of Zhang et al., Comput. Phys. Commun. 253 (2020) 107206, eq. 4.
    pub forces: Vec<f64>,
    /// Of each component of the stress, eV/Å^3; null without a periodic cell.
    pub stress: Option<[f64; 6]>,
}

impl Consensus {
    /// Puts answers for one structure together; there is at least one, and all hold what was asked for.
    pub fn of(answers: &[Evaluation], structure: &Structure) -> Self {
        let mean = mean(answers);
        let count = answers.len() as f64;
        let root = |squares: f64| (squares / count).sqrt();
        let energy = root(answers.iter().map(|answer| (answer.energy - mean.energy).powi(2)).sum());
        let force = |atom: usize| {
            let squares = answers.iter().flat_map(|answer| {
                let pairs = answer.forces[atom].into_iter().zip(mean.forces[atom]);
                pairs.map(|(force, mean)| (force - mean).powi(2))
            });
            root(squares.sum())
        };
        let stresses: Option<Vec<_>> = answers.iter().map(|answer| answer.stress(structure)).collect();
        let stress = stresses.zip(mean.stress(structure)).map(|(all, mean)| {
            std::array::from_fn(|i| root(all.iter().map(|stress| (stress[i] - mean[i]).powi(2)).sum()))
        });
        let forces = (0..mean.forces.len()).map(force).collect();
        Self { mean, spread: Spread { energy, forces, stress } }
    }
}

fn mean(answers: &[Evaluation]) -> Evaluation {
    let mut sum = answers[0].clone();
    if answers.iter().any(|answer| answer.magnetic_moments.is_empty()) {
        sum.magnetic_moments.clear();
    }
    let each = |sum: &mut Evaluation, action: &mut dyn FnMut(&mut f64, usize)| {
        let Evaluation { energy, energies, forces, virial, virials, magnetic_moments } = sum;
        let virials = virials.as_flattened_mut().as_flattened_mut();
        let parts = forces.as_flattened_mut().iter_mut().chain(virial.as_flattened_mut()).chain(virials);
        // Last, since not every model has them.
        let parts = parts.chain(magnetic_moments);
        std::iter::once(energy).chain(energies).chain(parts).enumerate().for_each(|(place, x)| action(x, place));
    };
    for answer in &answers[1..] {
        let mut other = Vec::new();
        each(&mut answer.clone(), &mut |x, _| other.push(*x));
        each(&mut sum, &mut |x, place| *x += other[place]);
    }
    let count = answers.len() as f64;
    each(&mut sum, &mut |x, _| *x /= count);
    sum
}

#[cfg(test)]
mod tests {
    use schur_atoms::Cell;

    use super::*;

    #[test]
    fn two_answers_are_half_their_difference_from_the_mean() {
        let structure = Structure {
            numbers: vec![14],
            positions: vec![[0.0; 3]],
            cell: Cell::new([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]),
            ..Structure::default()
        };
        let structure = Structure { pbc: [true; 3], ..structure };
        let answer = |energy, force, virial| Evaluation {
            energy,
            energies: vec![energy],
            forces: vec![force],
            virial: [[virial, 0.0, 0.0], [0.0; 3], [0.0; 3]],
            virials: Vec::new(),
            magnetic_moments: Vec::new(),
        };
        let both = [answer(-1.0, [0.0, 3.0, 0.0], 8.0), answer(-2.0, [0.0, 0.0, 4.0], 24.0)];
        let Consensus { mean, spread } = Consensus::of(&both, &structure);
        assert_eq!(mean, answer(-1.5, [0.0, 1.5, 2.0], 16.0));
        assert_eq!(spread.energy, 0.5);
        assert_eq!(spread.forces, [2.5]);
        assert_eq!(spread.stress, Some([1.0, 0.0, 0.0, 0.0, 0.0, 0.0]));
        let [mut magnetic, other] = both.clone();
        magnetic.magnetic_moments = vec![1.0];
        let moments = |pair: [&Evaluation; 2]| super::mean(&pair.map(Clone::clone)).magnetic_moments;
        assert!(moments([&magnetic, &other]).is_empty());
        assert!(moments([&other, &magnetic]).is_empty());
        assert_eq!(moments([&magnetic, &Evaluation { magnetic_moments: vec![2.0], ..other }]), [1.5]);
        let alone = Consensus::of(&both[..1], &structure);
        assert_eq!((alone.mean, alone.spread.energy, alone.spread.forces), (both[0].clone(), 0.0, vec![0.0]));
    }
}

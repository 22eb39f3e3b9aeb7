//! Energies against a second implementation, plain and slow, that follows the formulas of the network.
//!
//! Features are `[atom][degree] -> [channel][component]`; nothing is packed, folded, tabulated or renumbered, and the
//! neighbours are found by walking over images. Harmonics and 3j symbols are those of `schur-group`, which has oracles
//! of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/nequip.rs"]
mod nequip;
#[path = "models/structures.rs"]
mod structures;

use answers::{build, difference, evaluate};
use nequip::Variant;
use schur_atoms::Structure;
use schur_group::{Normalization, SphericalHarmonics, wigner_3j};
use schur_potential::{CutoffFunction, Model, NequipArchitecture, Precision};
use structures::{SMALL_CELL, random_structure};

/// One feature of each degree: `[degree][channel][component]`.
type Feature = Vec<Vec<Vec<f64>>>;

/// A neighbour `j`, the distance, and the harmonics of the vector to it.
struct Edge {
    j: usize,
    r: f64,
    harmonics: Vec<f64>,
}

struct Oracle<'a> {
    model: &'a Model,
    modality: usize,
}

impl Oracle<'_> {
    fn architecture(&self) -> &NequipArchitecture {
        self.model.architecture.as_nequip().unwrap()
    }

    fn weight(&self, name: &str) -> Vec<f64> {
        self.model.weights[name].to_f64()
    }

    fn activate(&self, x: f64) -> f64 {
        self.architecture().activation_scale * x / (1.0 + (-x).exp())
    }

    /// The edges on which each atom receives.
    fn edges(&self, structure: &Structure) -> Vec<Vec<Edge>> {
        let architecture = self.architecture();
        let harmonics = SphericalHarmonics::new(architecture.max_harmonic, Normalization::Component).unwrap();
        let reach = structure.pbc.map(|periodic| if periodic { -4..=4 } else { 0..=0 });
        let mut edges: Vec<Vec<Edge>> = structure.positions.iter().map(|_| Vec::new()).collect();
        for (i, from) in structure.positions.iter().enumerate() {
            for (j, to) in structure.positions.iter().enumerate() {
                for a in reach[0].clone() {
                    for (b, c) in reach[1].clone().flat_map(|b| reach[2].clone().map(move |c| (b, c))) {
                        let shift = structure.cell.to_cartesian([a, b, c].map(f64::from));
                        let v: [f64; 3] = std::array::from_fn(|k| to[k] + shift[k] - from[k]);
                        let r = v.iter().map(|x| x * x).sum::<f64>().sqrt();
                        if r == 0.0 || r >= architecture.cutoff {
                            continue;
                        }
                        let mut values = vec![0.0; harmonics.n_harmonics()];
                        harmonics.evaluate_into(v, &mut values).unwrap();
                        if !architecture.normalized_harmonics {
                            values.iter_mut().enumerate().for_each(|(k, y)| *y *= r.powi(k.isqrt() as i32));
                        }
                        edges[i].push(Edge { j, r, harmonics: values });
                    }
                }
            }
        }
        edges
    }

    /// The cut-off function as written in the papers, all powers multiplied out.
    fn cutoff(&self, r: f64) -> f64 {
        let rc = self.architecture().cutoff;
        match self.architecture().cutoff_function {
            CutoffFunction::Xplor { onset } if r < onset => 1.0,
            CutoffFunction::Xplor { onset } => {
                (rc * rc - r * r).powi(2) * (rc * rc + 2.0 * r * r - 3.0 * onset * onset)
                    / (rc * rc - onset * onset).powi(3)
            }
            CutoffFunction::Polynomial { power } => {
                let (p, u) = (f64::from(power), r / rc);
                1.0 - (p + 1.0) * (p + 2.0) / 2.0 * u.powf(p) + p * (p + 2.0) * u.powf(p + 1.0)
                    - p * (p + 1.0) / 2.0 * u.powf(p + 2.0)
            }
            other => panic!("{other:?} has no formula here"),
        }
    }

    /// The weights of an edge of layer `t`.
    fn radial(&self, t: usize, r: f64) -> Vec<f64> {
        let rc = self.architecture().cutoff;
        let bessel = |k: f64| 2.0 / rc * (k * r).sin() / r * self.cutoff(r);
        let mut values: Vec<f64> = self.weight("radial.frequencies").into_iter().map(bessel).collect();
        let layers = self.architecture().radial_hidden.len() + 1;
        for index in 0..layers {
            let matrix = self.weight(&format!("layers.{t}.radial.{index}"));
            let columns = matrix.len() / values.len();
            let root = (values.len() as f64).sqrt();
            let sum =
                |c: usize| values.iter().enumerate().map(|(k, x)| x * matrix[k * columns + c]).sum::<f64>() / root;
            let sums: Vec<f64> = (0..columns).map(sum).collect();
            values = if index + 1 < layers { sums.iter().map(|&x| self.activate(x)).collect() } else { sums };
        }
        values
    }

    /// A linear layer to features of given channels; the modality's row counts as further inputs of degree zero.
    fn linear(&self, name: &str, x: &Feature, outputs: &[usize], with_modality: bool) -> Feature {
        let modalities = if with_modality { self.architecture().modalities.len() } else { 0 };
        let mut y: Feature =
            outputs.iter().enumerate().map(|(l, &channels)| vec![vec![0.0; 2 * l + 1]; channels]).collect();
        for (l, out) in y.iter_mut().enumerate() {
            let Some(inputs) = x.get(l).filter(|inputs| !inputs.is_empty() && !out.is_empty()) else { continue };
            let matrix = self.weight(&format!("{name}.{l}"));
            let rows = if l == 0 { modalities } else { 0 };
            let root = ((inputs.len() + rows) as f64).sqrt();
            let (columns, bias) = (out.len(), self.modality * out.len());
            for (v, out) in out.iter_mut().enumerate() {
                for (m, out) in out.iter_mut().enumerate() {
                    *out = inputs.iter().enumerate().map(|(u, x)| x[m] * matrix[u * columns + v]).sum::<f64>() / root;
                    if rows > 0 {
                        *out += self.weight(&format!("{name}.modality"))[bias + v] / root;
                    }
                }
            }
        }
        y
    }

    /// What an atom receives: paths of one degree side by side, by degree of the feature, then of the harmonics.
    fn messages(&self, t: usize, edges: &[Edge], sent: &[Feature], max_result: usize) -> Feature {
        let denominator = self.weight(&format!("layers.{t}.denominator"))[0];
        let weights: Vec<Vec<f64>> = edges.iter().map(|edge| self.radial(t, edge.r)).collect();
        let mut result: Feature = vec![Vec::new(); max_result + 1];
        let mut first = 0;
        for l1 in 0..sent[0].len() {
            let channels = sent[0][l1].len();
            for l2 in (0..=self.architecture().max_harmonic).filter(|_| channels > 0) {
                for l3 in l1.abs_diff(l2)..=(l1 + l2).min(max_result) {
                    let symbol = wigner_3j(l1, l2, l3).unwrap();
                    for u in 0..channels {
                        let mut z = vec![0.0; 2 * l3 + 1];
                        for (edge, weights) in edges.iter().zip(&weights) {
                            let scale = weights[first + u] * ((2 * l3 + 1) as f64).sqrt() / denominator;
                            for ([m1, m2, m3], c) in symbol.iter() {
                                z[m3] += scale * c * sent[edge.j][l1][u][m1] * edge.harmonics[l2 * l2 + m2];
                            }
                        }
                        result[l3].push(z);
                    }
                    first += channels;
                }
            }
        }
        result
    }

    fn layer(&self, t: usize, x: &[Feature], edges: &[Vec<Edge>]) -> Vec<Feature> {
        let channels = |blocks: &[[usize; 2]]| {
            let mut channels = vec![0; blocks.last().unwrap()[0] + 1];
            blocks.iter().for_each(|&[degree, count]| channels[degree] = count);
            channels
        };
        let features = &self.architecture().features;
        let (now, next) = (channels(&features[t]), channels(&features[t + 1]));
        let mut gate = next.clone();
        gate[0] = next.iter().sum();
        let name = |part: &str| format!("layers.{t}.{part}");
        let sent: Vec<Feature> = x.iter().map(|x| self.linear(&name("linear_in"), x, &now, true)).collect();
        let receive = |(x, edges): (&Feature, &Vec<Edge>)| {
            let messages = self.messages(t, edges, &sent, next.len() - 1);
            let received = self.linear(&name("linear_out"), &messages, &gate, true);
            let kept = self.linear(&name("self_connection"), x, &gate, false);
            let sum = |l: usize, u: usize, m: usize| received[l][u][m] + kept[l][u][m];
            let mut y: Feature = vec![(0..next[0]).map(|u| vec![self.activate(sum(0, u, 0))]).collect()];
            let mut at = next[0];
            for l in 1..next.len() {
                let gated =
                    |u: usize| (0..2 * l + 1).map(|m| self.activate(sum(0, at + u, 0)) * sum(l, u, m)).collect();
                y.push((0..next[l]).map(gated).collect());
                at += next[l];
            }
            y
        };
        x.iter().zip(edges).map(receive).collect()
    }

    fn energies(&self, structure: &Structure) -> Vec<f64> {
        let architecture = self.architecture();
        let kinds = architecture.species.len();
        let species_of = |number: &u8| architecture.species.iter().position(|z| z == number).unwrap();
        let species: Vec<usize> = structure.numbers.iter().map(species_of).collect();
        let edges = self.edges(structure);
        let width = architecture.features[0][0][1];
        let embedding = self.weight("species.embedding");
        let embed = |&s: &usize| {
            vec![embedding[s * width..][..width].iter().map(|x| vec![x / (kinds as f64).sqrt()]).collect::<Vec<_>>()]
        };
        let mut x: Vec<Feature> = species.iter().map(embed).collect();
        for t in 0..architecture.layers() {
            x = self.layer(t, &x, &edges);
        }
        let (hidden, energy) = (self.weight("readout.hidden"), self.weight("readout.energy"));
        let (scale, shift) = (self.weight("scale"), self.weight("shift"));
        let modalities = architecture.modalities.len();
        let read = |(x, &s): (&Feature, &usize)| {
            let root = ((x[0].len() + modalities) as f64).sqrt();
            let mut sum = 0.0;
            for (h, weight) in energy.iter().enumerate() {
                let columns = energy.len();
                let mut value: f64 = x[0].iter().enumerate().map(|(u, x)| x[0] * hidden[u * columns + h]).sum();
                if modalities > 0 {
                    value += self.weight("readout.hidden.modality")[self.modality * columns + h];
                }
                sum += weight * value / root / (columns as f64).sqrt();
            }
            scale[s] * sum + shift[self.modality * kinds + s]
        };
        x.iter().zip(&species).map(read).collect()
    }
}

#[test]
fn energies_follow_the_formulas() {
    let structures = [
        random_structure(4, SMALL_CELL, [true; 3], 1.2, 1),
        random_structure(5, SMALL_CELL, [false, true, false], 1.0, 2),
        random_structure(6, SMALL_CELL, [false; 3], 0.9, 3),
    ];
    for variant in Variant::ALL {
        let model = variant.model();
        let options = variant.options(Precision::F64, true);
        let modality = options
            .modality
            .as_ref()
            .map_or(0, |m| model.architecture.modalities().iter().position(|name| name == m).unwrap());
        let oracle = Oracle { model: &model, modality };
        let mut exact = build(&model, &options);
        let mut single = build(&model, &variant.options(Precision::F32, false));
        for structure in &structures {
            let expected = oracle.energies(structure);
            let found = evaluate(exact.as_mut(), structure).energies;
            // Sums of some thousand terms of size one, each rounded to 1e-16.
            let error = difference(&found, &expected);
            assert!(error < 1e-11, "{variant:?}: off by {error:.2e} eV, {found:?} and {expected:?}");
            // Single precision keeps seven digits of each term.
            let error = difference(&evaluate(single.as_mut(), structure).energies, &expected);
            assert!(error < 5e-5, "{variant:?} in single precision: off by {error:.2e} eV");
        }
    }
}

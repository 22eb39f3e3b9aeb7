//! The numbers of a model, and how each block of them enters an element.
//!
//! Every form is linear in the rows of one mode: an element is the row of its index times a design that the other modes
//! make. A Tucker model has its core beside, in which it is linear too.

use rayon::prelude::*;

use super::rows::Penalty;
use super::{CompletionOptions, Form, Observed, band};
use crate::DecompError;
use crate::random::{normal, stream, unit};

/// Observations whose core equations are summed by one task; fixed, so that the bits do not depend on threads.
const TASK: usize = 1 << 10;

/// A model of low rank.
pub(super) struct Blocks {
    pub form: Form,
    /// Numbers in a row of each mode.
    pub widths: Vec<usize>,
    /// `[I_n, widths[n]]`; a row of a train is a matrix from the bond on its left to that on its right.
    pub rows: Vec<Vec<f64>>,
    /// The core of a Tucker model.
    pub core: Vec<f64>,
}

impl Blocks {
    /// Draws a model whose elements are about as large as `scale`.
    pub fn random(shape: &[usize], options: &CompletionOptions, scale: f64) -> Result<Self, DecompError> {
        let widths = widths(&options.form, shape)?;
        let terms: f64 = match &options.form {
            Form::Additive => 1.0,
            Form::Cp { rank } => *rank as f64,
            Form::Tucker { ranks } | Form::Train { ranks } => ranks.iter().map(|&rank| rank as f64).product(),
        };
        let share = (scale / terms.sqrt()).powf(1.0 / shape.len() as f64);
        let mut rng = stream(options.seed, 0);
        let mut draw = |count: usize, by: f64| -> Vec<f64> {
            let one = |_| if options.nonnegative { unit(&mut rng) * by } else { normal(&mut rng) * by };
            (0..count).map(one).collect()
        };
        let rows = shape.iter().zip(&widths).map(|(&size, &width)| draw(size * width, share)).collect();
        let core = match &options.form {
            Form::Tucker { ranks } => draw(ranks.iter().product(), 1.0),
            _ => Vec::new(),
        };
        Ok(Self { form: options.form.clone(), widths, rows, core })
    }

    fn row(&self, mode: usize, index: usize) -> &[f64] {
        &self.rows[mode][index * self.widths[mode]..][..self.widths[mode]]
    }

    /// What a row of `mode` is multiplied with in the element at `index`.
    pub fn design(&self, mode: usize, index: impl Fn(usize) -> usize, z: &mut [f64]) {
        match &self.form {
            Form::Additive => {}
            Form::Cp { .. } => {
                z.fill(1.0);
                for other in (0..self.rows.len()).filter(|&other| other != mode) {
                    z.iter_mut().zip(self.row(other, index(other))).for_each(|(z, x)| *z *= x);
                }
            }
            Form::Tucker { ranks } => {
                z.fill(0.0);
                self.core_terms(ranks, mode, index, |place, term| z[place] += term);
            }
            Form::Train { .. } => self.train_design(mode, index, z),
        }
    }

    /// Calls `take` with the place in `mode`'s row and the rest of the term, for each number of the core.
    fn core_terms(
        &self,
        ranks: &[usize],
        mode: usize,
        index: impl Fn(usize) -> usize,
        mut take: impl FnMut(usize, f64),
    ) {
        // The rows of the mode itself may be away while they are fitted.
        let row = |other| if other == mode { &[][..] } else { self.row(other, index(other)) };
        let rows: Vec<&[f64]> = (0..ranks.len()).map(row).collect();
        for (place, &entry) in self.core.iter().enumerate() {
            let (mut rest, mut term, mut own) = (place, entry, 0);
            for (other, &rank) in ranks.iter().enumerate().rev() {
                if other == mode {
                    own = rest % rank;
                } else {
                    term *= rows[other][rest % rank];
                }
                rest /= rank;
            }
            take(own, term);
        }
    }

    /// `left x right`: the product of the cores before, and that of the cores behind.
    fn train_design(&self, mode: usize, index: impl Fn(usize) -> usize, z: &mut [f64]) {
        let mut left = vec![1.0];
        for other in 0..mode {
            let row = self.row(other, index(other));
            let columns = row.len() / left.len();
            let mut next = vec![0.0; columns];
            for (x, line) in left.iter().zip(row.chunks_exact(columns)) {
                next.iter_mut().zip(line).for_each(|(next, y)| *next += x * y);
            }
            left = next;
        }
        let mut right = vec![1.0];
        for other in (mode + 1..self.rows.len()).rev() {
            let lines = self.row(other, index(other)).chunks_exact(right.len());
            right = lines.map(|line| line.iter().zip(&right).map(|(x, y)| x * y).sum()).collect();
        }
        for (line, x) in z.chunks_exact_mut(right.len()).zip(&left) {
            line.iter_mut().zip(&right).for_each(|(z, y)| *z = x * y);
        }
    }

    /// The element at a multi-index inside the shape.
    pub fn at(&self, index: impl Fn(usize) -> usize) -> f64 {
        if self.form == Form::Additive {
            return 0.0;
        }
        let mut z = vec![0.0; self.widths[0]];
        self.design(0, &index, &mut z);
        z.iter().zip(self.row(0, index(0))).map(|(z, x)| z * x).sum()
    }

    /// The model at each observation.
    pub fn elements(&self, observed: &Observed) -> Vec<f64> {
        let element = |element: usize| self.at(|mode| observed.index(mode, element));
        (0..observed.len()).into_par_iter().map(element).collect()
    }

    /// Fits each block once to the observations less their offsets.
    pub fn sweep(&mut self, observed: &Observed, offsets: &[f64], options: &CompletionOptions) {
        if self.form == Form::Additive {
            return;
        }
        let target = |element: usize| observed.values()[element] - offsets[element];
        for mode in 0..self.rows.len() {
            let smoothness = options.smoothness.get(mode).copied().unwrap_or(0.0);
            let penalty = Penalty { ridge: options.ridge, smoothness, nonnegative: options.nonnegative };
            let mut own = std::mem::take(&mut self.rows[mode]);
            let design = |element: usize, z: &mut [f64]| self.design(mode, |mode| observed.index(mode, element), z);
            super::rows::fit((observed, mode), self.widths[mode], penalty, design, &target, &mut own);
            self.rows[mode] = own;
        }
        if !self.core.is_empty() {
            self.fit_core(observed, target, options.ridge);
        }
    }

    /// Fits the core of a Tucker model.
    fn fit_core(&mut self, observed: &Observed, target: impl Fn(usize) -> f64 + Sync, ridge: f64) {
        let Form::Tucker { ranks } = &self.form else { return };
        let count = self.core.len();
        let starts: Vec<usize> = (0..observed.len()).step_by(TASK).collect();
        let part = |start: usize| {
            let (mut matrix, mut right) = (vec![0.0; count * count], vec![0.0; count]);
            let mut z = Vec::with_capacity(count);
            for element in start..(start + TASK).min(observed.len()) {
                z.clear();
                z.push(1.0);
                for mode in 0..ranks.len() {
                    let row = self.row(mode, observed.index(mode, element));
                    z = z.iter().flat_map(|x| row.iter().map(move |y| x * y)).collect();
                }
                let target = target(element);
                for (a, &za) in z.iter().enumerate() {
                    let line = &mut matrix[a * count..=a * count + a];
                    line.iter_mut().zip(z[..=a].iter().rev()).for_each(|(entry, zb)| *entry += za * zb);
                    right[a] += target * za;
                }
            }
            (matrix, right)
        };
        // A few tasks at a time, since each holds a matrix.
        let (mut matrix, mut right) = (vec![0.0; count * count], vec![0.0; count]);
        for group in starts.chunks(8) {
            let parts: Vec<_> = group.par_iter().map(|&start| part(start)).collect();
            for (m, r) in parts {
                matrix.iter_mut().zip(m).for_each(|(sum, x)| *sum += x);
                right.iter_mut().zip(r).for_each(|(sum, x)| *sum += x);
            }
        }
        (0..count).for_each(|a| matrix[a * count] += ridge);
        band::solve(&mut matrix, count - 1, &mut right);
        self.core = right;
    }

    pub fn bytes(&self) -> u64 {
        let widest = self.rows.iter().zip(&self.widths).map(|(rows, width)| rows.len() * (2 * width + 2)).max();
        8 * (widest.unwrap_or(0) + 18 * self.core.len() * self.core.len()) as u64
    }
}

/// Numbers in a row of each mode.
fn widths(form: &Form, shape: &[usize]) -> Result<Vec<usize>, DecompError> {
    let positive = |what: &'static str, ranks: &[usize], most: &dyn Fn(usize) -> usize| {
        let wrong = ranks.iter().enumerate().find(|&(place, &rank)| rank == 0 || rank > most(place));
        wrong.map_or(Ok(()), |(place, &rank)| {
            Err(DecompError::Rank { what: format!("{what} {place}"), rank, most: most(place) })
        })
    };
    let count = |what, expected: usize, found: usize| {
        if expected == found { Ok(()) } else { Err(DecompError::Count { what, expected, found }) }
    };
    let product = |sizes: &[usize]| sizes.iter().fold(1_usize, |product, &size| product.saturating_mul(size));
    match form {
        Form::Additive => Ok(vec![0; shape.len()]),
        Form::Cp { rank } => {
            // More components than this are never needed.
            let most = (0..shape.len()).map(|mode| product(shape) / shape[mode]).min().unwrap_or(1);
            if *rank == 0 || *rank > most {
                return Err(DecompError::Rank { what: "the model".to_owned(), rank: *rank, most });
            }
            Ok(vec![*rank; shape.len()])
        }
        Form::Tucker { ranks } => {
            count("sizes of the core", shape.len(), ranks.len())?;
            positive("the core in mode", ranks, &|mode| shape[mode])?;
            Ok(ranks.clone())
        }
        Form::Train { ranks } => {
            count("sizes of bonds", shape.len() - 1, ranks.len())?;
            positive("bond", ranks, &|bond| product(&shape[..=bond]).min(product(&shape[bond + 1..])))?;
            let bonds = [&[1][..], ranks, &[1]].concat();
            Ok(bonds.windows(2).map(|pair| pair[0] * pair[1]).collect())
        }
    }
}

//! Which product to use, and why.

use anyhow::Result;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use schur_product::products::{Interaction, Mode, Task, interactability, named_product};

use super::record::Record;

/// What was measured at one task.
pub struct Comparison {
    /// Products of any two arguments.
    pub products: Vec<Record>,
    /// The form for a direction, where it fits.
    pub escn: Option<Record>,
    /// See [`missing_from_gaunt`].
    pub missing_from_gaunt: Option<String>,
}

impl Comparison {
    /// The fastest product that forms every allowed map without error.
    pub fn fastest_exact(&self) -> Option<&Record> {
        fastest(self.products.iter().filter(|record| record.exact))
    }

    /// The fastest product, whatever it lacks.
    pub fn fastest(&self) -> Option<&Record> {
        fastest(self.products.iter())
    }

    /// The lines below the table.
    pub fn advice(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(best) = self.fastest_exact() {
            let rivals = self.products.iter().filter(|record| record.exact).count();
            let Record { product, paths, .. } = best;
            let what = match paths {
                1 => "the one path of this task exactly",
                _ => &format!("all {paths} paths of this task exactly, each with a weight of its own"),
            };
            let time = milliseconds(best.seconds);
            lines.push(format!("Use {product}: the fastest ({time}) of the {rivals} that form {what}."));
            if let Some(faster) = self.fastest().filter(|record| record.seconds < best.seconds) {
                lines.push(format!(
                    "{} is faster ({}) but {}.",
                    faster.product,
                    milliseconds(faster.seconds),
                    lacks(faster)
                ));
            }
        }
        lines.extend(self.missing_from_gaunt.clone());
        if let Some(Record { seconds, cg_seconds: Some(cg), .. }) = &self.escn {
            lines.push(format!(
                "Where the second argument is the harmonics of an edge: escn takes {}, cg {}; escn serves nothing else.",
                milliseconds(*seconds),
                milliseconds(*cg)
            ));
        }
        lines
    }
}

/// What the Gaunt product cannot form of this task, with the norms of the coefficients of one such path.
///
/// Looked up in the product of all degrees, as a Gaunt product that has nothing but such paths cannot be made.
///
/// # Errors
/// None for degrees that the command takes.
pub fn missing_from_gaunt(task: &Task) -> Result<Option<String>> {
    let whole = Task { mode: Mode::Mimo, ..task.clone() };
    let (arguments, output) = (task.arguments(), task.output());
    let paths = |name: &str| -> Result<Vec<Interaction>> {
        let product = named_product(name, &whole, &mut ChaCha8Rng::seed_from_u64(0))?;
        let mut paths = interactability(&product)?.interactions;
        paths.retain(|Interaction { irreps: [a, b, c], .. }| {
            arguments.count(*a) > 0 && arguments.count(*b) > 0 && output.count(*c) > 0
        });
        Ok(paths)
    };
    let (gaunt, cg) = (paths("gaunt-coefficients")?, paths("cg")?);
    let missing: Vec<_> = gaunt.iter().zip(&cg).filter(|(a, b)| a.strength == 0.0 && b.strength > 0.0).collect();
    let cross = missing.iter().find(|(a, _)| a.irreps.iter().all(|irrep| irrep.l == 1));
    let Some((lost, formed)) = cross.or(missing.first()) else { return Ok(None) };
    let [a, b, c] = lost.irreps.map(|irrep| irrep.l);
    let name = if cross.is_some() { ", the antisymmetric one (the cross product)" } else { "" };
    let (count, s) = (missing.len(), if missing.len() == 1 { "" } else { "s" });
    Ok(Some(format!(
        "No Gaunt product forms the {count} path{s} with odd l1 + l2 + l3, such as {a} x {b} -> {c}{name}: \
         the norm of its coefficients is {} in gaunt-coefficients and {:.2} in cg.",
        lost.strength, formed.strength
    )))
}

fn lacks(record: &Record) -> String {
    let Record { interactability, paths, expressivity, .. } = record;
    if interactability < paths {
        format!("forms {interactability} of the {paths} paths")
    } else if expressivity < paths {
        format!("its weights reach {expressivity} of {paths} dimensions")
    } else {
        format!("is not exact: its equivariance error is {:.0e}", record.equivariance_error)
    }
}

fn fastest<'a>(records: impl Iterator<Item = &'a Record>) -> Option<&'a Record> {
    records.min_by(|a, b| a.seconds.total_cmp(&b.seconds))
}

/// A time in milliseconds.
pub fn milliseconds(seconds: f64) -> String {
    format!("{} ms", three_digits(1e3 * seconds))
}

/// A number that is not negative, with three digits, as far as five behind the point reach.
pub fn three_digits(value: f64) -> String {
    let digits = (2 - value.max(1e-3).log10().floor() as i32).clamp(0, 5) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        assert_eq!([1234.5, 99.9, 1.0, 0.0456].map(three_digits), ["1234", "99.9", "1.00", "0.0456"]);
        assert_eq!(milliseconds(2.7e-7), "0.00027 ms");
    }
}

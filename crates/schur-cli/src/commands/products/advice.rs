//! Which product to use, and why.

use super::record::{Measured, Record};

/// What was measured at one task.
pub struct Comparison {
    /// Products of any two arguments.
    pub products: Vec<Measured>,
    /// The form for a direction, where it fits.
    pub escn: Option<Record>,
}

impl Comparison {
    /// The fastest product that forms every allowed map without error.
    pub fn fastest_exact(&self) -> Option<&Record> {
        fastest(self.records().filter(|record| record.exact))
    }

    /// The fastest product, whatever it lacks.
    pub fn fastest(&self) -> Option<&Record> {
        fastest(self.records())
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.products.iter().map(|measured| &measured.record)
    }

    /// The lines below the table.
    pub fn advice(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(best) = self.fastest_exact() {
            let rivals = self.records().filter(|record| record.exact).count();
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
        lines.extend(self.missing_path());
        if let Some(Record { seconds, cg_seconds: Some(cg), .. }) = &self.escn {
            lines.push(format!(
                "Where the second argument is the harmonics of an edge: escn takes {}, cg {}; escn serves nothing else.",
                milliseconds(*seconds),
                milliseconds(*cg)
            ));
        }
        lines
    }

    /// What the Gaunt product cannot form: the smallest path that it lacks, with the norms of its coefficients.
    fn missing_path(&self) -> Option<String> {
        let of = |name: &str| self.products.iter().find(|measured| measured.record.product == name);
        let (gaunt, cg) = (of("gaunt-coefficients")?, of("cg")?);
        let mut missing =
            gaunt.interactions.iter().zip(&cg.interactions).filter(|(a, b)| a.strength == 0.0 && b.strength > 0.0);
        let count = missing.clone().count();
        let (lost, formed) =
            missing.find(|(a, _)| a.irreps.iter().all(|irrep| irrep.l == 1)).or_else(|| missing.next())?;
        let [a, b, c] = lost.irreps.map(|irrep| irrep.l);
        let name = if [a, b, c] == [1; 3] { ", the antisymmetric one (the cross product)" } else { "" };
        let paths = if count == 1 { "path" } else { "paths" };
        Some(format!(
            "No Gaunt product forms the {count} {paths} with odd l1 + l2 + l3, such as {a} x {b} -> {c}{name}: \
             the norm of its coefficients is {} in gaunt-coefficients and {:.2} in cg.",
            lost.strength, formed.strength
        ))
    }
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

/// A time with three digits.
pub fn milliseconds(seconds: f64) -> String {
    let milliseconds = 1e3 * seconds;
    let digits = (2 - milliseconds.max(1e-3).log10().floor() as i32).clamp(0, 5) as usize;
    format!("{milliseconds:.digits$} ms")
}

//! Joining the conditions of a rule: every way to fulfil them, one row after the other.

use schur_tensor::semiring::SemiringError;

use super::Relation;
pub(crate) use super::plan::CompiledRule as Compiled;
pub(crate) use super::plan::{Atom, Term};
use super::plan::{CompiledRule, Step, plan};
use super::weights::Weights;

/// Why a join stopped before its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JoinError {
    /// The weights have no product or sum.
    Weights(SemiringError),
    /// The rule would derive more rows than allowed.
    Rows(usize),
}

impl From<SemiringError> for JoinError {
    fn from(error: SemiringError) -> Self {
        Self::Weights(error)
    }
}

/// How the rows of a head are derived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Derivation<'a> {
    /// The semiring of the head.
    pub(crate) weights: Weights,
    /// Where given, derivations use at least one of these rows.
    pub(crate) fresh: Option<Fresh<'a>>,
    /// Whether to leave out rows that the head has already.
    pub(crate) leaves_out_known: bool,
    /// More rows than this are an error.
    pub(crate) most_rows: usize,
}

/// The rows of one condition that are new, by its position among the positive ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fresh<'a> {
    pub(crate) atom: usize,
    pub(crate) rows: &'a [usize],
}

/// Derives the rows of a rule's head, the weights of all derivations of a row added.
pub(crate) fn derive(
    rule: &CompiledRule,
    relations: &mut [Relation],
    how: Derivation<'_>,
) -> Result<Relation, JoinError> {
    let steps = plan(rule, how.fresh.map(|fresh| fresh.atom), &|relation| relations[relation].len());
    for step in &steps {
        match step {
            Step::Rows { relation, mask, .. } | Step::Absent { relation, mask, .. } => {
                relations[*relation].prepare_index(*mask);
            }
            Step::Compare(..) => {}
        }
    }
    let mut run = Run {
        rule,
        relations,
        how,
        values: vec![0; rule.variables],
        keys: vec![Vec::new(); steps.len()],
        row: Vec::new(),
        derived: Relation::new(rule.head.terms.len(), how.weights),
    };
    run.step(&steps, rule.weight)?;
    Ok(run.derived)
}

struct Run<'a> {
    rule: &'a CompiledRule,
    relations: &'a [Relation],
    how: Derivation<'a>,
    /// The values of the variables that are bound.
    values: Vec<u32>,
    /// A buffer for the key of each depth.
    keys: Vec<Vec<u32>>,
    row: Vec<u32>,
    derived: Relation,
}

impl Run<'_> {
    fn value(&self, term: Term) -> u32 {
        match term {
            Term::Variable(variable) => self.values[variable],
            Term::Constant(element) => element,
            Term::Anything => 0,
        }
    }

    fn step(&mut self, steps: &[Step], weight: f64) -> Result<(), JoinError> {
        let Some((step, rest)) = steps.split_first() else { return self.emit(weight) };
        match step {
            Step::Compare(left, comparison, right) => {
                if comparison.holds(&self.value(*left), &self.value(*right)) {
                    self.step(rest, weight)?;
                }
                Ok(())
            }
            Step::Absent { relation, mask, key } => {
                let key: Vec<u32> = key.iter().map(|&term| self.value(term)).collect();
                // An atom without known columns asks whether the relation is empty.
                let is_there = self.relations[*relation].matches(*mask, &key).next().is_some();
                if is_there { Ok(()) } else { self.step(rest, weight) }
            }
            Step::Rows { .. } => self.rows(step, rest, weight),
        }
    }

    fn rows(&mut self, step: &Step, rest: &[Step], weight: f64) -> Result<(), JoinError> {
        let Step::Rows { atom, relation, mask, key, .. } = step else { return Ok(()) };
        let relations = self.relations;
        let relation = &relations[*relation];
        let depth = rest.len();
        let mut buffer = std::mem::take(&mut self.keys[depth]);
        buffer.clear();
        buffer.extend(key.iter().map(|&term| self.value(term)));
        match self.how.fresh {
            Some(fresh) if fresh.atom == *atom => {
                for &row in fresh.rows {
                    let values = relation.row(row);
                    let columns = (0..values.len()).filter(|column| mask >> column & 1 == 1);
                    if columns.zip(&buffer).all(|(column, &value)| values[column] == value) {
                        self.take(relation, row, (step, rest), weight)?;
                    }
                }
            }
            _ if *mask == 0 => {
                for row in 0..relation.len() {
                    self.take(relation, row, (step, rest), weight)?;
                }
            }
            _ => {
                for row in relation.matches(*mask, &buffer) {
                    self.take(relation, row, (step, rest), weight)?;
                }
            }
        }
        self.keys[depth] = buffer;
        Ok(())
    }

    /// Binds the variables of one row and goes on.
    fn take(
        &mut self,
        relation: &Relation,
        row: usize,
        (step, rest): (&Step, &[Step]),
        weight: f64,
    ) -> Result<(), JoinError> {
        let Step::Rows { binds, repeats, .. } = step else { return Ok(()) };
        let values = relation.row(row);
        for &(column, variable) in binds {
            self.values[variable] = values[column];
        }
        if repeats.iter().any(|&(column, variable)| values[column] != self.values[variable]) {
            return Ok(());
        }
        let factor = self.how.weights.convert(relation.weights(), relation.weight(row));
        self.step(rest, self.how.weights.multiply(weight, factor)?)
    }

    fn emit(&mut self, weight: f64) -> Result<(), JoinError> {
        let mut row = std::mem::take(&mut self.row);
        row.clear();
        row.extend(self.rule.head.terms.iter().map(|&term| self.value(term)));
        let is_known = self.how.leaves_out_known
            && self.relations.get(self.rule.head.relation).is_some_and(|head| head.find(&row).is_some());
        if !is_known {
            let (place, is_new) = self.derived.insert(&row, weight);
            if !is_new {
                let sum = self.how.weights.add(self.derived.weight(place), weight)?;
                self.derived.set_weight(place, sum);
            } else if self.derived.len() > self.how.most_rows {
                return Err(JoinError::Rows(self.how.most_rows));
            }
        }
        self.row = row;
        Ok(())
    }
}

//! In which order to join the conditions of a rule, and what is known at each step.

use crate::parse::tree::Comparison;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Term {
    /// The value of a variable, by its number.
    Variable(usize),
    /// An element.
    Constant(u32),
    /// Any value.
    Anything,
}

/// A condition that a row of a relation is there, or is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Atom {
    /// The relation, by its number.
    pub(crate) relation: usize,
    pub(crate) terms: Vec<Term>,
}

/// A rule with numbers in place of names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CompiledRule {
    pub(crate) head: Atom,
    pub(crate) positive: Vec<Atom>,
    pub(crate) negative: Vec<Atom>,
    pub(crate) compared: Vec<(Term, Comparison, Term)>,
    /// What every derivation is multiplied by.
    pub(crate) weight: f64,
    /// The number of variables.
    pub(crate) variables: usize,
}

/// One step of a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Goes through the rows of a positive condition that fit what is bound.
    Rows {
        atom: usize,
        relation: usize,
        /// The columns whose values are known before.
        mask: u32,
        key: Vec<Term>,
        /// Columns that give variables their values.
        binds: Vec<(usize, usize)>,
        /// Columns that repeat a variable of the same row.
        repeats: Vec<(usize, usize)>,
    },
    /// Goes on if no row fits.
    Absent { relation: usize, mask: u32, key: Vec<Term> },
    /// Goes on if a comparison holds.
    Compare(Term, Comparison, Term),
}

/// The conditions of a rule in the order in which to join them.
///
/// The first is `first` where given (the rows that are new), else the smallest; then always the one of which the most
/// columns are known, weighed by its size. Negations and comparisons follow as soon as their variables are known.
pub(super) fn plan(rule: &CompiledRule, first: Option<usize>, sizes: &dyn Fn(usize) -> usize) -> Vec<Step> {
    let mut planner = Planner {
        rule,
        is_bound: vec![false; rule.variables],
        absent: (0..rule.negative.len()).collect(),
        compared: (0..rule.compared.len()).collect(),
        steps: Vec::new(),
    };
    let mut left: Vec<usize> = (0..rule.positive.len()).collect();
    planner.tests();
    while !left.is_empty() {
        let estimate = |&position: &usize| -> f64 {
            let atom = &rule.positive[left[position]];
            let known = atom.terms.iter().filter(|&&term| planner.is_known(term)).count();
            let free = 1.0 - known as f64 / atom.terms.len().max(1) as f64;
            (sizes(atom.relation) as f64 + 1.0).powf(free)
        };
        let is_first = |&position: &usize| Some(left[position]) == first && planner.steps.is_empty();
        let chosen = (0..left.len()).find(is_first);
        let chosen = chosen.or_else(|| (0..left.len()).min_by(|a, b| estimate(a).total_cmp(&estimate(b))));
        let atom = left.remove(chosen.unwrap_or(0));
        planner.rows(atom);
        planner.tests();
    }
    planner.steps
}

struct Planner<'r> {
    rule: &'r CompiledRule,
    is_bound: Vec<bool>,
    /// Negations not placed yet.
    absent: Vec<usize>,
    /// Comparisons not placed yet.
    compared: Vec<usize>,
    steps: Vec<Step>,
}

impl Planner<'_> {
    fn is_known(&self, term: Term) -> bool {
        match term {
            Term::Variable(variable) => self.is_bound[variable],
            Term::Constant(_) => true,
            Term::Anything => false,
        }
    }

    /// The columns that are known, and what they must equal.
    fn key(&self, atom: &Atom) -> (u32, Vec<Term>) {
        let known = atom.terms.iter().enumerate().filter(|&(_, &term)| self.is_known(term));
        known.fold((0, Vec::new()), |(mask, mut key), (column, &term)| {
            key.push(term);
            (mask | 1 << column, key)
        })
    }

    fn rows(&mut self, position: usize) {
        let atom = &self.rule.positive[position];
        let (mask, key) = self.key(atom);
        let (mut binds, mut repeats) = (Vec::new(), Vec::new());
        for (column, &term) in atom.terms.iter().enumerate() {
            let Term::Variable(variable) = term else { continue };
            if mask >> column & 1 == 1 {
                continue;
            }
            if std::mem::replace(&mut self.is_bound[variable], true) {
                repeats.push((column, variable));
            } else {
                binds.push((column, variable));
            }
        }
        self.steps.push(Step::Rows { atom: position, relation: atom.relation, mask, key, binds, repeats });
    }

    /// Places the tests whose variables are all known.
    fn tests(&mut self) {
        let is_ready =
            |planner: &Self, terms: &[Term]| terms.iter().all(|&term| term == Term::Anything || planner.is_known(term));
        for position in std::mem::take(&mut self.compared) {
            let (left, comparison, right) = self.rule.compared[position];
            if is_ready(self, &[left, right]) {
                self.steps.push(Step::Compare(left, comparison, right));
            } else {
                self.compared.push(position);
            }
        }
        for position in std::mem::take(&mut self.absent) {
            let atom = &self.rule.negative[position];
            if is_ready(self, &atom.terms) {
                let (mask, key) = self.key(atom);
                self.steps.push(Step::Absent { relation: atom.relation, mask, key });
            } else {
                self.absent.push(position);
            }
        }
    }
}

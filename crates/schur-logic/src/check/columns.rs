//! Which domain every column, axis and variable runs over.
//!
//! A variable in two columns says that they run over one domain, so columns fall into classes; what is declared for
//! one of a class holds for all.

use std::collections::HashMap;

use super::Mention;
use super::symbols::Symbols;
use crate::error::{Fault, Located, Span};
use crate::parse::tree::{Argument, Compared, Ident, Reference};

/// The variables of one statement: to which slot each belongs.
pub(super) type Variables = HashMap<String, usize>;

/// Columns and variables in classes.
pub(super) struct Columns<'p> {
    /// The slot above each slot; a class's root is its own.
    parents: Vec<usize>,
    /// The domain of a root, as far as it is known.
    domains: Vec<Option<usize>>,
    /// The slot of each symbol's first column.
    firsts: Vec<usize>,
    /// Constants, their slots, and whether they bring themselves into the domain.
    constants: Vec<(&'p Ident, usize, bool)>,
    mentions: Vec<Mention<'p>>,
    domain_names: Vec<String>,
}

impl<'p> Columns<'p> {
    pub(super) fn new(symbols: &Symbols<'p>) -> Self {
        let mut columns = Self {
            parents: Vec::new(),
            domains: Vec::new(),
            firsts: Vec::new(),
            constants: Vec::new(),
            mentions: Vec::new(),
            domain_names: symbols.domains.iter().map(|domain| domain.name.clone()).collect(),
        };
        for declared in &symbols.declared {
            columns.firsts.push(columns.parents.len());
            declared.iter().for_each(|&domain| _ = columns.slot(domain));
        }
        columns
    }

    fn slot(&mut self, domain: Option<usize>) -> usize {
        self.parents.push(self.parents.len());
        self.domains.push(domain);
        self.parents.len() - 1
    }

    fn root(&mut self, mut slot: usize) -> usize {
        while self.parents[slot] != slot {
            self.parents[slot] = self.parents[self.parents[slot]];
            slot = self.parents[slot];
        }
        slot
    }

    /// The slot of a variable, made when it first occurs.
    pub(super) fn variable(&mut self, name: &str, variables: &mut Variables) -> usize {
        if let Some(&slot) = variables.get(name) {
            return slot;
        }
        let slot = self.slot(None);
        variables.insert(name.to_owned(), slot);
        slot
    }

    fn unify(&mut self, name: &str, a: usize, b: usize, span: Span) -> Result<(), Located> {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return Ok(());
        }
        if let (Some(first), Some(second)) = (self.domains[a], self.domains[b])
            && first != second
        {
            let domain = |id: usize| self.domain_names[id].clone();
            return Err(
                Fault::Domains { variable: name.to_owned(), first: domain(first), second: domain(second) }.at(span)
            );
        }
        self.domains[a] = self.domains[a].or(self.domains[b]);
        self.parents[b] = a;
        Ok(())
    }

    /// Takes up the variables and constants of a reference in a body or a query.
    pub(super) fn unify_reference(
        &mut self,
        symbol: usize,
        reference: &'p Reference,
        variables: &mut Variables,
    ) -> Result<(), Located> {
        self.unify_arguments(symbol, reference, variables, false)
    }

    /// Takes up those of a head, whose constants become elements.
    pub(super) fn unify_head(
        &mut self,
        symbol: usize,
        reference: &'p Reference,
        variables: &mut Variables,
    ) -> Result<(), Located> {
        self.unify_arguments(symbol, reference, variables, true)
    }

    fn unify_arguments(
        &mut self,
        symbol: usize,
        reference: &'p Reference,
        variables: &mut Variables,
        is_head: bool,
    ) -> Result<(), Located> {
        for (column, argument) in reference.arguments.iter().enumerate() {
            let slot = self.firsts[symbol] + column;
            match argument {
                Argument::Variable(ident) => {
                    let variable = self.variable(&ident.text, variables);
                    self.unify(&ident.text, variable, slot, ident.span)?;
                }
                Argument::Constant(ident) => self.constants.push((ident, slot, is_head)),
                Argument::Anything(span) => {
                    let variable = self.variable(&anonymous(*span), variables);
                    self.unify("_", variable, slot, *span)?;
                }
            }
        }
        Ok(())
    }

    /// Takes up a comparison: both sides run over one domain.
    pub(super) fn unify_compared(&mut self, compared: &'p Compared, variables: &mut Variables) -> Result<(), Located> {
        let (left, right) = (&compared.left, &compared.right);
        match (left, right) {
            (Argument::Variable(a), Argument::Variable(b)) => {
                let (first, second) = (self.variable(&a.text, variables), self.variable(&b.text, variables));
                self.unify(&b.text, first, second, b.span)
            }
            (Argument::Variable(variable), Argument::Constant(constant))
            | (Argument::Constant(constant), Argument::Variable(variable)) => {
                let slot = self.variable(&variable.text, variables);
                self.constants.push((constant, slot, false));
                Ok(())
            }
            _ => Err(Fault::Expected {
                expected: "a comparison of a variable with another or with a constant".to_owned(),
                found: "one without a variable".to_owned(),
            }
            .at(compared.span)),
        }
    }

    /// Gives every column its domain and puts the constants of facts and heads into theirs.
    pub(super) fn settle(&mut self, symbols: &mut Symbols<'p>) -> Result<(), Located> {
        for symbol in 0..symbols.list.len() {
            let first = self.firsts[symbol];
            symbols.list[symbol].domains = (0..symbols.arity(symbol)).map(|c| self.domain_of(first + c)).collect();
        }
        let constants = std::mem::take(&mut self.constants);
        for (constant, slot, is_head) in constants {
            let domain = self.domain_of(slot);
            let elements = &mut symbols.domains[domain];
            let found = if is_head { elements.intern(&constant.text) } else { elements.find(&constant.text) };
            match found {
                Some(_) => {}
                // Tables may still bring it.
                None if elements.is_open() && !is_head => self.mentions.push(Mention { constant, domain }),
                None => return Err(elements.unknown(constant)),
            }
        }
        Ok(())
    }

    /// The domain of a slot; that of undeclared columns if nothing tells another.
    fn domain_of(&mut self, slot: usize) -> usize {
        let root = self.root(slot);
        self.domains[root].unwrap_or(0)
    }

    /// The domains of a statement's variables.
    pub(super) fn domains_of(&mut self, variables: Variables) -> HashMap<String, usize> {
        variables.into_iter().map(|(name, slot)| (name, self.domain_of(slot))).collect()
    }

    /// The constants that only a table can bring.
    pub(super) fn into_mentions(self) -> Vec<Mention<'p>> {
        self.mentions
    }
}

/// The name of a `_`, which no variable has.
pub(crate) fn anonymous(span: Span) -> String {
    format!("_{}", span.start)
}

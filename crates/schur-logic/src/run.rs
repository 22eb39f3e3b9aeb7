//! Running a program: tables read, relations completed, tensors computed, parameters learned, queries answered.

mod answers;
mod load;
mod relations;
mod tensors;
mod train;

use std::collections::HashMap;
use std::sync::Arc;

use schur_tensor::Tensor;

use crate::check::{Model, SymbolKind};
use crate::error::{Located, LogicError};
use crate::parse::tree::TensorKind;
use crate::relation::Relation;

pub use answers::{Answer, Value};
pub use load::{Data, Reader};
pub use train::TrainingReport;

/// What a program has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The answers to the queries, in their order.
    pub answers: Vec<Answer>,
    /// What happened at each `minimize`, in their order.
    pub trainings: Vec<TrainingReport>,
}

/// A program that runs: its relations and tensors, as far as somebody asked for them.
///
/// # Examples
/// ```
/// use schur_logic::{Program, Session};
///
/// let program = Program::parse("domain place = 2\ndata X[place] = [1, 2]")?;
/// let checked = program.check()?;
/// let mut session = Session::new(&checked, &mut |_| Err("there are no files here".to_owned()))?;
/// assert_eq!(session.tensor("X")?.map(|x| x.data().to_vec()), Some(vec![1.0, 2.0]));
/// # Ok::<(), schur_logic::LogicError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Session<'p> {
    source: &'p str,
    model: Model<'p>,
    /// By symbol; tensors have an empty one. Behind them lie those made of tensors, by the rules that ask for them.
    relations: Vec<Relation>,
    /// The rows that tables brought to relations that have rules as well.
    tables: HashMap<usize, Relation>,
    /// By symbol.
    tensors: Vec<Option<Arc<Tensor<f64>>>>,
    /// Whether each stratum has been computed.
    is_computed: Vec<bool>,
    trainings: Vec<TrainingReport>,
}

impl<'p> Session<'p> {
    /// Reads the tables of a program and draws its random numbers.
    ///
    /// `reader` is called with each name behind `from`.
    ///
    /// # Errors
    /// [`LogicError`] if a table cannot be read or does not fit.
    pub fn new(checked: &crate::Checked<'p>, reader: Reader<'_>) -> Result<Self, LogicError> {
        let mut session = Self {
            source: checked.source,
            relations: checked.model.symbols.iter().map(relation_of).collect(),
            tables: HashMap::new(),
            tensors: vec![None; checked.model.symbols.len()],
            is_computed: vec![false; checked.model.strata.len()],
            model: checked.model.clone(),
            trainings: Vec::new(),
        };
        session.load(reader).map_err(|located| LogicError::new(session.source, located))?;
        Ok(session)
    }

    /// Learns what the program wants to be learned, and answers its queries.
    ///
    /// # Errors
    /// [`LogicError`] if a recursion does not end, a limit is met, or numbers cease to be finite.
    pub fn run(&mut self) -> Result<Outcome, LogicError> {
        let outcome = self.train_all().and_then(|()| self.answers());
        let answers = outcome.map_err(|located| self.error(located))?;
        Ok(Outcome { answers, trainings: self.trainings.clone() })
    }

    /// The value of a tensor; none if no tensor has this name.
    ///
    /// # Errors
    /// As [`run`](Self::run). Parameters have the values that they have now: learning is up to [`run`](Self::run).
    pub fn tensor(&mut self, name: &str) -> Result<Option<&Tensor<f64>>, LogicError> {
        let Some(symbol) = self.tensor_symbol(name) else { return Ok(None) };
        self.ensure(&[symbol]).map_err(|located| self.error(located))?;
        Ok(self.tensors[symbol].as_deref())
    }

    /// Replaces the value of a parameter, as with one that was learned before.
    ///
    /// # Errors
    /// Gives the tensor back if there is no parameter of this name and shape.
    pub fn set_parameter(&mut self, name: &str, value: Tensor<f64>) -> Result<(), Tensor<f64>> {
        let symbol = self.tensor_symbol(name).filter(|&symbol| self.is_parameter(symbol));
        match symbol.filter(|&symbol| self.tensors[symbol].as_ref().is_some_and(|old| old.shape() == value.shape())) {
            None => Err(value),
            Some(symbol) => {
                self.tensors[symbol] = Some(Arc::new(value));
                self.forget_dependents(&[symbol]);
                Ok(())
            }
        }
    }

    /// The derivatives of a number with respect to every parameter that it depends on, by name.
    ///
    /// Returns nothing if no equation defines a number of this name.
    ///
    /// # Errors
    /// As [`run`](Self::run), and if the number depends on a parameter through a relation.
    pub fn gradients(&mut self, name: &str) -> Result<Vec<(String, Tensor<f64>)>, LogicError> {
        let number = self.tensor_symbol(name).filter(|&symbol| {
            self.model.symbols[symbol].domains.is_empty()
                && matches!(self.model.symbols[symbol].kind, SymbolKind::Equations(_))
        });
        let Some(number) = number else { return Ok(Vec::new()) };
        let found = self.gradients_of(number).map_err(|located| self.error(located))?;
        Ok(found.into_iter().map(|(symbol, slope)| (self.model.symbols[symbol].name.to_owned(), slope)).collect())
    }

    fn tensor_symbol(&self, name: &str) -> Option<usize> {
        self.model.names.get(name).copied().filter(|&symbol| self.model.symbols[symbol].weights().is_none())
    }

    fn is_parameter(&self, symbol: usize) -> bool {
        matches!(self.model.symbols[symbol].kind, SymbolKind::Declared { kind: TensorKind::Parameter, .. })
    }

    fn error(&self, located: Located) -> LogicError {
        LogicError::new(self.source, located)
    }

    /// Computes symbols and all that they are computed from.
    fn ensure(&mut self, symbols: &[usize]) -> Result<(), Located> {
        let is_needed = self.ancestors(symbols);
        for stratum in 0..self.model.strata.len() {
            let members = &self.model.strata[stratum].symbols;
            if self.is_computed[stratum] || !members.iter().any(|&member| is_needed[member]) {
                continue;
            }
            match self.model.symbols[members[0]].kind {
                SymbolKind::Relation { .. } => self.complete(stratum)?,
                SymbolKind::Declared { .. } => {}
                SymbolKind::Equations(_) => self.compute(members[0])?,
            }
            self.is_computed[stratum] = true;
        }
        Ok(())
    }

    /// Which symbols some are computed from, themselves among them.
    fn ancestors(&self, symbols: &[usize]) -> Vec<bool> {
        reachable(symbols, &self.model.sources)
    }

    /// Which symbols are computed from some, themselves among them.
    fn dependents(&self, symbols: &[usize]) -> Vec<bool> {
        let mut targets = vec![Vec::new(); self.model.sources.len()];
        for (symbol, sources) in self.model.sources.iter().enumerate() {
            sources.iter().for_each(|&source| targets[source].push(symbol));
        }
        reachable(symbols, &targets)
    }

    /// Drops the values of what is computed from some symbols.
    fn forget_dependents(&mut self, symbols: &[usize]) {
        let is_stale = self.dependents(symbols);
        for (stratum, is_computed) in self.model.strata.iter().zip(&mut self.is_computed) {
            for &member in stratum.symbols.iter().filter(|&&member| is_stale[member] && !symbols.contains(&member)) {
                *is_computed = false;
                match self.model.symbols[member].kind {
                    SymbolKind::Relation { .. } => {
                        let table = self.tables.get(&member).cloned();
                        let empty = || relation_of(&self.model.symbols[member]);
                        self.relations[member] = table.unwrap_or_else(empty);
                    }
                    SymbolKind::Equations(_) => self.tensors[member] = None,
                    SymbolKind::Declared { .. } => {}
                }
            }
        }
    }
}

fn relation_of(symbol: &crate::check::Symbol<'_>) -> Relation {
    let weights = symbol.weights().unwrap_or(crate::relation::weights::Weights::Boolean);
    Relation::new(symbol.domains.len(), weights)
}

fn reachable(from: &[usize], edges: &[Vec<usize>]) -> Vec<bool> {
    let mut is_reached = vec![false; edges.len()];
    let mut open = from.to_vec();
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut is_reached[node], true) {
            open.extend(&edges[node]);
        }
    }
    is_reached
}

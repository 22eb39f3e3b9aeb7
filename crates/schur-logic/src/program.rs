//! Programs as people use them: parsed, checked, run.

use crate::check::{Model, check};
use crate::error::{LogicError, Span};
use crate::parse;
use crate::parse::tree::Statement;
use crate::run::{Outcome, Reader, Session};

/// A program that is well-formed; whether it means something is for [`check`](Self::check) to say.
///
/// # Examples
/// ```
/// use schur_logic::{Program, Value};
///
/// let program = Program::parse(
///     "Parent(Alice, Bob). Parent(Bob, Carol).
///      Ancestor(x, z) :- Parent(x, z).
///      Ancestor(x, z) :- Ancestor(x, y), Parent(y, z).
///      Ancestor(Alice, Carol)?",
/// )?;
/// let outcome = program.run(&mut |_| Err("this program reads no files".to_owned()))?;
/// assert_eq!(outcome.answers[0].value, Value::Truth(true));
/// # Ok::<(), schur_logic::LogicError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    source: String,
    statements: Vec<(Statement, Span)>,
}

impl Program {
    /// Reads a program.
    ///
    /// # Errors
    /// [`LogicError`] with the place of the first thing that is no part of the language.
    pub fn parse(source: &str) -> Result<Self, LogicError> {
        let statements = parse::program(source).map_err(|located| LogicError::new(source, located))?;
        Ok(Self { source: source.to_owned(), statements })
    }

    /// Finds out what the names mean, over what indices run, and in which order to compute.
    ///
    /// # Errors
    /// [`LogicError`] for unknown names, wrong numbers of arguments, variables that nothing binds, columns of two
    /// domains, recursion through a negation, and whatever else has no meaning.
    pub fn check(&self) -> Result<Checked<'_>, LogicError> {
        let model = check(&self.source, &self.statements).map_err(|located| LogicError::new(&self.source, located))?;
        Ok(Checked { source: &self.source, model })
    }

    /// Checks and runs the program; `reader` brings what the names behind `from` stand for.
    ///
    /// # Errors
    /// As [`check`](Self::check), [`Session::new`] and [`Session::run`].
    pub fn run(&self, reader: Reader<'_>) -> Result<Outcome, LogicError> {
        Session::new(&self.check()?, reader)?.run()
    }
}

/// A program whose every name has a meaning.
#[derive(Debug, Clone)]
pub struct Checked<'p> {
    pub(crate) source: &'p str,
    pub(crate) model: Model<'p>,
}

//! From text to a syntax tree.

mod cursor;
mod expression;
mod rule;
mod statement;
mod token;
pub(crate) mod tree;

use self::cursor::Cursor;
use self::tree::Statement;
use crate::error::{Located, Span};

/// Reads a program: its statements and where each stands.
pub(crate) fn program(source: &str) -> Result<Vec<(Statement, Span)>, Located> {
    let mut cursor = Cursor::new(token::tokens(source)?);
    let mut statements = Vec::new();
    loop {
        cursor.skip_ends();
        if cursor.is_at_end() {
            return Ok(statements);
        }
        let start = cursor.span();
        let statement = statement::statement(&mut cursor)?;
        let span = start.to(cursor.previous_span());
        cursor.end_of_statement()?;
        statements.push((statement, span));
    }
}

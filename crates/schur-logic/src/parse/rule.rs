//! Atoms, facts and rules.

use super::cursor::Cursor;
use super::token::Kind;
use super::tree::{Argument, Brackets, Compared, Comparison, Ident, Literal, Reference, Rule};
use crate::error::{Fault, Located};

/// Bodies longer than this are a slip; joins of so many relations would nest too deep.
const MOST_LITERALS: usize = 128;

/// The widest relation or tensor: its columns are the bits of a mask.
const MOST_ARGUMENTS: usize = 32;

/// Reads a name with arguments in either kind of brackets, or with none.
pub(super) fn reference(cursor: &mut Cursor) -> Result<Reference, Located> {
    let (reference, normalised) = head_reference(cursor)?;
    match normalised {
        None => Ok(reference),
        Some(index) => Err(Fault::Refused {
            name: index.text,
            problem: "is marked by a point, which is for the left-hand side of an equation",
        }
        .at(index.span)),
    }
}

/// Reads a reference in which one index may be followed by a point.
pub(super) fn head_reference(cursor: &mut Cursor) -> Result<(Reference, Option<Ident>), Located> {
    let name = cursor.name("a relation or tensor")?;
    let (brackets, close) = match cursor.peek(0) {
        Kind::Sign("(") => (Brackets::Round, ")"),
        Kind::Sign("[") => (Brackets::Square, "]"),
        _ => {
            let span = name.span;
            return Ok((Reference { name, brackets: Brackets::None, arguments: Vec::new(), span }, None));
        }
    };
    cursor.advance();
    let mut normalised = None;
    let arguments = if cursor.is_sign(close) { Vec::new() } else { arguments(cursor, &mut normalised)? };
    if !cursor.is_sign(close) {
        return Err(cursor.expected(format!("`,` or `{close}`")));
    }
    cursor.advance();
    let span = name.span.to(cursor.previous_span());
    if arguments.len() > MOST_ARGUMENTS {
        let what = format!("the arguments of `{}`", name.text);
        return Err(Fault::TooMany { what, most: MOST_ARGUMENTS, way_out: "" }.at(span));
    }
    Ok((Reference { name, brackets, arguments, span }, normalised))
}

fn arguments(cursor: &mut Cursor, normalised: &mut Option<Ident>) -> Result<Vec<Argument>, Located> {
    cursor.list(|cursor| {
        let argument = argument(cursor)?;
        if cursor.is_sign(".") {
            match &argument {
                Argument::Variable(index) if normalised.is_none() => *normalised = Some(index.clone()),
                _ => return Err(cursor.expected("`,` or a closing bracket".to_owned())),
            }
            cursor.advance();
        }
        Ok(argument)
    })
}

/// Reads a variable, a constant or `_`.
pub(super) fn argument(cursor: &mut Cursor) -> Result<Argument, Located> {
    let span = cursor.span();
    let argument = match cursor.peek(0).clone() {
        Kind::Word(text) => Argument::Variable(Ident { text, span }),
        Kind::Name(text) | Kind::Text(text) | Kind::Number(text, _) => Argument::Constant(Ident { text, span }),
        Kind::Sign("_") => Argument::Anything(span),
        _ => return Err(cursor.expected("a variable, a constant or `_`".to_owned())),
    };
    cursor.advance();
    if cursor.is_sign("+") || cursor.is_sign("-") {
        return Err(Fault::Refused {
            name: "arithmetic".to_owned(),
            problem: "is not done in arguments; add up weights instead, as in `relation R(place, place) in min-plus`",
        }
        .at(cursor.span()));
    }
    Ok(argument)
}

/// Reads what follows the head of a fact or rule.
pub(super) fn rule_after_head(cursor: &mut Cursor, head: Reference) -> Result<Rule, Located> {
    if cursor.take_sign("=") {
        let weight = cursor.number()?;
        return Ok(Rule { head, weight: Some(weight), body: Vec::new() });
    }
    if !(cursor.take_sign(":-") || cursor.take_sign("←")) {
        return Ok(Rule { head, weight: None, body: Vec::new() });
    }
    let start = cursor.span();
    let body = cursor.list(literal)?;
    if body.len() > MOST_LITERALS {
        let what = "the conditions of this rule".to_owned();
        return Err(Fault::TooMany { what, most: MOST_LITERALS, way_out: "; cut it into rules" }.at(start));
    }
    Ok(Rule { head, weight: None, body })
}

fn literal(cursor: &mut Cursor) -> Result<Literal, Located> {
    if cursor.take_word("not") {
        return Ok(Literal::Fails(reference(cursor)?));
    }
    match (cursor.peek(0), cursor.peek(1)) {
        (Kind::Name(_), Kind::Sign("(")) => Ok(Literal::Holds(reference(cursor)?)),
        (Kind::Name(_), Kind::Sign("[")) => exceeds(cursor),
        (Kind::Number(..), Kind::Sign("," | ".") | Kind::Newline | Kind::End) | (Kind::Sign("-"), _) => {
            let (weight, span) = cursor.number()?;
            Ok(Literal::Weight(weight, span))
        }
        _ => Ok(Literal::Compared(compared(cursor)?)),
    }
}

/// Reads `x != y`.
pub(super) fn compared(cursor: &mut Cursor) -> Result<Compared, Located> {
    let start = cursor.span();
    let left = argument(cursor)?;
    let comparison = comparison(cursor)?;
    let right = argument(cursor)?;
    Ok(Compared { left, comparison, right, span: start.to(cursor.previous_span()) })
}

fn comparison(cursor: &mut Cursor) -> Result<Comparison, Located> {
    let found = if let Kind::Sign(sign) = cursor.peek(0) { Comparison::from_sign(sign) } else { None };
    let Some(comparison) = found else {
        return Err(cursor.expected("a comparison: `=`, `!=`, `<`, `<=`, `>` or `>=`".to_owned()));
    };
    cursor.advance();
    Ok(comparison)
}

fn exceeds(cursor: &mut Cursor) -> Result<Literal, Located> {
    let tensor = reference(cursor)?;
    let comparison = comparison(cursor)?;
    let (number, _) = cursor.number()?;
    Ok(Literal::Exceeds { tensor, comparison, number })
}

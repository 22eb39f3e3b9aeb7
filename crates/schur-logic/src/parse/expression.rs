//! The right-hand sides of equations.

use super::cursor::Cursor;
use super::rule::{compared, reference};
use super::token::Kind;
use super::tree::{Along, Expression, Function, Ident, Pointwise, Projection};
use crate::error::{Fault, Located};

/// How deep parentheses may nest: every level is some calls on the stack, here and in what walks the tree.
const MOST_LEVELS: usize = 64;

/// Terms of a sum and factors of a product: each is compared with each, to see where an index is summed.
const MOST_PARTS: usize = 1000;

const FUNCTIONS: [(&str, Function); 17] = [
    ("abs", Function::Pointwise(Pointwise::Abs)),
    ("cos", Function::Pointwise(Pointwise::Cos)),
    ("exp", Function::Pointwise(Pointwise::Exp)),
    ("lnorm", Function::Along(Along::LayerNorm)),
    ("log", Function::Pointwise(Pointwise::Log)),
    ("logsoftmax", Function::Along(Along::LogSoftmax)),
    ("relu", Function::Pointwise(Pointwise::Relu)),
    ("sig", Function::Pointwise(Pointwise::Sigmoid)),
    ("sigmoid", Function::Pointwise(Pointwise::Sigmoid)),
    ("silu", Function::Pointwise(Pointwise::Silu)),
    ("sin", Function::Pointwise(Pointwise::Sin)),
    ("softmax", Function::Along(Along::Softmax)),
    ("softplus", Function::Pointwise(Pointwise::Softplus)),
    ("sqrt", Function::Pointwise(Pointwise::Sqrt)),
    ("step", Function::Pointwise(Pointwise::Step)),
    ("tanh", Function::Pointwise(Pointwise::Tanh)),
    ("logistic", Function::Pointwise(Pointwise::Sigmoid)),
];

/// Reads `sum`, `max`, `min` or `avg`.
pub(super) fn projection(word: &str) -> Option<Projection> {
    Some(match word {
        "sum" => Projection::Sum,
        "max" => Projection::Largest,
        "min" => Projection::Smallest,
        "avg" => Projection::Average,
        _ => return None,
    })
}

/// Reads an expression.
pub(super) fn expression(cursor: &mut Cursor) -> Result<Expression, Located> {
    sum(cursor, 0)
}

fn sum(cursor: &mut Cursor, level: usize) -> Result<Expression, Located> {
    if level > MOST_LEVELS {
        return Err(Fault::Nesting { most: MOST_LEVELS }.at(cursor.span()));
    }
    let is_negative = cursor.take_sign("-");
    let first = product(cursor, level)?;
    let mut terms = vec![(is_negative, first)];
    loop {
        let is_negative = cursor.is_sign("-");
        if !is_negative && !cursor.is_sign("+") {
            break;
        }
        cursor.advance();
        check_parts(cursor, terms.len())?;
        terms.push((is_negative, product(cursor, level)?));
    }
    match (terms.len(), is_negative) {
        (1, false) => Ok(terms.swap_remove(0).1),
        _ => Ok(Expression::Sum(terms)),
    }
}

fn product(cursor: &mut Cursor, level: usize) -> Result<Expression, Located> {
    let mut factors = vec![(false, power(cursor, level)?)];
    loop {
        let is_divisor = cursor.is_sign("/");
        if is_divisor || cursor.is_sign("*") {
            cursor.advance();
        } else if !begins_factor(cursor) {
            break;
        }
        check_parts(cursor, factors.len())?;
        factors.push((is_divisor, power(cursor, level)?));
    }
    if factors.len() == 1 { Ok(factors.swap_remove(0).1) } else { Ok(Expression::Product(factors)) }
}

fn check_parts(cursor: &Cursor, parts: usize) -> Result<(), Located> {
    if parts < MOST_PARTS {
        return Ok(());
    }
    let what = "the terms or factors of this expression".to_owned();
    Err(Fault::TooMany { what, most: MOST_PARTS, way_out: "; give a part a name of its own" }.at(cursor.span()))
}

/// Factors stand side by side, as tensors do in the paper.
fn begins_factor(cursor: &Cursor) -> bool {
    match cursor.peek(0) {
        Kind::Name(_) | Kind::Number(..) | Kind::Sign("(" | "[") => true,
        Kind::Word(_) => matches!(cursor.peek(1), Kind::Sign("(" | "[")),
        _ => false,
    }
}

fn power(cursor: &mut Cursor, level: usize) -> Result<Expression, Located> {
    let start = cursor.span();
    let base = factor(cursor, level)?;
    if !cursor.take_sign("^") {
        return Ok(base);
    }
    let (exponent, span) = cursor.number()?;
    if cursor.is_sign("^") {
        return Err(cursor.expected("no second power; use parentheses".to_owned()));
    }
    Ok(Expression::Power { base: Box::new(base), exponent, span: start.to(span) })
}

fn factor(cursor: &mut Cursor, level: usize) -> Result<Expression, Located> {
    match cursor.peek(0).clone() {
        Kind::Number(_, value) => {
            cursor.advance();
            Ok(Expression::Number(value))
        }
        Kind::Name(_) => Ok(Expression::Reference(reference(cursor)?)),
        Kind::Sign("(") => {
            cursor.advance();
            let inner = sum(cursor, level + 1)?;
            cursor.expect_sign(")")?;
            Ok(inner)
        }
        Kind::Sign("[") => {
            cursor.advance();
            let compared = compared(cursor)?;
            cursor.expect_sign("]")?;
            Ok(Expression::Compared(compared))
        }
        Kind::Word(_) => applied(cursor, level),
        _ => Err(cursor.expected("a number, a tensor, a function or `(`".to_owned())),
    }
}

/// Reads `relu(...)`, `softmax[j](...)` or `sum[j](...)`.
fn applied(cursor: &mut Cursor, level: usize) -> Result<Expression, Located> {
    let word = cursor.word("a function")?;
    if let Some(projection) = projection(&word.text) {
        cursor.expect_sign("[")?;
        let indices = cursor.list(|cursor| cursor.word("an index"))?;
        cursor.expect_sign("]")?;
        let argument = Box::new(argument(cursor, level)?);
        return Ok(Expression::Project { projection, indices, argument });
    }
    let Some((_, function)) = FUNCTIONS.into_iter().find(|(name, _)| *name == word.text) else {
        return Err(unknown_function(&word, cursor));
    };
    let mut axis = None;
    if cursor.is_sign("[") {
        if matches!(function, Function::Pointwise(_)) {
            return Err(cursor.expected("`(`".to_owned()));
        }
        cursor.advance();
        axis = Some(cursor.word("an index")?);
        cursor.expect_sign("]")?;
    }
    let argument = Box::new(argument(cursor, level)?);
    Ok(Expression::Apply { function, axis, argument, span: word.span })
}

fn argument(cursor: &mut Cursor, level: usize) -> Result<Expression, Located> {
    cursor.expect_sign("(")?;
    let argument = sum(cursor, level + 1)?;
    cursor.expect_sign(")")?;
    Ok(argument)
}

fn unknown_function(word: &Ident, cursor: &Cursor) -> Located {
    use crate::error::Suggestion;
    if !matches!(cursor.peek(0), Kind::Sign("(" | "[")) {
        return Fault::Refused {
            name: word.text.clone(),
            problem: "is an index; it stands within brackets, behind the name of a tensor",
        }
        .at(word.span);
    }
    let suggestion = Suggestion::among(&word.text, FUNCTIONS.iter().map(|(name, _)| *name));
    Fault::Unknown { what: "function", name: word.text.clone(), suggestion }.at(word.span)
}

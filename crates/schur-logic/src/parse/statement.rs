//! Statements: declarations, facts, rules, equations, queries and requests.

use super::cursor::Cursor;
use super::expression::{expression, projection};
use super::rule::{head_reference, rule_after_head};
use super::token::Kind;
use super::tree::{
    Brackets, Elements, Equation, Ident, Limited, Method, Projection, Reference, Source, Statement, TensorKind,
};
use crate::error::{Fault, Located, Span, Suggestion};

/// The words that begin a statement.
const KEYWORDS: [&str; 9] = ["domain", "relation", "data", "param", "random", "minimize", "count", "seed", "limit"];

/// Nested lists of numbers deeper than any tensor.
const MOST_LEVELS: usize = 32;

/// The step of an optimiser that names none.
const DEFAULT_RATE: f64 = 0.01;

/// Steps of an optimiser that names no number of them.
const DEFAULT_STEPS: usize = 100;

/// Reads one statement up to, but without, its end.
pub(super) fn statement(cursor: &mut Cursor) -> Result<Statement, Located> {
    let Kind::Word(word) = cursor.peek(0).clone() else { return fact_rule_equation_or_query(cursor) };
    let span = cursor.span();
    cursor.advance();
    match word.as_str() {
        "domain" => domain(cursor),
        "relation" => relation(cursor),
        "data" => tensor(cursor, TensorKind::Data),
        "param" => tensor(cursor, TensorKind::Parameter),
        "random" => tensor(cursor, TensorKind::Random),
        "minimize" => minimize(cursor, span),
        "count" => {
            let (reference, _) = head_reference(cursor)?;
            cursor.expect_sign("?")?;
            Ok(Statement::Query { reference, is_count: true })
        }
        "seed" => Ok(Statement::Seed(cursor.count("a seed")?.0 as u64)),
        "limit" => limit(cursor),
        _ => {
            let suggestion = Suggestion::among(&word, KEYWORDS.into_iter());
            let what = "statement (names of relations and tensors begin with a capital letter)";
            Err(Fault::Unknown { what, name: word, suggestion }.at(span))
        }
    }
}

fn fact_rule_equation_or_query(cursor: &mut Cursor) -> Result<Statement, Located> {
    let (head, normalised) = head_reference(cursor)?;
    if cursor.take_sign("?") {
        return Ok(Statement::Query { reference: head, is_count: false });
    }
    if head.brackets == Brackets::Round {
        return Ok(Statement::Rule(rule_after_head(cursor, head)?));
    }
    equation(cursor, head, normalised)
}

fn equation(cursor: &mut Cursor, head: Reference, normalised: Option<Ident>) -> Result<Statement, Located> {
    let mut found = Projection::Sum;
    if let Kind::Word(word) = cursor.peek(0)
        && let Some(named) = projection(word)
    {
        found = named;
        cursor.advance();
    }
    if !cursor.take_sign("=") {
        return Err(cursor.expected("`=`, `max=`, `min=`, `avg=` or `?`".to_owned()));
    }
    let body = expression(cursor)?;
    Ok(Statement::Equation(Equation { head, normalised, projection: found, body }))
}

fn domain(cursor: &mut Cursor) -> Result<Statement, Located> {
    let name = cursor.word("a domain")?;
    if !cursor.take_sign("=") {
        return Ok(Statement::Domain { name, elements: Elements::Open });
    }
    // A number alone counts the elements; in a list it names one.
    if matches!(cursor.peek(0), Kind::Number(..)) && *cursor.peek(1) != Kind::Sign(",") {
        let (count, span) = cursor.count("the number of elements")?;
        return Ok(Statement::Domain { name, elements: Elements::Count(count, span) });
    }
    let names = cursor.list(|cursor| match cursor.peek(0).clone() {
        Kind::Name(text) | Kind::Text(text) | Kind::Number(text, _) => {
            let span = cursor.span();
            cursor.advance();
            Ok(Ident { text, span })
        }
        _ => Err(cursor.expected("an element: a capitalised word, a number, or text in quotes".to_owned())),
    })?;
    Ok(Statement::Domain { name, elements: Elements::Names(names) })
}

fn relation(cursor: &mut Cursor) -> Result<Statement, Located> {
    let name = cursor.name("a relation")?;
    cursor.expect_sign("(")?;
    let columns =
        if cursor.is_sign(")") { Vec::new() } else { cursor.list(|cursor| cursor.word("the domain of a column"))? };
    cursor.expect_sign(")")?;
    let semiring = if cursor.take_word("in") { Some(semiring(cursor)?) } else { None };
    let file = if cursor.take_word("from") { Some(cursor.text("a file")?) } else { None };
    Ok(Statement::Relation { name, columns, semiring, file })
}

/// Reads a name such as `min-plus`.
fn semiring(cursor: &mut Cursor) -> Result<Ident, Located> {
    let mut name = cursor.word("a semiring")?;
    while cursor.take_sign("-") {
        let part = cursor.word("the rest of a semiring's name")?;
        name = Ident { text: format!("{}-{}", name.text, part.text), span: name.span.to(part.span) };
    }
    Ok(name)
}

fn tensor(cursor: &mut Cursor, kind: TensorKind) -> Result<Statement, Located> {
    let name = cursor.name("a tensor")?;
    let mut axes = Vec::new();
    if cursor.take_sign("[") {
        axes = cursor.list(|cursor| cursor.word("the domain of an axis"))?;
        cursor.expect_sign("]")?;
    }
    let source = if cursor.take_sign("=") {
        source(cursor)?
    } else if cursor.take_word("from") {
        Source::File(cursor.text("a file")?)
    } else if kind == TensorKind::Parameter {
        Source::Constant(0.0)
    } else {
        return Err(cursor.expected("`=` or `from`".to_owned()));
    };
    Ok(Statement::Tensor { name, kind, axes, source })
}

fn source(cursor: &mut Cursor) -> Result<Source, Located> {
    let start = cursor.span();
    match cursor.peek(0).clone() {
        Kind::Sign("[") => {
            let (mut values, mut shape) = (Vec::new(), Vec::new());
            numbers(cursor, 0, &mut values, &mut shape)?;
            Ok(Source::Numbers { values, shape, span: start.to(cursor.previous_span()) })
        }
        Kind::Word(word) if word == "unit" => {
            cursor.advance();
            Ok(Source::Unit)
        }
        Kind::Word(word) if word == "normal" || word == "uniform" => {
            cursor.advance();
            cursor.expect_sign("(")?;
            let (width, span) = cursor.number()?;
            if width < 0.0 {
                return Err(Fault::Refused { name: word, problem: "needs a width of at least zero" }.at(span));
            }
            cursor.expect_sign(")")?;
            Ok(if word == "normal" { Source::Normal(width) } else { Source::Uniform(width) })
        }
        Kind::Number(..) | Kind::Sign("-") => Ok(Source::Constant(cursor.number()?.0)),
        _ => Err(cursor.expected("a number, `[`, `normal(...)`, `uniform(...)` or `unit`".to_owned())),
    }
}

/// Reads a nested list; all lists of one level must be equally long.
fn numbers(cursor: &mut Cursor, level: usize, values: &mut Vec<f64>, shape: &mut Vec<usize>) -> Result<(), Located> {
    let start = cursor.span();
    if level >= MOST_LEVELS {
        return Err(Fault::Nesting { most: MOST_LEVELS }.at(start));
    }
    cursor.expect_sign("[")?;
    let is_first = shape.len() == level;
    if is_first {
        shape.push(0);
    }
    let is_innermost = !cursor.is_sign("[");
    if !is_first && is_innermost != (shape.len() == level + 1) {
        return Err(cursor.expected("lists that are nested equally deep".to_owned()));
    }
    let items = cursor.list(|cursor| {
        if is_innermost {
            values.push(cursor.number()?.0);
            return Ok(());
        }
        numbers(cursor, level + 1, values, shape)
    })?;
    cursor.expect_sign("]")?;
    if is_first {
        shape[level] = items.len();
    } else if shape[level] != items.len() {
        let expected = format!("a list of {} items", shape[level]);
        return Err(
            Fault::Expected { expected, found: format!("one of {}", items.len()) }.at(start.to(cursor.previous_span()))
        );
    }
    Ok(())
}

fn minimize(cursor: &mut Cursor, start: Span) -> Result<Statement, Located> {
    let loss = cursor.name("the tensor to minimize")?;
    cursor.expect_word("with")?;
    let method = match cursor.peek(0) {
        Kind::Word(word) if word == "adam" => Method::Adam,
        Kind::Word(word) if word == "gd" => Method::GradientDescent,
        _ => return Err(cursor.expected("`adam` or `gd`".to_owned())),
    };
    cursor.advance();
    let (mut steps, mut rate) = (DEFAULT_STEPS, DEFAULT_RATE);
    loop {
        cursor.take_sign(",");
        if cursor.take_word("steps") {
            steps = cursor.count("the number of steps")?.0;
        } else if cursor.take_word("rate") {
            let (found, span) = cursor.number()?;
            if found <= 0.0 {
                return Err(Fault::Refused { name: "rate".to_owned(), problem: "must be positive" }.at(span));
            }
            rate = found;
        } else {
            break;
        }
    }
    Ok(Statement::Minimize { loss, method, steps, rate, span: start.to(cursor.previous_span()) })
}

fn limit(cursor: &mut Cursor) -> Result<Statement, Located> {
    let limited = match cursor.peek(0) {
        Kind::Word(word) if word == "rows" => Limited::Rows,
        Kind::Word(word) if word == "rounds" => Limited::Rounds,
        Kind::Word(word) if word == "elements" => Limited::Elements,
        _ => return Err(cursor.expected("`rows`, `rounds` or `elements`".to_owned())),
    };
    cursor.advance();
    Ok(Statement::Limit { limited, most: cursor.count("the limit")?.0 })
}

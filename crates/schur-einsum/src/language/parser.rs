//! From text to tree: one function for each rule of the grammar.

use std::sync::Arc;

use super::index::{is_letter, is_name_character};
use super::{Excerpt, Expression, Index, Indices, Item, Label, ParseError, Span, Term};

/// Deeper than anybody writes, and shallow enough for the stack of any thread.
const DEPTH_LIMIT: usize = 64;

pub(super) fn parse(text: &str) -> Result<Expression, ParseError> {
    let mut parser = Parser { text: Arc::from(text), position: 0, depth: 0 };
    let (terms, output) = parser.expression()?;
    if let Some(character) = parser.peek() {
        return Err(parser.leftover(character, output.is_some()));
    }
    let span = Span { start: 0, end: text.len() };
    Ok(Expression::parsed(terms, output, span, parser.text))
}

struct Parser {
    text: Arc<str>,
    position: usize,
    depth: usize,
}

impl Parser {
    /// `terms = term { "," term } ; expression = terms [ "->" indices ]`
    fn expression(&mut self) -> Result<(Vec<Term>, Option<Indices>), ParseError> {
        let mut terms = vec![self.term()?];
        while self.peek() == Some(',') {
            self.advance();
            terms.push(self.term()?);
        }
        let output = if self.arrow()? { Some(self.indices()?) } else { None };
        Ok((terms, output))
    }

    /// `term = indices | "(" terms "->" indices ")"`
    fn term(&mut self) -> Result<Term, ParseError> {
        if self.peek() != Some('(') {
            let indices = self.indices()?;
            return if self.peek() == Some('(') {
                Err(ParseError::Beside { at: self.here() })
            } else {
                Ok(Term::Operand(indices))
            };
        }
        let open = self.here();
        if self.depth == DEPTH_LIMIT {
            return Err(ParseError::Depth { limit: DEPTH_LIMIT, at: open });
        }
        let start = self.position;
        self.advance();
        self.depth += 1;
        let (terms, output) = self.expression()?;
        self.depth -= 1;
        match self.peek() {
            Some(')') => self.advance(),
            Some(character) => return Err(self.leftover(character, output.is_some())),
            None => return Err(ParseError::Unmatched { bracket: '(', at: open }),
        }
        let span = Span { start, end: self.position };
        if output.is_none() {
            return Err(ParseError::NestedOutput { at: self.at(span) });
        }
        match self.peek() {
            None | Some(',' | '-' | '>' | ')') => {
                Ok(Term::Nested(Expression::parsed(terms, output, span, Arc::clone(&self.text))))
            }
            Some(_) => Err(ParseError::Beside { at: self.here() }),
        }
    }

    /// `indices = { letter | "[" { name } "]" | "..." }`
    fn indices(&mut self) -> Result<Indices, ParseError> {
        let mut items: Vec<Item> = Vec::new();
        loop {
            let next = self.peek();
            let start = self.position;
            match next {
                Some('.') => {
                    let span = self.ellipsis()?;
                    if items.iter().any(|item| *item.label() == Label::Ellipsis) {
                        return Err(ParseError::Ellipsis { at: self.at(span) });
                    }
                    items.push(Item::new(Label::Ellipsis, span));
                }
                Some('[') => self.names(&mut items)?,
                Some(']') => return Err(ParseError::Unmatched { bracket: ']', at: self.here() }),
                None | Some(',' | '-' | '>' | '(' | ')') => {
                    let ends = |items: &[Item]| Some((items.first()?.span().start, items.last()?.span().end));
                    let (start, end) = ends(&items).unwrap_or((start, start));
                    return Ok(Indices::parsed(items, Span { start, end }));
                }
                Some(letter) if is_letter(letter) => {
                    self.advance();
                    let span = Span { start, end: self.position };
                    items.push(Item::new(Label::Index(Index::letter(letter)), span));
                }
                Some(character) => return Err(ParseError::Character { character, at: self.here() }),
            }
        }
    }

    /// Three dots; spaces between them are ignored as everywhere.
    fn ellipsis(&mut self) -> Result<Span, ParseError> {
        let start = self.position;
        for _ in 0..3 {
            if self.peek() != Some('.') {
                return Err(ParseError::Ellipsis { at: self.at(Span { start, end: self.position }) });
            }
            self.advance();
        }
        Ok(Span { start, end: self.position })
    }

    /// `"[" { name } "]"`, where spaces part names.
    fn names(&mut self, items: &mut Vec<Item>) -> Result<(), ParseError> {
        let open = self.here();
        self.advance();
        loop {
            self.peek();
            let start = self.position;
            let rest = &self.text[start..];
            let length = rest.find(|c| !is_name_character(c)).unwrap_or(rest.len());
            match rest.chars().next() {
                Some(']') => {
                    self.advance();
                    return Ok(());
                }
                Some(_) if length > 0 => {
                    let index = Index::new(&rest[..length])?;
                    self.position = start + length;
                    items.push(Item::new(Label::Index(index), Span { start, end: self.position }));
                }
                None | Some(',' | '(' | ')' | '[' | '-' | '>') => {
                    return Err(ParseError::Unmatched { bracket: '[', at: open });
                }
                Some(character) => return Err(ParseError::Character { character, at: self.here() }),
            }
        }
    }

    fn arrow(&mut self) -> Result<bool, ParseError> {
        if !matches!(self.peek(), Some('-' | '>')) {
            return Ok(false);
        }
        let at = self.here();
        let dash = self.peek() == Some('-');
        self.advance();
        if !dash || self.peek() != Some('>') {
            return Err(ParseError::HalfArrow { at });
        }
        self.advance();
        Ok(true)
    }

    /// The error for a character after which an expression cannot go on.
    fn leftover(&mut self, character: char, after_output: bool) -> ParseError {
        let at = self.here();
        match character {
            ',' | '(' if after_output => ParseError::Output { character, at },
            ')' => ParseError::Unmatched { bracket: ')', at },
            '-' | '>' => match self.arrow() {
                Ok(_) => ParseError::SecondArrow { at },
                Err(error) => error,
            },
            _ => ParseError::Beside { at },
        }
    }

    /// The next character that is not a space.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.position..];
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        self.position = self.text.len() - rest.len();
        rest.chars().next()
    }

    /// Goes past the next character.
    fn advance(&mut self) {
        self.position += self.peek().map_or(0, char::len_utf8);
    }

    fn at(&self, span: Span) -> Excerpt {
        Excerpt::new(&self.text, &[span])
    }

    fn here(&self) -> Excerpt {
        let width = self.text[self.position..].chars().next().map_or(0, char::len_utf8);
        self.at(Span { start: self.position, end: self.position + width })
    }
}

//! Walking along the tokens, and saying what was expected.

use super::token::{Kind, Token};
use super::tree::Ident;
use crate::error::{Fault, Located, Span};

/// A position in the list of tokens.
pub(super) struct Cursor {
    tokens: Vec<Token>,
    at: usize,
}

impl Cursor {
    /// At the first of tokens that end with [`Kind::End`].
    pub(super) fn new(tokens: Vec<Token>) -> Self {
        Self { tokens, at: 0 }
    }

    /// The token at the cursor or some tokens behind it; the last again and again.
    pub(super) fn peek(&self, ahead: usize) -> &Kind {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].kind
    }

    pub(super) fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    pub(super) fn previous_span(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    pub(super) fn is_at_end(&self) -> bool {
        *self.peek(0) == Kind::End
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(0), Kind::Sign(found) if *found == sign)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(0), Kind::Word(found) if found == word)
    }

    pub(super) fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    /// Takes a sign if it is there.
    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let is_there = self.is_sign(sign);
        if is_there {
            self.advance();
        }
        is_there
    }

    /// Takes a word if it is there.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let is_there = self.is_word(word);
        if is_there {
            self.advance();
        }
        is_there
    }

    pub(super) fn expect_sign(&mut self, sign: &str) -> Result<(), Located> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.expected(format!("`{sign}`"))) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), Located> {
        if self.take_word(word) { Ok(()) } else { Err(self.expected(format!("`{word}`"))) }
    }

    /// Takes a capitalised word.
    pub(super) fn name(&mut self, what: &str) -> Result<Ident, Located> {
        match self.peek(0).clone() {
            Kind::Name(text) => Ok(self.ident(text)),
            _ => Err(self.expected(format!("{what}, which begins with a capital letter"))),
        }
    }

    /// Takes a lower-case word.
    pub(super) fn word(&mut self, what: &str) -> Result<Ident, Located> {
        match self.peek(0).clone() {
            Kind::Word(text) => Ok(self.ident(text)),
            _ => Err(self.expected(format!("{what}, which begins with a small letter"))),
        }
    }

    /// Takes a text in quotes.
    pub(super) fn text(&mut self, what: &str) -> Result<Ident, Located> {
        match self.peek(0).clone() {
            Kind::Text(text) => Ok(self.ident(text)),
            _ => Err(self.expected(format!("{what} in double quotes"))),
        }
    }

    /// Takes a number, with any number of minus signs before it.
    pub(super) fn number(&mut self) -> Result<(f64, Span), Located> {
        let start = self.span();
        let is_negative = self.take_sign("-");
        match *self.peek(0) {
            Kind::Number(_, value) => {
                let span = start.to(self.span());
                self.advance();
                Ok((if is_negative { -value } else { value }, span))
            }
            _ => Err(self.expected("a number".to_owned())),
        }
    }

    /// Takes a whole number.
    pub(super) fn count(&mut self, what: &str) -> Result<(usize, Span), Located> {
        let span = self.span();
        if let Kind::Number(text, _) = self.peek(0)
            && let Ok(count) = text.parse()
        {
            self.advance();
            return Ok((count, span));
        }
        Err(self.expected(format!("{what}, a whole number")))
    }

    fn ident(&mut self, text: String) -> Ident {
        let span = self.span();
        self.advance();
        Ident { text, span }
    }

    /// Takes items between commas, at least one.
    pub(super) fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Result<T, Located>) -> Result<Vec<T>, Located> {
        let mut items = vec![item(self)?];
        while self.take_sign(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(super) fn skip_ends(&mut self) {
        while self.is_sign(".") || *self.peek(0) == Kind::Newline {
            self.advance();
        }
    }

    pub(super) fn end_of_statement(&mut self) -> Result<(), Located> {
        match self.peek(0) {
            Kind::Newline | Kind::End | Kind::Sign(".") => Ok(()),
            _ => Err(self.expected("the end of the statement (a point or a new line)".to_owned())),
        }
    }

    pub(super) fn expected(&self, expected: String) -> Located {
        Fault::Expected { expected, found: self.peek(0).describe() }.at(self.span())
    }
}

//! Words, numbers and signs of a program, and where lines end a statement.

use crate::error::{Fault, Located, Span};

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A word that begins with a capital letter: a relation, a tensor, a constant.
    Name(String),
    /// Any other word: a variable, a function, a keyword. Primes belong to it.
    Word(String),
    /// A number, as written and as meant.
    Number(String, f64),
    /// Text in double quotes.
    Text(String),
    /// A sign, by its spelling.
    Sign(&'static str),
    /// The end of a line that ends a statement.
    Newline,
    /// The end of the program.
    End,
}

impl Kind {
    /// What an error calls it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Name(text) | Self::Word(text) | Self::Number(text, _) => format!("`{text}`"),
            Self::Text(text) => format!("\"{text}\""),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::Newline => "the end of the line".to_owned(),
            Self::End => "the end of the program".to_owned(),
        }
    }
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// Longer spellings first, so that `<=` is not read as `<`.
const SIGNS: [&str; 23] = [
    ":-", "←", "!=", "<=", ">=", "==", "(", ")", "[", "]", ",", ".", "?", "=", "<", ">", "+", "-", "*", "/", "^", ";",
    "_",
];

/// Behind these a statement goes on, on whatever line.
const GOES_ON: [&str; 9] = [":-", "←", ",", "=", "+", "-", "*", "/", "^"];

/// Cuts a program into tokens; the last is [`Kind::End`].
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Located> {
    let mut lexer = Lexer { source, at: 0, depth: 0, tokens: Vec::new() };
    while let Some(character) = lexer.rest().chars().next() {
        lexer.step(character)?;
    }
    let end = Span::new(source.len(), source.len());
    lexer.tokens.push(Token { kind: Kind::End, span: end });
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    /// Open brackets; within them a line's end is a space.
    depth: usize,
    tokens: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    /// The length of the beginning whose characters all fulfil a condition.
    fn length_while(&self, condition: impl Fn(char) -> bool) -> usize {
        let rest = self.rest();
        rest.find(|c| !condition(c)).unwrap_or(rest.len())
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let span = Span::new(self.at, self.at + length);
        self.tokens.push(Token { kind, span });
        self.at += length;
    }

    fn step(&mut self, character: char) -> Result<(), Located> {
        match character {
            '\n' => self.newline(),
            '#' => self.at += self.length_while(|c| c != '\n'),
            c if c.is_whitespace() => self.at += c.len_utf8(),
            c if c.is_alphabetic() => self.word(c),
            c if c.is_ascii_digit() => self.number()?,
            '"' => self.text()?,
            _ => self.sign(character)?,
        }
        Ok(())
    }

    fn newline(&mut self) {
        let goes_on = match self.tokens.last().map(|token| &token.kind) {
            None | Some(Kind::Newline) => true,
            Some(Kind::Sign(sign)) => GOES_ON.contains(sign),
            Some(_) => false,
        };
        if self.depth > 0 || goes_on { self.at += 1 } else { self.push(Kind::Newline, 1) }
    }

    fn word(&mut self, first: char) {
        let length = self.length_while(|c| c.is_alphanumeric() || c == '_' || c == '\'');
        let text = self.rest()[..length].to_owned();
        self.push(if first.is_uppercase() { Kind::Name(text) } else { Kind::Word(text) }, length);
    }

    /// Digits, with a fraction if a digit follows the point, and an exponent if digits follow the letter.
    fn number(&mut self) -> Result<(), Located> {
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut length = digits(0);
        if bytes.get(length) == Some(&b'.') && digits(length + 1) > 0 {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let from = (length + 1 + sign).min(bytes.len());
            if digits(from) > 0 {
                length = from + digits(from);
            }
        }
        let text = self.rest()[..length].to_owned();
        let span = Span::new(self.at, self.at + length);
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => self.push(Kind::Number(text, value), length),
            _ => return Err(Fault::Number { text }.at(span)),
        }
        Ok(())
    }

    /// Text up to the next quote; a backslash keeps the character behind it as it is.
    fn text(&mut self) -> Result<(), Located> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.push(Kind::Text(text), at + 1);
                    return Ok(());
                }
                '\n' => break,
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                _ => text.push(character),
            }
        }
        let length = self.length_while(|c| c != '\n');
        Err(Fault::OpenString.at(Span::new(self.at, self.at + length)))
    }

    fn sign(&mut self, character: char) -> Result<(), Located> {
        let Some(sign) = SIGNS.into_iter().find(|sign| self.rest().starts_with(sign)) else {
            let span = Span::new(self.at, self.at + character.len_utf8());
            return Err(Fault::Character { found: character }.at(span));
        };
        match sign {
            "(" | "[" => self.depth += 1,
            ")" | "]" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.push(Kind::Sign(sign), sign.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<String> {
        tokens(source).unwrap().iter().map(|token| token.kind.describe()).collect()
    }

    #[test]
    fn points_end_statements_or_belong_to_numbers() {
        assert_eq!(kinds("A(1.5).")[..5], ["`A`", "`(`", "`1.5`", "`)`", "`.`"]);
        assert_eq!(kinds("A = 3.")[2..4], ["`3`", "`.`"]);
        assert_eq!(kinds("2e3 2e 1e-2")[..4], ["`2e3`", "`2`", "`e`", "`1e-2`"]);
    }

    #[test]
    fn lines_go_on_within_brackets_and_behind_operators() {
        let newlines = |source| kinds(source).iter().filter(|kind| *kind == "the end of the line").count();
        assert_eq!(newlines("A(X,\n Y)\nB :-\n C,\n D\n\n\n# nothing\nE"), 2);
        assert_eq!(newlines("\n\n"), 0);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(*tokens("A(x) @").unwrap_err().fault, Fault::Character { found: '@' });
        assert_eq!(*tokens("A(\"x)\nB").unwrap_err().fault, Fault::OpenString);
        assert!(matches!(*tokens("1e999").unwrap_err().fault, Fault::Number { .. }));
    }
}

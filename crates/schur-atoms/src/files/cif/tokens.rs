//! The words of a CIF.

use crate::files::{FileError, Place, Problem};

/// One word with its line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Token<'a> {
    pub kind: Kind<'a>,
    pub line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind<'a> {
    /// `data_name`
    Data(&'a str),
    /// `save_name`, or `save_` at the end of the frame.
    Save(&'a str),
    /// `loop_`
    Loop,
    /// `_name`
    Tag(&'a str),
    /// A value; quoted ones never mean "unknown".
    Value { text: &'a str, quoted: bool },
}

/// Splits a CIF into words.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    version_2: bool,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { text, at: 0, line: 1, version_2: text.starts_with("#\\#CIF_2") }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes `length` bytes, counting their lines.
    fn take(&mut self, length: usize) -> &'a str {
        let taken = &self.text[self.at..self.at + length];
        self.line += taken.bytes().filter(|&byte| byte == b'\n').count();
        self.at += length;
        taken
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks_and_remarks(&mut self) {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_ascii_start().len();
            self.take(blanks);
            if self.peek() != Some(b'#') {
                return;
            }
            let length = self.rest().find('\n').unwrap_or(self.rest().len());
            self.take(length);
        }
    }

    /// The next word; `None` at the end.
    ///
    /// # Errors
    /// A quote, text field or CIF 2.0 list that never closes, with the line where it opens.
    pub fn next(&mut self) -> Result<Option<Token<'a>>, FileError> {
        self.skip_blanks_and_remarks();
        let line = self.line;
        let Some(first) = self.peek() else { return Ok(None) };
        let at_line_start = self.at == 0 || self.text.as_bytes()[self.at - 1] == b'\n';
        let kind = match first {
            b';' if at_line_start => self.text_field()?,
            b'\'' | b'"' => self.quoted(first)?,
            b'[' | b'{' if self.version_2 => self.list()?,
            _ => self.word(),
        };
        Ok(Some(Token { kind, line }))
    }

    fn unclosed(&self, what: &str) -> FileError {
        let remedy = "close it; in a text field the closing `;` must be the first character of its line";
        Problem::expected(what, self.rest().as_bytes(), remedy).at(Place::line(self.line))
    }

    /// Lines between two that begin with a semicolon.
    fn text_field(&mut self) -> Result<Kind<'a>, FileError> {
        let body = &self.rest()[1..];
        let length = body.find("\n;").ok_or_else(|| self.unclosed("a text field that is closed"))?;
        self.take(1 + length + 2);
        Ok(Kind::Value { text: &body[..length], quoted: true })
    }

    /// Text in quotes: the closing one is followed by a blank, so `'a dog's life'` is one value.
    fn quoted(&mut self, quote: u8) -> Result<Kind<'a>, FileError> {
        let rest = self.rest();
        let triple = if quote == b'"' { "\"\"\"" } else { "'''" };
        if self.version_2 && rest.starts_with(triple) {
            let length = rest[3..].find(triple).ok_or_else(|| self.unclosed("a closing triple quote"))?;
            self.take(length + 6);
            return Ok(Kind::Value { text: &rest[3..3 + length], quoted: true });
        }
        let bytes = rest.as_bytes();
        let closes = |at: usize| bytes[at] == quote && bytes.get(at + 1).is_none_or(|&byte| self.ends_value(byte));
        let end = (1..bytes.len()).take_while(|&at| bytes[at] != b'\n').find(|&at| closes(at));
        let end = end.ok_or_else(|| self.unclosed("a closing quote"))?;
        self.take(end + 1);
        Ok(Kind::Value { text: &rest[1..end], quoted: true })
    }

    fn ends_value(&self, byte: u8) -> bool {
        byte.is_ascii_whitespace() || (self.version_2 && matches!(byte, b']' | b'}' | b':'))
    }

    /// A list or table of CIF 2.0 as one value; nothing read here needs its parts.
    fn list(&mut self) -> Result<Kind<'a>, FileError> {
        let rest = self.rest();
        let (mut depth, mut quote) = (0usize, None);
        for (at, byte) in rest.bytes().enumerate() {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'\'' | b'"') => quote = Some(byte),
                (None, b'[' | b'{') => depth += 1,
                (None, b']' | b'}') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(Kind::Value { text: self.take(at + 1), quoted: true });
            }
        }
        Err(self.unclosed("a list that is closed"))
    }

    fn word(&mut self) -> Kind<'a> {
        let rest = self.rest();
        let text = self.take(rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len()));
        let keyword = |prefix: &str| {
            text.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix)).map(|_| &text[prefix.len()..])
        };
        if text.starts_with('_') {
            Kind::Tag(text)
        } else if keyword("loop_") == Some("") {
            Kind::Loop
        } else if let Some(name) = keyword("data_") {
            Kind::Data(name)
        } else if let Some(name) = keyword("save_") {
            Kind::Save(name)
        } else {
            Kind::Value { text, quoted: false }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Result<Vec<Kind<'_>>, FileError> {
        let mut tokens = Tokens::new(text);
        std::iter::from_fn(|| tokens.next().transpose()).map(|token| token.map(|token| token.kind)).collect()
    }

    #[test]
    fn words_quotes_and_text_fields() {
        let text = "# remark\nDATA_x _a 'a dog's life' # more\n_b\n;first\n second;\n;\nLoop_ _c \"q\" v#1 save_";
        let value = |text, quoted| Kind::Value { text, quoted };
        let expected = [
            Kind::Data("x"),
            Kind::Tag("_a"),
            value("a dog's life", true),
            Kind::Tag("_b"),
            value("first\n second;", true),
            Kind::Loop,
            Kind::Tag("_c"),
            value("q", true),
            value("v#1", false),
            Kind::Save(""),
        ];
        assert_eq!(kinds(text).unwrap(), expected);
    }

    #[test]
    fn version_2_has_triple_quotes_and_lists() {
        let found = kinds("#\\#CIF_2.0\n_a '''it's\n''' _b [1 ['x]' 2]] _c {'k':1}").unwrap();
        assert_eq!(found[1], Kind::Value { text: "it's\n", quoted: true });
        assert_eq!(found[3], Kind::Value { text: "[1 ['x]' 2]]", quoted: true });
        assert_eq!(found.len(), 6);
    }

    #[test]
    fn what_never_closes_is_placed() {
        for (text, line) in [("_a\n'open\n_b", 2), ("_a\n\n;field\nx", 3), ("#\\#CIF_2.0\n_a [1 2", 2), ("'", 1)] {
            assert_eq!(kinds(text).unwrap_err().place().line, Some(line), "{text}");
        }
    }
}

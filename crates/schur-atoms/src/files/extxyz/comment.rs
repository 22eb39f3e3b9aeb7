//! The second line of an extended-XYZ frame: a row of `key=value` pairs.
//!
//! The language is that of the libAtoms specification, wide enough for what ASE writes and reads: blanks around `=`,
//! values in `"..."`, `'...'`, `{...}` and `[...]`, keys in quotes, a backslash before any character, and a key
//! without a value, which means true.

use std::borrow::Cow;

use crate::files::Problem;

/// One `key=value` pair, its value not yet interpreted.
#[derive(Debug, PartialEq)]
pub(super) struct Pair<'a> {
    pub key: Cow<'a, str>,
    pub value: Raw<'a>,
    /// Byte of the line at which the value (or the lone key) starts.
    pub at: usize,
}

/// A value as written.
#[derive(Debug, PartialEq)]
pub(super) enum Raw<'a> {
    /// No value: the key stands alone.
    Flag,
    /// Text without quotes, or what stood between quotes or braces.
    Text(Cow<'a, str>),
    /// A list in brackets, brackets included.
    List(&'a str),
}

const CLOSE_IT: &str = "close the quote or bracket, or put a backslash before it";

/// Takes a comment line apart.
///
/// # Errors
/// The byte at fault and the [`Problem`] there: an unclosed quote or bracket, a value without a key.
pub(super) fn pairs(line: &str) -> Result<Vec<Pair<'_>>, (usize, Problem)> {
    let mut scanner = Scanner { line, at: 0 };
    let mut pairs = Vec::new();
    while scanner.skip_blanks().is_some() {
        pairs.push(scanner.pair()?);
    }
    Ok(pairs)
}

struct Scanner<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.line.as_bytes().get(self.at).copied()
    }

    /// The next byte that is no blank.
    fn skip_blanks(&mut self) -> Option<u8> {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.peek()
    }

    fn problem(&self, at: usize, expected: &str, remedy: &'static str) -> (usize, Problem) {
        (at, Problem::expected(expected, &self.line.as_bytes()[at..], remedy))
    }

    fn pair(&mut self) -> Result<Pair<'a>, (usize, Problem)> {
        let key_at = self.at;
        let key = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => self.enclosed(quote)?,
            _ => self.bare(|byte| byte == b'=' || matches!(byte, b'"' | b'\'' | b'{' | b'}' | b'[' | b']')),
        };
        if key.is_empty() {
            return Err(self.problem(key_at, "a key", "write key=value, with quotes around a value that holds blanks"));
        }
        let behind_key = self.at;
        if self.skip_blanks() != Some(b'=') {
            if behind_key == self.at && self.peek().is_some() {
                return Err(self.problem(behind_key, "`=` or a blank after the key", CLOSE_IT));
            }
            self.at = behind_key;
            return Ok(Pair { key, value: Raw::Flag, at: key_at });
        }
        self.at += 1;
        let behind_sign = self.at;
        let start = self.skip_blanks();
        let at = self.at;
        let value = match start {
            // ASE writes an empty text as `key= next=...`.
            None => Raw::Text(Cow::Borrowed("")),
            Some(_) if at > behind_sign && self.at_next_pair() => Raw::Text(Cow::Borrowed("")),
            Some(_) => self.value()?,
        };
        Ok(Pair { key, value, at })
    }

    /// Whether `name=` stands here.
    fn at_next_pair(&self) -> bool {
        let rest = &self.line.as_bytes()[self.at..];
        let name = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')));
        name.is_some_and(|end| end > 0 && rest[0].is_ascii_alphabetic() && rest[end] == b'=')
    }

    fn value(&mut self) -> Result<Raw<'a>, (usize, Problem)> {
        let at = self.at;
        let value = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => Raw::Text(self.enclosed(quote)?),
            Some(b'{') => Raw::Text(self.enclosed(b'}')?),
            Some(b'[') => Raw::List(self.list()?),
            _ => {
                let text = self.bare(|byte| byte == b'"');
                if text.is_empty() {
                    return Err(self.problem(at, "a value", CLOSE_IT));
                }
                Raw::Text(text)
            }
        };
        if self.peek().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            return Err(self.problem(self.at, "a blank after the value", CLOSE_IT));
        }
        Ok(value)
    }

    /// Text up to a blank or a byte that ends it.
    fn bare(&mut self, ends: impl Fn(u8) -> bool) -> Cow<'a, str> {
        self.unescaped(|byte| byte.is_ascii_whitespace() || ends(byte))
    }

    /// Text in quotes or braces; the scanner stands on the opening one.
    fn enclosed(&mut self, close: u8) -> Result<Cow<'a, str>, (usize, Problem)> {
        let start = self.at;
        self.at += 1;
        let text = self.unescaped(|byte| byte == close);
        if self.peek() != Some(close) {
            return Err(self.problem(start, &format!("a closing `{}`", char::from(close)), CLOSE_IT));
        }
        self.at += 1;
        Ok(text)
    }

    /// Text up to an unescaped byte that ends it, with the backslashes resolved: `\n` is a line feed.
    fn unescaped(&mut self, ends: impl Fn(u8) -> bool) -> Cow<'a, str> {
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut copied = start;
        while let Some(byte) = self.peek().filter(|&byte| !ends(byte)) {
            self.at += 1;
            if byte != b'\\' {
                continue;
            }
            let text = owned.get_or_insert_default();
            text.push_str(&self.line[copied..self.at - 1]);
            let escaped = self.line[self.at..].chars().next();
            self.at += escaped.map_or(0, char::len_utf8);
            text.extend(escaped.map(|c| if c == 'n' { '\n' } else { c }));
            copied = self.at;
        }
        match owned {
            Some(text) => Cow::Owned(text + &self.line[copied..self.at]),
            None => Cow::Borrowed(&self.line[start..self.at]),
        }
    }

    /// A bracketed list with all that is nested in it; the scanner stands on the opening bracket.
    fn list(&mut self) -> Result<&'a str, (usize, Problem)> {
        let start = self.at;
        let (mut depth, mut quoted) = (0usize, false);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += self.line[self.at..].chars().next().map_or(0, char::len_utf8),
                b'"' => quoted = !quoted,
                b'[' if !quoted => depth += 1,
                b']' if !quoted => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(&self.line[start..self.at]);
            }
        }
        Err(self.problem(start, "a closing `]`", CLOSE_IT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> Vec<(String, String)> {
        let shown = |raw: &Raw<'_>| match raw {
            Raw::Flag => "<flag>".to_owned(),
            Raw::Text(text) => text.clone().into_owned(),
            Raw::List(list) => (*list).to_owned(),
        };
        pairs(line).unwrap().iter().map(|pair| (pair.key.clone().into_owned(), shown(&pair.value))).collect()
    }

    #[test]
    fn every_way_of_quoting() {
        let line = r#"a=1 b = "two words" c='it is' d={1 2} e=[[1, 2], ["x]", 4]] flag "odd key"=x=y f="\"q\"\\\n""#;
        let expected = [
            ("a", "1"),
            ("b", "two words"),
            ("c", "it is"),
            ("d", "1 2"),
            ("e", "[[1, 2], [\"x]\", 4]]"),
            ("flag", "<flag>"),
            ("odd key", "x=y"),
            ("f", "\"q\"\\\n"),
        ];
        assert_eq!(text(line), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn empty_values() {
        let expected = [("a", ""), ("b", ""), ("c", "1"), ("d", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(text(r#"a= b="" c= 1 d="#), expected);
        assert_eq!(text("  \t "), []);
    }

    #[test]
    fn faults_are_placed() {
        for (line, at) in [
            ("a=\"open", 2),
            ("a=1 b={1 2", 6),
            ("x=[[1]", 2),
            ("=5", 0),
            ("a=1 b=\"c\"d", 9),
            ("a=b\"c", 3),
            ("a=1 it's", 6),
            ("ab[1]=3", 2),
            ("a=\\", 2),
        ] {
            assert_eq!(pairs(line).unwrap_err().0, at, "{line}");
        }
    }
}

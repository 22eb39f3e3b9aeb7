//! Which value a text of the comment line stands for.

use std::borrow::Cow;
use std::str::CharIndices;

use super::comment::Raw;
use crate::Value;
use crate::files::number;

/// What ASE puts before a value written as JSON.
pub(super) const JSON_MARK: &str = "_JSON ";

/// Whether a key holds a 3 × 3 tensor, so that nine numbers are its columns one after the other.
pub(super) fn is_tensor_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["stress", "virial", "virials"].iter().any(|end| key.ends_with(end))
}

/// Interprets a raw value by the order of the specification: whole number, real, truth value, text.
pub(super) fn value(key: &str, raw: Raw<'_>) -> Value {
    match raw {
        Raw::Flag => Value::Bool(true),
        Raw::List(list) => self::list(list).unwrap_or_else(|| Value::Text(list.to_owned())),
        Raw::Text(text) => match text.strip_prefix(JSON_MARK) {
            Some(json) => self::json(json).unwrap_or_else(|| Value::Text(text.into_owned())),
            None => old_style(key, text),
        },
    }
}

/// Splits at blanks and commas as ASE does.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty())
}

/// A text without brackets: one value, or several separated by blanks.
fn old_style(key: &str, text: Cow<'_, str>) -> Value {
    let list: Vec<&str> = words(&text).collect();
    match typed(&list) {
        Some(Value::Bools(v)) if v.len() == 1 => Value::Bool(v[0]),
        Some(Value::Integers(v)) if v.len() == 1 => Value::Integer(v[0]),
        Some(Value::Reals(v)) if v.len() == 1 => Value::Real(v[0]),
        Some(Value::Integers(v)) if v.len() == 9 && is_tensor_key(key) => {
            from_columns(&v.iter().map(|&i| i as f64).collect::<Vec<_>>())
        }
        Some(Value::Reals(v)) if v.len() == 9 && is_tensor_key(key) => from_columns(&v),
        Some(value) => value,
        None => Value::Text(text.into_owned()),
    }
}

/// The matrix whose columns follow each other in `values`.
fn from_columns(values: &[f64]) -> Value {
    Value::Matrix { columns: 3, values: (0..9).map(|entry| values[entry / 3 + 3 * (entry % 3)]).collect() }
}

/// A list of numbers or truth values, if all words are of one kind.
fn typed(words: &[&str]) -> Option<Value> {
    if words.is_empty() {
        return None;
    }
    let integers = || words.iter().map(|word| strict_integer(word)).collect::<Option<_>>().map(Value::Integers);
    let reals = || words.iter().map(|word| strict_real(word)).collect::<Option<_>>().map(Value::Reals);
    let bools = || words.iter().map(|word| number::logical(word.as_bytes())).collect::<Option<_>>().map(Value::Bools);
    integers().or_else(reals).or_else(bools)
}

/// A number with leading zeros is a name to the specification, as in `007`.
fn has_leading_zero(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-']).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

fn strict_integer(word: &str) -> Option<i64> {
    (!has_leading_zero(word)).then(|| number::integer(word.as_bytes()))?
}

fn strict_real(word: &str) -> Option<f64> {
    (!has_leading_zero(word)).then(|| number::real(word.as_bytes()))?
}

/// One entry of a bracketed list.
struct Item<'a> {
    text: Cow<'a, str>,
    quoted: bool,
}

/// A bracketed list of values or of equally long rows of numbers; `None` if it is anything else.
fn list(text: &str) -> Option<Value> {
    let mut cursor = Cursor { text, at: 0 };
    let nested = text.get(1..)?.trim_start().starts_with('[');
    let value = if nested { cursor.rows() } else { cursor.row().map(flat) };
    cursor.skip_blanks();
    (cursor.at == text.len()).then_some(value?)
}

/// A value after [`JSON_MARK`]; `None` for what has no counterpart, such as a dictionary.
fn json(text: &str) -> Option<Value> {
    let text = text.trim();
    match text.as_bytes().first()? {
        b'[' => list(text),
        b'"' => {
            let mut cursor = Cursor { text, at: 0 };
            let string = cursor.string()?;
            (cursor.at == text.len()).then_some(Value::Text(string))
        }
        b'{' => None,
        _ => match typed(&[text])? {
            Value::Integers(v) => v.first().map(|&i| Value::Integer(i)),
            Value::Reals(v) => v.first().map(|&x| Value::Real(x)),
            Value::Bools(v) => v.first().map(|&b| Value::Bool(b)),
            _ => None,
        },
    }
}

fn flat(items: Vec<Item<'_>>) -> Value {
    if items.is_empty() {
        return Value::Reals(Vec::new());
    }
    let words: Vec<&str> = items.iter().map(|item| item.text.as_ref()).collect();
    let numbers = if items.iter().any(|item| item.quoted) { None } else { typed(&words) };
    numbers.unwrap_or_else(|| Value::Texts(items.into_iter().map(|item| item.text.into_owned()).collect()))
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn skip_blanks(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.skip_blanks() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// `[item, item, ...]`
    fn row(&mut self) -> Option<Vec<Item<'a>>> {
        let mut items = Vec::new();
        if !self.eat(b'[') {
            return None;
        }
        if self.eat(b']') {
            return Some(items);
        }
        loop {
            items.push(self.item()?);
            if self.eat(b']') {
                return Some(items);
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    fn item(&mut self) -> Option<Item<'a>> {
        if self.skip_blanks()? == b'"' {
            return Some(Item { text: self.string()?.into(), quoted: true });
        }
        let rest = &self.text[self.at..];
        let length = rest.find([',', ']', '[', '"', '{', '}'])?;
        self.at += length;
        let text = rest[..length].trim_end();
        (!text.is_empty()).then_some(Item { text: text.into(), quoted: false })
    }

    /// `[[1, 2], [3, 4]]` with rows of one length, all numbers.
    fn rows(&mut self) -> Option<Value> {
        let (mut columns, mut values) = (None, Vec::new());
        if !self.eat(b'[') {
            return None;
        }
        loop {
            let row = self.row()?;
            if row.is_empty() || *columns.get_or_insert(row.len()) != row.len() {
                return None;
            }
            for item in row.iter() {
                values.push(if item.quoted { None } else { strict_real(&item.text) }?);
            }
            if self.eat(b']') {
                return Some(Value::Matrix { columns: columns?, values });
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    /// A string with the escapes of JSON; the cursor stands on its opening quote.
    fn string(&mut self) -> Option<String> {
        let mut string = String::new();
        let mut characters = self.text[self.at..].char_indices();
        characters.next()?;
        while let Some((offset, c)) = characters.next() {
            match c {
                '"' => {
                    self.at += offset + 1;
                    return Some(string);
                }
                '\\' => match characters.next()?.1 {
                    'u' => string.push_str(&utf16(&mut characters)?),
                    'n' => string.push('\n'),
                    't' => string.push('\t'),
                    'r' => string.push('\r'),
                    'b' => string.push('\u{8}'),
                    'f' => string.push('\u{c}'),
                    other => string.push(other),
                },
                _ => string.push(c),
            }
        }
        None
    }
}

/// What follows `\u`: four hexadecimal digits, and for a surrogate the second half behind another `\u`.
fn utf16(characters: &mut CharIndices<'_>) -> Option<String> {
    let unit = |characters: &mut CharIndices<'_>| {
        let value = (0..4).try_fold(0, |n, _| Some(n << 4 | characters.next()?.1.to_digit(16)?))?;
        u16::try_from(value).ok()
    };
    let first = unit(characters)?;
    if !matches!(first, 0xD800..=0xDBFF) {
        return String::from_utf16(&[first]).ok();
    }
    let escaped = characters.next()?.1 == '\\' && characters.next()?.1 == 'u';
    let second = if escaped { unit(characters)? } else { return None };
    String::from_utf16(&[first, second]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::extxyz::comment::pairs;

    fn read(line: &str) -> Value {
        let pair = pairs(line).unwrap().remove(0);
        value(&pair.key.clone(), pair.value)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn scalars_in_the_order_of_the_specification() {
        for (line, expected) in [
            ("a=3", Value::Integer(3)),
            ("a=\" 3\"", Value::Integer(3)),
            ("a={-3 }", Value::Integer(-3)),
            ("a=1.5d2", Value::Real(150.0)),
            ("a=1e3", Value::Real(1000.0)),
            ("a=99999999999999999999", Value::Real(1e20)),
            ("a=T", Value::Bool(true)),
            ("a=FALSE", Value::Bool(false)),
            ("a", Value::Bool(true)),
            ("a=TRuE", text("TRuE")),
            ("a=007", text("007")),
            ("a=1.3k7", text("1.3k7")),
            ("a=\"1 x\"", text("1 x")),
            ("a=", text("")),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn lists_old_and_new() {
        let texts = |list: &[&str]| Value::Texts(list.iter().map(|&t| t.to_owned()).collect());
        for (line, expected) in [
            ("a=\"1 2 3\"", Value::Integers(vec![1, 2, 3])),
            ("a='1 2.5'", Value::Reals(vec![1.0, 2.5])),
            ("a={T F}", Value::Bools(vec![true, false])),
            ("a=1,2", Value::Integers(vec![1, 2])),
            ("a=[5]", Value::Integers(vec![5])),
            ("a=[]", Value::Reals(vec![])),
            ("a=[ a, \"b, c\" , d]", texts(&["a", "b, c", "d"])),
            ("a=[1, \"2\"]", texts(&["1", "2"])),
            ("a=[[1, 2], [3, 4.5]]", Value::Matrix { columns: 2, values: vec![1.0, 2.0, 3.0, 4.5] }),
            ("a=[[1], [2, 3]]", text("[[1], [2, 3]]")),
            ("a=[1, 2,]", text("[1, 2,]")),
            ("a=\"_JSON [[1.0, NaN], [-Infinity]]\"", text("_JSON [[1.0, NaN], [-Infinity]]")),
            ("a=\"_JSON [[1.0], [-Infinity]]\"", Value::Matrix { columns: 1, values: vec![1.0, f64::NEG_INFINITY] }),
            (r#"a="_JSON [\"x\", \"\\u00e9\\ud83d\\ude00\\n\"]""#, texts(&["x", "é😀\n"])),
            (r#"a="_JSON \"5\"""#, text("5")),
            (r#"a="_JSON {\"k\": [1, 2]}""#, text(r#"_JSON {"k": [1, 2]}"#)),
            ("a=\"_JSON null\"", text("_JSON null")),
            ("a=\"_JSON true\"", Value::Bool(true)),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn nine_numbers_of_a_tensor_are_its_columns() {
        let transposed = Value::Matrix { columns: 3, values: vec![1.0, 4.0, 7.0, 2.0, 5.0, 8.0, 3.0, 6.0, 9.0] };
        assert_eq!(read("REF_virials=\"1 2 3 4 5 6 7 8 9\""), transposed);
        assert_eq!(read("stress=\"1 2 3 4 5 6 7 8 9.0\""), transposed);
        assert_eq!(read("rotation=\"1 2 3 4 5 6 7 8 9\""), Value::Integers((1..10).collect()));
        assert_eq!(read("stress=[1, 2, 3, 4, 5, 6, 7, 8, 9]"), Value::Integers((1..10).collect()));
    }
}

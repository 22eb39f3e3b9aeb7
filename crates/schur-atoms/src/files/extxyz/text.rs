//! Texts of the comment line, written so that every reader gives them back.

use super::interpret::{JSON_MARK, words};
use crate::files::number;

/// Appends a text as a value: bare, in quotes, or as a JSON string where a reader would take it for something else.
pub(super) fn push_text(out: &mut String, text: &str) {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | '/' | ':' | '%' | '@' | '#');
    if is_verbatim_json(text) {
        push_quoted(out, text);
    } else if text.starts_with("_JSON") || text.contains(char::is_control) || reads_as_something_else(text) {
        let mut json = JSON_MARK.to_owned();
        push_json_string(&mut json, text);
        push_quoted(out, &json);
    } else if text.chars().all(bare) {
        out.push_str(text);
    } else {
        push_quoted(out, text);
    }
}

/// Appends a text in double quotes.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// Appends a string of JSON.
pub(super) fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A dictionary as it was read, which goes back as it is.
fn is_verbatim_json(text: &str) -> bool {
    let json = text.strip_prefix(JSON_MARK).map(str::trim);
    json.is_some_and(|json| json.starts_with('{') && json.ends_with('}')) && !text.contains(char::is_control)
}

/// Whether some reader would take the text for numbers, truth values or nothing.
///
/// Wider than our own grammar: Python also takes `1_000`, `007` and digits of other scripts for numbers.
fn reads_as_something_else(text: &str) -> bool {
    let is_value = |word: &str| {
        let digits = word.replace('_', "");
        number::logical(word.as_bytes()).is_some() || number::real(digits.as_bytes()).is_some()
    };
    let foreign_digits = !text.is_ascii() && !text.contains(|c: char| c.is_alphabetic());
    words(text).all(is_value) || foreign_digits
}

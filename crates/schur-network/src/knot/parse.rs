//! Lists of integers in the notations that tables of knots use.

use super::KnotError;

/// Reads the integers of a text, each with its position; brackets, separators and `letters` are skipped.
pub(super) fn integers(text: &str, letters: &str) -> Result<Vec<(usize, i64)>, KnotError> {
    let is_part = |c: char| c.is_ascii_digit() || c == '-' || c == '+';
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() || "[](){},;".contains(c) || letters.contains(c) {
            continue;
        }
        let mut end = start + c.len_utf8();
        while let Some((_, next)) = rest.next_if(|(_, next)| is_part(c) && is_part(*next)) {
            end += next.len_utf8();
        }
        let word = &text[start..end];
        let error = |_| KnotError::Text { text: word.to_owned(), position: start, expected: "an integer" };
        found.push((start, word.parse().map_err(error)?));
    }
    Ok(found)
}

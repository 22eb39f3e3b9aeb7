//! Where in the text of an expression an error lies, and how it is shown.

use std::fmt;
use std::sync::Arc;

/// A range of bytes of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// The text of an expression with marks under some places of it.
///
/// Its `Display` is two lines: the text, and carets under the places. A long text is cut around them, one pair of lines
/// for each place if they lie far apart.
///
/// # Examples
/// ```
/// use schur_einsum::language::Expression;
///
/// let error = Expression::parse("ij,j&->i").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`&` is not an index: an index is a letter, or a name in brackets as in `[batch row]`\n  ij,j&->i\n      ^"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    text: Arc<str>,
    spans: Vec<Span>,
}

/// Texts longer than this many characters are cut.
const WIDTH: usize = 100;
/// How many characters before a mark are shown of a text that is cut.
const MARGIN: usize = 30;

impl Excerpt {
    pub(super) fn new(text: &Arc<str>, spans: &[Span]) -> Self {
        Self { text: Arc::clone(text), spans: spans.to_vec() }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The places marked.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The marks in characters, at least one wide, from the left to the right.
    fn marks(&self) -> Vec<(usize, usize)> {
        let column = |byte: usize| self.text.char_indices().take_while(|&(at, _)| at < byte).count();
        let mark = |span: &Span| (column(span.start), column(span.end).max(column(span.start) + 1));
        let mut marks: Vec<_> = self.spans.iter().map(mark).collect();
        marks.sort_unstable();
        marks
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |c: char| if c.is_control() || c.is_whitespace() { ' ' } else { c };
        let text: Vec<char> = self.text.chars().map(line).collect();
        let marks = self.marks();
        let last = marks.last().map_or(0, |mark| mark.1);
        let first = marks.first().map_or(0, |mark| mark.0);
        if text.len() <= WIDTH || last - first <= WIDTH - MARGIN {
            return f.write_str(&shown(&text, &marks));
        }
        let lines: Vec<String> = marks.iter().map(|mark| shown(&text, &[*mark])).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// The text, cut if it is long, and a line of carets under it.
fn shown(text: &[char], marks: &[(usize, usize)]) -> String {
    let first = marks.first().map_or(0, |mark| mark.0);
    let start = if text.len() <= WIDTH { 0 } else { first.saturating_sub(MARGIN) };
    let end = text.len().min(start + WIDTH);
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < text.len() { "…" } else { "" });
    let body: String = text[start..end].iter().collect();
    let under = |at: usize| if marks.iter().any(|&(from, to)| (from..to).contains(&at)) { '^' } else { ' ' };
    let carets: String = before.chars().map(|_| ' ').chain((start..=end).map(under)).collect();
    format!("  {before}{body}{after}\n  {}", carets.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, spans: &[(usize, usize)]) -> String {
        let spans: Vec<Span> = spans.iter().map(|&(start, end)| Span { start, end }).collect();
        Excerpt::new(&Arc::from(text), &spans).to_string()
    }

    #[test]
    fn carets_count_characters() {
        assert_eq!(excerpt("αβ,βγ", &[(5, 7)]), "  αβ,βγ\n     ^");
        assert_eq!(excerpt("", &[(0, 0)]), "  \n  ^");
        assert_eq!(excerpt("a\tb", &[(0, 1), (2, 3)]), "  a b\n  ^ ^");
    }

    #[test]
    fn long_texts_are_cut_around_the_marks() {
        let text = format!("{}x{}y{}", "a".repeat(200), "b".repeat(200), "c".repeat(200));
        let shown = excerpt(&text, &[(200, 201), (401, 402)]);
        let lines: Vec<Vec<char>> = shown.lines().map(|line| line.chars().collect()).collect();
        assert_eq!(lines.len(), 4);
        for (pair, mark) in lines.chunks(2).zip(['x', 'y']) {
            assert_eq!(pair[0][pair[1].len() - 1], mark);
            assert!(pair[0].len() <= WIDTH + 4);
        }
    }
}

//! What can be wrong with a program, and where in its text.

mod fault;

use std::fmt;

use thiserror::Error;

pub use fault::Fault;

/// The widest excerpt of a line that an error shows, in characters.
const WIDEST_EXCERPT: usize = 100;

/// A stretch of a program's text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the beginning of this one to the end of another.
    pub(crate) const fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }
}

/// A place in a program's text, as people count: lines and columns from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// The number of characters at fault, on that line.
    pub width: usize,
    /// The text of the line.
    pub text: String,
}

impl Place {
    pub(crate) fn new(source: &str, span: Span) -> Self {
        let start = floor_to_character(source, span.start);
        let first = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let last = source[start..].find('\n').map_or(source.len(), |length| start + length);
        let end = floor_to_character(source, span.end).clamp(start, last);
        Self {
            line: source[..first].matches('\n').count() + 1,
            column: source[first..start].chars().count() + 1,
            width: source[start..end].chars().count().max(1),
            text: source[first..last].trim_end_matches('\r').to_owned(),
        }
    }

    /// The line, and a caret under what is at fault.
    fn excerpt(&self) -> String {
        let skipped = if self.column > WIDEST_EXCERPT { self.column - WIDEST_EXCERPT / 2 } else { 0 };
        let shown: String = self.text.chars().skip(skipped).take(WIDEST_EXCERPT).collect();
        // A tab in the line is a tab above the caret, however wide the reader's tabs are.
        let before = shown.chars().take(self.column - 1 - skipped);
        let before: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let left = WIDEST_EXCERPT.saturating_sub(self.column - 1 - skipped).max(1);
        format!("    {shown}\n    {before}{}", "^".repeat(self.width.min(left)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

fn floor_to_character(source: &str, at: usize) -> usize {
    let at = at.min(source.len());
    (0..=at).rev().find(|&at| source.is_char_boundary(at)).unwrap_or(0)
}

/// A fault of a program and its place in the text.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{place}: {fault}\n{}", place.excerpt())]
pub struct LogicError {
    place: Place,
    fault: Box<Fault>,
}

impl LogicError {
    pub(crate) fn new(source: &str, located: Located) -> Self {
        Self { place: Place::new(source, located.span), fault: located.fault }
    }

    /// Where in the program's text.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// What is wrong.
    pub const fn fault(&self) -> &Fault {
        &self.fault
    }
}

/// A fault and its stretch of the text, before anybody counted lines.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Located {
    pub(crate) span: Span,
    pub(crate) fault: Box<Fault>,
}

/// A name that is close to the one written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suggestion(pub Option<String>);

impl Suggestion {
    /// Takes the candidate that differs in the fewest letters, case aside, if they are few.
    pub(crate) fn among<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Self {
        /// Beyond this many candidates a search takes longer than it helps.
        const MOST_CANDIDATES: usize = 10_000;
        let written = name.to_lowercase();
        let changes = |other: &str| strsim::levenshtein(&written, &other.to_lowercase());
        let near = candidates.take(MOST_CANDIDATES).map(|other| (changes(other), other)).min();
        let most = 1 + name.chars().count() / 4;
        Self(near.filter(|&(distance, _)| distance <= most).map(|(_, other)| other.to_owned()))
    }
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(f, "; did you mean `{name}`?"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_the_fault_after_tabs_and_wide_letters() {
        let source = "A(X).\n\tÄpfel(x, y)\nB.";
        let start = source.find('x').unwrap();
        let place = Place::new(source, Span::new(start, start + 1));
        assert_eq!((place.line, place.column, place.width), (2, 8, 1));
        assert_eq!(place.excerpt(), "    \tÄpfel(x, y)\n    \t      ^");
    }

    #[test]
    fn any_span_has_a_place() {
        for source in ["", "\n", "ä", "one\ntwo", "\r\n"] {
            for start in 0..source.len() + 2 {
                for end in 0..source.len() + 2 {
                    let place = Place::new(source, Span::new(start, end));
                    assert!(place.line >= 1 && place.column >= 1 && place.excerpt().ends_with('^'));
                }
            }
        }
        let long = "x".repeat(1000);
        assert!(Place::new(&long, Span::new(500, 900)).excerpt().lines().all(|line| line.len() <= 110));
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_not() {
        let names = ["Parent", "Sibling"];
        assert_eq!(Suggestion::among("Parnet", names.into_iter()).0.as_deref(), Some("Parent"));
        assert_eq!(Suggestion::among("Weight", names.into_iter()).0, None);
    }
}

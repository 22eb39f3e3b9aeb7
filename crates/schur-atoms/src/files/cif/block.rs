//! Data blocks: tags with values, and tables.

use std::collections::HashMap;

use super::tokens::{Kind, Token, Tokens};
use crate::files::{FileError, Place, Problem, number};

/// A value with its line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry<'a> {
    pub text: &'a str,
    pub quoted: bool,
    pub line: usize,
}

impl Entry<'_> {
    /// Whether the value is `?` (unknown) or `.` (does not apply).
    pub fn is_absent(&self) -> bool {
        !self.quoted && matches!(self.text, "?" | ".")
    }

    /// The number without its uncertainty: `1.234(5)` is 1.234.
    pub fn real(&self, tag: &str) -> Result<f64, FileError> {
        let digits = self.text.trim().split_once('(').map_or(self.text.trim(), |(digits, _)| digits);
        number::real(digits.as_bytes()).filter(|value| value.is_finite()).ok_or_else(|| {
            let remedy = "write a number such as 1.234 or 1.234(5)";
            Problem::expected(format!("a number for `{tag}`"), self.text.as_bytes(), remedy).at(Place::line(self.line))
        })
    }
}

/// A table: the tags of a loop and its values row by row.
#[derive(Debug, Default)]
pub(super) struct Table<'a> {
    pub tags: Vec<String>,
    pub entries: Vec<Entry<'a>>,
}

impl<'a> Table<'a> {
    /// Which column holds a tag.
    pub fn column(&self, tag: &str) -> Option<usize> {
        self.tags.iter().position(|found| found == tag)
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &[Entry<'a>]> {
        self.entries.chunks_exact(self.tags.len().max(1))
    }
}

/// One `data_` block.
#[derive(Debug, Default)]
pub(super) struct Block<'a> {
    pub name: &'a str,
    pub line: usize,
    /// A tag that is given twice with different values holds both.
    items: HashMap<String, (Entry<'a>, bool)>,
    loops: Vec<Table<'a>>,
}

/// Tags are equal in any case, and whether categories are set off with a point (newer dictionaries) or not.
fn normalized(tag: &str) -> String {
    tag.to_ascii_lowercase().replace('.', "_")
}

impl<'a> Block<'a> {
    /// The value of a tag under the first of several names that is given; unknown values count as not given.
    pub fn value(&self, tags: &[&str]) -> Result<Option<Entry<'a>>, FileError> {
        for &tag in tags {
            match self.items.get(tag) {
                Some((entry, true)) => {
                    return Err(Problem::Duplicate { name: tag.to_owned() }.at(Place::line(entry.line)));
                }
                Some((entry, false)) if !entry.is_absent() => return Ok(Some(*entry)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Whether a tag occurs, in a loop or alone.
    pub fn has(&self, tag: &str) -> bool {
        self.items.contains_key(tag) || self.loops.iter().any(|table| table.column(tag).is_some())
    }

    /// The table that holds a tag; values given one by one are a table of one row.
    pub fn table(&self, tag: &str) -> Option<Table<'a>> {
        if let Some(table) = self.loops.iter().find(|table| table.column(tag).is_some()) {
            return Some(Table { tags: table.tags.clone(), entries: table.entries.clone() });
        }
        self.items.contains_key(tag).then(|| {
            let (tags, entries) = self.items.iter().map(|(tag, (entry, _))| (tag.clone(), *entry)).unzip();
            Table { tags, entries }
        })
    }
}

/// Sorts the words of a CIF into its blocks.
///
/// # Errors
/// [`FileError`] for a value without a tag, a tag without a value, a loop with an incomplete row, and text before the
/// first block.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>, FileError> {
    let mut parser = Parser { tokens: Tokens::new(text), ahead: None };
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut in_save_frame = false;
    while let Some(Token { kind, line }) = parser.next()? {
        let unexpected = |found: &str| {
            let remedy = "a value with blanks needs quotes, and a CIF begins with `data_` and a name";
            Problem::expected("a tag, `loop_` or `data_`", found.as_bytes(), remedy).at(Place::line(line))
        };
        let block = match (kind, blocks.last_mut()) {
            (Kind::Data(name), _) => {
                in_save_frame = false;
                blocks.push(Block { name, line, ..Block::default() });
                continue;
            }
            (Kind::Tag(found) | Kind::Value { text: found, .. }, None) => return Err(unexpected(found)),
            (Kind::Loop, None) => return Err(unexpected("loop_")),
            (Kind::Save(_), None) => return Err(unexpected("save_")),
            (_, Some(block)) => block,
        };
        // A save frame belongs to a dictionary; what it holds is read and left out.
        let mut left_out = Block::default();
        let target = if in_save_frame { &mut left_out } else { block };
        match kind {
            Kind::Save(name) => in_save_frame = !name.is_empty(),
            Kind::Tag(tag) => parser.item(tag, line, target)?,
            Kind::Loop => target.loops.push(parser.table(line)?),
            Kind::Value { text, .. } => return Err(unexpected(text)),
            Kind::Data(_) => {}
        }
    }
    Ok(blocks)
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    ahead: Option<Token<'a>>,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Result<Option<Token<'a>>, FileError> {
        match self.ahead.take() {
            Some(token) => Ok(Some(token)),
            None => self.tokens.next(),
        }
    }

    fn next_value(&mut self) -> Result<Option<Entry<'a>>, FileError> {
        let token = self.next()?;
        if let Some(Token { kind: Kind::Value { text, quoted }, line }) = token {
            return Ok(Some(Entry { text, quoted, line }));
        }
        self.ahead = token;
        Ok(None)
    }

    fn item(&mut self, tag: &'a str, line: usize, block: &mut Block<'a>) -> Result<(), FileError> {
        let value = self.next_value()?.ok_or_else(|| {
            let remedy = "write ? for an unknown value";
            Problem::expected("a value behind the tag", tag.as_bytes(), remedy).at(Place::line(line))
        })?;
        let (first, conflict) = block.items.entry(normalized(tag)).or_insert((value, false));
        *conflict |= first.text != value.text;
        Ok(())
    }

    fn table(&mut self, line: usize) -> Result<Table<'a>, FileError> {
        let mut table = Table::default();
        while let Some(token) = self.next()? {
            let Kind::Tag(tag) = token.kind else {
                self.ahead = Some(token);
                break;
            };
            table.tags.push(normalized(tag));
        }
        while let Some(entry) = self.next_value()? {
            table.entries.push(entry);
        }
        let (n_tags, n_entries) = (table.tags.len(), table.entries.len());
        if n_entries.checked_rem(n_tags) != Some(0) {
            let expected = format!("rows of {n_tags} values in the loop");
            let remedy = "a value may be missing, or one with blanks may lack quotes";
            let found = format!("{n_entries} values");
            return Err(Problem::expected(expected, found.as_bytes(), remedy).at(Place::line(line)));
        }
        Ok(table)
    }
}

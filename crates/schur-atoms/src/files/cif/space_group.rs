//! The operations of a space group by its symbol or number; the only file that knows `moyo`.

use moyo::data::{HallSymbolEntry, Setting, hall_symbol_entry, operations_from_number};

use super::operation::Operation;
use crate::Cell;
use crate::files::Problem;

/// Settings in moyo's table, numbered from 1.
const N_SETTINGS: i32 = 530;

/// What a CIF says of its space group.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Symbols<'a> {
    pub hall: Option<&'a str>,
    pub hermann_mauguin: Option<&'a str>,
    pub number: Option<i32>,
}

impl Symbols<'_> {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn problem(&self, reason: &'static str) -> Problem {
        let quoted = |symbol: Option<&str>| symbol.map(|symbol| format!("`{symbol}`"));
        let number = self.number.map(|number| format!("number {number}"));
        let parts = [quoted(self.hall), quoted(self.hermann_mauguin), number];
        Problem::SpaceGroup { described: parts.into_iter().flatten().collect::<Vec<_>>().join(", "), reason }
    }

    /// The operations, centring translations included, in the setting that fits the cell.
    ///
    /// # Errors
    /// [`Problem::SpaceGroup`] if the symbols are unknown, contradict each other or leave the origin open.
    pub fn operations(&self, cell: &Cell) -> Result<Vec<Operation>, Problem> {
        let (settings, named) = self.settings()?;
        let fitting: Vec<(&HallSymbolEntry, Vec<Operation>)> = settings
            .iter()
            .filter_map(|entry| Some((entry, operations_of(entry)?)))
            .filter(|(_, operations)| operations.iter().all(|operation| operation.preserves(cell)))
            .collect();
        let origin = |first: char| fitting.iter().any(|(entry, _)| entry.setting.starts_with(first));
        if origin('1') && origin('2') {
            return Err(self.problem("has two customary origins, and which one is meant is not told"));
        }
        if !named && self.hermann_mauguin.is_some() && fitting.len() > 1 {
            return Err(self.problem("has several settings, and the symbol is not in the table"));
        }
        let first = fitting.into_iter().next();
        first.map(|(_, operations)| operations).ok_or_else(|| self.problem("does not fit the cell in any setting"))
    }

    /// All settings of the table that the symbols can mean, the standard one first, and whether a symbol named them.
    fn settings(&self) -> Result<(Vec<HallSymbolEntry>, bool), Problem> {
        let entries = || (1..=N_SETTINGS).filter_map(hall_symbol_entry);
        let right_number = |entry: &HallSymbolEntry| self.number.is_none_or(|number| number == entry.number);
        if let Some(hall) = self.hall {
            let found: Vec<_> = entries().filter(|entry| hall_key(entry.hall_symbol) == hall_key(hall)).collect();
            if !found.is_empty() {
                return Ok((found, true));
            }
        }
        if let Some(symbol) = self.hermann_mauguin {
            let wanted = Wanted::new(symbol);
            let named: Vec<_> = entries().filter(|entry| wanted.is(entry)).collect();
            if !named.is_empty() {
                let found: Vec<_> = named.into_iter().filter(right_number).collect();
                let contradiction = || self.problem("is named by a symbol and a number that contradict each other");
                return if found.is_empty() { Err(contradiction()) } else { Ok((found, true)) };
            }
        }
        let number = self.number.ok_or_else(|| self.problem("is not in the table of settings"))?;
        let found: Vec<_> = entries().filter(|entry| entry.number == number).collect();
        if found.is_empty() { Err(self.problem("does not exist")) } else { Ok((found, false)) }
    }
}

fn operations_of(entry: &HallSymbolEntry) -> Option<Vec<Operation>> {
    let operations = operations_from_number(entry.number, Setting::HallNumber(entry.hall_number), false).ok()?;
    let own = |operation: &moyo::base::Operation| Operation {
        rotation: operation.rotation_as_array(),
        translation: operation.translation_as_array(),
    };
    Some(operations.iter().map(own).collect())
}

/// A Hall symbol for comparison; the table writes `^` and `=` for the axes ' and ".
fn hall_key(symbol: &str) -> String {
    let symbol = symbol.to_ascii_lowercase().replace('\'', "^").replace('"', "=");
    symbol.chars().filter(|c| !c.is_whitespace() && *c != '_').collect()
}

/// A Hermann-Mauguin symbol for comparison, with the setting that may follow it.
struct Wanted<'a> {
    symbol: String,
    /// The short symbol of a monoclinic group filled up for the unique axis b: `P 21/n` is `P 1 21/n 1`.
    unique_axis_b: Option<String>,
    setting: Option<&'a str>,
}

/// Symbols from before 1992, when the letter `e` came for two glide planes in one.
const BEFORE_1992: [(&str, &str); 5] =
    [("abm2", "aem2"), ("aba2", "aea2"), ("cmca", "cmce"), ("cmma", "cmme"), ("ccca", "ccce")];

impl<'a> Wanted<'a> {
    fn new(symbol: &'a str) -> Self {
        let (symbol, setting) = split_setting(symbol.trim());
        let words: Vec<&str> = symbol.split_whitespace().collect();
        let unique_axis_b = match words[..] {
            [centring, axis] => Some(mauguin_key(&format!("{centring}1{axis}1"))),
            _ => None,
        };
        Self { symbol: modern(mauguin_key(symbol)), unique_axis_b, setting }
    }

    fn is(&self, entry: &HallSymbolEntry) -> bool {
        let (short, full) = (mauguin_key(entry.hm_short), mauguin_key(entry.hm_full));
        let filled = self.unique_axis_b.as_ref().is_some_and(|symbol| *symbol == full);
        let named = self.symbol == short || self.symbol == full || filled;
        named && self.setting.is_none_or(|setting| entry.setting.eq_ignore_ascii_case(setting))
    }
}

/// Splits `R -3 m :H`, `F d -3 m:2`, `R -3 m H` and ICSD's `F d -3 m Z` into symbol and setting.
fn split_setting(symbol: &str) -> (&str, Option<&str>) {
    if let Some((symbol, setting)) = symbol.split_once(':') {
        return (symbol.trim_end(), Some(setting.trim()));
    }
    match symbol.rsplit_once(' ') {
        Some((start, "S")) => (start, Some("1")),
        Some((start, "Z")) => (start, Some("2")),
        Some((start, setting @ ("H" | "R"))) => (start, Some(setting)),
        _ => (symbol, None),
    }
}

fn mauguin_key(symbol: &str) -> String {
    symbol.chars().filter(|c| !c.is_whitespace() && *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// Today's symbol for an old one: `fd3m` is `fd-3m`, `cmca` is `cmce`.
fn modern(symbol: String) -> String {
    if let Some((_, new)) = BEFORE_1992.iter().find(|(old, _)| *old == symbol) {
        return (*new).to_owned();
    }
    match symbol.as_bytes() {
        [b'p' | b'f' | b'i', b'm' | b'n' | b'a' | b'd', b'3', ..] => format!("{}-{}", &symbol[..2], &symbol[2..]),
        _ => symbol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(hall: &str, symbol: &str, number: i32, lengths: [f64; 3], angles: [f64; 3]) -> Result<usize, Problem> {
        let given = |text: &'static str| (!text.is_empty()).then_some(text);
        let (hall, symbol): (&'static str, &'static str) = (hall.to_owned().leak(), symbol.to_owned().leak());
        let number = (number > 0).then_some(number);
        let symbols = Symbols { hall: given(hall), hermann_mauguin: given(symbol), number };
        symbols.operations(&Cell::from_parameters(lengths, angles)).map(|operations| operations.len())
    }

    const CUBE: ([f64; 3], [f64; 3]) = ([5.0; 3], [90.0; 3]);
    const HEXAGONAL: ([f64; 3], [f64; 3]) = ([4.9, 4.9, 5.4], [90.0, 90.0, 120.0]);
    const RHOMBOHEDRAL: ([f64; 3], [f64; 3]) = ([5.0; 3], [60.0; 3]);
    const MONOCLINIC: ([f64; 3], [f64; 3]) = ([5.0, 6.0, 7.0], [90.0, 100.0, 90.0]);
    const MONOCLINIC_C: ([f64; 3], [f64; 3]) = ([5.0, 6.0, 7.0], [90.0, 90.0, 100.0]);

    #[test]
    fn orders_of_the_groups() {
        for (hall, symbol, number, cell, expected) in [
            ("P 32 2\"", "", 0, HEXAGONAL, 6),
            ("", "P 32 2 1", 0, HEXAGONAL, 6),
            ("", "P3_221", 154, HEXAGONAL, 6),
            ("", "", 225, CUBE, 192),
            ("-F 4 2 3", "", 0, CUBE, 192),
            ("", "F m -3 m", 0, CUBE, 192),
            ("", "R -3 m", 0, HEXAGONAL, 36),
            ("", "R -3 m", 0, RHOMBOHEDRAL, 12),
            ("", "R -3 m :H", 166, HEXAGONAL, 36),
            ("", "P 21/c", 0, MONOCLINIC, 4),
            ("", "P 21/n", 14, MONOCLINIC, 4),
            ("", "C 1 2/c 1", 15, MONOCLINIC, 8),
            ("", "", 14, MONOCLINIC_C, 4),
            ("", "F d -3 m :2", 227, CUBE, 192),
            ("", "F d -3 m Z", 227, CUBE, 192),
            ("", "P 1", 1, MONOCLINIC, 1),
            ("no such symbol", "nor this", 2, MONOCLINIC, 2),
            ("", "Fm3m", 0, CUBE, 192),
            ("", "C m c a", 64, CUBE, 16),
        ] {
            let found = count(hall, symbol, number, cell.0, cell.1).unwrap();
            assert_eq!(found, expected, "{hall} {symbol} {number}");
        }
    }

    #[test]
    fn doubts_are_refused() {
        for (symbol, number, cell) in [
            ("F d -3 m", 0, CUBE),
            ("", 227, CUBE),
            ("F m -3 m", 227, CUBE),
            ("F m -3 m", 0, HEXAGONAL),
            ("Q 7", 0, CUBE),
            ("", 231, CUBE),
            ("R -3 m :R", 0, HEXAGONAL),
            ("P n m a :odd", 62, CUBE),
        ] {
            assert!(count("", symbol, number, cell.0, cell.1).is_err(), "{symbol} {number}");
        }
    }
}

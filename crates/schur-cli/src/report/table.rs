//! Tables of numbers with the unit of each column in its header.

/// A column: its title, its unit, and the digits behind the point of its numbers.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What the numbers are.
    pub title: &'static str,
    /// Their unit; empty for a bare number.
    pub unit: &'static str,
    /// Digits behind the point.
    pub digits: usize,
    /// Smallest width in characters.
    pub width: usize,
    /// Whether its cells are words, which begin together, and not numbers, which end together.
    pub is_text: bool,
}

impl Column {
    /// A column wide enough for its header and for `width` characters.
    pub const fn new(title: &'static str, unit: &'static str, digits: usize, width: usize) -> Self {
        Self { title, unit, digits, width, is_text: false }
    }

    /// A column of words.
    pub const fn text(title: &'static str, width: usize) -> Self {
        Self { title, unit: "", digits: 0, width, is_text: true }
    }

    fn header(&self) -> String {
        if self.unit.is_empty() { self.title.to_owned() } else { format!("{} [{}]", self.title, self.unit) }
    }

    fn width(&self) -> usize {
        self.width.max(self.header().chars().count())
    }
}

/// Formats rows below a header.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The columns from left to right.
    pub columns: &'static [Column],
}

impl Table {
    /// The line of titles and units.
    pub fn header(&self) -> String {
        self.join(|column| column.header())
    }

    /// A line of numbers; what is not known stands as a dash.
    pub fn row(&self, values: &[Option<f64>]) -> String {
        let mut values = values.iter();
        self.join(|column| match values.next().copied().flatten() {
            Some(value) => format!("{value:.*}", column.digits),
            None => "-".to_owned(),
        })
    }

    /// A line of cells that are formatted already; what is not given stands as a dash.
    pub fn cells(&self, cells: &[String]) -> String {
        let mut cells = cells.iter();
        self.join(|_| cells.next().map_or("-", String::as_str).to_owned())
    }

    fn join(&self, mut cell: impl FnMut(&Column) -> String) -> String {
        let place = |column: &Column| {
            let (cell, width) = (cell(column), column.width());
            if column.is_text { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        };
        let cells: Vec<_> = self.columns.iter().map(place).collect();
        cells.join("  ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table {
        columns: &[Column::new("step", "", 0, 5), Column::new("fmax", "eV/Å", 4, 6), Column::new("V", "Å^3", 1, 4)],
    };

    #[test]
    fn columns_line_up_under_their_units() {
        assert_eq!(TABLE.header(), " step  fmax [eV/Å]  V [Å^3]");
        assert_eq!(TABLE.row(&[Some(12.0), Some(0.123456), None]), "   12       0.1235        -");
    }

    #[test]
    fn words_begin_together() {
        const NAMES: Table = Table { columns: &[Column::text("name", 6), Column::new("n", "", 0, 3)] };
        assert_eq!(NAMES.header(), "name      n");
        assert_eq!(NAMES.cells(&["cg".to_owned(), "2/3".to_owned()]), "cg      2/3");
    }
}

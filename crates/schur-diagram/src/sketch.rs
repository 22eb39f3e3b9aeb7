//! Diagrams as text.

use crate::Diagram;

/// What a place of the drawing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cell {
    up: bool,
    down: bool,
    left: bool,
    right: bool,
}

impl Cell {
    const fn glyph(self) -> char {
        match (self.up, self.down, self.left, self.right) {
            (false, false, false, false) => ' ',
            (true, true, false, false) => '│',
            (true, false, false, false) => '╵',
            (false, true, false, false) => '╷',
            (false, false, _, _) => '─',
            (true, true, _, _) => '┼',
            (true, false, true, true) => '┴',
            (true, false, true, false) => '┘',
            (true, false, false, true) => '└',
            (false, true, true, true) => '┬',
            (false, true, true, false) => '┐',
            (false, true, false, true) => '┌',
        }
    }
}

/// Draws a diagram as lines of text of one width: outputs above, inputs below and half a step to the right.
///
/// Each block is a horizontal line that its vertices end on; lines that cross do not meet. A block that a head joins has
/// a star at its left, the order of tentacles being from top to bottom.
///
/// # Examples
/// ```
/// let drawing = schur_diagram::sketch(&"ab|ba".parse()?);
/// assert_eq!(drawing.join("\n"), [
///     "○   ○  ",
///     "└───┼─┐",
///     "  ┌─┘ │",
///     "  ○   ○",
/// ].join("\n"));
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn sketch(diagram: &Diagram) -> Vec<String> {
    let left = if diagram.head().is_empty() { 0 } else { 2 };
    let column = |vertex: usize| match vertex.checked_sub(diagram.top()) {
        None => left + 4 * vertex,
        Some(lower) => left + 4 * lower + 2,
    };
    let vertices = 0..diagram.blocks().len();
    let width = vertices.clone().map(|vertex| column(vertex) + 1).max().unwrap_or(1);
    let members = diagram.members();
    let mut cells = vec![vec![Cell::default(); width]; members.len()];
    for (row, block) in members.iter().enumerate() {
        let is_held = diagram.head().iter().any(|&held| usize::from(held) == row);
        let ends = block.iter().map(|&vertex| column(vertex)).chain(is_held.then_some(0));
        let (first, last) = ends.fold((width, 0), |(low, high), end| (low.min(end), high.max(end)));
        for place in first..last {
            cells[row][place].right = true;
            cells[row][place + 1].left = true;
        }
        for &vertex in block {
            let is_top = vertex < diagram.top();
            let rows = if is_top { 0..row } else { row + 1..members.len() };
            let place = column(vertex);
            cells[row][place].up |= is_top;
            cells[row][place].down |= !is_top;
            for crossed in rows {
                cells[crossed][place].up = true;
                cells[crossed][place].down = true;
            }
        }
    }
    let row_of = |is_top: bool| -> String {
        let is_vertex =
            |place: usize| vertices.clone().any(|vertex| (vertex < diagram.top()) == is_top && column(vertex) == place);
        (0..width).map(|place| if is_vertex(place) { '○' } else { ' ' }).collect()
    };
    let star = |row: usize| diagram.head().iter().any(|&held| usize::from(held) == row);
    let lines = cells.iter().enumerate().map(|(row, cells)| {
        let glyph = |(place, cell): (usize, &Cell)| if place == 0 && star(row) { '*' } else { cell.glyph() };
        cells.iter().enumerate().map(glyph).collect()
    });
    std::iter::once(row_of(true)).chain(lines).chain(std::iter::once(row_of(false))).collect()
}

//! Diagrams as pictures.

use std::fmt::Write;

use crate::Diagram;

/// The distance of two vertices of a row, and of the rows, in pixels.
const STEP: usize = 40;
const HEIGHT: usize = 80;
const MARGIN: usize = 24;

/// Draws a diagram as SVG: outputs above, inputs below, lines within blocks, and a head as a circle at the left.
///
/// # Examples
/// ```
/// let picture = schur_diagram::svg(&"ab|ba".parse()?);
/// assert!(picture.starts_with("<svg") && picture.matches("<circle").count() == 4);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn svg(diagram: &Diagram) -> String {
    let left = if diagram.head().is_empty() { MARGIN } else { MARGIN + STEP };
    let columns = diagram.top().max(diagram.bottom()).max(1);
    let (width, height) = (left + STEP * (columns - 1) + MARGIN, HEIGHT + 2 * MARGIN);
    let place = |vertex: usize| match vertex.checked_sub(diagram.top()) {
        None => [left + STEP * vertex, MARGIN],
        Some(lower) => [left + STEP * lower, MARGIN + HEIGHT],
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\"><title>{diagram}</title>\n<g fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\">\n"
    );
    let members = diagram.members();
    for pair in members.iter().flat_map(|block| block.windows(2)) {
        let _ = writeln!(svg, "<path d=\"{}\"/>", line(place(pair[0]), place(pair[1])));
    }
    let middle = [MARGIN, MARGIN + HEIGHT / 2];
    for &block in diagram.head() {
        let _ =
            writeln!(svg, "<path stroke=\"#d55e00\" d=\"{}\"/>", line(middle, place(members[usize::from(block)][0])));
    }
    svg.push_str("</g>\n");
    if !diagram.head().is_empty() {
        let _ = writeln!(svg, "<circle cx=\"{}\" cy=\"{}\" r=\"8\" fill=\"#d55e00\"/>", middle[0], middle[1]);
    }
    for vertex in 0..diagram.blocks().len() {
        let [x, y] = place(vertex);
        let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
    }
    svg.push_str("</svg>\n");
    svg
}

/// A straight line between rows; an arc towards the middle within one.
fn line([x1, y1]: [usize; 2], [x2, y2]: [usize; 2]) -> String {
    if y1 != y2 {
        return format!("M{x1} {y1}L{x2} {y2}");
    }
    let bend = HEIGHT * 2 / 5;
    let y = if y1 == MARGIN { y1 + bend } else { y1 - bend };
    format!("M{x1} {y1}C{x1} {y} {x2} {y} {x2} {y2}")
}

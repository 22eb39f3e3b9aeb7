//! Diagrams as pictures.

use std::fmt::Write;

use crate::{Bilabelled, Diagram};

/// The distance of two vertices of a row, and of the rows, in pixels.
const STEP: usize = 40;
const HEIGHT: usize = 80;
const MARGIN: usize = 24;
/// The width of a letter of a name, rounded up.
const LETTER: usize = 10;

/// Draws a diagram as SVG: outputs above, inputs below, lines within blocks, and a head as a circle at the left.
///
/// # Examples
/// ```
/// let picture = schur_diagram::svg(&"ab|ba".parse()?);
/// assert!(picture.starts_with("<svg") && picture.matches("<circle").count() == 4);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn svg(diagram: &Diagram) -> String {
    let [width, height] = extent(diagram);
    let opening = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\">"
    );
    format!("{opening}<title>{diagram}</title>\n{}</svg>\n", body(diagram))
}

/// Draws diagrams in one picture, row by row, each with its name below.
///
/// # Examples
/// ```
/// let picture = schur_diagram::gallery(&["a|a".parse()?, "a|b".parse()?], 4);
/// assert!(picture.contains(">a|b</text>") && picture.matches("<circle").count() == 4);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn gallery(diagrams: &[Diagram], columns: usize) -> String {
    let picture =
        |diagram: &Diagram| Picture { name: diagram.to_string(), extent: extent(diagram), body: body(diagram) };
    arranged(&diagrams.iter().map(picture).collect::<Vec<_>>(), columns)
}

/// Draws bilabelled graphs in one picture: vertices between the labels of outputs above and of inputs below.
///
/// # Examples
/// ```
/// let picture = schur_diagram::graph_gallery(&["a|b:ac,bc".parse()?], 4);
/// assert!(picture.contains(">a|b:ac,bc</text>") && picture.matches("<circle").count() == 3);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
pub fn graph_gallery(graphs: &[Bilabelled], columns: usize) -> String {
    let picture = |graph: &Bilabelled| {
        let widest = graph.vertices().max(graph.top()).max(graph.bottom()).max(1);
        let extent = [STEP * (widest - 1) + 2 * MARGIN, HEIGHT + 2 * MARGIN];
        Picture { name: graph.to_string(), extent, body: graph_body(graph) }
    };
    arranged(&graphs.iter().map(picture).collect::<Vec<_>>(), columns)
}

struct Picture {
    name: String,
    extent: [usize; 2],
    body: String,
}

/// Pictures row by row, their names below.
fn arranged(pictures: &[Picture], columns: usize) -> String {
    let largest = pictures.iter().fold([0, 0], |a, own| [a[0].max(own.extent[0]), a[1].max(own.extent[1])]);
    let widest_name = pictures.iter().map(|own| own.name.len() * LETTER).max().unwrap_or(0);
    let cell = [largest[0].max(widest_name + MARGIN), largest[1] + 2 * LETTER];
    let columns = columns.clamp(1, pictures.len().max(1));
    let (width, height) = (cell[0] * columns, cell[1] * pictures.len().div_ceil(columns));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\">\n"
    );
    for (number, Picture { name, body, .. }) in pictures.iter().enumerate() {
        let (x, y) = (cell[0] * (number % columns), cell[1] * (number / columns));
        let _ = writeln!(
            svg,
            "<g transform=\"translate({x} {y})\">\n{body}<text x=\"{MARGIN}\" y=\"{}\" font-family=\"monospace\" \
             font-size=\"14\">{name}</text></g>",
            largest[1] + LETTER / 2
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn graph_body(graph: &Bilabelled) -> String {
    let vertex = |vertex: u8| [MARGIN + STEP * usize::from(vertex), MARGIN + HEIGHT / 2];
    let label = |place: usize| match place.checked_sub(graph.top()) {
        None => [MARGIN + STEP * place, MARGIN / 2],
        Some(lower) => [MARGIN + STEP * lower, MARGIN * 3 / 2 + HEIGHT],
    };
    let mut svg = "<g fill=\"none\" stroke-width=\"2\">\n".to_owned();
    for (place, &own) in graph.labels().iter().enumerate() {
        let path = line(label(place), vertex(own));
        let _ = writeln!(svg, "<path stroke=\"#999999\" stroke-dasharray=\"4 4\" d=\"{path}\"/>");
    }
    for &[u, v] in graph.edges() {
        let ([x1, y], [x2, _]) = (vertex(u), vertex(v));
        // Vertices stand in a row: edges are arcs, higher the further they reach.
        let bend = y.saturating_sub((x2 - x1) / 3);
        let _ = writeln!(svg, "<path stroke=\"#0072b2\" d=\"M{x1} {y}C{x1} {bend} {x2} {bend} {x2} {y}\"/>");
    }
    svg.push_str("</g>\n");
    for number in (0..graph.vertices()).filter_map(|number| u8::try_from(number).ok()) {
        let [x, y] = vertex(number);
        let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
    }
    svg
}

fn left(diagram: &Diagram) -> usize {
    if diagram.head().is_empty() { MARGIN } else { MARGIN + STEP }
}

/// Width and height.
fn extent(diagram: &Diagram) -> [usize; 2] {
    let columns = diagram.top().max(diagram.bottom()).max(1);
    [left(diagram) + STEP * (columns - 1) + MARGIN, HEIGHT + 2 * MARGIN]
}

fn body(diagram: &Diagram) -> String {
    let left = left(diagram);
    let place = |vertex: usize| match vertex.checked_sub(diagram.top()) {
        None => [left + STEP * vertex, MARGIN],
        Some(lower) => [left + STEP * lower, MARGIN + HEIGHT],
    };
    let mut svg = "<g fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\">\n".to_owned();
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

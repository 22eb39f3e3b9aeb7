//! Canonical numbers of vertices: colour refinement, and a search where colours do not tell vertices apart.

use super::multigraph::{Multigraph, Output, Symmetry, sorted};

/// Edges between vertices `0..colours.len()`; a numbering must keep the order of the colours.
struct Part {
    symmetry: Symmetry,
    colours: Vec<usize>,
    edges: Vec<[usize; 2]>,
}

pub(super) fn canonical(graph: &Multigraph) -> Multigraph {
    let (marked, mut others) = parts(graph);
    let (labels, mut edges) = marked.numbered();
    let output = match graph.output() {
        Output::Invariant => Output::Invariant,
        Output::Node(_) => Output::Node(labels[0]),
        Output::Edge(a, b) => Output::Edge(labels[0], labels[usize::from(a != b)]),
    };
    let mut first = labels.len();
    let mut numbered: Vec<_> = others.drain(..).map(|part| (part.colours.len(), part.numbered().1)).collect();
    numbered.sort_unstable();
    for (vertices, part) in numbered {
        edges.extend(part.iter().map(|[r, s]| [r + first, s + first]));
        first += vertices;
    }
    Multigraph::of(graph.symmetry(), &edges, output, graph.vertices())
}

/// The components that hold a mark as one part, whose first vertices are the marked ones; each other component alone.
fn parts(graph: &Multigraph) -> (Part, Vec<Part>) {
    let mut component: Vec<usize> = (0..graph.vertices()).collect();
    let mut merge = |a: usize, b: usize| {
        let (from, to) = (component[a], component[b]);
        component.iter_mut().filter(|c| **c == from).for_each(|c| *c = to);
    };
    graph.edges().iter().for_each(|&[r, s]| merge(r, s));
    let mut marks = graph.output().vertices();
    marks.dedup();
    if let [a, b] = marks[..] {
        merge(a, b);
    }
    let part = |which: usize| {
        let mut members = if marks.iter().any(|&mark| component[mark] == which) { marks.clone() } else { Vec::new() };
        members.extend((0..graph.vertices()).filter(|v| component[*v] == which && !marks.contains(v)));
        // The first mark, the second and the rest have colours of their own.
        let colours = (0..members.len()).map(|place| if marks.contains(&members[place]) { place } else { 2 }).collect();
        let local = |v: usize| members.iter().position(|&member| member == v).unwrap_or_default();
        let inside = graph.edges().iter().filter(|[r, _]| component[*r] == which);
        let edges = inside.map(|&[r, s]| [local(r), local(s)]).collect();
        Part { symmetry: graph.symmetry(), colours, edges }
    };
    let with_marks = marks.first().map(|&mark| component[mark]);
    let empty = Part { symmetry: graph.symmetry(), colours: Vec::new(), edges: Vec::new() };
    let others = (0..graph.vertices()).filter(|&c| component.contains(&c) && Some(c) != with_marks);
    (with_marks.map_or(empty, part), others.map(part).collect())
}

impl Part {
    /// The number of each vertex, and the edges under these numbers: of all allowed ones the least.
    fn numbered(&self) -> (Vec<usize>, Vec<[usize; 2]>) {
        let mut best = None;
        self.search(self.refined(self.colours.clone()), &mut best);
        best.unwrap_or_default()
    }

    fn search(&self, colours: Vec<usize>, best: &mut Option<(Vec<usize>, Vec<[usize; 2]>)>) {
        let shared = (0..colours.len()).map(|c| cell(&colours, c)).find(|cell| cell.len() > 1);
        let Some(cell) = shared else {
            let edges = sorted(self.symmetry, self.edges.iter().map(|&[r, s]| [colours[r], colours[s]]));
            if best.as_ref().is_none_or(|(_, least)| edges < *least) {
                *best = Some((colours, edges));
            }
            return;
        };
        for (place, &vertex) in cell.iter().enumerate() {
            if cell[..place].iter().any(|&tried| self.twins(tried, vertex)) {
                continue;
            }
            let apart = (0..colours.len()).map(|v| 2 * colours[v] + usize::from(v != vertex)).collect();
            self.search(self.refined(apart), best);
        }
    }

    /// Splits colours by the colours of neighbours until nothing changes; the result's colours are `0..count`.
    ///
    /// With as many colours as vertices they are a numbering.
    fn refined(&self, mut colours: Vec<usize>) -> Vec<usize> {
        let mut count = 0;
        loop {
            let signatures: Vec<_> = (0..colours.len()).map(|v| self.signature(v, &colours)).collect();
            let mut distinct: Vec<_> = signatures.iter().collect();
            distinct.sort_unstable();
            distinct.dedup();
            colours = signatures.iter().map(|s| distinct.partition_point(|other| *other < s)).collect();
            if distinct.len() == count {
                return colours;
            }
            count = distinct.len();
        }
    }

    /// A vertex's colour, and for each end of an edge at it the kind of end and the colour of the other.
    fn signature(&self, vertex: usize, colours: &[usize]) -> (usize, Vec<(u8, usize)>) {
        let incoming = u8::from(self.symmetry == Symmetry::Directed);
        let mut ends = Vec::new();
        for &[r, s] in &self.edges {
            match (r == vertex, s == vertex) {
                (true, true) => ends.push((2, 0)),
                (true, false) => ends.push((0, colours[s])),
                (false, true) => ends.push((incoming, colours[r])),
                (false, false) => {}
            }
        }
        ends.sort_unstable();
        (colours[vertex], ends)
    }

    /// Whether exchanging two vertices leaves the edges as they are.
    fn twins(&self, a: usize, b: usize) -> bool {
        let swap = |v: usize| {
            if v == a {
                b
            } else if v == b {
                a
            } else {
                v
            }
        };
        let swapped = sorted(self.symmetry, self.edges.iter().map(|&[r, s]| [swap(r), swap(s)]));
        swapped == sorted(self.symmetry, self.edges.iter().copied())
    }
}

fn cell(colours: &[usize], colour: usize) -> Vec<usize> {
    (0..colours.len()).filter(|&v| colours[v] == colour).collect()
}

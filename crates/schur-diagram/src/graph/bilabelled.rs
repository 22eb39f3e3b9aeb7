//! Graphs with labelled vertices as maps: homomorphisms counted by where they send the labels.

use std::fmt;
use std::str::FromStr;

use super::Graph;
use crate::partition::{MAX_POINTS, block_count, check_points, renumbered};
use crate::{DiagramError, MAX_ENTRIES, Matrix};

/// Canonical forms try all orders of unlabelled vertices; with more than these they are kept as they come.
const MOST_PERMUTED: usize = 6;

/// A graph some of whose vertices carry output and input labels.
///
/// Written as the vertices of the output labels, a bar, those of the input labels, a colon, and the edges:
/// `"a|b:ac,bc"`. Labelled vertices are named as they first appear, the others after them.
///
/// # Examples
/// ```
/// use schur_diagram::{Bilabelled, Graph};
///
/// let path: Graph = "0 1\n1 2".parse()?;
/// let edge: Bilabelled = "a|b:ab".parse()?;
/// let walks = edge.after(&edge)?;
/// assert_eq!(walks.to_string(), "a|b:ac,bc");
/// assert_eq!(walks.matrix(&path)?.entries, [1, 0, 1, 0, 2, 0, 1, 0, 1]);
/// # Ok::<(), schur_diagram::DiagramError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bilabelled {
    top: usize,
    labels: Vec<u8>,
    vertices: usize,
    edges: Vec<[u8; 2]>,
}

impl Bilabelled {
    /// Makes a graph of `vertices` vertices with labels: the first `top` ones are of outputs, the others of inputs.
    ///
    /// Equal edges count once. An edge from a vertex to itself is kept: no graph without loops has a homomorphism from it.
    ///
    /// # Errors
    /// [`DiagramError::Permutation`] for more outputs than labels; [`DiagramError::Edge`] for a vertex that is not there;
    /// [`DiagramError::TooLarge`] beyond 26 vertices or labels.
    pub fn new(top: usize, labels: &[usize], vertices: usize, edges: &[[usize; 2]]) -> Result<Self, DiagramError> {
        check_points(labels.len().max(vertices))?;
        if top > labels.len() {
            return Err(DiagramError::Permutation { order: labels.to_vec(), length: top });
        }
        let labelled = labels.iter().map(|&vertex| [vertex, vertex]);
        if let Some(edge) = labelled.chain(edges.iter().copied()).find(|edge| edge.iter().any(|&v| v >= vertices)) {
            return Err(DiagramError::Edge { edge, n: vertices });
        }
        let numbered = renumbered(labels);
        let labelled = block_count(&numbered);
        let mut free = (0..vertices).filter(|vertex| !labels.contains(vertex)).collect::<Vec<_>>();
        let form = |free: &[usize]| {
            let name = |vertex: usize| match labels.iter().position(|&label| label == vertex) {
                Some(place) => numbered[place],
                None => {
                    let place = free.iter().position(|&other| other == vertex).unwrap_or(0);
                    u8::try_from(labelled + place).unwrap_or(u8::MAX)
                }
            };
            let sorted = |&[u, v]: &[usize; 2]| [name(u).min(name(v)), name(u).max(name(v))];
            let mut edges: Vec<[u8; 2]> = edges.iter().map(sorted).collect();
            edges.sort_unstable();
            edges.dedup();
            edges
        };
        let mut best = form(&free);
        if free.len() <= MOST_PERMUTED {
            permute(&mut free, 0, &mut |free| best = std::mem::take(&mut best).min(form(free)));
        }
        Ok(Self { top, labels: numbered, vertices, edges: best })
    }

    /// Output labels.
    pub const fn top(&self) -> usize {
        self.top
    }

    /// Input labels.
    pub const fn bottom(&self) -> usize {
        self.labels.len() - self.top
    }

    /// The vertex of each label, outputs first.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// How many vertices there are.
    pub const fn vertices(&self) -> usize {
        self.vertices
    }

    /// The edges.
    pub fn edges(&self) -> &[[u8; 2]] {
        &self.edges
    }

    /// The graph turned over: its matrix is the transpose.
    ///
    /// # Errors
    /// None for a graph that exists; those of [`new`](Self::new) are passed on.
    pub fn transposed(&self) -> Result<Self, DiagramError> {
        let (top, bottom) = self.labels.split_at(self.top);
        let labels: Vec<usize> = bottom.iter().chain(top).map(|&label| usize::from(label)).collect();
        Self::new(self.bottom(), &labels, self.vertices, &self.long_edges(0))
    }

    /// Two graphs side by side: the Kronecker product of their matrices.
    ///
    /// # Errors
    /// [`DiagramError::TooLarge`] beyond 26 vertices or labels.
    pub fn beside(&self, right: &Self) -> Result<Self, DiagramError> {
        let own = |&label: &u8| usize::from(label);
        let other = |&label: &u8| self.vertices + usize::from(label);
        let (top, bottom) = self.labels.split_at(self.top);
        let (right_top, right_bottom) = right.labels.split_at(right.top);
        let labels: Vec<usize> = (top.iter().map(own).chain(right_top.iter().map(other)))
            .chain(bottom.iter().map(own).chain(right_bottom.iter().map(other)))
            .collect();
        let edges = [self.long_edges(0), right.long_edges(self.vertices)].concat();
        Self::new(self.top + right.top, &labels, self.vertices + right.vertices, &edges)
    }

    /// This graph after another: labels that meet become one vertex, and the matrices multiply.
    ///
    /// # Errors
    /// [`DiagramError::Rows`] if the rows do not fit; [`DiagramError::TooLarge`] beyond 26 vertices.
    pub fn after(&self, lower: &Self) -> Result<Self, DiagramError> {
        if self.bottom() != lower.top {
            return Err(DiagramError::Rows { bottom: self.bottom(), top: lower.top });
        }
        let mut merged: Vec<usize> = (0..self.vertices + lower.vertices).collect();
        for (upper, below) in self.labels[self.top..].iter().zip(&lower.labels[..lower.top]) {
            let (kept, gone) = (merged[usize::from(*upper)], merged[self.vertices + usize::from(*below)]);
            merged.iter_mut().filter(|vertex| **vertex == gone).for_each(|vertex| *vertex = kept);
        }
        let mut names = merged.clone();
        names.sort_unstable();
        names.dedup();
        let name = |vertex: usize| names.partition_point(|&other| other < merged[vertex]);
        let labels: Vec<usize> = (self.labels[..self.top].iter().map(|&label| name(usize::from(label))))
            .chain(lower.labels[lower.top..].iter().map(|&label| name(self.vertices + usize::from(label))))
            .collect();
        let edges = [self.long_edges(0), lower.long_edges(self.vertices)].concat();
        let edges: Vec<[usize; 2]> = edges.into_iter().map(|edge| edge.map(name)).collect();
        Self::new(self.top, &labels, names.len(), &edges)
    }

    fn long_edges(&self, shift: usize) -> Vec<[usize; 2]> {
        self.edges.iter().map(|edge| edge.map(|vertex| usize::from(vertex) + shift)).collect()
    }

    /// Counts homomorphisms to a graph by where they send the labels.
    ///
    /// # Shapes
    /// `[n^top, n^bottom]`.
    /// # Errors
    /// [`DiagramError::TooLarge`] for more than `2^26` entries.
    /// # Cost
    /// `n` to the number of vertices at most.
    pub fn matrix(&self, graph: &Graph) -> Result<Matrix, DiagramError> {
        let n = graph.len();
        let power = |axes: usize| (0..axes).try_fold(1_u128, |size, _| size.checked_mul(n as u128));
        let found = power(self.labels.len()).unwrap_or(u128::MAX);
        if found > MAX_ENTRIES {
            return Err(DiagramError::TooLarge { what: "entries of a matrix", found, most: MAX_ENTRIES });
        }
        let size = |axes: usize| (0..axes).fold(1_usize, |size, _| size * n);
        let (rows, columns) = (size(self.top), size(self.bottom()));
        let entry = |place: usize| {
            let mut indices = vec![0; self.labels.len()];
            indices.iter_mut().rev().fold(place, |rest, index| {
                *index = rest % n;
                rest / n
            });
            self.count(graph, &indices)
        };
        Ok(Matrix { rows, columns, entries: (0..rows * columns).map(entry).collect() })
    }

    /// The number of homomorphisms that send the labels to these vertices.
    pub(crate) fn count(&self, graph: &Graph, images: &[usize]) -> i64 {
        let mut places = vec![usize::MAX; self.vertices];
        for (&label, &image) in self.labels.iter().zip(images) {
            let place = &mut places[usize::from(label)];
            if *place != usize::MAX && *place != image {
                return 0;
            }
            *place = image;
        }
        let labelled = block_count(&self.labels);
        let is_kept = |places: &[usize], &[u, v]: &[u8; 2], last: usize| {
            usize::from(v) > last || graph.is_edge(places[usize::from(u)], places[usize::from(v)])
        };
        if labelled > 0 && !self.edges.iter().all(|edge| is_kept(&places, edge, labelled - 1)) {
            return 0;
        }
        self.extend(graph, &mut places, labelled)
    }

    fn extend(&self, graph: &Graph, places: &mut [usize], next: usize) -> i64 {
        if next == self.vertices {
            return 1;
        }
        let mut sum = 0;
        for image in 0..graph.len() {
            places[next] = image;
            let mut ending = self.edges.iter().filter(|edge| usize::from(edge[1]) == next);
            if ending.all(|&[u, v]| graph.is_edge(places[usize::from(u)], places[usize::from(v)])) {
                sum += self.extend(graph, places, next + 1);
            }
        }
        sum
    }
}

fn permute(order: &mut [usize], start: usize, action: &mut dyn FnMut(&[usize])) {
    if start + 1 >= order.len() {
        return action(order);
    }
    for other in start..order.len() {
        order.swap(start, other);
        permute(order, start + 1, action);
        order.swap(start, other);
    }
}

fn letter(vertex: u8) -> char {
    char::from(b'a' + vertex)
}

impl fmt::Display for Bilabelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = |labels: &[u8]| -> String { labels.iter().map(|&label| letter(label)).collect() };
        write!(f, "{}|{}:", letters(&self.labels[..self.top]), letters(&self.labels[self.top..]))?;
        for (place, [u, v]) in self.edges.iter().enumerate() {
            write!(f, "{}{}{}", if place == 0 { "" } else { "," }, letter(*u), letter(*v))?;
        }
        Ok(())
    }
}

impl FromStr for Bilabelled {
    type Err = DiagramError;

    fn from_str(text: &str) -> Result<Self, DiagramError> {
        let wrong = |position, expected| DiagramError::Text { text: text.to_owned(), position, expected };
        let bar = text.find('|').ok_or_else(|| wrong(text.len(), "a bar between outputs and inputs"))?;
        let colon = text.find(':').ok_or_else(|| wrong(text.len(), "a colon before the edges"))?;
        if colon < bar {
            return Err(wrong(colon, "a bar before the colon"));
        }
        let vertex = |position: usize| match text.as_bytes().get(position) {
            Some(byte) if byte.is_ascii_lowercase() => Ok(usize::from(byte - b'a')),
            _ => Err(wrong(position, "a letter from a to z")),
        };
        let labels: Vec<usize> = (0..bar).chain(bar + 1..colon).map(vertex).collect::<Result<_, _>>()?;
        let mut edges = Vec::new();
        let mut position = colon + 1;
        while position < text.len() {
            edges.push([vertex(position)?, vertex(position + 1)?]);
            match text.as_bytes().get(position + 2) {
                None => {}
                Some(b',') if text.len() > position + 3 => {}
                Some(_) => return Err(wrong(position + 2, "a comma and another edge")),
            }
            position += 3;
        }
        let vertices = labels.iter().chain(edges.as_flattened()).map(|&vertex| vertex + 1).max().unwrap_or(0);
        Self::new(bar, &labels, vertices.min(MAX_POINTS), &edges)
    }
}

//! Random expressions that bind: repeated indices, axes of size 1, ellipses, nesting, free indices of outputs.

use proptest::prelude::*;
use schur_einsum::language::Sizes;

/// The indices of terms, and their sizes wherever they occur.
const TERM_INDICES: [(&str, usize); 6] = [("a", 2), ("b", 3), ("c", 2), ("d", 1), ("row", 2), ("é", 3)];
/// An index that only outputs have.
const FREE: (&str, usize) = ("z", 2);
/// The sizes of the ellipsis' axes; one of lower rank has the last of them.
const ELLIPSIS: [usize; 2] = [2, 3];

/// A text with the shapes and sizes that it binds to.
#[derive(Debug, Clone)]
pub struct Case {
    pub text: String,
    pub shapes: Vec<Vec<usize>>,
    pub sizes: Sizes,
}

/// The labels of a list; none stands for the ellipsis.
type Labels = Vec<Option<&'static str>>;

#[derive(Debug, Clone)]
enum Term {
    Operand { labels: Labels, shape: Vec<usize> },
    Nested(Tree),
}

#[derive(Debug, Clone)]
struct Tree {
    terms: Vec<Term>,
    output: Option<Labels>,
}

/// A random expression with nested ones to a depth.
pub fn case(depth: u32) -> impl Strategy<Value = Case> {
    (tree(depth), any::<bool>()).prop_map(|(tree, explicit)| {
        // Only an explicit output can have a free index.
        let output = tree.output.filter(|_| explicit);
        let tree = Tree { terms: tree.terms, output };
        let mut shapes = Vec::new();
        tree.shapes(&mut shapes);
        let sizes = if tree.has_free() { Sizes::from([(FREE.0.to_owned(), FREE.1)]) } else { Sizes::new() };
        Case { text: tree.text(), shapes, sizes }
    })
}

fn tree(depth: u32) -> BoxedStrategy<Tree> {
    let choices = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    (prop::collection::vec(term(depth), 1..4), choices, prop::bool::weighted(0.15))
        .prop_map(|(terms, choices, free)| {
            let mut labels: Labels = Vec::new();
            let mut visible: Labels = terms.iter().flat_map(Term::labels).collect();
            visible.sort_unstable();
            visible.dedup();
            for choice in choices.iter().filter(|_| !visible.is_empty()) {
                let label = visible[choice.index(visible.len())];
                if label.is_some() || !labels.contains(&None) {
                    labels.push(label);
                }
            }
            labels.extend(free.then_some(Some(FREE.0)));
            Tree { terms, output: Some(labels) }
        })
        .boxed()
}

fn term(depth: u32) -> BoxedStrategy<Term> {
    let labels = prop::collection::vec(0..TERM_INDICES.len(), 0..4);
    let ellipsis = prop::option::weighted(0.25, (0..=ELLIPSIS.len(), 0..4_usize));
    let operand = (labels, ellipsis, any::<u8>(), any::<u8>())
        .prop_map(|(labels, ellipsis, ones, rarely)| operand(&labels, ellipsis, ones & rarely & (rarely >> 1)));
    if depth == 0 {
        return operand.boxed();
    }
    prop_oneof![3 => operand, 1 => tree(depth - 1).prop_map(Term::Nested)].boxed()
}

/// An operand whose axes have size 1 where `ones` has a bit, the same for all axes of an index.
fn operand(indices: &[usize], ellipsis: Option<(usize, usize)>, ones: u8) -> Term {
    let one = |bit: usize, size: usize| if ones >> bit & 1 == 1 { 1 } else { size };
    let mut labels: Labels = indices.iter().map(|&index| Some(TERM_INDICES[index].0)).collect();
    let mut shape: Vec<usize> = indices.iter().map(|&index| one(index, TERM_INDICES[index].1)).collect();
    if let Some((rank, position)) = ellipsis {
        let position = position.min(labels.len());
        labels.insert(position, None);
        let skipped = ELLIPSIS.len() - rank;
        let axes = (skipped..ELLIPSIS.len()).map(|axis| one(TERM_INDICES.len() + axis, ELLIPSIS[axis]));
        shape.splice(position..position, axes);
    }
    Term::Operand { labels, shape }
}

impl Term {
    fn labels(&self) -> Labels {
        match self {
            Self::Operand { labels, .. } => labels.clone(),
            Self::Nested(tree) => tree.output.clone().unwrap_or_default(),
        }
    }
}

impl Tree {
    fn shapes(&self, shapes: &mut Vec<Vec<usize>>) {
        for term in &self.terms {
            match term {
                Term::Operand { shape, .. } => shapes.push(shape.clone()),
                Term::Nested(tree) => tree.shapes(shapes),
            }
        }
    }

    fn has_free(&self) -> bool {
        let nested = |term: &Term| matches!(term, Term::Nested(tree) if tree.has_free());
        self.output.iter().flatten().any(|label| *label == Some(FREE.0)) || self.terms.iter().any(nested)
    }

    fn text(&self) -> String {
        let terms: Vec<String> = self
            .terms
            .iter()
            .map(|term| match term {
                Term::Operand { labels, .. } => text(labels),
                Term::Nested(tree) => format!("({})", tree.text()),
            })
            .collect();
        let output = self.output.as_ref().map_or(String::new(), |labels| format!("->{}", text(labels)));
        terms.join(",") + &output
    }
}

fn text(labels: &Labels) -> String {
    let label = |label: &Option<&str>| match label {
        None => "...".to_owned(),
        Some("row") => "[row]".to_owned(),
        Some(letter) => (*letter).to_owned(),
    };
    labels.iter().map(label).collect::<String>().replace("][", " ")
}

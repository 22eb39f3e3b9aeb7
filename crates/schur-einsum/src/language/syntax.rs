//! The syntax tree, and how it is printed.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Index, Label, ParseError, Span, parser};

/// A label and where it stands in the text. Two are equal if the labels are.
#[derive(Debug, Clone)]
pub struct Item {
    label: Label,
    span: Span,
}

impl Item {
    pub(super) const fn new(label: Label, span: Span) -> Self {
        Self { label, span }
    }

    /// The index or the ellipsis.
    pub const fn label(&self) -> &Label {
        &self.label
    }

    /// The index; none for the ellipsis.
    pub const fn index(&self) -> Option<&Index> {
        match &self.label {
            Label::Index(index) => Some(index),
            Label::Ellipsis => None,
        }
    }

    /// Where it stands in [`Expression::text`].
    pub const fn span(&self) -> Span {
        self.span
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label
    }
}

impl Eq for Item {}

/// The labels of an operand or of the output. Two are equal if their labels are.
#[derive(Debug, Clone, Default)]
pub struct Indices {
    items: Vec<Item>,
    span: Span,
}

impl Indices {
    /// Labels that come from no text.
    pub fn new(labels: impl IntoIterator<Item = Label>) -> Self {
        let items = labels.into_iter().map(|label| Item::new(label, Span::default())).collect();
        Self { items, span: Span::default() }
    }

    pub(super) const fn parsed(items: Vec<Item>, span: Span) -> Self {
        Self { items, span }
    }

    /// The labels in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Where they stand in [`Expression::text`].
    pub const fn span(&self) -> Span {
        self.span
    }

    /// The labels without their places.
    pub fn labels(&self) -> impl Iterator<Item = &Label> {
        self.items.iter().map(Item::label)
    }

    /// Whether a label is among them.
    pub fn contains(&self, label: &Label) -> bool {
        self.labels().any(|own| own == label)
    }

    /// Whether an index is among them.
    pub fn has(&self, index: &Index) -> bool {
        self.items.iter().any(|item| item.index() == Some(index))
    }
}

impl PartialEq for Indices {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl Eq for Indices {}

impl fmt::Display for Indices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut within = false;
        for item in &self.items {
            let bracketed = item.index().is_some_and(|index| !index.is_letter());
            f.write_str(match (within, bracketed) {
                (false, true) => "[",
                (true, false) => "]",
                (true, true) => " ",
                (false, false) => "",
            })?;
            match &item.label {
                Label::Index(index) => write!(f, "{index}")?,
                Label::Ellipsis => f.write_str("...")?,
            }
            within = bracketed;
        }
        f.write_str(if within { "]" } else { "" })
    }
}

/// An operand of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A tensor given by the caller, with the labels of its axes.
    Operand(Indices),
    /// The result of an expression in parentheses, with its output as labels.
    Nested(Expression),
}

impl Term {
    /// The labels that the surrounding expression sees.
    pub fn labels(&self) -> &[Item] {
        match self {
            Self::Operand(indices) => indices.items(),
            Self::Nested(nested) => nested.output().map_or(&[], Indices::items),
        }
    }

    /// Whether the surrounding expression sees this label.
    pub fn contains(&self, label: &Label) -> bool {
        self.labels().iter().any(|item| item.label() == label)
    }

    /// Where it stands in the text.
    pub fn span(&self) -> Span {
        match self {
            Self::Operand(indices) => indices.span(),
            Self::Nested(nested) => nested.span(),
        }
    }

    /// How many tensors of the caller it takes.
    pub fn operand_count(&self) -> usize {
        match self {
            Self::Operand(_) => 1,
            Self::Nested(nested) => nested.operand_count(),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operand(indices) => write!(f, "{indices}"),
            Self::Nested(nested) => write!(f, "({nested})"),
        }
    }
}

/// An einsum expression, as the [grammar](super) has it.
///
/// `Display` prints it so that it parses to an equal one; places in the text do not count for equality.
///
/// # Examples
/// ```
/// use schur_einsum::language::{Expression, Term};
///
/// let expression = Expression::parse("(ij, [j inner] -> i[inner]), k[inner] -> ik")?;
/// assert_eq!(expression.to_string(), "(ij,j[inner]->i[inner]),k[inner]->ik");
/// assert_eq!(expression.operand_count(), 3);
/// assert!(matches!(expression.terms(), [Term::Nested(_), Term::Operand(_)]));
/// # Ok::<(), schur_einsum::language::ParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Expression {
    terms: Vec<Term>,
    output: Option<Indices>,
    span: Span,
    text: Arc<str>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`ParseError`], which shows the place.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parser::parse(text)
    }

    /// Makes an expression from its parts, whose text is what they print.
    ///
    /// # Errors
    /// [`ParseError`] if there is no term, a list with two ellipses, or a nested expression without an output.
    pub fn new(terms: Vec<Term>, output: Option<Indices>) -> Result<Self, ParseError> {
        if terms.is_empty() {
            return Err(ParseError::NoTerms);
        }
        let unplaced = Self { terms, output, span: Span::default(), text: Arc::from("") };
        Self::parse(&unplaced.to_string())
    }

    /// Makes an expression from lists of labels, as NumPy's second form has them.
    ///
    /// Labels are whole numbers, names, or [`Label`]s; the output, where it is left out, is sorted by number or name.
    ///
    /// # Errors
    /// [`ParseError`] if a name is none, a list has two ellipses, or there is no operand.
    ///
    /// # Examples
    /// ```
    /// use schur_einsum::language::{Expression, Label};
    ///
    /// let product = Expression::interleaved(&[[0, 1], [1, 2]], Some(&[0, 2]))?;
    /// assert_eq!(product.to_string(), "01,12->02");
    /// let batched = Expression::interleaved(&[["...", "row"], ["...", "row"]], None)?;
    /// assert_eq!(batched.explicit_output().to_string(), "...");
    /// let mixed = Expression::interleaved(&[[Label::Ellipsis, Label::from(0)]], Some(&[Label::Ellipsis]))?;
    /// assert_eq!(mixed.to_string(), "...0->...");
    /// # Ok::<(), schur_einsum::language::ParseError>(())
    /// ```
    pub fn interleaved<L>(operands: &[impl AsRef<[L]>], output: Option<&[L]>) -> Result<Self, ParseError>
    where
        L: Clone + TryInto<Label>,
        ParseError: From<L::Error>,
    {
        let indices = |labels: &[L]| -> Result<Indices, ParseError> {
            let labels: Result<Vec<Label>, L::Error> = labels.iter().cloned().map(TryInto::try_into).collect();
            Ok(Indices::new(labels?))
        };
        let terms = operands.iter().map(|list| indices(list.as_ref()).map(Term::Operand));
        Self::new(terms.collect::<Result<_, ParseError>>()?, output.map(indices).transpose()?)
    }

    pub(super) const fn parsed(terms: Vec<Term>, output: Option<Indices>, span: Span, text: Arc<str>) -> Self {
        Self { terms, output, span, text }
    }

    /// The operands and nested expressions, in order.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The output; none if the text leaves it out.
    pub const fn output(&self) -> Option<&Indices> {
        self.output.as_ref()
    }

    /// The text that [`Span`]s count in; of a nested expression, that of the outermost one.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn source(&self) -> &Arc<str> {
        &self.text
    }

    /// Where it stands in [`text`](Self::text); of a nested expression, with its parentheses.
    pub const fn span(&self) -> Span {
        self.span
    }

    /// How many tensors the caller gives, those of nested expressions included.
    pub fn operand_count(&self) -> usize {
        self.terms.iter().map(Term::operand_count).sum()
    }

    /// The output; if the text leaves it out, the one that NumPy takes.
    ///
    /// That is the ellipsis, if a term has one, and each index that occurs once in all terms together, in order.
    pub fn explicit_output(&self) -> Indices {
        if let Some(output) = &self.output {
            return output.clone();
        }
        let labels = || self.terms.iter().flat_map(Term::labels).map(Item::label);
        let mut counts: BTreeMap<&Index, usize> = BTreeMap::new();
        for label in labels() {
            if let Label::Index(index) = label {
                *counts.entry(index).or_default() += 1;
            }
        }
        let ellipsis = labels().find(|label| **label == Label::Ellipsis).cloned();
        let once = counts.into_iter().filter(|&(_, count)| count == 1).map(|(index, _)| index.clone().into());
        Indices::new(ellipsis.into_iter().chain(once))
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.terms == other.terms && self.output == other.output
    }
}

impl Eq for Expression {}

impl FromStr for Expression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, term) in self.terms.iter().enumerate() {
            f.write_str(if position > 0 { "," } else { "" })?;
            write!(f, "{term}")?;
        }
        self.output.as_ref().map_or(Ok(()), |output| write!(f, "->{output}"))
    }
}

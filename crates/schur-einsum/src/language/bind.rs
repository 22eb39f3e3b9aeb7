//! From a tree and shapes to contractions: every axis gets an index, every index a size.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schur_tensor::{ShapeError, View, element_count};

use super::{BindError, Excerpt, Expression, Index, Indices, Item, Label, Place, Span, Term};
use crate::Contraction;

/// Sizes of indices by name: needed for those of the output that no operand has.
pub type Sizes = BTreeMap<String, usize>;

/// An expression and the shapes of its operands: what to contract, one expression after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    shapes: Vec<Vec<usize>>,
    steps: Vec<Step>,
}

/// The contraction of one expression; of nested ones, the innermost come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    contraction: Contraction,
    inputs: Vec<Input>,
}

/// Which tensor an operand of a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    tensor: usize,
    kept: Vec<usize>,
}

impl Bound {
    /// The shape of each operand.
    pub fn shapes(&self) -> &[Vec<usize>] {
        &self.shapes
    }

    /// The contractions in the order in which they are computed; the last gives the result.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The only contraction; none if there are nested expressions.
    pub fn flat(&self) -> Option<&Step> {
        match self.steps.as_slice() {
            [step] => Some(step),
            _ => None,
        }
    }

    /// The shape of the result.
    pub fn output_shape(&self) -> Vec<usize> {
        self.steps.last().map(|step| step.contraction.output_shape()).unwrap_or_default()
    }
}

impl Step {
    /// What to contract.
    pub const fn contraction(&self) -> &Contraction {
        &self.contraction
    }

    /// The tensors to contract, one for each operand of the contraction.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }
}

impl Input {
    /// The number of the tensor: operands of the expression count first, then the results of steps.
    pub const fn tensor(&self) -> usize {
        self.tensor
    }

    /// The axes that the contraction has; the others have size 1 and fit any size.
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// Leaves the axes away that are not kept.
    ///
    /// # Errors
    /// [`ShapeError`] if the view is not that of the tensor.
    pub fn squeezed<'a, T>(&self, view: &View<'a, T>) -> Result<View<'a, T>, ShapeError> {
        let pick = |list: &[isize]| self.kept.iter().filter_map(|&axis| list.get(axis).copied()).collect::<Vec<_>>();
        let shape: Vec<usize> = self.kept.iter().filter_map(|&axis| view.shape().get(axis).copied()).collect();
        View::new(view.data(), view.offset(), &shape, &pick(view.strides()))
    }
}

impl Expression {
    /// Gives the expression a meaning for operands of these shapes.
    ///
    /// `sizes` has the sizes of the output's indices that no operand has, here or in a nested expression; sizes under
    /// other names are allowed, and checked.
    ///
    /// # Shapes
    /// One for each operand in the order of the text, those of nested expressions included.
    /// # Errors
    /// [`BindError`], which names the operand and the index and shows the place.
    /// # Cost
    /// Linear in the length of the text, save for the order of a left-out output and look-ups of names.
    /// # Examples
    /// ```
    /// use schur_einsum::language::{Expression, Sizes};
    ///
    /// let repeat = Expression::parse("(ij,j->i)->i[copy]")?;
    /// let bound = repeat.bind(&[&[2, 3], &[1]], &Sizes::from([("copy".to_owned(), 4)]))?;
    /// assert_eq!(bound.output_shape(), [2, 4]);
    /// let product = &bound.steps()[0];
    /// assert_eq!(product.contraction().operands(), [vec![0, 1], vec![]]);
    /// assert_eq!(product.inputs()[1].kept(), [0_usize; 0], "an axis of size 1 against 3 is left away");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bind(&self, shapes: &[&[usize]], sizes: &Sizes) -> Result<Bound, BindError> {
        let expected = self.operand_count();
        if shapes.len() != expected {
            let at = Excerpt::new(self.source(), &[self.span()]);
            return Err(BindError::Operands { expected, found: shapes.len(), at });
        }
        let (free, conflicts) = (BTreeSet::new(), BTreeMap::new());
        let mut binder = Binder { shapes, sizes, next: 0, steps: Vec::new(), free, conflicts };
        binder.expression(self)?;
        binder.check_given(self)?;
        let shapes = shapes.iter().map(|shape| shape.to_vec()).collect();
        Ok(Bound { shapes, steps: binder.steps })
    }
}

/// What an axis is called in one expression: an index, or an axis of the ellipsis counted from the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key<'e> {
    Named(&'e Index),
    Ellipsis(usize),
}

/// An axis of a tensor, and where the text names it.
struct Axis<'e> {
    key: Key<'e>,
    size: usize,
    span: Span,
}

/// A term with all its axes.
struct Operand<'e> {
    place: Place,
    tensor: usize,
    axes: Vec<Axis<'e>>,
}

/// The size of an index, and the first axis that has it.
struct Found {
    number: usize,
    size: usize,
    place: Place,
    span: Span,
}

struct Binder<'s> {
    shapes: &'s [&'s [usize]],
    sizes: &'s Sizes,
    /// The next operand of the text.
    next: usize,
    steps: Vec<Step>,
    /// The names of `sizes` that an index of an output has taken.
    free: BTreeSet<String>,
    /// The names of `sizes` that other indices have, with the first that has another size.
    conflicts: BTreeMap<&'s String, Option<BindError>>,
}

impl Binder<'_> {
    /// Appends the steps of an expression.
    fn expression(&mut self, expression: &Expression) -> Result<(), BindError> {
        let operands: Result<Vec<_>, _> =
            expression.terms().iter().map(|term| self.operand(term, expression)).collect();
        let operands = operands?;
        let listed = expression.explicit_output();
        let mut table = Table::default();
        for operand in &operands {
            table.add(operand, expression)?;
        }
        let rank = operands.iter().map(Operand::ellipsis_rank).max().unwrap_or(0);
        let output = self.output(&listed, rank, &mut table, expression)?;
        self.compare_given(&table, expression);
        let mut inputs = Vec::new();
        let mut lists = Vec::new();
        for operand in &operands {
            let fits = |&axis: &usize| operand.axes[axis].size == table.found[&operand.axes[axis].key].size;
            let kept: Vec<usize> = (0..operand.axes.len()).filter(fits).collect();
            lists.push(kept.iter().map(|&axis| table.found[&operand.axes[axis].key].number).collect());
            inputs.push(Input { tensor: operand.tensor, kept });
        }
        let (sizes, names) = table.in_order(rank);
        let contraction = Contraction::new(lists, output, sizes, names)?;
        element_count(&contraction.output_shape())?;
        self.steps.push(Step { contraction, inputs });
        Ok(())
    }

    /// The axes of a term; those of a nested expression after its steps.
    fn operand<'e>(&mut self, term: &'e Term, expression: &Expression) -> Result<Operand<'e>, BindError> {
        let (place, tensor, shape) = match term {
            Term::Operand(_) => {
                let tensor = self.next;
                self.next += 1;
                (Place::Operand(tensor), tensor, self.shapes[tensor].to_vec())
            }
            Term::Nested(nested) => {
                self.expression(nested)?;
                let step = self.steps.len() - 1;
                (Place::Nested(step), self.shapes.len() + step, self.steps[step].contraction.output_shape())
            }
        };
        let items = term.labels();
        let ellipsis = items.iter().any(|item| *item.label() == Label::Ellipsis);
        let least = items.len() - usize::from(ellipsis);
        if shape.len() < least || (shape.len() > least && !ellipsis) {
            let indices = Indices::new(items.iter().map(|item| item.label().clone())).to_string();
            let at = Excerpt::new(expression.source(), &[term.span()]);
            return Err(BindError::Rank { place, indices, least, ellipsis, found: shape.len(), at });
        }
        let axes = expand(items, shape.len() - least);
        let axes = axes.zip(&shape).map(|((key, span), &size)| Axis { key, size, span }).collect();
        Ok(Operand { place, tensor, axes })
    }

    /// The numbers of the output's indices; those that no term has get a number and the size given.
    fn output<'e>(
        &mut self,
        output: &'e Indices,
        rank: usize,
        table: &mut Table<'e>,
        expression: &Expression,
    ) -> Result<Vec<usize>, BindError> {
        let mut numbers = Vec::new();
        for (key, span) in expand(output.items(), rank) {
            if !table.found.contains_key(&key) {
                let name = key.name();
                let at = || Excerpt::new(expression.source(), &[span]);
                let size = self.sizes.get(&name).copied();
                let size = size.ok_or_else(|| BindError::Unsized { index: name.clone(), at: at() })?;
                self.free.insert(name);
                let number = table.found.len();
                table.found.insert(key, Found { number, size, place: Place::Operand(self.next), span });
            }
            numbers.push(table.found[&key].number);
        }
        Ok(numbers)
    }

    /// Compares sizes given with those that indices have.
    fn compare_given(&mut self, table: &Table<'_>, expression: &Expression) {
        for (name, &given) in self.sizes {
            let Ok(index) = Index::new(name) else { continue };
            let Some(found) = table.found.get(&Key::Named(&index)) else { continue };
            let conflict = || {
                let at = Excerpt::new(expression.source(), &[found.span]);
                BindError::Given { index: name.clone(), given, found: found.size, at }
            };
            let conflict = (found.size != given).then(conflict);
            let first = self.conflicts.entry(name).or_default();
            *first = first.take().or(conflict);
        }
    }

    /// Checks that each size given is that of an index.
    ///
    /// An index of an output that no operand has takes the size; then others of that name, in other expressions, need
    /// not have it.
    fn check_given(&mut self, expression: &Expression) -> Result<(), BindError> {
        for name in self.sizes.keys().filter(|name| !self.free.contains(*name)) {
            match self.conflicts.remove(name) {
                Some(None) => {}
                Some(Some(conflict)) => return Err(conflict),
                None => {
                    let at = Excerpt::new(expression.source(), &[expression.span()]);
                    return Err(BindError::Unknown { index: name.clone(), at });
                }
            }
        }
        Ok(())
    }
}

impl Operand<'_> {
    fn ellipsis_rank(&self) -> usize {
        self.axes.iter().filter(|axis| matches!(axis.key, Key::Ellipsis(_))).count()
    }
}

/// The keys of a list of labels, the ellipsis standing for `rank` axes.
fn expand(items: &[Item], rank: usize) -> impl Iterator<Item = (Key<'_>, Span)> {
    items.iter().flat_map(move |item| {
        let (named, ellipsis) = match item.label() {
            Label::Index(index) => (Some(Key::Named(index)), 0),
            Label::Ellipsis => (None, rank),
        };
        let span = item.span();
        named.into_iter().chain((0..ellipsis).rev().map(Key::Ellipsis)).map(move |key| (key, span))
    })
}

/// The indices of one expression, numbered in the order in which they first occur.
#[derive(Default)]
struct Table<'e> {
    found: HashMap<Key<'e>, Found>,
}

impl<'e> Table<'e> {
    /// Takes the sizes of an operand's axes in: equal ones, or 1 beside any other.
    fn add(&mut self, operand: &Operand<'e>, expression: &Expression) -> Result<(), BindError> {
        let mut own: HashMap<Key<'_>, &Axis<'_>> = HashMap::new();
        for axis in &operand.axes {
            let first = *own.entry(axis.key).or_insert(axis);
            if first.size != axis.size {
                let at = Excerpt::new(expression.source(), &[first.span, axis.span]);
                let sizes = [first.size, axis.size];
                return Err(BindError::Diagonal { index: axis.key.name(), sizes, place: operand.place, at });
            }
            let number = self.found.len();
            let (size, place, span) = (axis.size, operand.place, axis.span);
            let found = self.found.entry(axis.key).or_insert(Found { number, size, place, span });
            if found.size == 1 {
                *found = Found { number: found.number, size, place, span };
            } else if size != 1 && size != found.size {
                let at = Excerpt::new(expression.source(), &[found.span, span]);
                let (sizes, places) = ([found.size, size], [found.place, place]);
                return Err(BindError::Sizes { index: axis.key.name(), sizes, places, at });
            }
        }
        Ok(())
    }

    /// Sizes and names by number; axes of the ellipsis are called `...0`, `...1` from the first on.
    fn in_order(&self, rank: usize) -> (Vec<usize>, Vec<String>) {
        let mut found: Vec<_> = self.found.iter().collect();
        found.sort_unstable_by_key(|(_, found)| found.number);
        let name = |key: &Key<'_>| match key {
            Key::Named(index) => index.to_string(),
            Key::Ellipsis(from_last) => format!("...{}", rank - 1 - from_last),
        };
        found.into_iter().map(|(key, found)| (found.size, name(key))).unzip()
    }
}

impl Key<'_> {
    fn name(&self) -> String {
        match self {
            Self::Named(index) => index.to_string(),
            Self::Ellipsis(from_last) => format!("...[-{}]", from_last + 1),
        }
    }
}

//! Products with relations: joined to rows, along which dense factors are gathered.

use schur_tensor::{Tensor, row_major};

use super::{Compiler, Operand, Value, offsets};
use crate::check::scope::{Resolved, index_of};
use crate::dense::graph::{Op, Placement};
use crate::error::{Fault, Located};
use crate::parse::tree::{Argument, Compared, Reference};
use crate::relation::Relation;
use crate::relation::join::{Atom, Compiled, Derivation, JoinError, Term, derive};
use crate::relation::weights::Weights;

/// The index of the rows of a join; no index of a program is called so.
const ROW: &str = "row of";

/// The relations of a product, and the comparisons of their variables.
#[derive(Default)]
pub(super) struct Join<'r> {
    pub(super) references: Vec<Reference>,
    pub(super) compared: Vec<(Compared, &'r Resolved)>,
}

impl Compiler<'_> {
    /// Multiplies values with the rows of a join, and sums over the indices that the result lacks.
    pub(super) fn sparse_product(
        &mut self,
        join: &Join<'_>,
        values: Vec<Value>,
        indices: &[String],
    ) -> Result<Value, Located> {
        let wanted = |name: &String| indices.contains(name) || values.iter().any(|value| value.indices.contains(name));
        let mut columns: Vec<String> = Vec::new();
        for name in join.references.iter().flat_map(|reference| reference.arguments.iter().filter_map(index_of)) {
            if wanted(&name) && !columns.contains(&name) {
                columns.push(name);
            }
        }
        let rows = self.rows(join, &columns)?;
        self.sizes.insert(ROW.to_owned(), rows.len());
        let mut factors = Vec::new();
        let weights: Vec<f64> = (0..rows.len()).map(|row| rows.weight(row)).collect();
        let has_gathered = values.iter().any(|value| value.indices.iter().any(|index| columns.contains(index)));
        if !has_gathered || weights.iter().any(|&weight| weight != 1.0) {
            let weights = Tensor::new(&[rows.len()], weights);
            let weights = weights.map_err(|error| Fault::Contraction { reason: error.to_string() }.at(self.span()))?;
            let node = self.graph.constant(weights, self.span())?;
            factors.push(Value { node, indices: vec![ROW.to_owned()] });
        }
        for value in values {
            factors.push(self.gathered(value, &columns, &rows)?);
        }
        let dense: Vec<String> = indices.iter().filter(|index| !columns.contains(index)).cloned().collect();
        let is_scattered = dense.len() < indices.len();
        let mut output = dense.clone();
        if is_scattered {
            output.insert(0, ROW.to_owned());
        }
        let value = self.contracted(&factors, &output)?;
        if !is_scattered {
            return self.reordered(value, indices);
        }
        let placement = self.placement(indices, &columns, &rows);
        self.push(Op::Scatter { placement, input: value.node }, indices.to_vec())
    }

    /// Where the elements along rows and dense indices lie in a tensor.
    fn placement(&self, indices: &[String], columns: &[String], rows: &Relation) -> Placement {
        let (shape, mut base) = (self.shape(indices), vec![0; rows.len()]);
        let mut axes = Vec::new();
        for ((index, &size), stride) in indices.iter().zip(&shape).zip(row_major(&shape)) {
            let stride = stride.unsigned_abs();
            match columns.iter().position(|column| column == index) {
                None => axes.push((size, stride)),
                Some(column) => {
                    let along = base.iter_mut().enumerate();
                    along.for_each(|(row, base)| *base += rows.row(row)[column] as usize * stride);
                }
            }
        }
        Placement { base, inner: offsets(&axes) }
    }

    fn gathered(&mut self, value: Value, columns: &[String], rows: &Relation) -> Result<Value, Located> {
        if !value.indices.iter().any(|index| columns.contains(index)) {
            return Ok(value);
        }
        let placement = self.placement(&value.indices, columns, rows);
        let dense = value.indices.iter().filter(|index| !columns.contains(index)).cloned();
        let indices = std::iter::once(ROW.to_owned()).chain(dense).collect();
        self.push(Op::Gather { placement, input: value.node }, indices)
    }

    /// Joins relations to rows over some of their variables, the weights of equal rows added.
    fn rows(&mut self, join: &Join<'_>, columns: &[String]) -> Result<Relation, Located> {
        let mut numbers: Vec<String> = Vec::new();
        let mut number = |name: String| {
            Term::Variable(numbers.iter().position(|other| *other == name).unwrap_or_else(|| {
                numbers.push(name);
                numbers.len() - 1
            }))
        };
        let mut positive = Vec::new();
        for reference in &join.references {
            let Operand::Relation(relation) =
                self.surroundings.operand(self.graph, &reference.name.text, reference.span)?
            else {
                continue;
            };
            let domains = self.surroundings.domains_of(&reference.name.text);
            let mut terms = Vec::new();
            for (argument, &domain) in reference.arguments.iter().zip(&domains) {
                terms.push(match argument {
                    Argument::Constant(constant) => Term::Constant(self.element(constant, domain)?),
                    other => index_of(other).map_or(Term::Anything, &mut number),
                });
            }
            positive.push(Atom { relation, terms });
        }
        let mut compared = Vec::new();
        for (comparison, _) in &join.compared {
            let mut side = |argument: &Argument| -> Result<Term, Located> {
                match index_of(argument) {
                    Some(name) => Ok(number(name)),
                    None => self.term(argument, comparison),
                }
            };
            compared.push((side(&comparison.left)?, comparison.comparison, side(&comparison.right)?));
        }
        let head = Atom { relation: usize::MAX, terms: columns.iter().cloned().map(&mut number).collect() };
        let variables = numbers.len();
        let rule = Compiled { head, positive, negative: Vec::new(), compared, weight: 1.0, variables };
        let most_rows = self.surroundings.most_rows();
        let how = Derivation { weights: Weights::Real, fresh: None, leaves_out_known: false, most_rows };
        derive(&rule, self.surroundings.relations(), how).map_err(|error| join_fault(error).at(self.span()))
    }
}

/// What an error of a join means to the one who wrote the equation or rule.
pub(crate) fn join_fault(error: JoinError) -> Fault {
    match error {
        JoinError::Weights(error) => Fault::Contraction { reason: error.to_string() },
        JoinError::Rows(most) => {
            Fault::TooMany { what: "the rows derived here".to_owned(), most, way_out: "; raise it with `limit rows N`" }
        }
    }
}

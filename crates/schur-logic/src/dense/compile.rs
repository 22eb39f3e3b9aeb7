//! From resolved expressions to graphs.
//!
//! The relations of a product are joined first, to one list of rows with weights. Dense factors are gathered along
//! those rows, contracted with the row as one more index, and the result is scattered to where the rows belong: work
//! and memory go with the number of rows, not with the sizes of their domains.

mod sparse;

use std::collections::HashMap;

use schur_tensor::{Tensor, row_major};

use super::einsum::Einsum;
use super::graph::{Graph, NodeId, Op, Placement, check_elements};
use crate::check::scope::{Resolved, ResolvedKind, index_of};
use crate::check::{CheckedEquation, domain::Domain};
use crate::error::{Fault, Located, Span};
use crate::parse::tree::{Argument, Compared, Function, Ident, Reference};
use crate::relation::Relation;
use crate::relation::join::Term;

use self::sparse::Join;
pub(crate) use self::sparse::join_fault;

/// A node with the index of each of its axes.
struct Value {
    node: NodeId,
    indices: Vec<String>,
}

/// What a name stands for where an equation is compiled.
pub(crate) enum Operand {
    /// The node of a tensor.
    Tensor(NodeId),
    /// The number of a relation.
    Relation(usize),
}

/// What an equation needs to know of the program around it.
pub(crate) trait Surroundings {
    /// The node of a tensor, or the number of a relation.
    fn operand(&mut self, graph: &mut Graph, name: &str, span: Span) -> Result<Operand, Located>;
    /// The domains of the columns or axes of a name.
    fn domains_of(&self, name: &str) -> Vec<usize>;
    fn domain(&self, domain: usize) -> &Domain;
    fn relations(&mut self) -> &mut [Relation];
    fn most_rows(&self) -> usize;
    fn most_elements(&self) -> usize;
}

/// Adds the operations of an equation to a graph; the axes of its value are those of the head.
pub(crate) fn compile(
    graph: &mut Graph,
    equation: &CheckedEquation,
    surroundings: &mut dyn Surroundings,
) -> Result<NodeId, Located> {
    let mut sizes = HashMap::new();
    for (index, &domain) in &equation.domains {
        sizes.insert(index.clone(), surroundings.domain(domain).len());
    }
    let mut compiler = Compiler { graph, equation, surroundings, sizes };
    let value = compiler.value(&equation.body)?;
    let value = compiler.reordered(value, &equation.head)?;
    Ok(value.node)
}

struct Compiler<'a> {
    graph: &'a mut Graph,
    equation: &'a CheckedEquation,
    surroundings: &'a mut dyn Surroundings,
    sizes: HashMap<String, usize>,
}

impl Compiler<'_> {
    fn span(&self) -> Span {
        self.equation.span
    }

    fn size(&self, index: &str) -> usize {
        self.sizes.get(index).copied().unwrap_or(1)
    }

    fn shape(&self, indices: &[String]) -> Vec<usize> {
        indices.iter().map(|index| self.size(index)).collect()
    }

    fn push(&mut self, op: Op, indices: Vec<String>) -> Result<Value, Located> {
        let shape = self.shape(&indices);
        let node = self.graph.push(op, shape, self.span())?;
        Ok(Value { node, indices })
    }

    fn value(&mut self, resolved: &Resolved) -> Result<Value, Located> {
        match &resolved.kind {
            ResolvedKind::Number(number) => self.number(*number),
            ResolvedKind::Reference(reference) => {
                match self.surroundings.operand(self.graph, &reference.name.text, reference.span)? {
                    Operand::Tensor(node) => self.tensor(node, reference),
                    Operand::Relation(_) => self.product(&[(false, resolved.clone())], &resolved.indices),
                }
            }
            ResolvedKind::Compared(compared) => self.compared(compared, &resolved.indices),
            ResolvedKind::Add(terms) => self.sum(terms, &resolved.indices),
            ResolvedKind::Multiply(factors) => self.product(factors, &resolved.indices),
            ResolvedKind::Power { base, exponent } => {
                let Value { node: input, indices } = self.value(base)?;
                self.push(Op::Power { exponent: *exponent, input }, indices)
            }
            ResolvedKind::Apply { function, axis, argument } => {
                let Value { node: input, indices } = self.value(argument)?;
                let op = match function {
                    Function::Pointwise(function) => Op::Pointwise { function: *function, input },
                    Function::Along(function) => {
                        let axis = indices.iter().position(|index| Some(index) == axis.as_ref()).unwrap_or(0);
                        Op::Along { function: *function, axis, input }
                    }
                };
                self.push(op, indices)
            }
            ResolvedKind::Project { projection, argument } => {
                let Value { node: input, indices } = self.value(argument)?;
                let is_kept = |index: &String| resolved.indices.contains(index);
                let axes = (0..indices.len()).filter(|&axis| !is_kept(&indices[axis])).collect();
                let kept = indices.iter().filter(|index| is_kept(index)).cloned().collect();
                let value = self.push(Op::Project { projection: *projection, axes, input }, kept)?;
                self.reordered(value, &resolved.indices)
            }
        }
    }

    fn number(&mut self, number: f64) -> Result<Value, Located> {
        let node = self.graph.constant(Tensor::scalar(number), self.span())?;
        Ok(Value { node, indices: Vec::new() })
    }

    /// A tensor's elements at constant indices, and along a diagonal where an index repeats.
    fn tensor(&mut self, node: NodeId, reference: &Reference) -> Result<Value, Located> {
        let shape = self.graph.shape(node).to_vec();
        let strides = row_major(&shape);
        let domains = self.surroundings.domains_of(&reference.name.text);
        let (mut base, mut indices, mut axes) = (0, Vec::new(), Vec::new());
        for (axis, argument) in reference.arguments.iter().enumerate() {
            if let Argument::Constant(constant) = argument {
                base += self.element(constant, domains[axis])? as usize * strides[axis].unsigned_abs();
            } else {
                indices.extend(index_of(argument));
                axes.push((shape[axis], strides[axis].unsigned_abs()));
            }
        }
        let mut value = Value { node, indices };
        if axes.len() < shape.len() {
            let placement = Placement { base: vec![base], inner: offsets(&axes) };
            value = self.push(Op::Gather { placement, input: node }, value.indices)?;
        }
        let mut distinct = Vec::new();
        for index in &value.indices {
            if !distinct.contains(index) {
                distinct.push(index.clone());
            }
        }
        self.reordered(value, &distinct)
    }

    fn element(&self, constant: &Ident, domain: usize) -> Result<u32, Located> {
        self.surroundings.domain(domain).require(constant)
    }

    /// The same value with its axes in another order, or summed over those that are left out.
    fn reordered(&mut self, value: Value, indices: &[String]) -> Result<Value, Located> {
        if value.indices == indices { Ok(value) } else { self.contracted(&[value], indices) }
    }

    fn contracted(&mut self, factors: &[Value], indices: &[String]) -> Result<Value, Located> {
        let operands: Vec<Vec<String>> = factors.iter().map(|factor| factor.indices.clone()).collect();
        let einsum = Einsum::new(&operands, indices, &|index| self.size(index));
        let einsum = Box::new(einsum.map_err(|fault| fault.at(self.span()))?);
        let inputs = factors.iter().map(|factor| factor.node).collect();
        self.push(Op::Contract { einsum, inputs }, indices.to_vec())
    }

    /// One where a comparison of indices holds, zero elsewhere.
    fn compared(&mut self, compared: &Compared, indices: &[String]) -> Result<Value, Located> {
        let shape = self.shape(indices);
        check_elements(&shape, self.surroundings.most_elements(), compared.span)?;
        let sides = [self.term(&compared.left, compared)?, self.term(&compared.right, compared)?];
        let at = |side: &Term, index: &[usize]| match side {
            Term::Variable(axis) => index[*axis],
            Term::Constant(element) => *element as usize,
            Term::Anything => 0,
        };
        let side = |term: Term, argument: &Argument| match (term, index_of(argument)) {
            (Term::Constant(element), _) => Term::Constant(element),
            (_, Some(name)) => indices.iter().position(|index| *index == name).map_or(Term::Anything, Term::Variable),
            (_, None) => Term::Anything,
        };
        let [left, right] = sides;
        let (left, right) = (side(left, &compared.left), side(right, &compared.right));
        let tensor = Tensor::from_fn(&shape, |index| {
            f64::from(compared.comparison.holds(&at(&left, index), &at(&right, index)))
        });
        let tensor = tensor.map_err(|error| Fault::Contraction { reason: error.to_string() }.at(compared.span))?;
        let node = self.graph.constant(tensor, compared.span)?;
        Ok(Value { node, indices: indices.to_vec() })
    }

    /// The element that a constant of a comparison is; its domain is that of the other side.
    fn term(&self, argument: &Argument, compared: &Compared) -> Result<Term, Located> {
        let Argument::Constant(constant) = argument else { return Ok(Term::Anything) };
        let variable = [&compared.left, &compared.right].into_iter().find_map(|side| side.variable());
        let domain = variable.and_then(|name| self.equation.domains.get(name)).copied().unwrap_or(0);
        Ok(Term::Constant(self.element(constant, domain)?))
    }

    fn sum(&mut self, terms: &[(f64, Resolved)], indices: &[String]) -> Result<Value, Located> {
        let mut nodes = Vec::new();
        for (sign, term) in terms {
            let value = self.value(term)?;
            let own = row_major(&self.shape(&value.indices));
            let stride = |index: &String| {
                let axis = value.indices.iter().position(|other| other == index);
                axis.map_or(0, |axis| own[axis].unsigned_abs())
            };
            nodes.push((*sign, value.node, indices.iter().map(stride).collect()));
        }
        self.push(Op::Add { terms: nodes }, indices.to_vec())
    }

    fn product(&mut self, factors: &[(bool, Resolved)], indices: &[String]) -> Result<Value, Located> {
        let mut coefficient = 1.0;
        let mut values = Vec::new();
        let mut join = Join::default();
        for (is_divisor, factor) in factors {
            match &factor.kind {
                ResolvedKind::Number(number) if *is_divisor => coefficient /= number,
                ResolvedKind::Number(number) => coefficient *= number,
                ResolvedKind::Compared(compared) => join.compared.push((compared.clone(), factor)),
                ResolvedKind::Reference(reference)
                    if matches!(
                        self.surroundings.operand(self.graph, &reference.name.text, reference.span)?,
                        Operand::Relation(_)
                    ) =>
                {
                    join.references.push(reference.clone());
                }
                _ => {
                    let mut value = self.value(factor)?;
                    if *is_divisor {
                        value = self.push(Op::Power { exponent: -1.0, input: value.node }, value.indices)?;
                    }
                    values.push(value);
                }
            }
        }
        // A comparison of variables of the rows is a condition of the join; any other is a factor.
        let sparse: Vec<String> =
            join.references.iter().flat_map(|r| r.arguments.iter().filter_map(index_of)).collect();
        let (joined, dense): (Vec<_>, Vec<_>) = std::mem::take(&mut join.compared)
            .into_iter()
            .partition(|(_, factor)| factor.indices.iter().all(|index| sparse.contains(index)));
        for (_, factor) in dense {
            values.push(self.value(factor)?);
        }
        join.compared = joined;
        let value = if join.references.is_empty() {
            self.dense_product(values, indices)?
        } else {
            self.sparse_product(&join, values, indices)?
        };
        if coefficient == 1.0 {
            return Ok(value);
        }
        let strides = row_major(&self.shape(&value.indices)).into_iter().map(isize::unsigned_abs).collect();
        self.push(Op::Add { terms: vec![(coefficient, value.node, strides)] }, value.indices)
    }

    fn dense_product(&mut self, mut values: Vec<Value>, indices: &[String]) -> Result<Value, Located> {
        if values.is_empty() {
            values.push(self.number(1.0)?);
        }
        if values.len() == 1 && values[0].indices == indices {
            return Ok(values.swap_remove(0));
        }
        self.contracted(&values, indices)
    }
}

/// The offsets of all elements along axes of given sizes and strides, row-major.
fn offsets(axes: &[(usize, usize)]) -> Vec<usize> {
    axes.iter().fold(vec![0], |offsets, &(size, stride)| {
        let along = |offset: usize| (0..size).map(move |step| offset + step * stride);
        offsets.into_iter().flat_map(along).collect()
    })
}

//! The syntax tree: what is written, with its places, before anybody asks what it means.

use crate::error::Span;

/// A word and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ident {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// One argument of a relation or index of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Argument {
    /// A lower-case word.
    Variable(Ident),
    /// A capitalised word, a number or a text.
    Constant(Ident),
    /// `_`: anything, and not the same as another `_`.
    Anything(Span),
}

impl Argument {
    pub(crate) const fn span(&self) -> Span {
        match self {
            Self::Variable(ident) | Self::Constant(ident) => ident.span,
            Self::Anything(span) => *span,
        }
    }

    pub(crate) fn variable(&self) -> Option<&str> {
        if let Self::Variable(ident) = self { Some(&ident.text) } else { None }
    }
}

/// How the arguments of a name are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brackets {
    /// `R(x, y)`, a relation.
    Round,
    /// `T[i, j]`, a tensor.
    Square,
    /// `T`, a tensor without axes.
    None,
}

/// A name with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    pub(crate) name: Ident,
    pub(crate) brackets: Brackets,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) span: Span,
}

impl Reference {
    /// The variables, as often as they occur.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Ident> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Variable(ident) => Some(ident),
            _ => None,
        })
    }
}

/// A comparison of two elements, or of a number with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) fn from_sign(sign: &str) -> Option<Self> {
        Some(match sign {
            "=" | "==" => Self::Equal,
            "!=" => Self::Unequal,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    pub(crate) fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }

    /// Whether it asks which of two elements comes first, rather than whether they are one.
    pub(crate) const fn is_ordering(self) -> bool {
        !matches!(self, Self::Equal | Self::Unequal)
    }
}

/// Two elements compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compared {
    pub(crate) left: Argument,
    pub(crate) comparison: Comparison,
    pub(crate) right: Argument,
    pub(crate) span: Span,
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    /// `R(x, y)`.
    Holds(Reference),
    /// `not R(x, y)`.
    Fails(Reference),
    /// `x != y`.
    Compared(Compared),
    /// `T[x, y] > 0.5`.
    Exceeds { tensor: Reference, comparison: Comparison, number: f64 },
    /// A number that every derivation is multiplied by.
    Weight(f64, Span),
}

/// A fact, where there is no body, or a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) head: Reference,
    /// Of a fact; one if none is written.
    pub(crate) weight: Option<(f64, Span)>,
    pub(crate) body: Vec<Literal>,
}

/// A function of each element, or along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Pointwise(Pointwise),
    Along(Along),
}

/// Functions of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pointwise {
    Abs,
    Cos,
    Exp,
    Log,
    Relu,
    Sigmoid,
    Silu,
    Sin,
    Softplus,
    Sqrt,
    Step,
    Tanh,
}

/// Functions along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Along {
    LayerNorm,
    LogSoftmax,
    Softmax,
}

/// What takes the place of a sum over indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projection {
    Sum,
    Largest,
    Smallest,
    Average,
}

/// The right-hand side of an equation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Number(f64),
    Reference(Reference),
    /// `[p <= q]`: one where it holds.
    Compared(Compared),
    /// Terms, each with whether it is subtracted.
    Sum(Vec<(bool, Expression)>),
    /// Factors, each with whether it divides.
    Product(Vec<(bool, Expression)>),
    Power {
        base: Box<Expression>,
        exponent: f64,
        span: Span,
    },
    Apply {
        function: Function,
        axis: Option<Ident>,
        argument: Box<Expression>,
        span: Span,
    },
    Project {
        projection: Projection,
        indices: Vec<Ident>,
        argument: Box<Expression>,
    },
}

/// A tensor equation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Equation {
    pub(crate) head: Reference,
    /// The index of the head that is written with a point: `Y[i, j.]`.
    pub(crate) normalised: Option<Ident>,
    pub(crate) projection: Projection,
    pub(crate) body: Expression,
}

/// Where a declared tensor's numbers come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// Written in the program: rows in brackets, flattened, with their shape.
    Numbers { values: Vec<f64>, shape: Vec<usize>, span: Span },
    /// A file.
    File(Ident),
    /// One number everywhere.
    Constant(f64),
    /// Independent, around zero, with this standard deviation.
    Normal(f64),
    /// Independent, between minus this and this.
    Uniform(f64),
    /// Random vectors of length one along the last axis.
    Unit,
}

/// What a declared tensor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TensorKind {
    /// Fixed numbers.
    Data,
    /// Fixed random numbers.
    Random,
    /// Learned numbers.
    Parameter,
}

/// How a parameter is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    GradientDescent,
    Adam,
}

/// What `limit` limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limited {
    Rows,
    Rounds,
    Elements,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    /// Elements by name, by number, or (none) whatever facts and tables mention.
    Domain {
        name: Ident,
        elements: Elements,
    },
    Relation {
        name: Ident,
        columns: Vec<Ident>,
        semiring: Option<Ident>,
        file: Option<Ident>,
    },
    Tensor {
        name: Ident,
        kind: TensorKind,
        axes: Vec<Ident>,
        source: Source,
    },
    Rule(Rule),
    Equation(Equation),
    /// `R(x, y)?` or `count R(x, y)?`
    Query {
        reference: Reference,
        is_count: bool,
    },
    Minimize {
        loss: Ident,
        method: Method,
        steps: usize,
        rate: f64,
        span: Span,
    },
    Seed(u64),
    Limit {
        limited: Limited,
        most: usize,
    },
}

/// The elements of a declared domain.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Elements {
    Open,
    Count(usize, Span),
    Names(Vec<Ident>),
}

//! The values that files attach to a structure or to its atoms.

/// One value attached to a whole structure (the comment line of an extended-XYZ frame).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A real number.
    Real(f64),
    /// Text.
    Text(String),
    /// A one-dimensional list of truth values.
    Bools(Vec<bool>),
    /// A one-dimensional list of whole numbers.
    Integers(Vec<i64>),
    /// A one-dimensional list of reals.
    Reals(Vec<f64>),
    /// A one-dimensional list of texts.
    Texts(Vec<String>),
    /// A matrix of reals, row by row.
    Matrix {
        /// Number of columns; the number of rows follows from the length.
        columns: usize,
        /// The entries, row-major.
        values: Vec<f64>,
    },
}

/// Values attached to every atom: `columns` entries an atom, atom by atom.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Array {
    /// Truth values, `[atom][column]`.
    Bools {
        /// Entries an atom.
        columns: usize,
        /// All entries, row-major.
        values: Vec<bool>,
    },
    /// Whole numbers, `[atom][column]`.
    Integers {
        /// Entries an atom.
        columns: usize,
        /// All entries, row-major.
        values: Vec<i64>,
    },
    /// Reals, `[atom][column]`.
    Reals {
        /// Entries an atom.
        columns: usize,
        /// All entries, row-major.
        values: Vec<f64>,
    },
    /// Texts, `[atom][column]`.
    Texts {
        /// Entries an atom.
        columns: usize,
        /// All entries, row-major.
        values: Vec<String>,
    },
}

impl Array {
    /// An `[atom][3]` array of reals, such as forces.
    pub fn vectors(rows: &[[f64; 3]]) -> Self {
        Self::Reals { columns: 3, values: rows.as_flattened().to_vec() }
    }

    /// An `[atom]` array of reals, such as energies.
    pub fn scalars(values: &[f64]) -> Self {
        Self::Reals { columns: 1, values: values.to_vec() }
    }

    /// Entries an atom.
    pub fn columns(&self) -> usize {
        match self {
            Self::Bools { columns, .. }
            | Self::Integers { columns, .. }
            | Self::Reals { columns, .. }
            | Self::Texts { columns, .. } => *columns,
        }
    }

    /// The letter of the type in an extended-XYZ `Properties`.
    pub(crate) fn letter(&self) -> char {
        match self {
            Self::Reals { .. } => 'R',
            Self::Integers { .. } => 'I',
            Self::Bools { .. } => 'L',
            Self::Texts { .. } => 'S',
        }
    }

    /// All entries of all atoms.
    pub fn entries(&self) -> usize {
        match self {
            Self::Bools { values, .. } => values.len(),
            Self::Integers { values, .. } => values.len(),
            Self::Reals { values, .. } => values.len(),
            Self::Texts { values, .. } => values.len(),
        }
    }
}

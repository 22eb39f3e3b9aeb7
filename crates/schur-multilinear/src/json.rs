//! Maps and polynomials as JSON: a versioned form that is checked on reading like any other input.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Modes, Multilinear, MultilinearError, Operand, Path, Polynomial, PolynomialError, Term};

const MULTILINEAR: &str = "schur-multilinear";
const POLYNOMIAL: &str = "schur-polynomial";
const VERSION: u32 = 1;

/// JSON that is not a map or polynomial.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    /// Line, from one; zero where the text as a whole is at fault.
    pub line: usize,
    /// Column, from one; zero where the text as a whole is at fault.
    pub column: usize,
    /// What is wrong, and where.
    pub message: String,
}

/// What a record may be refused for, beyond what the language of JSON refuses.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("format {found:?}, version {version}: expected {expected:?}, version {VERSION}")]
    Format { expected: &'static str, found: String, version: u32 },
    #[error("a segment of operand {operand} has no dimension: its shape is empty")]
    Shape { operand: usize },
    #[error(transparent)]
    Multilinear(#[from] MultilinearError),
    #[error("{0}{cause}", cause = std::error::Error::source(.0).map(|e| format!(": {e}")).unwrap_or_default())]
    Polynomial(PolynomialError),
}

type Shapes = Vec<Vec<usize>>;

#[derive(Serialize, Deserialize)]
struct PathRecord {
    segments: Vec<usize>,
    coefficients: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct MultilinearRecord {
    format: String,
    version: u32,
    modes: String,
    operands: Vec<Shapes>,
    paths: Vec<PathRecord>,
}

#[derive(Serialize, Deserialize)]
struct TermRecord {
    inputs: Vec<usize>,
    output: usize,
    map: Multilinear,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PolynomialRecord {
    format: String,
    version: u32,
    inputs: Vec<Shapes>,
    outputs: Vec<Shapes>,
    terms: Vec<TermRecord>,
}

impl Multilinear {
    /// Writes the map as JSON.
    ///
    /// Each operand is a list of segments, and each segment the list of its dimension and its extents: its shape in
    /// memory. Numbers are written so that reading them gives the same bits.
    /// ```json
    /// {"format": "schur-multilinear", "version": 1, "modes": "uv,u,v",
    ///  "operands": [[[1, 2, 3]], [[1, 2]], [[1, 3]]],
    ///  "paths": [{"segments": [0, 0, 0], "coefficients": [1.0]}]}
    /// ```
    ///
    /// # Examples
    /// ```
    /// use schur_multilinear::{Multilinear, Operand, Path};
    /// let path = Path { segments: vec![0, 0], coefficients: vec![0.1] };
    /// let map = Multilinear::new(vec![Operand::new([(1, 8)]); 2], vec![path])?;
    /// assert_eq!(Multilinear::from_json(&map.to_json())?, map);
    /// let error = Multilinear::from_json(&map.to_json().replace("[1,8]", "[2,8]")).unwrap_err();
    /// assert!(error.message.contains("path 0 has 1 coefficients; its segments have dimensions [2, 2]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_json(&self) -> String {
        write(self)
    }

    /// Reads a map from JSON.
    ///
    /// # Errors
    /// [`JsonError`] with the place, if the text is not JSON, not of this format and version, or not a valid map.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        read(text)
    }
}

impl Polynomial {
    /// Writes the polynomial as JSON: its buffers as in [`Multilinear::to_json`], each term with a map of its own.
    /// ```json
    /// {"format": "schur-polynomial", "version": 1, "inputs": [[[3, 16]]], "outputs": [[[1, 16]]],
    ///  "terms": [{"inputs": [0, 0], "output": 0, "map": {"format": "schur-multilinear"}}]}
    /// ```
    pub fn to_json(&self) -> String {
        write(self)
    }

    /// Reads a polynomial from JSON.
    ///
    /// # Errors
    /// [`JsonError`] with the place, if the text is not JSON, not of this format and version, or not valid.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        read(text)
    }
}

fn write(value: &impl Serialize) -> String {
    // Only a map with keys that are not text, or a writer that fails, could be refused; there is neither.
    serde_json::to_string(value).unwrap_or_default()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|error| JsonError {
        line: error.line(),
        column: error.column(),
        message: error.to_string(),
    })
}

fn check_format(expected: &'static str, found: String, version: u32) -> Result<(), RecordError> {
    if found == expected && version == VERSION {
        return Ok(());
    }
    Err(RecordError::Format { expected, found, version })
}

fn to_shapes(operands: &[Operand]) -> Vec<Shapes> {
    let shape = |(dim, extents): (usize, &[usize])| [&[dim], extents].concat();
    operands.iter().map(|operand| operand.shapes().map(shape).collect()).collect()
}

fn to_operands(operands: Vec<Shapes>) -> Result<Vec<Operand>, RecordError> {
    let operand = |(index, shapes): (usize, Shapes)| {
        let split = |shape: Vec<usize>| shape.split_first().map(|(&dim, extents)| (dim, extents.to_vec()));
        let segments: Option<Vec<_>> = shapes.into_iter().map(split).collect();
        Ok(Operand::with_extents(segments.ok_or(RecordError::Shape { operand: index })?))
    };
    operands.into_iter().enumerate().map(operand).collect()
}

impl From<Multilinear> for MultilinearRecord {
    fn from(map: Multilinear) -> Self {
        let paths = map.paths().iter().cloned();
        Self {
            format: MULTILINEAR.to_owned(),
            version: VERSION,
            modes: map.modes().to_string(),
            operands: to_shapes(map.operands()),
            paths: paths.map(|Path { segments, coefficients }| PathRecord { segments, coefficients }).collect(),
        }
    }
}

impl TryFrom<MultilinearRecord> for Multilinear {
    type Error = RecordError;

    fn try_from(record: MultilinearRecord) -> Result<Self, RecordError> {
        check_format(MULTILINEAR, record.format, record.version)?;
        let modes: Modes = record.modes.parse().map_err(MultilinearError::from)?;
        let paths = record.paths.into_iter();
        let paths = paths.map(|PathRecord { segments, coefficients }| Path { segments, coefficients }).collect();
        Ok(Self::with_modes(modes, to_operands(record.operands)?, paths)?)
    }
}

impl From<Polynomial> for PolynomialRecord {
    fn from(polynomial: Polynomial) -> Self {
        let terms = polynomial.terms().iter().cloned();
        Self {
            format: POLYNOMIAL.to_owned(),
            version: VERSION,
            inputs: to_shapes(polynomial.inputs()),
            outputs: to_shapes(polynomial.outputs()),
            terms: terms.map(|Term { inputs, output, map }| TermRecord { inputs, output, map }).collect(),
        }
    }
}

impl TryFrom<PolynomialRecord> for Polynomial {
    type Error = RecordError;

    fn try_from(record: PolynomialRecord) -> Result<Self, RecordError> {
        check_format(POLYNOMIAL, record.format, record.version)?;
        let terms = record.terms.into_iter();
        let terms = terms.map(|TermRecord { inputs, output, map }| Term { inputs, output, map }).collect();
        let (inputs, outputs) = (to_operands(record.inputs)?, to_operands(record.outputs)?);
        Self::new(inputs, outputs, terms).map_err(RecordError::Polynomial)
    }
}

//! The files that programs name.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use schur_io::npy::{self, Numbers};
use schur_logic::Data;

/// Reads a table or a tensor; what stops it is told to the one who wrote the program.
pub fn read(path: &Path) -> Result<Data, String> {
    if path.extension().is_none_or(|extension| extension != "npy") {
        return std::fs::read_to_string(path).map(Data::Text).map_err(|error| error.to_string());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let array = npy::read(BufReader::new(file)).map_err(|error| error.to_string())?;
    let values = match array.numbers {
        Numbers::F64(values) => values,
        Numbers::F32(values) => values.into_iter().map(f64::from).collect(),
        Numbers::Bool(values) => values.into_iter().map(f64::from).collect(),
        Numbers::I64(values) => values.into_iter().map(|value| value as f64).collect(),
        _ => return Err("it holds numbers other than real ones".to_owned()),
    };
    Ok(Data::Array { shape: array.shape, values })
}

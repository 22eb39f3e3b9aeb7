//! The files that programs name.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use schur_io::npy;
use schur_logic::Data;

/// Reads a table or a tensor; what stops it is told to the one who wrote the program.
pub fn read(path: &Path) -> Result<Data, String> {
    if path.extension().is_none_or(|extension| extension != "npy") {
        return std::fs::read_to_string(path).map(Data::Text).map_err(|error| error.to_string());
    }
    let file = File::open(path).map_err(|error| error.to_string())?;
    let array = npy::read(BufReader::new(file)).map_err(|error| error.to_string())?;
    let Some(values) = array.numbers.to_f64() else {
        return Err(format!(
            "it holds `{}`, but tensors are of real numbers, and of integers up to 2^53",
            array.numbers.descr()
        ));
    };
    Ok(Data::Array { shape: array.shape, values })
}

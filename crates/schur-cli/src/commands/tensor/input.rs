//! The tensor to decompose, whatever file it lies in.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, bail};
use schur_decomp::Scalar;
use schur_decomp::sparse::{Duplicates, Sparse};
use schur_io::mat::{self, MatArray};
use schur_io::npy::{self, Array, Numbers};
use schur_io::npz;
use schur_io::tns::{self, Base, Coordinates};
use schur_tensor::Tensor;

use crate::args::InputArgs;
use crate::exit::UsageError;
use crate::report::human;

/// What a file holds.
#[derive(Debug)]
pub enum Data {
    /// All elements, in single precision.
    Single(Tensor<f32>),
    /// All elements, in double precision.
    Double(Tensor<f64>),
    /// Those that are not zero, or those that are known.
    Sparse(Coordinates),
}

impl Data {
    /// Reads the tensor that the arguments name.
    ///
    /// # Errors
    /// If it cannot be read, holds no such array, or is larger than the memory allowed.
    pub fn read(args: &InputArgs) -> Result<Self> {
        let path = &args.file;
        let context = || format!("cannot read `{}`", path.display());
        let size = fs::metadata(path).with_context(context)?.len();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if extension != "tns" && (args.base.is_some() || args.shape.is_some()) {
            bail!(UsageError("--base and --shape are for .tns files".to_owned()));
        }
        // Text takes more bytes than the numbers that it holds; arrays take as many.
        if extension != "tns" && args.memory.is_some_and(|limit| size > limit) {
            bail!("`{}` alone takes {}, more than --memory allows", path.display(), human(size as f64));
        }
        let data = match extension {
            "npy" => {
                if args.key.is_some() {
                    bail!(UsageError("--key is for .npz and .mat files; a .npy file holds one array".to_owned()));
                }
                Self::dense(npy::read(BufReader::new(File::open(path).with_context(context)?)).with_context(context)?)
            }
            "npz" => {
                let arrays = npz::read(&fs::read(path).with_context(context)?).with_context(context)?;
                Self::dense(chosen(path, arrays, args.key.as_deref())?)
            }
            "mat" => {
                let file = mat::read(&fs::read(path).with_context(context)?).with_context(context)?;
                match chosen(path, file.arrays, args.key.as_deref())? {
                    MatArray::Full(array) => Self::dense(array),
                    MatArray::Sparse { shape, rows, columns, numbers } => matrix(shape, [rows, columns], &numbers),
                }
            }
            "tns" => Self::listed(args),
            _ => bail!(UsageError(format!("`{}` is no .npy, .npz, .tns or .mat file", path.display()))),
        };
        data.with_context(context)
    }

    fn dense(array: Array) -> Result<Self> {
        Ok(match array.numbers {
            Numbers::F32(numbers) => Self::Single(Tensor::new(&array.shape, numbers)?),
            // Taken as they are: copying a large array takes its memory twice.
            Numbers::F64(numbers) => Self::Double(Tensor::new(&array.shape, numbers)?),
            numbers => match numbers.to_f64() {
                Some(doubles) => Self::Double(Tensor::new(&array.shape, doubles)?),
                None => bail!("it holds `{}`, but real numbers are needed", numbers.descr()),
            },
        })
    }

    fn listed(args: &InputArgs) -> Result<Self> {
        let base = args.base.map(|base| if base == 0 { Base::Zero } else { Base::One });
        let mut found = tns::read(BufReader::new(File::open(&args.file)?), base)?;
        if let Some(shape) = &args.shape {
            let fits =
                shape.len() == found.shape.len() && shape.iter().zip(&found.shape).all(|(own, least)| own >= least);
            if !fits {
                bail!(UsageError(format!("--shape {shape:?} does not hold indices up to {:?}", found.shape)));
            }
            found.shape.clone_from(shape);
        }
        Ok(Self::Sparse(found))
    }

    /// The size of each mode.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Single(tensor) => tensor.shape(),
            Self::Double(tensor) => tensor.shape(),
            Self::Sparse(found) => &found.shape,
        }
    }

    /// Bytes that the tensor takes.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Single(tensor) => size_of_val(tensor.data()) as u64,
            Self::Double(tensor) => size_of_val(tensor.data()) as u64,
            Self::Sparse(found) => {
                (found.values.len() * (size_of::<f64>() + size_of::<u32>() * found.shape.len())) as u64
            }
        }
    }
}

/// The sparse tensor of the elements listed.
///
/// # Errors
/// If two are at the same place, or one is not finite.
pub fn sparse(found: Coordinates) -> Result<Sparse<f64>> {
    Ok(Sparse::new(&found.shape, found.indices, found.values, Duplicates::Refuse)?)
}

/// One array of several, by name or because there is no other.
fn chosen<T>(path: &Path, arrays: Vec<(String, T)>, key: Option<&str>) -> Result<T> {
    let names: Vec<String> = arrays.iter().map(|(name, _)| name.clone()).collect();
    let is_wanted = |name: &str| key.is_none_or(|key| key == name);
    let mut found: Vec<T> = arrays.into_iter().filter(|(name, _)| is_wanted(name)).map(|(_, array)| array).collect();
    match (found.len(), key) {
        (1, _) => Ok(found.remove(0)),
        (0, Some(key)) => bail!("`{}` holds no array `{key}`, but {}", path.display(), listed(&names)),
        (0, None) => bail!("`{}` holds no array of numbers", path.display()),
        _ => bail!(UsageError(format!("choose one of {} with --key", listed(&names)))),
    }
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", crate::report::printable(name))).collect();
    if quoted.is_empty() { "nothing".to_owned() } else { quoted.join(", ") }
}

fn matrix(shape: [usize; 2], places: [Vec<usize>; 2], numbers: &Numbers) -> Result<Data> {
    let Some(values) = numbers.to_f64() else {
        bail!("it holds `{}`, but real numbers are needed", numbers.descr());
    };
    let narrow = |list: Vec<usize>| list.into_iter().map(u32::try_from).collect::<Result<Vec<u32>, _>>();
    let [rows, columns] = places;
    Ok(Data::Sparse(Coordinates { shape: shape.to_vec(), indices: vec![narrow(rows)?, narrow(columns)?], values }))
}

/// Numbers of a file, from a factor.
pub fn numbers<T: Scalar>(list: &[T]) -> Numbers {
    if size_of::<T>() == size_of::<f32>() {
        #[expect(clippy::cast_possible_truncation, reason = "the numbers were single before")]
        Numbers::F32(list.iter().map(|x| x.to_f64() as f32).collect())
    } else {
        Numbers::F64(list.iter().map(|x| x.to_f64()).collect())
    }
}

//! The arrays to contract.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use schur_io::npy::{self, Array, Numbers};
use schur_tensor::Tensor;
use schur_tensor::semiring::Named;

use super::element::{Element, Precision};

/// Arrays with the files that they came from.
pub struct Operands(Vec<(PathBuf, Array)>);

impl Operands {
    /// Reads every file.
    ///
    /// # Errors
    /// If one cannot be read or is no array of numbers.
    pub fn read(paths: &[PathBuf]) -> Result<Self> {
        let read = |path: &PathBuf| -> Result<(PathBuf, Array)> {
            let file = File::open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
            let array = npy::read(BufReader::new(file)).with_context(|| format!("cannot read `{}`", path.display()))?;
            Ok((path.clone(), array))
        };
        Ok(Self(paths.iter().map(read).collect::<Result<_>>()?))
    }

    pub fn shapes(&self) -> Vec<Vec<usize>> {
        self.0.iter().map(|(_, array)| array.shape.clone()).collect()
    }

    /// The same arrays with each integer replaced.
    pub fn integers(&self, replace: impl Fn(i64) -> i64) -> Self {
        let replaced = |(path, array): &(PathBuf, Array)| {
            let mut array = array.clone();
            if let Numbers::I64(list) = &mut array.numbers {
                list.iter_mut().for_each(|x| *x = replace(*x));
            }
            (path.clone(), array)
        };
        Self(self.0.iter().map(replaced).collect())
    }

    /// What NumPy would compute in: truth values with or and and, integers exactly, else real or complex numbers.
    pub fn usual_semiring(&self) -> Named {
        let all = |test: fn(&Numbers) -> bool| self.0.iter().all(|(_, array)| test(&array.numbers));
        if all(|numbers| matches!(numbers, Numbers::Bool(_))) {
            Named::Boolean
        } else if all(|numbers| matches!(numbers, Numbers::Bool(_) | Numbers::I64(_))) {
            Named::Integer
        } else if all(|numbers| !matches!(numbers, Numbers::C32(_) | Numbers::C64(_))) {
            Named::Real
        } else {
            Named::Complex
        }
    }

    /// Single where every array is.
    pub fn precision(&self) -> Precision {
        let is_single = |numbers: &Numbers| matches!(numbers, Numbers::F32(_) | Numbers::C32(_));
        match self.0.iter().all(|(_, array)| is_single(&array.numbers)) {
            true => Precision::Single,
            false => Precision::Double,
        }
    }

    /// The arrays as tensors of a semiring's elements.
    ///
    /// # Errors
    /// If one holds something else; the message names the file.
    pub fn tensors<E: Element>(&self, semiring: &str) -> Result<Vec<Tensor<E>>> {
        let convert = |(path, array): &(PathBuf, Array)| -> Result<Tensor<E>> {
            let Some(elements) = E::read(&array.numbers) else {
                let (path, kind) = (path.display(), array.numbers.descr());
                bail!("`{path}` holds `{kind}`, but --semiring {semiring} takes {}", E::NEEDS);
            };
            Ok(Tensor::new(&array.shape, elements)?)
        };
        self.0.iter().map(convert).collect()
    }
}

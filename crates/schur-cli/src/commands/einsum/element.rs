//! Elements of arrays and of semirings: what a file's numbers are, and how results are shown.

use anyhow::{Result, bail};
use schur_io::npy::Numbers;
use schur_tensor::pulp::num_complex::Complex;
use schur_tensor::semiring::BigInt;
use serde_json::{Value, json};

/// Complex numbers in single precision.
pub type C32 = Complex<f32>;
/// Complex numbers in double precision.
pub type C64 = Complex<f64>;

/// Width of floating-point numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    Single,
    Double,
}

/// What a file's numbers can be read as, and results be written as.
pub trait Element: Clone + Sized {
    /// What is needed, for people.
    const NEEDS: &'static str;

    /// Reads numbers; none if one of them is no such element.
    fn read(numbers: &Numbers) -> Option<Vec<Self>>;

    /// Writes elements as numbers of a file.
    ///
    /// # Errors
    /// If one is too large for any type of them.
    fn numbers(list: &[Self]) -> Result<Numbers>;

    /// Shows an element.
    fn json(&self) -> Value;
}

impl Element for f64 {
    const NEEDS: &'static str = "real numbers, and integers up to 2^53";

    fn read(numbers: &Numbers) -> Option<Vec<Self>> {
        numbers.to_f64()
    }
    fn numbers(list: &[Self]) -> Result<Numbers> {
        Ok(Numbers::F64(list.to_vec()))
    }
    fn json(&self) -> Value {
        float(*self, json!(self))
    }
}

impl Element for f32 {
    const NEEDS: &'static str = "single-precision numbers";

    fn read(numbers: &Numbers) -> Option<Vec<Self>> {
        if let Numbers::F32(list) = numbers { Some(list.clone()) } else { None }
    }
    fn numbers(list: &[Self]) -> Result<Numbers> {
        Ok(Numbers::F32(list.to_vec()))
    }
    fn json(&self) -> Value {
        float(f64::from(*self), json!(self))
    }
}

/// JSON has no infinities.
fn float(value: f64, finite: Value) -> Value {
    if value.is_finite() { finite } else { json!(value.to_string()) }
}

impl Element for C32 {
    const NEEDS: &'static str = "single-precision numbers";

    fn read(numbers: &Numbers) -> Option<Vec<Self>> {
        match numbers {
            Numbers::C32(list) => Some(list.iter().map(|&[re, im]| Self::new(re, im)).collect()),
            Numbers::F32(list) => Some(list.iter().map(|&re| Self::new(re, 0.0)).collect()),
            _ => None,
        }
    }
    fn numbers(list: &[Self]) -> Result<Numbers> {
        Ok(Numbers::C32(list.iter().map(|z| [z.re, z.im]).collect()))
    }
    fn json(&self) -> Value {
        json!([self.re.json(), self.im.json()])
    }
}

impl Element for C64 {
    const NEEDS: &'static str = "numbers, and integers up to 2^53";

    fn read(numbers: &Numbers) -> Option<Vec<Self>> {
        match numbers {
            Numbers::C64(list) => Some(list.iter().map(|&[re, im]| Self::new(re, im)).collect()),
            Numbers::C32(list) => Some(list.iter().map(|&[re, im]| Self::new(re.into(), im.into())).collect()),
            _ => Some(f64::read(numbers)?.into_iter().map(|re| Self::new(re, 0.0)).collect()),
        }
    }
    fn numbers(list: &[Self]) -> Result<Numbers> {
        Ok(Numbers::C64(list.iter().map(|z| [z.re, z.im]).collect()))
    }
    fn json(&self) -> Value {
        json!([self.re.json(), self.im.json()])
    }
}

impl Element for i64 {
    const NEEDS: &'static str = "integers";

    fn read(numbers: &Numbers) -> Option<Vec<Self>> {
        match numbers {
            Numbers::I64(list) => Some(list.clone()),
            Numbers::Bool(list) => Some(list.iter().map(|&x| Self::from(x)).collect()),
            _ => None,
        }
    }
    fn numbers(list: &[Self]) -> Result<Numbers> {
        Ok(Numbers::I64(list.to_vec()))
    }
    fn json(&self) -> Value {
        json!(self)
    }
}

impl Element for u64 {
    const NEEDS: &'static str = "integers that are not negative";

    fn read(numbers: &Numbers) -> Option<Vec<Self>> {
        i64::read(numbers)?.into_iter().map(|x| Self::try_from(x).ok()).collect()
    }
    fn numbers(list: &[Self]) -> Result<Numbers> {
        let fits = |x: &Self| i64::try_from(*x);
        Ok(Numbers::I64(list.iter().map(fits).collect::<Result<_, _>>()?))
    }
    fn json(&self) -> Value {
        json!(self)
    }
}

impl Element for BigInt {
    const NEEDS: &'static str = "integers";

    fn read(numbers: &Numbers) -> Option<Vec<Self>> {
        Some(i64::read(numbers)?.into_iter().map(Self::from).collect())
    }
    fn numbers(list: &[Self]) -> Result<Numbers> {
        let mut short = Vec::with_capacity(list.len());
        for count in list {
            match i64::try_from(count) {
                Ok(count) => short.push(count),
                Err(_) => bail!("the result holds {count}, and .npy files hold no more than 64 bits; leave -o away"),
            }
        }
        Ok(Numbers::I64(short))
    }
    fn json(&self) -> Value {
        // Readers of JSON round large numbers: those that do not fit 64 bits are texts.
        i64::try_from(self).map_or_else(|_| json!(self.to_string()), |short| json!(short))
    }
}

impl Element for bool {
    const NEEDS: &'static str = "true and false, or 0 and 1";

    fn read(numbers: &Numbers) -> Option<Vec<Self>> {
        match numbers {
            Numbers::Bool(list) => Some(list.clone()),
            Numbers::I64(list) => {
                list.iter().map(|&x| u8::try_from(x).ok().filter(|&x| x < 2).map(|x| x == 1)).collect()
            }
            _ => None,
        }
    }
    fn numbers(list: &[Self]) -> Result<Numbers> {
        Ok(Numbers::Bool(list.to_vec()))
    }
    fn json(&self) -> Value {
        json!(self)
    }
}

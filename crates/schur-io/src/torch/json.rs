//! Plain parts of a checkpoint, such as a configuration, as JSON.

use serde_json::{Map, Number, Value as Json};

use super::error::TorchError;
use super::item::Item;
use super::meaning::Meaning;
use crate::pickle::Limits;

/// Most values in one JSON text; the configurations we know have a few hundred.
const MAX_VALUES: usize = 1 << 20;

impl Item<'_> {
    /// Writes this value and all below it as JSON: for reports and for the metadata of model files.
    ///
    /// Tensors and arrays become nested lists, tuples and sets lists, keys text. What JSON lacks becomes text: `inf`,
    /// `nan`, `<3 bytes>`, a device by its name and an unknown object as `<module.name>`.
    ///
    /// # Errors
    /// [`TorchError::TooLarge`] for cycles and for what is nested too deeply or too large, and the errors of
    /// [`Item::tensor`].
    pub fn to_json(&self) -> Result<Json, TorchError> {
        let mut budget = MAX_VALUES;
        self.json_within(Limits::default().depth, &mut budget)
    }

    fn json_within(&self, depth: usize, budget: &mut usize) -> Result<Json, TorchError> {
        if depth == 0 {
            return Err(self.too_large());
        }
        self.spend(1, budget)?;
        Ok(match self.meaning()? {
            Meaning::None => Json::Null,
            Meaning::Bool(x) => x.into(),
            Meaning::Int(x) => x.into(),
            Meaning::Float(x) => number(x),
            Meaning::Text(text) => text.into(),
            Meaning::Bytes(bytes) => format!("<{} bytes>", bytes.len()).into(),
            Meaning::Device(kind, None) => kind.into(),
            Meaning::Device(kind, Some(index)) => format!("{kind}:{index}").into(),
            Meaning::DType(name) => name.into(),
            Meaning::Unknown(module, name) => format!("<{module}.{name}>").into(),
            Meaning::List(_) => {
                let items = self.items()?;
                Json::Array(items.iter().map(|item| item.json_within(depth - 1, budget)).collect::<Result<_, _>>()?)
            }
            Meaning::Dict(_) => {
                let entries = self.entries()?;
                let members =
                    entries.iter().map(|(key, item)| Ok((key.to_string(), item.json_within(depth - 1, budget)?)));
                Json::Object(members.collect::<Result<Map<_, _>, TorchError>>()?)
            }
            Meaning::Tensor(_) | Meaning::Array(..) => {
                let tensor = self.tensor()?;
                self.spend(tensor.len(), budget)?;
                nested(tensor.shape(), &tensor.to_f64())
            }
        })
    }

    fn spend(&self, values: usize, budget: &mut usize) -> Result<(), TorchError> {
        *budget = budget.checked_sub(values).ok_or_else(|| self.too_large())?;
        Ok(())
    }

    fn too_large(&self) -> TorchError {
        TorchError::TooLarge { path: self.path().to_owned(), depth: Limits::default().depth, values: MAX_VALUES }
    }
}

/// Writes a float, or its name where JSON has none.
fn number(x: f64) -> Json {
    Number::from_f64(x).map_or_else(|| x.to_string().to_lowercase().into(), Json::Number)
}

/// Nests the elements as `tolist` does.
fn nested(shape: &[usize], elements: &[f64]) -> Json {
    match shape {
        [] => elements.first().map_or(Json::Null, |&x| number(x)),
        // Also when another axis is long: there is nothing to repeat.
        _ if elements.is_empty() => Json::Array(Vec::new()),
        [n, rest @ ..] => {
            let step = elements.len().checked_div(*n).unwrap_or(0);
            (0..*n).map(|i| nested(rest, &elements[i * step..(i + 1) * step])).collect()
        }
    }
}

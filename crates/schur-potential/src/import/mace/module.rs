//! A pickled module of PyTorch, read as data.

use schur_io::Tensor;
use schur_io::torch::{Item, Kind};

use super::{damaged, refuse};
use crate::ModelError;

/// A module: its class by name, its tensors, parts and attributes.
pub(super) struct Module<'c> {
    state: Item<'c>,
    class: String,
    path: String,
}

impl<'c> Module<'c> {
    /// The whole file.
    pub fn root(item: Item<'c>) -> Result<Self, ModelError> {
        Self::new(item, String::new())
    }

    fn new(item: Item<'c>, path: String) -> Result<Self, ModelError> {
        let class = match item.kind().map_err(damaged)? {
            Kind::Unknown { module, name } => format!("{module}.{name}"),
            other => return refuse(format!("{} is no module but {other:?}", shown(&path))),
        };
        let Ok(state) = item.state() else {
            return refuse(format!("{} is a {class}, which has no content", shown(&path)));
        };
        Ok(Self { state, class, path })
    }

    /// Its place, for messages.
    pub fn path(&self) -> &str {
        shown(&self.path)
    }

    fn below(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The name of its class, without the package.
    pub fn class(&self) -> &str {
        &self.class
    }

    /// Whether it is of a class.
    pub fn is(&self, class: &str) -> bool {
        self.class == class
    }

    /// Refuses it if it is of no class named.
    pub fn expect(&self, classes: &[&str]) -> Result<(), ModelError> {
        if classes.contains(&self.class.as_str()) {
            return Ok(());
        }
        refuse(format!("{} is a {}, not a {}", self.path(), self.class, classes.join(" or a ")))
    }

    /// Refuses it if it has parts besides those named.
    pub fn only_parts(&self, known: &[&str]) -> Result<(), ModelError> {
        for (key, _) in self.state.get("_modules").and_then(|parts| parts.entries()).map_err(damaged)? {
            let key = key.to_string();
            if !known.contains(&key.as_str()) {
                return refuse(format!("{} has a part `{key}`, which is not supported", self.path()));
            }
        }
        Ok(())
    }

    /// One of its parts.
    pub fn part(&self, name: &str) -> Result<Self, ModelError> {
        match self.find_part(name)? {
            Some(part) => Ok(part),
            None => refuse(format!("{} has no part `{name}`", self.path())),
        }
    }

    /// One of its parts, if it is there.
    pub fn find_part(&self, name: &str) -> Result<Option<Self>, ModelError> {
        let parts = self.state.get("_modules").map_err(damaged)?;
        let part = parts.find(name).map_err(damaged)?.filter(|item| !item.is_none());
        part.map(|item| Self::new(item, self.below(name))).transpose()
    }

    /// The parts of a list of modules.
    pub fn list(&self) -> Result<Vec<Self>, ModelError> {
        self.expect(&["torch.nn.modules.container.ModuleList"])?;
        let parts = self.state.get("_modules").map_err(damaged)?;
        let count = parts.entries().map_err(damaged)?.len();
        (0..count).map(|index| self.part(&index.to_string())).collect()
    }

    /// A plain attribute, if it is there and not `None`.
    pub fn attribute(&self, name: &str) -> Result<Option<Item<'c>>, ModelError> {
        Ok(self.state.find(name).map_err(damaged)?.filter(|item| !item.is_none()))
    }

    /// A plain attribute.
    pub fn require_attribute(&self, name: &str) -> Result<Item<'c>, ModelError> {
        match self.attribute(name)? {
            Some(item) => Ok(item),
            None => refuse(format!("{} has no attribute `{name}`", self.path())),
        }
    }

    /// Refuses it if an attribute is set.
    pub fn refuse_attribute(&self, name: &str) -> Result<(), ModelError> {
        match self.attribute(name)? {
            None => Ok(()),
            Some(_) => refuse(format!("{} sets `{name}`, which is not supported", self.path())),
        }
    }

    /// A truth value, or what it is where the file is too old to say it.
    pub fn flag(&self, name: &str, otherwise: bool) -> Result<bool, ModelError> {
        self.attribute(name)?.map_or(Ok(otherwise), |item| item.as_bool().map_err(damaged))
    }

    /// A parameter, a buffer, or a tensor that is an attribute, if it is there.
    pub fn find_tensor(&self, name: &str) -> Result<Option<Tensor>, ModelError> {
        for place in ["_parameters", "_buffers"] {
            let Some(tensors) = self.state.find(place).map_err(damaged)? else { continue };
            if let Some(item) = tensors.find(name).map_err(damaged)?.filter(|item| !item.is_none()) {
                return Ok(Some(item.tensor().map_err(damaged)?));
            }
        }
        Ok(None)
    }

    /// A parameter or a buffer.
    pub fn tensor(&self, name: &str) -> Result<Tensor, ModelError> {
        match self.find_tensor(name)? {
            Some(tensor) => Ok(tensor),
            None => refuse(format!("{} has no tensor `{name}`", self.path())),
        }
    }

    /// One number, as a tensor or an attribute.
    pub fn number(&self, name: &str) -> Result<f64, ModelError> {
        let values = match self.find_tensor(name)? {
            Some(tensor) => tensor.to_f64(),
            None => self.require_attribute(name)?.to_f64s().map_err(damaged)?,
        };
        match values[..] {
            [value] if value.is_finite() => Ok(value),
            _ => refuse(format!("{}.{name} is {values:?}, not one number", self.path())),
        }
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Result<u32, ModelError> {
        let value = self.number(name)?;
        if value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value) {
            return Ok(value as u32);
        }
        refuse(format!("{}.{name} is {value}, not a whole number", self.path()))
    }

    /// Refuses it if it has parameters of its own.
    pub fn no_parameters(&self) -> Result<(), ModelError> {
        let parameters = self.state.get("_parameters").and_then(|all| all.entries()).map_err(damaged)?;
        match parameters.iter().find(|(_, item)| !item.is_none()) {
            None => Ok(()),
            Some((key, _)) => refuse(format!("{} has a parameter `{key}`, which is not supported", self.path())),
        }
    }
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "the model" } else { path }
}

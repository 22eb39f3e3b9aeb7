//! What a checkpoint says of objects that are not on the allow-list: the state that they would be given.
//!
//! A whole module that was pickled is such an object. Its state is a dictionary, in which its tensors and its parts can
//! be found without anything of it being made.

use super::error::TorchError;
use super::item::{Item, Key};
use super::meaning::Meaning;
use crate::pickle::{Origin, Value};

impl<'c> Item<'c> {
    /// Goes to the state of an object (what `__setstate__` would get); the last if there are several.
    ///
    /// # Errors
    /// [`TorchError::Type`] if this is no object, or one without a state.
    ///
    /// # Examples
    /// ```
    /// use schur_io::torch::{Checkpoint, Kind};
    ///
    /// let bytes = std::fs::read("tests/fixtures/checkpoint_protocol2.pth")?;
    /// let checkpoint = Checkpoint::read(&bytes)?;
    /// assert!(checkpoint.root().state().is_err()); // a dictionary, not an object
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn state(&self) -> Result<Self, TorchError> {
        let Value::Object(object) = &self.checkpoint.pickle[self.id] else {
            return Err(self.type_error("an object with a state"));
        };
        match object.states.last() {
            Some(&id) => Ok(Self { checkpoint: self.checkpoint, id, path: self.path.clone() }),
            None => Err(self.type_error("an object with a state")),
        }
    }

    /// Returns the arguments that an object would be made with.
    ///
    /// # Errors
    /// [`TorchError::Type`] if this is no object that is made by a call with a list of arguments.
    pub fn arguments(&self) -> Result<Vec<Self>, TorchError> {
        let wrong = || self.type_error("an object that a call makes");
        let Value::Object(object) = &self.checkpoint.pickle[self.id] else { return Err(wrong()) };
        let args = match object.origin {
            Origin::Reduce { args, .. } | Origin::New { args, .. } => args,
            Origin::Persistent(_) | Origin::Extension(_) => return Err(wrong()),
        };
        let ids = self.reader().sequence(args).ok_or_else(wrong)?;
        Ok(ids.iter().enumerate().map(|(index, &id)| self.indexed(id, index)).collect())
    }

    /// Goes to the value under an integer key of a dictionary, or under the same number as text.
    ///
    /// # Errors
    /// [`TorchError::Type`] if this is no dictionary.
    pub fn find_number(&self, number: usize) -> Result<Option<Self>, TorchError> {
        if let Some(item) = self.find(&number.to_string())? {
            return Ok(Some(item));
        }
        let is_it = |key: &Key<'_>| matches!(key, Key::Int(n) if usize::try_from(*n) == Ok(number));
        Ok(self.entries()?.into_iter().find(|(key, _)| is_it(key)).map(|(_, item)| item))
    }

    /// Returns bytes, such as a payload that Python would read further.
    ///
    /// # Errors
    /// [`TorchError::Type`] if it is something else.
    pub fn to_bytes(&self) -> Result<Vec<u8>, TorchError> {
        match self.meaning()? {
            Meaning::Bytes(bytes) => Ok(bytes.into_owned()),
            _ => Err(self.type_error("bytes")),
        }
    }
}

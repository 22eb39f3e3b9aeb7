//! The opcodes that fill containers and those that would import or call something.

use std::sync::Arc;

use super::error::{PickleError, PickleErrorKind};
use super::machine::Machine;
use super::value::{Origin, Value, ValueId};

impl Machine<'_> {
    pub(super) fn dict_from_mark(&mut self) -> Result<(), PickleError> {
        let flat = self.pop_mark()?;
        let entries = self.pairs(&flat)?;
        self.make(Value::Dict(entries))
    }

    fn pairs(&self, flat: &[ValueId]) -> Result<Vec<(ValueId, ValueId)>, PickleError> {
        let (pairs, rest) = flat.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(self.error(PickleErrorKind::OddPairs { count: flat.len() }));
        }
        Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
    }

    pub(super) fn append(&mut self, items: &[ValueId]) -> Result<(), PickleError> {
        let target = self.top()?;
        match self.value_mut(target) {
            Value::List(list) => list.extend(items),
            Value::Object(object) => object.items.extend(items),
            _ => return Err(self.type_error("a list or an object to append to", target)),
        }
        Ok(())
    }

    pub(super) fn add(&mut self, items: &[ValueId]) -> Result<(), PickleError> {
        let target = self.top()?;
        match self.value_mut(target) {
            Value::Set(set) => set.extend(items),
            Value::Object(object) => object.items.extend(items),
            _ => return Err(self.type_error("a set or an object to add to", target)),
        }
        Ok(())
    }

    pub(super) fn set_items(&mut self, flat: &[ValueId]) -> Result<(), PickleError> {
        let target = self.top()?;
        let pairs = self.pairs(flat)?;
        match self.value_mut(target) {
            Value::Dict(entries) => entries.extend(pairs),
            Value::Object(object) => object.entries.extend(pairs),
            _ => return Err(self.type_error("a dict or an object to set items on", target)),
        }
        Ok(())
    }

    /// Reads a global name from two lines.
    fn named(&mut self) -> Result<ValueId, PickleError> {
        let module = self.cursor.text_line()?.into();
        let name = self.cursor.text_line()?.into();
        self.add_value(Value::Global { module, name })
    }

    pub(super) fn global(&mut self) -> Result<(), PickleError> {
        let id = self.named()?;
        self.push(id)
    }

    pub(super) fn stack_global(&mut self) -> Result<(), PickleError> {
        let [module, name] = self.pop_n()?;
        let (module, name) = (self.text(module)?, self.text(name)?);
        self.make(Value::Global { module, name })
    }

    /// Shares the text of a value: a long name used by many globals is held once.
    fn text(&self, id: ValueId) -> Result<Arc<str>, PickleError> {
        match self.value(id) {
            Value::Text(text) => Ok(Arc::clone(text)),
            _ => Err(self.type_error("text that names a module or a class", id)),
        }
    }

    fn require_callable(&self, id: ValueId) -> Result<(), PickleError> {
        match self.value(id) {
            Value::Global { .. } | Value::Object(_) => Ok(()),
            _ => Err(self.type_error("a global name or an object to call", id)),
        }
    }

    fn require_tuple(&self, id: ValueId) -> Result<(), PickleError> {
        match self.value(id) {
            Value::Tuple(_) => Ok(()),
            _ => Err(self.type_error("a tuple of arguments", id)),
        }
    }

    pub(super) fn reduce(&mut self) -> Result<(), PickleError> {
        let [callable, args] = self.pop_n()?;
        self.require_callable(callable)?;
        self.require_tuple(args)?;
        self.make(Origin::Reduce { callable, args }.into())
    }

    pub(super) fn new_object(&mut self) -> Result<(), PickleError> {
        let [class, args] = self.pop_n()?;
        self.require_callable(class)?;
        self.require_tuple(args)?;
        self.make(Origin::New { class, args, kwargs: None }.into())
    }

    pub(super) fn new_object_with_names(&mut self) -> Result<(), PickleError> {
        let [class, args, kwargs] = self.pop_n()?;
        self.require_callable(class)?;
        self.require_tuple(args)?;
        if !matches!(self.value(kwargs), Value::Dict(_)) {
            return Err(self.type_error("a dict of named arguments", kwargs));
        }
        self.make(Origin::New { class, args, kwargs: Some(kwargs) }.into())
    }

    pub(super) fn instance_of_named(&mut self) -> Result<(), PickleError> {
        let callable = self.named()?;
        let args = self.pop_mark()?;
        self.call(callable, args)
    }

    pub(super) fn instance_of_stacked(&mut self) -> Result<(), PickleError> {
        let mut args = self.pop_mark()?;
        if args.is_empty() {
            return Err(self.error(PickleErrorKind::Stack { needed: 1, found: 0 }));
        }
        let callable = args.remove(0);
        self.require_callable(callable)?;
        self.call(callable, args)
    }

    fn call(&mut self, callable: ValueId, args: Vec<ValueId>) -> Result<(), PickleError> {
        let args = self.add_value(Value::Tuple(args.into()))?;
        self.make(Origin::Reduce { callable, args }.into())
    }

    /// Notes a state on the object in place, because the memo may already refer to it.
    pub(super) fn build(&mut self) -> Result<(), PickleError> {
        let state = self.pop()?;
        let target = self.top()?;
        match self.value_mut(target) {
            Value::Object(object) => object.states.push(state),
            _ => return Err(self.type_error("an object to set the state of", target)),
        }
        Ok(())
    }

    pub(super) fn persistent_text(&mut self) -> Result<(), PickleError> {
        let text = self.cursor.text_line()?.into();
        let id = self.add_value(Value::Text(text))?;
        self.make(Origin::Persistent(id).into())
    }

    pub(super) fn persistent(&mut self) -> Result<(), PickleError> {
        let id = self.pop()?;
        self.make(Origin::Persistent(id).into())
    }

    pub(super) fn extension(&mut self, code: u64) -> Result<(), PickleError> {
        match u32::try_from(code) {
            // Python reads four bytes as a signed number and refuses what is not positive.
            Ok(code) if (1..=i32::MAX as u32).contains(&code) => self.make(Origin::Extension(code).into()),
            _ => Err(self.cursor.literal_error("an extension code of at least 1", code.to_string().as_bytes())),
        }
    }
}

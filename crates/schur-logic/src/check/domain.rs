//! What columns and axes run over: elements, numbered from zero.

use std::collections::HashMap;

use crate::error::{Fault, Located, Suggestion};
use crate::parse::tree::Ident;

/// A set of elements in an order.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub(crate) name: String,
    elements: Elements,
    /// Whether facts and tables may bring new elements.
    is_open: bool,
}

#[derive(Debug, Clone)]
enum Elements {
    /// Called `0`, `1`, ... in that order.
    Numbers(usize),
    Names {
        names: Vec<String>,
        ids: HashMap<String, u32>,
    },
}

impl Domain {
    /// Whatever facts and tables mention.
    pub(crate) fn open(name: &str) -> Self {
        let elements = Elements::Names { names: Vec::new(), ids: HashMap::new() };
        Self { name: name.to_owned(), elements, is_open: true }
    }

    /// The numbers below `count`.
    pub(crate) fn numbers(name: &str, count: usize) -> Self {
        Self { name: name.to_owned(), elements: Elements::Numbers(count), is_open: false }
    }

    /// Distinct names in their order; the position of the second of two equal ones otherwise.
    pub(crate) fn names<'a>(name: &str, list: impl Iterator<Item = &'a str>) -> Result<Self, usize> {
        let mut domain = Self::open(name);
        for (position, element) in list.enumerate() {
            if domain.find(element).is_some() {
                return Err(position);
            }
            domain.intern(element);
        }
        domain.is_open = false;
        Ok(domain)
    }

    /// How many elements there are.
    pub(crate) fn len(&self) -> usize {
        match &self.elements {
            Elements::Numbers(count) => *count,
            Elements::Names { names, .. } => names.len(),
        }
    }

    /// Whether facts and tables may bring new elements.
    pub(crate) const fn is_open(&self) -> bool {
        self.is_open
    }

    /// The number of an element.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        match &self.elements {
            Elements::Numbers(count) => {
                // `007` and `+7` are other names than `7`.
                let id = name.parse::<u32>().ok().filter(|&id| (id as usize) < *count)?;
                (id.to_string() == name).then_some(id)
            }
            Elements::Names { ids, .. } => ids.get(name).copied(),
        }
    }

    /// The number of an element, which an open domain takes up if it is new.
    pub(crate) fn intern(&mut self, name: &str) -> Option<u32> {
        if let Some(id) = self.find(name) {
            return Some(id);
        }
        match &mut self.elements {
            Elements::Names { names, ids } if self.is_open => {
                let id = u32::try_from(names.len()).ok().filter(|&id| id < u32::MAX)?;
                names.push(name.to_owned());
                ids.insert(name.to_owned(), id);
                Some(id)
            }
            _ => None,
        }
    }

    /// The number of the element that a constant names.
    pub(crate) fn require(&self, constant: &Ident) -> Result<u32, Located> {
        self.find(&constant.text).ok_or_else(|| self.unknown(constant))
    }

    /// The fault of a constant that names no element.
    pub(crate) fn unknown(&self, constant: &Ident) -> Located {
        let suggestion = self.suggestion(&constant.text);
        Fault::Element { name: constant.text.clone(), domain: self.name.clone(), suggestion }.at(constant.span)
    }

    /// What an element is called.
    pub(crate) fn element(&self, id: u32) -> String {
        match &self.elements {
            Elements::Numbers(_) => id.to_string(),
            Elements::Names { names, .. } => names.get(id as usize).cloned().unwrap_or_default(),
        }
    }

    /// An element that is close to a name that is none.
    pub(crate) fn suggestion(&self, name: &str) -> Suggestion {
        match &self.elements {
            Elements::Numbers(_) => Suggestion::default(),
            Elements::Names { names, .. } => Suggestion::among(name, names.iter().map(String::as_str)),
        }
    }
}

//! The prior models of a checkpoint: what is added to the answer of the network.

use schur_io::torch::{Item, Kind};

use super::unread;
use crate::ModelError;
use crate::import::refused;
use crate::import::transfer::Transfer;

/// A prior model with its arguments.
#[derive(Debug, Clone)]
pub(super) struct Prior<'c> {
    pub name: &'c str,
    /// A dictionary, if there are arguments.
    pub arguments: Option<Item<'c>>,
    /// What its weights are called, point included.
    prefix: [String; 2],
}

/// The energies of free atoms by atomic number, in the units of the file.
#[derive(Debug, Clone)]
pub(super) struct References {
    pub energies: Vec<f64>,
    /// Whether they are part of the answer.
    pub enabled: bool,
}

/// Reads the list of prior models, which may be written in several ways.
pub(super) fn read<'c>(hyper: &Item<'c>) -> Result<Vec<Prior<'c>>, ModelError> {
    let present = |name: &str| Ok::<_, ModelError>(hyper.find(name).map_err(unread)?.filter(|item| !item.is_none()));
    let Some(list) = present("prior_model")? else { return Ok(Vec::new()) };
    let mut found: Vec<(&'c str, Option<Item<'c>>)> = Vec::new();
    for item in items_of(list)? {
        if let Ok(name) = item.as_str() {
            found.push((name, None));
            continue;
        }
        for (key, arguments) in item.entries().map_err(unread)? {
            let schur_io::torch::Key::Text(name) = key else {
                return Err(refused(format!("{} has the key {key}, not the name of a prior model", item.path())));
            };
            found.push((name, Some(arguments)));
        }
    }
    if let Some(list) = present("prior_args")? {
        let arguments = items_of(list)?;
        if arguments.len() != found.len() {
            let what =
                format!("hyper_parameters.prior_args has {} entries for {} priors", arguments.len(), found.len());
            return Err(refused(what));
        }
        found.iter_mut().zip(arguments).for_each(|(prior, arguments)| prior.1 = Some(arguments));
    }
    let prior = |(index, (name, arguments)): (usize, (&'c str, Option<Item<'c>>))| Prior {
        name,
        arguments: arguments.filter(|item| !item.is_none()),
        prefix: [format!("prior_model.{index}."), "prior_model.".to_owned()],
    };
    Ok(found.into_iter().enumerate().map(prior).collect())
}

/// The items of a list, or what stands in the place of a list of one.
fn items_of(item: Item<'_>) -> Result<Vec<Item<'_>>, ModelError> {
    match item.kind().map_err(unread)? {
        Kind::List(_) => item.items().map_err(unread),
        _ => Ok(vec![item]),
    }
}

impl Prior<'_> {
    /// What a weight of it is called; early releases had a single prior and no number.
    fn weight(&self, name: &str, to: &Transfer<'_>) -> String {
        let names = self.prefix.clone().map(|prefix| format!("{prefix}{name}"));
        let [numbered, plain] = names;
        if !to.has(&numbered) && to.has(&plain) { plain } else { numbered }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, ModelError> {
        let Some(arguments) = &self.arguments else { return Ok(None) };
        let item = arguments.find(name).map_err(unread)?;
        item.map(|item| item.as_bool()).transpose().map_err(unread)
    }
}

/// Takes the energies of free atoms out of the weights; other priors are refused by name.
pub(super) fn references(priors: &[Prior<'_>], to: &mut Transfer<'_>) -> Result<Vec<References>, ModelError> {
    let mut all = Vec::new();
    for prior in priors {
        if !["Atomref", "LearnableAtomref"].contains(&prior.name) {
            return Err(refused(format!("hyper_parameters.prior_model: `{}` is not supported", prior.name)));
        }
        let name = prior.weight("atomref.weight", to);
        let rows = to.shape(&name)?.first().copied().unwrap_or(0);
        let energies = to.get(&name, &[rows, 1])?;
        let initial = prior.weight("initial_atomref", to);
        to.ignore(&initial);
        all.push(References { energies, enabled: prior.flag("enable")?.unwrap_or(true) });
    }
    Ok(all)
}

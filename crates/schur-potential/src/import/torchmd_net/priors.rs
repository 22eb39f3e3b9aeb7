//! The prior models of a checkpoint: what is added to the answer of the network.

use schur_io::torch::{Item, Key, Kind};

use super::{Scales, unread};
use crate::import::refused;
use crate::import::transfer::Transfer;
use crate::pair::PairPrior;
use crate::units::{AVOGADRO, JOULE_PER_EV};
use crate::{ModelError, Units};

/// A prior model with its arguments.
#[derive(Debug, Clone)]
pub(super) struct Prior<'c> {
    pub name: &'c str,
    /// A dictionary, if there are arguments.
    arguments: Option<Item<'c>>,
    /// What its weights are called, point included; early releases had a single prior and no number.
    prefixes: [String; 2],
}

/// The energies of free atoms by atom type, in the units of the file.
#[derive(Debug, Clone)]
pub(super) struct References {
    pub energies: Vec<f64>,
    /// Whether they are part of the answer.
    pub enabled: bool,
}

/// Coulomb's constant in J m, as torchmd-net has it for nuclei and for charges.
const NUCLEI: f64 = 2.307_077_55e-28;
const CHARGES: f64 = 2.307_07e-28;
/// Bohr's radius in m and the share of it by which torchmd-net divides distances of nuclei.
const SCREENING: f64 = 0.8854 * 5.291_772_109_03e-11;
/// The prior models that are energies of free atoms.
const REFERENCES: [&str; 2] = ["Atomref", "LearnableAtomref"];
/// Units may differ by so much where a prior says them too: their constants are rounded.
const UNIT_ROUNDING: f64 = 1e-3;

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
            let Key::Text(name) = key else {
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
        prefixes: [format!("prior_model.{index}."), "prior_model.".to_owned()],
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

impl<'c> Prior<'c> {
    /// What a weight of it is called.
    fn weight(&self, name: &str, to: &Transfer<'_>) -> String {
        let [numbered, plain] = self.prefixes.clone().map(|prefix| format!("{prefix}{name}"));
        if !to.has(&numbered) && to.has(&plain) { plain } else { numbered }
    }

    fn find(&self, name: &str) -> Result<Option<Item<'c>>, ModelError> {
        let Some(arguments) = &self.arguments else { return Ok(None) };
        Ok(arguments.find(name).map_err(unread)?.filter(|item| !item.is_none()))
    }

    fn number(&self, name: &str) -> Result<f64, ModelError> {
        let item = self.find(name)?;
        let item = item.ok_or_else(|| refused(format!("the prior model `{}` has no argument `{name}`", self.name)))?;
        item.as_f64().map_err(unread)
    }

    /// Units of energy in J and of length in m, for those priors that have constants.
    fn scales(&self) -> Result<[f64; 2], ModelError> {
        let scales = [self.number("energy_scale")?, self.number("distance_scale")?];
        if scales.iter().all(|scale| scale.is_finite() && *scale > 0.0) {
            return Ok(scales);
        }
        Err(refused(format!("the units of the prior model `{}` are {scales:?} J and m", self.name)))
    }
}

/// Takes the energies of free atoms out of the weights.
pub(super) fn references(priors: &[Prior<'_>], to: &mut Transfer<'_>) -> Result<Vec<References>, ModelError> {
    let mut all = Vec::new();
    for prior in priors.iter().filter(|prior| REFERENCES.contains(&prior.name)) {
        let name = prior.weight("atomref.weight", to);
        let rows = to.shape(&name)?.first().copied().unwrap_or(0);
        let energies = to.get(&name, &[rows, 1])?;
        to.ignore(&prior.weight("initial_atomref", to));
        let enabled = prior.find("enable")?.map(|item| item.as_bool()).transpose().map_err(unread)?;
        all.push(References { energies, enabled: enabled.unwrap_or(true) });
    }
    Ok(all)
}

/// The units of the file: those that the caller names, or those of a prior that has constants; both must agree.
pub(super) fn scales(priors: &[Prior<'_>], units: Option<Units>) -> Result<Scales, ModelError> {
    let mut said = units.map(|units| Scales { energy: units.energy.electronvolts(), length: units.length.angstroms() });
    for prior in priors.iter().filter(|prior| !REFERENCES.contains(&prior.name)) {
        if !["ZBL", "Coulomb", "D2"].contains(&prior.name) {
            return Err(refused(format!("hyper_parameters.prior_model: `{}` is not supported", prior.name)));
        }
        let [energy, length] = prior.scales()?;
        let own = Scales { energy: energy / JOULE_PER_EV, length: length * 1e10 };
        let known = said.get_or_insert(own);
        let differs = |a: f64, b: f64| (a / b - 1.0).abs() > UNIT_ROUNDING;
        if differs(known.energy, own.energy) || differs(known.length, own.length) {
            return Err(refused(format!(
                "the prior model `{}` has units of {} eV and {} Å, others are {} eV and {} Å",
                prior.name, own.energy, own.length, known.energy, known.length
            )));
        }
    }
    said.ok_or(ModelError::UnknownUnits)
}

/// The atomic number of each atom type, where a prior says that they are not the same.
pub(super) fn numbers(priors: &[Prior<'_>], to: &mut Transfer<'_>) -> Result<Option<Vec<u8>>, ModelError> {
    let mut said: Option<Vec<u8>> = None;
    for prior in priors {
        let name = match prior.name {
            "ZBL" => prior.weight("atomic_number", to),
            "D2" => prior.weight("Z_map", to),
            _ => continue,
        };
        let shape = to.shape(&name)?;
        // Numbers that are none of an element become zero, which is none.
        let exact = |x: f64| if x.fract() == 0.0 && (0.0..=118.0).contains(&x) { x as u8 } else { 0 };
        let numbers: Vec<u8> = to.get(&name, &shape)?.into_iter().map(exact).collect();
        if said.get_or_insert_with(|| numbers.clone()) != &numbers {
            return Err(refused(format!("state_dict: `{name}` gives other elements than another prior model")));
        }
    }
    let is_same = |numbers: &Vec<u8>| numbers.iter().enumerate().all(|(kind, &z)| kind == usize::from(z));
    Ok(said.filter(|numbers| !is_same(numbers)))
}

/// What acts between pairs of atoms, in our units, for species of these atom types and atomic numbers.
pub(super) fn pairs(
    priors: &[Prior<'_>],
    scales: Scales,
    numbers: &[u8],
    to: &mut Transfer<'_>,
) -> Result<Vec<PairPrior>, ModelError> {
    let mut all = Vec::new();
    for prior in priors.iter().filter(|prior| !REFERENCES.contains(&prior.name)) {
        to.ignore(&prior.weight("distance.box", to));
        to.ignore(&prior.weight("distances.box", to));
        let [energy, length] = prior.scales()?;
        // Their product in the units of the file, and what one of those is in ours.
        let strength = |constant: f64| constant / (energy * length) * scales.energy * scales.length;
        all.push(match prior.name {
            "ZBL" => PairPrior::Zbl {
                cutoff: prior.number("cutoff_distance")? * scales.length,
                length: SCREENING * scales.length / length,
                strength: strength(NUCLEI),
            },
            "Coulomb" => {
                // torchmd-net takes distances in nanometres, and switches there.
                let nanometre = scales.length / (1e9 * length);
                PairPrior::Coulomb {
                    onset: prior.number("lower_switch_distance")? * nanometre,
                    full: prior.number("upper_switch_distance")? * nanometre,
                    strength: strength(CHARGES) * nanometre / scales.length,
                }
            }
            _ => dispersion(prior, scales, numbers, to)?,
        });
    }
    Ok(all)
}

/// Rows of torchmd-net's table of dispersion: elements up to xenon, and one for none.
pub(super) const D2_ROWS: usize = 55;

fn dispersion(
    prior: &Prior<'_>,
    scales: Scales,
    numbers: &[u8],
    to: &mut Transfer<'_>,
) -> Result<PairPrior, ModelError> {
    let [energy, length] = prior.scales()?;
    let coefficients = to.get(&prior.weight("C_6", to), &[D2_ROWS])?;
    let radii = to.get(&prior.weight("R_r", to), &[D2_ROWS])?;
    // In nm and J/mol there.
    let nanometre = scales.length / (1e9 * length);
    let unit = scales.energy / (energy * AVOGADRO) * nanometre.powi(6);
    let of = |table: &[f64], unit: f64| numbers.iter().map(|&z| unit * table[usize::from(z)]).collect();
    Ok(PairPrior::D2 {
        cutoff: prior.number("cutoff_distance")? * scales.length,
        coefficients: of(&coefficients, unit),
        radii: of(&radii, nanometre),
    })
}

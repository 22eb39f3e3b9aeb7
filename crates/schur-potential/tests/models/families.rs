//! The models of all families that every family's tests run over, each with what holds for it.
#![allow(dead_code, reason = "each test file uses its part")]

#[path = "answers.rs"]
pub mod answers;
#[path = "chgnet.rs"]
pub mod chgnet;
#[path = "mace.rs"]
pub mod mace;
#[path = "nequip.rs"]
pub mod nequip;
#[path = "structures.rs"]
pub mod structures;
#[path = "tensornet.rs"]
pub mod tensornet;
#[path = "torchmd_net.rs"]
pub mod torchmd_net;

use schur_atoms::{Cell, Structure};
use schur_potential::{Model, PotentialOptions, Precision};

use self::chgnet::random_chgnet;
use self::nequip::{Variant, published};
use self::structures::{ELEMENTS, random_of};
use self::tensornet::{Form, fixture};

/// A model with what holds for it.
#[derive(Debug, Clone)]
pub struct Subject {
    pub name: String,
    pub model: Model,
    pub modality: Option<String>,
    /// Precision, and whether radial functions are exact: what goes through code of its own.
    pub ways: Vec<(Precision, bool)>,
    /// Whether mirror images have the same energy.
    pub mirrors: bool,
    /// What structures are drawn from.
    pub elements: Vec<u8>,
    /// Where second or third derivatives jump, Å: the cut-offs, ends of table pieces and of XPLOR.
    pub jumps: Vec<f64>,
}

impl Subject {
    /// Options for one of the ways.
    pub fn options(&self, precision: Precision, exact_radial: bool) -> PotentialOptions {
        PotentialOptions { precision, exact_radial, modality: self.modality.clone() }
    }

    /// A name for one of the ways.
    pub fn named(&self, precision: Precision, exact_radial: bool) -> String {
        format!("{} {precision:?} exact_radial {exact_radial}", self.name)
    }

    /// Atoms at random of its elements.
    pub fn structure(&self, atoms: usize, cell: Cell, pbc: [bool; 3], apart: f64, seed: u64) -> Structure {
        random_of(&self.elements, atoms, cell, pbc, apart, seed)
    }

    /// The energy in eV that belongs to a structure as a whole, whatever its size: TensorNet's mean.
    pub fn offset(&self) -> f64 {
        self.model.weights.get("mean").map_or(0.0, |mean| mean.to_f64()[0])
    }
}

/// With tables in both precisions, and without.
const ALL_WAYS: [(Precision, bool); 3] = [(Precision::F32, false), (Precision::F64, false), (Precision::F32, true)];

/// Small models of every family that differ in everything that has code of its own.
pub fn small() -> Vec<Subject> {
    let nequip = Variant::ALL.map(|variant| Subject {
        name: format!("nequip {variant:?}"),
        model: variant.model(),
        modality: variant.options(Precision::F64, false).modality,
        ways: ALL_WAYS.to_vec(),
        // In two of them no product that mirrors turn round reaches an energy.
        mirrors: [Variant::SolidTwoModalities, Variant::Unreached].contains(&variant),
        elements: ELEMENTS.to_vec(),
        jumps: vec![1.5, 3.0, 4.5, 5.0],
    });
    let tensornet = Form::ALL.map(|form| Subject {
        name: format!("tensornet {form:?}"),
        model: form.random(),
        modality: None,
        ways: ALL_WAYS.to_vec(),
        mirrors: form == Form::Mirrors,
        elements: ELEMENTS.to_vec(),
        jumps: vec![1.5, 3.0, 5.0],
    });
    // What matgl's have not: own edges, an inner cut-off, no layer at all, channels that fill no registers.
    let torchmd_net = [("mirrors", true), ("lower_cutoff", false), ("no_layers", true), ("repulsion", true)].map(
        |(name, mirrors)| {
            let model = torchmd_net::converted(name);
            let schur_potential::Architecture::Tensornet(it) = &model.architecture else { panic!("a TensorNet") };
            let ends = it.priors.iter().filter_map(schur_potential::pair::PairPrior::cutoff);
            let jumps = [1.5, 3.0, it.cutoff, it.inner_cutoff].into_iter().chain(ends).collect();
            Subject {
                name: format!("torchmd-net {name}"),
                model,
                modality: None,
                ways: ALL_WAYS.to_vec(),
                mirrors,
                elements: ELEMENTS.to_vec(),
                jumps,
            }
        },
    );
    // Nothing in it is tabulated.
    let chgnet = [false, true].map(|normalized| Subject {
        name: format!("chgnet normalized {normalized}"),
        model: random_chgnet(normalized),
        modality: None,
        ways: vec![(Precision::F32, false), (Precision::F64, false)],
        mirrors: true,
        elements: ELEMENTS.to_vec(),
        jumps: vec![2.5, 4.0],
    });
    let mace = mace::MODELS.map(|name| {
        let model = mace::model(name);
        Subject {
            name: format!("mace {name}"),
            modality: mace::options(&model, Precision::F64, true).modality,
            model,
            ways: vec![(Precision::F32, false), (Precision::F64, true)],
            mirrors: name != "rotations_only",
            elements: vec![14, 1, 8],
            jumps: vec![4.2],
        }
    });
    nequip.into_iter().chain(tensornet).chain(torchmd_net).chain(chgnet).chain(mace).collect()
}

/// Models that were trained: what matgl has published, and what sevenn has if it is here.
pub fn trained(sevennet: &[&str]) -> Vec<Subject> {
    let subject = |name: &str, model: Model, mirrors: bool, jumps: &[f64]| Subject {
        name: name.to_owned(),
        model,
        modality: None,
        ways: vec![(Precision::F32, false)],
        mirrors,
        elements: ELEMENTS.to_vec(),
        jumps: jumps.to_vec(),
    };
    let mut trained = vec![subject("tensornet pbe", fixture("pbe"), true, &[1.5, 3.0, 5.0])];
    for name in sevennet {
        trained.extend(published(name).map(|model| subject(name, model, false, &[1.5, 3.0, 4.5, 5.0])));
    }
    trained
}

//! TensorNet potentials of torchmd-net against what its own modules return: `fixtures/SOURCES.md`.
//!
//! With `--nocapture` it prints the largest deviations of each model and precision.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "figures for people who ask for them")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/structures.rs"]
mod structures;
#[path = "models/torchmd_net.rs"]
mod torchmd_net;

use answers::{build, difference, evaluate, largest, plain};
use schur_atoms::{Array, Structure};
use schur_potential::{Evaluation, Precision, TorchmdNetOptions};
use serde_json::Value;

/// Largest differences allowed: eV for each atom, eV/Å, eV for each atom of the strain derivative; and a share of the
/// structure's largest force or strain derivative, if that is larger.
struct Bounds([f64; 3], f64);

/// The same arithmetic in another order.
const EXACT: Bounds = Bounds([1e-10, 1e-9, 1e-9], 1e-11);
/// What is promised for single precision and for the spline tables.
const QUICK: Bounds = Bounds([5e-5, 5e-4, 5e-4], 5e-5);

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Deviations of one answer, each with what is allowed for it.
fn check(structure: &Structure, found: &Evaluation, reference: &Value, bounds: &Bounds) -> [(f64, f64); 3] {
    let atoms = structure.len() as f64;
    let energy = (found.energy - reference["energy"].as_f64().unwrap()).abs() / atoms;
    let forces: Vec<f64> = reference["forces"].as_array().unwrap().iter().flat_map(numbers).collect();
    let force = difference(found.forces.as_flattened(), &forces);
    let expected = numbers(&reference["strain_derivative"]);
    let strain = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)].map(|(i, j)| -found.virial[i][j]);
    let strain = difference(&strain, &expected) / atoms;
    let Bounds(allowed, share) = bounds;
    [
        (energy, allowed[0]),
        (force, allowed[1].max(share * largest(&forces))),
        (strain, allowed[2].max(share * largest(&expected) / atoms)),
    ]
}

fn assert_models(ways: &[(Precision, bool, &Bounds)]) {
    for (name, entry) in torchmd_net::references().as_object().unwrap() {
        let model = torchmd_net::converted(name);
        for (precision, exact_radial, bounds) in ways {
            let mut potential = build(&model, &plain(*precision, *exact_radial));
            let mut worst = [0.0_f64; 3];
            for reference in entry["structures"].as_array().unwrap() {
                let mut structure = structures::named(&[reference["name"].as_str().unwrap()]).remove(0);
                let charges: Vec<f64> =
                    (0..structure.len()).map(|k| if k % 2 == 0 { 0.4 } else { -0.4 } + 0.05 * k as f64).collect();
                structure.arrays.insert("partial_charges".to_owned(), Array::scalars(&charges));
                let found = evaluate(potential.as_mut(), &structure);
                for (k, (deviation, allowed)) in check(&structure, &found, reference, bounds).into_iter().enumerate() {
                    let what = ["energy", "force", "strain derivative"][k];
                    let structure = &reference["name"];
                    assert!(deviation <= allowed, "{name} {structure} {precision:?}: {what} off by {deviation:e}");
                    worst[k] = worst[k].max(deviation);
                }
            }
            let worst = worst.map(|x| format!("{x:.1e}")).join(", ");
            println!("{name} {precision:?} exact_radial {exact_radial}: {worst} eV/atom, eV/Å, eV/atom");
        }
    }
}

#[test]
fn exact_functions_in_double_precision_give_what_torchmd_net_gives() {
    assert_models(&[(Precision::F64, true, &EXACT)]);
}

#[test]
fn single_precision_and_tables_stay_near() {
    assert_models(&[(Precision::F32, false, &QUICK), (Precision::F64, false, &QUICK), (Precision::F32, true, &QUICK)]);
}

/// The energy is linear in the products that a charge multiplies only to first order, so a charge is seen, and none is
/// what torchmd-net takes where it is told nothing.
#[test]
fn charges_change_answers() {
    let bytes = torchmd_net::bytes("mirrors");
    let checkpoint = schur_io::torch::Checkpoint::read(&bytes).unwrap();
    let structure = structures::named(&["molecule_nh3"]).remove(0);
    let energy = |charge: f64| {
        let options = TorchmdNetOptions { units: "eV,A".parse().ok(), charge };
        let model = schur_potential::Model::from_torchmd_net(&checkpoint, &options).unwrap();
        answers::energy(build(&model, &plain(Precision::F64, true)).as_mut(), &structure)
    };
    assert!((energy(1.0) - energy(0.0)).abs() > 1e-4 && (energy(-1.0) - energy(1.0)).abs() > 1e-4);
}

/// What has constants says units too: it may stand in for the caller, and must not contradict him.
#[test]
fn priors_with_constants_tell_the_units() {
    let bytes = torchmd_net::bytes("dispersion");
    let (asked, told) = (torchmd_net::read(&bytes, "Hartree,Bohr".parse().ok()), torchmd_net::read(&bytes, None));
    let (asked, told) = (asked.unwrap(), told.unwrap());
    let structure = structures::named(&["molecule_nh3"]).remove(0);
    let energy = |model: &schur_potential::Model| {
        answers::energy(build(model, &plain(Precision::F64, true)).as_mut(), &structure)
    };
    assert!((energy(&asked) - energy(&told)).abs() < 1e-9);
    let refused = torchmd_net::read(&bytes, "eV,A".parse().ok()).unwrap_err().to_string();
    assert!(refused.contains("`D2`") && refused.contains("27.2"), "{refused}");
}

/// Charges are needed, and there is no sum over images.
#[test]
fn charges_are_asked_for() {
    let mut potential = build(&torchmd_net::converted("charges"), &plain(Precision::F64, true));
    let mut out = Evaluation::default();
    for (name, expected) in [("molecule_nh3", "initial_charges"), ("si16_rattled", "no direction")] {
        let structure = structures::named(&[name]).remove(0);
        let error = potential.evaluate(&structure, schur_potential::Request::ALL, &mut out).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

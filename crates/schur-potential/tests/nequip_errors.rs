//! What cannot be computed is refused by name, and leaves the potential as it was.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/nequip.rs"]
mod nequip;
#[path = "models/structures.rs"]
mod structures;

use std::path::Path;

use answers::{build, evaluate, largest, plain, pool};
use nequip::{Variant, published};
use schur_atoms::{Cell, CellError, Structure, StructureError};
use schur_io::safetensors::ModelFile;
use schur_io::torch::Checkpoint;
use schur_io::{Data, Tensor};
use schur_potential::{
    CutoffFunction, Evaluation, Model, ModelError, NequipArchitecture, Potential, PotentialError, PotentialOptions,
    Precision, Request,
};
use structures::{SMALL_CELL, random_structure};

fn potential() -> Box<dyn Potential + Send> {
    build(&Variant::Directions.model(), &PotentialOptions::default())
}

fn crystal() -> Structure {
    random_structure(5, SMALL_CELL, [true; 3], 1.2, 12)
}

/// The error of a structure that cannot be computed; the potential answers the next one as if nothing had been.
fn refused(structure: &Structure) -> PotentialError {
    let sound = crystal();
    let (mut used, mut out) = (potential(), Evaluation::default());
    let expected = evaluate(used.as_mut(), &sound);
    let error = used.evaluate(structure, Request::ALL, &mut out).unwrap_err();
    used.evaluate(&sound, Request::ALL, &mut out).unwrap();
    assert_eq!(out, expected, "after `{error}`");
    // The same where the refused structure came first.
    let mut used = potential();
    used.evaluate(structure, Request::ENERGY, &mut out).unwrap_err();
    used.evaluate(&sound, Request::ALL, &mut out).unwrap();
    assert_eq!(out, expected, "after `{error}` at first");
    error
}

/// The error of a model that cannot be run.
fn rejected(model: &Model, modality: Option<&str>) -> ModelError {
    let options = PotentialOptions { modality: modality.map(str::to_owned), ..PotentialOptions::default() };
    let single = model.potential(&options, pool(1)).err().unwrap();
    let double = PotentialOptions { precision: Precision::F64, exact_radial: true, ..options.clone() };
    assert_eq!(model.potential(&double, pool(1)).err().unwrap(), single);
    assert_eq!(model.radial_table_error(&options).unwrap_err(), single);
    single
}

#[test]
fn an_unknown_element_is_named_with_its_atom_and_those_known() {
    let mut structure = crystal();
    structure.numbers[3] = 92;
    let error = refused(&structure);
    assert_eq!(error.to_string(), "atom 3 is U, which the model does not know; it knows H O Si Cu");
    assert!(matches!(error, PotentialError::UnknownElement { atom: 3, element: "U", .. }));
}

#[test]
fn overlapping_atoms_are_named() {
    let mut structure = crystal();
    structure.positions[4] = structure.positions[1];
    structure.positions[4][2] += 0.05;
    assert!(matches!(refused(&structure), PotentialError::Overlap { first: 1, second: 4, distance, limit }
        if (distance - 0.05).abs() < 1e-12 && distance < limit));
    // The same place in another image.
    let vectors = structure.cell.vectors();
    structure.positions[4] = std::array::from_fn(|a| structure.positions[1][a] + vectors[0][a] - 2.0 * vectors[2][a]);
    assert!(matches!(refused(&structure), PotentialError::Overlap { first: 1, second: 4, .. }));
}

#[test]
fn an_atom_that_meets_its_own_image_is_named() {
    let wire = Cell::new([[0.09, 0.0, 0.0], [0.0; 3], [0.0; 3]]);
    let structure = Structure::new(vec![1], vec![[0.0; 3]], wire, [true, false, false]);
    assert!(matches!(refused(&structure), PotentialError::Overlap { first: 0, second: 0, .. }));
}

/// Which of several is told depends neither on the order in which threads come by nor on what was evaluated before.
#[test]
fn of_several_overlaps_the_first_is_told() {
    let sound =
        random_structure(40, Cell::new([[12.0, 0.0, 0.0], [0.0, 12.0, 0.0], [0.0, 0.0, 12.0]]), [true; 3], 1.5, 4);
    let mut structure = sound.clone();
    structure.positions[39] = structure.positions[2];
    structure.positions[38] = structure.positions[17];
    let model = Variant::Directions.model();
    for threads in [1, 2, 4] {
        let mut potential = model.potential(&PotentialOptions::default(), pool(threads)).unwrap();
        for _ in 0..2 {
            let error = potential.evaluate(&structure, Request::ENERGY, &mut Evaluation::default()).unwrap_err();
            let told = matches!(error, PotentialError::Overlap { first: 2, second: 39, distance: 0.0, .. });
            assert!(told, "{error} on {threads} threads");
            evaluate(potential.as_mut(), &sound);
        }
    }
}

#[test]
fn broken_structures_are_refused_with_the_place() {
    let with = |change: fn(&mut Structure)| {
        let mut structure = crystal();
        change(&mut structure);
        let PotentialError::Structure(error) = refused(&structure) else { panic!("another kind of error") };
        error
    };
    assert_eq!(with(|s| (s.numbers, s.positions) = Default::default()), StructureError::Empty);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut structure = crystal();
        structure.positions[2][1] = bad;
        let error = refused(&structure);
        let found = matches!(error, PotentialError::Structure(StructureError::PositionNotFinite { atom: 2, .. }));
        assert!(found, "{bad}: {error}");
    }
    let flat = with(|s| s.cell = Cell::new([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [3.0, 3.0, 0.0]]));
    assert!(matches!(flat, StructureError::Cell(CellError::Singular { .. })), "{flat}");
    let flat = with(|s| {
        (s.cell, s.pbc) = (Cell::new([[3.0, 0.0, 0.0], [6.0, 0.0, 0.0], [0.0, 0.0, 9.0]]), [true, true, false]);
    });
    assert!(matches!(flat, StructureError::Cell(CellError::Singular { .. })), "{flat}");
    let missing = with(|s| s.cell = Cell::new([[3.0, 0.0, 0.0], [0.0; 3], [0.0, 0.0, 3.0]]));
    assert_eq!(missing, StructureError::MissingVector { axis: 1 });
    let infinite = with(|s| s.cell = Cell::new([[3.0, 0.0, 0.0], [0.0, f64::NAN, 0.0], [0.0, 0.0, 3.0]]));
    assert!(matches!(infinite, StructureError::Cell(CellError::NotFinite { row: 1, .. })), "{infinite}");
    let short = with(|s| s.positions.truncate(4));
    assert_eq!(short, StructureError::Length { name: "positions", expected: 5, found: 4 });
    assert_eq!(with(|s| s.numbers[1] = 0), StructureError::Element { atom: 1, number: 0 });
    assert_eq!(with(|s| s.numbers[1] = 119), StructureError::Element { atom: 1, number: 119 });
}

#[test]
fn a_modality_is_asked_for_exactly_where_there_are_several() {
    let two = Variant::SolidTwoModalities.model();
    let known = "coarse, fine".to_owned();
    let missing = rejected(&two, None);
    assert!(matches!(&missing, ModelError::Modality { known: k, .. } if *k == known), "{missing}");
    let unknown = rejected(&two, Some("pbe"));
    assert!(matches!(&unknown, ModelError::Modality { found, known: k } if found.contains("`pbe`") && *k == known));
    let none = rejected(&Variant::Gaps.model(), Some("fine"));
    assert_eq!(none, ModelError::NoModalities { found: "fine".to_owned() });

    let structure = crystal();
    let answer = |name: &str| {
        let options = PotentialOptions { modality: Some(name.to_owned()), ..PotentialOptions::default() };
        evaluate(build(&two, &options).as_mut(), &structure)
    };
    assert_eq!(answer("FINE"), answer("fine"), "case does not matter");
    assert!((answer("coarse").energy - answer("fine").energy).abs() > 0.1, "the modality does nothing");
}

#[test]
fn every_weight_is_needed_in_its_shape_and_finite() {
    for variant in [Variant::SolidTwoModalities, Variant::Gaps] {
        let model = variant.model();
        let modality = variant.options(Precision::F32, false).modality;
        for (name, tensor) in &model.weights {
            let mut broken = model.clone();
            broken.weights.remove(name);
            let error = rejected(&broken, modality.as_deref());
            assert_eq!(error, ModelError::MissingWeight { name: name.clone() });

            let mut shape = tensor.shape().to_vec();
            shape.push(1);
            let values = tensor.to_f64();
            broken.weights.insert(name.clone(), Tensor::new(shape.clone(), Data::F64(values.clone())).unwrap());
            let (expected, found) = (tensor.shape().to_vec(), shape);
            let error = rejected(&broken, modality.as_deref());
            assert_eq!(error, ModelError::WeightShape { name: name.clone(), expected, found });

            let (mut values, index) = (values, tensor.len() / 2);
            values[index] = f64::NEG_INFINITY;
            broken.weights.insert(name.clone(), Tensor::new(tensor.shape().to_vec(), Data::F64(values)).unwrap());
            let error = rejected(&broken, modality.as_deref());
            let value = f64::NEG_INFINITY;
            assert_eq!(error, ModelError::WeightNotFinite { name: name.clone(), index, value });
        }
    }
}

/// What makes an architecture meaningless.
type Change = fn(&mut NequipArchitecture);

#[test]
fn architectures_without_a_meaning_are_refused() {
    let changes: [(&str, Change); 18] = [
        ("no species", |a| a.species.clear()),
        ("atomic number 0", |a| a.species[1] = 0),
        ("atomic number 119", |a| a.species[1] = 119),
        ("a species twice", |a| a.species[1] = a.species[0]),
        ("no cut-off", |a| a.cutoff = 0.0),
        ("an infinite cut-off", |a| a.cutoff = f64::INFINITY),
        ("a cut-off that is no number", |a| a.cutoff = f64::NAN),
        ("xplor from beyond the cut-off", |a| a.cutoff_function = CutoffFunction::Xplor { onset: 5.0 }),
        ("a flat polynomial", |a| a.cutoff_function = CutoffFunction::Polynomial { power: 1 }),
        ("no radial function", |a| a.radial_functions = 0),
        ("an empty hidden layer", |a| a.radial_hidden.push(0)),
        ("degree 4", |a| a.max_harmonic = 4),
        ("no layer", |a| a.features.truncate(1)),
        ("vectors at the end", |a| a.features.last_mut().unwrap().push([1, 16])),
        ("channels that fill no vector", |a| a.features[1][0][1] = 17),
        ("no activation", |a| a.activation_scale = 0.0),
        ("an activation that is no number", |a| a.activation_scale = f64::NAN),
        ("degrees out of order", |a| a.features[1].reverse()),
    ];
    for (what, change) in changes {
        let mut model = Variant::Directions.model();
        change(model.architecture.as_nequip_mut().unwrap());
        let error = model.potential(&PotentialOptions::default(), pool(1)).err();
        assert!(matches!(error, Some(ModelError::Architecture { .. })), "{what}: {error:?}");
    }
}

#[test]
fn a_denominator_of_zero_is_refused() {
    let mut model = Variant::Directions.model();
    model.weights.insert("layers.1.denominator".to_owned(), Tensor::new(vec![1], Data::F64(vec![0.0])).unwrap());
    let error = rejected(&model, None);
    assert!(matches!(error, ModelError::Architecture { .. }), "{error}");
}

/// Each atom's energy is a number, their sum is not.
#[test]
fn a_total_that_is_no_number_is_refused() {
    let mut model = Variant::Directions.model();
    let shape = model.weights["shift"].shape().to_vec();
    let huge = vec![1.5e308; model.weights["shift"].len()];
    model.weights.insert("shift".to_owned(), Tensor::new(shape, Data::F64(huge)).unwrap());
    let mut potential = build(&model, &plain(Precision::F64, false));
    let error = potential.evaluate(&crystal(), Request::ENERGY, &mut Evaluation::default()).unwrap_err();
    assert!(matches!(error, PotentialError::NotFinite { .. }), "{error}");
}

/// A model whose answers are proportional to `factor`.
fn scaled(factor: f64) -> Model {
    let mut model = Variant::Directions.model();
    for (name, factor) in [("scale", factor), ("shift", 0.0)] {
        let tensor = &model.weights[name];
        let numbers = tensor.to_f64().iter().map(|x| factor * x).collect();
        let tensor = Tensor::new(tensor.shape().to_vec(), Data::F64(numbers)).unwrap();
        model.weights.insert(name.to_owned(), tensor);
    }
    model
}

/// Everything asked for is checked, and named where it alone is no number.
#[test]
fn answers_that_are_no_numbers_are_refused() {
    let refused = |structure: &Structure, request: Request, of: fn(&Evaluation) -> f64, share: f64| {
        let exact = plain(Precision::F64, true);
        let sound = evaluate(build(&scaled(1.0), &exact).as_mut(), structure);
        // So large that `of` alone exceeds the largest number, or reaches `share` of it.
        let factor = f64::MAX / of(&sound) * share;
        assert!(factor * largest(&sound.energies) < f64::MAX, "{sound:?}");
        let mut potential = build(&scaled(factor), &exact);
        match potential.evaluate(structure, request, &mut Evaluation::default()).unwrap_err() {
            PotentialError::NotFinite { quantity, .. } => quantity,
            error => panic!("{error}"),
        }
    };
    let virials = Request { forces: false, virials: true };
    let force = |out: &Evaluation| largest(out.forces.as_flattened());
    let pair = Structure::new(vec![14, 8], vec![[0.0; 3], [0.0, 0.0, 0.3]], Cell::default(), [false; 3]);
    assert_eq!(refused(&pair, Request::ALL, force, 1.5), "force");
    assert_eq!(refused(&pair, Request::FORCES, force, 1.5), "force");
    assert_eq!(refused(&pair, virials, force, 1.5), "virial");
    // Forces vanish by symmetry; first one atom's virial is too large, then only the sum of two.
    let virial = |out: &Evaluation| largest(out.virials.as_flattened().as_flattened());
    let cell = |atoms: usize| {
        let vectors = [[2.5 * atoms as f64, 0.0, 0.0], [0.0, 2.5, 0.0], [0.0, 0.0, 2.5]];
        let positions = (0..atoms).map(|i| [2.5 * i as f64, 0.0, 0.0]).collect();
        Structure::new(vec![1; atoms], positions, Cell::new(vectors), [true; 3])
    };
    for (atoms, share) in [(1, 1.1), (2, 0.7)] {
        for request in [Request::ALL, Request::FORCES, virials] {
            assert_eq!(refused(&cell(atoms), request, virial, share), "virial", "{atoms} atoms, {request:?}");
        }
    }
}

#[test]
fn a_model_file_brings_back_the_model() {
    let mut models = vec![Variant::SolidTwoModalities.model(), Variant::Directions.model()];
    models.extend(published("sevennet-0"));
    for model in models {
        let bytes = model.to_file().unwrap().to_bytes().unwrap();
        let again = Model::from_file(&ModelFile::from_bytes(&bytes).unwrap()).unwrap();
        assert_eq!(again, model);
        assert_eq!(again.to_file().unwrap().to_bytes().unwrap(), bytes);
    }
}

#[test]
fn files_that_are_not_ours_are_refused() {
    let file = Variant::Gaps.model().to_file().unwrap();
    let refused = |key: &str, value: Option<&str>| {
        let mut file = file.clone();
        match value {
            Some(value) => file.metadata.insert(key.to_owned(), value.to_owned()),
            None => file.metadata.remove(key),
        };
        Model::from_file(&file).unwrap_err()
    };
    for (key, value) in [
        ("format", None),
        ("format", Some("pt")),
        ("format_version", None),
        ("format_version", Some("2")),
        ("architecture", None),
        ("architecture", Some("{}")),
        ("architecture", Some("[")),
    ] {
        let error = refused(key, value);
        assert!(matches!(&error, ModelError::File { what } if what.contains(key)), "{key} {value:?}: {error}");
    }
    let architecture = file.metadata["architecture"].clone();
    let changed = |from: &str, to: &str| {
        assert!(architecture.contains(from), "{architecture}");
        refused("architecture", Some(&architecture.replacen(from, to, 1)))
    };
    let unknown = changed("{", r#"{"attention":true,"#);
    assert!(matches!(&unknown, ModelError::File { what } if what.contains("attention")), "{unknown}");
    let unknown = changed(r#""kind":"#, r#""width":1,"kind":"#);
    assert!(matches!(&unknown, ModelError::File { what } if what.contains("width")), "{unknown}");
    let unknown = changed(r#""xplor""#, r#""sine""#);
    assert!(matches!(&unknown, ModelError::File { what } if what.contains("sine")), "{unknown}");
    let meaningless = changed(r#""max_harmonic":2"#, r#""max_harmonic":9"#);
    assert!(matches!(meaningless, ModelError::Architecture { .. }), "{meaningless}");
}

/// Sound checkpoints, as of another program, that hold no such model.
#[test]
fn checkpoints_of_another_kind_are_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schur-io/tests/fixtures");
    for name in ["checkpoint_protocol2.pth", "checkpoint_protocol5.pth"] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let error = Model::from_sevennet(&Checkpoint::read(&bytes).unwrap()).unwrap_err();
        assert!(matches!(&error, ModelError::Checkpoint { what } if !what.is_empty()), "{name}: {error}");
    }
}

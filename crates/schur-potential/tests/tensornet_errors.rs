//! Weights that do not fit or are damaged, structures that cannot be computed, and the way through a model file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/structures.rs"]
mod structures;
#[path = "models/tensornet.rs"]
mod tensornet;

use answers::{build, evaluate, plain, pool};
use schur_io::safetensors::ModelFile;
use schur_io::{Data, Tensor};
use schur_potential::{
    Architecture, Evaluation, Model, ModelError, PotentialError, PotentialOptions, Precision, Request,
};
use structures::{SMALL_CELL, random_structure};
use tensornet::{Form, fixture};

/// Why the potential cannot be built; `Box<dyn Potential>` has no `Debug`.
fn refusal(model: &Model) -> ModelError {
    match model.potential(&PotentialOptions::default(), pool(1)) {
        Ok(_) => panic!("accepted"),
        Err(error) => error,
    }
}

#[test]
fn every_weight_is_needed_in_its_shape_and_finite() {
    for form in Form::ALL {
        let model = form.random();
        for name in model.weights.keys() {
            let mut damaged = model.clone();
            let tensor = damaged.weights.remove(name).unwrap();
            assert_eq!(refusal(&damaged), ModelError::MissingWeight { name: name.clone() });
            let mut longer = tensor.to_f64();
            longer.push(0.0);
            let flat = Tensor::new(vec![longer.len()], Data::F64(longer)).unwrap();
            damaged.weights.insert(name.clone(), flat);
            assert!(matches!(refusal(&damaged), ModelError::WeightShape { name: found, .. } if found == *name));
            for bad in [f64::NAN, f64::INFINITY] {
                let mut numbers = tensor.to_f64();
                *numbers.last_mut().unwrap() = bad;
                let index = numbers.len() - 1;
                let tensor = Tensor::new(tensor.shape().to_vec(), Data::F64(numbers)).unwrap();
                damaged.weights.insert(name.clone(), tensor);
                let error = refusal(&damaged);
                let expected =
                    matches!(&error, ModelError::WeightNotFinite { name: n, index: i, .. } if n == name && *i == index);
                assert!(expected, "{error}");
            }
        }
    }
}

#[test]
fn a_model_file_gives_the_same_answer() {
    let structure = random_structure(6, SMALL_CELL, [true; 3], 1.2, 6);
    for form in Form::ALL {
        let model = form.random();
        let bytes = model.to_file().unwrap().to_bytes().unwrap();
        let read = Model::from_file(&ModelFile::from_bytes(&bytes).unwrap()).unwrap();
        assert_eq!(read, model);
        let [a, b] =
            [&model, &read].map(|model| evaluate(build(model, &plain(Precision::F32, false)).as_mut(), &structure));
        assert_eq!(a, b);
    }
}

#[test]
fn architectures_that_cannot_be_run_are_refused() {
    let change: [fn(&mut schur_potential::TensornetArchitecture); 6] = [
        |it| it.channels = 0,
        |it| it.layers = 65,
        |it| it.species.push(1),
        |it| it.species.clear(),
        |it| it.cutoff = f64::NAN,
        |it| it.readout_hidden = vec![0],
    ];
    for change in change {
        let mut model = Form::Mirrors.random();
        let Architecture::Tensornet(it) = &mut model.architecture else { panic!("a TensorNet") };
        change(it);
        assert!(matches!(refusal(&model), ModelError::Architecture { .. }));
    }
    let options = PotentialOptions { modality: Some("PBE".to_owned()), ..PotentialOptions::default() };
    assert!(matches!(Form::Mirrors.random().potential(&options, pool(1)).err(), Some(ModelError::NoModalities { .. })));
}

#[test]
fn structures_that_cannot_be_computed_are_refused() {
    let mut potential = build(&Form::Mirrors.random(), &PotentialOptions::default());
    let sound = random_structure(6, SMALL_CELL, [true; 3], 1.2, 6);
    let mut out = Evaluation::default();
    let mut of = |structure: &schur_atoms::Structure| potential.evaluate(structure, Request::ALL, &mut out);
    assert_eq!(of(&sound), Ok(()));
    let mut unknown = sound.clone();
    unknown.numbers[3] = 79;
    assert!(matches!(of(&unknown), Err(PotentialError::UnknownElement { atom: 3, element: "Au", .. })));
    let mut overlapping = sound.clone();
    overlapping.positions[2] = overlapping.positions[1];
    assert!(matches!(of(&overlapping), Err(PotentialError::Overlap { .. })));
    let mut broken = sound.clone();
    broken.positions[0][1] = f64::NAN;
    assert!(matches!(of(&broken), Err(PotentialError::Structure(_))));
    // What was refused leaves nothing behind.
    assert_eq!(of(&sound), Ok(()));
}

#[test]
fn the_card_tells_what_the_model_is() {
    let card = fixture("pbe").card();
    assert_eq!((card.family, card.cutoff, card.elements.len()), ("tensornet", 5.0, 89));
    assert_eq!(card.layers, vec!["128x0e+128x1o+128x2e"; 3]);
    // As many as matgl counts.
    assert_eq!(card.parameters, 837_378);
    let error = fixture("pbe").radial_table_error(&PotentialOptions::default()).unwrap();
    assert!(error.value < 1e-4 && error.derivative < 1e-3 && error.bytes > 0, "{error:?}");
}

//! CHGNet: weights that do not fit or are damaged, hostile files, and the way through a model file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "models/answers.rs"]
mod answers;
#[path = "models/chgnet.rs"]
mod chgnet;
#[path = "models/structures.rs"]
mod structures;

use std::io::{Cursor, Write};

use answers::{build, evaluate, plain, pool};
use chgnet::random_chgnet;
use schur_io::safetensors::ModelFile;
use schur_io::torch::Checkpoint;
use schur_io::{Data, Tensor};
use schur_potential::{Architecture, ChgnetArchitecture, Model, ModelError, PotentialOptions, Precision};
use structures::{SMALL_CELL, random_structure};

/// Why the potential cannot be built; `Box<dyn Potential>` has no `Debug`.
fn refusal(model: &Model) -> ModelError {
    match model.potential(&PotentialOptions::default(), pool(1)) {
        Ok(_) => panic!("accepted"),
        Err(error) => error,
    }
}

#[test]
fn every_weight_is_needed_in_its_shape_and_finite() {
    for normalized in [false, true] {
        let model = random_chgnet(normalized);
        for name in model.weights.keys() {
            let mut damaged = model.clone();
            let tensor = damaged.weights.remove(name).unwrap();
            assert_eq!(refusal(&damaged), ModelError::MissingWeight { name: name.clone() });
            let mut numbers = tensor.to_f64();
            *numbers.last_mut().unwrap() = f64::NAN;
            let bad = Tensor::new(tensor.shape().to_vec(), Data::F64(numbers.clone())).unwrap();
            damaged.weights.insert(name.clone(), bad);
            assert!(matches!(refusal(&damaged), ModelError::WeightNotFinite { name: found, .. } if found == *name));
            numbers.push(0.0);
            let longer = Tensor::new(vec![numbers.len()], Data::F64(numbers)).unwrap();
            damaged.weights.insert(name.clone(), longer);
            assert!(matches!(refusal(&damaged), ModelError::WeightShape { name: found, .. } if found == *name));
        }
    }
}

#[test]
fn a_model_file_gives_the_same_answer() {
    let structure = random_structure(6, SMALL_CELL, [true; 3], 1.2, 6);
    let model = random_chgnet(true);
    let bytes = model.to_file().unwrap().to_bytes().unwrap();
    let read = Model::from_file(&ModelFile::from_bytes(&bytes).unwrap()).unwrap();
    assert_eq!(read, model);
    let [a, b] =
        [&model, &read].map(|model| evaluate(build(model, &plain(Precision::F32, false)).as_mut(), &structure));
    assert_eq!(a, b);
    assert_eq!(read.card().family, "chgnet");
}

#[test]
fn architectures_that_cannot_be_run_are_refused() {
    let change: [fn(&mut ChgnetArchitecture); 7] = [
        |it| it.channels = 24,
        |it| it.layers = 1,
        |it| it.species.push(1),
        |it| it.angle_cutoff = 5.0,
        |it| it.cutoff = f64::NAN,
        |it| it.cutoff_power = 1,
        |it| it.readout_hidden = vec![0],
    ];
    for change in change {
        let mut model = random_chgnet(true);
        let Architecture::Chgnet(it) = &mut model.architecture else { panic!("a CHGNet") };
        change(it);
        assert!(matches!(refusal(&model), ModelError::Architecture { .. }));
    }
}

/// What comes of a checkpoint whose pickle is given, as text.
fn imported(pickle: &str) -> String {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("model/data.pkl", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(pickle.as_bytes()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    match Checkpoint::read(&bytes) {
        Ok(checkpoint) => Model::from_chgnet(&checkpoint).map_or_else(|error| error.to_string(), |_| "accepted".into()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn hostile_and_foreign_checkpoints_are_refused() {
    let marker = std::env::temp_dir().join(format!("schur-chgnet-payload-{}", std::process::id()));
    let payload = format!("cos\nsystem\n(S'touch {}'\ntR", marker.display());
    let text = imported(&format!("{payload}."));
    assert!(text.contains("system"), "{text}");
    let settings = format!("(dVmodel\n(dVstate_dict\n(dsVmodel_args\n(dVupdate_bond\n{payload}sss.");
    let text = imported(&settings);
    assert!(text.contains("update_bond") && text.contains("system"), "{text}");
    assert!(!marker.exists(), "the payload was run");
    let text = imported("(dVmodel\n(dVstate_dict\n(dsVmodel_args\n(dVupdate_bond\nI00\nsss.");
    assert!(text.contains("update_bond is false"), "{text}");
    for pickle in ["(d.", "(dVmodel\nNs.", "I3\n."] {
        assert_ne!(imported(pickle), "accepted", "{pickle}");
    }
}

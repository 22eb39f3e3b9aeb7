//! Small checkpoints against what PyTorch and numpy read from them (`fixtures/make_checkpoints.py`).
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use schur_io::torch::{Checkpoint, Item, Key, Kind};
use schur_io::{DType, Data};
use serde_json::Value as Json;

const FILES: [(&str, &[u8]); 2] = [
    ("protocol 2", include_bytes!("fixtures/checkpoint_protocol2.pth")),
    ("protocol 5", include_bytes!("fixtures/checkpoint_protocol5.pth")),
];

fn each(check: impl Fn(&str, Item, Json)) {
    let expected: Json = serde_json::from_str(include_str!("fixtures/checkpoints.json")).unwrap();
    for (name, bytes) in FILES {
        let checkpoint = Checkpoint::read(bytes).unwrap();
        check(name, checkpoint.root(), expected.clone());
    }
}

/// Reads a number as the script wrote it.
fn number(json: &Json) -> f64 {
    json.as_f64().unwrap_or_else(|| json.as_str().unwrap().parse().unwrap())
}

fn check_tensors(name: &str, part: Item, expected: &Json) {
    let expected = expected.as_object().unwrap();
    let entries = part.entries().unwrap();
    assert_eq!(entries.len(), expected.len(), "{name}");
    for (key, item) in entries {
        let row = &expected[&key.to_string()];
        let tensor = item.tensor().unwrap_or_else(|error| panic!("{name}: {error}"));
        let shape: Vec<usize> = serde_json::from_value(row["shape"].clone()).unwrap();
        let values: Vec<f64> = row["values"].as_array().unwrap().iter().map(number).collect();
        assert_eq!(tensor.shape(), shape, "{name}: {key}");
        assert_eq!(tensor.to_f64(), values, "{name}: {key}");
        assert!(matches!(item.kind().unwrap(), Kind::Tensor(_, s) | Kind::Array(_, s) if s == shape), "{name}: {key}");
    }
}

#[test]
fn tensors_of_every_type_and_layout() {
    each(|name, root, expected| {
        check_tensors(name, root.get("model_state_dict").unwrap(), &expected["model_state_dict"]);
    });
}

#[test]
fn numpy_arrays_of_every_type_and_layout() {
    each(|name, root, expected| check_tensors(name, root.get("arrays").unwrap(), &expected["arrays"]));
}

#[test]
fn element_types_are_kept() {
    each(|name, root, _| {
        let state = root.get("model_state_dict").unwrap();
        let kind = |key| state.get(key).unwrap().kind().unwrap();
        assert_eq!(kind("bf16"), Kind::Tensor(DType::BF16, vec![3]), "{name}");
        assert_eq!(kind("u16"), Kind::Tensor(DType::U16, vec![2]), "{name}");
        let wide = state.get("i64").unwrap().tensor().unwrap();
        assert_eq!(wide.data(), &Data::I64(vec![1 << 53, -(1 << 53)]), "{name}");
        assert_eq!(state.get("bool").unwrap().tensor().unwrap().data(), &Data::Bool(vec![true, false]), "{name}");
    });
}

#[test]
fn the_configuration_reads_as_json() {
    each(|name, root, expected| {
        assert_eq!(root.get("config").unwrap().to_json().unwrap(), expected["config"], "{name}");
    });
}

#[test]
fn values_come_with_their_types() {
    each(|name, root, _| {
        let config = root.get("config").unwrap();
        let get = |key| config.get(key).unwrap();
        assert_eq!(get("cutoff").as_f64().unwrap(), 5.0, "{name}");
        assert_eq!(get("species").at(1).unwrap().as_str().unwrap(), "O");
        assert!(get("train").as_bool().unwrap() && get("numpy_bool").as_bool().unwrap());
        assert!(get("nothing").is_none() && !get("train").is_none());
        assert_eq!(get("numpy_int").as_i64().unwrap(), -7);
        assert!(get("numpy_int").as_usize().is_err());
        assert_eq!(get("numpy_float32").as_f64().unwrap(), 0.5);
        assert_eq!(get("second_device").kind().unwrap(), Kind::Device("cuda", Some(1)));
        assert_eq!(get("dtype").kind().unwrap(), Kind::DType("float32"));
        let sizes: Vec<usize> = get("size").items().unwrap().iter().map(|item| item.as_usize().unwrap()).collect();
        assert_eq!(sizes, [2, 3]);
        let keys: Vec<Key> = get("type_map").entries().unwrap().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [Key::Int(72), Key::Int(8)]);
        assert_eq!(get("tuple").at(1).unwrap().to_f64s().unwrap(), [2.0, 3.0]);
        assert_eq!(root.get("arrays").unwrap().get("f8").unwrap().to_f64s().unwrap(), [0.1, 2.0, 3.0, -4.0]);
        assert_eq!(get("cutoff").to_f64s().unwrap(), [5.0]);
        assert!(config.find("absent").unwrap().is_none());
    });
}

#[test]
fn what_is_not_known_is_named_and_harms_nothing_else() {
    each(|name, root, _| {
        let unknown = root.get("unknown").unwrap();
        let found = |key: &str| unknown.get(key).unwrap().tensor().unwrap_err().to_string();
        for (key, message) in [
            ("namespace", "unknown.namespace: expected a tensor or an array, found an object of `argparse.Namespace`"),
            ("path", "found an object of `pathlib"),
            ("complex_tensor", "unknown.complex_tensor: malformed, expected a storage of real numbers"),
            ("objects", "_reconstruct`, which is never run here"),
            ("strings", "which is never run here"),
            ("huge", "int beyond 64 bits"),
        ] {
            assert!(found(key).contains(message), "{name}: {}", found(key));
        }
        assert_eq!(root.get("epoch").unwrap().as_i64().unwrap(), 3);
    });
}

//! Model files against the reference implementation of the format, both ways, and damaged ones.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use schur_io::safetensors::{ModelFile, ModelFileError};
use schur_io::{Data, Tensor};

fn example() -> ModelFile {
    let tensors = [
        ("b.weight", vec![2, 3], Data::F32(vec![1.0, -2.5, f32::MIN_POSITIVE, 0.0, 3e38, -0.0])),
        ("a.index", vec![3], Data::I32(vec![-1, 0, i32::MAX])),
        ("a.shift", vec![], Data::F64(vec![0.1])),
        ("mask", vec![3], Data::Bool(vec![true, false, true])),
        ("empty", vec![0, 4], Data::F32(vec![])),
        ("bytes", vec![1], Data::U8(vec![255])),
        ("steps", vec![1], Data::I64(vec![i64::MIN])),
    ];
    ModelFile {
        metadata: BTreeMap::from([
            ("format".into(), "schur".into()),
            ("config".into(), "{\"l\":2,\"å\":\"\\n\"}".into()),
        ]),
        tensors: tensors
            .into_iter()
            .map(|(name, shape, data)| (name.into(), Tensor::new(shape, data).unwrap()))
            .collect(),
    }
}

#[test]
fn the_reference_reads_what_we_write() {
    let model = example();
    let bytes = model.to_bytes().unwrap();
    let theirs = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(theirs.len(), model.tensors.len());
    let weight = theirs.tensor("b.weight").unwrap();
    assert_eq!((weight.dtype(), weight.shape()), (Dtype::F32, &[2, 3][..]));
    let expected: Vec<u8> =
        [1.0f32, -2.5, f32::MIN_POSITIVE, 0.0, 3e38, -0.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert_eq!(weight.data(), expected);
    for name in theirs.names() {
        let view = theirs.tensor(name).unwrap();
        assert_eq!(view.shape(), model.tensors[name].shape(), "{name}");
    }
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata: BTreeMap<_, _> = header.metadata().clone().unwrap().into_iter().collect();
    assert_eq!(metadata, model.metadata);
}

#[test]
fn we_read_what_the_reference_writes() {
    let floats: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let halves = [0x00, 0x3c, 0x00, 0xc0]; // 1 and -2 as binary16
    let views = [
        ("x", TensorView::new(Dtype::F64, vec![1, 2], &floats).unwrap()),
        ("h", TensorView::new(Dtype::F16, vec![2], &halves).unwrap()),
        ("i", TensorView::new(Dtype::I8, vec![2], &[0xff, 1]).unwrap()),
    ];
    let info = HashMap::from([("k".to_owned(), "v".to_owned())]);
    let model = ModelFile::from_bytes(&serialize(views, Some(info)).unwrap()).unwrap();
    assert_eq!(model.metadata["k"], "v");
    assert_eq!(model.tensors["x"], Tensor::new(vec![1, 2], Data::F64(vec![1.5, -2.0])).unwrap());
    assert_eq!(model.tensors["h"].data(), &Data::F32(vec![1.0, -2.0]));
    assert_eq!(model.tensors["i"].data(), &Data::I32(vec![-1, 1]));
}

#[test]
fn every_truncation_and_bit_flip_is_refused_or_read() {
    let bytes = example().to_bytes().unwrap();
    for n in 0..bytes.len() {
        assert!(ModelFile::from_bytes(&bytes[..n]).is_err(), "cut to {n} bytes");
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(model) = ModelFile::from_bytes(&flipped) {
            assert!(model.tensors.values().all(|tensor| tensor.shape().iter().product::<usize>() == tensor.len()));
        }
    }
}

fn with_header(header: &str, data: &[u8]) -> Result<ModelFile, ModelFileError> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    ModelFile::from_bytes(&bytes)
}

#[test]
fn errors_name_the_tensor() {
    let cases = [
        (r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "tensor `w`: shape [2] of F32"),
        (r#"{"w":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#, "tensor `w`: elements of type `F8_E4M3`"),
        (r#"{"w":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#, "tensor `w` begins at byte 2"),
        (r#"{"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,4]}}"#, "tensor `w`: `shape`"),
        (r#"{"w":{"dtype":"U8","shape":[4],"data_offsets":[0]}}"#, "tensor `w`: `data_offsets`"),
        (r#"{"w":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}"#, "tensor `w`: shape [4] of U8"),
        (r#"{"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}"#, "take 8 bytes but the file holds 4"),
        (r#"{"w":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615]}}"#, "take 184"),
        (r#"{"w":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, "tensor `w`: shape"),
        (r#"{"w":7}"#, "tensor `w`: `dtype`"),
        (r#"{"__metadata__":{"k":1}}"#, "metadata `k`"),
        (r#"{"__metadata__":[]}"#, "not an object"),
        ("[]", "not an object"),
        ("{", "not JSON"),
    ];
    for (header, message) in cases {
        let error = with_header(header, &[0; 4]).unwrap_err().to_string();
        assert!(error.contains(message), "{header}: {error}");
    }
    let overlapping =
        r#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#;
    assert!(with_header(overlapping, &[0; 4]).unwrap_err().to_string().contains("tensor `b` begins at byte 2"));
    assert!(with_header(&"[".repeat(100_000), &[]).unwrap_err().to_string().contains("not JSON"));
}

#[test]
fn a_tensor_may_not_take_the_reserved_name() {
    let mut model = example();
    model.tensors.insert("__metadata__".into(), Tensor::new(vec![1], Data::U8(vec![1])).unwrap());
    assert!(matches!(model.to_bytes(), Err(ModelFileError::ReservedName)));
}

proptest! {
    #[test]
    fn round_trip(
        metadata in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..4),
        tensors in proptest::collection::btree_map("[^_].{0,8}", proptest::collection::vec(-1e300..1e300f64, 0..9), 0..5),
    ) {
        let tensors = tensors.into_iter().map(|(name, x)| (name, Tensor::new(vec![x.len()], Data::F64(x)).unwrap())).collect();
        let model = ModelFile { metadata, tensors };
        let bytes = model.to_bytes().unwrap();
        prop_assert_eq!(&ModelFile::from_bytes(&bytes).unwrap(), &model);
        prop_assert!(SafeTensors::deserialize(&bytes).is_ok());
        prop_assert_eq!(bytes, model.clone().to_bytes().unwrap());
    }
}

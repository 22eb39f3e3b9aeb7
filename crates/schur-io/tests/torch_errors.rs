//! Hostile, damaged and contradictory checkpoints: each is refused with the place, and nothing panics.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use std::io::{Cursor, Write};

use schur_io::torch::{Checkpoint, Item, Kind, TorchError};
use zip::CompressionMethod::{Deflated, Stored};
use zip::write::{SimpleFileOptions, ZipWriter};

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(Stored)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Assembles the call that makes a tensor; the arguments are opcodes of protocol 0.
fn tensor(class: &str, elements: &str, offset: &str, shape: &str, strides: &str) -> String {
    let storage = format!("(Vstorage\nctorch\n{class}\nV0\nVcpu\n{elements}tQ");
    format!("ctorch._utils\n_rebuild_tensor_v2\n({storage}{offset}({shape}t({strides}tI00\n}}tR")
}

/// Assembles a checkpoint of one tensor `x` over a storage of these bytes.
fn with_tensor(program: &str, storage: &[u8]) -> Vec<u8> {
    let pickle = format!("(dVx\n{program}s.");
    archive(&[("tmp/data.pkl", pickle.as_bytes()), ("tmp/data/0", storage)])
}

fn read_x(bytes: &[u8]) -> Result<Vec<f64>, TorchError> {
    Ok(Checkpoint::read(bytes)?.root().get("x")?.tensor()?.to_f64())
}

fn with_pickle<T>(program: &[u8], check: impl FnOnce(Item) -> T) -> T {
    let bytes = archive(&[("archive/data.pkl", program)]);
    let checkpoint = Checkpoint::read(&bytes).unwrap();
    check(checkpoint.root())
}

const FLOATS: [u8; 16] = [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64]; // 1, 2, 3, 4

#[test]
fn a_call_of_the_system_stays_data() {
    with_pickle(b"cos\nsystem\n(S'touch owned'\ntR.", |root| {
        assert_eq!(root.kind().unwrap(), Kind::Unknown { module: "os", name: "system" });
        let message = root.get("config").unwrap_err().to_string();
        assert_eq!(
            message,
            "the checkpoint: expected a dictionary, found an object of `os.system`, which is never run here"
        );
    });
}

#[test]
fn a_hostile_part_does_not_hide_the_others() {
    let program = b"(dVconfig\n(dVcutoff\nF5.0\nssVoptimizer\ncposix\nsystem\n(S'id'\ntRs.";
    with_pickle(program, |root| {
        assert_eq!(root.get("config").unwrap().get("cutoff").unwrap().as_f64().unwrap(), 5.0);
        assert!(root.get("optimizer").unwrap().tensor().unwrap_err().to_string().contains("optimizer: expected"));
        assert_eq!(root.to_json().unwrap()["optimizer"], "<posix.system>");
    });
}

#[test]
fn a_storage_far_longer_than_its_file_is_refused() {
    let elements = 5 << 20;
    let program = tensor("FloatStorage", &format!("I{elements}\n"), "I0\n", "I1\n", "I1\n");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("tmp/data.pkl", SimpleFileOptions::default()).unwrap();
    writer.write_all(format!("(dVx\n{program}s.").as_bytes()).unwrap();
    writer.start_file("tmp/data/0", SimpleFileOptions::default().compression_method(Deflated)).unwrap();
    writer.write_all(&vec![0; 4 * elements]).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    let error = read_x(&bytes).unwrap_err().to_string();
    assert!(error.contains("`tmp/data/0` declares 20971520 bytes, more than the limit of 16777216"), "{error}");
}

#[test]
fn tensors_are_held_to_their_storage() {
    let float = |offset, shape, strides| tensor("FloatStorage", "I4\n", offset, shape, strides);
    let x = with_tensor(&float("I1\n", "I2\n", "I2\n"), &FLOATS);
    assert_eq!(read_x(&x).unwrap(), [2.0, 4.0]);
    let huge = "L4611686018427387904L\n";
    for (program, message) in [
        (float("I2\n", "I2\n", "I2\n"), "x: shape [2] reaches beyond the 4 elements"),
        (float("I4\n", "", ""), "x: shape [] reaches beyond"),
        (float("I0\n", &format!("{huge}{huge}"), "I1\nI1\n"), "reaches beyond"),
        (float("I0\n", "I3\n", huge), "reaches beyond"),
        (
            float("I0\n", "I2000000\n", "I0\n"),
            "x: shape [2000000] repeats 4 stored elements beyond the limit of 1048576",
        ),
        (float("I0\n", "I2\n", "I-1\n"), "x: malformed, expected strides of at least 0"),
        (float("I-1\n", "I2\n", "I1\n"), "x: malformed, expected an offset"),
        (float("I0\n", "I2\nI2\n", "I1\n"), "as many strides as sizes"),
        (float("I0\n", &"I1\n".repeat(65), &"I1\n".repeat(65)), "at most 64 sizes"),
        (float("I0\n", "Vtwo\n", "I1\n"), "a shape of"),
        (tensor("FloatStorage", "I5\n", "I0\n", "I1\n", "I1\n"), "x: `tmp/data/0` should hold 20 bytes but holds 16"),
        (tensor("FloatStorage", huge, "I0\n", "I1\n", "I1\n"), "a storage that fits in memory"),
        (tensor("DoubleStorage", "I4\n", "I0\n", "I1\n", "I1\n"), "should hold 32 bytes"),
        (tensor("EvilStorage", "I4\n", "I0\n", "I1\n", "I1\n"), "a storage of real numbers"),
    ] {
        let error = read_x(&with_tensor(&program, &FLOATS)).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_missing_storage_is_named() {
    let program = format!("(dVx\n{}s.", tensor("FloatStorage", "I4\n", "I0\n", "I1\n", "I1\n"));
    let error = read_x(&archive(&[("tmp/data.pkl", program.as_bytes())])).unwrap_err();
    assert_eq!(error.to_string(), "the archive has no member `tmp/data/0`");
}

#[test]
fn the_byte_order_is_respected() {
    let program = format!("(dVx\n{}s.", tensor("FloatStorage", "I1\n", "I0\n", "I1\n", "I1\n"));
    let read = |order: &[u8]| {
        let members =
            [("r/data.pkl", program.as_bytes()), ("r/byteorder", order), ("r/data/0", &[0x40, 0x49, 0x0f, 0xdb])];
        read_x(&archive(&members))
    };
    assert_eq!(read(b"big").unwrap(), [f64::from(std::f32::consts::PI)]);
    assert!(read(b"little").unwrap()[0] < 0.0);
    assert!(read(b"middle").unwrap_err().to_string().contains("byte order `middle`"));
    assert!(read(&[b'x'; 100]).unwrap_err().to_string().contains("more than the limit of 64"));
}

#[test]
fn other_files_are_told_apart() {
    let message = |bytes: &[u8]| Checkpoint::read(bytes).unwrap_err().to_string();
    assert!(message(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.").contains("before version 1.6"));
    assert!(message(b"").contains("not a readable zip archive"));
    assert!(message(b"[config]\n").contains("not a readable zip archive"));
    assert!(message(&archive(&[("a/b", b"")])).contains("no `data.pkl`"));
    assert!(message(&archive(&[("a/data.pkl", b"N."), ("b/data.pkl", b"N.")])).contains("a/data.pkl, b/data.pkl"));
    let error = message(&archive(&[("a/data.pkl", b"K\x01a.")]));
    assert!(error.starts_with("member `a/data.pkl`: pickle byte 2 (APPEND): takes 1 from the stack"), "{error}");
}

#[test]
fn lookups_name_the_path() {
    with_pickle(b"(dVconfig\n(dVa b\n(lI1\naVx\nass.", |root| {
        let list = root.get("config").unwrap().get("a b").unwrap();
        let message = |result: Result<f64, TorchError>| result.unwrap_err().to_string();
        assert_eq!(list.path(), "config[\"a b\"]");
        assert_eq!(message(list.at(1).unwrap().as_f64()), "config[\"a b\"][1]: expected a number, found text");
        let error = list.at(2).unwrap_err().to_string();
        assert_eq!(error, "config[\"a b\"] has no item 2; it has 2 items");
        let error = root.get("confg").unwrap_err().to_string();
        assert_eq!(error, "the checkpoint has no key `confg`; it has `config`");
    });
}

#[test]
fn of_equal_keys_the_last_counts() {
    with_pickle(b"(dVa\nI1\nsVb\nI2\nsVa\nI3\ns.", |root| {
        assert_eq!(root.get("a").unwrap().as_i64().unwrap(), 3);
        assert_eq!(root.to_json().unwrap().to_string(), r#"{"a":3,"b":2}"#);
    });
}

#[test]
fn cycles_chains_and_sharing_end() {
    // A list that holds itself.
    with_pickle(b"]q\x00h\x00a.", |root| {
        assert!(matches!(root.to_json(), Err(TorchError::TooLarge { .. })));
        assert_eq!(root.at(0).unwrap().at(0).unwrap().path(), "[0][0]");
    });
    // t = (t, t), forty times: 2^40 leaves when unrolled.
    let mut bomb = b")".to_vec();
    (0..40).for_each(|_| bomb.extend(b"2\x86"));
    bomb.push(b'.');
    with_pickle(&bomb, |root| assert!(matches!(root.to_json(), Err(TorchError::TooLarge { .. }))));
    // A parameter of a parameter of ...
    let chain =
        [&b"ctorch._utils\n_rebuild_parameter\nq\x00"[..], &b"h\x00".repeat(20), b"N", &b"\x85R".repeat(20), b"."];
    with_pickle(&chain.concat(), |root| assert!(matches!(root.kind(), Err(TorchError::Malformed { .. }))));
}

/// Reads everything that can be read.
fn read_all(bytes: &[u8]) -> Result<(), TorchError> {
    let checkpoint = Checkpoint::read(bytes)?;
    for (_, part) in checkpoint.root().entries()? {
        part.to_json()?;
    }
    Ok(())
}

#[test]
fn every_truncation_is_refused() {
    let bytes = include_bytes!("fixtures/checkpoint_protocol2.pth");
    for n in 0..bytes.len() {
        assert!(read_all(&bytes[..n]).is_err(), "cut to {n} bytes");
    }
}

#[test]
fn bit_flips_do_not_panic_and_flipped_tensors_are_refused() {
    let bytes = include_bytes!("fixtures/checkpoint_protocol5.pth");
    // 7 is coprime to 8, so that every bit position is met.
    for bit in (0..bytes.len() * 8).step_by(7) {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let _ = read_all(&flipped);
    }
    let pattern: Vec<u8> = (-1.0f32).to_le_bytes().into_iter().chain((-0.875f32).to_le_bytes()).collect();
    let at = bytes.windows(8).position(|window| window == pattern).unwrap();
    let mut flipped = bytes.to_vec();
    flipped[at] ^= 1;
    assert!(read_all(&flipped).unwrap_err().to_string().contains("Invalid checksum"));
}

//! Pickles of every protocol against what Python's own unpickler makes of them (`fixtures/make_pickles.py`).
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use schur_io::pickle::{Limits, Origin, Pickle, Value, ValueId, parse};
use serde_json::{Value as Json, json};

/// Writes a value as the fixture's script does.
fn show(pickle: &Pickle, id: ValueId) -> Json {
    let all = |ids: &[ValueId]| Json::Array(ids.iter().map(|&id| show(pickle, id)).collect());
    let pairs = |entries: &[(ValueId, ValueId)]| -> Json {
        entries.iter().map(|&(key, value)| all(&[key, value])).collect::<Vec<_>>().into()
    };
    match &pickle[id] {
        Value::None => Json::Null,
        Value::Bool(x) => json!(x),
        Value::Int(x) => json!({ "int": x.to_string() }),
        Value::BigInt(bytes) => json!({ "int": decimal(bytes) }),
        Value::Float(x) => json!({ "float": hex(&x.to_be_bytes()) }),
        Value::Text(text) => json!(**text),
        Value::Bytes(bytes) => json!({ "bytes": hex(bytes) }),
        Value::ByteArray(bytes) => json!({ "bytearray": hex(bytes) }),
        Value::List(ids) => all(ids),
        Value::Tuple(ids) => json!({ "tuple": all(ids) }),
        Value::Dict(entries) => json!({ "dict": pairs(entries) }),
        Value::Set(ids) => json!({ "set": sorted(all(ids)) }),
        Value::FrozenSet(ids) => json!({ "frozenset": sorted(all(ids)) }),
        Value::Global { module, name } => json!({ "global": [**module, **name] }),
        Value::Object(object) => {
            let mut out = origin(pickle, &object.origin);
            for (name, part) in [("items", &object.items), ("states", &object.states)] {
                if !part.is_empty() {
                    out[name] = all(part);
                }
            }
            if !object.entries.is_empty() {
                out["entries"] = pairs(&object.entries);
            }
            out
        }
        other => panic!("{other:?} in a fixture"),
    }
}

fn origin(pickle: &Pickle, origin: &Origin) -> Json {
    let args = |id| show(pickle, id)["tuple"].clone();
    match origin {
        Origin::Reduce { callable, args: a } => match &pickle[*callable] {
            Value::Global { module, name } => json!({ "reduce": [**module, **name], "args": args(*a) }),
            _ => json!({ "call": show(pickle, *callable), "args": args(*a) }),
        },
        Origin::New { class, args: a, kwargs } => {
            let mut out = json!({ "new": show(pickle, *class)["global"], "args": args(*a) });
            if let Some(kwargs) = kwargs
                && show(pickle, *kwargs) != json!({ "dict": [] })
            {
                out["kwargs"] = show(pickle, *kwargs);
            }
            out
        }
        Origin::Persistent(id) => json!({ "persistent": show(pickle, *id) }),
        other => panic!("{other:?} in a fixture"),
    }
}

fn sorted(list: Json) -> Json {
    let Json::Array(mut items) = list else { panic!("not a list") };
    items.sort_by_key(Json::to_string);
    Json::Array(items)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// Writes a little-endian two's complement integer in decimal by schoolbook division.
fn decimal(bytes: &[u8]) -> String {
    let negative = bytes.last().unwrap() & 0x80 != 0;
    let mut magnitude = bytes.to_vec();
    if negative {
        let mut carry = 1;
        for byte in &mut magnitude {
            let sum = u16::from(!*byte) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
    }
    let mut digits = Vec::new();
    while magnitude.iter().any(|&byte| byte != 0) {
        let remainder = magnitude.iter_mut().rev().fold(0, |remainder, byte| {
            let part = remainder * 256 + u32::from(*byte);
            *byte = (part / 10) as u8;
            part % 10
        });
        digits.push(char::from_digit(remainder, 10).unwrap());
    }
    digits.extend(negative.then_some('-'));
    digits.iter().rev().collect()
}

#[test]
fn every_fixture_reads_as_python_reads_it() {
    let rows: Vec<Json> = serde_json::from_str(include_str!("fixtures/pickles.json")).unwrap();
    assert!(rows.len() > 200, "only {} fixtures", rows.len());
    for row in rows {
        let name = row["name"].as_str().unwrap();
        let bytes = unhex(row["pickle"].as_str().unwrap());
        let pickle = parse(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        // Through text, so that the order of object members plays no part.
        assert_eq!(show(&pickle, pickle.root()), row["expected"], "{name}");
    }
}

#[test]
fn the_length_ends_with_stop() {
    let pickle = parse(b"K\x01.rest", &Limits::default()).unwrap();
    assert_eq!(pickle.length_in_bytes(), 3);
}

#[test]
fn out_of_band_buffers_and_extensions_stay_symbolic() {
    // (next buffer, next buffer made read-only, extension codes 7, 300 and 70000)
    let bytes = b"\x80\x05(\x97\x97\x98\x82\x07\x83\x2c\x01\x84\x70\x11\x01\x00t.";
    let pickle = parse(bytes, &Limits::default()).unwrap();
    let Value::Tuple(ids) = &pickle[pickle.root()] else { panic!("not a tuple") };
    assert_eq!((&pickle[ids[0]], &pickle[ids[1]]), (&Value::Buffer(0), &Value::Buffer(1)));
    let code = |id: ValueId| match &pickle[id] {
        Value::Object(object) => object.origin.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!([2, 3, 4].map(|i| code(ids[i])), [7, 300, 70000].map(Origin::Extension));
}

#[test]
fn sharing_and_cycles_are_by_reference() {
    // l = []; l.append(l)
    let cycle = parse(b"]q\x00h\x00a.", &Limits::default()).unwrap();
    assert_eq!(cycle[cycle.root()], Value::List(vec![cycle.root()]));
    // An object already in the memo gets its state afterwards.
    let built = parse(b"(cm\nC\n)Rq\x00}bh\x00t.", &Limits::default()).unwrap();
    let Value::Tuple(ids) = &built[built.root()] else { panic!("not a tuple") };
    assert_eq!(ids[0], ids[1]);
    assert!(matches!(&built[ids[0]], Value::Object(object) if object.states.len() == 1));
}

//! Random values written by a small writer read back, and random bytes never panic or grow.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use proptest::prelude::*;
use schur_io::pickle::{Limits, Pickle, Value, ValueId, parse};

/// What a plain pickle can hold.
#[derive(Debug, Clone)]
enum Tree {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Tree>),
    Tuple(Vec<Tree>),
    Dict(Vec<(Tree, Tree)>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::None),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Int),
        (-300i64..300).prop_map(Tree::Int),
        any::<f64>().prop_map(Tree::Float),
        any::<String>().prop_map(Tree::Text),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(Tree::Bytes),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Tree::List),
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Tree::Tuple),
            proptest::collection::vec((inner.clone(), inner), 0..4).prop_map(Tree::Dict),
        ]
    })
}

/// Writes with opcodes of protocol 0 where there are some, or else of later ones.
fn write(tree: &Tree, text_forms: bool, out: &mut Vec<u8>) {
    match tree {
        Tree::None => out.push(b'N'),
        Tree::Bool(x) if text_forms => out.extend(if *x { b"I01\n" } else { b"I00\n" }),
        Tree::Bool(x) => out.push(if *x { 0x88 } else { 0x89 }),
        Tree::Int(x) if text_forms => out.extend(format!("L{x}L\n").bytes()),
        Tree::Int(x) => {
            out.extend([0x8a, 8]);
            out.extend(x.to_le_bytes());
        }
        Tree::Float(x) if text_forms => out.extend(format!("F{x:e}\n").bytes()),
        Tree::Float(x) => {
            out.push(b'G');
            out.extend(x.to_be_bytes());
        }
        Tree::Text(text) if text_forms => {
            let escaped: String = text.chars().map(|c| format!("\\U{:08x}", c as u32)).collect();
            out.extend(format!("V{escaped}\n").bytes());
        }
        Tree::Text(text) => {
            out.push(0x8d);
            out.extend((text.len() as u64).to_le_bytes());
            out.extend(text.bytes());
        }
        Tree::Bytes(bytes) => {
            out.push(b'B');
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend(bytes);
        }
        Tree::List(items) | Tree::Tuple(items) => {
            out.push(b'(');
            items.iter().for_each(|item| write(item, text_forms, out));
            out.push(if matches!(tree, Tree::List(_)) { b'l' } else { b't' });
        }
        Tree::Dict(pairs) => {
            out.extend(b"}(");
            for (key, value) in pairs {
                write(key, text_forms, out);
                write(value, text_forms, out);
            }
            out.push(b'u');
        }
    }
}

fn same(pickle: &Pickle, id: ValueId, tree: &Tree) -> bool {
    let all = |ids: &[ValueId], items: &[Tree]| {
        ids.len() == items.len() && ids.iter().zip(items).all(|(&id, item)| same(pickle, id, item))
    };
    match (&pickle[id], tree) {
        (Value::None, Tree::None) => true,
        (Value::Bool(a), Tree::Bool(b)) => a == b,
        (Value::Int(a), Tree::Int(b)) => a == b,
        (Value::Float(a), Tree::Float(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::Text(a), Tree::Text(b)) => **a == **b,
        (Value::Bytes(a), Tree::Bytes(b)) => **a == **b,
        (Value::List(ids), Tree::List(items)) => all(ids, items),
        (Value::Tuple(ids), Tree::Tuple(items)) => all(ids, items),
        (Value::Dict(entries), Tree::Dict(pairs)) => {
            entries.len() == pairs.len()
                && entries
                    .iter()
                    .zip(pairs)
                    .all(|(&(k, v), (key, value))| same(pickle, k, key) && same(pickle, v, value))
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(tree in tree(), text_forms: bool) {
        let mut bytes = Vec::new();
        write(&tree, text_forms, &mut bytes);
        bytes.push(b'.');
        let pickle = parse(&bytes, &Limits::default()).unwrap();
        prop_assert!(same(&pickle, pickle.root(), &tree), "{:?}", pickle);
    }

    #[test]
    fn random_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes, &Limits::default());
    }

    /// Random programs of opcodes that take no arguments, over a stack with something of each kind on it.
    #[test]
    fn random_programs_stay_small(choices in proptest::collection::vec(0usize..30, 0..400)) {
        const OPCODES: [&[u8]; 30] = [
            b"(", b"0", b"1", b"2", b"N", b"\x88", b"]", b")", b"}", b"\x8f", b"l", b"t", b"d", b"a", b"e", b"s", b"u",
            b"b", b"R", b"\x81", b"\x85", b"\x86", b"\x87", b"\x90", b"\x91", b"\x94", b"h\x00", b"h\x03", b"Q", b"cm\nn\n",
        ];
        let mut bytes = b"cm\nn\n\x94]\x94}\x94)\x94".to_vec();
        choices.iter().for_each(|&i| bytes.extend(OPCODES[i]));
        bytes.push(b'.');
        if let Ok(pickle) = parse(&bytes, &Limits::default()) {
            prop_assert!(pickle.len() <= bytes.len());
        }
    }
}

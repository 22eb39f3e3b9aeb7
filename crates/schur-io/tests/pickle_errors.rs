//! Hostile and damaged pickles: refused at the byte at fault, within bounded time and memory, and without a panic.
#![allow(clippy::unwrap_used, reason = "a test may panic, also in the functions it is made of")]

use schur_io::pickle::{Limits, Pickle, PickleError, PickleErrorKind, Value, parse};

fn read(bytes: &[u8]) -> Result<Pickle, PickleError> {
    parse(bytes, &Limits::default())
}

fn message(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn errors_name_byte_opcode_and_what_was_expected() {
    for (bytes, expected) in [
        (&b""[..], "pickle byte 0 (start): the pickle ends without STOP"),
        (b"K\x01", "pickle byte 0 (BININT1): the pickle ends without STOP"),
        (b"N\xff", "pickle byte 1 (none): byte 0xff is no opcode"),
        (b"\x80\x06N.", "pickle byte 0 (PROTO): protocol 6"),
        (b"X\x05\0\0\0abc", "pickle byte 0 (BINUNICODE): needs 5 more bytes, but only 3 are left"),
        (b"X\x02\0\0\0\xc3\x28.", "pickle byte 0 (BINUNICODE): expected UTF-8 text, found `\\xc3(`"),
        (b"I12", "pickle byte 0 (INT): the line has no end"),
        (b"I12x\n.", "pickle byte 0 (INT): expected an integer, found `12x`"),
        (b"L\n.", "(LONG): expected an integer"),
        (b"F1.0.0\n.", "(FLOAT): expected a float, found `1.0.0`"),
        (b"S'abc\n.", "(STRING): expected a quoted string, found `\\'abc`"),
        (b"S'\\x4'\n.", "(STRING): expected a quoted string"),
        (b"V\\ud800\n.", "(UNICODE): expected text with complete escapes and no lone surrogate"),
        (b"V\\u12\n.", "(UNICODE): expected text"),
        (b"T\xff\xff\xff\xff.", "(BINSTRING): expected a length of at least 0, found `-1`"),
        (b"\x8b\xff\xff\xff\xff.", "(LONG4): expected a length of at least 0, found `-1`"),
        (b".", "pickle byte 0 (STOP): takes 1 from the stack, which holds 0"),
        (b"NN(\x86.", "pickle byte 3 (TUPLE2): takes 2 from the stack, which holds 0 since the last mark"),
        (b"Nt.", "pickle byte 1 (TUPLE): needs a mark"),
        (b"h\x05.", "pickle byte 0 (BINGET): reads memo entry 5"),
        (b"gx\n.", "(GET): expected a memo entry, found `x`"),
        (b"(NNNd.", "(DICT): 3 values do not make pairs"),
        (b"}(Nu.", "(SETITEMS): 1 values do not make pairs"),
        (b"NNa.", "(APPEND): expected a list or an object to append to, found None"),
        (b"NNNs.", "(SETITEM): expected a dict or an object to set items on, found None"),
        (b"](N\x90.", "(ADDITEMS): expected a set or an object to add to, found list"),
        (b"NNb.", "(BUILD): expected an object to set the state of, found None"),
        (b"K\x01)R.", "(REDUCE): expected a global name or an object to call, found int"),
        (b"cos\nsystem\nNR.", "(REDUCE): expected a tuple of arguments, found None"),
        (b"cos\nsystem\n))\x92.", "(NEWOBJ_EX): expected a dict of named arguments, found tuple"),
        (b"NN\x93.", "(STACK_GLOBAL): expected text that names a module or a class, found None"),
        (b"cos\n", "(GLOBAL): the line has no end"),
        (b"c\xff\nx\n.", "(GLOBAL): expected UTF-8 text, found `\\xff`"),
        (b"(o.", "(OBJ): takes 1 from the stack, which holds 0"),
        (b"\x82\0.", "(EXT1): expected an extension code of at least 1, found `0`"),
        (b"\x84\xff\xff\xff\xff.", "(EXT4): expected an extension code"),
        (b"\x95\x02\0\0\0\0\0\0\0N", "(FRAME): needs 2 more bytes, but only 1 are left"),
        (b"N\x98.", "(READONLY_BUFFER): expected a buffer, found None"),
    ] {
        let found = message(bytes);
        assert!(found.contains(expected), "{}: {found}", bytes.escape_ascii());
    }
}

#[test]
fn a_declared_length_is_never_believed() {
    for opcode in [b"\x8d", b"\x8e", b"\x96", b"\x95"] {
        let bytes = [&opcode[..], &u64::MAX.to_le_bytes(), b"abc"].concat();
        let kind = read(&bytes).unwrap_err().kind;
        assert_eq!(kind, PickleErrorKind::Truncated { needed: u64::MAX, left: 3 });
    }
    for opcode in [b"X", b"B"] {
        let bytes = [&opcode[..], &u32::MAX.to_le_bytes(), b"abc"].concat();
        let kind = read(&bytes).unwrap_err().kind;
        assert_eq!(kind, PickleErrorKind::Truncated { needed: u64::from(u32::MAX), left: 3 });
    }
}

/// A million levels: parsing and dropping must not use the stack for each.
#[test]
fn deep_nesting_is_ordinary() {
    const DEPTH: usize = 1_000_000;
    let lists = [&b"]".repeat(DEPTH)[..], &b"a".repeat(DEPTH - 1), b"."].concat();
    assert_eq!(read(&lists).unwrap().len(), DEPTH);
    let tuples = [&b")"[..], &b"\x85".repeat(DEPTH - 1), b"."].concat();
    assert_eq!(read(&tuples).unwrap().clone(), read(&tuples).unwrap());
    let marks = [&b"(".repeat(DEPTH)[..], &b"t".repeat(DEPTH), b"."].concat();
    assert_eq!(read(&marks).unwrap().len(), DEPTH);
}

/// l = [l, l, ...] of tuples of tuples: 10^18 leaves when unrolled, a few hundred values here.
#[test]
fn a_memo_bomb_stays_small() {
    let mut bytes = b"]q\x00".to_vec();
    for level in 0..60u8 {
        bytes.extend([b'(', b'h', level, b'h', level, b't', b'q', level + 1]);
    }
    bytes.push(b'.');
    assert_eq!(read(&bytes).unwrap().len(), 61);
    // A name of a megabyte used ten thousand times is held once.
    let name = "n".repeat(1 << 20);
    let mut bytes = [b"(X\0\0\x10\0", name.as_bytes(), b"q\x00"].concat();
    bytes.extend(b"h\x00h\x00\x93".repeat(10_000));
    bytes.extend(b"t.");
    let pickle = read(&bytes).unwrap();
    let Value::Tuple(ids) = &pickle[pickle.root()] else { panic!("not a tuple") };
    let (Value::Global { module, .. }, Value::Global { name, .. }) = (&pickle[ids[1]], &pickle[ids[9999]]) else {
        panic!("not globals")
    };
    assert!(std::ptr::eq(&**module, &**name));
}

#[test]
fn limits_are_kept() {
    let limits = |bytes, values| {
        let mut limits = Limits::default();
        (limits.bytes, limits.values) = (bytes, values);
        limits
    };
    let list = [&b"("[..], &b"N".repeat(100), b"l."].concat();
    assert!(parse(&list, &limits(1000, 1000)).is_ok());
    let kind = |limits| parse(&list, &limits).unwrap_err().kind;
    assert_eq!(kind(limits(99, 1000)), PickleErrorKind::TooLong { found: 103, limit: 99 });
    assert_eq!(kind(limits(1000, 100)), PickleErrorKind::TooManyValues { limit: 100 });
    // Each way to take memory counts: marks, copies on the stack, memo entries.
    for program in [&b"("[..], b"2", b"\x94", b"q\x07", b"h\x00"] {
        let bytes = [b"Nq\x00", &program.repeat(100)[..], b"."].concat();
        let kind = parse(&bytes, &limits(1000, 50)).unwrap_err().kind;
        assert_eq!(kind, PickleErrorKind::TooManyValues { limit: 50 }, "{}", program.escape_ascii());
    }
}

#[test]
fn digits_beyond_pythons_own_limit_are_refused() {
    let long = |digits| [b"L", &b"9".repeat(digits)[..], b"L\n."].concat();
    assert!(read(&long(4300)).is_ok());
    assert!(message(&long(4301)).contains("at most 4300 digits"));
}

/// A state dictionary in miniature, at protocols 2 and 4.
const SAMPLES: [&[u8]; 2] = [
    b"\x80\x02}q\x00(X\x01\0\0\0wq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02((X\x07\0\0\0storageX\x01\0\0\0"
        .as_slice(),
    b"\x80\x04\x95\x20\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94G@\x14\0\0\0\0\0\0\x8c\x01b\x94]\x94(K\x01M\x00\x02J\xff\xff\xff\xffeu."
        .as_slice(),
];

#[test]
fn truncation_at_every_byte_is_refused() {
    let whole = SAMPLES[1];
    read(whole).unwrap();
    for n in 0..whole.len() {
        assert!(read(&whole[..n]).is_err(), "cut to {n} bytes");
    }
}

#[test]
fn no_bit_flip_panics() {
    for sample in SAMPLES {
        for bit in 0..sample.len() * 8 {
            let mut flipped = sample.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = read(&flipped);
        }
    }
}

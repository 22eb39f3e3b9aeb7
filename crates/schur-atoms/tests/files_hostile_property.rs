//! No input makes a reader panic, hang or ask for much memory.

use proptest::collection::vec;
use proptest::prelude::*;
use schur_atoms::files::{Format, Problem, read};

const FORMATS: [Format; 4] = [Format::ExtendedXyz, Format::Xyz, Format::Poscar, Format::Cif];

const VALID: [(Format, &str); 6] = [
    (Format::ExtendedXyz, include_str!("fixtures/ase_frames.extxyz")),
    (Format::Poscar, include_str!("fixtures/ase_slab.vasp")),
    (Format::Cif, include_str!("fixtures/rutile.cif")),
    (Format::Cif, include_str!("fixtures/calcite_rhombohedral.cif")),
    (Format::Cif, include_str!("fixtures/spinel.cif")),
    (Format::Xyz, "2\nE = -1.5 eV\nC1 0 0 0 extra\nO 0 0 1.128\n\n"),
];

/// Pieces that mean something in one of the formats.
const PIECES: [&str; 32] = [
    "1000000000000000",
    "-1",
    "nan",
    "1e999",
    "inf",
    "\"",
    "'",
    "[",
    "]",
    "{",
    "\\",
    "=",
    "\n",
    "\r\n",
    "_JSON ",
    ";",
    "\n;",
    "loop_",
    "data_",
    "save_x",
    "_cell_length_a",
    "?",
    ".",
    "#\\#CIF_2.0\n",
    "'''",
    "x,y,z",
    "Selective dynamics\n",
    "\u{0}",
    "é",
    "Properties=species:S:1:pos:R:9999999999999",
    "pbc=\"T T\"",
    "Lattice=\"1\"",
];

/// A change of a file: at a place, over a length, by a piece or raw bytes.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, Vec<u8>)>> {
    let piece = prop_oneof![
        prop::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        vec(any::<u8>(), 0..4),
    ];
    vec((any::<prop::sample::Index>().prop_map(|i| i.index(5000)), 0..30usize, piece), 1..5)
}

fn edited(text: &str, edits: &[(usize, usize, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (at, length, piece) in edits {
        let start = at % (bytes.len() + 1);
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, piece.iter().copied());
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        for format in FORMATS {
            _ = read(&bytes, format);
        }
    }

    #[test]
    fn any_words(words in vec(prop::sample::select(PIECES.to_vec()), 0..20), blank in prop::sample::select(vec![" ", "\n"])) {
        let text = words.join(blank);
        for format in FORMATS {
            _ = read(&text, format);
            _ = read(format!("1\n{text}\nC 0 0 0"), format);
            _ = read(format!("data_x\n{text}"), format);
        }
    }

    #[test]
    fn edited_files(index in 0..VALID.len(), edits in edits()) {
        let (format, text) = VALID[index];
        let bytes = edited(text, &edits);
        if let Err(error) = read(&bytes, format) {
            prop_assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}

#[test]
fn absurd_numbers_of_atoms_cost_nothing() {
    let huge = "999999999999999";
    let extended = format!("{huge}\nProperties=species:S:1:pos:R:3:x:R:99999999999\nC 0 0 0\n");
    let plain = format!("{huge}\n\nC 0 0 0\n");
    let poscar = format!("x\n1\n1 0 0\n0 1 0\n0 0 1\nC\n{huge}\nDirect\n0 0 0\n");
    assert!(read(extended, Format::ExtendedXyz).is_err());
    for (text, format) in [(plain, Format::Xyz), (poscar, Format::Poscar)] {
        let error = read(text, format).map(drop).map_err(|error| format!("{:?}", error.problem()));
        assert_eq!(
            error,
            Err(format!("{:?}", Problem::Truncated { expected: 999999999999999, found: 1, unit: "atoms" }))
        );
    }
    assert!(read("18446744073709551616\n\n", Format::Xyz).is_err());
    assert!(read("x\n1\n1 0 0\n0 1 0\n0 0 1\nC O\n18446744073709551615 1\nDirect\n", Format::Poscar).is_err());
}

/// The time per byte does not grow with the length: a quadratic scan of these would take hours.
#[test]
fn long_lines_are_read_in_one_pass() {
    const WORDS: usize = 400_000;
    for piece in ["'a' ", "\"a\"b ", "_t ", "a=1 ", "[[ ", "{ ", "\\", ";", "loop_ ", "'''"] {
        for head in ["", "data_x ", "#\\#CIF_2.0\ndata_x ", "1\n", "1\nProperties="] {
            let text = head.to_owned() + &piece.repeat(WORDS);
            for format in FORMATS {
                _ = read(&text, format);
            }
        }
    }
}

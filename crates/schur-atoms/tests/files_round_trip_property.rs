//! Whatever is written is read back: bit by bit where the format can hold it.

use indexmap::IndexMap;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use schur_atoms::files::{cif, extxyz, poscar};
use schur_atoms::{Array, Cell, Structure, Value};

/// All doubles but those that are not equal to themselves.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -100.0..100.0f64,
        Just(0.0),
        Just(-0.0),
        Just(f64::INFINITY),
        (0..50i32).prop_map(f64::from)
    ]
    .prop_filter("NaN", |x| !x.is_nan())
}

/// Texts of every kind, many of them look like something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z_]{1,8}",
        "[ TF0-9._eE+,-]{0,6}",
        "_JSON [\\[\\]{}a\"0-9]{0,5}",
        "[\\\\\"' \\[\\]{}=\n\r\t]{0,6}",
        prop::sample::select(vec!["T", "false", "nan", "Infinity", "1_000", "007", "-inf", "1d5", "٣", ""])
            .prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Integer),
        number().prop_map(Value::Real),
        text().prop_map(Value::Text),
        vec(any::<bool>(), 1..4).prop_map(Value::Bools),
        vec(any::<i64>(), 1..12).prop_map(Value::Integers),
        vec(number(), 0..12).prop_map(Value::Reals),
        vec(text(), 1..4).prop_map(Value::Texts),
        (1..4usize, 1..4usize, vec(number(), 9))
            .prop_map(|(columns, rows, v)| Value::Matrix { columns, values: v[..columns * rows].to_vec() }),
    ]
}

fn key() -> impl Strategy<Value = String> {
    let any_text = "[A-Za-z0-9_ ='\"\\\\{}\\[\\],é-]{1,8}";
    let usual =
        prop::sample::select(vec!["energy", "REF_stress", "stress", "virial", "comment"]).prop_map(str::to_owned);
    prop_oneof![any_text, usual]
}

/// A stress of six numbers is written as its matrix, which is another value.
fn keeps_its_form((key, value): &(String, Value)) -> bool {
    !(matches!(key.as_str(), "stress" | "virial") && matches!(value, Value::Reals(v) if v.len() == 6))
}

fn array(n_atoms: usize) -> impl Strategy<Value = Array> {
    (1..4usize).prop_flat_map(move |columns| {
        let n = columns * n_atoms;
        prop_oneof![
            vec(any::<bool>(), n).prop_map(move |values| Array::Bools { columns, values }),
            vec(any::<i64>(), n).prop_map(move |values| Array::Integers { columns, values }),
            vec(number(), n).prop_map(move |values| Array::Reals { columns, values }),
            vec("[!-~äé]{1,6}", n).prop_map(move |values| Array::Texts { columns, values }),
        ]
    })
}

fn rows(n_atoms: usize) -> impl Strategy<Value = Vec<[f64; 3]>> {
    vec(prop::array::uniform3(number()), n_atoms)
}

fn structure() -> impl Strategy<Value = Structure> {
    (0..4usize).prop_flat_map(|n_atoms| {
        let info = btree_map(key(), value(), 0..5).prop_map(|map| map.into_iter().filter(keeps_its_form).collect());
        let arrays = btree_map("[a-zA-Z][a-z0-9_]{0,6}", array(n_atoms), 0..3)
            .prop_map(|map| map.into_iter().filter(|(name, _)| name != "pos" && name != "Z").collect());
        (
            vec(0..=118u8, n_atoms),
            rows(n_atoms),
            prop_oneof![Just([[0.0; 3]; 3]), prop::array::uniform3(prop::array::uniform3(number()))],
            prop::array::uniform3(any::<bool>()),
            prop::option::of(rows(n_atoms)),
            prop::option::of(vec(prop::array::uniform3(any::<bool>()), n_atoms)),
            info,
            arrays,
        )
            .prop_map(|(numbers, positions, vectors, pbc, velocities, fixed, info, arrays)| {
                let (info, arrays): (IndexMap<_, _>, IndexMap<_, _>) = (info, arrays);
                // A cell of zeros means none, whatever their signs.
                let cell = Some(Cell::new(vectors)).filter(|cell| !cell.is_zero()).unwrap_or_default();
                Structure { numbers, positions, cell, pbc, velocities, fixed, info, arrays }
            })
    })
}

/// `Debug` prints every double with the digits that tell it from all others, and the sign of zero.
fn bits(structures: &[Structure]) -> String {
    format!("{structures:?}")
}

/// Atoms in a right-handed box, well apart.
fn crystal() -> impl Strategy<Value = Structure> {
    let fraction = 0.0..1.0f64;
    let inside = (1..6usize).prop_flat_map(move |n| vec(prop::array::uniform3(fraction.clone()), n));
    (inside, prop::array::uniform3(4.0..9.0f64), prop::array::uniform3(-1.5..1.5f64), any::<bool>()).prop_map(
        |(mut fractions, lengths, shear, left_handed)| {
            for (layer, fraction) in fractions.iter_mut().enumerate() {
                fraction[2] = layer as f64 / 6.0;
            }
            let [a, b, c] = lengths;
            let flip = if left_handed { -1.0 } else { 1.0 };
            let cell = Cell::new([[a, 0.0, 0.0], [shear[0], b, 0.0], [shear[1], shear[2], flip * c]]);
            let positions = fractions.iter().map(|&f| cell.to_cartesian(f)).collect();
            let numbers = (0..fractions.len()).map(|i| [8, 14, 14, 1, 26][i]).collect();
            Structure::new(numbers, positions, cell, [true; 3])
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn extended_xyz_keeps_every_bit(structures in vec(structure(), 1..3)) {
        let mut file = Vec::new();
        for structure in &structures {
            extxyz::write_frame(&mut file, structure).unwrap();
        }
        let tiny_buffer = std::io::BufReader::with_capacity(3, &file[..]);
        let read: Vec<Structure> = extxyz::Frames::new(tiny_buffer).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(bits(&read), bits(&structures), "{}", String::from_utf8_lossy(&file));
    }

    #[test]
    fn poscar_keeps_every_bit(
        structure in crystal(),
        velocities in prop::option::of(prop::array::uniform3(0.001..1.0f64)),
        fixed in prop::option::of(any::<bool>()),
    ) {
        let n = structure.len();
        let velocities = velocities.map(|v| vec![v; n]);
        let fixed = fixed.map(|flag| vec![[flag; 3]; n]);
        let structure = Structure { velocities, fixed, ..structure };
        let mut file = Vec::new();
        poscar::write(&mut file, &structure).unwrap();
        prop_assert_eq!(bits(&[poscar::read(&file).unwrap()]), bits(&[structure]));
    }

    #[test]
    fn cif_keeps_the_crystal(structure in crystal()) {
        let mut file = Vec::new();
        cif::write(&mut file, &structure).unwrap();
        let read = &cif::read(&file).unwrap()[0];
        prop_assert_eq!(&read.numbers, &structure.numbers);
        prop_assert!(read.cell.determinant() > 0.0);
        // Positions up to a rotation: all distances and, for the handedness, all triple products.
        let from_first = |s: &Structure| -> Vec<[f64; 3]> {
            let mut rows: Vec<[f64; 3]> = s.positions.iter().map(|x| std::array::from_fn(|k| x[k] - s.positions[0][k])).collect();
            let flip = if s.cell.determinant() < 0.0 { -1.0 } else { 1.0 };
            rows.extend(s.cell.vectors().map(|row| row.map(|x| flip * x)));
            rows
        };
        let (old, new) = (from_first(&structure), from_first(read));
        let dot = |a: [f64; 3], b: [f64; 3]| (0..3).map(|k| a[k] * b[k]).sum::<f64>();
        // The angles are printed as arc cosines, whose rounding grows near 0 and 180 degrees; here they are far from it.
        let tolerance = 1e-12 * 200.0;
        for i in 0..old.len() {
            for j in 0..old.len() {
                prop_assert!((dot(old[i], old[j]) - dot(new[i], new[j])).abs() < tolerance);
            }
            let volume = |rows: &[[f64; 3]]| Cell::new([rows[i], rows[old.len() - 2], rows[old.len() - 1]]).determinant();
            prop_assert!((volume(&old) - volume(&new)).abs() < 10.0 * tolerance);
        }
    }
}

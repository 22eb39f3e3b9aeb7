//! Files that ASE 3.29 wrote, and crystals that it expanded (`fixtures/make_ase_files.py`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_atoms::files::{Format, read_path};
use schur_atoms::{Array, Structure, Value, mass};

fn fixture(name: &str) -> Vec<Structure> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    read_path(path).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn every_kind_of_value_in_the_comment_line() {
    let copper = &fixture("ase_frames.extxyz")[0];
    let info = &copper.info;
    for (key, expected) in [
        ("config_type", text("bulk run")),
        ("empty", text("")),
        ("step", Value::Integer(12)),
        ("converged", Value::Bool(true)),
        ("mask", Value::Bools(vec![true, false])),
        ("virial", Value::Matrix { columns: 3, values: (0..9).map(f64::from).collect() }),
        ("matrix", Value::Matrix { columns: 3, values: (0..6).map(f64::from).collect() }),
        ("list", Value::Integers(vec![1, 2, 3])),
        ("reals", Value::Reals(vec![0.5, 1e-12, 1e20])),
        ("names", Value::Texts(vec!["a".to_owned(), "b c".to_owned()])),
        ("nested", text(r#"_JSON {"0": [1, 2], "k": "v"}"#)),
        ("quote", text("say \"hi\"")),
        ("equation", text("a=b")),
        ("energy", Value::Real(-14.5)),
        (
            "stress",
            Value::Matrix { columns: 3, values: vec![0.01, 0.006, -0.005, 0.006, -0.02, 0.004, -0.005, 0.004, 0.03] },
        ),
    ] {
        assert_eq!(info[key], expected, "{key}");
    }
    assert_eq!(info.len(), 15);
    assert_eq!(copper.numbers, [29; 4]);
    assert_eq!(copper.cell.vectors(), [[3.61, 0.0, 0.0], [0.0, 3.61, 0.0], [0.0, 0.0, 3.61]]);
    assert_eq!(copper.pbc, [true; 3]);
    assert_eq!(copper.positions[2], [1.80800718, 0.06701076, 1.78038967]);
    let Array::Reals { columns: 3, values } = &copper.arrays["forces"] else { panic!("forces") };
    assert_eq!(values[3..6], [0.69530319, -1.34421455, -0.45761576]);
}

#[test]
fn momenta_become_velocities() {
    let water = &fixture("ase_frames.extxyz")[1];
    let expected = [[0.01, 0.0, -0.02], [0.0, 0.03, 0.0], [-0.001, 0.002, 0.003]];
    // ASE prints eight decimals of the momenta in its own unit of time.
    let rounding = |atom: usize| 0.5e-8 * 0.0983 / mass(water.numbers[atom]).unwrap();
    for (atom, found) in water.velocities.as_ref().unwrap().iter().enumerate() {
        for axis in 0..3 {
            assert!((found[axis] - expected[atom][axis]).abs() <= rounding(atom), "{found:?}");
        }
    }
    assert_eq!(water.pbc, [false; 3]);
    assert!(water.cell.is_zero());
    assert_eq!(water.arrays["initial_charges"], Array::scalars(&[-0.8, 0.4, 0.4]));
    assert_eq!(water.arrays["tags"], Array::Integers { columns: 1, values: vec![1, 2, 3] });
    assert_eq!(water.arrays["flag"], Array::Bools { columns: 1, values: vec![true, false, true] });
    let labels = ["OW", "HW1", "HW2"].map(str::to_owned).to_vec();
    assert_eq!(water.arrays["label"], Array::Texts { columns: 1, values: labels });
}

#[test]
fn constraints_in_both_formats() {
    let frames = fixture("ase_frames.extxyz");
    let fixed = vec![[true; 3], [true; 3], [false; 3]];
    assert_eq!(frames[2].fixed.as_ref(), Some(&fixed));
    assert_eq!(frames[2].pbc, [true, true, false]);
    assert_eq!(frames[3].fixed, Some(vec![[false; 3], [true, true, false]]));
    let slab = &fixture("ase_slab.vasp")[0];
    assert_eq!(slab.fixed, Some(fixed));
    assert_eq!(slab.numbers, [13, 13, 8]);
    assert_eq!(slab.velocities, None);
    let close = |a: &[f64; 3], b: &[f64; 3]| (0..3).all(|axis| (a[axis] - b[axis]).abs() < 1e-14 * 20.0);
    assert!(slab.positions.iter().zip(&frames[2].positions).all(|(a, b)| close(a, b)));
}

/// Whether both hold the same atoms in any order and any cell; ASE printed eight decimals.
fn assert_same_crystal(found: &Structure, expected: &Structure) {
    assert_eq!(found.len(), expected.len());
    for (row, other) in found.cell.vectors().iter().zip(expected.cell.vectors()) {
        assert!((0..3).all(|axis| (row[axis] - other[axis]).abs() < 1e-12), "{row:?} {other:?}");
    }
    let inverse = found.cell.inverse().unwrap();
    let gap = |a: [f64; 3], b: [f64; 3]| {
        let fraction = |j: usize| (0..3).map(|i| (a[i] - b[i]) * inverse[i][j]).sum::<f64>();
        let nearest = std::array::from_fn(|j| fraction(j) - fraction(j).round());
        found.cell.to_cartesian(nearest).iter().map(|x| x * x).sum::<f64>().sqrt()
    };
    for (number, position) in found.numbers.iter().zip(&found.positions) {
        let partners = expected.numbers.iter().zip(&expected.positions);
        let here = partners.filter(|(other, x)| *other == number && gap(*position, **x) < 2e-8).count();
        assert_eq!(here, 1, "element {number} at {position:?}");
    }
}

#[test]
fn crystals_expand_to_the_same_atoms() {
    let expected = fixture("cif_expanded.extxyz");
    for (name, expected) in
        ["rutile", "spinel", "calcite_hexagonal", "calcite_rhombohedral", "monoclinic"].iter().zip(&expected)
    {
        assert_same_crystal(&fixture(&format!("{name}.cif"))[0], expected);
    }
}

#[test]
fn copper_is_the_same_through_cif_and_extended_xyz() {
    assert_same_crystal(&fixture("ase_copper.cif")[0], &fixture("ase_frames.extxyz")[0]);
    assert_eq!(Format::from_path("ase_slab.vasp".as_ref()), Some(Format::Poscar));
}

//! Wrong files: each is refused at the right place, with what was found and what helps.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_atoms::files::{Format, cif, extxyz, poscar, read, read_path};
use schur_atoms::{Array, Cell, Structure, Value};

/// Asserts that the message holds every piece.
fn check(format: Format, text: &str, pieces: &[&str]) {
    let error = read(text, format).map(|structures| structures.len()).unwrap_err();
    let message = error.to_string();
    for piece in pieces {
        assert!(message.contains(piece), "`{piece}` is not in `{message}`\nfor {text}");
    }
}

#[test]
fn extended_xyz() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["no structure", "number of atoms"]),
        ("two\n\n", &["line 1", "frame 0", "found `two`"]),
        ("-1\n\n", &["line 1", "found `-1`"]),
        ("2\n\nC 0 0 0\n", &["line 3", "after 1 of 2 atoms", "cut off"]),
        ("1\n", &["after 0 of 1 atoms"]),
        ("1\n\nC 0 0\n", &["line 3", "4 words", "3: C 0 0"]),
        ("1\n\nC 0 0 zero\n", &["line 3, column 7", "real number in column `pos`", "`zero`"]),
        ("1\n\nC 0 0 0\n2\n\nC 0 0 0\n1\n\n", &["line 7", "frame 1", "4 words"]),
        ("1\n\nC 0 0 0\nC 0 0 0\n", &["line 4", "frame 1", "number of atoms", "`C 0 0 0`"]),
        ("1\nLattice=\"1 2 3\"\nC 0 0 0\n", &["line 2", "nine numbers for Lattice"]),
        ("1\nLattice=\"1 2 3\nC 0 0 0\n", &["line 2, column 9", "closing `\"`"]),
        ("1\npbc=\"T T\"\nC 0 0 0\n", &["line 2", "three of T and F"]),
        ("1\nProperties=species:S:1:pos:R\nC 0 0 0\n", &["line 2", "name:type:columns"]),
        ("1\nProperties=species:S:1:pos:Q:3\nC 0 0 0\n", &["line 2", "`pos:Q:3`"]),
        ("1\nProperties=species:S:1:pos:R:0\nC\n", &["line 2", "at least one column"]),
        ("1\nProperties=species:S:1:pos:R:3:pos:R:3\nC 0 0 0 0 0 0\n", &["twice", "pos"]),
        ("1\nProperties=pos:R:3\n0 0 0\n", &["`species` is missing"]),
        ("1\nProperties=species:S:1\nC\n", &["`pos` is missing"]),
        ("1\nProperties=species:S:1:pos:R:2\nC 0 0\n", &["pos with 2 columns"]),
        ("1\nProperties=species:S:1:pos:R:3\nC 0 0 0 1\n", &["line 3", "5: C 0 0 0 1", "columns in Properties"]),
        ("1\nProperties=species:S:1:pos:R:3:tag:I:1\nC 0 0 0 1.5\n", &["line 3, column 9", "whole number", "`tag`"]),
        ("1\nProperties=species:S:1:pos:R:3:m:L:1\nC 0 0 0 yes\n", &["T or F", "`yes`"]),
        ("1\nProperties=species:S:1:pos:R:3\nQq 0 0 0\n", &["line 3, column 1", "`Qq` names no chemical element"]),
        ("1\nProperties=species:S:1:Z:I:1:pos:R:3\nC 7 0 0 0\n", &["element of atom 0", "twice"]),
        ("1\nProperties=Z:I:1:pos:R:3\n119 0 0 0\n", &["`119`", "between 1 and 118"]),
        ("1\nenergy=1 energy=2\nC 0 0 0\n", &["line 2, column 17", "`energy` is given twice"]),
        (
            "1\nProperties=species:S:1:pos:R:3:momenta:R:3:masses:S:1\nC 0 0 0 1 1 1 12\n",
            &["line 2", "masses:S:1", "masses:R:1"],
        ),
        (
            "1\nProperties=species:S:1:pos:R:3:momenta:R:3:masses:R:1\nC 0 0 0 1 1 1 -12\n",
            &["line 2", "atom 0 has mass -12 amu"],
        ),
    ];
    for (text, pieces) in cases {
        check(Format::ExtendedXyz, text, pieces);
    }
    let latin1 = b"1\nProperties=species:S:1:pos:R:3 name=\xe9\nC 0 0 0\n";
    assert!(read(latin1, Format::ExtendedXyz).unwrap_err().to_string().contains("UTF-8"));
}

#[test]
fn poscar() {
    let lattice = "title\n1.0\n4 0 0\n0 4 0\n0 0 4\n";
    let cases: &[(&str, &[&str])] = &[
        ("", &["line 1", "the title", "is it a POSCAR"]),
        ("x\n0.0\n", &["line 2", "one scale factor"]),
        ("x\n1 2\n", &["line 2", "three positive ones"]),
        ("x\n1 1 -1\n", &["line 2", "three positive ones"]),
        ("x\n1\n1 0 0\n0 1\n", &["line 4", "lattice vector", "`0 1`"]),
        ("x\n-10\n1 0 0\n2 0 0\n0 0 1\nC\n1\n", &["independent lattice vectors"]),
        (&format!("{lattice}C O\n2\n"), &["line 7", "one number of atoms for each element"]),
        (&format!("{lattice}C\n2 1\n"), &["line 7", "`2 1`"]),
        (&format!("{lattice}C\ntwo\n"), &["line 7", "`two`"]),
        (&format!("{lattice}C\n0\n"), &["line 7"]),
        (&format!("{lattice}2\nDirect\n"), &["line 1", "`title` names no chemical element", "sixth line"]),
        (&format!("{lattice}Xx\n2\n"), &["line 6", "`Xx`"]),
        (&format!("{lattice}C\n1\n0 0 0\n"), &["line 8", "`Direct` or `Cartesian`"]),
        (&format!("{lattice}C\n2\nDirect\n0 0 0\n"), &["line 9", "after 1 of 2 atoms"]),
        (&format!("{lattice}C\n1\nDirect\n0 0 x\n"), &["line 9", "`0 0 x`"]),
        (&format!("{lattice}C\n1\nDirect\n0 0 0\n0.5 0 0\n"), &["line 10", "numbers of atoms", "blank line"]),
        (&format!("{lattice}C\n1\nSelective\nDirect\n0 0 0 T T\n"), &["line 10", "three flags"]),
        (&format!("{lattice}C\n1\nDirect\n0 0 0\nDirect\n1 0 0\n"), &["line 10", "velocities", "Å/fs"]),
        ("x\n1\n4 0 0\n2 4 0\n0 0 4\nC\n1\ns\nD\n0 0 0 F T T\n", &["oblique cell", "whole atom"]),
    ];
    for (text, pieces) in cases {
        check(Format::Poscar, text, pieces);
    }
}

/// A cubic crystal with more tags and atom sites of the given rows.
fn crystal(tags: &str, columns: &str, rows: &str) -> String {
    let coordinates = "_atom_site_fract_x _atom_site_fract_y _atom_site_fract_z";
    format!(
        "data_x\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n{tags}\nloop_ _atom_site_label {coordinates} {columns}\n{rows}\n"
    )
}

#[test]
fn cif() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["no structure", "_atom_site_fract_x"]),
        ("_a 1", &["line 1", "begins with `data_`"]),
        ("data_x\n_a\n_b 1", &["line 2", "value behind the tag", "`_a`"]),
        ("data_x\n_a 1 2", &["line 2", "found `2`", "needs quotes"]),
        ("data_x\nloop_ _a _b 1 2 3", &["line 2", "rows of 2", "3 values"]),
        ("data_x\nloop_ 1 2", &["line 2"]),
        ("data_x\n_a 'open\n", &["line 2", "closing quote"]),
        (&crystal("", "_atom_site_occupancy", "Fe1 0 0 0 0.5(1)"), &["line 7", "`Fe1`", "occupancy 0.5", "ordered"]),
        (&crystal("", "", "Fe1 0 ? 0"), &["site `Fe1`", "`?`"]),
        (&crystal("", "", "Fe1 0 a 0"), &["line 7", "number", "`a`"]),
        (&crystal("", "", "Qq1 0 0 0"), &["line 7", "`Qq1` names no chemical element", "type_symbol"]),
        (&crystal("", "", "CO1 0 0 0"), &["`CO1`"]),
        (&crystal("", "", "Fe1 0 0 0\nO1 0 0.01 0"), &["`Fe1` and `O1`", "0.0400 Å"]),
        (&crystal("", "", "O1 0 0 0\nO2 1 0.01 -1"), &["`O1` and `O2`"]),
        (&crystal("", "_atom_site_attached_hydrogens", "O1 0 0 0 2"), &["`O1` with 2 hydrogen atoms"]),
        (&crystal("_cell_angle_alpha 0", "", "O1 0 0 0"), &["span a volume"]),
        (&crystal("_cell_length_a 5", "", "O1 0 0 0"), &["`_cell_length_a` is given twice"]),
        (&crystal("_symmetry_equiv_pos_as_xyz 'x,y'", "", "O1 0 0 0"), &["line 5", "symmetry operation", "`x,y`"]),
        (&crystal("loop_ _symmetry_equiv_pos_as_xyz\n-x,-y,-z", "", "O1 0 0 0"), &["identity"]),
        (
            &crystal("loop_ _symmetry_equiv_pos_as_xyz\nx,y,z\n-y,x-y,z", "", "O1 0 0 0"),
            &["-y, +x-y, +z", "does not map the cell", "hexagonal"],
        ),
        (&crystal("_space_group_IT_number 227", "", "O1 0 0 0"), &["number 227", "two customary origins"]),
        (&crystal("_symmetry_space_group_name_H-M 'P x'", "", "O1 0 0 0"), &["`P x`", "not in the table"]),
        (&crystal("_cell_modulation_dimension 1", "", "O1 0 0 0"), &["modulated"]),
        (&crystal("_space_group_symop_magn_operation.xyz x,y,z,+1", "", "O1 0 0 0"), &["magnetic"]),
        (&crystal("", "_atom_site.group_PDB", "O1 0 0 0 ATOM"), &["mmCIF"]),
        (
            "data_x loop_ _atom_site_label _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z O 0 0 0",
            &["`_cell_length_a` is missing"],
        ),
    ];
    for (text, pieces) in cases {
        check(Format::Cif, text, pieces);
    }
}

#[test]
fn files_are_named() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let message = |name: &str| read_path(format!("{folder}/{name}")).unwrap_err().to_string();
    assert!(message("no_such.cif").contains("no_such.cif: "));
    assert!(message("Cargo.toml").contains("Cargo.toml: the name tells no format"));
    assert!(message("water.xyz.gz").contains("decompress"));
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let atom = Structure::new(vec![6], vec![[0.0; 3]], Cell::default(), [false; 3]);
    let written = |structure: &Structure| extxyz::write_frame(&mut Vec::new(), structure);
    let refused = |structure: &Structure, piece: &str| {
        let message = written(structure).unwrap_err().to_string();
        assert!(message.contains(piece), "{message}");
    };
    assert!(written(&atom).is_ok());
    let mut wrong = atom.clone();
    wrong.info.insert("Lattice".to_owned(), Value::Bool(true));
    refused(&wrong, "`Lattice`");
    let mut wrong = atom.clone();
    wrong.arrays.insert("pos".to_owned(), Array::scalars(&[1.0]));
    refused(&wrong, "column `pos`");
    let mut wrong = atom.clone();
    wrong.arrays.insert("charge".to_owned(), Array::scalars(&[1.0, 2.0]));
    refused(&wrong, "2 entries, 1 an atom, for 1 atoms");
    let mut wrong = atom.clone();
    wrong.arrays.insert("label".to_owned(), Array::Texts { columns: 1, values: vec!["two words".to_owned()] });
    refused(&wrong, "`two words`");
    let mut wrong = atom.clone();
    wrong.velocities = Some(vec![]);
    refused(&wrong, "`velocities` with 0 rows for 1 atoms");

    let message = poscar::write(&mut Vec::new(), &atom).unwrap_err().to_string();
    assert!(message.contains("without a cell"), "{message}");
    let message = cif::write(&mut Vec::new(), &atom).unwrap_err().to_string();
    assert!(message.contains("without a cell"), "{message}");
    let nothing = Structure::default();
    assert!(poscar::write(&mut Vec::new(), &nothing).unwrap_err().to_string().contains("no atoms"));
    let oblique = Cell::new([[4.0, 0.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 4.0]]);
    let fixed = Some(vec![[true, false, false]]);
    let wrong = Structure { cell: oblique, fixed, ..atom };
    let message = poscar::write(&mut Vec::new(), &wrong).unwrap_err().to_string();
    assert!(message.contains("atom 0") && message.contains("whole atom"), "{message}");
}

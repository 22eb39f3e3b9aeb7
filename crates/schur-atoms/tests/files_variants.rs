//! The spellings that programs and people use, each with its meaning worked out by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_atoms::files::{Format, read};
use schur_atoms::{Array, Structure, Value};

fn one(format: Format, text: &str) -> Structure {
    let mut structures = read(text, format).unwrap();
    assert_eq!(structures.len(), 1, "{text}");
    structures.remove(0)
}

fn assert_close(found: &[[f64; 3]], expected: &[[f64; 3]]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((a - b).abs() < 1e-12, "{found:?} {expected:?}");
    }
}

#[test]
fn line_ends_blanks_and_a_byte_order_mark() {
    let text = "\u{feff} 1 \r\nProperties=species:S:1:pos:R:3\tenergy=-1.5D+00  \r\n\tSi  0.5 1e0\t-2.  \r\n\r\n\n1\n\nH 0 0 0";
    let frames = read(text, Format::ExtendedXyz).unwrap();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].positions, [[0.5, 1.0, -2.0]]);
    assert_eq!(frames[0].info["energy"], Value::Real(-1.5));
    assert_eq!(frames[1].numbers, [1]);
}

#[test]
fn periodicity_follows_the_lattice() {
    let frame = |comment: &str| one(Format::ExtendedXyz, &format!("1\n{comment}\nH 0 0 0\n"));
    assert_eq!(frame("").pbc, [false; 3]);
    assert_eq!(frame("Lattice=\"1 2 3 4 5 6 7 8 10\"").pbc, [true; 3]);
    assert_eq!(frame("Lattice=\"1 2 3 4 5 6 7 8 10\"").cell.vectors()[1], [4.0, 5.0, 6.0]);
    assert_eq!(frame("Lattice=[[1,2,3],[4,5,6],[7,8,10]]").cell.vectors()[1], [4.0, 5.0, 6.0]);
    assert_eq!(frame("Lattice='1 0 0 0 1 0 0 0 1' pbc=\"T F F\"").pbc, [true, false, false]);
    assert_eq!(frame("pbc={T T F}").pbc, [true, true, false]);
    assert_eq!(frame("pbc=\"1 1 0\"").pbc, [true, true, false]);
    assert_eq!(frame("pbc=[F, F, T]").pbc, [false, false, true]);
    assert_eq!(frame("pbc=F").pbc, [false; 3]);
}

#[test]
fn atoms_by_symbol_label_and_number() {
    let text = "7\n\nSI 0 0 0\nCl1 0 0 1\nx 0 0 2\n26 0 0 3\nfe 0 0 4\nD 0 0 5\nH_a 0 0 6 further words\n";
    assert_eq!(one(Format::Xyz, text).numbers, [14, 17, 0, 26, 26, 1, 1]);
    let text = "2\nProperties=Z:I:1:pos:R:3:species:S:1\n8 0 0 0 O\n1 0 0 1 H\n";
    assert_eq!(one(Format::ExtendedXyz, text).numbers, [8, 1]);
    let text = "1\nProperties=numbers:I:1:positions:R:3\n79 0 0 1\n";
    assert_eq!(one(Format::ExtendedXyz, text).numbers, [79]);
}

#[test]
fn plain_remarks_are_kept_as_text() {
    let remark = |format, comment: &str| one(format, &format!("1\n{comment}\nH 0 0 0\n")).info;
    let text = |text: &str| Value::Text(text.to_owned());
    for comment in ["E = -3.5 eV", "it's water", "step (3=4) done", "two words"] {
        assert_eq!(remark(Format::Xyz, comment)["comment"], text(comment));
    }
    assert_eq!(remark(Format::ExtendedXyz, "it's water")["comment"], text("it's water"));
    assert_eq!(remark(Format::ExtendedXyz, "relaxed step=3")["relaxed"], Value::Bool(true));
    assert_eq!(remark(Format::Xyz, "energy=-3 step = 4")["step"], Value::Integer(4));
    assert!(remark(Format::Xyz, "").is_empty());
}

#[test]
fn velocities_momenta_and_masks() {
    let text = "2\nProperties=species:S:1:pos:R:3:momenta:R:3:masses:R:1:move_mask:I:1 Time=1\n\
                H 0 0 0 10.180505671156725 0 0 1.0 1\nH 0 0 1 0 2.0 0 4.0 0\n";
    let structure = one(Format::ExtendedXyz, text);
    assert_close(&structure.velocities.unwrap(), &[[1.0, 0.0, 0.0], [0.0, 0.5 * 0.09822694788464063, 0.0]]);
    assert_eq!(structure.fixed, Some(vec![[false; 3], [true; 3]]));
    assert_eq!(structure.arrays["masses"], Array::scalars(&[1.0, 4.0]));
    let text = "1\nProperties=species:S:1:pos:R:3:momenta:R:3:masses:I:1\nH 0 0 0 2.0 0 0 4\n";
    assert_close(&one(Format::ExtendedXyz, text).velocities.unwrap(), &[[0.5 * 0.09822694788464063, 0.0, 0.0]]);
    // Another program moved on and kept our column as it was: the momenta count.
    let text = "1\nProperties=species:S:1:pos:R:3:velocities:R:3:momenta:R:3\nH 0 0 0 7 7 7 0 0 0\n";
    assert_eq!(one(Format::ExtendedXyz, text).velocities, Some(vec![[0.0; 3]]));
    let text = "1\nProperties=species:S:1:pos:R:3:velocities:R:3\nH 0 0 0 7 7 7\n";
    assert_eq!(one(Format::ExtendedXyz, text).velocities, Some(vec![[7.0; 3]]));
}

#[test]
fn poscar_scale_factors() {
    let text = |scale: &str, mode: &str| format!("x\n{scale}\n1 0 0\n1 2 0\n0 0 4\nC\n1\n{mode}\n.5 .5 .5\n");
    let read = |scale, mode| one(Format::Poscar, &text(scale, mode));
    assert_close(&read("2", "Direct").cell.vectors(), &[[2.0, 0.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 8.0]]);
    assert_close(&read("2", "direct").positions, &[[2.0, 2.0, 4.0]]);
    assert_close(&read("2", "Cartesian").positions, &[[1.0, 1.0, 1.0]]);
    assert_close(&read("2.0 ! a remark", "K").positions, &[[1.0, 1.0, 1.0]]);
    assert_close(&read("-64", "cart").positions, &[[1.0, 1.0, 1.0]]);
    assert!((read("-64", "D").cell.volume() - 64.0).abs() < 1e-12);
    let stretched = read("1 2 3", "Cartesian");
    assert_close(&stretched.cell.vectors(), &[[1.0, 0.0, 0.0], [1.0, 4.0, 0.0], [0.0, 0.0, 12.0]]);
    assert_close(&stretched.positions, &[[0.5, 1.0, 1.5]]);
}

#[test]
fn poscar_elements() {
    let read = |title: &str, lines: &str| {
        let atoms = "0 0 0\n0 0 .5\n.5 0 0\n".to_owned();
        one(Format::Poscar, &format!("{title}\n1\n4 0 0\n0 4 0\n0 0 4\n{lines}\nDirect\n{atoms}")).numbers
    };
    assert_eq!(read("x", "Fe O Fe\n1 1 1"), [26, 8, 26]);
    assert_eq!(read("x", "Na_pv/6a2f546d H.5\n1 2"), [11, 1, 1]);
    assert_eq!(read("x", "  Na  Cl ! salt\n 1 2 ! one and two"), [11, 17, 17]);
    assert_eq!(read("Na Cl made by hand", "1 2"), [11, 17, 17]);
}

#[test]
fn poscar_blocks_behind_the_positions() {
    let head = "x\n1\n4 0 0\n0 4 0\n0 0 4\nC\n2\nSelective dynamics\nDirect\n0 0 0 T F .FALSE.\n.5 .5 .5 .T. T T C2\n";
    let read = |tail: &str| one(Format::Poscar, &format!("{head}{tail}"));
    assert_eq!(read("").fixed, Some(vec![[false, true, true], [false; 3]]));
    for tail in ["", "\n", "\n\n", "\n1\n0.5\n", "\n0 0 0\n0.0E+00 0 0\n", "remark of another program\n"] {
        assert_eq!(read(tail).velocities, None, "{tail}");
    }
    let velocities = Some(vec![[0.1, 0.0, 0.0], [0.0, 0.0, -0.2]]);
    assert_eq!(read("\n0.1 0 0\n0 0 -0.2\n").velocities, velocities);
    assert_eq!(read("Cartesian\n0.1 0 0\n0 0 -0.2\n\n1\n0.5 0.5\n7 7 7\n").velocities, velocities);
    let lattice = "Lattice velocities and vectors\n1\n0 0 0\n0 0 0\n0 0 0\n4 0 0\n0 4 0\n0 0 4\n\n";
    assert_eq!(read(&format!("{lattice}0.1 0 0\n0 0 -0.2\n")).velocities, velocities);
    assert_eq!(read(lattice).velocities, None);
}

#[test]
fn cif_special_positions_are_put_in_place() {
    let text = "data_a
_cell_length_a 4.9  _cell_length_b 4.9  _cell_length_c 5.4  _cell_angle_gamma 120.
_symmetry_space_group_name_H-M 'P 3'
loop_ _atom_site_type_symbol _atom_site_fract_x _atom_site_fract_y _atom_site_fract_z
Fe3+ 0.3333(1) 0.6667(1) 0.25
O2-  0.1 0 -0.25
";
    let crystal = one(Format::Cif, text);
    assert_eq!(crystal.numbers, [26, 8, 8, 8]);
    let exact = crystal.cell.to_cartesian([1.0 / 3.0, 2.0 / 3.0, 0.25]);
    assert_close(&crystal.positions[..1], &[exact]);
    assert_close(&crystal.positions[1..2], &[crystal.cell.to_cartesian([0.1, 0.0, -0.25])]);
    assert_close(&crystal.positions[2..3], &[crystal.cell.to_cartesian([0.0, 0.1, 0.75])]);
}

#[test]
fn cif_with_several_blocks_and_odd_tags() {
    let text = "#\\#CIF_1.1
data_global
_publ_author_name 'M\u{fc}ller'
_publ_text
;
loop_ data_no _cell_length_a 7
;
data_molecule
loop_ _atom_site.label _atom_site.Cartn_x _atom_site.Cartn_y _atom_site.Cartn_z _atom_site.calc_flag
O1 0 0 0.1 d
X1 0 0 0 dum
data_one_atom
_CELL_LENGTH_A 3 _cell_length_b 3 _cell_length_c 3
_space_group_IT_number ?
_atom_site_label Po _atom_site_fract_x 0 _atom_site_fract_y 0 _atom_site_fract_z .5
data_duplicates
_cell_length_a 4 _cell_length_b 4 _cell_length_c 4
_space_group_name_H-M_alt 'P -1'
loop_ _atom_site_label _atom_site_Cartn_x _atom_site_Cartn_y _atom_site_Cartn_z
C1 1 1 1
C2 3 3 3
";
    let structures = read(text, Format::Cif).unwrap();
    assert_eq!(structures.len(), 3);
    assert_eq!(structures[0].pbc, [false; 3]);
    assert_eq!(structures[0].positions, [[0.0, 0.0, 0.1]]);
    assert_eq!(structures[0].info["name"], Value::Text("molecule".to_owned()));
    assert_eq!(structures[1].numbers, [84]);
    // The second site is the image of the first: the file lists the whole cell although it also gives the symmetry.
    assert_eq!(structures[2].len(), 2);
}

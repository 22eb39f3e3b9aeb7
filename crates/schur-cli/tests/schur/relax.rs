//! `schur relax`.

use schur_atoms::Value;
use schur_atoms::files::{Format, read};

use crate::folder::Folder;

/// Silicon, displaced and compressed a little.
const SILICON: &str = "2
Lattice=\"0.0 2.65 2.65 2.65 0.0 2.65 2.65 2.65 0.0\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"
Si 0.02 0.0 0.0
Si 1.325 1.325 1.325
";

#[test]
fn a_relaxed_crystal_is_reported_and_written() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let arguments = ["relax", "si.extxyz", "--json", "--trajectory", "path.extxyz"];
    let Some(ran) = folder.run_with_models(&arguments) else { return };
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("max stress [GPa]") && ran.stderr.contains("converged in"), "{}", ran.stderr);
    let summary: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(summary["converged"], true);
    assert!(summary["pressure_gpa"].as_f64().unwrap().abs() < 0.2);
    // SevenNet-0's lattice constant of silicon lies within a percent of PBE's 5.469 Å.
    let volume = summary["volume"].as_f64().unwrap();
    assert!((4.0 * volume).cbrt() > 5.41 && (4.0 * volume).cbrt() < 5.53, "{volume}");
    let relaxed = &read(folder.read("si-relaxed.extxyz"), Format::ExtendedXyz).unwrap()[0];
    assert_eq!(relaxed.info["converged"], Value::Bool(true));
    assert_eq!(relaxed.info["energy"], Value::Real(summary["energy"].as_f64().unwrap()));
    let path = read(folder.read("path.extxyz"), Format::ExtendedXyz).unwrap();
    assert_eq!(path.len() as u64, summary["steps"].as_u64().unwrap() + 1);
    assert_eq!(path.last(), Some(relaxed));
}

#[test]
fn not_converging_is_its_own_status_and_the_file_is_written() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let Some(ran) = folder.run_with_models(&["relax", "si.extxyz", "--steps", "1", "-o", "out.extxyz"]) else { return };
    assert_eq!(ran.status, Some(3));
    assert!(ran.stderr.contains("not converged"), "{}", ran.stderr);
    let relaxed = &read(folder.read("out.extxyz"), Format::ExtendedXyz).unwrap()[0];
    assert_eq!(relaxed.info["converged"], Value::Bool(false));
}

#[test]
fn the_output_takes_the_format_of_its_name() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    for (name, format) in [("out.cif", Format::Cif), ("POSCAR.out", Format::Poscar), ("out.vasp", Format::Poscar)] {
        let arguments = ["relax", "si.extxyz", "--fmax", "0.05", "-q", "-o", name];
        let Some(ran) = folder.run_with_models(&arguments) else { return };
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{name}");
        assert_eq!(read(folder.read(name), format).unwrap()[0].numbers, [14, 14]);
    }
    assert_eq!(folder.run(&["relax", "si.extxyz", "-o", "out.pdf"]).status, Some(2));
}

/// Same minimum whatever the way down, and a cell that keeps what it is told to keep.
#[test]
fn modes_and_optimizers_agree() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let energy = |arguments: &[&str]| {
        let all = [&["relax", "si.extxyz", "--json", "-q", "--fmax", "0.002"], arguments].concat();
        let ran = folder.run_with_models(&all)?;
        assert_eq!(ran.status, Some(0), "{arguments:?}: {}", ran.stderr);
        let summary: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        Some((summary["energy"].as_f64().unwrap(), summary["volume"].as_f64().unwrap()))
    };
    let Some((free, volume)) = energy(&[]) else { return };
    let (fire, _) = energy(&["--optimizer", "fire"]).unwrap();
    assert!((fire - free).abs() < 1e-4, "{fire} {free}");
    let (isotropic, _) = energy(&["--isotropic"]).unwrap();
    assert!((isotropic - free).abs() < 1e-3, "{isotropic} {free}");
    let (fixed, same) = energy(&["--fixed-cell"]).unwrap();
    assert!((same - 2.0 * 2.65f64.powi(3)).abs() < 1e-9 && fixed > free);
    let (_, pressed) = energy(&["--pressure", "10"]).unwrap();
    assert!(pressed < 0.95 * volume, "{pressed} {volume}");
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    folder.write("two.extxyz", format!("{SILICON}{SILICON}"));
    for arguments in [
        &["relax", "si.extxyz", "--fixed-cell", "--isotropic"][..],
        &["relax", "si.extxyz", "--fixed-cell", "--pressure", "1"],
        &["relax", "si.extxyz", "--fmax", "0"],
        &["relax", "two.extxyz"],
        &["relax", "si.extxyz", "-o", "a.extxyz", "--trajectory", "a.extxyz"],
        &["relax", "si.extxyz", "-o", "a.extxyz", "--trajectory", "./a.extxyz"],
        &["relax", "si.extxyz", "--trajectory", "./si-relaxed.extxyz"],
        &["relax", "si.extxyz", "--trajectory", "./si.extxyz"],
    ] {
        let ran = folder.run(arguments);
        assert_eq!(ran.status, Some(2), "{arguments:?}: {}", ran.stderr);
    }
    for frame in ["2", "-3", "9223372036854775807", "-9223372036854775808"] {
        let ran = folder.run(&["relax", "two.extxyz", "--frame", frame]);
        assert_eq!(ran.status, Some(1), "{frame}: {}", ran.stderr);
    }
    folder.write("h2.xyz", "2\n\nH 0 0 0\nH 0 0 0.7\n");
    let ran = folder.run(&["relax", "h2.xyz"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("--fixed-cell"), "{}", ran.stderr);
}

/// A relaxation that is asked to end writes how far it came.
#[test]
#[cfg(unix)]
fn a_signal_keeps_what_was_reached() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let Some(models) = crate::folder::models() else { return };
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    // Rounding in single precision never lets the force fall so low.
    let mut command = folder.schur(["relax", "si.extxyz", "--fmax", "1e-300", "--steps", "1000000000"]);
    let mut child = command.env("SCHUR_HOME", models).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    for _ in 0..5 {
        stderr.read_line(&mut String::new()).unwrap();
    }
    crate::folder::signal(&child, "-INT");
    let rest: Vec<_> = stderr.lines().map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert!(rest.iter().any(|line| line.contains("interrupted after")), "{rest:?}");
    let reached = &read(folder.read("si-relaxed.extxyz"), Format::ExtendedXyz).unwrap()[0];
    assert_eq!(reached.info["converged"], Value::Bool(false));
}

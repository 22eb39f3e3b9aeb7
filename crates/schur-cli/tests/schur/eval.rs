//! `schur eval`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

#[cfg(unix)]
use crate::folder::signal;
use crate::folder::{Folder, checkpoints, models, ran};

const SILICON: &str = "2
Lattice=\"0.0 2.7 2.7 2.7 0.0 2.7 2.7 2.7 0.0\" Properties=species:S:1:pos:R:3 energy=99.0 free_energy=99.0 converged=T tag=first pbc=\"T T T\"
Si 0.0 0.0 0.0
Si 1.4 1.3 1.4
";

const WATER: &str =
    "3\nProperties=species:S:1:pos:R:3 pbc=\"F F F\"\nO 0 0 0.119\nH 0 0.763 -0.477\nH 0 -0.763 -0.477\n";

#[test]
fn every_frame_of_every_file_gets_results() {
    let folder = Folder::new();
    folder.write("a.extxyz", format!("{SILICON}{WATER}"));
    folder.write("b.xyz", "1\nhelium\nHe 0 0 0\n");
    let arguments = ["eval", "a.extxyz", "b.xyz", "-o", "out.extxyz", "--json", "--virials"];
    let Some(ran) = folder.run_with_models(&arguments) else { return };
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let rows: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row["frame"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 1, 0]);
    assert!(rows[0]["stress"].is_array() && rows[1]["stress"].is_null());
    let frames = schur_atoms::files::read(folder.read("out.extxyz"), schur_atoms::files::Format::ExtendedXyz).unwrap();
    assert_eq!(frames.len(), 3);
    for (frame, row) in frames.iter().zip(&rows) {
        assert_eq!(frame.info["energy"], schur_atoms::Value::Real(row["energy"].as_f64().unwrap()));
        for key in ["energies", "forces", "virials"] {
            assert!(frame.arrays.contains_key(key), "{key}");
        }
        let sum: f64 = row["energies"].as_array().unwrap().iter().map(|e| e.as_f64().unwrap()).sum();
        assert!((sum - row["energy"].as_f64().unwrap()).abs() < 1e-9);
    }
    assert_eq!(frames[0].info["tag"], schur_atoms::Value::Text("first".into()));
    for key in ["free_energy", "converged"] {
        assert!(!frames[0].info.contains_key(key), "{key} of another calculation");
    }
    assert!(frames[0].info.contains_key("stress") && !frames[1].info.contains_key("stress"));
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let folder = Folder::new();
    folder.write("a.extxyz", SILICON);
    let run = |threads| folder.run_with_models(&["eval", "a.extxyz", "--json", "--threads", threads]);
    let (Some(one), Some(two)) = (run("1"), run("2")) else { return };
    assert_eq!(one.status, Some(0), "{}", one.stderr);
    assert_eq!(one.stdout, two.stdout);
}

#[test]
fn stdin_is_read_as_the_named_format() {
    let folder = Folder::new();
    folder.write("a.extxyz", SILICON);
    let Some(models) = models() else { return };
    let run = |arguments: &[&str]| {
        let mut command = folder.schur(arguments);
        command.env("SCHUR_HOME", models).stdin(std::fs::File::open(folder.path("a.extxyz")).unwrap());
        ran(&mut command)
    };
    let piped = run(&["eval", "-", "--format", "extxyz", "--json"]);
    assert_eq!(piped.status, Some(0), "{}", piped.stderr);
    let named = run(&["eval", "a.extxyz", "--json"]);
    assert_eq!(piped.stdout.replace("\"-\"", "\"a.extxyz\""), named.stdout);
    assert_eq!(run(&["eval", "-"]).status, Some(2));
}

#[test]
fn a_checkpoint_stands_for_its_model() {
    let Some(checkpoints) = checkpoints() else { return };
    let folder = Folder::new();
    folder.write("a.extxyz", SILICON);
    let path = checkpoints.join("sevennet-0.pth");
    let by_path = folder.run_with_models(&["eval", "a.extxyz", "--json", "--model", path.to_str().unwrap()]).unwrap();
    let by_name = folder.run_with_models(&["eval", "a.extxyz", "--json"]).unwrap();
    assert_eq!(by_path.status, Some(0), "{}", by_path.stderr);
    assert_eq!(by_path.stdout, by_name.stdout);
}

/// Iron in a small cell: the moments are in both outputs, and those of another calculation are not.
#[test]
fn magnetic_moments_are_told_where_the_model_has_them() {
    let folder = Folder::new();
    let iron = "2\nLattice=\"2.8 0 0 0 2.8 0 0 0 2.8\" Properties=species:S:1:pos:R:3:magmoms:R:1 pbc=\"T T T\"\n\
        Fe 0.0 0.0 0.0 9.0\nFe 1.5 1.4 1.4 9.0\n";
    folder.write("a.extxyz", iron);
    let run = |model| folder.run_with_models(&["eval", "a.extxyz", "-o", "out.extxyz", "--json", "--model", model]);
    let Some(ran) = run("chgnet-0.3.0") else { return };
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let row: Value = serde_json::from_str(&ran.stdout).unwrap();
    let told: Vec<f64> = row["magnetic_moments"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    assert!(told.len() == 2 && told.iter().all(|moment| (1.5..3.5).contains(moment)), "{told:?}");
    let written = || {
        let text = folder.read("out.extxyz");
        schur_atoms::files::read(&text, schur_atoms::files::Format::ExtendedXyz).unwrap().remove(0)
    };
    assert_eq!(written().arrays["magmoms"], schur_atoms::Array::scalars(&told));
    let other = run("sevennet-0").unwrap();
    assert!(!other.stdout.contains("magnetic_moments"), "{}", other.stdout);
    assert!(!written().arrays.contains_key("magmoms"));
}

#[test]
fn quiet_means_silence_and_text_stays_off_stdout() {
    let folder = Folder::new();
    folder.write("a.extxyz", SILICON);
    let Some(loud) = folder.run_with_models(&["eval", "a.extxyz"]) else { return };
    assert_eq!(loud.stdout, "");
    assert!(loud.stderr.contains("energy [eV]") && loud.stderr.contains("pressure [GPa]"), "{}", loud.stderr);
    let quiet = folder.run_with_models(&["eval", "a.extxyz", "--quiet", "-o", "b.extxyz"]).unwrap();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn bad_input_names_its_place_and_leaves_nothing_behind() {
    let bad = [
        ("torn.extxyz", format!("{SILICON}2\n\nSi 0 0 0\n"), "frame 1"),
        ("element.extxyz", "1\n\nXx 0 0 0\n".to_owned(), "element.extxyz:3"),
        ("position.extxyz", "1\n\nSi 0 0 nan\n".to_owned(), "position.extxyz"),
        ("empty.extxyz", String::new(), "no structure"),
        ("zero.extxyz", "0\n\n".to_owned(), "no atoms"),
        ("overlap.extxyz", "2\n\nSi 0 0 0\nSi 0 0 0\n".to_owned(), "overlap"),
        ("unknown.extxyz", "1\n\nPo 0 0 0\n".to_owned(), "Po"),
        ("missing.extxyz", String::new(), "missing.extxyz"),
    ];
    for (name, content, said) in bad {
        let folder = Folder::new();
        if !name.starts_with("missing") {
            folder.write(name, content);
        }
        let Some(ran) = folder.run_with_models(&["eval", name, "-o", "out.extxyz"]) else { return };
        assert_eq!(ran.status, Some(1), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "`{said}` is not in: {}", ran.stderr);
        assert!(folder.names().iter().all(|left| left == name), "{:?}", folder.names());
    }
}

#[test]
fn a_modality_is_asked_for_where_there_are_several_and_refused_where_there_are_none() {
    let folder = Folder::new();
    folder.write("a.extxyz", SILICON);
    let run = |arguments: &[&str]| folder.run_with_models(&[&["eval", "a.extxyz"], arguments].concat());
    let Some(missing) = run(&["--model", "sevennet-mf-0"]) else { return };
    assert_eq!(missing.status, Some(1));
    assert!(missing.stderr.contains("--modality") && missing.stderr.contains("PBE"), "{}", missing.stderr);
    assert_eq!(run(&["--model", "sevennet-mf-0", "--modality", "PBE"]).unwrap().status, Some(0));
    assert_eq!(run(&["--modality", "PBE"]).unwrap().status, Some(1));
}

/// A run that is asked to end leaves no half file, not even a hidden one.
#[test]
#[cfg(unix)]
fn a_signal_leaves_nothing_behind() {
    let Some(models) = models() else { return };
    let folder = Folder::new();
    folder.write("many.extxyz", SILICON.repeat(20_000));
    let mut command = folder.schur(["eval", "many.extxyz", "-o", "out.extxyz", "--json"]);
    command.env("SCHUR_HOME", models).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    // The first result says that the run is under way.
    stdout.read_line(&mut String::new()).unwrap();
    signal(&child, "-TERM");
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8(output.stderr).unwrap().contains("interrupted"));
    assert_eq!(folder.names(), ["many.extxyz"]);
}

//! `schur md`: what it writes, and that no way of ending it changes a byte of what a resumed run writes.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use schur_atoms::Value;
use schur_atoms::files::{Format, read};

#[cfg(unix)]
use crate::folder::signal;
use crate::folder::{Folder, models};

/// Silicon in its cubic cell, with a label that restarts must not lose.
const SILICON: &str = "8
Lattice=\"5.47 0 0 0 5.47 0 0 0 5.47\" Properties=species:S:1:pos:R:3:tags:I:1 label=kept pbc=\"T T T\"
Si 0.0 0.0 0.0 1
Si 1.3675 1.3675 1.3675 2
Si 0.0 2.735 2.735 3
Si 1.3675 4.1025 4.1025 4
Si 2.735 0.0 2.735 5
Si 4.1025 1.3675 4.1025 6
Si 2.735 2.735 0.0 7
Si 4.1025 4.1025 1.3675 8
";

const START: [&str; 9] = ["md", "si.extxyz", "--timestep", "2", "--every", "3", "--seed", "7", "--quiet"];
const NVT: [&str; 4] = ["--ensemble", "nvt", "--temperature", "300"];

fn silicon() -> Option<Folder> {
    models()?;
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    Some(folder)
}

/// Runs to the end and returns trajectory and statistics.
fn run(folder: &Folder, arguments: &[&str], output: &str, steps: u64) -> [Vec<u8>; 2] {
    let steps = steps.to_string();
    let all = [&START, arguments, &["-o", output, "--steps", &steps]].concat();
    let ran = folder.run_with_models(&all).unwrap();
    assert_eq!(ran.status, Some(0), "{arguments:?}: {}", ran.stderr);
    written(folder, output)
}

fn written(folder: &Folder, output: &str) -> [Vec<u8>; 2] {
    let stem = output.strip_suffix(".extxyz").unwrap();
    [output.to_owned(), format!("{stem}-stats.dat")].map(|name| fs::read(folder.path(&name)).unwrap())
}

#[test]
fn frames_and_statistics_agree_and_keep_labels() {
    let Some(folder) = silicon() else { return };
    let [trajectory, statistics] = run(&folder, &NVT, "a.extxyz", 12);
    let frames = read(trajectory, Format::ExtendedXyz).unwrap();
    let statistics = String::from_utf8(statistics).unwrap();
    let mut rows = statistics.lines();
    let header = rows.next().unwrap();
    for column in
        ["step", "time [fs]", "T [K]", "Econs/N [eV]", "density [g/cm^3]", "volume [Å^3]", "P [GPa]", "Pxy [GPa]"]
    {
        assert!(header.starts_with('#') && header.contains(column), "{column} is not in {header}");
    }
    let rows: Vec<Vec<f64>> =
        rows.map(|row| row.split_whitespace().map(|word| word.parse().unwrap()).collect()).collect();
    assert_eq!((frames.len(), rows.len()), (5, 5));
    for (index, (frame, row)) in frames.iter().zip(&rows).enumerate() {
        assert_eq!(frame.info["step"], Value::Integer(3 * index as i64));
        assert_eq!(frame.info["label"], Value::Text("kept".into()));
        assert!(frame.velocities.is_some() && frame.arrays.contains_key("tags") && frame.arrays.contains_key("forces"));
        let Value::Real(energy) = frame.info["energy"] else { panic!("energy is no number") };
        assert!((row[2] - energy / 8.0).abs() < 1e-8);
        assert_eq!((row[0], row[1]), (3.0 * index as f64, 6.0 * index as f64));
    }
    assert!((rows[0][4] - 300.0).abs() < 200.0, "drawn at 300 K: {}", rows[0][4]);
}

#[test]
fn every_ensemble_resumes_to_the_same_bytes() {
    let Some(folder) = silicon() else { return };
    let langevin = [&NVT[..], &["--thermostat", "langevin"]].concat();
    let nose_hoover = [&NVT[..], &["--thermostat", "nose-hoover"]].concat();
    let npt = ["--ensemble", "npt", "--temperature", "300", "--pressure", "1", "--cell", "full"];
    let nve = ["--ensemble", "nve", "--temperature", "300"];
    for arguments in [&NVT[..], &langevin, &nose_hoover, &npt, &nve] {
        let whole = run(&folder, &[arguments, &["--overwrite"]].concat(), "whole.extxyz", 20);
        run(&folder, &[arguments, &["--overwrite"]].concat(), "parts.extxyz", 7);
        // What a crash may leave behind the last checkpoint.
        for name in ["parts.extxyz", "parts-stats.dat"] {
            let mut torn = fs::read(folder.path(name)).unwrap();
            torn.extend(b"8\nLattice=\"5.4");
            fs::write(folder.path(name), torn).unwrap();
        }
        let resumed = run(&folder, &[arguments, &["--resume", "--threads", "1"]].concat(), "parts.extxyz", 20);
        assert!(whole == resumed, "{arguments:?}");
        let again = run(&folder, &[arguments, &["--resume"]].concat(), "parts.extxyz", 20);
        assert!(whole == again, "{arguments:?}: a finished run was changed");
    }
}

/// Starts a run that goes on until it is stopped.
fn spawn(folder: &Folder, steps: &str, more: &[&str]) -> Child {
    let all = [&START, &NVT[..], &["-o", "parts.extxyz", "--checkpoint-every", "2", "--steps", steps], more].concat();
    let mut command = folder.schur(all);
    command.env("SCHUR_HOME", models().unwrap()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until the checkpoint is another one, or the program has ended.
fn wait_for_progress(checkpoint: &Path, child: &mut Child) {
    let before = fs::read(checkpoint).ok();
    while child.try_wait().unwrap().is_none() && fs::read(checkpoint).ok() == before {
        sleep(Duration::from_millis(2));
    }
}

/// As many kills as `SCHUR_TEST_KILLS` says, at moments that depend on how fast the machine is today.
#[test]
fn kills_at_any_moment_change_no_byte() {
    const STEPS: u64 = 60;
    let Some(folder) = silicon() else { return };
    let kills = std::env::var("SCHUR_TEST_KILLS").map_or(4, |text| text.parse().unwrap());
    let whole = run(&folder, &NVT, "whole.extxyz", STEPS);
    let (mut killed, mut round) = (0, 0);
    while killed < kills {
        let mut child = spawn(&folder, &STEPS.to_string(), &["--resume"]);
        wait_for_progress(&folder.path("parts.checkpoint"), &mut child);
        // Somewhere between two checkpoints, another place each time.
        sleep(Duration::from_micros(round * 1733 % 16_000));
        round += 1;
        child.kill().unwrap();
        killed += i32::from(child.wait().unwrap().code().is_none());
        if fs::read(folder.path("parts.extxyz")).is_ok_and(|bytes| bytes == whole[0]) {
            // The end was reached before all kills: check it and begin anew.
            assert!(run(&folder, &[&NVT[..], &["--resume"]].concat(), "parts.extxyz", STEPS) == whole);
            folder.names().iter().filter(|name| name.starts_with("parts")).for_each(|name| {
                fs::remove_file(folder.path(name)).unwrap();
            });
        }
    }
    // A kill while a checkpoint is written leaves this; it must not gather.
    folder.write(".schur-kiLL3d.tmp", "half a checkpoint");
    assert!(run(&folder, &[&NVT[..], &["--resume"]].concat(), "parts.extxyz", STEPS) == whole);
    assert!(folder.names().iter().all(|name| !name.starts_with('.')), "{:?}", folder.names());
}

#[test]
#[cfg(unix)]
fn signals_leave_a_checkpoint_and_their_own_status() {
    let Some(folder) = silicon() else { return };
    for name in ["-INT", "-TERM"] {
        let mut child = spawn(&folder, "1000000", &["--json", "--overwrite"]);
        wait_for_progress(&folder.path("parts.checkpoint"), &mut child);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{name}");
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["interrupted"], true);
        let steps = summary["last"]["step"].as_u64().unwrap() + 5;
        let whole = run(&folder, &[&NVT[..], &["--overwrite"]].concat(), "whole.extxyz", steps);
        assert!(run(&folder, &[&NVT[..], &["--resume"]].concat(), "parts.extxyz", steps) == whole, "{name}");
    }
}

#[test]
fn checkpoints_of_other_runs_are_refused() {
    let Some(folder) = silicon() else { return };
    let [before, _] = run(&folder, &NVT, "a.extxyz", 6);
    let refused = |arguments: &[&str], said: &str| {
        let all = [&["md", "si.extxyz", "-o", "a.extxyz", "--steps", "9", "--resume", "-q"], arguments].concat();
        let ran = folder.run_with_models(&all).unwrap();
        assert_eq!(ran.status, Some(1), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "`{said}` is not in: {}", ran.stderr);
    };
    let same = [&NVT[..], &["--timestep", "2", "--every", "3", "--seed", "7"]].concat();
    let with = |more: &[&'static str]| [&same[..], more].concat();
    refused(&[&NVT[..], &["--timestep", "1", "--every", "3", "--seed", "7"]].concat(), "timestep is 2.0 there and 1.0");
    refused(&[&NVT[..], &["--timestep", "2", "--every", "1", "--seed", "7"]].concat(), "every is 3 there and 1 here");
    refused(&with(&["--precision", "f64"]), "precision is \"f32\" there");
    refused(&with(&["--model", "sevennet-0-may"]), "model_sha256");
    folder.write("si.extxyz", SILICON.replace("1.3675 1.3675 1.3675 2", "1.3675 1.3675 1.4 2"));
    refused(&same, "structure_sha256");
    folder.write("si.extxyz", SILICON);
    assert_eq!(fs::read(folder.path("a.extxyz")).unwrap(), before, "a refusal must change nothing");
    let mut damaged = fs::read(folder.path("a.checkpoint")).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(folder.path("a.checkpoint"), damaged).unwrap();
    refused(&same, "damaged");
    folder.write("a.checkpoint", "something else");
    refused(&same, "no checkpoint");
}

/// Two runs side by side whose trajectories differ in the ending alone.
#[test]
fn every_trajectory_has_a_checkpoint_of_its_own() {
    let Some(folder) = silicon() else { return };
    let outputs = ["a.extxyz", "a.xyz", "a.xyz.extxyz"];
    for (steps, output) in (3..).zip(outputs) {
        let steps = steps.to_string();
        let arguments = [&START, &NVT[..], &["-o", output, "--steps", &steps]].concat();
        let ran = folder.run_with_models(&arguments).unwrap();
        assert_eq!(ran.status, Some(0), "{output}: {}", ran.stderr);
    }
    let names = folder.names();
    for name in outputs.iter().flat_map(|output| {
        let stem = if *output == "a.extxyz" { "a" } else { output };
        [format!("{stem}.checkpoint"), format!("{stem}-stats.dat")]
    }) {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
}

/// Without its checkpoint a run cannot go on, and must not be replaced for it.
#[test]
fn a_trajectory_without_its_checkpoint_is_kept() {
    let Some(folder) = silicon() else { return };
    let whole = run(&folder, &NVT, "a.extxyz", 6);
    fs::rename(folder.path("a.checkpoint"), folder.path("away")).unwrap();
    let arguments = [&START, &NVT[..], &["-o", "a.extxyz", "--steps", "6", "--resume"]].concat();
    let ran = folder.run_with_models(&arguments).unwrap();
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("a.checkpoint` is missing"), "{}", ran.stderr);
    assert!(written(&folder, "a.extxyz") == whole);
    // A kill before the first checkpoint leaves the first frame, whole or torn: nothing is lost by beginning again.
    let first = String::from_utf8(whole[0].clone()).unwrap();
    let length = first.match_indices("8\nLattice").nth(1).unwrap().0;
    for length in [length, length / 2] {
        folder.write("a.extxyz", &first[..length]);
        fs::remove_file(folder.path("a.checkpoint")).unwrap_or_default();
        assert!(run(&folder, &[&NVT[..], &["--resume"]].concat(), "a.extxyz", 6) == whole);
    }
}

#[test]
fn an_unfinished_run_is_not_overwritten_by_mistake() {
    let Some(folder) = silicon() else { return };
    let mut child = spawn(&folder, "1000000", &[]);
    wait_for_progress(&folder.path("parts.checkpoint"), &mut child);
    let arguments = [&START, &NVT[..], &["-o", "parts.extxyz", "--steps", "3", "--overwrite"]].concat();
    let ran = folder.run_with_models(&arguments).unwrap();
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("another run is writing"), "{}", ran.stderr);
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = folder.run_with_models(&arguments[..arguments.len() - 1]).unwrap();
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("--resume") && ran.stderr.contains("--overwrite"), "{}", ran.stderr);
    assert_eq!(folder.run_with_models(&arguments).unwrap().status, Some(0));
    // Nor is a finished one.
    let ran = folder.run_with_models(&arguments[..arguments.len() - 1]).unwrap();
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("is there already") && ran.stderr.contains("--overwrite"), "{}", ran.stderr);
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let folder = Folder::new();
    folder.write("si.extxyz", SILICON);
    let start = ["md", "si.extxyz", "--steps", "1"];
    for arguments in [
        &["--ensemble", "nvt", "--timestep", "1"][..],
        &["--ensemble", "nve", "--timestep", "1"],
        &["--ensemble", "nve", "--timestep", "0", "--temperature", "1"],
        &["--ensemble", "nvt", "--timestep", "1", "--temperature", "300", "--pressure", "1"],
        &["--ensemble", "nvt", "--timestep", "1", "--temperature", "-1"],
        &["--ensemble", "nve", "--timestep", "1", "--temperature", "1", "-o", "out.cif"],
        &["--ensemble", "nve", "--timestep", "1", "--temperature", "1", "-o", "./si.extxyz"],
        &["--ensemble", "nve", "--timestep", "1", "--temperature", "1", "--every", "0"],
    ] {
        let ran = folder.run(&[&start, arguments].concat());
        assert_eq!(ran.status, Some(2), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(folder.names(), ["si.extxyz"]);
}

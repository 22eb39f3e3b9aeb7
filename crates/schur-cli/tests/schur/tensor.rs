//! `schur tensor`.

use schur_io::npy::{self, Numbers};
use schur_io::npz;
use serde_json::Value;

use crate::folder::{Folder, Ran};

const SHAPE: [usize; 3] = [6, 5, 4];

/// Two components that are far from parallel.
fn element(i: usize, j: usize, k: usize) -> f64 {
    let [i, j, k] = [i, j, k].map(|index| index as f64);
    (1.0 + i) * (2.0 - j) * (1.0 + k * k) + 3.0 * (i - 2.0).cos() * (1.0 + j) * (2.0 - k)
}

fn places() -> impl Iterator<Item = [usize; 3]> {
    let [a, b, c] = SHAPE;
    (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |k| [i, j, k])))
}

fn array(numbers: Numbers) -> Vec<u8> {
    let mut bytes = Vec::new();
    npy::write(&mut bytes, &SHAPE, &numbers).unwrap();
    bytes
}

fn planted() -> Vec<u8> {
    array(Numbers::F64(places().map(|[i, j, k]| element(i, j, k)).collect()))
}

fn listed(is_known: impl Fn([usize; 3]) -> bool) -> String {
    let known = places().filter(|&place| is_known(place));
    known.map(|[i, j, k]| format!("{} {} {} {}\n", i + 1, j + 1, k + 1, element(i, j, k))).collect()
}

fn run(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&[&["tensor"], arguments].concat())
}

fn answer(folder: &Folder, arguments: &[&str]) -> Value {
    let ran = run(folder, &[arguments, &["--json", "--quiet"]].concat());
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn refusal(folder: &Folder, status: i32, arguments: &[&str]) -> String {
    let ran = run(folder, arguments);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(status), ""), "{}", ran.stderr);
    ran.stderr
}

fn arrays(folder: &Folder, name: &str) -> Vec<(String, npy::Array)> {
    npz::read(&std::fs::read(folder.path(name)).unwrap()).unwrap()
}

#[test]
fn components_are_found_and_written_as_numpy_reads_them() {
    let folder = Folder::new();
    folder.write("data.npy", planted());
    let arguments = ["cp", "data.npy", "--rank", "2", "--change", "1e-13", "--iterations", "3000", "-o", "f.npz"];
    let found = answer(&folder, &[&arguments[..], &["--plot", "fit.svg"]].concat());
    assert!(found["relative_error"].as_f64().unwrap() < 1e-8, "{found}");
    assert_eq!((&found["ranks"], &found["converged"]), (&serde_json::json!([2]), &Value::Bool(true)));
    for key in ["iterations", "seconds", "peak_memory_bytes", "workspace_bytes", "parameters"] {
        assert!(found[key].is_number(), "{key}: {found}");
    }
    assert!(found["warnings"].as_array().unwrap().is_empty(), "{found}");
    let written = arrays(&folder, "f.npz");
    let names: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["weights", "factor_0", "factor_1", "factor_2"]);
    let numbers = |place: usize| written[place].1.numbers.to_f64().unwrap();
    let (weights, factors) = (numbers(0), [numbers(1), numbers(2), numbers(3)]);
    for [i, j, k] in places() {
        let term = |r: usize| weights[r] * factors[0][2 * i + r] * factors[1][2 * j + r] * factors[2][2 * k + r];
        assert!((term(0) + term(1) - element(i, j, k)).abs() < 1e-6, "{i} {j} {k}");
    }
    assert!(folder.read("fit.svg").starts_with("<svg"));
}

#[test]
fn the_fewest_components_that_reach_an_error_are_taken() {
    let folder = Folder::new();
    folder.write("data.npy", planted());
    let arguments = ["cp", "data.npy", "--tolerance", "1e-4", "--change", "1e-12", "--iterations", "3000"];
    assert_eq!(answer(&folder, &arguments)["ranks"], serde_json::json!([2]));
}

#[test]
fn forms_of_other_kinds_reach_the_error_asked_for() {
    let folder = Folder::new();
    folder.write("data.npy", planted());
    let tucker = answer(&folder, &["tucker", "data.npy", "--tolerance", "1e-6", "-o", "t.npz"]);
    assert_eq!(tucker["ranks"], serde_json::json!([2, 2, 2]));
    assert!(tucker["relative_error"].as_f64().unwrap() < 1e-6);
    assert_eq!(arrays(&folder, "t.npz")[0].1.shape, [2, 2, 2]);
    let ranks = answer(&folder, &["tucker", "data.npy", "--ranks", "1,2,2"]);
    assert!(ranks["relative_error"].as_f64().unwrap() > 1e-3, "{ranks}");
    let train = answer(&folder, &["tt", "data.npy", "--tolerance", "1e-6", "-o", "tt.npz"]);
    assert_eq!(train["ranks"], serde_json::json!([2, 2]));
    let cores = arrays(&folder, "tt.npz");
    assert_eq!(cores.iter().map(|core| core.1.shape.clone()).collect::<Vec<_>>(), [[1, 6, 2], [2, 5, 2], [2, 4, 1]]);
}

#[test]
fn sparse_files_mean_zeros_to_fits_and_gaps_to_completion() {
    let folder = Folder::new();
    folder.write("all.tns", listed(|_| true));
    folder.write("some.tns", listed(|[i, j, k]| (i + 2 * j + 3 * k) % 4 != 0));
    let arguments = ["--rank", "2", "--change", "1e-12", "--iterations", "3000"];
    let all = answer(&folder, &[&["cp", "all.tns"], &arguments[..]].concat());
    assert!(all["relative_error"].as_f64().unwrap() < 1e-6, "{all}");
    let zeros = folder.run(&[&["tensor", "cp", "some.tns", "--json"], &arguments[..]].concat());
    let zeros: Value = serde_json::from_str(&zeros.stdout).unwrap();
    assert!(zeros["relative_error"].as_f64().unwrap() > 0.1, "{zeros}");
    let options = ["--no-offsets", "--ridge", "1e-9", "--hold-out", "0.1", "--filled", "full.npy"];
    let gaps = folder.run(&[&["tensor", "complete", "some.tns", "--json"], &arguments[..], &options].concat());
    let report: Value = serde_json::from_str(&gaps.stdout).unwrap_or_else(|_| panic!("{}", gaps.stderr));
    assert!(report["held_out_rmse"].as_f64().unwrap() < 1e-6, "{report}");
    let full = npy::read(std::fs::File::open(folder.path("full.npy")).unwrap()).unwrap();
    assert_eq!(full.shape, SHAPE);
    let filled = full.numbers.to_f64().unwrap();
    let worst = places().zip(filled).map(|([i, j, k], x)| (x - element(i, j, k)).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-6, "{worst}");
}

#[test]
fn descriptions_and_suggestions_go_to_stdout() {
    let folder = Folder::new();
    folder.write("data.npy", planted());
    let info = answer(&folder, &["info", "data.npy"]);
    assert_eq!((&info["shape"], &info["listed"]), (&serde_json::json!(SHAPE), &serde_json::json!(120)));
    assert!(run(&folder, &["info", "data.npy"]).stdout.contains("[6, 5, 4]"));
    let rank = answer(&folder, &["rank", "data.npy", "--most", "3", "--change", "1e-10", "--iterations", "2000"]);
    assert_eq!(rank["cp"].as_array().unwrap().len(), 3, "{rank}");
    assert!(run(&folder, &["rank", "data.npy", "--most", "2", "--plot", "r.svg"]).stdout.contains("mode"));
    assert!(folder.read("r.svg").starts_with("<svg"));
}

#[test]
fn what_cannot_be_decomposed_is_refused_by_name() {
    let folder = Folder::new();
    folder.write("data.npy", planted());
    folder.write("nan.npy", array(Numbers::F64((0..120).map(|k| if k == 7 { f64::NAN } else { 1.0 }).collect())));
    folder.write("zero.npy", array(Numbers::F64(vec![0.0; 120])));
    folder.write("bad.tns", "1 1 1 2.0\n1 x 1 3.0\n");
    folder.write("twice.tns", "1 1 2.0\n2 2 1.0\n1 1 3.0\n");
    let says = |status, arguments: &[&str], words: &[&str]| {
        let said = refusal(&folder, status, arguments);
        assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
    };
    says(1, &["cp", "nan.npy", "--rank", "1"], &["[0, 1, 3]", "NaN"]);
    says(1, &["cp", "zero.npy", "--rank", "1"], &["zero"]);
    says(1, &["cp", "data.npy", "--rank", "1000"], &["rank 1000"]);
    says(1, &["cp", "bad.tns", "--rank", "1"], &["line 2"]);
    says(1, &["cp", "twice.tns", "--rank", "1"], &["[0, 0]"]);
    says(1, &["cp", "missing.npy", "--rank", "1"], &["missing.npy"]);
    says(1, &["tucker", "data.npy", "--ranks", "2,2"], &["3"]);
    says(1, &["cp", "data.npy", "--rank", "2", "--memory", "900B"], &["--memory"]);
    says(2, &["cp", "data.npy"], &["--rank"]);
    says(2, &["cp", "data.npy", "--rank", "2", "--base", "1"], &[".tns"]);
    assert_eq!(folder.names().len(), 5, "nothing was written");
}

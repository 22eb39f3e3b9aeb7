//! `schur products`.

use serde_json::Value;

use crate::folder::{Folder, Ran};

const SMALL: [&str; 6] = ["--batch", "16", "--channels", "4", "--threads", "1"];

fn products(arguments: &[&str]) -> Ran {
    let ran = Folder::new().run(&[&["products"], arguments, &SMALL].concat());
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    ran
}

fn records(arguments: &[&str]) -> Vec<Value> {
    let ran = products(&[arguments, &["--json", "--quiet"]].concat());
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.stdout.lines().count(), 1, "one value a line");
    let Value::Array(records) = serde_json::from_str(&ran.stdout).unwrap() else { panic!("{}", ran.stdout) };
    records
}

fn named<'a>(records: &'a [Value], name: &str) -> &'a Value {
    records.iter().find(|record| record["product"] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn json_is_one_list_of_records() {
    let records = records(&["--lmax", "2", "--mode", "mimo"]);
    let names: Vec<_> = records.iter().map(|record| record["product"].as_str().unwrap()).collect();
    let expected = ["cg", "cg-sparse", "cg-dense", "gaunt-grid", "gaunt-fourier", "gaunt-coefficients", "cp"];
    assert_eq!(names[..7], expected);
    assert_eq!(names[7..], ["vector-signal", "matrix", "cartesian", "escn"]);
    for record in &records {
        assert_eq!((record["mode"].as_str(), record["lmax"].as_u64()), (Some("mimo"), Some(2)), "{record}");
        for key in ["seconds", "flops", "bytes", "expressivity", "interactability", "weights"] {
            assert!(record[key].as_f64().unwrap() > 0.0, "{key} of {record}");
        }
        assert!(record["equivariance_error"].as_f64().unwrap() >= 0.0);
        assert!(record["expressivity"].as_u64() <= record["paths"].as_u64());
    }
}

/// Degrees 0..2 twice to 0..2: 15 triples fulfil the triangle rule, 11 of them with an even sum.
#[test]
fn numbers_are_those_of_the_paths() {
    let records = records(&["--lmax", "2"]);
    for (name, dimensions, meet, exact) in
        [("cg", 15, 15, true), ("cg-sparse", 15, 15, true), ("cg-dense", 15, 15, true), ("escn", 15, 15, true)]
    {
        let record = named(&records, name);
        assert_eq!(record["expressivity"], dimensions, "{record}");
        assert_eq!((&record["interactability"], &record["exact"]), (&meet.into(), &exact.into()), "{record}");
        assert!(record["equivariance_error"].as_f64().unwrap() < 1e-12, "{record}");
    }
    let gaunt = named(&records, "gaunt-grid");
    assert_eq!((&gaunt["interactability"], &gaunt["paths"], &gaunt["exact"]), (&11.into(), &15.into(), &false.into()));
    let cp = named(&records, "cp");
    assert_eq!((&cp["expressivity"], &cp["exact"]), (&1.into(), &false.into()));
    // 9 + 9 numbers in and 9 out for each of 16 x 4, and 15 weights for each channel, of four bytes.
    assert_eq!(named(&records, "cg")["bytes"], 4 * (27 * 16 * 4 + 15 * 4));
    assert_eq!(named(&records, "escn")["direction_only"], true);
}

#[test]
fn the_table_says_what_gaunt_lacks_and_what_to_use() {
    let ran = products(&["--lmax", "1"]);
    assert_eq!(ran.stderr, "");
    let line = |start: &str| ran.stdout.lines().find(|line| line.starts_with(start)).unwrap_or_default();
    // 0 0 0, 0 1 1, 1 0 1, 1 1 0 and the antisymmetric 1 1 1.
    assert!(line("gaunt-grid").contains(" 4/5 "), "{}", ran.stdout);
    let missing = line("No Gaunt product");
    assert!(missing.contains("the 1 path with odd") && missing.contains("1 x 1 -> 1"), "{}", ran.stdout);
    assert!(missing.contains("antisymmetric") && missing.contains("is 0 in gaunt"), "{missing}");
    let advice = line("Use ");
    assert!(["cg", "matrix"].iter().any(|name| advice.contains(name)) && advice.contains("all 5 paths"), "{advice}");
    assert!(line("escn *").contains("5/5"), "{}", ran.stdout);
}

/// A range has a table for each degree and says at the end which product leads where.
#[test]
fn ranges_end_with_the_leaders() {
    let ran = products(&["--lmax", "1..2", "--mode", "simo"]);
    assert!(ran.stdout.contains("fastest exact"), "{}", ran.stdout);
    let lmax = records(&["--lmax", "1..2", "--mode", "simo"]);
    assert_eq!((&lmax[0]["lmax"], &lmax[lmax.len() - 1]["lmax"]), (&1.into(), &2.into()));
    assert!(lmax.iter().all(|record| record["product"] != "escn"));
}

#[test]
fn what_cannot_serve_the_task_is_listed_with_its_reason() {
    let ran = products(&["--lmax", "1", "--mode", "siso"]);
    for name in ["gaunt-grid", "gaunt-fourier", "gaunt-coefficients"] {
        let start = format!("{name} cannot serve this task: ");
        let reason = ran.stdout.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or_default();
        assert!(reason.starts_with("no path leads"), "{}", ran.stdout);
    }
    assert!(ran.stdout.contains("the 1 path with odd l1 + l2 + l3, such as 1 x 1 -> 1"), "{}", ran.stdout);
    // With --json the reasons are for people, and the list holds what was measured.
    let ran = products(&["--lmax", "1", "--mode", "siso", "--json"]);
    assert!(ran.stderr.contains("gaunt-grid cannot serve this task"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("gaunt"), "{}", ran.stdout);
    assert!(records(&["--lmax", "2", "--mode", "siso"]).iter().any(|record| record["product"] == "gaunt-grid"));
}

#[test]
fn arguments_out_of_range_are_refused() {
    let folder = Folder::new();
    for (arguments, part) in [
        (&["--mode", "miso"][..], "mimo"),
        (&["--lmax", "99"], "0 to 8"),
        (&["--lmax", "-1"], "0 to 8"),
        (&["--lmax", "3..1"], "rising range"),
        (&["--batch", "0"], "--batch"),
        (&["--channels", "0"], "--channels"),
        (&["--threads", "0"], "--threads"),
        (&["--lmx", "2"], "--lmax"),
        (&["--batch", "1000000", "--channels", "4096"], "take fewer"),
    ] {
        let ran = folder.run(&[&["products"], arguments].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.stderr.contains(part), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn completions_and_help_know_the_command() {
    let folder = Folder::new();
    assert!(folder.run(&["completions", "bash"]).stdout.contains("products"));
    let help = folder.run(&["products", "--help"]).stdout;
    for part in ["--lmax", "[default: mimo]", "siso", "equivariance_error", "Exit status"] {
        assert!(help.contains(part), "{part} is not in\n{help}");
    }
}

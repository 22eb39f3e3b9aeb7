//! `schur logic`.

use serde_json::Value;

use crate::folder::Folder;

const PROGRAM: &str = "domain place
relation Road(place, place) in min-plus from \"roads.csv\"
relation Distance(place, place) in min-plus
Distance(x, z) :- Road(x, z).
Distance(x, z) :- Distance(x, y), Road(y, z).
Distance(Oslo, Rome)?
Distance(Oslo, x)?
Distance(Rome, Oslo)?
count Distance(x, y)?
domain i = 2
data X[i] from \"x.npy\"
param W = 3
Loss = (W - 1)^2 + X[i] X[i]
minimize Loss with gd, steps 2, rate 0.5
W?
Y[j] = 2 X[j]
Y[j]?
";

/// A program, its table and its tensor; the numbers 3 and 4 as NumPy writes them.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("roads.logic", PROGRAM);
    folder.write("roads.csv", "# kilometres\nOslo, Berlin, 1000\nBerlin, Rome, 1500\nOslo, Rome, 2600\n");
    let mut header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }".to_vec();
    header.resize(117, b' ');
    header.push(b'\n');
    let mut array = b"\x93NUMPY\x01\x00".to_vec();
    array.extend(118_u16.to_le_bytes());
    array.extend(header);
    array.extend([3.0_f64, 4.0].iter().flat_map(|x| x.to_le_bytes()));
    folder.write("x.npy", array);
    folder
}

#[test]
fn answers_are_printed_behind_their_queries() {
    let ran = folder().run(&["logic", "roads.logic"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let expected = "Distance(Oslo, Rome): 2500\nDistance(Oslo, x):\n  Berlin = 1000\n  Rome = 2500\n\
                    Distance(Rome, Oslo): inf\nDistance(x, y): 3 rows\nW: 1\nY[j]:\n  0 = 6\n  1 = 8\n";
    assert_eq!(ran.stdout, expected);
    assert_eq!(ran.stderr, "Loss: 29.000000 -> 25.000000 in 2 steps\n");
}

#[test]
fn json_is_a_record_a_line_and_the_same_for_any_number_of_threads() {
    let ran = folder().run(&["logic", "roads.logic", "--json", "--quiet", "--threads", "1"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    let records: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 7);
    assert_eq!((&records[0]["minimized"], records[0]["losses"].as_array().unwrap().len()), (&"Loss".into(), 2));
    assert_eq!((&records[1]["query"], &records[1]["answer"]), (&"Distance(Oslo, Rome)".into(), &2500.0.into()));
    assert_eq!(records[2]["answer"]["rows"][1][0], "Rome");
    assert_eq!(records[3]["answer"], Value::Null, "no way back");
    assert_eq!(records[6]["answer"]["values"], serde_json::json!([6.0, 8.0]));
    let again = folder().run(&["logic", "roads.logic", "--json", "--quiet", "--threads", "4"]);
    assert_eq!(ran.stdout, again.stdout);
}

#[test]
fn faults_show_the_file_and_the_line() {
    let folder = folder();
    folder.write("bad.logic", "Road(A, B).\nReach(x, y) :- Raod(x, y).\n");
    let ran = folder.run(&["logic", "bad.logic"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    let shown = "error: bad.logic: line 2, column 16: unknown relation or tensor `Raod`; did you mean `Road`?\n    \
                 Reach(x, y) :- Raod(x, y).\n                   ^^^^\n";
    assert_eq!(ran.stderr, shown);
    folder.write("gone.logic", "domain n\nrelation E(n, n) from \"gone.csv\"\n");
    let ran = folder.run(&["logic", "gone.logic"]);
    assert!(ran.stderr.contains("gone.logic: line 2") && ran.stderr.contains("`gone.csv`"), "{}", ran.stderr);
    let ran = folder.run(&["logic", "nothing.logic"]);
    assert!(ran.status == Some(1) && ran.stderr.contains("nothing.logic"), "{}", ran.stderr);
    assert_eq!(folder.run(&["logic"]).status, Some(2));
}

#[test]
fn files_lie_beside_the_program() {
    let folder = folder();
    std::fs::create_dir(folder.path("deeper")).unwrap();
    for name in ["roads.logic", "roads.csv", "x.npy"] {
        std::fs::rename(folder.path(name), folder.path("deeper").join(name)).unwrap();
    }
    assert_eq!(folder.run(&["logic", "deeper/roads.logic"]).status, Some(0));
}

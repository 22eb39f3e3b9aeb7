//! `schur layer`.

use serde_json::{Value, json};

use crate::folder::{Folder, Ran};

fn run(folder: &Folder, arguments: &str) -> Ran {
    let typed: Vec<&str> = std::iter::once("layer").chain(arguments.split_whitespace()).collect();
    folder.run(&typed)
}

fn answer(arguments: &str) -> Value {
    let ran = run(&Folder::new(), &format!("{arguments} --json"));
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""), "{arguments}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn maps_and_parameters_are_counted() {
    for (arguments, dimension, spanning, parameters) in [
        ("--group so --n 3 --in 2 --out 2", 3, 3, 4),
        ("--group sym --n 10 --in 2 --out 2 --channels-in 2 --channels-out 3", 15, 15, 96),
        ("--group sym --n 2 --in 2 --out 2", 8, 15, 10),
        ("--group o --n 2 --in 4 --out 4", 35, 105, 38),
        ("--group sp --n 2 --in 2 --out 2", 2, 3, 3),
        ("--group alt --n 3 --in 1 --out 1", 3, 3, 4),
        ("--group o --n 3 --in 2 --out 1", 0, 0, 0),
    ] {
        let found = answer(arguments);
        let counted = ["dimension", "spanning_count", "parameters"].map(|key| found[key].clone());
        assert_eq!(counted, [dimension, spanning, parameters].map(|count| json!(count)), "{arguments}");
    }
    let found = answer("--group sym --n 50 --in 2 --out 2");
    assert_eq!(found["flops_dense"], json!(2.0 * 50.0_f64.powi(4)));
    assert!(found["flops_fast"].as_f64().unwrap() < 1e5, "{found}");
}

#[test]
fn diagrams_are_drawn_as_text_and_as_a_picture() {
    let folder = Folder::new();
    let ran = run(&folder, "--group so --n 3 --in 2 --out 1 --svg maps.svg");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    for part in ["  ○", "*─┘", "a|bc*abc", "maps        1", "parameters  1 = 1 weights + 0 of the bias"] {
        assert!(ran.stdout.contains(part), "{part} in\n{}", ran.stdout);
    }
    assert!(ran.stderr.contains("wrote maps.svg"));
    let picture = folder.read("maps.svg");
    assert!(picture.starts_with("<svg") && picture.contains(">a|bc*abc</text>"), "{picture}");
    let many = run(&folder, "--group sym --n 6 --in 3 --out 3");
    assert!(many.stdout.contains("... and 143 more; --svg draws all of them"), "{}", many.stdout);
}

#[test]
fn impossible_layers_are_refused_before_anything_is_listed() {
    for (arguments, part) in [
        ("--group sp --n 3 --in 1 --out 1", "the symplectic group needs an even dimension, but n is 3"),
        ("--group sym --n 0 --in 1 --out 1", "needs a space of dimension 1 or more"),
        ("--group sym --n 9 --in 9 --out 9", "are more than the"),
        ("--group sym --n 9 --in 2 --out 2 --channels-in 0", "one channel or more"),
        ("--group o --n 1000000000 --in 3 --out 3", "of a layer would take"),
    ] {
        let ran = run(&Folder::new(), arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn automorphisms_come_from_an_edge_list() {
    let folder = Folder::new();
    folder.write("square.txt", "0 1\n1 2\n2 3\n3 0\n");
    let ran = run(&folder, "--group aut --graph square.txt --in 1 --out 1 --svg maps.svg");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    for part in ["8 automorphisms of a graph of 4 vertices and 4 edges", "a|b:ab", "maps        3, one an orbit\n"] {
        assert!(ran.stdout.contains(part), "{part} in\n{}", ran.stdout);
    }
    assert!(folder.read("maps.svg").contains(">a|b:ab</text>"));
    let found: Value =
        serde_json::from_str(&run(&folder, "--group aut --graph square.txt --in 2 --out 1 --json").stdout).unwrap();
    assert_eq!((&found["dimension"], &found["n"]), (&json!(10), &json!(4)));
    // A vertex of its own more.
    let ran = run(&folder, "--group aut --graph square.txt --n 5 --in 0 --out 1 --json");
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["dimension"], json!(2));
    folder.write("wrong.txt", "0 1\n1 1\n");
    for (arguments, part) in [
        ("--group aut --graph wrong.txt --in 1 --out 1", "the edge from 1 to 1 is none"),
        ("--group aut --graph absent.txt --in 1 --out 1", "cannot read `absent.txt`"),
        ("--group aut --n 4 --in 1 --out 1", "--graph <FILE>"),
        ("--group sym --n 4 --graph square.txt --in 1 --out 1", "--graph belongs to --group aut"),
        ("--group sym --in 1 --out 1", "--n <N>"),
    ] {
        let ran = run(&folder, arguments);
        assert!(ran.status != Some(0) && ran.stderr.contains(part), "{arguments}: {}", ran.stderr);
    }
}

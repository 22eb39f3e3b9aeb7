//! `schur einsum`.

use schur_io::npy::{self, Array, Numbers};
use serde_json::{Value, json};

use crate::folder::{Folder, Ran};

fn array(shape: &[usize], numbers: Numbers) -> Vec<u8> {
    let mut bytes = Vec::new();
    npy::write(&mut bytes, shape, &numbers).unwrap();
    bytes
}

fn reals(shape: &[usize]) -> Vec<u8> {
    array(shape, Numbers::F64((0..shape.iter().product()).map(|k: usize| k as f64).collect()))
}

fn run(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&[&["einsum"], arguments].concat())
}

fn answer(folder: &Folder, arguments: &[&str]) -> Value {
    let ran = run(folder, &[arguments, &["--json", "--quiet"]].concat());
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    serde_json::from_str(&ran.stdout).unwrap()
}

fn refusal(folder: &Folder, arguments: &[&str]) -> String {
    let ran = run(folder, arguments);
    assert_ne!(ran.status, Some(0), "{}", ran.stdout);
    assert_eq!(ran.stdout, "");
    ran.stderr
}

#[test]
fn a_product_of_matrices_goes_to_a_file() {
    let folder = Folder::new();
    folder.write("a.npy", reals(&[2, 3]));
    folder.write("b.npy", reals(&[3, 2]));
    let ran = run(&folder, &["ij,jk->ik", "a.npy", "b.npy", "-o", "c.npy"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let product = npy::read(std::fs::File::open(folder.path("c.npy")).unwrap()).unwrap();
    assert_eq!(product, Array { shape: vec![2, 2], numbers: Numbers::F64(vec![10.0, 13.0, 28.0, 40.0]) });
}

#[test]
fn small_results_are_printed() {
    let folder = Folder::new();
    folder.write("a.npy", reals(&[2, 2]));
    assert_eq!(run(&folder, &["ij->ji", "a.npy"]).stdout, "[[0.0,2.0],[1.0,3.0]]\n");
    assert_eq!(run(&folder, &["ii", "a.npy"]).stdout, "3.0\n");
    let object = answer(&folder, &["ij,jk->ik", "a.npy", "a.npy"]);
    assert_eq!(object["elements"], json!([[2.0, 3.0], [6.0, 11.0]]));
    assert_eq!((&object["shape"], &object["operations"]), (&json!([2, 2]), &json!(8.0)));
}

#[test]
fn elements_decide_the_semiring_unless_it_is_named() {
    let folder = Folder::new();
    folder.write("edges.npy", array(&[2, 2], Numbers::Bool(vec![false, true, true, false])));
    folder.write("counts.npy", array(&[2, 2], Numbers::I64(vec![1, 2, 3, 4])));
    folder.write("waves.npy", array(&[2], Numbers::C64(vec![[0.0, 1.0], [2.0, 0.0]])));
    folder.write("single.npy", array(&[2], Numbers::F32(vec![0.5, 3.0])));
    let elements = |arguments: &[&str]| answer(&folder, arguments)["elements"].clone();
    assert_eq!(elements(&["ij,jk->ik", "edges.npy", "edges.npy"]), json!([[true, false], [false, true]]));
    assert_eq!(elements(&["ij,jk->ik", "counts.npy", "edges.npy"]), json!([[2, 1], [4, 3]]));
    assert_eq!(elements(&["i,i", "waves.npy", "waves.npy"]), json!([3.0, 0.0]));
    assert_eq!(elements(&["i,i", "single.npy", "single.npy"]), json!(9.25));
    assert_eq!(elements(&["ij->i", "counts.npy", "--semiring", "max-plus"]), json!([2.0, 4.0]));
    assert_eq!(elements(&["ij->i", "counts.npy", "--semiring", "modulo-3"]), json!([0, 1]));
    assert_eq!(elements(&["ij->", "edges.npy", "--semiring", "gf2"]), json!(false));
    folder.write("large.npy", array(&[2], Numbers::I64(vec![i64::MAX; 2])));
    assert_eq!(elements(&["i->", "large.npy", "--semiring", "counting"]), json!("18446744073709551614"));
    let overflow = refusal(&folder, &["i->", "large.npy"]);
    assert!(overflow.contains("overflow"), "{overflow}");
}

#[test]
fn an_order_is_explained_without_operands_saved_and_read_again() {
    let folder = Folder::new();
    let shapes = ["ij,jk,k->i", "--shapes", "10x20,20x30,30"];
    let ran = run(&folder, &[&shapes[..], &["--explain", "--save-order", "order.json"]].concat());
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains('k'), "{}", ran.stdout);
    // The vector first: 20 * 30 and 10 * 20.
    let found = answer(&folder, &shapes);
    assert_eq!(found["operations"], json!(800.0));
    let again = answer(&folder, &[&shapes[..], &["--order", "order.json"]].concat());
    assert_eq!(again["orders"], found["orders"]);
    let other = refusal(&folder, &["ij,jk->ik", "--shapes", "2x2,2x2", "--order", "order.json"]);
    assert!(other.contains("order.json"), "{other}");
}

#[test]
fn a_limit_of_memory_is_kept_or_refused() {
    let folder = Folder::new();
    let network = ["ab,bc,cd,de,ef,fa->", "--shapes", "50x50,50x50,50x50,50x50,50x50,50x50"];
    let free = answer(&folder, &network)["peak_bytes"].as_u64().unwrap();
    let limited = answer(&folder, &[&network[..], &["--memory", "4kB"]].concat());
    assert!(free > 4000 && limited["peak_bytes"].as_u64().unwrap() <= 4000, "{limited}");
    assert!(limited["slices"].as_f64().unwrap() > 1.0);
    let refused = refusal(&folder, &["ij->ij", "--shapes", "100x100", "--memory", "1kB"]);
    assert!(refused.contains("1000 bytes hold 125 elements") && refused.contains("output"), "{refused}");
}

#[test]
fn memory_that_an_order_or_nested_results_go_beyond_is_refused_before_the_order_is_written() {
    let folder = Folder::new();
    let chain = ["ij,jk,kl->il", "--shapes", "20x20,20x20,20x20", "--memory", "1kB"];
    folder.run(&[&["einsum"], &chain[..3], &["--save-order", "order.json"]].concat());
    let refused = refusal(&folder, &[&chain[..], &["--order", "order.json"]].concat());
    assert!(refused.contains("the order in `order.json` takes 3200 bytes"), "{refused}");
    let nested = ["(ij,jk->ik),(kl,li->ki)->", "--shapes", "20x20,20x20,20x20,20x20", "--memory", "4kB"];
    let refused = refusal(&folder, &[&nested[..], &["--save-order", "nested.json"]].concat());
    assert!(refused.contains("nested expressions take"), "{refused}");
    assert!(!folder.path("nested.json").exists());
}

#[test]
fn slot_programs_are_printed() {
    let folder = Folder::new();
    let ran = run(&folder, &["ij,j->i", "--shapes", "4x4,4", "--slots", "16"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("rotations"), "{}", ran.stdout);
}

#[test]
fn mistakes_are_named() {
    let folder = Folder::new();
    folder.write("a.npy", reals(&[2, 3]));
    folder.write("text.npy", "hello");
    let check = |arguments: &[&str], expected: &str| {
        let said = refusal(&folder, arguments);
        assert!(said.contains(expected), "{said}");
    };
    check(&["ij,jk->ik", "a.npy", "a.npy"], "index `j` has size 3 in operand 0 but 2 in operand 1");
    check(&["ij,jk->ik", "a.npy"], "2 operands");
    check(&["i!", "a.npy"], "`!` is not an index");
    check(&["ij", "text.npy"], "text.npy");
    check(&["ij", "none.npy"], "none.npy");
    check(&["ij", "a.npy", "--semiring", "maxplus"], "did you mean `max-plus`");
    check(&["ij", "a.npy", "--semiring", "modulo-1"], "the modulus must be a whole number from 2 on");
    check(&["ij", "a.npy", "--semiring", "integer"], "takes integers");
    check(&["ij->ijk", "a.npy"], "k");
    check(&["ij", "a.npy", "--memory", "lots"], "500MB or 4GB");
}

#[test]
fn an_index_of_the_output_alone_takes_its_size() {
    let folder = Folder::new();
    folder.write("a.npy", reals(&[2]));
    assert_eq!(answer(&folder, &["i->ik", "a.npy", "--size", "k=2"])["elements"], json!([[0.0, 0.0], [1.0, 1.0]]));
    assert_eq!(answer(&folder, &["i->ii", "a.npy"])["elements"], json!([[0.0, 0.0], [0.0, 1.0]]));
}

//! Transitive closures of a relation of FB15k-237 against a breadth-first search from every node.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use schur_logic::{Data, Program, Value};

/// Pairs reached by at least one edge.
fn breadth_first(edges: &BTreeSet<(u32, u32)>) -> BTreeSet<(u32, u32)> {
    let mut targets: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    edges.iter().for_each(|&(a, b)| targets.entry(a).or_default().push(b));
    let mut found = BTreeSet::new();
    for &start in targets.keys() {
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for &next in targets.get(&node).into_iter().flatten() {
                if found.insert((start, next)) {
                    queue.push_back(next);
                }
            }
        }
    }
    found
}

fn edges(table: &str, relation: &str) -> BTreeSet<(u32, u32)> {
    let fields = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let of = fields.filter(|fields| fields[1] == relation);
    of.map(|fields| (fields[0].parse().unwrap(), fields[2].parse().unwrap())).collect()
}

/// The closure of one relation of a table of triples, as a program computes it.
fn closure(table: &str, relation: &str, rules: &str) -> BTreeSet<(u32, u32)> {
    let source = format!(
        "domain entity
         domain kind
         relation Triple(entity, kind, entity) from \"triples\"
         Edge(x, z) :- Triple(x, {relation}, z).
         {rules}
         Reach(x, z)?"
    );
    let program = Program::parse(&source).unwrap();
    let mut read = |name: &str| {
        assert_eq!(name, "triples");
        Ok(Data::Text(table.to_owned()))
    };
    let outcome = program.run(&mut read).unwrap_or_else(|error| panic!("{error}"));
    let Value::Rows { rows, .. } = &outcome.answers[0].value else { panic!() };
    rows.iter().map(|row| (row[0].parse().unwrap(), row[1].parse().unwrap())).collect()
}

const LINEAR: &str = "Reach(x, z) :- Edge(x, z).
Reach(x, z) :- Reach(x, y), Edge(y, z).";

/// Far fewer rounds, many more derivations.
const QUADRATIC: &str = "Reach(x, z) :- Edge(x, z).
Reach(x, z) :- Reach(x, y), Reach(y, z).";

#[test]
fn the_deepest_relation_has_its_closure() {
    let table = include_str!("../fixtures/fb15k237_relation129.tns");
    let edges = edges(table, "129");
    assert_eq!(edges.len(), 2051);
    let expected = breadth_first(&edges);
    assert_eq!(expected.len(), 224_576);
    assert!(closure(table, "129", LINEAR) == expected);
}

#[test]
fn linear_and_quadratic_rules_have_one_fixed_point() {
    let table = include_str!("../fixtures/fb15k237_relation129.tns");
    // Every fifth edge: circles and chains, but fewer derivations.
    let fifth: String = table.lines().step_by(5).flat_map(|line| [line, "\n"]).collect();
    let expected = breadth_first(&edges(&fifth, "129"));
    assert!(expected.len() > 500, "{}", expected.len());
    for rules in [LINEAR, QUADRATIC] {
        assert!(closure(&fifth, "129", rules) == expected, "{rules}");
    }
}

/// All 272,115 triples, and the closures of four relations of different shapes.
#[test]
fn closures_within_the_whole_data_set() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/sparse/fb15k237_train.tns");
    let Ok(table) = std::fs::read_to_string(path) else {
        println!("skipped: FB15k-237 is not beside the repository");
        return;
    };
    for relation in ["129", "49", "151", "130"] {
        let expected = breadth_first(&edges(&table, relation));
        assert!(closure(&table, relation, LINEAR) == expected, "relation {relation}");
    }
}

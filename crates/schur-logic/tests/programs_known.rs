//! The programs under `examples/logic`, with answers known from elsewhere.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use schur_logic::{Outcome, Program, Value};

fn run(name: &str) -> Outcome {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/logic").join(name);
    let program = Program::parse(&std::fs::read_to_string(path).unwrap()).unwrap_or_else(|error| panic!("{error}"));
    program.run(&mut |_| Err("no files".to_owned())).unwrap_or_else(|error| panic!("{error}"))
}

fn value<'a>(outcome: &'a Outcome, query: &str) -> &'a Value {
    let answer = outcome.answers.iter().find(|answer| answer.query == query);
    &answer.unwrap_or_else(|| panic!("no answer to {query}")).value
}

fn number(outcome: &Outcome, query: &str) -> f64 {
    let Value::Number(number) = value(outcome, query) else { panic!("{:?}", value(outcome, query)) };
    *number
}

fn rows(outcome: &Outcome, query: &str) -> Vec<String> {
    let Value::Rows { rows, .. } = value(outcome, query) else { panic!("{:?}", value(outcome, query)) };
    rows.iter().map(|row| row.join(" ")).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found}, not {expected}");
}

#[test]
fn ancestors_are_all_of_them() {
    let outcome = run("ancestor.logic");
    assert_eq!(*value(&outcome, "Ancestor(Abraham, Joseph)"), Value::Truth(true));
    let mut ancestors = rows(&outcome, "Ancestor(x, Joseph)");
    ancestors.sort();
    assert_eq!(ancestors, ["Abraham", "Isaac", "Jacob", "Rachel", "Rebecca", "Sarah"]);
    assert_eq!(rows(&outcome, "Sibling(Jacob, x)"), ["Esau"]);
    let mut childless = rows(&outcome, "Childless(x)");
    childless.sort();
    assert_eq!(childless, ["Esau", "Joseph"]);
    // Isaac has 2, Jacob and Esau 4 each, Joseph 6.
    assert_eq!(*value(&outcome, "Ancestor(x, y)"), Value::Count(16));
}

#[test]
fn one_rule_serves_four_semirings() {
    let outcome = run("closure.logic");
    assert_eq!(rows(&outcome, "Reach(B, x)"), ["B", "C", "D"]);
    // B, C and D reach each other and themselves; A reaches them, E reaches those and A.
    assert_eq!(*value(&outcome, "Reach(x, y)"), Value::Count(9 + 3 + 4));
    assert_eq!(number(&outcome, "Distance(A, D)"), 8.0);
    let Value::Rows { rows, weights, .. } = value(&outcome, "Distance(A, x)") else { panic!() };
    assert_eq!(rows.concat(), ["A", "B", "C", "D"]);
    assert_eq!(weights.as_deref(), Some(&[11.0, 3.0, 1.0, 8.0][..]));
    assert_close(number(&outcome, "Reliability(A, D)"), 0.64, 1e-15);
    assert_eq!(number(&outcome, "Paths(A, E)"), 3.0);
}

/// The marginals published with the network; the posteriors by enumeration in this test.
#[test]
fn asia_has_its_published_probabilities() {
    let outcome = run("asia.logic");
    for (query, published) in [
        ("Tuberculosis[Yes]", 0.0104),
        ("Cancer[Yes]", 0.055),
        ("Bronchitis[Yes]", 0.45),
        ("Either[Yes]", 0.0648),
        ("Xray[Yes]", 0.1103),
        ("Dyspnoea[Yes]", 0.436),
    ] {
        assert_close(number(&outcome, query), published, 5e-5);
    }
    let (posterior, best) = enumerated_asia();
    let Value::Tensor { values, elements, .. } = value(&outcome, "BronchitisGiven[b]") else { panic!() };
    assert_eq!(elements, &[["Yes", "No"]]);
    assert_close(values[0], posterior, 1e-12);
    assert_close(number(&outcome, "Best"), best, 1e-15);
}

/// P(bronchitis | visit, dyspnoea), and the largest joint probability with both, by summing over all states.
fn enumerated_asia() -> (f64, f64) {
    let chance = |p: f64, state: usize| if state == 1 { p } else { 1.0 - p };
    let (mut with, mut all, mut best) = (0.0, 0.0, 0.0_f64);
    for bits in 0..32_usize {
        let [smoker, tuberculosis, cancer, bronchitis, xray] = [0, 1, 2, 3, 4].map(|bit| bits >> bit & 1);
        let either = tuberculosis | cancer;
        let mut p = 0.01 * 0.5 * chance(0.05, tuberculosis);
        p *= chance([0.01, 0.1][smoker], cancer) * chance([0.3, 0.6][smoker], bronchitis);
        p *= chance([0.05, 0.98][either], xray) * [[0.1, 0.8], [0.7, 0.9]][either][bronchitis];
        all += p;
        with += p * bronchitis as f64;
        best = best.max(p);
    }
    (with / all, best)
}

/// The maximum likelihood is the frequency; the posterior is that of the textbook network.
#[test]
fn the_sprinkler_is_learned_from_counts() {
    let outcome = run("sprinkler.logic");
    let Value::Tensor { values, .. } = value(&outcome, "SprinklerOf[r, s]") else { panic!() };
    for (found, frequency) in values.iter().zip([0.6, 0.4, 0.99, 0.01]) {
        assert_close(*found, frequency, 1e-4);
    }
    assert_close(number(&outcome, "RainGivenWet[True]"), 891.0 / 2491.0, 1e-4);
    let training = &outcome.trainings[0];
    assert_close(training.values[0], std::f64::consts::LN_2, 1e-12);
    assert!(training.last < training.values[0]);
}

#[test]
fn a_kernel_machine_learns_exclusive_or() {
    let outcome = run("kernel_machine.logic");
    assert_eq!(rows(&outcome, "Odd(q)"), ["1", "2"]);
    let Value::Tensor { values, .. } = value(&outcome, "Output[q]") else { panic!() };
    for (found, sign) in values.iter().zip([-1.0, 1.0, 1.0, -1.0]) {
        assert!(found * sign > 0.8, "{values:?}");
    }
}

#[test]
fn embedded_relations_answer_as_the_relations_do() {
    let outcome = run("embedding.logic");
    assert_eq!(*value(&outcome, "Wrong(x, y)"), Value::Count(0));
    let mut grandparents = rows(&outcome, "Grandparent(x, z)");
    grandparents.sort();
    let expected = ["Abraham Esau", "Abraham Jacob", "Isaac Joseph", "Rebecca Joseph", "Sarah Esau", "Sarah Jacob"];
    assert_eq!(grandparents, expected);
    assert!(number(&outcome, "Belief[Isaac, Jacob]") > 0.9);
}

#[test]
fn a_transformer_learns_to_go_on() {
    let outcome = run("transformer.logic");
    assert_eq!(*value(&outcome, "Target(s, p, t)"), Value::Count(24));
    assert_eq!(*value(&outcome, "Right(s, p, t)"), Value::Count(24));
    let training = &outcome.trainings[0];
    assert!(number(&outcome, "Loss") < 0.05 && training.values[0] > 1.0, "{:?}", training.values);
    assert_eq!(number(&outcome, "Loss"), training.last, "queries see what was learned");
}

/// What the guide shows is read as a program, line by line as it stands there.
#[test]
fn the_guide_shows_programs() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tensor-logic.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let blocks: Vec<&str> =
        guide.split("```").skip(1).step_by(2).map(|block| block.trim_start_matches("text")).collect();
    assert!(blocks.len() > 5);
    for block in blocks {
        Program::parse(block).unwrap_or_else(|error| panic!("{error}"));
    }
}

//! Random programs against the plainest evaluation: every rule tried with every value of every variable, until nothing
//! changes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use schur_logic::{Program, Value};

/// Relations 0 and 1 are given, 2 and 3 derived; all have two columns.
const NAMES: [&str; 4] = ["A", "B", "P", "Q"];
const VARIABLES: [&str; 4] = ["x", "y", "z", "w"];
const ELEMENTS: usize = 4;

/// A relation and its two arguments: a variable below 4, a constant from there on.
type Atom = (usize, [usize; 2]);

#[derive(Debug, Clone)]
struct Rule {
    head: Atom,
    body: Vec<Atom>,
    negated: Option<Atom>,
    unequal: Option<[usize; 2]>,
}

fn atoms(relations: std::ops::Range<usize>) -> impl Strategy<Value = Atom> {
    // Constants are rarer than variables.
    (relations, prop::array::uniform2(prop_oneof![6 => 0..4_usize, 1 => 4..4 + ELEMENTS]))
}

fn rules() -> impl Strategy<Value = Rule> {
    let parts = (
        (2..4_usize, prop::array::uniform2(0..8_usize)),
        prop::collection::vec(atoms(0..4), 1..4),
        prop::option::weighted(0.3, atoms(0..2)),
        prop::option::weighted(0.3, prop::array::uniform2(0..8_usize)),
    );
    parts.prop_map(|((head, positions), body, negated, unequal)| {
        // Whatever is not bound by the body is drawn from what is.
        let bound: Vec<usize> = body.iter().flat_map(|(_, arguments)| arguments.to_vec()).collect();
        let bind = |argument: usize| if bound.contains(&argument) { argument } else { bound[argument % bound.len()] };
        Rule {
            head: (head, positions.map(bind)),
            negated: negated.map(|(relation, arguments)| (relation, arguments.map(bind))),
            unequal: unequal.map(|arguments| arguments.map(bind)).filter(|[a, b]| a.min(b) < &4),
            body,
        }
    })
}

fn argument(argument: usize) -> String {
    VARIABLES.get(argument).map_or_else(|| format!("{}", argument - 4), |name| (*name).to_owned())
}

fn text((relation, arguments): Atom) -> String {
    format!("{}({}, {})", NAMES[relation], argument(arguments[0]), argument(arguments[1]))
}

fn program(facts: &BTreeSet<Atom>, rules: &[Rule]) -> String {
    let mut text_of = format!("domain thing = {ELEMENTS}\n");
    NAMES.iter().for_each(|name| text_of += &format!("relation {name}(thing, thing)\n"));
    for &(relation, [a, b]) in facts {
        text_of += &format!("{}({a}, {b}).\n", NAMES[relation]);
    }
    for rule in rules {
        let mut body: Vec<String> = rule.body.iter().copied().map(text).collect();
        body.extend(rule.negated.map(|atom| format!("not {}", text(atom))));
        body.extend(rule.unequal.map(|[a, b]| format!("{} != {}", argument(a), argument(b))));
        text_of += &format!("{} :- {}.\n", text(rule.head), body.join(", "));
    }
    text_of + "P(x, y)?\nQ(x, y)?\n"
}

/// The least model by trying everything.
fn naive(facts: &BTreeSet<Atom>, rules: &[Rule]) -> BTreeSet<Atom> {
    let mut known = facts.clone();
    loop {
        let mut next = known.clone();
        for rule in rules {
            for assignment in 0..ELEMENTS.pow(4) {
                let value = |argument: usize| {
                    if argument < 4 { assignment / ELEMENTS.pow(argument as u32) % ELEMENTS } else { argument - 4 }
                };
                let holds = |&(relation, arguments): &Atom| known.contains(&(relation, arguments.map(value)));
                let fulfilled = rule.body.iter().all(holds)
                    && !rule.negated.as_ref().is_some_and(holds)
                    && rule.unequal.is_none_or(|[a, b]| value(a) != value(b));
                if fulfilled {
                    next.insert((rule.head.0, rule.head.1.map(value)));
                }
            }
        }
        if next == known {
            return known;
        }
        known = next;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn answers_equal_the_least_model(
        facts in prop::collection::btree_set((0..4_usize, prop::array::uniform2(0..ELEMENTS)), 0..12),
        rules in prop::collection::vec(rules(), 0..5),
    ) {
        let source = program(&facts, &rules);
        let outcome = Program::parse(&source).and_then(|program| program.run(&mut |_| Err(String::new())));
        let outcome = outcome.map_err(|error| TestCaseError::fail(format!("{source}\n{error}")))?;
        let mut found = BTreeSet::new();
        for (relation, answer) in (2..4).zip(&outcome.answers) {
            let Value::Rows { rows, .. } = &answer.value else { panic!("{answer:?}") };
            for row in rows {
                found.insert((relation, [row[0].parse().unwrap(), row[1].parse().unwrap()]));
            }
        }
        let expected = naive(&facts, &rules).into_iter().filter(|(relation, _)| *relation >= 2).collect();
        prop_assert_eq!(found, expected, "{}", source);
    }

    /// Shortest paths against Floyd and Warshall, path counts of graphs without circles against powers of the matrix.
    #[test]
    fn weighted_recursion_equals_matrix_algorithms(
        edges in prop::collection::btree_map((0..6_usize, 0..6_usize), 1..20_u32, 0..18),
    ) {
        let mut source = String::from("domain node = 6\n");
        for (name, semiring) in [("E", "min-plus"), ("D", "min-plus"), ("S", "real"), ("N", "real")] {
            source += &format!("relation {name}(node, node) in {semiring}\n");
        }
        let (mut distance, mut steps) = ([[f64::INFINITY; 6]; 6], [[0.0; 6]; 6]);
        for (&(a, b), &weight) in &edges {
            source += &format!("E({a}, {b}) = {weight}.\n");
            distance[a][b] = f64::from(weight);
            if a < b {
                source += &format!("S({a}, {b}) = {weight}.\n");
                steps[a][b] = f64::from(weight);
            }
        }
        for (closure, step) in [("D", "E"), ("N", "S")] {
            source += &format!("{closure}(x, z) :- {step}(x, z).\n{closure}(x, z) :- {closure}(x, y), {step}(y, z).\n");
            source += &format!("{closure}(x, y)?\n");
        }
        for middle in 0..6 {
            for a in 0..6 {
                for b in 0..6 {
                    distance[a][b] = distance[a][b].min(distance[a][middle] + distance[middle][b]);
                }
            }
        }
        // The sum of all powers of a strictly upper matrix, from the last node back.
        let mut paths = [[0.0; 6]; 6];
        for a in (0..6).rev() {
            for b in 0..6 {
                paths[a][b] = steps[a][b] + (a + 1..6).map(|y| steps[a][y] * paths[y][b]).sum::<f64>();
            }
        }
        let outcome = Program::parse(&source).unwrap().run(&mut |_| Err(String::new())).unwrap();
        for (answer, (expected, zero)) in outcome.answers.iter().zip([(distance, f64::INFINITY), (paths, 0.0)]) {
            let Value::Rows { rows, weights: Some(weights), .. } = &answer.value else { panic!("{answer:?}") };
            let mut found = [[zero; 6]; 6];
            for (row, weight) in rows.iter().zip(weights) {
                found[row[0].parse::<usize>().unwrap()][row[1].parse::<usize>().unwrap()] = *weight;
            }
            prop_assert_eq!(found, expected, "{}", source);
        }
    }
}

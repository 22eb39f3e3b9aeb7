//! How often embedded relations answer as the relations do, below and above what they can hold.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_logic::{Program, Value};

/// The share of wrong answers of all pairs of `people`, with `facts` facts in vectors of length `directions`.
fn error_rate(people: usize, facts: usize, directions: usize, seed: u64) -> f64 {
    let mut source = format!(
        "seed {seed}
domain person = {people}
domain direction = {directions}
relation Knows(person, person)
random Emb[person, direction] = unit
EmbKnows[i, j] = Knows(x, y) Emb[x, i] Emb[y, j]
Score[x, y] = EmbKnows[i, j] Emb[x, i] Emb[y, j]
Found(x, y) :- Score[x, y] > 0.5.
Wrong(x, y) :- Found(x, y), not Knows(x, y).
Wrong(x, y) :- Knows(x, y), not Found(x, y).
count Knows(x, y)?
count Wrong(x, y)?
"
    );
    // Steps that are prime to the number of people: nobody is in many more facts than another.
    for fact in 0..facts {
        let (a, step) = (fact % people, 1 + 7 * (fact / people));
        source += &format!("Knows({a}, {}).\n", (a + step) % people);
    }
    let outcome = Program::parse(&source).unwrap().run(&mut |_| Err(String::new())).unwrap();
    let count = |answer: usize| {
        let Value::Count(count) = outcome.answers[answer].value else { panic!() };
        count
    };
    assert_eq!(count(0), facts);
    count(1) as f64 / (people * people) as f64
}

/// A score deviates from 0 or 1 by the overlaps of other facts: each is a product of two numbers of size
/// $1 / \sqrt{D}$, or one where a person is shared. With `N` facts of `m` per person the deviation has the variance
/// $N / D^2 + 2 m / D$, and a wrong answer is a deviation of more than a half.
#[test]
fn answers_are_right_below_capacity_and_not_above() {
    for seed in 0..3 {
        // Standard deviation 0.06: a half is eight of them.
        assert_eq!(error_rate(40, 40, 512, seed), 0.0, "seed {seed}");
        // 0.13: a half is four of them.
        assert!(error_rate(40, 80, 256, seed) < 0.005, "seed {seed}");
        // 0.71: a half is less than one of them.
        assert!(error_rate(40, 200, 32, seed) > 0.1, "seed {seed}");
    }
}

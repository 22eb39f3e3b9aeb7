//! Sessions: values by name, parameters replaced, learning repeated to the last bit.

use schur_logic::{Data, Program, Session, Value};
use schur_tensor::Tensor;

fn no_files(_: &str) -> Result<Data, String> {
    Err("no files".to_owned())
}

#[test]
fn what_depends_on_a_parameter_follows_it() {
    let program = Program::parse(
        "domain i = 3
         relation Seen(i) from \"table\"
         param W[i] = [1, -1, 1]
         Y[i] = 2 W[i]
         Positive(i) :- Y[i] > 0.
         Seen(i) :- Positive(i).
         Z = Seen(i)",
    )
    .unwrap();
    let checked = program.check().unwrap();
    let mut session = Session::new(&checked, &mut |_| Ok(Data::Text("1\n".to_owned()))).unwrap();
    let number = |session: &mut Session<'_>| session.tensor("Z").unwrap().unwrap().data()[0];
    assert_eq!(number(&mut session), 3.0, "0 and 2 by the rule, 1 by the table");
    session.set_parameter("W", Tensor::new(&[3], vec![-1.0, 1.0, -1.0]).unwrap()).unwrap();
    assert_eq!(session.tensor("Y").unwrap().unwrap().data(), [-2.0, 2.0, -2.0]);
    assert_eq!(number(&mut session), 1.0, "the table's row stays");
    assert!(session.set_parameter("W", Tensor::scalar(1.0)).is_err(), "another shape");
    assert!(session.set_parameter("Y", Tensor::filled(&[3], 1.0).unwrap()).is_err(), "no parameter");
    assert!(session.tensor("Seen").unwrap().is_none(), "no tensor");
}

#[test]
fn learning_goes_on_where_it_stopped_and_gives_the_same_bits() {
    let source = |requests: &str| {
        format!(
            "seed 5
             domain i = 4
             random X[i] = uniform(1)
             param W[i] = normal(1)
             Loss = sum[i]((W[i] - X[i])^2)
             {requests}
             W[i]?
             X[i]?"
        )
    };
    let run = |requests: &str| Program::parse(&source(requests)).unwrap().run(&mut no_files).unwrap();
    let once = run("minimize Loss with gd, steps 20, rate 0.1");
    assert_eq!(once, run("minimize Loss with gd, steps 20, rate 0.1"));
    let twice = run("minimize Loss with gd, steps 12, rate 0.1\nminimize Loss with gd, steps 8, rate 0.1");
    assert_eq!(once.answers, twice.answers, "gradient descent remembers nothing");
    assert_eq!(twice.trainings.len(), 2);
    // Every step shrinks the distance by 1 - 2 * 0.1.
    let training = &once.trainings[0];
    assert_eq!(training.values.len(), 20);
    assert!((training.last / training.values[0] - 0.8_f64.powi(40)).abs() < 1e-12);
}

/// Other seeds draw other numbers; vectors drawn `unit` have length one.
#[test]
fn what_is_drawn_depends_on_the_seed_alone() {
    let run = |seed: usize| {
        let source = format!(
            "seed {seed}\ndomain v = 5\ndomain d = 7\nrandom E[v, d] = unit\nN[x] = E[x, i] E[x, i]\nN[x]?\nE[x, i]?"
        );
        Program::parse(&source).unwrap().run(&mut no_files).unwrap().answers
    };
    let first = run(1);
    let Value::Tensor { values, .. } = &first[0].value else { panic!() };
    assert!(values.iter().all(|norm| (norm - 1.0).abs() < 1e-14), "{values:?}");
    assert_eq!(first, run(1));
    assert_ne!(first, run(2));
}

#[test]
fn queries_pick_rows_and_elements() {
    let outcome = Program::parse(
        "domain n = 3
         relation E(n, n) in max-plus
         E(0, 1) = 2. E(0, 2) = 5. E(1, 1) = -1. E(2, 0) = 0.
         data X[n, n] = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
         E(0, x)?
         E(x, _)?
         E(x, x)?
         E(1, 2)?
         count E(_, x)?
         X[x, x]?
         X[2, _]?
         X[1, 2]?",
    )
    .unwrap()
    .run(&mut no_files)
    .unwrap();
    let value = |answer: usize| &outcome.answers[answer].value;
    let rows = |answer: usize| {
        let Value::Rows { rows, weights, .. } = value(answer) else { panic!("{:?}", value(answer)) };
        rows.iter().map(|row| row.join(" ")).zip(weights.clone().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(rows(0), [("1".to_owned(), 2.0), ("2".to_owned(), 5.0)]);
    assert_eq!(rows(1), [("0".to_owned(), 5.0), ("1".to_owned(), -1.0), ("2".to_owned(), 0.0)], "the largest");
    assert_eq!(rows(2), [("1".to_owned(), -1.0)]);
    assert_eq!(*value(3), Value::Number(f64::NEG_INFINITY));
    assert_eq!(*value(4), Value::Count(3));
    let elements = |answer: usize| {
        let Value::Tensor { values, .. } = value(answer) else { panic!("{:?}", value(answer)) };
        values.clone()
    };
    assert_eq!(elements(5), [1.0, 5.0, 9.0]);
    assert_eq!(elements(6), [7.0, 8.0, 9.0]);
    assert_eq!(*value(7), Value::Number(6.0));
}

/// A relation without rows is a tensor of zeros, and sums over no rows are zero.
#[test]
fn empty_relations_are_zeros() {
    let outcome = Program::parse(
        "domain n = 3
         relation E(n, n)
         param V[n] = 1
         H[x] = E(x, y) V[y] + E(x, x)
         Loss = H[x] H[x] + V[x] V[x] + E(x, y) V[x] V[y]
         minimize Loss with gd, steps 1, rate 0.25
         H[x]?
         V[x]?",
    )
    .unwrap()
    .run(&mut no_files)
    .unwrap();
    for (answer, expected) in outcome.answers.iter().zip([0.0, 0.5]) {
        let Value::Tensor { values, .. } = &answer.value else { panic!("{answer:?}") };
        assert_eq!(*values, [expected; 3]);
    }
}

/// Where an index is summed: both sides of each line are one number, and the other reading is another.
#[test]
fn sums_stand_where_the_guide_says() {
    for (equation, expected) in [
        // X = (1, 2, -4), Y = (3, -1, 1).
        ("relu(X[i] Y[i])", 0.0),
        ("X[i] relu(Y[i])", 3.0 - 4.0),
        ("(X[i] - Y[i])^2", 4.0 + 9.0 + 25.0),
        ("sum[i](X[i] - Y[i])^2", 16.0),
        ("relu(X[i] Y[i]) + abs(X[i] Y[i])", 3.0),
        ("relu(X[i] Y[i]) + abs(X[j] Y[j])", 3.0),
        ("sum[i](relu(X[i] Y[i]) + abs(X[i] Y[i]))", 3.0 + 3.0 + 2.0 + 4.0),
        ("(X[i] - Y[i] + 1)^2 / 2", (1.0 + 16.0 + 16.0) / 2.0),
        ("3 / (X[i] - Y[i])", -1.5 + 1.0 - 0.6),
        ("sum[i](X[i] X[i] - 1)^2", (0.0_f64 + 3.0 + 15.0).powi(2)),
        ("sum[i]((X[i] X[i] - 1)^2)", 0.0 + 9.0 + 225.0),
        ("2 X[i] - Y[i] + 1", -2.0 - 3.0 + 1.0),
        ("max[i](X[i] Y[i])", 3.0),
        ("exp(0 X[i] Y[i]) X[j] X[j]", 21.0),
        ("X[i] / Y[i]", 1.0 / 3.0 - 2.0 - 4.0),
        ("-X[i]^2 [i > 0]", -20.0),
        ("X[i]^2", 21.0),
    ] {
        let source = format!("domain d = 3\ndata X[d] = [1, 2, -4]\ndata Y[d] = [3, -1, 1]\nZ = {equation}\nZ?");
        let outcome = Program::parse(&source).and_then(|program| program.run(&mut no_files));
        let outcome = outcome.unwrap_or_else(|error| panic!("{error}"));
        let Value::Number(found) = outcome.answers[0].value else { panic!() };
        assert!((found - expected).abs() < 1e-14, "{equation}: {found}, not {expected}");
    }
}

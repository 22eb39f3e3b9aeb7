//! Programs that are refused: what is said, and where.

use schur_logic::{Data, LogicError, Outcome, Program};

fn run(source: &str) -> Result<Outcome, LogicError> {
    let mut read = |name: &str| match name {
        "rows.csv" => Ok(Data::Text("# two places\nA, B\nB, C, 0\nC, D, 2\n".to_owned())),
        "short.csv" => Ok(Data::Text("A, B\n\nA\n".to_owned())),
        "words.csv" => Ok(Data::Text("A, B, many\n".to_owned())),
        "numbers.txt" => Ok(Data::Text("1 2 x\n".to_owned())),
        "matrix.npy" => Ok(Data::Array { shape: vec![2, 3], values: vec![0.0; 6] }),
        "nan.npy" => Ok(Data::Array { shape: vec![2], values: vec![0.0, f64::NAN] }),
        _ => Err("no such file".to_owned()),
    };
    Program::parse(source)?.run(&mut read)
}

/// Every part must be in what is said; `at` is what the caret stands under.
#[track_caller]
fn assert_refused(source: &str, at: &str, parts: &[&str]) {
    let error = run(source).map(|outcome| panic!("{source}\n{outcome:?}")).unwrap_err();
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    let place = error.place();
    assert_eq!(place.text, source.lines().nth(place.line - 1).unwrap_or_default(), "{text}");
    let under: String = place.text.chars().skip(place.column - 1).take(place.width).collect();
    assert_eq!(under, at, "{text}");
}

#[test]
fn places_are_shown_with_the_line_and_a_caret() {
    let error = run("Parent(A, B).\nGrand(x, z) :- Parnet(x, y), Parent(y, z).").unwrap_err();
    let expected = "line 2, column 16: unknown relation or tensor `Parnet`; did you mean `Parent`?\n    \
                    Grand(x, z) :- Parnet(x, y), Parent(y, z).\n                   ^^^^^^";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn text_that_is_no_program() {
    assert_refused("A(B) @", "@", &["`@` is no part"]);
    assert_refused("A(\"B).", "\"B).", &["string"]);
    assert_refused("A(B", "", &["expected `,` or `)`", "the end of the program"]);
    assert_refused("a(B).", "a", &["unknown statement", "`a`", "capital letter"]);
    assert_refused("dommain d = 3", "dommain", &["did you mean `domain`"]);
    assert_refused("Y = 1e999", "1e999", &["not a finite number"]);
    assert_refused("Y = X[i] +", "", &["a number, a tensor"]);
    assert_refused("Y = sigmiod(3)", "sigmiod", &["unknown function", "did you mean `sigmoid`"]);
    assert_refused("Y = i", "i", &["`i` is an index"]);
    assert_refused("A(B) C(D)", "C", &["the end of the statement"]);
    assert_refused("data X = [[1, 2], [3]]", "[3]", &["a list of 2 items", "one of 1"]);
    assert_refused("data X = [[1], 3]", "3", &["`[`"]);
    assert_refused("minimize Loss with sgd", "sgd", &["`adam` or `gd`"]);
    assert_refused(&format!("Y = {}1{}", "(".repeat(5000), ")".repeat(5000)), "(", &["nested more than 64"]);
    assert_refused(&format!("data X = {}", "[".repeat(5000)), "[", &["nested more than 32"]);
}

#[test]
fn names_and_their_arguments() {
    assert_refused("P(A). Q(x) :- P(x, y).", "P(x, y)", &["`P` has 1 columns, but 2 are given"]);
    assert_refused("P(A). P(A, B).", "P(A, B)", &["1 columns"]);
    assert_refused("P(A). Y[x] = P[x]", "P[x]", &["is a relation; write `P(...)`"]);
    assert_refused("domain d = 2\ndata X[d] = 1\nP(i) :- X(i).", "X(i)", &["is a tensor; write `X[...]`"]);
    assert_refused("domain d = 2\ndata X[d] = 1\ndata X[d] = 2", "X", &["declared already, on line 2"]);
    assert_refused("domain d = 2\ndomain d = 3", "d", &["declared already, on line 1"]);
    assert_refused("data X[d] = 1", "d", &["unknown domain `d`"]);
    assert_refused("relation P(person) in minplus", "minplus", &["semiring", "did you mean `min-plus`"]);
    assert_refused("domain d = 2\ndata X[d] = 1\nX[i] = 3", "X", &["declared as data, so no equation"]);
    assert_refused("P(A). count Y[i]?", "Y", &["unknown relation or tensor"]);
    assert_refused("Y = 3\ncount Y?", "Y", &["is a tensor"]);
}

#[test]
fn domains_and_their_elements() {
    let people = "domain person = Ann, Bob\ndomain town = Rome, Oslo\nrelation Lives(person, town)\n";
    assert_refused(&format!("{people}Lives(Anna, Rome)."), "Anna", &["not an element of domain `person`", "`Ann`"]);
    assert_refused(&format!("{people}Lives(Ann, Rome). P(x) :- Lives(x, x)."), "x", &["`person`", "`town`"]);
    assert_refused(&format!("{people}Q(x) :- Lives(x, y), x != y."), "y", &["runs over domain"]);
    assert_refused("domain d = 3\nrelation P(d)\nP(3).", "3", &["not an element of domain `d`"]);
    assert_refused("P(Bob). P(Bop)?", "Bop", &["not an element", "did you mean `Bob`"]);
    assert_refused("domain d = A, B, A", "A", &["already"]);
    assert_refused("P(A). Q(x, y) :- P(x), P(y), x < y.", "x < y", &["has no order"]);
    assert_refused("domain d = 5000000000", "5000000000", &["elements of `d`"]);
}

#[test]
fn variables_that_nothing_binds() {
    assert_refused("P(A). Q(x, y) :- P(x).", "y", &["`y` of the head is not bound"]);
    assert_refused("P(A). Q(x) :- P(x), not P(y).", "y", &["`y` of a negation"]);
    assert_refused("P(A). Q(x) :- P(x), x != y.", "y", &["`y` of a comparison"]);
    assert_refused("P(A). Q(_) :- P(x).", "_", &["`_` of the head"]);
    assert_refused("P(x).", "x", &["a fact has no variables"]);
    assert_refused("domain d = 2\ndata X[d] = 1\nY[i, j] = X[i]", "j", &["`j` of the left-hand side"]);
    assert_refused("domain d = 2\ndata X[d] = 1\nY[i] = softmax[j](X[i])", "j", &["`j` of this function"]);
    assert_refused("domain d = 2\ndata X[d] = 1\nY[i] = softmax(X[i])", "softmax", &["an index to go along"]);
    assert_refused("domain d = 2\ndata X[d] = 1\nY[i, i] = X[i]", "i", &["stands twice"]);
    assert_refused("domain d = 2\ndata X[d] = 1\nY[0] = X[1]", "0", &["a variable"]);
}

#[test]
fn sums_that_could_mean_two_things() {
    let declared = "domain d = 2\ndata X[d] = 1\n";
    assert_refused(&format!("{declared}Y = log(X[i])"), "i", &["summed within this part or outside", "sum[i](...)"]);
    assert_refused(&format!("{declared}Y = (X[i] - 1)^2"), "i", &["summed within this part or outside"]);
    assert_refused(&format!("{declared}Y = abs(X[i]) + X[i] X[i]"), "i", &["summed within this part or outside"]);
    assert_refused(&format!("{declared}Y = exp(X[_])"), "_", &["summed within this part or outside"]);
    let joined = format!("{declared}Y = relu(X[i] X[i]) (X[i] X[i])");
    assert_refused(&joined, "i", &["summed within this part or outside", "another name"]);
    for fine in ["Y = relu(X[i] X[i]) (X[j] X[j])", "Y = sum[i](relu(X[i] X[i]) (X[i] X[i]))", "Y = X[i] relu(X[i])"] {
        run(&format!("{declared}{fine}")).unwrap_or_else(|error| panic!("{error}"));
    }
    for fine in ["Y = sum[i](log(X[i]))", "Y = log(sum[i](X[i]))", "Y = X[i] log(X[i])", "Y = (X[i] - X[i])^2"] {
        run(&format!("{declared}{fine}")).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn recursion_without_a_meaning() {
    let loser = "Move(A, B). Win(x) :- Move(x, y), not Win(y).\nWin(x)?";
    assert_refused(loser, "Win(y)", &["`Win` depends on its own negation"]);
    let far = "E(A). P(x) :- E(x), not Q(x).\nQ(x) :- R(x).\nR(x) :- P(x).\nP(x)?";
    assert_refused(far, "Q(x)", &["own negation", "`R`"]);
    assert_refused("domain d = 2\nX[i] = Y[i]\nY[i] = X[i]", "X", &["`X` depends on itself", "`Y`"]);
}

#[test]
fn recursion_without_an_end() {
    let numbers = "relation E(n, n) in real\nrelation D(n, n) in real\nE(A, B). E(B, A).\n";
    let rules = "D(x, z) :- E(x, z).\nD(x, z) :- D(x, y), E(y, z).\n";
    let counted = format!("domain n\nlimit rounds 50\n{numbers}{rules}D(x, y)?");
    assert_refused(&counted, "D(x, z) :- D(x, y), E(y, z)", &["no fixed point in 50 rounds"]);
    let doubled = format!("domain n\n{numbers}E(A, A) = 1e200.\n{rules}D(x, y)?");
    assert_refused(&doubled, "D(x, z) :- D(x, y), E(y, z)", &["grows without end"]);
    let falling = "domain n\nlimit rounds 30\nrelation E(n, n) in min-plus\nrelation D(n, n) in min-plus
E(A, B) = 1. E(B, A) = -2.\nD(x, z) :- E(x, z).\nD(x, z) :- D(x, y), E(y, z).\nD(A, B)?";
    assert_refused(falling, "D(x, z) :- D(x, y), E(y, z)", &["no fixed point in 30 rounds"]);
    // A sum that converges has its limit: 1/2 + 1/4 + ...
    let half = "domain n\nrelation E(n, n) in real\nrelation D(n, n) in real\nE(A, A) = 0.5.
D(x, z) :- E(x, z).\nD(x, z) :- D(x, y), E(y, z).\nD(A, A)?";
    let outcome = run(half).unwrap();
    let schur_logic::Value::Number(sum) = outcome.answers[0].value else { panic!() };
    assert!((sum - 1.0).abs() < 1e-12, "{sum}");
    assert_refused("P(A). Q(x + 1) :- P(x).", "+", &["arithmetic", "in min-plus"]);
}

#[test]
fn weights_and_semirings() {
    assert_refused("P(A) = 2.", "2", &["cannot be a weight of `P`", "in real"]);
    assert_refused("domain n\nrelation P(n) in max-times\nP(A) = -1.", "-1", &["max-times"]);
    let mixed = "domain n\nrelation P(n) in real\nrelation Q(n) in min-plus\nP(A) = 1.\nQ(x) :- P(x).";
    assert_refused(mixed, "P(x)", &["real", "min-plus"]);
    let tropical = "domain n\nrelation P(n) in min-plus\nP(A) = 1.\nY = P(x)";
    assert_refused(tropical, "P(x)", &["whose zero is not the number zero"]);
    assert_refused("P(A). Y = 1 / P(x)", "P(x)", &["divided"]);
    assert_refused("domain d = 2\nX[i] = 1 / [i == 0]", "i == 0", &["divided"]);
}

#[test]
fn tables_and_tensors_from_outside() {
    let domain = "domain n\n";
    assert_refused("domain n\nrelation E(n, n) from \"gone.csv\"", "\"gone.csv\"", &["cannot read", "no such file"]);
    assert_refused(&format!("{domain}relation E(n, n) from \"short.csv\""), "\"short.csv\"", &["line 3", "1 fields"]);
    assert_refused(&format!("{domain}relation E(n, n) from \"words.csv\""), "\"words.csv\"", &["line 1", "`many`"]);
    assert_refused("domain n = X, Y\nrelation E(n, n) from \"rows.csv\"", "\"rows.csv\"", &["line 2", "`A`", "`n`"]);
    assert_refused("domain n\nrelation E(n) from \"matrix.npy\"", "\"matrix.npy\"", &["a tensor"]);
    assert_refused("domain n = 3\ndata X[n, n] from \"matrix.npy\"", "\"matrix.npy\"", &["[3, 3]", "[2, 3]"]);
    assert_refused("domain n = 3\ndata X[n] from \"numbers.txt\"", "\"numbers.txt\"", &["`x` is not a number"]);
    assert_refused("domain n = 2\ndata X[n] from \"nan.npy\"", "\"nan.npy\"", &["not a finite number"]);
    assert_refused("domain n = 2\ndata X[n] = [1, 2, 3]", "[1, 2, 3]", &["has shape [2]", "[3]"]);
    // The second line has weight zero: it is not there.
    let outcome = run("domain n\nrelation E(n, n) from \"rows.csv\"\ncount E(x, y)?").unwrap();
    assert_eq!(outcome.answers[0].value, schur_logic::Value::Count(2));
}

#[test]
fn learning_that_cannot_be() {
    assert_refused("Loss = 3\nminimize Loss with gd", "minimize Loss with gd", &["depends on no `param`"]);
    assert_refused("param W = 1\nminimize W with gd", "W", &["cannot be minimized"]);
    assert_refused("param W = 1\nLoss = W\nminimize Loss with gd, rate 0", "0", &["must be positive"]);
    let through = "domain d = 2\nparam W[d] = 1\nP(i) :- W[i] > 0.\nLoss = P(i)\nminimize Loss with gd";
    assert_refused(through, "Loss", &["`P` stands between"]);
    let wild = "param W = 1\nLoss = W^4\nminimize Loss with gd, rate 100, steps 50";
    assert_refused(wild, "minimize Loss with gd, rate 100, steps 50", &["smaller rate"]);
    assert_refused("param W = -1\nLoss = log(W)\nLoss?", "Loss", &["not a finite number"]);
}

#[test]
fn limits_are_kept() {
    let product = "limit rows 100\ndomain n = 50\nP(x) :- Q(x), x >= 0.\nrelation Q(n)\n";
    let facts: String = (0..50).map(|n| format!("Q({n}). ")).collect();
    let all = format!("{product}{facts}\nR(x, y) :- P(x), P(y).\nR(x, y)?");
    assert_refused(&all, "R(x, y) :- P(x), P(y)", &["more than 100", "limit rows"]);
    let large = "domain n = 100000\nparam X[n, n]\nX[i, j]?";
    assert_refused(large, "X", &["[100000, 100000]", "limit elements"]);
    let tensor = "domain n = 100000\nparam X[n]\nY[i, j] = X[i] X[j]\nY[0, 0]?";
    assert_refused(tensor, "Y[i, j] = X[i] X[j]", &["limit elements"]);
    let body = vec!["P(x)"; 200].join(", ");
    assert_refused(&format!("P(A). Q(x) :- {body}."), "P", &["conditions of this rule", "128"]);
    let factors = vec!["X"; 2000].join(" ");
    assert_refused(&format!("data X = 1\nY = {factors}"), "X", &["factors of this expression", "1000"]);
}

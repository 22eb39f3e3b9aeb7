//! Derivatives of equations against finite differences, for every operation.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_logic::{Program, Session};

const DECLARED: &str = "seed 3
domain i = 3
domain j = 4
domain k = 2
domain node = 5
param W[i, j] = normal(1)
param X[j] = normal(1)
param M[i, i] = normal(1)
param V[node, k] = normal(1)
param B = 0.7
data C[i] = [0.5, -1.5, 2]
relation Edge(node, node) in real
Edge(0, 1) = 2. Edge(1, 2). Edge(2, 0) = -1. Edge(3, 3). Edge(0, 4).
relation Mark(node)
Mark(0). Mark(3).
";

/// Compares all derivatives of `Loss` with central differences.
fn check(equations: &str) {
    const H: f64 = 1e-5;
    let source = format!("{DECLARED}{equations}\n");
    let program = Program::parse(&source).unwrap_or_else(|error| panic!("{error}"));
    let checked = program.check().unwrap_or_else(|error| panic!("{error}"));
    let mut session = Session::new(&checked, &mut |_| Err(String::new())).unwrap();
    let gradients = session.gradients("Loss").unwrap_or_else(|error| panic!("{error}"));
    assert!(!gradients.is_empty(), "{equations}");
    let mut largest = 0.0_f64;
    for (name, gradient) in &gradients {
        let at = session.tensor(name).unwrap().unwrap().clone();
        for element in 0..at.data().len() {
            let mut sides = [0.0; 2];
            for (side, sign) in sides.iter_mut().zip([1.0, -1.0]) {
                let mut moved = at.clone();
                moved.data_mut()[element] += sign * H;
                session.set_parameter(name, moved).unwrap();
                *side = session.tensor("Loss").unwrap().unwrap().data()[0];
            }
            session.set_parameter(name, at.clone()).unwrap();
            let (difference, slope) = ((sides[0] - sides[1]) / (2.0 * H), gradient.data()[element]);
            let error = (difference - slope).abs() / difference.abs().max(1.0);
            assert!(error < 1e-7, "{equations}: {name} {element}: {slope} and {difference}");
            largest = largest.max(slope.abs());
        }
    }
    assert!(largest > 1e-3, "{equations}: every derivative is zero");
}

#[test]
fn sums_and_products() {
    check("Loss = W[i, j] X[j] C[i] + B X[j] X[j] - 2 B");
    check("Loss = sum[i, j]((W[i, j] - X[j])^2) / 3");
    check("Loss = (W[i, j] X[j] - C[i])^2");
    check("Loss = W[i, j] W[i, l] X[j] X[l]");
    check("Loss = C[i] / (B + sum[j](W[i, j]^2))");
    check("Loss = C[i] (W[i, j] X[j])^3 + (X[j]^2 + 1)^-0.5 X[j]");
}

#[test]
fn diagonals_constants_and_comparisons() {
    check("Loss = M[i, i] C[i] + M[i, l] M[l, i]");
    check("Loss = M[0, i] M[i, 2] + W[1, 2] B");
    check("Loss = M[i, l] [i < l] C[l]^2 + M[i, l]^2 [l == 1]");
}

#[test]
fn functions_of_elements() {
    for function in ["abs", "cos", "exp", "relu", "sigmoid", "silu", "sin", "softplus", "tanh"] {
        check(&format!("Loss = C[i] {function}(W[i, j] X[j] + C[i])"));
    }
    check("Loss = C[i] log(W[i, j]^2 + 1) X[j] + sqrt(B + X[j] X[j])");
    check("Loss = sum[j](exp(X[j])) + relu(M[i, i] + B)");
}

#[test]
fn functions_along_an_axis() {
    check("P[i, j.] = softmax(W[i, j] X[j])\nLoss = P[i, j] C[i] X[j]");
    check("Loss = C[i] logsoftmax[i](W[i, j] X[j]) + B");
    check("N[i, j.] = lnorm(W[i, j] B)\nLoss = N[i, j] C[i] X[j] + N[i, j]^3 X[j]");
}

#[test]
fn extremes_and_averages() {
    check("T[i] max= W[i, j] X[j]\nLoss = T[i] C[i]");
    check("T min= W[i, j] X[j] + B\nLoss = T^2");
    check("T[j] avg= W[i, j] C[i]\nLoss = T[j] T[j]");
    check("Loss = C[i] max[j](W[i, j]) + exp(avg[j](X[j]))");
}

#[test]
fn rows_of_relations() {
    check("Loss = Edge(x, y) V[x, k] V[y, k]");
    check("H[x, k] = Edge(x, y) V[y, k] + V[x, k]\nLoss = tanh(H[x, k] B) V[x, k] Mark(x)");
    check("Loss = Edge(x, y) Edge(y, z) V[x, k] V[z, k] [x != z]");
    check("D[x, y] = V[x, k] V[y, k]\nLoss = -Edge(x, y) log(sigmoid(D[x, y])) + Edge(x, _) V[x, 1]");
}

/// Equations with one left-hand side add up, in any order and through any number of names.
#[test]
fn chains_of_equations() {
    check(
        "Loss = Y[i] Z[i]\nY[i] = tanh(Z[i])\nY[i] = W[i, j] X[j]\nZ[i] = W[i, j] C[i] + Y0[i]\nY0[i] = M[i, l] C[l]",
    );
}

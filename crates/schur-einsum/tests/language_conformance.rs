//! The expressions of NumPy's and opt_einsum's test suites give NumPy's values, and what NumPy refuses is refused.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use schur_einsum::language::{Bound, Expression, Label, Sizes};
use schur_einsum::reference;
use schur_tensor::semiring::Integer;
use schur_tensor::{Tensor, View};
use serde_json::Value;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/einsum_conformance.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|number| usize::try_from(number.as_u64().unwrap()).unwrap()).collect()
}

/// Operand `k` of every case; the script beside the fixture has the same formula.
fn operand(k: usize, shape: &[usize]) -> Tensor<i64> {
    let mut n = 0;
    Tensor::from_fn(shape, |_| {
        let element = (7 * n + 3 * k + n / 5) % 11;
        n += 1;
        i64::try_from(element).unwrap() - 4
    })
    .unwrap()
}

fn check(expression: &Expression, case: &Value) {
    let shapes: Vec<Vec<usize>> = case["shapes"].as_array().unwrap().iter().map(numbers).collect();
    let views: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    let bound = expression.bind(&views, &Sizes::new()).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let operands: Vec<Tensor<i64>> = shapes.iter().enumerate().map(|(k, shape)| operand(k, shape)).collect();
    let operands: Vec<View<'_, i64>> = operands.iter().map(Tensor::view).collect();
    let result = reference::evaluate(&Integer, &bound, &operands).unwrap();
    assert_eq!(result.shape(), numbers(&case["shape"]), "{expression} with {shapes:?}");
    let values: Vec<i64> = case["values"].as_array().unwrap().iter().map(|value| value.as_i64().unwrap()).collect();
    assert_eq!(result.data(), values, "{expression} with {shapes:?}");
}

#[test]
fn texts_mean_what_they_mean_to_numpy() {
    let fixture = fixture();
    let cases = fixture["texts"].as_array().unwrap();
    assert!(cases.len() > 250);
    for case in cases {
        check(&Expression::parse(case["text"].as_str().unwrap()).unwrap(), case);
    }
}

/// The contraction of a case whose indices are spelled in another way.
fn lists(text: &str, case: &Value) -> (Vec<Vec<usize>>, Vec<usize>, Vec<usize>) {
    let shapes: Vec<Vec<usize>> = case["shapes"].as_array().unwrap().iter().map(numbers).collect();
    let views: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    let bound = Expression::parse(text).unwrap().bind(&views, &Sizes::new()).unwrap();
    let contraction = bound.flat().unwrap().contraction();
    (contraction.operands().to_vec(), contraction.output().to_vec(), contraction.sizes().to_vec())
}

#[test]
fn greek_letters_and_names_in_brackets_mean_the_same() {
    let greek = |c: char| char::from_u32(u32::from(c) + 848).unwrap().to_string();
    let name = |c: char| format!("[{c}_{c}]");
    let spelled = |text: &str, spell: &dyn Fn(char) -> String| -> String {
        text.chars().map(|c| if c.is_ascii_alphabetic() { spell(c) } else { c.to_string() }).collect()
    };
    for case in fixture()["texts"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let latin = lists(text, case);
        assert_eq!(lists(&spelled(text, &greek), case), latin, "{text}");
        assert_eq!(lists(&spelled(text, &name), case), latin, "{text}");
    }
}

#[test]
fn lists_of_labels_mean_what_they_mean_to_numpy() {
    let label =
        |value: &Value| value.as_u64().map_or(Label::Ellipsis, |number| Label::from(usize::try_from(number).unwrap()));
    let labels = |list: &Value| -> Vec<Label> { list.as_array().unwrap().iter().map(label).collect() };
    let fixture = fixture();
    let cases = fixture["interleaved"].as_array().unwrap();
    assert!(cases.len() > 30);
    for case in cases {
        let lists: Vec<Vec<Label>> = case["lists"].as_array().unwrap().iter().map(labels).collect();
        let output = case["output"].as_array().map(|_| labels(&case["output"]));
        check(&Expression::interleaved(&lists, output.as_deref()).unwrap(), case);
    }
}

#[test]
fn what_numpy_refuses_is_refused_with_a_place() {
    let fixture = fixture();
    let cases = fixture["refused"].as_array().unwrap();
    assert!(cases.len() > 40);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let shapes: Vec<Vec<usize>> = case["shapes"].as_array().unwrap().iter().map(numbers).collect();
        let views: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        let message = match Expression::parse(text) {
            Err(error) => error.to_string(),
            Ok(expression) => match expression.bind(&views, &Sizes::new()) {
                Err(error) => error.to_string(),
                Ok(_) => panic!("{text} with {shapes:?} is accepted"),
            },
        };
        let lines: Vec<&str> = message.lines().collect();
        assert!(lines.len() == 3 && lines[1].ends_with(text) && lines[2].trim_start().starts_with('^'), "{message}");
    }
}

#[test]
fn labels_of_any_kind_mean_what_opt_einsum_s_do() {
    let shapes: [&[usize]; 3] = [&[2, 3], &[3, 4], &[4, 5]];
    let bound = |expression: Expression| expression.bind(&shapes, &Sizes::new()).unwrap();
    let text = bound(Expression::parse("ab,bc,cd").unwrap());
    let numbers = bound(Expression::interleaved(&[[1000, 1001], [1001, 1002], [1002, 1003]], None).unwrap());
    let words = [["left", "bond1"], ["bond1", "bond2"], ["bond2", "right"]];
    let implicit = bound(Expression::interleaved(&words, None).unwrap());
    let explicit = bound(Expression::interleaved(&words, Some(&["left", "right"])).unwrap());
    let lists = |bound: &Bound| {
        let contraction = bound.flat().unwrap().contraction();
        (contraction.operands().to_vec(), contraction.output().to_vec(), contraction.sizes().to_vec())
    };
    for other in [&numbers, &implicit, &explicit] {
        assert_eq!(lists(other), lists(&text));
    }
    for number in 0..10 {
        let transposed = Expression::interleaved(&[[number + 1, number]], None).unwrap();
        assert_eq!(transposed.bind(&[&[2, 3]], &Sizes::new()).unwrap().output_shape(), [3, 2]);
    }
    for length in 1..10 {
        let transposed = Expression::interleaved(&[[&*"b".repeat(length), &*"a".repeat(length)]], None).unwrap();
        assert_eq!(transposed.bind(&[&[2, 3]], &Sizes::new()).unwrap().output_shape(), [3, 2]);
    }
}

#[test]
fn ten_thousand_indices_may_be_numbered_as_opt_einsum_does() {
    // Its `get_symbol`: the Latin letters, then every code point from U+00C0 on, spaces and combining marks included.
    let latin: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    let symbol =
        |i: usize| latin.get(i).copied().unwrap_or_else(|| u32::try_from(i + 140).unwrap().try_into().unwrap());
    let matrices: Vec<String> = (0..10_000).map(|i| format!("{}{}", symbol(i), symbol(i + 1))).collect();
    let text = format!("{}->{}{}", matrices.join(","), symbol(10_000), symbol(0));
    let expression = Expression::parse(&text).unwrap();
    assert_eq!(expression.to_string(), text);
    let mut shapes: Vec<&[usize]> = vec![&[2, 2]; 10_000];
    let bound = expression.bind(&shapes, &Sizes::new()).unwrap();
    assert_eq!(bound.flat().unwrap().contraction().output(), [10_000, 0]);
    shapes[9_000] = &[3, 2];
    let message = expression.bind(&shapes, &Sizes::new()).unwrap_err().to_string();
    assert!(message.contains("has size 2 in operand 8999 but 3 in operand 9000"), "{message}");
    assert!(message.chars().count() < 300, "a long text is cut");
}

//! Any text parses or is refused; what parses prints to itself; what binds has a value.

use proptest::prelude::*;
use schur_einsum::language::{Expression, Sizes};
use schur_einsum::reference;
use schur_tensor::semiring::Integer;
use schur_tensor::{Tensor, View};

use crate::random_expression::{Case, case};

/// Parsing, printing and binding must not panic, whatever the text and the shapes.
fn survives(text: &str, shapes: &[Vec<usize>]) -> Result<(), TestCaseError> {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            prop_assert!(error.to_string().lines().count() >= 3);
            return Ok(());
        }
    };
    let printed = expression.to_string();
    let again = Expression::parse(&printed).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&again, &expression);
    prop_assert_eq!(again.to_string(), printed);
    let views: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    if let Err(error) = expression.bind(&views, &Sizes::from([("a".to_owned(), 2)])) {
        prop_assert!(!error.to_string().is_empty());
    }
    let _flat = expression.flattened();
    Ok(())
}

fn shapes() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let size = prop_oneof![4 => 0..4_usize, 1 => Just(usize::MAX)];
    prop::collection::vec(prop::collection::vec(size, 0..4), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_parses_or_is_refused(text in any::<String>(), shapes in shapes()) {
        survives(&text, &shapes)?;
    }

    #[test]
    fn any_text_of_the_language_s_characters_parses_or_is_refused(
        text in prop_oneof![
            "[abcé∀ ,,,.()\\[\\]_1>-]{0,24}",
            "([a-c]{0,3},){0,2}[a-c]{0,3}(->[a-d]{0,3})?",
            "(\\([ab.]{0,4}->[ab]{0,2}\\),){0,2}\\.{3}a?",
        ],
        shapes in shapes(),
    ) {
        survives(&text, &shapes)?;
    }
}

proptest! {
    #[test]
    fn expressions_print_to_themselves_and_have_a_value(case in case(2)) {
        let Case { text, shapes, sizes } = &case;
        let expression = Expression::parse(text).unwrap();
        prop_assert_eq!(&expression.to_string(), text);
        let views: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        let bound = expression.bind(&views, sizes).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let ones: Vec<Tensor<i64>> = shapes.iter().map(|shape| Tensor::filled(shape, 1).unwrap()).collect();
        let ones: Vec<View<'_, i64>> = ones.iter().map(Tensor::view).collect();
        let value = reference::evaluate(&Integer, &bound, &ones).unwrap();
        prop_assert_eq!(value.shape(), bound.output_shape());
    }

    #[test]
    fn an_output_written_out_is_the_one_left_out(case in case(1)) {
        let terms = Expression::parse(&case.text).unwrap().terms().to_vec();
        let left_out = Expression::new(terms.clone(), None).unwrap();
        let written = Expression::new(terms, Some(left_out.explicit_output())).unwrap();
        let views: Vec<&[usize]> = case.shapes.iter().map(Vec::as_slice).collect();
        // Sizes of indices that only the case's output has are no longer wanted.
        let wanted = if left_out.bind(&views, &case.sizes).is_ok() { case.sizes } else { Sizes::new() };
        prop_assert_eq!(left_out.bind(&views, &wanted).unwrap(), written.bind(&views, &wanted).unwrap());
    }
}

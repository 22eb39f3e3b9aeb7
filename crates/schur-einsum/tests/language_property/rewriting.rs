//! Every rule of rewriting keeps the value, in four semirings.

use proptest::prelude::*;
use schur_einsum::language::rewrite::{Rewrite, RewriteError, Source};
use schur_einsum::language::{BindError, Expression, Index, Item, Label, Term};
use schur_einsum::reference;
use schur_tensor::semiring::{Boolean, Gf2, Integer, MaxPlus, Semiring};
use schur_tensor::{Tensor, View};

use crate::random_expression::{Case, case};

/// A semiring with random elements: small numbers, zero often among them.
trait Random: Semiring {
    fn element(&self, bits: u64) -> Self::Element;
}

impl Random for Integer {
    fn element(&self, bits: u64) -> i64 {
        i64::try_from(bits % 7).unwrap() - 3
    }
}

impl Random for Boolean {
    fn element(&self, bits: u64) -> bool {
        bits.is_multiple_of(2)
    }
}

impl Random for Gf2 {
    fn element(&self, bits: u64) -> bool {
        bits.is_multiple_of(2)
    }
}

impl Random for MaxPlus<f64> {
    fn element(&self, bits: u64) -> f64 {
        if bits.is_multiple_of(5) { f64::NEG_INFINITY } else { (bits % 9) as f64 - 4.0 }
    }
}

/// A tensor of pseudorandom elements (the mixing function of SplitMix64).
fn tensor<S: Random>(semiring: &S, seed: u64, shape: &[usize]) -> Tensor<S::Element> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Tensor::from_fn(shape, |_| {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        semiring.element((mixed ^ (mixed >> 31)) >> 8)
    })
    .unwrap()
}

/// What the caller claims of a tensor: by its number, that it is made of zeros and ones in some way.
type Claim<'a> = Option<(usize, &'a Source)>;

/// The tensor that a source stands for.
fn made<S: Random>(semiring: &S, source: &Source, shape: &[usize], claim: Claim<'_>) -> Tensor<S::Element> {
    if let Some(tensor) = source.tensor(semiring).unwrap() {
        return tensor;
    }
    match source {
        Source::Given(number) => match claim.filter(|(claimed, _)| claimed == number) {
            Some((_, Source::Zero)) => Tensor::filled(shape, semiring.zero()).unwrap(),
            Some((_, source)) => source.tensor(semiring).unwrap().unwrap(),
            None => tensor(semiring, *number as u64, shape),
        },
        Source::Summand { of, summand } => {
            let first = tensor(semiring, 1000, shape);
            if *summand == 1 { first } else { made(semiring, of, shape, claim) }
        }
        _ => unreachable!("made of zeros and ones"),
    }
}

fn value<S: Random>(semiring: &S, rewrite: &Rewrite, claim: Claim<'_>) -> Tensor<S::Element> {
    let shapes = rewrite.bound().shapes();
    let operands = rewrite.sources().iter().zip(shapes);
    let operands: Vec<_> = operands.map(|(source, shape)| made(semiring, source, shape, claim)).collect();
    let views: Vec<View<'_, _>> = operands.iter().map(Tensor::view).collect();
    reference::evaluate(semiring, rewrite.bound(), &views).unwrap()
}

/// Both have the same value in a semiring.
fn equal_in<S: Random>(semiring: &S, pair: [&Rewrite; 2], claim: Claim<'_>) -> Result<(), TestCaseError> {
    let [before, after] = pair.map(|rewrite| value(semiring, rewrite, claim));
    let text = format!("{} became {} ({})", pair[0].expression(), pair[1].expression(), semiring.name());
    prop_assert_eq!(before, after, "{}", text);
    Ok(())
}

/// Both have the same value in four semirings.
fn equal(before: &Rewrite, after: &Rewrite, claim: Claim<'_>) -> Result<(), TestCaseError> {
    equal_in(&Integer, [before, after], claim)?;
    equal_in(&Boolean, [before, after], claim)?;
    equal_in(&Gf2, [before, after], claim)?;
    equal_in(&MaxPlus::new(), [before, after], claim)
}

fn begun(case: &Case) -> Rewrite {
    let shapes: Vec<&[usize]> = case.shapes.iter().map(Vec::as_slice).collect();
    Rewrite::new(Expression::parse(&case.text).unwrap(), &shapes, &case.sizes).unwrap()
}

/// One of the tensors for all operands of a shape.
fn begun_with_duplicates(case: &Case) -> Rewrite {
    let shapes: Vec<&[usize]> = case.shapes.iter().map(Vec::as_slice).collect();
    let first = |shape: &&[usize]| shapes.iter().position(|other| other == shape).unwrap();
    let tensors: Vec<usize> = shapes.iter().map(first).collect();
    Rewrite::with_operands(Expression::parse(&case.text).unwrap(), &tensors, &shapes, &case.sizes).unwrap()
}

fn order(terms: usize, choices: &[prop::sample::Index]) -> Vec<usize> {
    let mut left: Vec<usize> = (0..terms).collect();
    choices.iter().map_while(|choice| (!left.is_empty()).then(|| left.remove(choice.index(left.len())))).collect()
}

/// The number of the operand that a term is.
fn number(expression: &Expression, term: usize) -> usize {
    expression.terms()[..term].iter().map(Term::operand_count).sum()
}

proptest! {
    #[test]
    fn commutation(case in case(2), choices in prop::collection::vec(any::<prop::sample::Index>(), 8)) {
        let before = begun(&case);
        let order = order(before.expression().terms().len(), &choices);
        equal(&before, &before.commuted(&order).unwrap(), None)?;
        prop_assert!(before.commuted(&order[1..]).is_err());
    }

    #[test]
    fn nesting(case in case(1), bits in 1..8_usize) {
        let before = begun(&case);
        let group: Vec<usize> = (0..before.expression().terms().len()).filter(|term| bits >> term & 1 == 1).collect();
        let group = if group.is_empty() { vec![0] } else { group };
        let after = before.nested(&group).unwrap();
        equal(&before, &after, None)?;
        if let Ok(flat) = after.flattened() {
            equal(&before, &flat, None)?;
        }
    }

    #[test]
    fn flattening(case in case(3)) {
        let before = begun(&case);
        match before.flattened() {
            Ok(flat) => {
                prop_assert!(flat.bound().flat().is_some());
                equal(&before, &flat, None)?;
            }
            Err(RewriteError::Lost { .. } | RewriteError::Ellipsis { .. } | RewriteError::Size { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn summing_early(case in case(1)) {
        let before = begun(&case);
        let expression = before.expression();
        for (position, term) in expression.terms().iter().enumerate() {
            for index in term.labels().iter().filter_map(Item::index) {
                let others = expression.terms().iter().enumerate().filter(|&(other, _)| other != position);
                let label = Label::Index(index.clone());
                let elsewhere = others.map(|(_, other)| other).any(|other| other.contains(&label));
                match before.summed_early(position, index) {
                    Ok(after) => equal(&before, &after, None)?,
                    Err(RewriteError::Shared { .. }) => {
                        prop_assert!(elsewhere || expression.explicit_output().has(index));
                    }
                    Err(error) => prop_assert!(false, "{}", error),
                }
            }
        }
    }

    #[test]
    fn distribution(case in case(2), choice in any::<prop::sample::Index>()) {
        let whole = begun(&case);
        let operand = choice.index(case.shapes.len());
        let parts = whole.distributed(operand, 2).unwrap();
        distributes(&Integer, &whole, operand, &parts)?;
        distributes(&Boolean, &whole, operand, &parts)?;
        distributes(&Gf2, &whole, operand, &parts)?;
        distributes(&MaxPlus::new(), &whole, operand, &parts)?;
    }

    #[test]
    fn exchange_of_equal_operands(case in case(1)) {
        let before = begun_with_duplicates(&case);
        let terms = before.expression().terms().len();
        for (left, right) in (0..terms).flat_map(|left| (0..terms).map(move |right| (left, right))) {
            match before.exchanged(left, right) {
                Ok(after) => equal(&before, &after, None)?,
                Err(RewriteError::Different { .. } | RewriteError::Nested { .. }) => {}
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }

    #[test]
    fn repetition_where_squares_are_equal(case in case(1), choice in any::<prop::sample::Index>()) {
        let before = begun(&case);
        let terms = before.expression().terms().len();
        let term = choice.index(terms);
        let after = before.repeated(term).unwrap();
        equal_in(&Boolean, [&before, &after], None)?;
        let merged = after.merged(term, terms).unwrap();
        prop_assert_eq!(merged.sources(), before.sources());
        equal(&before, &merged, None)?;
        prop_assert!(merged.merged(0, 0).is_err());
    }

    #[test]
    fn delta_tensors_in_and_out(case in case(1)) {
        let before = begun(&case);
        for (position, term) in before.expression().terms().iter().enumerate() {
            let Term::Operand(indices) = term else { continue };
            for axis in (0..indices.items().len()).filter(|&axis| indices.items()[axis].index().is_some()) {
                let tied = before.with_delta(position, axis).unwrap();
                equal(&before, &tied, None)?;
                // The index stays with the delta tensor alone if no other axis has it: then its size may be lost.
                match tied.without_delta(before.expression().terms().len()) {
                    Ok(after) => equal(&before, &after, None)?,
                    Err(RewriteError::Lost { .. } | RewriteError::Size { .. }) => {}
                    Err(error) => prop_assert!(false, "{}", error),
                }
            }
        }
    }

    #[test]
    fn delta_tensors_that_are_given(case in case(2)) {
        let before = begun(&case);
        for (position, term) in before.expression().terms().iter().enumerate() {
            let operand = number(before.expression(), position);
            let shape = &case.shapes[operand];
            let square = shape.len() == 2 && shape[0] == shape[1] && !term.contains(&Label::Ellipsis);
            if !square || matches!(term, Term::Nested(_)) {
                continue;
            }
            match before.without_delta(position) {
                Ok(after) => equal(&before, &after, Some((operand, &Source::Delta { size: shape[0] })))?,
                Err(RewriteError::Lost { .. } | RewriteError::Size { .. } | RewriteError::NotDelta { .. }) => {}
                Err(RewriteError::Bind(BindError::Diagonal { .. })) => {}
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }

    #[test]
    fn ones_in_and_out(case in case(1), bits in any::<u8>()) {
        let before = begun(&case);
        let terms = before.expression().terms();
        let mut visible: Vec<Index> = terms.iter().flat_map(Term::labels).filter_map(Item::index).cloned().collect();
        visible.sort();
        visible.dedup();
        let some: Vec<Index> = (0..visible.len()).filter(|k| bits >> k & 1 == 1).map(|k| visible[k].clone()).collect();
        let more = before.with_ones(&some).unwrap();
        equal(&before, &more, None)?;
        let less = more.without_ones(terms.len()).unwrap();
        prop_assert_eq!(less.expression().terms(), terms);
        for position in (0..terms.len()).filter(|&position| matches!(terms[position], Term::Operand(_))) {
            let operand = number(before.expression(), position);
            let ones = Source::Ones { shape: case.shapes[operand].clone() };
            match before.without_ones(position) {
                Ok(after) => equal(&before, &after, Some((operand, &ones)))?,
                Err(RewriteError::Lost { .. } | RewriteError::Size { .. }) => {}
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }

    #[test]
    fn zeros(case in case(2), choice in any::<prop::sample::Index>()) {
        let before = begun(&case);
        let plain = |term: &usize| matches!(before.expression().terms()[*term], Term::Operand(_));
        let plain: Vec<usize> = (0..before.expression().terms().len()).filter(plain).collect();
        prop_assume!(!plain.is_empty());
        let term = plain[choice.index(plain.len())];
        let after = before.annihilated(term).unwrap();
        equal(&before, &after, Some((number(before.expression(), term), &Source::Zero)))?;
    }
}

/// The value with the sum of two tensors is the sum of the values with each.
fn distributes<S: Random>(
    semiring: &S,
    whole: &Rewrite,
    operand: usize,
    parts: &[Rewrite],
) -> Result<(), TestCaseError> {
    let added = |left: &Tensor<S::Element>, right: &Tensor<S::Element>| {
        let sums = left.data().iter().zip(right.data()).map(|(a, b)| semiring.add(a, b).unwrap()).collect();
        Tensor::new(left.shape(), sums).unwrap()
    };
    let shapes = whole.bound().shapes();
    let mut operands: Vec<_> =
        whole.sources().iter().zip(shapes).map(|(source, shape)| made(semiring, source, shape, None)).collect();
    operands[operand] = added(&operands[operand], &tensor(semiring, 1000, &shapes[operand]));
    let views: Vec<View<'_, _>> = operands.iter().map(Tensor::view).collect();
    let sum = reference::evaluate(semiring, whole.bound(), &views).unwrap();
    prop_assert_eq!(sum, added(&value(semiring, &parts[0], None), &value(semiring, &parts[1], None)));
    Ok(())
}

#[test]
fn sums_that_would_be_lost_are_kept() {
    let rewrite = |text: &str, shapes: &[&[usize]], sizes: &[(&str, usize)]| {
        let sizes = sizes.iter().map(|&(name, size)| (name.to_owned(), size)).collect();
        Rewrite::new(Expression::parse(text).unwrap(), shapes, &sizes).unwrap()
    };
    let lost = rewrite("(i->iz)->i", &[&[2]], &[("z", 3)]).flattened().unwrap_err();
    assert!(lost.to_string().starts_with("the sum over index `z` would be lost"), "{lost}");
    let shrunk = rewrite("((->z),zi->i)->i", &[&[], &[1, 2]], &[("z", 3)]).flattened();
    assert!(matches!(shrunk, Err(RewriteError::Size { before: 3, after: 1, .. })), "{shrunk:?}");
    let ellipsis = rewrite("(...i->i),...->...", &[&[2, 3], &[4]], &[]).flattened();
    assert!(matches!(ellipsis, Err(RewriteError::Ellipsis { .. })), "{ellipsis:?}");
    let ones = rewrite("i,ij->i", &[&[2], &[2, 3]], &[]).without_ones(1);
    assert!(matches!(ones, Err(RewriteError::Lost { .. })), "{ones:?}");
    let delta = rewrite("ij,i->j", &[&[3, 3], &[1]], &[]).without_delta(0);
    assert!(matches!(delta, Err(RewriteError::Size { .. } | RewriteError::Lost { .. })), "{delta:?}");
}

//! Jones polynomials of knots in the tables, and what they must not notice.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use schur_network::knot::{Braid, Closure, Diagram, Jones, KnotError, fifth_root_of_unity, jones};
use schur_tensor::pulp::num_complex::Complex;
use schur_tensor::semiring::BigInt;

/// Name, planar diagram, braid, Jones polynomial, determinant: D. Rolfsen's table, polynomials as in V. Jones, 1985.
const KNOTS: [(&str, &str, &[i64], &str, u32); 8] = [
    ("3_1", "[[1,5,2,4],[3,1,4,6],[5,3,6,2]]", &[1, 1, 1], "t + t^3 - t^4", 3),
    ("4_1", "[[4,2,5,1],[8,6,1,5],[6,3,7,4],[2,7,3,8]]", &[1, -2, 1, -2], "t^-2 - t^-1 + 1 - t + t^2", 5),
    ("5_1", "[[2,8,3,7],[4,10,5,9],[6,2,7,1],[8,4,9,3],[10,6,1,5]]", &[1; 5], "t^2 + t^4 - t^5 + t^6 - t^7", 5),
    (
        "5_2",
        "[[1,5,2,4],[3,9,4,8],[5,1,6,10],[7,3,8,2],[9,7,10,6]]",
        &[1, 1, 1, 2, -1, 2],
        "t - t^2 + 2*t^3 - t^4 + t^5 - t^6",
        7,
    ),
    (
        "6_1",
        "[[1,7,2,6],[3,10,4,11],[5,3,6,2],[7,1,8,12],[9,4,10,5],[11,9,12,8]]",
        &[1, 1, 2, -1, -3, 2, -3],
        "t^-2 - t^-1 + 2 - 2*t + t^2 - t^3 + t^4",
        9,
    ),
    ("unknot with a curl", "[[1,1,2,2]]", &[1], "1", 1),
    ("unknot with the other curl", "[[2,1,1,2]]", &[-1], "1", 1),
    ("unknot", "[]", &[], "1", 1),
];

fn closed(strands: usize, word: &[i64], closure: Closure) -> Jones {
    jones(&Braid::new(strands, word).unwrap().diagram(closure).unwrap()).unwrap()
}

fn strands(word: &[i64]) -> usize {
    word.iter().map(|g| g.unsigned_abs() as usize).max().unwrap_or_default() + 1
}

#[test]
fn knots_of_the_tables_have_their_polynomials() {
    for (name, diagram, word, expected, determinant) in KNOTS {
        let from_diagram = jones(&Diagram::from_text(diagram).unwrap()).unwrap();
        assert_eq!(from_diagram.to_string(), expected, "{name} as a diagram");
        let from_braid = closed(strands(word), word, Closure::Markov);
        assert_eq!(from_braid.to_string(), expected, "{name} as a braid");
        assert_eq!(from_braid.determinant(), BigInt::from(determinant), "{name}");
    }
}

/// At the fifth root of unity, as computed from published polynomials.
#[test]
fn values_at_the_fifth_root_of_unity_are_the_published_ones() {
    let hopf = -fifth_root_of_unity().sqrt() * (Complex::from(1.0) + fifth_root_of_unity().powi(2));
    for (name, strands, word, expected) in [
        ("unknot", 1, &[][..], Complex::new(1.0, 0.0)),
        ("unknot, stabilised", 2, &[1], Complex::new(1.0, 0.0)),
        ("Hopf link", 2, &[1, 1], hopf),
        ("trefoil", 2, &[1, 1, 1], Complex::new(-0.809_016_994_374_947_5, 1.314_327_780_297_834)),
        ("figure-eight", 3, &[1, -2, 1, -2], Complex::new(-1.236_067_977_499_79, 0.0)),
        ("8_19", 3, &[1, 1, 1, 2, 1, 1, 1, 2], Complex::new(1.0, 0.0)),
    ] {
        let braid = Braid::new(strands, word).unwrap();
        let from_network = braid.network(Closure::Markov).unwrap().jones_at(fifth_root_of_unity()).unwrap();
        let from_polynomial = closed(strands, word, Closure::Markov).evaluate(fifth_root_of_unity()).unwrap();
        assert!((from_network - expected).norm() < 1e-10, "{name}: {from_network} is not {expected}");
        assert!((from_polynomial - expected).norm() < 1e-10, "{name}: {from_polynomial} is not {expected}");
    }
}

#[test]
fn links_have_halves_of_powers_and_free_circles() {
    assert_eq!(closed(2, &[1, 1], Closure::Markov).to_string(), "t^(1/2)*(-1 - t^2)", "Hopf link");
    assert_eq!(closed(2, &[], Closure::Markov).to_string(), "t^(1/2)*(-t^-1 - 1)", "two circles");
    assert_eq!(closed(3, &[], Closure::Markov).to_string(), "t^-1 + 2 + t", "three circles");
    assert_eq!(closed(3, &[1, -2, 1, -2, 1, -2], Closure::Markov).determinant(), BigInt::from(16), "Borromean rings");
    assert_eq!(closed(2, &[], Closure::Plat).to_string(), "1", "one circle");
    assert_eq!(closed(4, &[2, 2, 2], Closure::Plat).determinant(), BigInt::from(3), "a trefoil of two bridges");
    assert_eq!(
        closed(4, &[2, -1, 2, 2], Closure::Plat).determinant(),
        BigInt::from(5),
        "a figure-eight of two bridges"
    );
}

fn braids() -> impl Strategy<Value = (usize, Vec<i64>)> {
    (2..5_usize).prop_flat_map(|strands| {
        let largest = strands as i64 - 1;
        let generator = prop_oneof![1..=largest, -largest..=-1];
        (Just(strands), prop::collection::vec(generator, 0..9))
    })
}

/// Replaces the part of a word from a place on, if there is enough left of it.
fn spliced(word: &[i64], at: usize, inserted: &[i64]) -> Vec<i64> {
    let at = at % (word.len() + 1);
    [&word[..at], inserted, &word[at..]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Moves of Reidemeister and Markov change the word, not the link.
    #[test]
    fn moves_do_not_change_the_polynomial((strands, word) in braids(), at in 0..9_usize, k in 1..4_i64, up in any::<bool>()) {
        let same = closed(strands, &word, Closure::Markov);
        let k = 1 + (k - 1) % (strands as i64 - 1);
        let other = closed(strands, &spliced(&word, at, &[k, -k]), Closure::Markov);
        prop_assert_eq!(other.in_root(), same.in_root(), "the second move");
        let conjugated = [&[-k][..], &word, &[k]].concat();
        let other = closed(strands, &conjugated, Closure::Markov);
        prop_assert_eq!(other.in_root(), same.in_root(), "conjugation");
        let last = strands as i64;
        let stabilised = [&word[..], &[if up { last } else { -last }]].concat();
        let other = closed(strands + 1, &stabilised, Closure::Markov);
        prop_assert_eq!(other.in_root(), same.in_root(), "stabilisation");
        if strands > 2 {
            let (a, b) = if k + 1 < last { (k, k + 1) } else { (k, k - 1) };
            let one = closed(strands, &spliced(&word, at, &[a, b, a]), Closure::Markov);
            let two = closed(strands, &spliced(&word, at, &[b, a, b]), Closure::Markov);
            prop_assert_eq!(one.in_root(), two.in_root(), "the third move");
        }
    }

    /// The two methods agree exactly, and the network also in numbers.
    #[test]
    fn networks_equal_sweeps((strands, word) in braids(), turn in 0.05..0.95_f64, plat in any::<bool>()) {
        let closure = if plat && strands % 2 == 0 { Closure::Plat } else { Closure::Markov };
        let swept = closed(strands, &word, closure);
        let network = Braid::new(strands, &word).unwrap().network(closure).unwrap();
        prop_assert_eq!(&network.jones().unwrap(), swept.in_root());
        let t = Complex::cis(std::f64::consts::PI * (2.0 * turn - 1.0));
        let (one, two) = (network.jones_at(t).unwrap(), swept.evaluate(t).unwrap());
        prop_assert!((one - two).norm() < 1e-10 * (1.0 + two.norm()), "{one} is not {two}");
    }

    /// The mirror image has the polynomial of 1/t.
    #[test]
    fn mirror_images_turn_the_variable_round((strands, word) in braids()) {
        let mirrored: Vec<i64> = word.iter().map(|generator| -generator).collect();
        let (one, two) = (closed(strands, &word, Closure::Markov), closed(strands, &mirrored, Closure::Markov));
        let turned: Vec<_> = two.in_root().terms().map(|(power, c)| (-power, c.clone())).collect();
        prop_assert!(one.in_root().terms().map(|(power, c)| (power, c.clone())).eq(turned.into_iter().rev()));
    }

    /// No list of numbers makes a diagram or a braid panic.
    #[test]
    fn any_labels_give_an_error_or_a_diagram(crossings in prop::collection::vec(prop::array::uniform4(0..8_usize), 0..5)) {
        if let Ok(diagram) = Diagram::new(&crossings) {
            prop_assert!(jones(&diagram).is_ok());
        }
    }

    #[test]
    fn any_text_gives_an_error_or_a_value(text in "[-+0-9\\[\\],{} PDX.a]{0,24}") {
        let _ = Diagram::from_text(&text);
        let _ = Braid::from_text(&text);
    }
}

#[test]
fn what_is_no_knot_is_refused() {
    assert_eq!(Diagram::new(&[[1, 5, 2, 4], [3, 1, 4, 6], [5, 3, 6, 7]]), Err(KnotError::Label { label: 2, found: 1 }));
    let thrice = Diagram::from_text("[[1,1,1,2]]").unwrap_err();
    assert_eq!(thrice.to_string(), "label 1 occurs 3 times in the planar diagram: each edge has two ends");
    // The trefoil with one crossing's upper strand exchanged: a diagram on a torus.
    assert!(matches!(Diagram::new(&[[1, 4, 2, 5], [3, 1, 4, 6], [5, 3, 6, 2]]), Err(KnotError::NotPlanar { .. })));
    // Its first crossing turned: the lower strand comes out where it should go in.
    assert!(matches!(Diagram::new(&[[2, 4, 1, 5], [3, 1, 4, 6], [5, 3, 6, 2]]), Err(KnotError::Direction { .. })));
    let text = Diagram::from_text("[[1,5,2]]").unwrap_err();
    assert!(matches!(text, KnotError::Text { expected: "a crossing of four labels", .. }), "{text}");
    assert!(matches!(Diagram::from_text("[[-1,5,2,4]]"), Err(KnotError::Text { position: 2, .. })));

    let expected = |generator, strands| Err(KnotError::Generator { generator, position: 1, strands });
    assert_eq!(Braid::new(3, &[1, 0]), expected(0, 3));
    assert_eq!(Braid::new(3, &[1, -3]), expected(-3, 3));
    assert_eq!(Braid::new(0, &[]), Err(KnotError::Strands { strands: 0 }));
    assert!(matches!(Braid::from_text("{1,2.5}"), Err(KnotError::Text { text, position: 4, .. }) if text == "."));
    assert!(matches!(Braid::from_text("{1,99999999999999999999}"), Err(KnotError::Text { .. })));
    let many = Braid::from_text("{99999999999}").unwrap_err();
    assert_eq!(many.to_string(), "a braid has 1 to 4096 strands here, but this one has 100000000000");
    let two = Braid::from_text("[[1,1],[1,1,1]]").unwrap_err();
    assert_eq!(two.to_string(), "`[` at character 1 is not part of a single list of generators");
    let odd = Braid::new(3, &[1]).unwrap();
    assert_eq!(odd.diagram(Closure::Plat), Err(KnotError::OddStrands { strands: 3 }));
    assert!(matches!(odd.network(Closure::Plat), Err(KnotError::OddStrands { strands: 3 })));

    let network = Braid::new(2, &[1]).unwrap().network(Closure::Markov).unwrap();
    for t in [Complex::new(0.0, 0.0), Complex::new(f64::NAN, 0.0)] {
        assert!(matches!(network.jones_at(t), Err(KnotError::Variable { .. })));
        assert!(matches!(closed(2, &[1], Closure::Markov).evaluate(t), Err(KnotError::Variable { .. })));
    }
}

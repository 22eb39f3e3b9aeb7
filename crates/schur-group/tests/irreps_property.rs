//! Irreps as an algebra: text, sums, products, order.

use proptest::prelude::*;
use schur_group::{GroupError, Irrep, IrrepSyntax, Irreps, Parity, ProductPath};

fn irrep() -> impl Strategy<Value = Irrep> {
    (0_usize..12, any::<bool>()).prop_map(|(l, odd)| Irrep::new(l, if odd { Parity::Odd } else { Parity::Even }))
}

fn irreps() -> impl Strategy<Value = Irreps> {
    proptest::collection::vec((0_usize..200, irrep()), 0..8).prop_map(Irreps::new)
}

proptest! {
    #[test]
    fn text_is_read_back(x in irreps()) {
        prop_assert_eq!(x.to_string().parse::<Irreps>().unwrap(), x.clone());
        let spaced = x.to_string().replace('+', " + ").replace('x', " x ");
        prop_assert_eq!(spaced.parse::<Irreps>().unwrap(), x);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[0-9xeoy+ \\-é]{0,12}") {
        if let Ok(x) = text.parse::<Irreps>() {
            prop_assert_eq!(x.to_string().parse::<Irreps>().unwrap(), x);
        }
    }

    #[test]
    fn slices_are_a_partition(x in irreps()) {
        let mut end = 0;
        for ((mul, irrep), slice) in x.iter().zip(x.slices()) {
            prop_assert_eq!((slice.start, slice.len()), (end, mul * irrep.dim()));
            end = slice.end;
        }
        prop_assert_eq!((end, x.slices().count()), (x.dim(), x.len()));
    }

    #[test]
    fn sorting_and_simplifying_keep_the_content(x in irreps(), y in irreps()) {
        let (sorted, order) = x.sort();
        for (k, &from) in order.iter().enumerate() {
            prop_assert_eq!(sorted.blocks()[k], x.blocks()[from]);
        }
        prop_assert!(sorted.blocks().windows(2).all(|pair| pair[0].1 <= pair[1].1));
        let simple = sorted.simplify();
        prop_assert!(simple.blocks().windows(2).all(|pair| pair[0].1 < pair[1].1));
        prop_assert!(simple.iter().all(|(mul, irrep)| mul > 0 && mul == x.count(irrep)));
        prop_assert_eq!((simple.dim(), simple.n_irreps(), simple.l_max()), (x.dim(), x.n_irreps(), x.l_max()));
        prop_assert_eq!((&x + &y).dim(), x.dim() + y.dim());
    }

    #[test]
    fn products_have_the_product_dimension(a in irrep(), b in irrep()) {
        prop_assert_eq!(a.product(b).map(Irrep::dim).sum::<usize>(), a.dim() * b.dim());
        prop_assert!(a.product(b).eq(b.product(a)));
        for c in (0..24).flat_map(|l| [Irrep::new(l, Parity::Even), Irrep::new(l, Parity::Odd)]) {
            prop_assert_eq!(a.couples(b, c), a.product(b).any(|out| out == c));
            // The invariant tensor of three irreps does not care which one is the output.
            prop_assert_eq!(a.couples(b, c), b.couples(c, a));
        }
    }

    #[test]
    fn product_paths_cover_the_product_of_the_blocks(x in irreps(), y in irreps()) {
        let weight = |path: ProductPath| x.blocks()[path.left].0 * y.blocks()[path.right].0 * path.output.dim();
        prop_assert_eq!(x.product_paths(&y).map(weight).sum::<usize>(), x.dim() * y.dim());
    }
}

#[test]
fn order_is_that_of_e3nn() {
    // o3.Irreps("1e+2x0e+0o+1o+3x0e").sort().irreps in e3nn 0.6.0.
    let (sorted, _) = "1e+2x0e+0o+1o+3x0e".parse::<Irreps>().unwrap().sort();
    assert_eq!(sorted.to_string(), "1x0o+2x0e+3x0e+1x1o+1x1e");
}

#[test]
fn parity_of_harmonics_can_be_left_to_the_degree() {
    assert_eq!("3x1y+2y".parse::<Irreps>().unwrap().to_string(), "3x1o+1x2e");
    assert_eq!(Irreps::spherical_harmonics(3).to_string(), "1x0e+1x1o+1x2e+1x3o");
}

#[test]
fn nothing_is_the_empty_sum() {
    for text in ["", "  "] {
        let empty: Irreps = text.parse().unwrap();
        assert_eq!((empty.dim(), empty.len(), empty.l_max(), empty.to_string()), (0, 0, None, String::new()));
    }
}

#[test]
fn bad_terms_are_pointed_at() {
    let cases = [
        ("64x1p", 1, "64x1p", 0, IrrepSyntax::Parity),
        ("1o+ 2x", 2, "2x", 4, IrrepSyntax::Empty),
        ("1o+", 2, "", 3, IrrepSyntax::Empty),
        ("+1o", 1, "", 0, IrrepSyntax::Empty),
        ("ax1o", 1, "ax1o", 0, IrrepSyntax::Multiplicity),
        ("-2x1o", 1, "-2x1o", 0, IrrepSyntax::Multiplicity),
        ("x1o", 1, "x1o", 0, IrrepSyntax::Multiplicity),
        ("0e + 2xe", 2, "2xe", 5, IrrepSyntax::Degree),
        ("2x1x1o", 1, "2x1x1o", 0, IrrepSyntax::Degree),
        ("-1o", 1, "-1o", 0, IrrepSyntax::Degree),
        ("1é", 1, "1é", 0, IrrepSyntax::Parity),
        ("99999999999999999999x0e", 1, "99999999999999999999x0e", 0, IrrepSyntax::Multiplicity),
        ("0e+9999999999999999999x1e", 2, "9999999999999999999x1e", 3, IrrepSyntax::TooLarge),
    ];
    for (text, term, found, position, reason) in cases {
        let found = found.to_owned();
        let expected = GroupError::ParseIrreps { text: text.to_owned(), term, found, position, reason };
        assert_eq!(text.parse::<Irreps>().unwrap_err(), expected, "{text}");
    }
    let message = "128x0e+64x1p".parse::<Irreps>().unwrap_err().to_string();
    assert!(message.contains("term 2 (`64x1p`, byte 7) of the irreps `128x0e+64x1p`"), "{message}");
}

#[test]
fn one_irrep_is_read_alone() {
    assert_eq!(" 2e ".parse::<Irrep>().unwrap(), Irrep::new(2, Parity::Even));
    assert!("3x2e".parse::<Irrep>().is_err());
}

proptest! {
    #[test]
    fn products_of_sums_are_counted(x in irreps(), y in irreps()) {
        let product = x.tensor_product(&y);
        prop_assert_eq!(product.dim(), x.dim() * y.dim());
        prop_assert_eq!(&product, &y.tensor_product(&x));
        prop_assert_eq!(&product, &product.regroup());
        for (mul, irrep) in product.iter() {
            let paths = x.product_paths(&y).filter(|path| path.output == irrep);
            prop_assert_eq!(mul, paths.map(|path| x.blocks()[path.left].0 * y.blocks()[path.right].0).sum::<usize>());
        }
    }

    #[test]
    fn parts_make_up_the_whole(x in irreps(), at in 0_usize..8, l in 0_usize..12) {
        let at = at.min(x.len());
        prop_assert_eq!(&x.slice(..at).unwrap() + &x.slice(at..).unwrap(), x.clone());
        let (low, high) = (x.filter(|irrep| irrep.l <= l), x.filter(|irrep| irrep.l > l));
        prop_assert_eq!((&low + &high).regroup(), x.regroup());
        prop_assert!(low.l_max().is_none_or(|found| found <= l));
        prop_assert_eq!(x.copies().collect::<Vec<_>>().len(), x.n_irreps());
        let irrep = Irrep::harmonic(l);
        prop_assert_eq!(x.contains(irrep), x.copies().any(|copy| copy == irrep));
        prop_assert_eq!(x.is_scalar(), x.copies().all(Irrep::is_scalar));
    }

    #[test]
    fn multiples_repeat(x in irreps(), n in 0_usize..4) {
        let repeated = n * &x;
        prop_assert_eq!((repeated.len(), repeated.dim()), (n * x.len(), n * x.dim()));
        prop_assert_eq!(&repeated, &(&x * n));
        prop_assert_eq!(&repeated, &(0..n).fold(Irreps::default(), |sum, _| &sum + &x));
        prop_assert_eq!(x.without_parity().dim(), x.dim());
        prop_assert!(x.without_parity().iter().all(|(_, irrep)| irrep.parity == Parity::Even));
    }
}

#[test]
fn full_products_are_those_of_e3nn() {
    // o3.FullTensorProduct(a, b).irreps_out.sort().irreps.simplify() in e3nn 0.6.0.
    for (a, b, product) in [
        ("1o", "1o", "1x0e+1x1e+1x2e"),
        ("2x0e+1o", "1x1e+3x2o", "1x0o+1x1o+5x1e+7x2o+3x2e+3x3e"),
        ("4x1o", "2x0o", "8x1e"),
    ] {
        let (a, b): (Irreps, Irreps) = (a.parse().unwrap(), b.parse().unwrap());
        assert_eq!(a.tensor_product(&b), product.parse().unwrap());
    }
}

#[test]
fn ranges_beyond_the_blocks_are_errors() {
    let irreps: Irreps = "0e+1o".parse().unwrap();
    assert_eq!(irreps.slice(1..3).unwrap_err(), GroupError::BlockRange { start: 1, end: 3, n_blocks: 2 });
    assert_eq!(
        irreps.slice(..=usize::MAX).unwrap_err(),
        GroupError::BlockRange { start: 0, end: usize::MAX, n_blocks: 2 }
    );
    #[expect(clippy::reversed_empty_ranges, reason = "the mistake that is tested")]
    let reversed = irreps.slice(2..1);
    assert_eq!(reversed.unwrap_err().to_string(), "blocks 2..1 asked for, but the irreps have 2 blocks");
    assert!(irreps.slice(2..).unwrap().is_empty());
}

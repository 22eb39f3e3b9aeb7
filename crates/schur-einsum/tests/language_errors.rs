//! Errors of the language: what they say, and where they point.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use schur_einsum::language::{Expression, Label, ParseError, Sizes};

/// The message of parsing, with the text and its carets.
fn parse_error(text: &str) -> String {
    Expression::parse(text).unwrap_err().to_string()
}

fn bind_error(text: &str, shapes: &[&[usize]], sizes: &[(&str, usize)]) -> String {
    let sizes: BTreeMap<String, usize> = sizes.iter().map(|&(name, size)| (name.to_owned(), size)).collect();
    Expression::parse(text).unwrap().bind(shapes, &sizes).unwrap_err().to_string()
}

/// The message begins so, and the line of carets is this.
fn assert_points(message: &str, beginning: &str, carets: &str) {
    assert!(message.starts_with(beginning), "{message}");
    assert_eq!(message.lines().last().unwrap(), carets, "{message}");
}

#[test]
fn errors_of_the_grammar_point_at_the_character() {
    for (text, beginning, carets) in [
        ("ij,j#->i", "`#` is not an index", "      ^"),
        ("i#->i", "`#` is not an index", "   ^"),
        ("i..j", "an ellipsis is three dots", "   ^^"),
        ("...i...", "an ellipsis is three dots", "      ^^^"),
        ("ij-ij", "`-` and `>` stand for nothing alone", "    ^"),
        ("ij>ij", "`-` and `>` stand for nothing alone", "    ^"),
        ("ij->i->j", "an expression has one `->`", "       ^"),
        ("ij->i,j", "the output after `->` is one list of indices, without `,`", "       ^"),
        ("ij->(i)", "the output after `->` is one list of indices, without `(`", "      ^"),
        ("(ij->i", "`(` is never closed", "  ^"),
        ("ij)->i", "`)` is never opened", "    ^"),
        ("[row,k", "`[` is never closed", "  ^"),
        ("row],k", "`]` is never opened", "     ^"),
        ("[row &]", "`&` is not an index", "       ^"),
        ("(ij,jk),kl->il", "a nested expression names its output", "  ^^^^^^^"),
        ("(ij->i)k->ik", "a nested expression is an operand of its own", "         ^"),
        ("k(ij->i)->ik", "a nested expression is an operand of its own", "   ^"),
    ] {
        assert_points(&parse_error(text), beginning, carets);
    }
}

#[test]
fn nesting_has_a_bottom() {
    let text = format!("{}i{}", "(".repeat(10_000), "->i)".repeat(10_000));
    assert!(matches!(Expression::parse(&text), Err(ParseError::Depth { .. })));
    let text = format!("{}i{}", "(".repeat(60), "->i)".repeat(60));
    assert!(Expression::parse(&text).is_ok());
}

#[test]
fn labels_that_are_no_names_are_refused() {
    assert!(matches!(Expression::interleaved(&[["two words"]], None), Err(ParseError::Name { .. })));
    assert!(matches!(Expression::interleaved(&[[""]], None), Err(ParseError::Name { .. })));
    assert!(matches!(Expression::interleaved::<usize>(&[[0_usize; 0]; 0], None), Err(ParseError::NoTerms)));
    let twice = [[Label::Ellipsis, Label::Ellipsis]];
    assert!(matches!(Expression::interleaved(&twice, None), Err(ParseError::Ellipsis { .. })));
}

#[test]
fn errors_of_shapes_name_operand_index_and_sizes() {
    assert_eq!(
        bind_error("ik,jj,kl->il", &[&[2, 3], &[5, 5], &[4, 6]], &[]),
        "index `k` has size 3 in operand 0 but 4 in operand 2\n  ik,jj,kl->il\n   ^    ^"
    );
    assert_eq!(
        bind_error("...i,...i", &[&[2, 3, 5], &[4, 5]], &[]),
        "index `...[-1]` has size 3 in operand 0 but 4 in operand 1\n  ...i,...i\n  ^^^  ^^^"
    );
    assert_eq!(
        bind_error("ij,ii->j", &[&[2, 3], &[2, 1]], &[]),
        "index `i` takes a diagonal of operand 1, whose axes have sizes 2 and 1\n  ij,ii->j\n     ^^"
    );
    assert_eq!(bind_error("ij,jk", &[&[2, 3], &[3]], &[]), "operand 1 has 1 axes, but `jk` names 2\n  ij,jk\n     ^^");
    assert_eq!(
        bind_error("i...j,k", &[&[2], &[3]], &[]),
        "operand 0 has 1 axes, but `i...j` names 2 or more\n  i...j,k\n  ^^^^^"
    );
    assert_eq!(
        bind_error("ij,jk", &[&[2, 3]], &[]),
        "the expression has 2 operands, but 1 tensors are given\n  ij,jk\n  ^^^^^"
    );
}

#[test]
fn errors_inside_nested_expressions_point_there() {
    assert_eq!(
        bind_error("(ij,jk->ik),kl->il", &[&[2, 3], &[3, 4], &[5, 6]], &[]),
        "index `k` has size 4 in the result of nested expression 0 but 5 in operand 2\n  (ij,jk->ik),kl->il\n           \
         ^  ^"
    );
    assert_points(
        &bind_error("(ij,jk->ik),kl->il", &[&[2, 3], &[4, 4], &[4, 6]], &[]),
        "index `j` has size 3 in operand 0 but 4 in operand 1",
        "    ^ ^",
    );
    let nested = bind_error("(ij->ijx),x->", &[&[2, 3], &[4]], &[]);
    assert_points(&nested, "index `x` of the output is in no operand", "         ^");
}

#[test]
fn sizes_that_are_given_are_checked() {
    assert_points(&bind_error("i->iz", &[&[2]], &[]), "index `z` of the output is in no operand", "      ^");
    assert_points(&bind_error("i->iz", &[&[2]], &[("z", 3), ("y", 2)]), "a size is given for index `y`", "  ^^^^^");
    let given = bind_error("i->iz", &[&[2]], &[("z", 3), ("i", 4)]);
    assert_points(&given, "index `i` has size 2 in the operands, but 4 is given", "  ^");
    let huge = bind_error("i->iz", &[&[2]], &[("z", usize::MAX)]);
    assert!(huge.contains("more elements than can be addressed"), "{huge}");
    let inside = bind_error("(ij->i)->i", &[&[2, 3]], &[("j", 4)]);
    assert_points(&inside, "index `j` has size 3 in the operands, but 4 is given", "    ^");
    let free = Expression::parse("(z->)->z").unwrap().bind(&[&[5]], &Sizes::from([("z".into(), 3)]));
    assert_eq!(free.unwrap().output_shape(), [3], "the size is that of the free index, not of the one inside");
    let fine = Expression::parse("i->iz").unwrap().bind(&[&[2]], &Sizes::from([("z".into(), 3), ("i".into(), 2)]));
    assert_eq!(fine.unwrap().output_shape(), [2, 3]);
}

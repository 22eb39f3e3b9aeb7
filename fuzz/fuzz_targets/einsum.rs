//! Any text as an einsum expression: refused, or printed and read again to the same one, also after flattening.
#![no_main]

use libfuzzer_sys::fuzz_target;
use schur_einsum::language::{Expression, Sizes};

fuzz_target!(|text: &str| {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert_eq!(Expression::parse(&expression.to_string()).as_ref(), Ok(&expression));
    if let Ok(flat) = expression.flattened() {
        assert_eq!(flat.operand_count(), expression.operand_count());
    }
    // Matrices of two rows: some texts fit them, and the others are refused.
    let shapes = vec![&[2_usize, 2][..]; expression.operand_count()];
    if let Err(error) = expression.bind(&shapes, &Sizes::new()) {
        assert!(!error.to_string().is_empty());
    }
});

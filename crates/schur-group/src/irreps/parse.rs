//! Reading of `128x0e+64x1o`.

use std::str::FromStr;

use crate::irrep::whole_number;
use crate::{GroupError, Irrep, IrrepSyntax, Irreps};

impl FromStr for Irreps {
    type Err = GroupError;

    /// Reads terms `MULxLp` or `Lp` joined by `+`; spaces around terms and an empty text are fine.
    ///
    /// # Errors
    /// [`GroupError::ParseIrreps`] with the number, place and text of the bad term.
    fn from_str(text: &str) -> Result<Self, GroupError> {
        if text.trim().is_empty() {
            return Ok(Irreps::default());
        }
        let mut blocks = Vec::new();
        let (mut position, mut dim) = (0, 0_usize);
        for (index, raw) in text.split('+').enumerate() {
            let block = read_term(raw.trim()).and_then(|block| {
                dim = checked_sum(dim, block).ok_or(IrrepSyntax::TooLarge)?;
                Ok(block)
            });
            blocks.push(block.map_err(|reason| GroupError::ParseIrreps {
                text: text.to_owned(),
                term: index + 1,
                found: raw.trim().to_owned(),
                position: position + raw.len() - raw.trim_start().len(),
                reason,
            })?);
            position += raw.len() + 1;
        }
        Ok(Irreps::new(blocks))
    }
}

fn read_term(term: &str) -> Result<(usize, Irrep), IrrepSyntax> {
    let (mul, irrep) = match term.split_once('x') {
        Some((mul, irrep)) => (whole_number(mul.trim_end()).ok_or(IrrepSyntax::Multiplicity)?, irrep.trim_start()),
        None => (1, term),
    };
    Ok((mul, Irrep::from_term(irrep)?))
}

fn checked_sum(dim: usize, (mul, irrep): (usize, Irrep)) -> Option<usize> {
    dim.checked_add(mul.checked_mul(irrep.l.checked_mul(2)?.checked_add(1)?)?)
}

//! Shapes as they are typed: `10x20,20x30`.

use anyhow::{Result, bail};

use crate::exit::UsageError;

/// Reads the shape of each operand; `-` is a single number.
///
/// # Errors
/// If a size is no whole number.
pub fn parse(text: &str) -> Result<Vec<Vec<usize>>> {
    text.split(',').map(|shape| one(shape.trim())).collect()
}

fn one(text: &str) -> Result<Vec<usize>> {
    if text == "-" {
        return Ok(Vec::new());
    }
    let sizes: Result<Vec<usize>, _> = text.split('x').map(str::parse).collect();
    match sizes {
        Ok(sizes) => Ok(sizes),
        Err(_) => bail!(UsageError(format!("`{text}` is no shape: write 10x20, or - for a single number"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_sizes_joined_by_x() {
        assert_eq!(parse("2x3, 4,-").unwrap(), [vec![2, 3], vec![4], vec![]]);
        for text in ["", "2x", "x3", "2 3", "-2"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

//! The dispersion correction, checked where it is typed.

use schur_potential::dispersion::{D3Cutoffs, D3Parameters};

use super::number;

/// Takes the name of a functional that has parameters.
pub fn functional(text: &str) -> Result<String, String> {
    D3Parameters::of(text).map(|_| text.to_lowercase()).map_err(|error| error.to_string())
}

/// Takes a cut-off (Å) that sums can end at.
pub fn cutoff(text: &str) -> Result<f64, String> {
    let cutoff = number::finite(text)?;
    D3Cutoffs::within(cutoff).check().map(|()| cutoff).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_computed_is_refused_with_what_can() {
        assert_eq!(functional("R2SCAN"), Ok("r2scan".to_owned()));
        assert!(functional("pbx").unwrap_err().contains("b3lyp"));
        assert_eq!(cutoff("21.167"), Ok(21.167));
        assert!(cutoff("0.5").is_err() && cutoff("1e4").is_err() && cutoff("far").is_err());
    }
}

//! Numbers with a range, checked where they are typed.

/// Parses a finite number that is larger than zero.
pub fn positive(text: &str) -> Result<f64, String> {
    match finite(text)? {
        value if value > 0.0 => Ok(value),
        _ => Err("it must be larger than 0".to_owned()),
    }
}

/// Parses a finite number that is zero or larger.
pub fn not_negative(text: &str) -> Result<f64, String> {
    match finite(text)? {
        value if value >= 0.0 => Ok(value),
        _ => Err("it must be 0 or larger".to_owned()),
    }
}

/// Parses a finite number.
pub fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err("it must be finite".to_owned()),
        Err(_) => Err("it must be a number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_held() {
        assert_eq!(positive("1e-3"), Ok(1e-3));
        assert_eq!(not_negative("0"), Ok(0.0));
        assert_eq!(finite("-2.5"), Ok(-2.5));
        for text in ["0", "-1", "nan", "inf", "1 fs", ""] {
            assert!(positive(text).is_err(), "{text}");
        }
        assert!(not_negative("-1e-300").is_err());
        assert!(finite("1e999").is_err());
    }
}

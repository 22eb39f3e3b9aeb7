//! Numbers as scientific programs write them.

/// Powers of ten that a double holds exactly.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Whole numbers up to here are doubles.
const LARGEST_EXACT: u64 = 1 << 53;

/// Reads a real: `1`, `-1.5`, `.5`, `1e-3`, Fortran's `1.0D+00`, `nan`, `inf`.
///
/// The result is the double nearest to the text, as from the standard library. Numbers without an exponent whose
/// digits fit a double exactly, nearly all in practice, take a short path: one correctly rounded division of two
/// exact doubles.
pub(crate) fn real(text: &[u8]) -> Option<f64> {
    plain_decimal(text).or_else(|| any_real(text))
}

fn plain_decimal(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    // 19 digits cannot overflow the u64; the point is the 20th byte.
    if digits.len() > 20 {
        return None;
    }
    let (mut mantissa, mut n_digits, mut point) = (0u64, 0usize, None);
    for &byte in digits {
        match byte {
            b'0'..=b'9' if n_digits < 19 => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                n_digits += 1;
            }
            b'.' if point.is_none() => point = Some(n_digits),
            _ => return None,
        }
    }
    if n_digits == 0 || mantissa > LARGEST_EXACT {
        return None;
    }
    let value = mantissa as f64 / TENS[n_digits - point.unwrap_or(n_digits)];
    Some(if negative { -value } else { value })
}

fn any_real(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let fortran = |c: char| matches!(c, 'd' | 'D');
    text.parse().ok().or_else(|| {
        let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
        (numeric && text.contains(fortran)).then(|| text.replacen(fortran, "e", 1).parse().ok())?
    })
}

/// Reads a whole number in a column declared to hold whole numbers: leading zeros are fine.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Reads a count, refusing signs.
pub(crate) fn count(text: &[u8]) -> Option<usize> {
    if text.first().is_none_or(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Reads a truth value as extended XYZ spells it.
pub(crate) fn logical(text: &[u8]) -> Option<bool> {
    match text {
        b"T" | b"true" | b"True" | b"TRUE" => Some(true),
        b"F" | b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// The next word of a line from byte `*at` on, and where it starts; moves `*at` behind it.
pub(crate) fn next_word<'a>(line: &'a [u8], at: &mut usize) -> Option<(usize, &'a [u8])> {
    let start = *at + line.get(*at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let length = line[start..].iter().position(u8::is_ascii_whitespace).unwrap_or(line.len() - start);
    *at = start + length;
    Some((start, &line[start..*at]))
}

/// All words of a line.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || next_word(line, &mut at).map(|(_, word)| word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepts_what_programs_write() {
        for (text, value) in [
            ("1", 1.0),
            ("-0.5", -0.5),
            ("+.25", 0.25),
            ("3.", 3.0),
            ("1.5D+02", 150.0),
            ("1d0", 1.0),
            ("12E-1", 1.2),
            ("0.1", 0.1),
            ("00012.50", 12.5),
            ("-inf", f64::NEG_INFINITY),
            ("123456789012345678901234567890", 1.2345678901234568e29),
        ] {
            assert_eq!(real(text.as_bytes()), Some(value), "{text}");
        }
        assert!(real(b"NaN").is_some_and(f64::is_nan));
        assert!(real(b"-0.0").is_some_and(|zero| zero.is_sign_negative()));
        for text in ["", "-", ".", "1_0", "1.2.3", "0x10", "1,5", "d", "D1", "1e", "***", "1dd0", "1.0D"] {
            assert_eq!(real(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn short_path_equals_the_standard_library(text in "[+-]?[0-9]{0,20}\\.?[0-9]{0,20}") {
            let bits = |value: Option<f64>| value.map(f64::to_bits);
            prop_assert_eq!(bits(real(text.as_bytes())), bits(text.parse().ok()));
        }
    }
}

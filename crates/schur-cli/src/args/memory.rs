//! Amounts of memory, as people write them.

/// Units of memory and how many bytes they are.
const UNITS: [(&str, u64); 10] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

/// Parses an amount of memory, as 500MB or 4GB.
pub fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) =
        UNITS.iter().find_map(|&(name, unit)| Some((text.strip_suffix(name)?, unit))).unwrap_or((text, 1));
    let number: f64 = number.trim().parse().map_err(|_| "write a size as 500MB or 4GB".to_owned())?;
    let bytes = number * unit as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the bounds are checked")]
    if bytes >= 1.0 && bytes < u64::MAX as f64 {
        Ok(bytes as u64)
    } else {
        Err("a size is one byte or more".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_memory_are_read_as_people_write_them() {
        for (text, expected) in
            [("4GB", 4_000_000_000), ("1.5 MiB", 1_572_864), ("64kB", 64_000), ("512", 512), ("2B", 2)]
        {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "GB", "-1GB", "nanB", "1e30TB", "4 gigabytes"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}

//! The text forms of protocol 0 and the integers of any size.
//!
//! Functions here return `None` for what does not read; the caller knows the place and says what was expected.

use super::value::Value;

/// Most digits of a decimal integer: the limit Python itself sets (`sys.int_info.default_max_str_digits`), since the
/// conversion is quadratic.
const MAX_DIGITS: usize = 4300;

/// Reads a little-endian two's complement integer of any length.
pub(super) fn integer(bytes: &[u8]) -> Value {
    let bytes = shortest(bytes);
    if bytes.len() > 8 {
        return Value::BigInt(bytes.into());
    }
    let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(wide))
}

/// Cuts bytes that only repeat the sign.
fn shortest(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., below, top] = bytes
        && (*top == 0 && *below < 0x80 || *top == 0xff && *below >= 0x80)
    {
        bytes = &bytes[..rest.len() + 1];
    }
    bytes
}

/// Reads the argument of INT: `00` and `01` are the booleans of protocol 0, anything else a decimal integer.
pub(super) fn int_or_bool(line: &[u8]) -> Option<Value> {
    match line {
        b"00" => Some(Value::Bool(false)),
        b"01" => Some(Value::Bool(true)),
        _ => decimal(line),
    }
}

/// Reads a decimal integer with an optional sign and, as Python 2 wrote it, an optional `L` at the end.
pub(super) fn decimal(line: &[u8]) -> Option<Value> {
    let line = line.strip_suffix(b"L").unwrap_or(line);
    let (negative, digits) = match line {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut limbs: Vec<u32> = Vec::new();
    // Nine digits are the most that fit a limb.
    for chunk in digits.chunks(9) {
        let mut carry = chunk.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        let power = 10u64.pow(chunk.len() as u32);
        for limb in &mut limbs {
            let sum = u64::from(*limb) * power + carry;
            *limb = sum as u32;
            carry = sum >> 32;
        }
        if carry > 0 {
            limbs.push(carry as u32);
        }
    }
    let mut bytes: Vec<u8> = limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    bytes.push(0);
    if negative {
        negate(&mut bytes);
    }
    Some(integer(&bytes))
}

/// Negates a two's complement integer in place.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
    }
}

/// Reads the argument of FLOAT.
pub(super) fn float(line: &[u8]) -> Option<f64> {
    std::str::from_utf8(line).ok()?.parse().ok()
}

/// Reads the argument of GET and PUT.
pub(super) fn memo_key(line: &[u8]) -> Option<u64> {
    std::str::from_utf8(line).ok()?.parse().ok()
}

/// Reads an 8-bit string: text if it is ASCII, as Python 3 takes it, and bytes otherwise.
pub(super) fn string8(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Value::Text(text.into()),
        _ => Value::Bytes(bytes.into()),
    }
}

/// Reads the argument of STRING: quoted, with the escapes of a Python bytes literal.
pub(super) fn quoted(line: &[u8]) -> Option<Vec<u8>> {
    let inner = match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return None,
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [first, after @ ..] = rest {
        rest = if *first == b'\\' {
            escape(after, &mut out)?
        } else {
            out.push(*first);
            after
        };
    }
    Some(out)
}

/// Decodes what follows a backslash and returns what follows the escape.
fn escape<'a>(after: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let [kind, rest @ ..] = after else { return None };
    let simple = match kind {
        b'\\' | b'\'' | b'"' => *kind,
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        b'x' => {
            out.push(hexadecimal(rest.get(..2)?)? as u8);
            return Some(&rest[2..]);
        }
        b'0'..=b'7' => {
            let n = after.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(*byte)).count();
            let code = after[..n].iter().fold(0u32, |code, digit| code * 8 + u32::from(digit - b'0'));
            // Python keeps the low eight bits of `\777`.
            out.push(code as u8);
            return Some(&after[n..]);
        }
        _ => {
            out.extend([b'\\', *kind]);
            return Some(rest);
        }
    };
    out.push(simple);
    Some(rest)
}

/// Reads hexadecimal digits, at most eight.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

/// Reads the argument of UNICODE: Latin-1 with `\uXXXX` and `\UXXXXXXXX`. A lone surrogate does not read.
pub(super) fn raw_unicode(line: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, after @ ..] = rest {
        let width = match after.first() {
            Some(b'u') if *first == b'\\' => 4,
            Some(b'U') if *first == b'\\' => 8,
            _ => 0,
        };
        if width > 0 {
            out.push(char::from_u32(hexadecimal(after.get(1..=width)?)?)?);
            rest = &after[width + 1..];
            continue;
        }
        out.push(char::from(*first));
        rest = after;
        // A backslash protects the character after it, so that `\\u0041` is a backslash and plain text.
        if *first == b'\\'
            && let [second, after @ ..] = after
        {
            out.push(char::from(*second));
            rest = after;
        }
    }
    Some(out)
}

//! Decimal numbers as exports write them, parsed exactly into scaled integers. The
//! parsers of the standard library know neither decimal commas nor grouped thousands, and
//! binary fractions would round.

/// The character before the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decimal {
    /// 12.5
    Point,
    /// 12,5
    Comma,
}

/// Parses a field as a number times `10^digits`; further digits round half away from zero.
/// Spaces may group the thousands.
pub(super) fn scaled(field: &[u8], decimal: Decimal, digits: u32) -> Option<i64> {
    let mark = if decimal == Decimal::Comma { b',' } else { b'.' };
    let text = field.trim_ascii();
    let (negative, text) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let (mut value, mut seen, mut fraction): (i64, bool, Option<u32>) = (0, false, None);
    let mut up = false;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' if fraction.is_some_and(|places| places >= digits) => {
                if fraction == Some(digits) {
                    up = byte >= b'5';
                    fraction = Some(digits + 1);
                }
            }
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                seen = true;
                fraction = fraction.map(|places| places + 1);
            }
            _ if byte == mark && fraction.is_none() => fraction = Some(0),
            // A space between thousands: plain, or a no-break space in UTF-8 or Latin-1.
            b' ' | 0xc2 | 0xa0 if at > 0 && fraction.is_none() && at + 1 < text.len() => {}
            _ => return None,
        }
    }
    let missing = digits - fraction.unwrap_or(0).min(digits);
    let value = value.checked_mul(10i64.checked_pow(missing)?)?.checked_add(i64::from(up))?;
    seen.then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::{Decimal::*, *};

    #[test]
    fn numbers_are_exact_in_either_notation() {
        assert_eq!(scaled(b"12.345", Point, 3), Some(12_345));
        assert_eq!(scaled(b" 12,3 ", Comma, 6), Some(12_300_000));
        assert_eq!(scaled(b"1 234,5", Comma, 3), Some(1_234_500));
        assert_eq!(scaled("1\u{a0}234,5".as_bytes(), Comma, 3), Some(1_234_500));
        assert_eq!(scaled(b"-0.0005", Point, 3), Some(-1));
        assert_eq!(scaled(b"0.00049", Point, 3), Some(0));
        assert_eq!(scaled(b"+7", Point, 0), Some(7));
        assert_eq!(scaled(b"0", Comma, 3), Some(0));
        assert_eq!(scaled(b"2.5", Point, 0), Some(3));
    }

    #[test]
    fn other_text_is_not_a_number() {
        for text in ["", "-", ".", "1.2.3", "1,5", "1e5", "NaN", "n/a", "0x10", "1 ", " "] {
            let found = scaled(text.as_bytes(), Point, 3);
            assert_eq!(found, (text == "1 ").then_some(1000), "{text:?}");
        }
        assert_eq!(scaled(b"99999999999999999999", Point, 0), None);
        assert_eq!(scaled(b"9223372036854775807", Point, 3), None);
    }
}

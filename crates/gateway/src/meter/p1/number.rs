//! Decimal numbers to integers of a smaller unit: `0001.011` kW is 1011 W. In floating
//! point 1.011 × 1000 is less than 1011.

/// Why a text is not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberError {
    /// Not a decimal number.
    Malformed,
    /// Beyond the range of meters.
    OutOfRange,
}

/// Upper limit: a petawatt-hour in Wh, far more than any meter counts.
const LIMIT: i64 = 1_000_000_000_000_000;

/// Ten times this plus a digit has 32 bits.
const SMALL: u32 = u32::MAX / 10;

/// `figures` × 10^`places`, rounded half away from zero. Surrounding spaces, a sign and a
/// decimal comma are accepted.
pub(super) fn scaled(figures: &[u8], places: u8) -> Result<i64, NumberError> {
    let figures = figures.trim_ascii();
    let (negative, figures) = match figures {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let mut value: i64 = 0;
    let mut missing = places;
    let mut point = false;
    let mut digits = 0_usize;
    let mut round: Option<bool> = None;
    for &byte in figures {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                let digit = byte - b'0';
                if point {
                    if missing == 0 {
                        round.get_or_insert(digit >= 5);
                        continue;
                    }
                    missing -= 1;
                }
                if value >= LIMIT {
                    // The value is out of range; the rest must still be well-formed.
                    continue;
                }
                value = match u32::try_from(value) {
                    // A microcontroller multiplies 32 bits in one instruction, 64 in a call.
                    Ok(small @ 0..SMALL) => i64::from(small * 10 + u32::from(digit)),
                    _ => value * 10 + i64::from(digit),
                };
            }
            b'.' | b',' if !point => point = true,
            _ => return Err(NumberError::Malformed),
        }
    }
    if digits == 0 {
        return Err(NumberError::Malformed);
    }
    for _ in 0..missing {
        value = value.saturating_mul(10);
    }
    value = value.saturating_add(i64::from(round == Some(true)));
    match value {
        LIMIT.. => Err(NumberError::OutOfRange),
        _ if negative => Ok(-value),
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use proptest::prelude::*;

    use super::NumberError::{Malformed, OutOfRange};
    use super::*;

    #[test]
    fn numbers_of_meters() {
        for (figures, places, value) in [
            ("0001.011", 3, Ok(1011)),
            ("00010501.076", 3, Ok(10_501_076)),
            ("006545766", 0, Ok(6_545_766)),
            ("232.1", 3, Ok(232_100)),
            ("001", 3, Ok(1000)),
            ("0.48", 3, Ok(480)),
            ("-0000.350", 3, Ok(-350)),
            ("+1,5", 3, Ok(1500)),
            (" 7 ", 0, Ok(7)),
            (".5", 3, Ok(500)),
            ("5.", 3, Ok(5000)),
            ("1.0114", 3, Ok(1011)),
            ("1.0115", 3, Ok(1012)),
            ("1.01149", 3, Ok(1011)),
            ("-1.0115", 3, Ok(-1012)),
            ("0.0", 6, Ok(0)),
            ("999999999999.999", 3, Ok(999_999_999_999_999)),
            ("1000000000000", 3, Err(OutOfRange)),
            ("99999999999999999999999999999999999", 3, Err(OutOfRange)),
            ("99999999999999999999999999x", 3, Err(Malformed)),
            ("", 3, Err(Malformed)),
            ("-", 3, Err(Malformed)),
            (".", 3, Err(Malformed)),
            ("--1", 3, Err(Malformed)),
            ("1.2.3", 3, Err(Malformed)),
            ("1e3", 3, Err(Malformed)),
            ("NaN", 3, Err(Malformed)),
            ("0x10", 3, Err(Malformed)),
            ("1 2", 3, Err(Malformed)),
        ] {
            assert_eq!(scaled(figures.as_bytes(), places), value, "{figures}");
        }
    }

    proptest! {
        #[test]
        fn parsing_inverts_formatting(value in -999_999_999_999_i64..=999_999_999_999) {
            let sign = if value < 0 { "-" } else { "" };
            let (whole, part) = (value.abs() / 1000, value.abs() % 1000);
            let figures = format!("{sign}{whole:09}.{part:03}");
            prop_assert_eq!(scaled(figures.as_bytes(), 3), Ok(value));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40), places in 0_u8..=9) {
            let _ = scaled(&bytes, places);
        }
    }
}

//! Decimal numbers as exports write them, parsed exactly into scaled integers. The
//! parsers of the standard library know neither decimal commas nor grouped thousands, and
//! binary fractions would round. Whether `1,234` is a fraction or more than a thousand
//! shows in the other values of its column, or is asked for.
use super::options::{Decimal, Unit};

/// How the numbers of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    pub(crate) decimal: Decimal,
    /// The other one of point and comma groups the thousands.
    pub(crate) grouped: bool,
}

impl NumberFormat {
    pub(super) const POINT: Self = Self { decimal: Decimal::Point, grouped: false };
}

/// Parses a field as a number times `10^digits`; further digits round half away from zero.
pub(super) fn scaled(field: &[u8], format: NumberFormat, digits: u32) -> Option<i64> {
    let text = field.trim_ascii();
    plain(text, format.decimal, digits, 0).or_else(|| {
        let text = std::str::from_utf8(text).ok()?;
        let number = ungrouped(text, format)?;
        let (number, exponent) = match number.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse().ok()?),
            None => (number.as_str(), 0),
        };
        plain(number.as_bytes(), Decimal::Point, digits, exponent)
    })
}

/// A sign, digits, a decimal mark and digits, times a power of ten.
fn plain(text: &[u8], decimal: Decimal, digits: u32, exponent: i32) -> Option<i64> {
    let mark = if decimal == Decimal::Comma { b',' } else { b'.' };
    let (negative, text) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let kept = i64::from(digits) + i64::from(exponent);
    let (mut value, mut seen, mut fraction): (i64, bool, Option<i64>) = (0, false, None);
    let mut up = false;
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                seen = true;
                let places = fraction.map_or(0, |places| places + 1);
                if fraction.is_some() {
                    fraction = Some(places);
                }
                if fraction.is_some() && places > kept {
                    up |= places == kept + 1 && byte >= b'5';
                } else {
                    value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                }
            }
            _ if byte == mark && fraction.is_none() => fraction = Some(0),
            _ => return None,
        }
    }
    if kept < 0 {
        // Only a negative exponent gets here: its last digits are below the last one kept.
        let divisor = 10i64.checked_pow(u32::try_from(-kept).ok()?).unwrap_or(i64::MAX);
        let value = value / divisor;
        return seen.then_some(if negative { -value } else { value });
    }
    let missing = kept - fraction.unwrap_or(0).min(kept);
    let value = value.checked_mul(10i64.checked_pow(u32::try_from(missing).ok()?)?)?;
    let value = value.checked_add(i64::from(up))?;
    seen.then_some(if negative { -value } else { value })
}

/// The number with a decimal point and without groups, if its groups have three digits.
fn ungrouped(text: &str, format: NumberFormat) -> Option<String> {
    let text = text.trim().trim_matches('\u{a0}');
    let text = text.replace('\u{2212}', "-");
    let (mark, other) = match format.decimal {
        Decimal::Comma => (',', '.'),
        Decimal::Point => ('.', ','),
    };
    let (whole, fraction) = match text.split_once(mark) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.as_str(), None),
    };
    let (whole, exponent) = match whole.split_once(['e', 'E']) {
        Some((whole, exponent)) if fraction.is_none() => (whole, Some(exponent)),
        _ => (whole, None),
    };
    // A point among decimal commas groups only where that shows.
    if whole.contains(other) && !format.grouped && fraction.is_none() {
        return None;
    }
    let groups = |c: char| is_group_space(c) || c == other;
    let digits = whole.trim_start_matches(['-', '+']);
    let mut parts = digits.split(groups);
    let first = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    if !rest.is_empty()
        && (first.is_empty() || first.len() > 3 || rest.iter().any(|part| part.len() != 3))
    {
        return None;
    }
    let mut number: String = whole.chars().filter(|c| !groups(*c)).collect();
    if let Some(fraction) = fraction {
        number.push('.');
        number.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        number.push('e');
        number.push_str(exponent);
    }
    Some(number)
}

/// Spaces and apostrophes between thousands.
const fn is_group_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' | '\'' | '\u{2019}')
}

/// Splits `1,5 kWh` into the number and its unit.
pub(super) fn split_unit(field: &[u8]) -> (&[u8], Option<Unit>) {
    let text = field.trim_ascii();
    let letters = text.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if letters == 0 || letters == text.len() {
        return (text, None);
    }
    let (number, unit) = text.split_at(text.len() - letters);
    match Unit::from_symbol(&String::from_utf8_lossy(unit)) {
        Some(unit) => (number.trim_ascii(), Some(unit)),
        None => (text, None),
    }
}

/// Whether a field looks like a number in any notation.
pub(super) fn is_number(field: &[u8]) -> bool {
    let (number, _) = split_unit(field);
    let comma = NumberFormat { decimal: Decimal::Comma, grouped: true };
    let point = NumberFormat { decimal: Decimal::Point, grouped: true };
    scaled(number, comma, 0).or_else(|| scaled(number, point, 0)).is_some()
}

/// What the values of a column show about their decimal mark.
#[derive(Debug, Clone, Default)]
pub(super) struct NumberEvidence {
    comma: MarkEvidence,
    point: MarkEvidence,
    /// A value without marks below a thousand, and one above.
    small: bool,
    large: bool,
}

#[derive(Debug, Clone, Default)]
struct MarkEvidence {
    decimal: bool,
    group: bool,
    /// The first value in which the mark may be either.
    unclear: Option<String>,
}

/// Why the decimal mark of a column does not show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UnclearNumbers {
    /// Some values have a decimal comma, others a decimal point.
    Mixed,
    /// Every value with a mark is like this one, `1,234`.
    Either {
        value: String,
        /// Every value has a mark, as where all have three decimals.
        alike: bool,
    },
}

impl NumberEvidence {
    pub(super) fn add(&mut self, field: &[u8]) {
        let (number, _) = split_unit(field);
        let (mut commas, mut points, mut last) = (0, 0, 0);
        for (at, byte) in number.iter().enumerate() {
            match byte {
                b',' => (commas, last) = (commas + 1, at),
                b'.' => (points, last) = (points + 1, at),
                _ => {}
            }
        }
        if commas + points == 0 {
            let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
            let grouped = digits < number.len();
            self.small |= (1..=3).contains(&digits);
            self.large |= digits > 3 && !grouped;
            return;
        }
        if !is_number(number) {
            return;
        }
        let decimal_comma = number[last] == b',';
        if commas > 0 && points > 0 {
            let (decimal, group) = if decimal_comma {
                (&mut self.comma, &mut self.point)
            } else {
                (&mut self.point, &mut self.comma)
            };
            (decimal.decimal, group.group) = (true, true);
            return;
        }
        let mark = if decimal_comma { &mut self.comma } else { &mut self.point };
        if commas + points > 1 {
            mark.group = true;
            return;
        }
        let whole: Vec<u8> = number[..last].iter().copied().filter(u8::is_ascii_digit).collect();
        let fraction = number.len() - last - 1;
        let spaced = whole.len() < number[..last].trim_ascii().len() && whole.len() > 3;
        if fraction != 3 || whole.len() > 3 || whole.first().is_none_or(|d| *d == b'0') || spaced {
            mark.decimal = true;
        } else if mark.unclear.is_none() {
            mark.unclear = Some(String::from_utf8_lossy(number).into_owned());
        }
    }

    /// The notation with a stated decimal mark: the other mark groups thousands unless a
    /// value shows that it does not.
    pub(super) fn with_decimal(&self, decimal: Decimal) -> NumberFormat {
        let (own, other) = match decimal {
            Decimal::Comma => (&self.comma, &self.point),
            Decimal::Point => (&self.point, &self.comma),
        };
        // Among numbers above a thousand without a mark, and where both marks look alike,
        // only a value with both marks shows that one of them groups.
        let may_group = own.decimal || (own.unclear.is_none() && !self.large);
        let groups = other.group || (other.unclear.is_some() && may_group);
        NumberFormat { decimal, grouped: groups && !other.decimal && !own.group }
    }

    /// The notation. `semicolons`: the fields are not separated by commas.
    pub(super) fn decide(&self, semicolons: bool) -> Result<NumberFormat, UnclearNumbers> {
        let Self { comma, point, .. } = self;
        if (comma.decimal && point.decimal) || (comma.group && point.group) {
            return Err(UnclearNumbers::Mixed);
        }
        if comma.decimal || point.group {
            let grouped = point.group || point.unclear.is_some();
            return Ok(NumberFormat { decimal: Decimal::Comma, grouped });
        }
        if point.decimal || comma.group {
            let grouped = comma.group || comma.unclear.is_some();
            return Ok(NumberFormat { decimal: Decimal::Point, grouped });
        }
        match (&comma.unclear, &point.unclear) {
            (Some(_), Some(_)) => Err(UnclearNumbers::Mixed),
            (None, None) => Ok(NumberFormat::POINT),
            // Numbers above a thousand without a mark: it does not group thousands.
            (Some(_), None) if self.large => {
                Ok(NumberFormat { decimal: Decimal::Comma, grouped: false })
            }
            (None, Some(_)) if self.large => Ok(NumberFormat::POINT),
            // Among fields that commas separate, decimal commas would need quotes, and so
            // no point groups thousands. Semicolons prove nothing: they separate numbers
            // with decimal commas, and numbers with commas between thousands.
            (None, Some(_)) if !semicolons => Ok(NumberFormat::POINT),
            (Some(value), None) | (None, Some(value)) => {
                Err(UnclearNumbers::Either { value: value.clone(), alike: !self.small })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal::*, *};

    fn parsed(text: &str, decimal: Decimal, digits: u32) -> Option<i64> {
        scaled(text.as_bytes(), NumberFormat { decimal, grouped: false }, digits)
    }

    fn decided(values: &[&str], semicolons: bool) -> Result<NumberFormat, UnclearNumbers> {
        let mut evidence = NumberEvidence::default();
        values.iter().for_each(|value| evidence.add(value.as_bytes()));
        evidence.decide(semicolons)
    }

    #[test]
    fn numbers_are_exact_in_either_notation() {
        assert_eq!(parsed("12.345", Point, 3), Some(12_345));
        assert_eq!(parsed(" 12,3 ", Comma, 6), Some(12_300_000));
        for space in ["\u{a0}", " ", "\u{202f}", "'", "\u{2009}"] {
            assert_eq!(parsed(&format!("1{space}234,5"), Comma, 3), Some(1_234_500));
            assert_eq!(parsed(&format!("-1{space}234{space}567"), Comma, 0), Some(-1_234_567));
        }
        assert_eq!(parsed("\u{2212}0.0005", Point, 3), Some(-1));
        assert_eq!(parsed("0.00049", Point, 3), Some(0));
        assert_eq!(parsed("+7", Point, 0), Some(7));
        assert_eq!(parsed("0", Comma, 3), Some(0));
        assert_eq!(parsed("2.5", Point, 0), Some(3));
        assert_eq!(parsed("1.5e-05", Point, 9), Some(15_000));
        assert_eq!(parsed("1,5E+2", Comma, 1), Some(1500));
        assert_eq!(parsed("1.234,5", Comma, 1), Some(12_345));
        assert_eq!(parsed("1,234.5", Point, 1), Some(12_345));
    }

    #[test]
    fn other_text_is_not_a_number() {
        for text in [
            "", "-", ".", "1.2.3", "1,5", "NaN", "n/a", "0x10", " ", "1 2", "1 23", "12 34.5",
            "1,234", "e5", "1e", "1234 567", "--1", "1-2",
        ] {
            assert_eq!(parsed(text, Point, 3), None, "{text:?}");
        }
        assert_eq!(parsed("1 ", Point, 3), Some(1000));
        assert_eq!(parsed("99999999999999999999", Point, 0), None);
        assert_eq!(parsed("9223372036854775807", Point, 3), None);
    }

    #[test]
    fn the_decimal_mark_shows_or_is_unclear() {
        let comma = |grouped| Ok(NumberFormat { decimal: Comma, grouped });
        let point = |grouped| Ok(NumberFormat { decimal: Point, grouped });
        let either =
            |text: &str, alike| Err(UnclearNumbers::Either { value: text.to_owned(), alike });
        for (values, semicolons, expected) in [
            (&["1,5", "2"] as &[&str], true, comma(false)),
            (&["1,234", "2,5", "3"], false, comma(false)),
            (&["1.234,5", "2,5"], true, comma(true)),
            (&["1.234,5", "1.234"], true, comma(true)),
            (&["1,234", "0,512"], false, comma(false)),
            (&["1,234", "12345"], false, comma(false)),
            (&["1,234", "2,345"], true, either("1,234", true)),
            (&["1,234", "2,345"], false, either("1,234", true)),
            (&["1,234", "3"], true, either("1,234", false)),
            (&["1.234", "2.345"], false, point(false)),
            (&["1.234", "2.345"], true, either("1.234", true)),
            (&["1.234", "0.345"], true, point(false)),
            (&["1.234", "999", "1.234.567"], true, comma(true)),
            (&["1,234.5"], false, point(true)),
            (&["1.5", "1,5"], true, Err(UnclearNumbers::Mixed)),
            (&["12", "1300"], true, point(false)),
            (&["1,5 kWh"], true, comma(false)),
        ] {
            assert_eq!(decided(values, semicolons), expected, "{values:?} {semicolons}");
        }
    }

    #[test]
    fn a_stated_mark_leaves_the_other_one_to_the_thousands() {
        for (values, decimal, grouped) in [
            (&["62,699", "58,112"] as &[&str], Point, true),
            (&["62,699", "58,112", "980"], Point, true),
            (&["62.699", "58.112"], Comma, true),
            (&["62,699"], Comma, false),
            (&["1,162,699"], Point, true),
            (&["1.234,5", "1.234"], Comma, true),
            // Values of the other notation are refused.
            (&["1.5", "2,5"], Comma, false),
            (&["1.234", "2,345"], Comma, false),
            (&["1,234", "12345"], Point, false),
        ] {
            let mut evidence = NumberEvidence::default();
            values.iter().for_each(|value| evidence.add(value.as_bytes()));
            let expected = NumberFormat { decimal, grouped };
            assert_eq!(evidence.with_decimal(decimal), expected, "{values:?}");
        }
    }

    #[test]
    fn a_unit_may_follow_the_number() {
        assert_eq!(split_unit(b"1,5 kWh"), (&b"1,5"[..], Some(Unit::KWh)));
        assert_eq!(split_unit(b"12Wh"), (&b"12"[..], Some(Unit::Wh)));
        assert_eq!(split_unit(b"12 kW"), (&b"12 kW"[..], None));
        assert_eq!(split_unit(b"kWh"), (&b"kWh"[..], None));
    }
}

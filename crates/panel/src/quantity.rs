//! Formats quantities in few characters: three significant digits, a space between
//! thousands, a decimal sign of the language, `-` as minus sign.
use core::fmt::Write;

use heapless::String;
use wire::Language;

/// A formatted number of at most eight characters, and its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormattedQuantity {
    pub(crate) digits: String<12>,
    pub(crate) unit: &'static str,
}

const POWER: [&str; 5] = ["kW", "MW", "GW", "TW", "PW"];
const ENERGY: [&str; 5] = ["kWh", "MWh", "GWh", "TWh", "PWh"];

/// Power in watts, shown in kW: `18,2`, `125`, `1 250`, and in MW from 10 000 kW.
pub(crate) fn power(watts: i64, language: Language) -> FormattedQuantity {
    scaled(watts, &POWER, language)
}

/// Energy in watt-hours, shown in kWh.
pub(crate) fn energy(watt_hours: i64, language: Language) -> FormattedQuantity {
    scaled(watt_hours, &ENERGY, language)
}

fn scaled(value: i64, units: &[&'static str; 5], language: Language) -> FormattedQuantity {
    let size = value.unsigned_abs();
    let (mut thousand, mut unit) = (1000, 0);
    while unit + 1 < units.len() && (size + thousand / 2) / thousand >= 10_000 {
        thousand *= 1000;
        unit += 1;
    }
    let tenths = (size + thousand / 20) / (thousand / 10);
    let digits = match tenths {
        0 if size == 0 => fixed(false, 0, 0, language),
        0..1000 => fixed(value < 0 && tenths > 0, tenths, 1, language),
        _ => fixed(value < 0, (size + thousand / 2) / thousand, 0, language),
    };
    FormattedQuantity { digits, unit: units[unit] }
}

/// Tenths of a percent: `8,4`, `-35,2`, `101`. Whole ones stand without `,0`: a
/// server whose interval supports no decimal sends whole percents.
pub(crate) fn percent(permille: i16, language: Language) -> FormattedQuantity {
    let (negative, size) = (permille < 0, u64::from(permille.unsigned_abs()));
    let digits = if size < 1000 && size % 10 != 0 {
        fixed(negative, size, 1, language)
    } else {
        fixed(negative, (size + 5) / 10, 0, language)
    };
    FormattedQuantity { digits, unit: "%" }
}

/// Watt-hours per square metre: `2,87`, `14,2`, `120`; without the `/m²` in the unit.
pub(crate) fn intensity(watt_hours: u32, language: Language) -> FormattedQuantity {
    let hundredths = (u64::from(watt_hours) + 5) / 10;
    match hundredths {
        0..1000 => {
            FormattedQuantity { digits: fixed(false, hundredths, 2, language), unit: ENERGY[0] }
        }
        _ => energy(i64::from(watt_hours), language),
    }
}

/// Adds a `+` to a positive number.
pub(crate) fn signed(mut amount: FormattedQuantity, positive: bool) -> FormattedQuantity {
    if positive {
        let mut digits = String::new();
        // Nine characters at most, of twelve.
        let _ = write!(digits, "+{}", amount.digits);
        amount.digits = digits;
    }
    amount
}

/// `value` with its last `decimals` digits behind the decimal sign.
fn fixed(negative: bool, value: u64, decimals: u32, language: Language) -> String<12> {
    let ten = 10_u64.pow(decimals);
    let (whole, part) = (value / ten, value % ten);
    let sign = if negative { "-" } else { "" };
    let mut text = String::new();
    // The callers' numbers have at most six digits, which fits.
    let _ = match whole {
        0..1000 => write!(text, "{sign}{whole}"),
        _ => write!(text, "{sign}{} {:03}", whole / 1000, whole % 1000),
    };
    if decimals > 0 {
        let comma = match language {
            Language::Swedish => ',',
            Language::English => '.',
        };
        let _ = write!(text, "{comma}{part:0width$}", width = decimals as usize);
    }
    text
}

/// Difference from the baseline in whole percent; `None` for more than three digits.
pub(crate) fn percent_of_baseline(value: i64, baseline: i64) -> Option<i64> {
    let (mut value, mut baseline) = (value, baseline);
    if baseline <= 0 {
        return None;
    }
    // Halved until the products below fit; the quotient stays.
    while baseline > 1 << 40 {
        (value, baseline) = (value / 2, baseline / 2);
    }
    let difference = value.clamp(-12 * baseline, 12 * baseline) - baseline;
    let percent = (difference.abs() * 100 + baseline / 2) / baseline;
    (percent < 1000).then_some(percent * difference.signum())
}

#[cfg(test)]
mod tests {
    use std::{format, string::String};

    use super::*;

    fn sv(amount: &FormattedQuantity) -> String {
        format!("{} {}", amount.digits, amount.unit)
    }

    #[test]
    fn power_has_three_significant_digits() {
        for (watts, text) in [
            (0, "0 kW"),
            (30, "0,0 kW"),
            (-30, "0,0 kW"),
            (1727, "1,7 kW"),
            (18_249, "18,2 kW"),
            (99_949, "99,9 kW"),
            (99_950, "100 kW"),
            (-12_000, "-12,0 kW"),
            (1_250_000, "1 250 kW"),
            (9_999_499, "9 999 kW"),
            (9_999_500, "10,0 MW"),
            (12_500_000, "12,5 MW"),
            (i64::MIN, "-9 223 PW"),
            (i64::MAX, "9 223 PW"),
        ] {
            assert_eq!(sv(&power(watts, Language::Swedish)), text, "{watts} W");
        }
        assert_eq!(power(18_249, Language::English).digits, "18.2");
    }

    #[test]
    fn percent_has_a_decimal_unless_it_is_whole() {
        for (permille, text) in
            [(84, "8,4"), (220, "22"), (-352, "-35,2"), (1010, "101"), (1014, "101"), (0, "0")]
        {
            assert_eq!(percent(permille, Language::Swedish).digits, text);
        }
        assert_eq!(percent(i16::MIN, Language::Swedish).digits, "-3 277");
    }

    #[test]
    fn intensity_has_a_wide_range() {
        for (wh, text) in [
            (2870, "2,87 kWh"),
            (0, "0,00 kWh"),
            (9996, "10,0 kWh"),
            (14_249, "14,2 kWh"),
            (u32::MAX, "4 295 MWh"),
        ] {
            assert_eq!(sv(&intensity(wh, Language::Swedish)), text);
        }
    }

    #[test]
    fn today_is_compared_without_overflow() {
        for (value, baseline, percent) in [
            (92, 100, Some(-8)),
            (108, 100, Some(8)),
            (0, 100, Some(-100)),
            (5, 0, None),
            (5, -3, None),
            (i64::MAX, 1, None),
            (10_999, 1000, None),
            (10_994, 1000, Some(999)),
            (i64::MIN, i64::MAX, Some(-200)),
            (i64::MAX, i64::MAX, Some(0)),
        ] {
            assert_eq!(percent_of_baseline(value, baseline), percent, "{value} against {baseline}");
        }
    }
}

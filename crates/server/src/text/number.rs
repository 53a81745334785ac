//! Numbers and quantities with the separators of each language; browsers write the
//! same grouping, decimal mark and minus sign (`toLocaleString`).
use competition::{MilliWattHours, Watts};
use wire::Language;

/// Stands in place of a value that is not known.
pub const UNKNOWN: &str = "–";

const NO_BREAK_SPACE: char = '\u{a0}';
const MINUS: char = '\u{2212}';

/// Writes numbers and quantities in a language.
pub trait FormatNumber {
    /// `value` with that many decimals, in groups of three digits. Halves round away
    /// from zero, as in browsers, and zero has no sign.
    fn number(self, value: f64, decimals: usize) -> String;

    /// `value` percent, with the sign `%` after a no-break space.
    fn percent(self, value: f64, decimals: usize) -> String;

    /// `value` in five digits, without needless zeros: `1 392,6`.
    fn significant(self, value: f64) -> String;

    /// `energy` in kWh with the unit; one decimal below 10 kWh, otherwise none.
    fn kwh(self, energy: MilliWattHours) -> String;

    /// `power` in kW without the unit; one decimal below 100 kW, otherwise none.
    fn kilowatts(self, power: Watts) -> String;
}

impl FormatNumber for Language {
    fn number(self, value: f64, decimals: usize) -> String {
        let (group, point) = self.pick((NO_BREAK_SPACE, ','), (',', '.'));
        let scale = 10f64.powi(decimals as i32);
        let plain = format!("{:.decimals$}", (value.abs() * scale).round() / scale);
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let mut text = String::with_capacity(plain.len() + 6);
        if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
            text.push(MINUS);
        }
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(point);
            text.push_str(fraction);
        }
        text
    }

    fn percent(self, value: f64, decimals: usize) -> String {
        format!("{}{NO_BREAK_SPACE}%", self.number(value, decimals))
    }

    fn significant(self, value: f64) -> String {
        let whole = value.abs().max(1e-9).log10().floor() as i32 + 1;
        let most = usize::try_from(5 - whole).unwrap_or(0).min(9);
        let exact = |decimals: &usize| {
            let scale = 10f64.powi(most as i32);
            let less = 10f64.powi(*decimals as i32);
            ((value * less).round() / less * scale).round() == (value * scale).round()
        };
        self.number(value, (0..most).find(exact).unwrap_or(most))
    }

    fn kwh(self, energy: MilliWattHours) -> String {
        let kwh = energy.kwh();
        let decimals = if kwh.abs() < 10.0 { 1 } else { 0 };
        format!("{}{NO_BREAK_SPACE}kWh", self.number(kwh, decimals))
    }

    fn kilowatts(self, power: Watts) -> String {
        let kw = power.0 as f64 / 1000.0;
        self.number(kw, if kw.abs() < 99.95 { 1 } else { 0 })
    }
}

/// `text` with plain spaces and hyphens, for terminals and for the fonts of panels.
pub fn ascii(text: &str) -> String {
    text.replace(NO_BREAK_SPACE, " ").replace(MINUS, "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_separators() {
        let (sv, en) = (Language::Swedish, Language::English);
        assert_eq!(sv.number(41230.46, 1), "41\u{a0}230,5");
        assert_eq!(en.number(41230.46, 1), "41,230.5");
        assert_eq!(en.number(-1234567.0, 0), "\u{2212}1,234,567");
        assert_eq!(sv.number(-0.04, 1), "0,0", "zero has no minus");
        assert_eq!(sv.number(999.0, 0), "999");
        for (value, text) in [(1_392.576_932, "1\u{a0}392,6"), (1000.0, "1\u{a0}000"), (1.5, "1,5")]
        {
            assert_eq!(sv.significant(value), text);
        }
        assert_eq!(en.significant(2.0 / 3.0), "0.66667");
        assert_eq!(en.significant(0.001), "0.001");
        assert_eq!(sv.kilowatts(Watts(18_250)), "18,3");
        assert_eq!(en.kilowatts(Watts(182_500)), "183");
        assert_eq!(en.kwh(MilliWattHours(5_120_300_000)), "5,120\u{a0}kWh");
    }

    #[test]
    fn ascii_text_has_no_typographic_signs() {
        let plain = |value, language: Language| ascii(&language.number(value, 0));
        assert_eq!(plain(41230.4, Language::Swedish), "41 230");
        assert_eq!(plain(-1234567.0, Language::English), "-1,234,567");
        assert_eq!(plain(-0.2, Language::Swedish), "0");
        assert_eq!(plain(999.6, Language::English), "1,000");
    }
}

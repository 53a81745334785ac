//! Numbers and times as people in Sweden and in English read them; the same
//! grouping, decimal mark and minus as browsers write.
use competition::{MilliWattHours, Time, Watts};
use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

use super::language::Language;

/// What stands where nothing is known.
pub(super) const UNKNOWN: &str = "–";

const NO_BREAK: char = '\u{a0}';
const MINUS: char = '\u{2212}';

/// `value` with so many decimals, grouped in thousands, with a real minus and no negative
/// nothing, as the language and its browsers write it.
pub fn number(language: wire::Language, value: f64, decimals: usize) -> String {
    let (group, point) = match language {
        wire::Language::Sv => (NO_BREAK, ','),
        wire::Language::En => (',', '.'),
    };
    // Halves away from zero, as browsers round.
    let fine = 10f64.powi(decimals as i32);
    let plain = format!("{:.decimals$}", (value.abs() * fine).round() / fine);
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::with_capacity(plain.len() + 6);
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        text.push(MINUS);
    }
    for (i, digit) in whole.chars().enumerate() {
        // English writes 1,200 and Swedish 1 200, browsers too.
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

impl Language {
    /// [`number`] in this language.
    pub(super) fn number(self, value: f64, decimals: usize) -> String {
        number(self.into(), value, decimals)
    }

    /// A percentage without its sign.
    pub(super) fn percent(self, value: f64, decimals: usize) -> String {
        format!("{}{NO_BREAK}%", self.number(value, decimals))
    }

    /// Whole kWh; a decimal where there are few.
    pub(super) fn kwh(self, energy: MilliWattHours) -> String {
        let kwh = energy.kwh();
        format!("{}{NO_BREAK}kWh", self.number(kwh, if kwh.abs() < 10.0 { 1 } else { 0 }))
    }

    /// Kilowatts with a decimal, as far as a building's power is worth reading,
    /// without the unit.
    pub(super) fn kilowatts(self, power: Watts) -> String {
        let kw = power.0 as f64 / 1000.0;
        self.number(kw, if kw.abs() < 99.95 { 1 } else { 0 })
    }

    const fn month(self, month: i8) -> &'static str {
        const SV: [&str; 12] = [
            "januari",
            "februari",
            "mars",
            "april",
            "maj",
            "juni",
            "juli",
            "augusti",
            "september",
            "oktober",
            "november",
            "december",
        ];
        const EN: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let i = (month - 1) as usize;
        self.t(SV[i], EN[i])
    }

    /// `11 april 2027`
    pub(super) fn date(self, date: Date) -> String {
        format!("{} {} {}", date.day(), self.month(date.month()), date.year())
    }

    /// `11 april`
    pub(super) fn day(self, date: Date) -> String {
        format!("{} {}", date.day(), self.month(date.month()))
    }

    /// First and last day, the year once where it is the same.
    pub(super) fn period(self, first: Date, last: Date) -> String {
        let from = if first.year() == last.year() { self.day(first) } else { self.date(first) };
        format!("{from} – {}", self.date(last))
    }

    pub(super) const fn weekday(self, day: jiff::civil::Weekday) -> &'static str {
        use jiff::civil::Weekday as W;
        match day {
            W::Monday => self.t("måndag", "Monday"),
            W::Tuesday => self.t("tisdag", "Tuesday"),
            W::Wednesday => self.t("onsdag", "Wednesday"),
            W::Thursday => self.t("torsdag", "Thursday"),
            W::Friday => self.t("fredag", "Friday"),
            W::Saturday => self.t("lördag", "Saturday"),
            W::Sunday => self.t("söndag", "Sunday"),
        }
    }

    /// `10:12` on the same local day as `now`, else `11 april 10:12`.
    pub(super) fn moment(self, at: Time, now: Time, zone: &TimeZone) -> String {
        let (at, now) = (local(at, zone), local(now, zone));
        if at.date() == now.date() {
            clock(&at)
        } else {
            format!("{} {}", self.day(at.date()), clock(&at))
        }
    }

    /// `söndag 11 april 2027 12:00`
    pub(super) fn stamp(self, at: Time, zone: &TimeZone) -> String {
        let at = local(at, zone);
        let (day, date) = (self.weekday(at.weekday()), self.date(at.date()));
        format!("{day} {date} {}", clock(&at))
    }
}

/// `at` on the wall clock of `zone`.
pub(super) fn local(at: Time, zone: &TimeZone) -> Zoned {
    Timestamp::from_second(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone())
}

/// `10:12`
pub(super) fn clock(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `2027-04-11T10:00:00Z`, for machines.
pub(super) fn rfc3339(at: Time) -> String {
    Timestamp::from_second(at.0).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn numbers_are_written_as_each_language_does() {
        let (sv, en) = (Language::Swedish, Language::English);
        assert_eq!(sv.number(41230.46, 1), "41\u{a0}230,5");
        assert_eq!(en.number(41230.46, 1), "41,230.5");
        assert_eq!(en.number(-1234567.0, 0), "\u{2212}1,234,567");
        assert_eq!(sv.number(-0.04, 1), "0,0", "no minus before nothing");
        assert_eq!(sv.number(999.0, 0), "999");
        assert_eq!(sv.kilowatts(Watts(18_250)), "18,3");
        assert_eq!(en.kilowatts(Watts(182_500)), "183");
        assert_eq!(en.kwh(MilliWattHours(5_120_300_000)), "5,120\u{a0}kWh");
    }

    #[test]
    fn days_have_their_names_and_midnights() {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let now = Time("2027-04-11T10:00:00Z".parse::<Timestamp>().expect("a time").as_second());
        let sv = Language::Swedish;
        assert_eq!(sv.moment(Time(now.0 - 60), now, &zone), "11:59");
        assert_eq!(sv.moment(Time(now.0 - 13 * 3600), now, &zone), "10 april 23:00");
        assert_eq!(
            Language::English.period(date(2027, 3, 1), date(2027, 5, 31)),
            "1 March – 31 May 2027"
        );
        assert_eq!(rfc3339(now), "2027-04-11T10:00:00Z");
    }
}

//! Types of day that differ in a Swedish town hall's load.
use jiff::civil::{Date, Weekday, date};

/// How much of a working day a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayType {
    /// Full staff.
    Working,
    /// A working day between two days off, or a working day in July: part of the staff
    /// is on leave.
    Reduced,
    /// Saturday: a few people.
    Saturday,
    /// Sunday or public holiday: closed.
    Closed,
}

impl DayType {
    /// The type of a local day.
    pub fn of(day: Date) -> Self {
        match day.weekday() {
            Weekday::Sunday => return Self::Closed,
            _ if is_holiday(day) => return Self::Closed,
            Weekday::Saturday => return Self::Saturday,
            _ => {}
        }
        let is_off = |other: Result<Date, jiff::Error>| {
            other.is_ok_and(|d| {
                is_holiday(d) || matches!(d.weekday(), Weekday::Sunday | Weekday::Saturday)
            })
        };
        let bridge = is_off(day.yesterday()) && is_off(day.tomorrow());
        if bridge || (day.month() == 7 && (5..=31).contains(&day.day())) {
            Self::Reduced
        } else {
            Self::Working
        }
    }
}

/// Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8,
/// in the form of T. H. O'Beirne; the letters are his).
fn easter(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    date(year, month as i8, day as i8)
}

/// Public holidays of Sweden, and Midsummer, Christmas and New Year's Eve, which are
/// days off in municipal administrations.
fn is_holiday(day: Date) -> bool {
    let from_easter = easter(day.year()).until(day).map_or(0, |span| span.get_days());
    let friday_in = |first: i8, last: i8| {
        day.weekday() == Weekday::Friday && (first..=last).contains(&day.day())
    };
    matches!((day.month(), day.day()), (1, 1 | 6) | (5, 1) | (6, 6) | (12, 24 | 25 | 26 | 31))
        || [-2, 1, 39].contains(&from_easter)
        || (day.month() == 6 && friday_in(19, 25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_of_known_years() {
        for (year, month, on) in
            [(2011, 4, 24), (2024, 3, 31), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)]
        {
            assert_eq!(easter(year), date(year, month, on));
        }
    }

    #[test]
    fn days_of_2026_and_2027() {
        let day = |year, month, day| DayType::of(date(year, month, day));
        assert_eq!(day(2027, 3, 26), DayType::Closed, "Good Friday");
        assert_eq!(day(2027, 3, 29), DayType::Closed, "Easter Monday");
        assert_eq!(day(2027, 5, 6), DayType::Closed, "Ascension");
        assert_eq!(day(2027, 5, 7), DayType::Reduced, "the Friday after it");
        assert_eq!(day(2026, 6, 19), DayType::Closed, "Midsummer Eve");
        assert_eq!(day(2026, 7, 15), DayType::Reduced, "July");
        assert_eq!(day(2027, 4, 20), DayType::Working, "a Tuesday");
        assert_eq!(day(2027, 4, 24), DayType::Saturday, "a Saturday");
    }
}

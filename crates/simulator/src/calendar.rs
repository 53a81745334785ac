//! What kind of day it is in a Swedish town hall.
use jiff::civil::{Date, Weekday, date};

/// How much of a working day a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Day {
    /// Everybody is there.
    Working,
    /// The day between a holiday and a weekend, and July: half of them are away.
    Thin,
    /// Saturday: a few.
    Saturday,
    /// Sunday or public holiday: nobody.
    Closed,
}

/// Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, ch. 8).
pub fn easter(year: i16) -> Date {
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

/// Whether nobody works on it: public holidays and the eves that are free.
fn is_holiday(day: Date) -> bool {
    let from_easter = easter(day.year()).until(day).map_or(0, |span| span.get_days());
    let friday_in = |first: i8, last: i8| {
        day.weekday() == Weekday::Friday && (first..=last).contains(&day.day())
    };
    matches!((day.month(), day.day()), (1, 1 | 6) | (5, 1) | (6, 6) | (12, 24 | 25 | 26 | 31))
        || [-2, 1, 39].contains(&from_easter)
        || (day.month() == 6 && friday_in(19, 25))
}

/// The kind of a local day.
pub fn day(day: Date) -> Day {
    match day.weekday() {
        Weekday::Sunday => return Day::Closed,
        _ if is_holiday(day) => return Day::Closed,
        Weekday::Saturday => return Day::Saturday,
        _ => {}
    }
    let closed = |other: Result<Date, jiff::Error>| {
        other.is_ok_and(|d| {
            is_holiday(d) || matches!(d.weekday(), Weekday::Sunday | Weekday::Saturday)
        })
    };
    let bridge = closed(day.yesterday()) && closed(day.tomorrow());
    if bridge || (day.month() == 7 && (5..=31).contains(&day.day())) {
        Day::Thin
    } else {
        Day::Working
    }
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
        assert_eq!(day(date(2027, 3, 26)), Day::Closed, "Good Friday");
        assert_eq!(day(date(2027, 3, 29)), Day::Closed, "Easter Monday");
        assert_eq!(day(date(2027, 5, 6)), Day::Closed, "Ascension");
        assert_eq!(day(date(2027, 5, 7)), Day::Thin, "the bridge after it");
        assert_eq!(day(date(2026, 6, 19)), Day::Closed, "Midsummer Eve");
        assert_eq!(day(date(2026, 7, 15)), Day::Thin, "July");
        assert_eq!(day(date(2027, 4, 20)), Day::Working, "a Tuesday");
        assert_eq!(day(date(2027, 4, 24)), Day::Saturday, "a Saturday");
    }
}

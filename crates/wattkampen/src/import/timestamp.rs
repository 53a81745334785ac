//! Timestamps as exports write them: with an offset, or in a zone's local time.
//!
//! Local time at the end of summer has an hour twice. The first row of such a moment
//! in the file is the earlier one, the second the later one (the other way round in
//! a file that runs backwards); a third is refused. The hour that is missing in
//! spring is refused, not moved.
use std::collections::HashMap;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

/// Why a field is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(super) enum NoMoment {
    /// Not understood.
    #[error("not a time that is understood")]
    Unreadable,
    /// In the gap of spring.
    #[error("a local time that does not exist: clocks were put forward over it")]
    Skipped,
    /// A third time in autumn.
    #[error("a local time that comes twice stands in the file a third time")]
    Thrice,
}

/// Turns a file's timestamps into moments, in file order.
#[derive(Debug)]
pub(super) struct Moments {
    zone: TimeZone,
    backwards: bool,
    /// Local times that come twice, and how many rows had them: some tens a year.
    folds: HashMap<DateTime, u8>,
}

/// A time as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// With its offset: seconds of UTC.
    Exact(i64),
    /// In whatever zone.
    Local(DateTime),
}

impl Moments {
    /// For one file, whose local times are of `zone`.
    pub(super) fn new(zone: TimeZone, backwards: bool) -> Self {
        Self { zone, backwards, folds: HashMap::new() }
    }

    /// Seconds of UTC.
    ///
    /// # Errors
    /// [`NoMoment`]
    pub(super) fn read(&mut self, field: &str) -> Result<i64, NoMoment> {
        let local = match written(field).ok_or(NoMoment::Unreadable)? {
            Written::Exact(at) => return Ok(at),
            Written::Local(local) => local,
        };
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let offset = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { .. } => return Err(NoMoment::Skipped),
            AmbiguousOffset::Fold { before, after } => {
                let seen = self.folds.entry(local).or_default();
                *seen = seen.saturating_add(1);
                match (*seen, self.backwards) {
                    (1, false) | (2, true) => before,
                    (1, true) | (2, false) => after,
                    _ => return Err(NoMoment::Thrice),
                }
            }
        };
        let at = offset.to_timestamp(local).map_err(|_| NoMoment::Unreadable)?;
        Ok(at.as_second())
    }
}

/// RFC 3339; `2026-03-01 02:00`, `2026-03-01T02:00:00`, `20260301 0200`, `20260301`,
/// `01.03.2026 02:00`, `01/03/2026 02:00` (day first); a date alone is its midnight.
pub(super) fn written(field: &str) -> Option<Written> {
    let field = field.trim();
    let bytes = field.as_bytes();
    if !bytes.iter().all(u8::is_ascii) {
        return None;
    }
    if bytes.len() > 10 {
        let clock = &field[10..];
        if clock.ends_with(['Z', 'z']) || clock.contains(['+', '-']) {
            return field.parse::<Timestamp>().ok().map(|at| Written::Exact(at.as_second()));
        }
    }
    let number = |from: usize, until: usize| -> Option<i16> {
        let part = bytes.get(from..until)?;
        part.iter().all(u8::is_ascii_digit).then(|| field[from..until].parse().ok())?
    };
    let mark = *bytes.get(4)?;
    let (date, rest) = if matches!(mark, b'-' | b'/' | b'.') {
        ((number(0, 4)?, number(5, 7)?, number(8, 10)?), 10)
    } else if matches!(bytes.get(2)?, b'.' | b'/' | b'-') {
        ((number(6, 10)?, number(3, 5)?, number(0, 2)?), 10)
    } else {
        ((number(0, 4)?, number(4, 6)?, number(6, 8)?), 8)
    };
    let date = Date::new(date.0, date.1.try_into().ok()?, date.2.try_into().ok()?).ok()?;
    let clock = match bytes.get(rest) {
        None => return Some(Written::Local(date.to_datetime(Time::midnight()))),
        Some(b' ' | b'T' | b't') => field[rest + 1..].trim(),
        Some(_) => return None,
    };
    let pair = |at: usize| -> Option<i8> {
        let part = clock.get(at..at + 2)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let colons = clock.as_bytes().get(2).is_some_and(|c| matches!(c, b':' | b'.'));
    let (hour, minute, second) = match (clock.len(), colons) {
        (2, false) => (pair(0)?, 0, 0),
        (4, false) => (pair(0)?, pair(2)?, 0),
        (5, true) => (pair(0)?, pair(3)?, 0),
        (8, true) => (pair(0)?, pair(3)?, pair(6)?),
        _ if colons && clock.get(8..)?.starts_with('.') => (pair(0)?, pair(3)?, pair(6)?),
        _ => return None,
    };
    // Some exports close a day with 24:00.
    if (hour, minute, second) == (24, 0, 0) {
        return Some(Written::Local(date.tomorrow().ok()?.to_datetime(Time::midnight())));
    }
    Some(Written::Local(date.to_datetime(Time::new(hour, minute, second, 0).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stockholm(backwards: bool) -> Moments {
        Moments::new(TimeZone::get("Europe/Stockholm").unwrap(), backwards)
    }

    fn utc(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn every_notation_means_the_same() {
        for text in [
            "2026-07-01T02:15:00Z",
            "2026-07-01T04:15:00+02:00",
            "2026-07-01 04:15",
            "2026-07-01T04:15:00",
            "2026-07-01 04:15:00.000",
            "2026/07/01 04:15",
            "20260701 0415",
            "01.07.2026 04:15",
            "01/07/2026 04.15",
        ] {
            assert_eq!(stockholm(false).read(text), Ok(utc("2026-07-01T02:15:00Z")), "{text}");
        }
        assert_eq!(stockholm(false).read("2026-07-01"), Ok(utc("2026-06-30T22:00:00Z")));
        assert_eq!(stockholm(false).read("2026-06-30 24:00"), Ok(utc("2026-06-30T22:00:00Z")));
        assert_eq!(stockholm(false).read("2026-07-01 04"), Ok(utc("2026-07-01T02:00:00Z")));
    }

    #[test]
    fn october_has_an_hour_twice_in_file_order() {
        let quarters = ["02:00", "02:15", "02:30", "02:45"];
        let first = utc("2026-10-25T00:00:00Z");
        let mut moments = stockholm(false);
        for hour in 0..2 {
            for (quarter, text) in (0..).zip(quarters) {
                let at = moments.read(&format!("2026-10-25 {text}"));
                assert_eq!(at, Ok(first + hour * 3600 + quarter * 900));
            }
        }
        assert_eq!(moments.read("2026-10-25 02:00"), Err(NoMoment::Thrice));
        assert_eq!(moments.read("2026-10-25 03:00"), Ok(first + 7200));
        let mut moments = stockholm(true);
        assert_eq!(moments.read("2026-10-25 02:00"), Ok(first + 3600));
        assert_eq!(moments.read("2026-10-25 02:00"), Ok(first));
    }

    #[test]
    fn march_has_an_hour_that_is_not_there() {
        let mut moments = stockholm(false);
        assert_eq!(moments.read("2026-03-29 01:59"), Ok(utc("2026-03-29T00:59:00Z")));
        assert_eq!(moments.read("2026-03-29 02:00"), Err(NoMoment::Skipped));
        assert_eq!(moments.read("2026-03-29 03:00"), Ok(utc("2026-03-29T01:00:00Z")));
    }

    #[test]
    fn nonsense_is_not_a_time() {
        for text in [
            "",
            "x",
            "12",
            "2026",
            "2026-13-01",
            "2026-02-30 00:00",
            "2026-01-01 25:00",
            "2026-01-01x00:00",
            "Summa",
            "å026-01-01",
            "2026-01-01 1:00",
            "99999999999",
        ] {
            assert_eq!(written(text), None, "{text}");
        }
    }
}

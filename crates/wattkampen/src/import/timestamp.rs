//! Timestamps as exports write them: with an offset, or in the local time of a zone.
//!
//! At the end of summer one hour of local time occurs twice. The first row of the file
//! with such a time is the earlier one, the second row the later one; in a file that
//! runs backwards it is the other way round. A third row is refused. A local time in the
//! hour that is skipped in spring is refused, not moved.
use std::collections::HashMap;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TimestampError {
    #[error("the time is in none of the known formats")]
    UnknownFormat,
    #[error("the local time does not exist: clocks were put forward over it")]
    Skipped,
    #[error("the local time occurs twice that day, and a third row of the file has it")]
    ThirdOccurrence,
}

/// Converts the timestamps of one file, in file order.
#[derive(Debug)]
pub(super) struct TimestampReader {
    zone: TimeZone,
    backwards: bool,
    /// Ambiguous local times, and how many rows have had each: some tens a year.
    occurrences: HashMap<DateTime, u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParsedTime {
    /// A time with its offset, as seconds of UTC.
    Utc(i64),
    /// A time without offset.
    Local(DateTime),
}

impl TimestampReader {
    pub(super) fn new(zone: TimeZone, backwards: bool) -> Self {
        Self { zone, backwards, occurrences: HashMap::new() }
    }

    /// Seconds of UTC.
    pub(super) fn read(&mut self, field: &str) -> Result<i64, TimestampError> {
        let local = match parse(field).ok_or(TimestampError::UnknownFormat)? {
            ParsedTime::Utc(at) => return Ok(at),
            ParsedTime::Local(local) => local,
        };
        let offset = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { .. } => return Err(TimestampError::Skipped),
            AmbiguousOffset::Fold { before, after } => {
                let count = self.occurrences.entry(local).or_default();
                *count = count.saturating_add(1);
                match (*count, self.backwards) {
                    (1, false) | (2, true) => before,
                    (1, true) | (2, false) => after,
                    _ => return Err(TimestampError::ThirdOccurrence),
                }
            }
        };
        let at = offset.to_timestamp(local).map_err(|_| TimestampError::UnknownFormat)?;
        Ok(at.as_second())
    }
}

/// Shapes of dates and their formats; `0` stands for a digit. `strptime` alone would
/// also accept single digits, and with them a file whose columns are misread.
const DATES: [(&str, &str); 7] = [
    ("0000-00-00", "%Y-%m-%d"),
    ("0000/00/00", "%Y/%m/%d"),
    ("0000.00.00", "%Y.%m.%d"),
    ("00000000", "%Y%m%d"),
    ("00-00-0000", "%d-%m-%Y"),
    ("00/00/0000", "%d/%m/%Y"),
    ("00.00.0000", "%d.%m.%Y"),
];

/// Shapes of the time of day and their formats.
const TIMES: [(&str, &str); 6] = [
    ("00:00", "%H:%M"),
    ("00:00:00", "%H:%M:%S"),
    ("00", "%H"),
    ("0000", "%H%M"),
    ("00.00", "%H.%M"),
    ("00.00.00", "%H.%M.%S"),
];

/// Parses RFC 3339, or a date of [`DATES`] that a space or `T` and a time of [`TIMES`]
/// may follow, with a fraction of a second or without; a date alone is its midnight.
pub(super) fn parse(field: &str) -> Option<ParsedTime> {
    let field = field.trim();
    if !field.is_ascii() {
        return None;
    }
    let has_offset = |time: &str| time.ends_with(['Z', 'z']) || time.contains(['+', '-']);
    if field.len() > 10 && has_offset(&field[10..]) {
        return field.parse::<Timestamp>().ok().map(|at| ParsedTime::Utc(at.as_second()));
    }
    let (date, time) = match field.split_once([' ', 'T', 't']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (field, None),
    };
    let date = Date::strptime(format(&DATES, date)?, date).ok()?;
    let Some(time) = time else { return Some(ParsedTime::Local(date.into())) };
    let time = match time.split_at_checked(8) {
        Some((whole, fraction)) if fraction.starts_with('.') => whole,
        _ => time,
    };
    let format = format(&TIMES, time)?;
    // Some exports end a day with 24:00.
    if time.starts_with("24") && time.bytes().skip(2).all(|byte| !matches!(byte, b'1'..=b'9')) {
        return Some(ParsedTime::Local(date.tomorrow().ok()?.into()));
    }
    // `strptime` reads a leap second as the second before it.
    if time.ends_with("60") {
        return None;
    }
    Some(ParsedTime::Local(date.to_datetime(Time::strptime(format, time).ok()?)))
}

fn format(formats: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    let fits = |shape: &str| {
        shape.len() == text.len()
            && shape.bytes().zip(text.bytes()).all(|(shape, byte)| match shape {
                b'0' => byte.is_ascii_digit(),
                separator => byte == separator,
            })
    };
    formats.iter().find(|(shape, _)| fits(shape)).map(|(_, format)| *format)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stockholm(backwards: bool) -> TimestampReader {
        TimestampReader::new(TimeZone::get("Europe/Stockholm").unwrap(), backwards)
    }

    fn utc(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn every_format_gives_the_same_time() {
        for text in [
            "2026-07-01T02:15:00Z",
            "2026-07-01T04:15:00+02:00",
            "2026-07-01 04:15",
            "2026-07-01T04:15:00",
            "2026-07-01 04:15:00.000",
            "2026-07-01 04.15.00",
            "2026-07-01 0415",
            "2026/07/01 04:15",
            "2026.07.01 04:15",
            "20260701 0415",
            "20260701T04:15:00",
            "01.07.2026 04:15",
            "01-07-2026 04:15",
            "01/07/2026 04.15",
            "  2026-07-01   04:15 ",
        ] {
            assert_eq!(stockholm(false).read(text), Ok(utc("2026-07-01T02:15:00Z")), "{text}");
        }
        for (text, expected) in [
            ("2026-07-01", "2026-06-30T22:00:00Z"),
            ("20260701", "2026-06-30T22:00:00Z"),
            ("2026-06-30 24:00", "2026-06-30T22:00:00Z"),
            ("2026-06-30 2400", "2026-06-30T22:00:00Z"),
            ("2026-06-30 24:00:00.000", "2026-06-30T22:00:00Z"),
            ("2026-07-01 04", "2026-07-01T02:00:00Z"),
            ("2026-07-01 04:15:59", "2026-07-01T02:15:59Z"),
        ] {
            assert_eq!(stockholm(false).read(text), Ok(utc(expected)), "{text}");
        }
    }

    #[test]
    fn the_repeated_hour_of_october_follows_file_order() {
        let quarters = ["02:00", "02:15", "02:30", "02:45"];
        let first = utc("2026-10-25T00:00:00Z");
        let mut timestamps = stockholm(false);
        for hour in 0..2 {
            for (quarter, text) in (0..).zip(quarters) {
                let at = timestamps.read(&format!("2026-10-25 {text}"));
                assert_eq!(at, Ok(first + hour * 3600 + quarter * 900));
            }
        }
        assert_eq!(timestamps.read("2026-10-25 02:00"), Err(TimestampError::ThirdOccurrence));
        assert_eq!(timestamps.read("2026-10-25 03:00"), Ok(first + 7200));
        let mut timestamps = stockholm(true);
        assert_eq!(timestamps.read("2026-10-25 02:00"), Ok(first + 3600));
        assert_eq!(timestamps.read("2026-10-25 02:00"), Ok(first));
    }

    #[test]
    fn the_skipped_hour_of_march_is_refused() {
        let mut timestamps = stockholm(false);
        assert_eq!(timestamps.read("2026-03-29 01:59"), Ok(utc("2026-03-29T00:59:00Z")));
        assert_eq!(timestamps.read("2026-03-29 02:00"), Err(TimestampError::Skipped));
        assert_eq!(timestamps.read("2026-03-29 03:00"), Ok(utc("2026-03-29T01:00:00Z")));
    }

    #[test]
    fn other_text_is_not_a_time() {
        for text in [
            "",
            "x",
            "12",
            "2026",
            "2026-13-01",
            "2026-02-30 00:00",
            "2026-01-01 25:00",
            "2026-01-01 24:01",
            "2026-01-01 23:59:60",
            "2026-01-01x00:00",
            "Summa",
            "å026-01-01",
            "2026-01-01 1:00",
            "2026-1-1 01:00",
            "99999999999",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

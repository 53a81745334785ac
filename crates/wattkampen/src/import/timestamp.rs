//! From local times of a zone to UTC.
//!
//! At the end of summer one hour of local time occurs twice. The first row of a series
//! with such a time is the earlier one, the second row the later one; in a file that
//! runs backwards it is the other way round. A third row is refused, and so is one that no
//! other row comes before: the file may begin with either. A local time in the hour that is
//! skipped in spring is refused, not moved.
use std::collections::HashMap;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

use super::time_text::DAY;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TimestampError {
    #[error("the local time does not exist: clocks were put forward over it")]
    Skipped,
    #[error("the local time occurs twice that day, and a third row of the file has it")]
    ThirdOccurrence,
    #[error(
        "the local time occurs twice that day, and no earlier row of the file shows which of the two it is"
    )]
    Undecided,
    #[error("the time is outside the years 1970 to 2200")]
    OutOfRange,
}

/// What a local time is in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalTime {
    /// Seconds of UTC.
    Once(i64),
    /// In the hour that is skipped; the seconds of UTC at which clocks are put forward.
    Skipped(i64),
    /// Both seconds of UTC.
    Twice(i64, i64),
}

/// Offsets of a zone, with the last one kept while it holds: most rows of a file have the
/// offset of the row before.
#[derive(Debug, Clone)]
pub(super) struct ZoneOffsets {
    zone: TimeZone,
    /// Local seconds in which `offset` holds, without ambiguity.
    from: i64,
    until: i64,
    offset: i64,
}

impl ZoneOffsets {
    pub(super) const fn new(zone: TimeZone) -> Self {
        Self { zone, from: 0, until: 0, offset: 0 }
    }

    pub(super) fn resolve(&mut self, local: i64) -> Option<LocalTime> {
        if (self.from..self.until).contains(&local) {
            return Some(LocalTime::Once(local - self.offset));
        }
        let at = civil(local)?;
        let seconds = |offset: jiff::tz::Offset| i64::from(offset.seconds());
        Some(match self.zone.to_ambiguous_timestamp(at).offset() {
            AmbiguousOffset::Unambiguous { offset } => {
                let offset = seconds(offset);
                self.keep(local, offset);
                LocalTime::Once(local - offset)
            }
            AmbiguousOffset::Gap { before, .. } => {
                let change = Timestamp::from_second(local - seconds(before)).ok()?;
                // The change is at most some hours before a time that it skips.
                let change = self
                    .zone
                    .preceding(change.checked_add(jiff::SignedDuration::from_secs(1)).ok()?)
                    .next()?;
                LocalTime::Skipped(change.timestamp().as_second())
            }
            AmbiguousOffset::Fold { before, after } => {
                LocalTime::Twice(local - seconds(before), local - seconds(after))
            }
        })
    }

    /// Whether a local time is a day or more away from any change of the clocks. It may be
    /// and not be known to be.
    pub(super) fn is_far_from_changes(&mut self, local: i64) -> bool {
        if !(self.from..self.until).contains(&local) {
            let _ = self.resolve(local);
        }
        (self.from..self.until).contains(&local)
    }

    /// Keeps an offset for local times that are a day or more away from both changes
    /// around them.
    fn keep(&mut self, local: i64, offset: i64) {
        let Ok(at) = Timestamp::from_second(local - offset) else { return };
        let change = |found: Option<jiff::tz::TimeZoneTransition<'_>>| {
            found.map(|change| change.timestamp().as_second())
        };
        // A change at this very moment is before it.
        let moment_after = at.checked_add(jiff::SignedDuration::from_secs(1)).unwrap_or(at);
        let before = change(self.zone.preceding(moment_after).next()).unwrap_or(0);
        let after = change(self.zone.following(at).next()).unwrap_or(i64::from(u32::MAX));
        (self.from, self.until) = (before + offset + DAY, after + offset - DAY);
        self.offset = offset;
    }

    /// Local seconds of a moment.
    pub(super) fn local(&self, at: i64) -> i64 {
        Timestamp::from_second(at)
            .map_or(at, |moment| at + i64::from(self.zone.to_offset(moment).seconds()))
    }

    /// The changes of the clocks between two moments: when, and by how many seconds.
    pub(super) fn changes(&self, from: i64, until: i64) -> Vec<(i64, i64)> {
        let (Ok(start), Ok(_)) = (Timestamp::from_second(from), Timestamp::from_second(until))
        else {
            return Vec::new();
        };
        let mut offset = i64::from(self.zone.to_offset(start).seconds());
        self.zone
            .following(start)
            .map(|change| {
                let at = change.timestamp().as_second();
                let now = i64::from(change.offset().seconds());
                let by = now - offset;
                offset = now;
                (at, by)
            })
            .take_while(|(at, _)| *at < until)
            .filter(|(_, by)| *by != 0)
            .collect()
    }
}

/// The date and clock of local seconds.
pub(super) fn civil(local: i64) -> Option<DateTime> {
    let at = Timestamp::from_second(local).ok()?;
    (0..=7_258_118_400).contains(&local).then(|| TimeZone::UTC.to_datetime(at))
}

/// Local times of one series, in file order.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    /// Times that occur twice, and how many rows have had each: some tens a year.
    rows: HashMap<i64, u8>,
    /// A row with a time that occurs once was before.
    has_row_before: bool,
    /// The last time that occurs twice.
    last: Option<i64>,
    /// The rows are those of the later hour, in a file that runs backwards of the earlier.
    is_second_pass: bool,
}

impl Occurrences {
    /// Seconds of UTC of the series' next row.
    pub(super) fn resolve(
        &mut self,
        local: i64,
        offsets: &mut ZoneOffsets,
        backwards: bool,
    ) -> Result<i64, TimestampError> {
        match offsets.resolve(local).ok_or(TimestampError::OutOfRange)? {
            LocalTime::Once(at) => {
                self.has_row_before = true;
                self.last = None;
                self.is_second_pass = false;
                Ok(at)
            }
            LocalTime::Skipped(_) => Err(TimestampError::Skipped),
            LocalTime::Twice(before, after) => {
                let count = self.rows.entry(local).or_default();
                *count = count.saturating_add(1);
                let last = self.last.replace(local);
                // The clock was put back between the two rows.
                self.is_second_pass |= *count == 2;
                self.is_second_pass |=
                    last.is_some_and(|last| if backwards { local > last } else { local < last });
                if *count == 1 && self.is_second_pass {
                    *count = 2;
                } else if *count == 1 && !self.has_row_before {
                    return Err(TimestampError::Undecided);
                }
                match (*count, backwards) {
                    (1, false) | (2, true) => Ok(before),
                    (1, true) | (2, false) => Ok(after),
                    _ => Err(TimestampError::ThirdOccurrence),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::time_text::{Moment, TimeForm, parse},
        *,
    };

    fn stockholm() -> ZoneOffsets {
        ZoneOffsets::new(TimeZone::get("Europe/Stockholm").unwrap())
    }

    fn utc(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    fn local(text: &str) -> i64 {
        match parse(text, TimeForm::STRICT).unwrap().start {
            Moment::Local(local) => local,
            Moment::Utc(_) => panic!("{text}"),
        }
    }

    #[test]
    fn the_repeated_hour_of_october_follows_file_order() {
        let quarters = ["02:00", "02:15", "02:30", "02:45"];
        let first = utc("2026-10-25T00:00:00Z");
        let (mut offsets, mut rows) = (stockholm(), Occurrences::default());
        let mut read = |text: &str| rows.resolve(local(text), &mut offsets, false);
        read("2026-10-25 01:45").unwrap();
        for hour in 0..2 {
            for (quarter, text) in (0..).zip(quarters) {
                let at = read(&format!("2026-10-25 {text}"));
                assert_eq!(at, Ok(first + hour * 3600 + quarter * 900));
            }
        }
        assert_eq!(read("2026-10-25 02:00"), Err(TimestampError::ThirdOccurrence));
        assert_eq!(read("2026-10-25 03:00"), Ok(first + 7200));
        let (mut offsets, mut rows) = (stockholm(), Occurrences::default());
        let mut read = |text: &str| rows.resolve(local(text), &mut offsets, true);
        read("2026-10-25 03:00").unwrap();
        assert_eq!(read("2026-10-25 02:00"), Ok(first + 3600));
        assert_eq!(read("2026-10-25 02:00"), Ok(first));
    }

    /// A file that begins in the repeated hour may begin with either of the two.
    #[test]
    fn a_file_that_begins_in_the_repeated_hour_is_not_guessed() {
        let first = utc("2026-10-25T00:00:00Z");
        let undecided = Err(TimestampError::Undecided);
        let (mut offsets, mut rows) = (stockholm(), Occurrences::default());
        let mut read = |text: &str| rows.resolve(local(text), &mut offsets, false);
        assert_eq!(read("2026-10-25 02:30"), undecided);
        assert_eq!(read("2026-10-25 02:45"), undecided);
        // The clock was put back: these are the later ones.
        assert_eq!(read("2026-10-25 02:00"), Ok(first + 3600));
        assert_eq!(read("2026-10-25 02:15"), Ok(first + 4500));
        assert_eq!(read("2026-10-25 02:30"), Ok(first + 5400));
        assert_eq!(read("2026-10-25 03:00"), Ok(first + 7200));
    }

    #[test]
    fn the_skipped_hour_of_march_is_refused() {
        let (mut offsets, mut rows) = (stockholm(), Occurrences::default());
        let mut read = |text: &str| rows.resolve(local(text), &mut offsets, false);
        assert_eq!(read("2026-03-29 01:59"), Ok(utc("2026-03-29T00:59:00Z")));
        assert_eq!(read("2026-03-29 02:00"), Err(TimestampError::Skipped));
        assert_eq!(read("2026-03-29 03:00"), Ok(utc("2026-03-29T01:00:00Z")));
        let change = LocalTime::Skipped(utc("2026-03-29T01:00:00Z"));
        assert_eq!(stockholm().resolve(local("2026-03-29 02:45")), Some(change));
    }

    #[test]
    fn a_kept_offset_changes_nothing() {
        let mut kept = stockholm();
        let from = local("2025-12-30 00:00");
        let all: Vec<i64> = (from..from + 400 * DAY).step_by(900).collect();
        for local in all.iter().chain(all.iter().rev()) {
            assert_eq!(kept.resolve(*local), stockholm().resolve(*local), "{local}");
        }
        let changes = kept.changes(utc("2026-01-01T00:00:00Z"), utc("2027-01-01T00:00:00Z"));
        assert_eq!(
            changes,
            [(utc("2026-03-29T01:00:00Z"), 3600), (utc("2026-10-25T01:00:00Z"), -3600)]
        );
    }
}

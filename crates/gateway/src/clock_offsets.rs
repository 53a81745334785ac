//! Confirmed offsets of a meter's clock from UTC, compact enough for non-volatile storage.
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use wire::Time;

use crate::meter::{MeterTime, Season};

const DAY: i64 = 86_400;
/// Age, s, after which an offset without a new confirmation is not used on its own.
const MAX_AGE: i64 = 60 * DAY;
/// Accuracy of meter clocks, s.
const TOLERANCE: i64 = 10;
/// Offsets from UTC, s, by their number in storage.
const OFFSETS: [i64; 3] = [3600, 7200, 0];
/// Number in storage of an unknown offset.
const UNKNOWN: u8 = 0xff;

/// The offset of a meter's clock for each season letter in each half of the year, as
/// confirmed by another clock, and the time of the last confirmation.
///
/// The halves are kept apart because it is not known whether a meter changes to summer
/// time until it has been observed on both sides of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffsets {
    /// Index into [`OFFSETS`], by letter, then normal and summer time.
    offsets: [[u8; 2]; 3],
    /// Unix seconds of the last confirmation.
    confirmed: Option<i64>,
}

impl Default for ClockOffsets {
    fn default() -> Self {
        Self::NONE
    }
}

impl ClockOffsets {
    /// No offset is known.
    pub const NONE: Self = Self { offsets: [[UNKNOWN; 2]; 3], confirmed: None };
    /// Length of [`Self::to_bytes`].
    pub const BYTES: usize = 6 + 8;

    /// Encodes the offsets for non-volatile storage: six numbers, then the time of the last
    /// confirmation, little-endian, [`i64::MIN`] for none.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..6].copy_from_slice(self.offsets.as_flattened());
        bytes[6..].copy_from_slice(&self.confirmed.unwrap_or(i64::MIN).to_le_bytes());
        bytes
    }

    /// Decodes [`Self::to_bytes`]. Invalid numbers become unknown offsets.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let offset = |letter: usize, half: usize| match bytes[2 * letter + half] {
            known @ 0..=2 => known,
            _ => UNKNOWN,
        };
        let confirmed = i64::from_le_bytes(core::array::from_fn(|byte| bytes[6 + byte]));
        let row = |letter| core::array::from_fn(|half| offset(letter, half));
        Self {
            offsets: core::array::from_fn(row),
            confirmed: Some(confirmed).filter(|unix| *unix != i64::MIN),
        }
    }

    /// Whether these should replace the stored ones: an offset differs, or the last
    /// confirmation is at least a day newer.
    pub fn is_worth_storing(&self, stored: &Self) -> bool {
        let newer = match (self.confirmed, stored.confirmed) {
            (Some(new), Some(old)) => new >= old.saturating_add(DAY),
            (new, None) => new.is_some(),
            (None, Some(_)) => false,
        };
        self.offsets != stored.offsets || newer
    }

    /// Records that at `time` the clock with this letter was `offset` seconds ahead of UTC.
    pub(crate) fn confirm(&mut self, season: Season, offset: i64, time: Time) {
        let number = OFFSETS.iter().position(|known| *known == offset);
        let half = usize::from(is_summer(time.unix()));
        self.offsets[season.index()][half] = number.map_or(UNKNOWN, |n| n as u8);
        self.confirmed = self.confirmed.max(Some(time.unix()));
    }

    /// UTC of a shown time, if it is certain and at most 60 days after the last confirmation.
    pub fn to_utc(self, shown: MeterTime) -> Option<Time> {
        let time = self.resolve(shown)?;
        let age = time.unix().checked_sub(self.confirmed?)?;
        (-TOLERANCE..=MAX_AGE).contains(&age).then_some(time)
    }

    /// UTC of a time shown at most 60 days before `now`, if it is certain.
    pub(crate) fn to_past_utc(self, shown: MeterTime, now: Time) -> Option<Time> {
        let time = self.resolve(shown)?;
        (-TOLERANCE..=MAX_AGE).contains(&(now.unix() - time.unix())).then_some(time)
    }

    fn resolve(&self, shown: MeterTime) -> Option<Time> {
        let offsets = self.offsets[shown.season().index()];
        let candidates = [false, true].map(|summer| {
            let offset = OFFSETS.get(usize::from(offsets[usize::from(summer)]))?;
            Some(shown.local_unix() - offset).filter(|unix| is_summer(*unix) == summer)
        });
        let unix = match candidates {
            // The ambiguous hour at the end of summer time.
            [Some(a), Some(b)] if a != b => return None,
            [Some(unix), _] | [None, Some(unix)] => unix,
            [None, None] => return None,
        };
        // If the offset of one half is unknown, a time near a change is ambiguous too.
        let certain = !offsets.contains(&UNKNOWN)
            || [-7200, 7200].iter().all(|by| is_summer(unix + by) == is_summer(unix));
        Time::from_unix(unix).ok().filter(|_| certain)
    }
}

/// Whether European summer time applies: from the last Sunday of March, 01:00 UTC, to the
/// last Sunday of October, 01:00 UTC.
fn is_summer(unix: i64) -> bool {
    let Ok(at) = Timestamp::from_second(unix) else { return false };
    let year = TimeZone::UTC.to_datetime(at).year();
    let change = |month| {
        let last = Date::new(year, month, 31).ok()?;
        let sunday = i64::from(last.weekday().to_sunday_zero_offset());
        let midnight = TimeZone::UTC.to_timestamp(last.to_datetime(jiff::civil::Time::midnight()));
        Some(midnight.ok()?.as_second() - DAY * sunday + 3600)
    };
    match (change(3), change(10)) {
        (Some(spring), Some(autumn)) => (spring..autumn).contains(&unix),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    /// 2027-03-28 01:00 and 2027-10-31 01:00 UTC.
    const SPRING: i64 = 1_806_195_600;
    const AUTUMN: i64 = 1_824_944_400;

    fn time(unix: i64) -> Time {
        Time::from_unix(unix).expect("in range")
    }

    fn shown(unix: i64, letter: &str) -> MeterTime {
        let digits: std::string::String =
            format!("{}", time(unix)).chars().filter(char::is_ascii_digit).skip(2).collect();
        MeterTime::parse(format!("{digits}{letter}").as_bytes()).expect("a date")
    }

    #[test]
    fn summer_time_is_that_of_europe() {
        for (unix, summer) in [
            (SPRING - 1, false),
            (SPRING, true),
            (AUTUMN - 1, true),
            (AUTUMN, false),
            // 2026-03-29 and 2028-10-29, 01:00 UTC.
            (1_774_746_000 - 1, false),
            (1_774_746_000, true),
            (1_856_394_000 - 1, true),
            (1_856_394_000, false),
        ] {
            assert_eq!(is_summer(unix), summer, "{unix}");
        }
    }

    #[test]
    fn an_offset_of_one_half_of_the_year_is_not_used_in_the_other() {
        let mut offsets = ClockOffsets::NONE;
        assert_eq!(offsets.to_utc(shown(SPRING, "W")), None);
        offsets.confirm(Season::Winter, 3600, time(SPRING - 86_400));
        let error = |offsets: &ClockOffsets, unix: i64, offset: i64| {
            offsets.to_utc(shown(unix + offset, "W")).map(|time| time.unix() - unix)
        };
        assert_eq!(error(&offsets, SPRING - 40_000, 3600), Some(0));
        // The clock may or may not change to summer time, with the same letter.
        for after in [-7000, 0, 3600, 86_400 * 30] {
            assert_eq!(error(&offsets, SPRING + after, 3600), None);
            assert_eq!(error(&offsets, SPRING + after, 7200), None);
        }
        offsets.confirm(Season::Winter, 7200, time(SPRING + 86_400));
        assert_eq!(error(&offsets, SPRING + 90_000, 7200), Some(0));
        let mut offsets = ClockOffsets { confirmed: Some(AUTUMN - 86_400), ..offsets };
        assert_eq!(error(&offsets, AUTUMN - 3601, 7200), Some(0));
        for at in (AUTUMN - 3600..AUTUMN).step_by(60) {
            assert_eq!(error(&offsets, at, 7200), None, "the first of the two ambiguous hours");
            assert_eq!(error(&offsets, at + 3600, 3600), None, "the second");
        }
        assert_eq!(error(&offsets, AUTUMN + 3600, 3600), Some(0));
        // A clock that stays at normal time has no ambiguous hour.
        offsets.confirm(Season::Winter, 3600, time(AUTUMN - 40_000));
        for at in (AUTUMN - 7200..AUTUMN + 7200).step_by(60) {
            assert_eq!(error(&offsets, at, 3600), Some(0));
        }
    }

    #[test]
    fn a_clock_that_was_set_back_or_far_ahead_is_not_used() {
        let mut offsets = ClockOffsets::NONE;
        let seen = SPRING + 30 * 86_400;
        offsets.confirm(Season::Unmarked, 0, time(seen));
        let usable = |unix| offsets.to_utc(shown(unix, "")).is_some();
        assert!(usable(seen - 10) && usable(seen + 59 * 86_400));
        assert!(!usable(seen - 11) && !usable(seen + 61 * 86_400) && !usable(946_684_800));
        let now = time(seen + 3600);
        assert_eq!(offsets.to_past_utc(shown(seen - 86_400, ""), now), Some(time(seen - 86_400)));
        assert_eq!(offsets.to_past_utc(shown(seen + 3700, ""), now), None, "from the future");
    }

    #[test]
    fn any_bytes_decode_and_encoding_is_inverse() {
        let mut offsets = ClockOffsets::NONE;
        assert_eq!(ClockOffsets::from_bytes(offsets.to_bytes()), offsets);
        offsets.confirm(Season::Summer, 7200, time(SPRING + 5));
        assert_eq!(ClockOffsets::from_bytes(offsets.to_bytes()), offsets);
        assert!(!offsets.is_worth_storing(&offsets));
        let mut later = offsets;
        later.confirm(Season::Summer, 7200, time(SPRING + 6));
        assert!(!later.is_worth_storing(&offsets), "not worth a write");
        later.confirm(Season::Summer, 7200, time(SPRING + 86_405));
        assert!(later.is_worth_storing(&offsets));
        let odd = ClockOffsets::from_bytes([0x7f; ClockOffsets::BYTES]);
        assert_eq!(odd.to_utc(shown(SPRING, "W")), None);
    }
}

//! What has been learned of a meter's clock, small enough to outlive a restart.
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use wire::Time;

use crate::meter::{MeterTime, Season};

/// Nobody has confirmed the meter's clock for so long: it is not believed alone.
const STALE: i64 = 60 * 86_400;
/// Clocks of meters are good to some seconds.
const SLACK: i64 = 10;
/// Offsets in a storage.
const OFFSETS: [i64; 3] = [3600, 7200, 0];
const UNKNOWN: u8 = 0xff;

/// For each letter and each half of the year the offset that a clock of ours has
/// confirmed, and when one did so last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffsets {
    /// By letter, then normal and summer time.
    offsets: [[u8; 2]; 3],
    /// s since 1970; before all where nothing is known.
    seen: i64,
}

impl Default for ClockOffsets {
    fn default() -> Self {
        Self::NONE
    }
}

impl ClockOffsets {
    /// Nothing is known.
    pub const NONE: Self = Self { offsets: [[UNKNOWN; 2]; 3], seen: i64::MIN };
    /// Bytes in a storage.
    pub const BYTES: usize = 6 + 8;

    /// For a storage, little-endian.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..6].copy_from_slice(self.offsets.as_flattened());
        bytes[6..].copy_from_slice(&self.seen.to_le_bytes());
        bytes
    }

    /// From a storage. An offset that there is not is one that is not known.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let offset = |letter: usize, half: usize| match bytes[2 * letter + half] {
            known @ 0..=2 => known,
            _ => UNKNOWN,
        };
        let seen = i64::from_le_bytes(core::array::from_fn(|byte| bytes[6 + byte]));
        let row = |letter| core::array::from_fn(|half| offset(letter, half));
        Self { offsets: core::array::from_fn(row), seen }
    }

    /// Whether this should replace what is kept: a day's confirmations are one.
    pub fn is_news(&self, kept: &Self) -> bool {
        self.offsets != kept.offsets || self.seen >= kept.seen.saturating_add(86_400)
    }

    pub(crate) fn learn(&mut self, season: Season, offset: i64, time: Time) {
        let number = OFFSETS.iter().position(|known| *known == offset);
        self.offsets[season.index()][half(time.unix())] = number.map_or(UNKNOWN, |n| n as u8);
        self.seen = self.seen.max(time.unix());
    }

    /// The moment that the meter means, where that is certain: not before the last
    /// that a clock of ours has confirmed, and not long after it.
    pub fn told(&self, shown: MeterTime) -> Option<Time> {
        let time = self.meant(shown)?;
        let since = time.unix().checked_sub(self.seen)?;
        (-SLACK..=STALE).contains(&since).then_some(time)
    }

    /// The same for a telegram of some earlier day before `now`.
    pub(crate) fn meant_before(&self, shown: MeterTime, now: Time) -> Option<Time> {
        let time = self.meant(shown)?;
        (-SLACK..=STALE).contains(&(now.unix() - time.unix())).then_some(time)
    }

    fn meant(&self, shown: MeterTime) -> Option<Time> {
        let offsets = self.offsets[shown.season().index()];
        let candidates = [0, 1].map(|number| {
            let offset = OFFSETS.get(usize::from(offsets[number]))?;
            Some(shown.figures() - offset).filter(|unix| half(*unix) == number)
        });
        let unix = match candidates {
            // The hour that comes twice.
            [Some(a), Some(b)] if a != b => return None,
            [Some(unix), _] | [None, Some(unix)] => unix,
            [None, None] => return None,
        };
        // Beside a change whose other side has not been seen it may be either.
        let certain = !offsets.contains(&UNKNOWN)
            || [-7200, 7200].iter().all(|by| half(unix + by) == half(unix));
        Time::from_unix(unix).ok().filter(|_| certain)
    }
}

/// 0 while normal time holds, 1 while summer time does: everywhere in Europe from the
/// last Sunday of March to that of October, 01:00 UTC.
fn half(unix: i64) -> usize {
    let Ok(at) = Timestamp::from_second(unix) else { return 0 };
    let year = TimeZone::UTC.to_datetime(at).year();
    let change = |month| {
        let last = Date::new(year, month, 31).ok()?;
        let sunday = i64::from(last.weekday().to_sunday_zero_offset());
        let midnight = TimeZone::UTC.to_timestamp(last.to_datetime(jiff::civil::Time::midnight()));
        Some(midnight.ok()?.as_second() - 86_400 * sunday + 3600)
    };
    match (change(3), change(10)) {
        (Some(spring), Some(autumn)) => usize::from((spring..autumn).contains(&unix)),
        _ => 0,
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
    fn the_changes_are_where_europe_has_them() {
        for (unix, summer) in [
            (SPRING - 1, 0),
            (SPRING, 1),
            (AUTUMN - 1, 1),
            (AUTUMN, 0),
            // 2026-03-29 and 2028-10-29, 01:00 UTC.
            (1_774_746_000 - 1, 0),
            (1_774_746_000, 1),
            (1_856_394_000 - 1, 1),
            (1_856_394_000, 0),
        ] {
            assert_eq!(half(unix), summer, "{unix}");
        }
    }

    #[test]
    fn what_one_half_of_the_year_has_shown_says_nothing_of_the_other() {
        let mut clock_offsets = ClockOffsets::NONE;
        assert_eq!(clock_offsets.told(shown(SPRING, "W")), None);
        clock_offsets.learn(Season::Winter, 3600, time(SPRING - 86_400));
        let told = |clock_offsets: &ClockOffsets, unix: i64, offset: i64| {
            clock_offsets.told(shown(unix + offset, "W")).map(|time| time.unix() - unix)
        };
        assert_eq!(told(&clock_offsets, SPRING - 40_000, 3600), Some(0));
        // It may go over to summer time or not, with the same letter.
        for after in [-7000, 0, 3600, 86_400 * 30] {
            assert_eq!(told(&clock_offsets, SPRING + after, 3600), None);
            assert_eq!(told(&clock_offsets, SPRING + after, 7200), None);
        }
        clock_offsets.learn(Season::Winter, 7200, time(SPRING + 86_400));
        assert_eq!(told(&clock_offsets, SPRING + 90_000, 7200), Some(0));
        let mut clock_offsets = ClockOffsets { seen: AUTUMN - 86_400, ..clock_offsets };
        assert_eq!(told(&clock_offsets, AUTUMN - 3601, 7200), Some(0));
        for at in (AUTUMN - 3600..AUTUMN).step_by(60) {
            assert_eq!(told(&clock_offsets, at, 7200), None, "the first of two such hours");
            assert_eq!(told(&clock_offsets, at + 3600, 3600), None, "the second");
        }
        assert_eq!(told(&clock_offsets, AUTUMN + 3600, 3600), Some(0));
        // One that stays at normal time has no such hour.
        clock_offsets.learn(Season::Winter, 3600, time(AUTUMN - 40_000));
        for at in (AUTUMN - 7200..AUTUMN + 7200).step_by(60) {
            assert_eq!(told(&clock_offsets, at, 3600), Some(0));
        }
    }

    #[test]
    fn a_clock_that_went_back_or_far_ahead_is_not_believed() {
        let mut clock_offsets = ClockOffsets::NONE;
        let seen = SPRING + 30 * 86_400;
        clock_offsets.learn(Season::Unmarked, 0, time(seen));
        let told = |unix| clock_offsets.told(shown(unix, "")).is_some();
        assert!(told(seen - 10) && told(seen + 59 * 86_400));
        assert!(!told(seen - 11) && !told(seen + 61 * 86_400) && !told(946_684_800));
        let now = time(seen + 3600);
        assert_eq!(
            clock_offsets.meant_before(shown(seen - 86_400, ""), now),
            Some(time(seen - 86_400))
        );
        assert_eq!(
            clock_offsets.meant_before(shown(seen + 3700, ""), now),
            None,
            "from the future"
        );
    }

    #[test]
    fn survives_a_storage_and_no_bytes_are_too_odd() {
        let mut clock_offsets = ClockOffsets::NONE;
        assert_eq!(ClockOffsets::from_bytes(clock_offsets.to_bytes()), clock_offsets);
        clock_offsets.learn(Season::Summer, 7200, time(SPRING + 5));
        assert_eq!(ClockOffsets::from_bytes(clock_offsets.to_bytes()), clock_offsets);
        assert!(!clock_offsets.is_news(&clock_offsets));
        let mut later = clock_offsets;
        later.learn(Season::Summer, 7200, time(SPRING + 6));
        assert!(!later.is_news(&clock_offsets), "not worth a write");
        later.learn(Season::Summer, 7200, time(SPRING + 86_405));
        assert!(later.is_news(&clock_offsets));
        let odd = ClockOffsets::from_bytes([0x7f; ClockOffsets::BYTES]);
        assert_eq!(odd.told(shown(SPRING, "W")), None);
    }
}

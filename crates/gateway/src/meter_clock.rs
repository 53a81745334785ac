//! From the time that a meter shows to UTC.
//!
//! Officially meters show UTC+1 all year. In practice some change to summer time, with or
//! without a letter that says so, some mark summer time with `W`, and some clocks are
//! wrong. So the gateway's clock decides, and the meter's clock refines it to the second:
//! the shown time less one of the possible offsets must be the time of receipt, within
//! 10 seconds. The offset is learned for each letter; a
//! different offset for a known letter must be confirmed by several telegrams in a row.
//!
//! Confirmed offsets survive a restart as [`ClockOffsets`], and give the time where no
//! network does.
use wire::Time;

use crate::clock_offsets::ClockOffsets;
use crate::meter::{MeterTime, Season};

/// Accuracy of meter clocks, s, including the second that a slow line takes.
const TOLERANCE: i64 = 10;
/// UTC, Swedish normal time, Swedish summer time.
const OFFSETS: [i64; 3] = [3600, 7200, 0];
/// Telegrams in a row that must agree before a known offset is replaced.
const CONFIRMATIONS: u8 = 3;
/// Telegrams in a row that match no offset, after which the clock counts as wrong.
const MAX_MISSES: u8 = 30;

/// The clock that a time is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeSource {
    /// The meter's clock, whose offset is known.
    Meter,
    /// The gateway's clock: the meter shows no time, a wrong one, or an offset that is not
    /// confirmed yet.
    Gateway,
}

#[derive(Debug, Clone, Copy)]
struct LearnedOffset {
    offset: i64,
    /// Another offset that matched, and how often in a row.
    candidate: i64,
    repeats: u8,
}

/// Converts the times that one meter shows to UTC.
#[derive(Debug, Clone, Default)]
pub struct MeterClock {
    learned: [Option<LearnedOffset>; 3],
    offsets: ClockOffsets,
    /// Telegrams in a row that match no offset.
    misses: u8,
}

impl MeterClock {
    /// No offset is known.
    pub const fn new() -> Self {
        Self::with_offsets(ClockOffsets::NONE)
    }

    /// Starts with stored offsets.
    pub const fn with_offsets(offsets: ClockOffsets) -> Self {
        Self { learned: [None; 3], offsets, misses: 0 }
    }

    /// Confirmed offsets, to be stored.
    pub const fn offsets(&self) -> ClockOffsets {
        self.offsets
    }

    /// Whether the meter's clock is wrong.
    pub const fn is_wrong(&self) -> bool {
        self.misses >= MAX_MISSES
    }

    /// Like [`Self::stamp`], with a `received` that is itself derived from the meter's
    /// clock: it confirms no offset.
    pub fn stamp_unconfirmed(&self, shown: Option<MeterTime>, received: Time) -> Time {
        let utc = shown.and_then(|shown| self.offsets.to_utc(shown));
        utc.filter(|utc| (utc.unix() - received.unix()).abs() <= TOLERANCE).unwrap_or(received)
    }

    /// Seconds that the meter's clock with this letter is ahead of UTC, if known.
    pub fn offset(&self, season: Season) -> Option<i64> {
        self.learned[season.index()].map(|known| known.offset)
    }

    /// Time of a telegram that shows `shown` and was received at `received` by the gateway's
    /// clock. Never more than 10 seconds from `received`.
    pub fn stamp(&mut self, shown: Option<MeterTime>, received: Time) -> (Time, TimeSource) {
        match shown.and_then(|shown| self.refine(shown, received)) {
            Some(time) => {
                self.misses = 0;
                (time, TimeSource::Meter)
            }
            None => (received, TimeSource::Gateway),
        }
    }

    fn refine(&mut self, shown: MeterTime, received: Time) -> Option<Time> {
        let near = |offset: i64| (shown.local_unix() - offset - received.unix()).abs() <= TOLERANCE;
        let fits = OFFSETS.into_iter().find(|offset| near(*offset));
        if fits.is_none() {
            self.misses = self.misses.saturating_add(1);
            if self.is_wrong() {
                self.offsets = ClockOffsets::NONE;
            }
        }
        let slot = &mut self.learned[shown.season().index()];
        let known = match slot {
            Some(known) => known,
            None => slot.insert(LearnedOffset { offset: fits?, candidate: 0, repeats: 0 }),
        };
        match fits {
            Some(offset) if offset == known.offset => known.repeats = 0,
            None => {
                known.repeats = 0;
                return None;
            }
            Some(offset) => {
                known.repeats =
                    if known.candidate == offset { known.repeats.saturating_add(1) } else { 1 };
                known.candidate = offset;
                if known.repeats < CONFIRMATIONS {
                    return None;
                }
                *known = LearnedOffset { offset, candidate: 0, repeats: 0 };
            }
        }
        let offset = known.offset;
        let time = Time::from_unix(shown.local_unix() - offset).ok()?;
        self.offsets.confirm(shown.season(), offset, time);
        Some(time)
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use proptest::prelude::*;

    use super::TimeSource::{Gateway, Meter};
    use super::*;

    /// 2027-03-28 01:00 and 2027-10-31 01:00 UTC.
    const SPRING: i64 = 1_806_195_600;
    const AUTUMN: i64 = 1_824_944_400;

    fn time(seconds: i64) -> Time {
        Time::from_unix(seconds).expect("in range")
    }

    fn shown(seconds: i64, letter: &str) -> Option<MeterTime> {
        let text = format!("{}", time(seconds));
        let digits: std::string::String =
            text.chars().filter(char::is_ascii_digit).skip(2).collect();
        Some(MeterTime::parse(format!("{digits}{letter}").as_bytes()).expect("a date"))
    }

    /// Every ten seconds for an hour on both sides of both changes, received
    /// two seconds late; gives how many were stamped by the gateway.
    fn year(shows: impl Fn(i64) -> (i64, &'static str)) -> usize {
        let mut clock = MeterClock::new();
        let mut coarse = 0;
        for change in [SPRING, AUTUMN] {
            for at in (change - 3600..change + 3600).step_by(10) {
                let (offset, letter) = shows(at);
                let (stamp, source) = clock.stamp(shown(at + offset, letter), time(at + 2));
                match source {
                    Meter => assert_eq!(stamp, time(at)),
                    Gateway => {
                        coarse += 1;
                        assert_eq!(stamp, time(at + 2));
                    }
                }
            }
        }
        coarse
    }

    fn summer(at: i64) -> bool {
        (SPRING..AUTUMN).contains(&at)
    }

    #[test]
    fn clocks_of_all_kinds_over_both_changes() {
        let local = |at| if summer(at) { 7200 } else { 3600 };
        assert_eq!(year(|_| (3600, "W")), 0, "normal time all year");
        assert_eq!(
            year(|at| (3600, if summer(at) { "S" } else { "W" })),
            0,
            "a letter without meaning"
        );
        assert_eq!(
            year(|at| (local(at), if summer(at) { "S" } else { "W" })),
            0,
            "summer time with its letter"
        );
        assert_eq!(year(|_| (0, "")), 0, "UTC");
        // Without a letter, or with a wrong one, the new offset must be confirmed.
        assert_eq!(year(|at| (local(at), "")), 2 * 2);
        assert_eq!(year(|at| (local(at), "W")), 2 * 2);
        let late = |at| if summer(at - 1800) { "S" } else { "W" };
        assert_eq!(year(|at| (local(at), late(at))), 2 + 2 + 2, "changes the letter later");
    }

    #[test]
    fn a_wrong_clock_is_not_used() {
        assert_eq!(year(|_| (3600 + 1500, "W")), 2 * 720);
        assert_eq!(year(|_| (3600 - 9, "W")), 2 * 720);
        let mut clock = MeterClock::new();
        let slow = clock.stamp(shown(SPRING + 3600 - 10, "W"), time(SPRING));
        assert_eq!(slow, (time(SPRING - 10), Meter), "within the tolerance");
        let slower = clock.stamp(shown(SPRING + 3600 - 11, "W"), time(SPRING));
        assert_eq!(slower, (time(SPRING), Gateway));
        let mut clock = MeterClock::new();
        assert_eq!(clock.stamp(None, time(SPRING)), (time(SPRING), Gateway));
        assert_eq!(clock.offset(Season::Winter), None);
    }

    #[test]
    fn one_stray_telegram_changes_nothing() {
        let mut clock = MeterClock::new();
        for at in (SPRING..SPRING + 600).step_by(10) {
            let stray = at % 70 == 0;
            let offset = if stray { 7200 } else { 3600 };
            let (stamp, source) = clock.stamp(shown(at + offset, "W"), time(at));
            assert_eq!((stamp, source), (time(at), if stray { Gateway } else { Meter }));
            assert_eq!(clock.offset(Season::Winter), Some(3600));
        }
    }

    proptest! {
        #[test]
        fn never_further_from_the_gateway_than_the_tolerance(
            steps in proptest::collection::vec((-10_000_i64..10_000, 0_usize..3), 1..60),
        ) {
            let mut clock = MeterClock::new();
            for (number, (off, letter)) in steps.into_iter().enumerate() {
                let at = SPRING + 10 * number as i64;
                let letter = ["W", "S", ""][letter];
                let (stamp, _) = clock.stamp(shown(at + off, letter), time(at));
                prop_assert!((stamp.unix() - at).abs() <= TOLERANCE);
            }
        }
    }
}

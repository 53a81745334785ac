//! A meter's clock to UTC.
//!
//! Officially meters show UTC+1 all year. In fact some go over to summer time,
//! with or without saying so, some say `W` long into summer, and some are wrong.
//! So the gateway's clock decides, and the meter's refines it to the second:
//! what a meter shows less one of the possible offsets must be the time of
//! receipt, within [`NEAR`] seconds. The offset is learned for each letter; a
//! letter that suddenly means something else must insist.
//!
//! What was learned outlives a restart as [`ClockOffsets`], and is the way to a time
//! where the network has none. It is kept for each half of the year by itself:
//! whether a meter goes over to summer time is not known before it has been seen.
use wire::Time;

use crate::clock_offsets::ClockOffsets;
use crate::meter::{MeterTime, Season};

/// A telegram takes a second on the slowest line, and the clocks of meters are
/// good to some seconds.
const NEAR: i64 = 10;
/// UTC, Swedish normal time, Swedish summer time.
const OFFSETS: [i64; 3] = [3600, 7200, 0];
/// Telegrams in a row that must agree on a new offset.
const INSIST: u8 = 3;
/// Telegrams in a row that fit nothing, after which the clock is a wrong one.
const WRONG: u8 = 30;

/// Whose second it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeSource {
    /// The meter's, its offset known.
    Meter,
    /// The gateway's: the meter shows none, a wrong one, or has just changed its learned_offset.
    Gateway,
}

#[derive(Debug, Clone, Copy)]
struct LearnedOffset {
    offset: i64,
    /// Another offset that fits, and how often in a row.
    rival: i64,
    times: u8,
}

/// What is known of one meter's clock.
#[derive(Debug, Clone, Default)]
pub struct MeterClock {
    learned: [Option<LearnedOffset>; 3],
    known: ClockOffsets,
    /// Telegrams in a row that fit nothing.
    misses: u8,
}

impl MeterClock {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self::with(ClockOffsets::NONE)
    }

    /// Knows what was learned before.
    pub const fn with(known: ClockOffsets) -> Self {
        Self { learned: [None; 3], known, misses: 0 }
    }

    /// What is to outlive a restart.
    pub const fn known(&self) -> ClockOffsets {
        self.known
    }

    /// Whether the meter's clock is one that shows another time than it should.
    pub const fn is_wrong(&self) -> bool {
        self.misses >= WRONG
    }

    /// The same as [`Self::stamp`] where nobody but the meter knows the time:
    /// nothing is learned from it.
    pub fn repeat(&self, shown: Option<MeterTime>, received: Time) -> Time {
        let told = shown.and_then(|shown| self.known.told(shown));
        told.filter(|told| (told.unix() - received.unix()).abs() <= NEAR).unwrap_or(received)
    }

    /// Seconds that the meter's figures with this letter are ahead of UTC, as
    /// far as that has been seen.
    pub fn offset(&self, season: Season) -> Option<i64> {
        self.learned[season.index()].map(|learned_offset| learned_offset.offset)
    }

    /// The moment of a telegram that shows `shown` and was received at
    /// `received` by the gateway's clock.
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
        let near = |offset: i64| (shown.figures() - offset - received.unix()).abs() <= NEAR;
        let fits = OFFSETS.into_iter().find(|offset| near(*offset));
        if fits.is_none() {
            self.misses = self.misses.saturating_add(1);
            if self.is_wrong() {
                self.known = ClockOffsets::NONE;
            }
        }
        let slot = &mut self.learned[shown.season().index()];
        let learned_offset = match slot {
            Some(learned_offset) => learned_offset,
            None => slot.insert(LearnedOffset { offset: fits?, rival: 0, times: 0 }),
        };
        match fits {
            Some(offset) if offset == learned_offset.offset => learned_offset.times = 0,
            None => {
                learned_offset.times = 0;
                return None;
            }
            Some(offset) => {
                learned_offset.times = if learned_offset.rival == offset {
                    learned_offset.times.saturating_add(1)
                } else {
                    1
                };
                learned_offset.rival = offset;
                if learned_offset.times < INSIST {
                    return None;
                }
                *learned_offset = LearnedOffset { offset, rival: 0, times: 0 };
            }
        }
        let offset = learned_offset.offset;
        let time = Time::from_unix(shown.figures() - offset).ok()?;
        self.known.learn(shown.season(), offset, time);
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
    fn year(figures: impl Fn(i64) -> (i64, &'static str)) -> usize {
        let mut clock = MeterClock::new();
        let mut coarse = 0;
        for change in [SPRING, AUTUMN] {
            for at in (change - 3600..change + 3600).step_by(10) {
                let (offset, letter) = figures(at);
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
    fn meters_of_all_habits_over_both_changes() {
        let local = |at| if summer(at) { 7200 } else { 3600 };
        assert_eq!(year(|_| (3600, "W")), 0, "normal time all year, as it should be");
        assert_eq!(
            year(|at| (3600, if summer(at) { "S" } else { "W" })),
            0,
            "a letter of no meaning"
        );
        assert_eq!(
            year(|at| (local(at), if summer(at) { "S" } else { "W" })),
            0,
            "means its letter"
        );
        assert_eq!(year(|_| (0, "")), 0, "UTC");
        // Without a letter, or with one that lies, the change must be insisted on.
        assert_eq!(year(|at| (local(at), "")), 2 * 2);
        assert_eq!(year(|at| (local(at), "W")), 2 * 2);
        let late = |at| if summer(at - 1800) { "S" } else { "W" };
        assert_eq!(year(|at| (local(at), late(at))), 2 + 2 + 2, "changes its letter later");
    }

    #[test]
    fn a_wrong_clock_is_not_believed() {
        assert_eq!(year(|_| (3600 + 1500, "W")), 2 * 720);
        assert_eq!(year(|_| (3600 - 9, "W")), 2 * 720);
        let mut clock = MeterClock::new();
        let slow = clock.stamp(shown(SPRING + 3600 - 10, "W"), time(SPRING));
        assert_eq!(slow, (time(SPRING - 10), Meter), "some seconds are borne");
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
        fn never_further_from_the_gateway_than_near(
            steps in proptest::collection::vec((-10_000_i64..10_000, 0_usize..3), 1..60),
        ) {
            let mut clock = MeterClock::new();
            for (number, (off, letter)) in steps.into_iter().enumerate() {
                let at = SPRING + 10 * number as i64;
                let letter = ["W", "S", ""][letter];
                let (stamp, _) = clock.stamp(shown(at + off, letter), time(at));
                prop_assert!((stamp.unix() - at).abs() <= NEAR);
            }
        }
    }
}

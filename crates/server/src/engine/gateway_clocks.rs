//! Whether the clocks of gateways are right, from the times at which their readings arrive.
//!
//! A reading arrives after it was measured, and after an outage long after. So the least
//! delay of an hour is what counts: it is some seconds, unless a gateway sends its outbox.
//! Then the least delay shrinks from hour to hour. One that stays the same for hours is a
//! clock that is behind, and a reading from the future one that is ahead.
use competition::{MeterIndex, Time};

/// Seconds over which the least delay is taken.
const WINDOW: i64 = 3600;
/// Seconds by which a clock is off at least.
const BEHIND: i64 = 120;
const AHEAD: i64 = 30;
/// Seconds by which the least delays of consecutive windows of a clock differ at most.
const STEADY: i64 = 60;
/// Windows that a clock has to be behind.
const WINDOWS: u32 = 3;

/// A meter whose readings are dated by a clock that is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOffset {
    /// The meter.
    pub meter: MeterIndex,
    /// Seconds by which the clock is ahead; negative where it is behind.
    pub seconds: i64,
}

/// The clocks by which the readings of each meter are dated.
#[derive(Debug)]
pub(super) struct GatewayClocks(Vec<MeterClock>);

#[derive(Debug, Clone, Default)]
struct MeterClock {
    /// When the window began, and the least delay in it, seconds.
    window: Option<(Time, i64)>,
    /// The least delay of the window before, and how many windows it was the same.
    last: Option<i64>,
    steady: u32,
    seconds: i64,
}

impl GatewayClocks {
    pub(super) fn new(meters: usize) -> Self {
        Self(vec![MeterClock::default(); meters])
    }

    /// A reading of that time arrived now.
    pub(super) fn arrived(&mut self, meter: MeterIndex, measured: Time, now: Time) {
        self.0[meter.0 as usize].arrived(measured, now);
    }

    /// The clocks that are off.
    pub(super) fn offsets(&self) -> Vec<ClockOffset> {
        let clocks = (0..).map(MeterIndex).zip(&self.0);
        let off = clocks.filter(|(_, clock)| clock.seconds != 0);
        off.map(|(meter, clock)| ClockOffset { meter, seconds: clock.seconds }).collect()
    }
}

impl MeterClock {
    fn arrived(&mut self, measured: Time, now: Time) {
        let delay = now.since(measured);
        let Some((begin, least)) = &mut self.window else {
            self.window = Some((now, delay));
            return;
        };
        *least = (*least).min(delay);
        if now.since(*begin) < WINDOW {
            return;
        }
        let least = *least;
        self.window = None;
        let is_steady = self.last.is_some_and(|last| (last - least).abs() <= STEADY);
        self.steady = if is_steady { self.steady + 1 } else { 1 };
        self.last = Some(least);
        self.seconds = match least {
            ahead if ahead <= -AHEAD => -ahead,
            behind if behind >= BEHIND && self.steady >= WINDOWS => -behind,
            _ => 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offset after readings every five minutes, which arrive with these delays.
    fn offset(hours: i64, delay: impl Fn(i64) -> i64) -> Vec<i64> {
        let mut clocks = GatewayClocks::new(1);
        for now in (0..hours * 3600).step_by(300) {
            clocks.arrived(MeterIndex(0), Time(now - delay(now)), Time(now));
        }
        clocks.offsets().iter().map(|offset| offset.seconds).collect()
    }

    #[test]
    fn a_steady_delay_is_a_clock_and_a_shrinking_one_an_outbox() {
        assert_eq!(offset(12, |_| 2), [] as [i64; 0]);
        assert_eq!(offset(12, |now| 400 + now % 7), [-400]);
        assert_eq!(offset(12, |_| -45), [45]);
        // An outbox of a day that is emptied in ten hours.
        assert_eq!(offset(12, |now| (86_400 - now * 24 / 10).max(2)), [] as [i64; 0]);
        // A clock that is right again.
        assert_eq!(offset(24, |now| if now < 36_000 { 400 } else { 2 }), [] as [i64; 0]);
    }
}

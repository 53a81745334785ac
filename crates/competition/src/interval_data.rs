//! What utilities export: the energy of an interval. It needs no register and no
//! neighbour, so a series of it is its own epoch: nothing is computed between it
//! and what the same meter's gateway sends.
//!
//! An hour whose quarter-hours the register measured is the register's; any other
//! hour is the interval's, whole. So no hour is a mixture of two guesses, and the
//! result depends on the set of rows, not on their order.
use jiff::{SignedDuration, Timestamp};

use crate::{Celsius, Competition, Meter, MilliWattHours, RejectReason, Time};

/// Energy that was used from `start` on; within one hour of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntervalReading {
    /// Its beginning: a multiple of its length.
    pub start: Time,
    /// 900, 1800 or 3600 seconds.
    pub seconds: i64,
    /// As billed: [`Meter::multiplier`] is not applied to it.
    pub energy: MilliWattHours,
}

/// Between which moments imported rows may lie.
#[derive(Debug, Clone, Copy)]
pub struct ImportValidator {
    earliest: Time,
    latest: Time,
}

impl ImportValidator {
    /// From the first hour of the baseline to `now`, and the five minutes that
    /// clocks may differ.
    pub fn new(competition: &Competition, now: Time) -> Self {
        let midnight = competition.baseline.start.to_zoned(competition.timezone.clone());
        let earliest = midnight.map_or(Timestamp::MIN, |at| at.timestamp());
        let latest = now.0.saturating_add(SignedDuration::from_mins(5).as_secs());
        Self { earliest: Time(earliest.as_second()), latest: Time(latest) }
    }

    /// Judges an interval on itself and the clock.
    ///
    /// # Errors
    /// [`RejectReason`] says why it is not taken.
    pub fn interval(&self, meter: &Meter, interval: &IntervalReading) -> Result<(), RejectReason> {
        let &IntervalReading { start, seconds, energy } = interval;
        self.time(start)?;
        self.time(Time(start.0.saturating_add(seconds)))?;
        let most = i128::from(meter.capacity.0) * i128::from(seconds) * 10 / 36;
        if energy.0 < 0 || i128::from(energy.0) > most {
            return Err(RejectReason::Absurd);
        }
        Ok(())
    }

    /// Judges a temperature.
    ///
    /// # Errors
    /// [`RejectReason`] says why it is not taken.
    pub fn temperature(&self, at: Time, outdoor: Celsius) -> Result<(), RejectReason> {
        self.time(at)?;
        if (-80.0..=60.0).contains(&outdoor.0) { Ok(()) } else { Err(RejectReason::Absurd) }
    }

    fn time(&self, at: Time) -> Result<(), RejectReason> {
        if at < self.earliest {
            Err(RejectReason::Ancient)
        } else if at > self.latest {
            Err(RejectReason::Future)
        } else {
            Ok(())
        }
    }
}

//! Interval data as utilities export it: the energy of an interval, without register
//! values. Nothing is computed between it and the readings of the same meter.
//!
//! The energy of an hour is the register's where the register measured its
//! quarter-hours, else the interval's. No hour mixes the two, so the result depends on
//! the set of rows and not on their order.
use jiff::{SignedDuration, Timestamp};

use crate::{
    Celsius, Competition, Meter, MilliWattHours, RejectReason, Time, weather::is_plausible,
};

/// Energy of an interval within one UTC hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntervalReading {
    /// Start of the interval, a multiple of its length.
    pub start: Time,
    /// Length: 900, 1800 or 3600 seconds.
    pub seconds: i64,
    /// As billed: [`Meter::multiplier`] is not applied.
    pub energy: MilliWattHours,
}

/// Checks rows before they are imported.
#[derive(Debug, Clone, Copy)]
pub struct ImportValidator {
    earliest: Time,
    latest: Time,
}

impl ImportValidator {
    /// Accepts times from the first hour of the baseline to five minutes after `now`.
    pub fn new(competition: &Competition, now: Time) -> Self {
        let midnight = competition.baseline.start.to_zoned(competition.timezone.clone());
        let earliest = midnight.map_or(Timestamp::MIN, |at| at.timestamp());
        let latest = now.plus_seconds(SignedDuration::from_mins(5).as_secs());
        Self { earliest: Time(earliest.as_second()), latest }
    }

    /// The first and the last time that is accepted, seconds of UTC.
    pub const fn range(&self) -> (i64, i64) {
        (self.earliest.0, self.latest.0)
    }

    /// Checks an interval on its own.
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn check_interval(
        &self,
        meter: &Meter,
        interval: &IntervalReading,
    ) -> Result<(), RejectReason> {
        let &IntervalReading { start, seconds, energy } = interval;
        self.check_time(start)?;
        self.check_time(start.plus_seconds(seconds))?;
        let max = i128::from(meter.capacity.0) * i128::from(seconds) * 10 / 36;
        if energy.0 < 0 {
            return Err(RejectReason::Negative);
        }
        if i128::from(energy.0) > max {
            return Err(RejectReason::Capacity);
        }
        Ok(())
    }

    /// Checks an outdoor temperature on its own.
    ///
    /// # Errors
    /// Why it is rejected.
    pub fn check_temperature(&self, at: Time, outdoor: Celsius) -> Result<(), RejectReason> {
        self.check_time(at)?;
        if is_plausible(outdoor) { Ok(()) } else { Err(RejectReason::Temperature) }
    }

    fn check_time(&self, at: Time) -> Result<(), RejectReason> {
        if at < self.earliest {
            Err(RejectReason::BeforeBaseline)
        } else if at > self.latest {
            Err(RejectReason::Future)
        } else {
            Ok(())
        }
    }
}

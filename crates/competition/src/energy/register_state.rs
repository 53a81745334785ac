//! The state of a meter's register between two readings.
use crate::{
    MilliWattHours, QuarantineReason, Time, WattHours, Watts,
    time::{Hour, QuarterHour},
};

/// A plausible register value, continued over epochs and rollovers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RegisterPoint {
    pub(crate) at: Time,
    pub(crate) register: MilliWattHours,
}

/// How well the register is known at the start of a quarter-hour, rising.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    /// Within a longer gap: the register is only known to lie between two readings.
    Loose,
    /// Within a gap of at most four hours.
    Firm,
    /// Between readings that are at most an hour and a quarter apart, or within seven
    /// and a half minutes of a reading.
    Close,
    /// The readings around it are at most 15 minutes apart, or one is at it.
    Exact,
}

/// R at the start of a quarter-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) quarter: QuarterHour,
    pub(crate) register: MilliWattHours,
    pub(crate) precision: Precision,
    /// Depends on a declared register value.
    pub(crate) declared: bool,
}

/// The last quarantined register value, raw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SuspectPoint {
    pub(crate) at: Time,
    pub(crate) register: MilliWattHours,
    pub(crate) reason: QuarantineReason,
}

/// A boundary that was passed while the register did not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PendingBoundary {
    /// Integral of the power since the register changed, W·s.
    pub(crate) work: i64,
    pub(crate) precision: Precision,
}

/// The energy of a quarter-hour whose two boundaries are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuarterUpdate {
    pub(crate) quarter: QuarterHour,
    pub(crate) energy: MilliWattHours,
    pub(crate) start: Precision,
    pub(crate) end: Precision,
    pub(crate) declared: bool,
}

/// Everything that earlier readings mean for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RegisterState {
    /// Time of the newest reading, quarantined or not.
    pub(crate) newest: Option<Time>,
    /// Seconds between the newest two readings.
    pub(crate) reading_interval: i64,
    /// Number of declared changes before the newest reading.
    pub(crate) changes: usize,
    /// Continued register minus raw register.
    pub(crate) offset: MilliWattHours,
    pub(crate) last_good: Option<RegisterPoint>,
    /// No energy was counted since the series of `last_good` began, so `last_good` may
    /// itself be wrong.
    pub(crate) unconfirmed: bool,
    /// `last_good` is a register value that the organiser declared.
    pub(crate) declared: bool,
    /// When the register took its present value, or a day of it was given up as unknown or
    /// as without use.
    pub(crate) last_change: Time,
    /// When the register took its present value, and the newest boundary before.
    pub(crate) still_since: Time,
    pub(crate) boundary_at_still: Option<Boundary>,
    /// The first plausible points of this hour and of the hour before that had one.
    pub(crate) hourly: [Option<RegisterPoint>; 2],
    pub(crate) suspect: Option<SuspectPoint>,
    /// Power of the newest reading, for display.
    pub(crate) displayed_power: Option<Watts>,
    /// Power at `last_good`.
    pub(crate) power: Option<Watts>,
    /// The newest boundary, and that before the register last changed.
    pub(crate) boundary: Option<Boundary>,
    pub(crate) boundary_at_change: Option<Boundary>,
    /// Integral of the power since the register changed, W·s.
    pub(crate) work: i64,
    pub(crate) pending: Vec<PendingBoundary>,
    /// The last step filled a gap by the load profile.
    pub(crate) used_profile: bool,
    /// The newest export register, and by how much it rose since the first, Wh as the meter
    /// has it.
    pub(crate) export: Option<WattHours>,
    pub(crate) exported: WattHours,
}

impl RegisterState {
    /// The first quarter-hour that a later reading can still change; `None` before the
    /// first plausible point.
    pub(crate) fn first_open_quarter(&self) -> Option<QuarterHour> {
        self.last_good?;
        let open = QuarterHour::containing(self.still_since);
        Some(self.boundary_at_still.map_or(open, |boundary| boundary.quarter.min(open)))
    }

    /// Keeps the first plausible points of the newest two hours, so that the recent
    /// consumption is known over one to two hours.
    pub(super) fn keep_hourly(&mut self, point: RegisterPoint) {
        let hour = Hour::containing(point.at);
        if self.hourly[0].is_none_or(|it| Hour::containing(it.at) != hour) {
            self.hourly = [Some(point), self.hourly[0]];
        }
    }

    /// Energy that the power at `last_good` gives in some seconds, W·s; not negative.
    pub(super) fn work_in(&self, seconds: i64) -> i64 {
        self.power.map_or(0, |power| power.0.max(0)).saturating_mul(seconds)
    }

    /// Consumption of the last hour or two, mWh/s.
    pub(super) fn rate(&self) -> Option<f64> {
        let good = self.last_good?;
        let from = self.hourly[1].or(self.hourly[0])?;
        let seconds = good.at.since(from.at);
        (seconds > 0).then(|| (good.register - from.register).0 as f64 / seconds as f64)
    }
}

//! The state of a meter's register, and one step of it.
use super::{
    MeterConfig,
    interpolation::Link,
    meter_config::RegisterChange,
    plausibility::{Plausibility, check},
};
use crate::{
    MilliWattHours, QuarantineReason, Sample, Time,
    time::{Hour, QuarterHour},
};

/// A plausible register value, continued over epochs and rollovers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RegisterPoint {
    pub(crate) at: Time,
    pub(crate) register: MilliWattHours,
}

/// R at the start of a quarter-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) quarter: QuarterHour,
    pub(crate) register: MilliWattHours,
    /// The readings around it are at most 15 minutes apart, or one is at it.
    pub(crate) exact: bool,
    /// Exact, or within a gap of at most four hours.
    pub(crate) firm: bool,
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
    pub(crate) exact: bool,
}

/// The energy of a quarter-hour whose two boundaries are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuarterUpdate {
    pub(crate) quarter: QuarterHour,
    pub(crate) energy: MilliWattHours,
    pub(crate) start_exact: bool,
    pub(crate) end_exact: bool,
    /// Both ends are firm.
    pub(crate) firm: bool,
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
    /// When the register took its present value.
    pub(crate) last_change: Time,
    /// The first plausible points of this hour and of the hour before that had one.
    pub(crate) hourly: [Option<RegisterPoint>; 2],
    pub(crate) suspect: Option<SuspectPoint>,
    /// Power of the newest reading, W, for display.
    pub(crate) displayed_power: Option<i64>,
    /// Power at `last_good`, W.
    pub(crate) power: Option<i64>,
    /// The newest boundary, and that before the register last changed.
    pub(crate) boundary: Option<Boundary>,
    pub(crate) boundary_at_change: Option<Boundary>,
    /// Integral of the power since the register changed, W·s.
    pub(crate) work: i64,
    pub(crate) pending: Vec<PendingBoundary>,
    /// The last step filled a gap by the load profile.
    pub(crate) used_profile: bool,
}

impl RegisterState {
    /// The first quarter-hour that a later reading can still change; `None` before the
    /// first plausible point.
    pub(crate) fn first_open_quarter(&self) -> Option<QuarterHour> {
        self.last_good?;
        let open = QuarterHour::containing(self.last_change);
        Some(self.boundary_at_change.map_or(open, |boundary| boundary.quarter.min(open)))
    }

    /// Applies the next reading, and appends the quarter-hours that it completes to
    /// `out`. `profile` gives the weights of hours where a gap is filled.
    ///
    /// # Errors
    /// Why the reading is quarantined.
    pub(crate) fn push(
        &mut self,
        config: &MeterConfig,
        sample: &Sample,
        profile: &dyn Fn(Hour) -> i64,
        out: &mut Vec<QuarterUpdate>,
    ) -> Result<(), QuarantineReason> {
        let at = sample.at;
        self.used_profile = false;
        self.reading_interval = self.newest.map_or(0, |newest| at.since(newest));
        self.newest = Some(at);
        let profile = (at > config.contest_start).then_some(profile);
        let mut link = Link { config, profile, declared: false, out };
        while let Some(change) = config.changes.get(self.changes) {
            if change.at > at {
                break;
            }
            self.change_register(change, &mut link);
        }
        let raw = config.primary_register(sample.import);
        let power = sample.power.map(|power| config.primary_power(power));
        self.displayed_power = power;
        match check(self, config, at, raw) {
            Plausibility::First => {
                self.begin(RegisterPoint { at, register: raw + self.offset }, false);
            }
            Plausibility::Plausible { carry } => {
                self.offset += carry;
                self.suspect = None;
                self.unconfirmed &= raw.0 == 0;
                self.link(RegisterPoint { at, register: raw + self.offset }, &mut link);
            }
            Plausibility::SuspectWasRight => {
                if let Some(suspect) = self.suspect.take() {
                    let register = suspect.register + self.offset;
                    self.begin(RegisterPoint { at: suspect.at, register }, false);
                }
                self.unconfirmed = false;
                self.link(RegisterPoint { at, register: raw + self.offset }, &mut link);
            }
            Plausibility::Quarantined(reason) => {
                self.suspect = Some(SuspectPoint { at, register: raw, reason });
                return Err(reason);
            }
        }
        self.power = power;
        Ok(())
    }

    /// A declared change of the register: its last value ends the old series, and its
    /// first value begins the new one at the same energy.
    fn change_register(&mut self, change: &RegisterChange, link: &mut Link<'_>) {
        let at = change.at;
        self.changes += 1;
        self.suspect = None;
        if let Some(good) = self.last_good {
            let point = RegisterPoint { at, register: change.last + self.offset };
            let amount = point.register - good.register;
            let plausible =
                amount.0 >= 0 && link.config.carries(amount, at.since(self.last_change));
            if plausible && at > good.at {
                link.declared = true;
                self.link(point, link);
                link.declared = false;
            } else if amount.0 != 0 || at < good.at {
                // The declaration contradicts the meter: the energy between is unknown.
                self.boundary = None;
            }
            let continued = self.last_good.map_or(MilliWattHours(0), |good| good.register);
            self.offset = continued - change.first;
        }
        let boundary = self.boundary.filter(|_| self.last_good.is_some_and(|good| good.at == at));
        self.begin(RegisterPoint { at, register: change.first + self.offset }, true);
        self.boundary = boundary.or(self.boundary);
        self.boundary_at_change = self.boundary;
    }

    /// Begins a series: the energy between it and earlier points is unknown.
    fn begin(&mut self, point: RegisterPoint, declared: bool) {
        self.last_good = Some(point);
        self.unconfirmed = !declared;
        self.declared = declared;
        self.last_change = point.at;
        self.hourly = [Some(point), None];
        self.power = None;
        self.work = 0;
        self.pending.clear();
        let quarter = QuarterHour::containing(point.at);
        self.boundary = (quarter.start() == point.at).then_some(Boundary {
            quarter,
            register: point.register,
            exact: true,
            firm: true,
            declared,
        });
        self.boundary_at_change = self.boundary;
    }

    /// Keeps the first plausible points of the newest two hours, so that the recent
    /// consumption is known over one to two hours.
    pub(super) fn keep_hourly(&mut self, point: RegisterPoint) {
        let hour = Hour::containing(point.at);
        if self.hourly[0].is_none_or(|it| Hour::containing(it.at) != hour) {
            self.hourly = [Some(point), self.hourly[0]];
        }
    }

    /// Consumption of the last hour or two, mWh/s.
    pub(super) fn rate(&self) -> Option<f64> {
        let good = self.last_good?;
        let from = self.hourly[1].or(self.hourly[0])?;
        let seconds = good.at.since(from.at);
        (seconds > 0).then(|| (good.register - from.register).0 as f64 / seconds as f64)
    }
}

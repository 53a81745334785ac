//! One step of the state machine: a reading, or a declared change of the register.
use super::{
    Boundary, MeterConfig, Precision, QuarterUpdate, RegisterPoint, RegisterState, SuspectPoint,
    interpolation::Link,
    meter_config::RegisterChange,
    plausibility::{Plausibility, check},
};
use crate::{
    MilliWattHours, QuarantineReason, Sample, WattHours,
    time::{Hour, QuarterHour},
};

impl RegisterState {
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
        self.keep_export(sample);
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

    fn keep_export(&mut self, sample: &Sample) {
        let Some(export) = sample.export else { return };
        let before = self.export.replace(export).unwrap_or(export);
        let rise = export.0.saturating_sub(before.0).max(0);
        self.exported = WattHours(self.exported.0.saturating_add(rise));
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
                amount.0 >= 0 && link.config.carries(amount, at.since(self.still_since));
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
        self.note_still(at);
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
            precision: Precision::Exact,
            declared,
        });
        self.boundary_at_change = self.boundary;
        self.note_still(point.at);
    }
}

//! Effect of an activity: the change of the saving from the two weeks before it to the two
//! weeks after, with its interval (`../shared/fairness.md`, "Activities").
use core::ops::Range;

use super::{Standings, house_hour};
use crate::{
    ConfidenceInterval, ParticipantIndex, Time, participant_state::ParticipantState, time::Hour,
    totals::Totals,
};

/// Days on either side, and the number of them that must be known.
const DAYS: i64 = 14;
const FEWEST: i64 = 7;

/// The measured effect of an activity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Saving of the two weeks before, percent.
    pub before_percent: f64,
    /// Saving of the two weeks after, percent.
    pub after_percent: f64,
    /// After minus before, percentage points; positive where the building used less.
    pub change_percent: f64,
    /// 90 % interval of the change.
    pub interval_percent: ConfidenceInterval,
    /// Whether the interval excludes zero.
    pub distinguishable: bool,
}

impl Standings {
    /// Effect of an activity on the local day that contains `at`; that day is on neither
    /// side. `None` while either side has less than a week of known hours with a baseline,
    /// or where the baseline period is too short for an interval.
    pub fn effect(&self, who: ParticipantIndex, at: Time, now: Time) -> Option<Effect> {
        let state = &self.states[who.0 as usize];
        let calendar = &state.calendar;
        let day = calendar.date(at);
        let (from, until) = (
            Hour::containing(calendar.midnight(day)),
            Hour::containing(calendar.midnight(crate::calendar::days_after(day, 1))),
        );
        let after_end = (until + DAYS * 24).min(Hour::containing(now));
        let before = self.sums(state, from - DAYS * 24..from);
        let after = self.sums(state, until..after_end);
        if before.matched_hours.min(after.matched_hours) < FEWEST * 24 {
            return None;
        }
        let (before, after) = (before.saving()?, after.saving()?);
        let half = state.fitted.as_ref()?.validation.change_half_width(DAYS as usize)?;
        let change = after - before;
        Some(Effect {
            before_percent: before * 100.0,
            after_percent: after * 100.0,
            change_percent: change * 100.0,
            interval_percent: ConfidenceInterval::around(change * 100.0, half * 100.0),
            distinguishable: change.abs() > half,
        })
    }

    /// Effect of an activity on a local day.
    pub fn effect_on(
        &self,
        who: ParticipantIndex,
        day: jiff::civil::Date,
        now: Time,
    ) -> Option<Effect> {
        self.effect(who, self.states[who.0 as usize].calendar.at(day, 12), now)
    }

    /// Sums of the contest hours in a range.
    pub(super) fn sums(&self, state: &ParticipantState, hours: Range<Hour>) -> Totals {
        let meter_days = &self.meter_days[state.meters.clone()];
        let periods = state.periods_within(
            hours,
            |hour| house_hour(meter_days, hour),
            |hour| state.contest_baseline(hour),
        );
        let mut totals = Totals::default();
        periods.iter().for_each(|period| totals += period.totals);
        totals
    }
}

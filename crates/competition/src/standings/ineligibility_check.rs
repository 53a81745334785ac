//! Why a participant is not ranked under a rule: the first reason that holds.
use super::{
    Standings,
    board::{Figures, RECENT_DAYS},
    hour_energy,
};
use crate::{
    QuarantineReason, Rule, Status, Time,
    calendar::days_after,
    eligibility::Ineligibility,
    energy::{Grade, MAX_FIRM_GAP},
    meter_days::MeterDays,
    participant_state::ParticipantState,
    time::{Hour, each_hour},
    totals::Totals,
};

/// Readings above the capacity that are no single fault.
const MANY_STEPS: u64 = 24;
/// Share of the contest's hours that may be below zero: a sub-meter that has more than the
/// main meter in some hours is not right in the others either.
const MAX_BELOW_ZERO: f64 = 0.02;

impl Standings {
    /// The first reason why a participant is not ranked.
    pub(super) fn ineligibility(
        &self,
        state: &ParticipantState,
        rule: Rule,
        figures: &Figures,
        status: Status,
        now: Time,
    ) -> Option<Ineligibility> {
        let limits = &self.competition.thresholds;
        if state.meters.is_empty() {
            return Some(Ineligibility::NoMeter);
        }
        if let Some(reason) = self.missing_production(state, figures) {
            return Some(reason);
        }
        // Before all that may follow from it.
        if let Some((share, words)) = state.doubts.material(now, &self.competition.doubts) {
            return Some(Ineligibility::Doubt { share, words });
        }
        let by_baseline =
            matches!(rule, Rule::Saving | Rule::SavingPerEmployee | Rule::MostImproved);
        let too_short = by_baseline && state.complete_days < limits.baseline_days;
        let covered = figures.coverage.is_none_or(|share| share >= limits.coverage);
        if (too_short || !covered)
            && let Some(kilowatts) = self.exceeded_capacity(state)
        {
            return Some(Ineligibility::Capacity { kilowatts });
        }
        if too_short {
            let (days, needed) = (state.complete_days, limits.baseline_days);
            let excluded = state.excluded_days();
            if excluded > 0 && days + excluded >= needed {
                return Some(Ineligibility::ExcludedDays { days, needed, excluded });
            }
            if let Some(reason) = self.meter_without_history(state) {
                return Some(reason);
            }
            if self.estimated_days(state) >= needed {
                let most = MAX_FIRM_GAP / Hour::SECONDS;
                return Some(Ineligibility::FarApart { days, needed, most });
            }
            return Some(Ineligibility::BaselineDays {
                days,
                needed,
                first: state.first_complete_day(),
            });
        }
        if status == Status::Upcoming {
            return Some(Ineligibility::NotBegun { start: self.competition.contest.start });
        }
        let cv_rmse = figures.fit.map(|fit| fit.cv_rmse);
        let bad = cv_rmse.filter(|cv_rmse| *cv_rmse > limits.cv_rmse);
        let coverage = figures.coverage.filter(|_| figures.totals.hours > 0);
        let Totals { energy, hours, unplaced_hours, below_zero_hours, .. } = figures.totals;
        let elapsed = state.elapsed_hours(now) as f64;
        if below_zero_hours as f64 > MAX_BELOW_ZERO * elapsed {
            return Some(Ineligibility::BelowZero { hours: below_zero_hours });
        }
        if energy.0 < 0 {
            return Some(Ineligibility::BelowZero { hours });
        }
        match (rule, coverage) {
            (_, None) if unplaced_hours > 0 => Some(self.coverage_gap(state, figures, 0.0, now)),
            (_, None) => Some(Ineligibility::Silent),
            (_, Some(share)) if share < limits.coverage => {
                Some(self.coverage_gap(state, figures, share, now))
            }
            _ if by_baseline && (figures.saving.is_none() || cv_rmse.is_none()) => {
                Some(Ineligibility::NoSaving)
            }
            _ if by_baseline && bad.is_some() => {
                let because = state.doubts.largest(now).map(|doubt| doubt.headline.clone());
                bad.map(|cv_rmse| Ineligibility::Fit { cv_rmse, most: limits.cv_rmse, because })
            }
            (Rule::Intensity, _) if figures.intensity.is_none() => Some(Ineligibility::NoArea),
            (Rule::Night, _) => self.night_ineligibility(state, figures, now),
            (Rule::SavingPerEmployee, _) if figures.saved_per_employee.is_none() => {
                Some(Ineligibility::NoStaff)
            }
            (Rule::MostImproved, _) if figures.improvement.is_none() => {
                let start = self.competition.contest.start;
                Some(Ineligibility::TooEarly { from: days_after(start, RECENT_DAYS) })
            }
            _ => None,
        }
    }

    /// Days of the baseline period whose energy is known, if only as a part of a gap: those
    /// whose hour at noon is, give or take the hour of summer time.
    fn estimated_days(&self, state: &ParticipantState) -> u32 {
        let meter_days = &self.meter_days[state.meters.clone()];
        let baseline = &state.calendar.baseline;
        let noons = each_hour(baseline).skip(12).step_by(24);
        let known = noons.filter_map(|hour| hour_energy(meter_days, hour));
        known.filter(|it| it.grade >= Grade::Estimated).count() as u32
    }

    /// The capacity of a meter with a day of readings or more that rose by more than it, kW.
    fn exceeded_capacity(&self, state: &ParticipantState) -> Option<i64> {
        let meter_days = &self.meter_days[state.meters.clone()];
        let steps = |meter: &MeterDays| -> u64 {
            let tallies = meter.days().flat_map(|(_, day)| &day.quarantined);
            let steps = tallies.filter(|tally| tally.reason == QuarantineReason::Step);
            steps.map(|tally| tally.count).sum()
        };
        let exceeded = meter_days.iter().find(|meter| steps(meter) >= MANY_STEPS);
        exceeded.map(|meter| meter.config.capacity.0 / 1000)
    }

    /// Ranking by night load needs measured nights; a filled gap has no night load.
    fn night_ineligibility(
        &self,
        state: &ParticipantState,
        figures: &Figures,
        now: Time,
    ) -> Option<Ineligibility> {
        let needed = self.competition.thresholds.coverage;
        let nights = state.elapsed_night_hours(now);
        let share = figures.totals.night_hours as f64 / nights.max(1) as f64;
        if nights > 0 && share < needed {
            return Some(Ineligibility::Nights { share, needed });
        }
        figures.night.is_none().then_some(Ineligibility::NoArea)
    }

    /// Why too few hours are known: since when a register is in quarantine, that gaps
    /// reach over an edge, or from which day the needed share would be reached if no more
    /// hours were missing.
    fn coverage_gap(
        &self,
        state: &ParticipantState,
        figures: &Figures,
        share: f64,
        now: Time,
    ) -> Ineligibility {
        let needed = self.competition.thresholds.coverage;
        let meter_days = &self.meter_days[state.meters.clone()];
        let active = meter_days.iter().filter(|it| it.is_active(Hour::containing(now)));
        let doubted = active.filter(|it| it.state.suspect.is_some());
        if let Some(good) = doubted.filter_map(|it| it.state.last_good).map(|good| good.at).min() {
            return Ineligibility::Quarantine { share, since: state.calendar.date(good) };
        }
        let elapsed = state.elapsed_hours(now) as f64;
        let hours = figures.totals.unplaced_hours;
        if (figures.totals.hours + hours) as f64 >= needed * elapsed {
            return Ineligibility::GapOverEdge { share, needed, hours };
        }
        // (known + x) / (elapsed + x) = needed
        let more = (elapsed * (needed - share) / (1.0 - needed)).ceil();
        let end = state.calendar.contest.end.start();
        let at = Some(now.plus_seconds((more as i64).saturating_mul(Hour::SECONDS)))
            .filter(|at| more.is_finite() && *at < end);
        let from = at.map(|at| days_after(state.calendar.date(at), 1));
        Ineligibility::Coverage { share, needed, from }
    }
}

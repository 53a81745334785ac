//! Recomputation: first the days of late samples, then the baselines that they change,
//! then the sums of the contest.
use super::{Standings, house_hour};
use crate::{
    Baseline, Celsius, ContestTotals, Method, MilliWattHours, ParticipantIndex, ReadingSource,
    Revision, Time,
    baseline::{FitOptions, FittedBaseline, Observation, fit_baseline, log_half_width},
    bin_sums::MIN_HOURS,
    calendar::TimeOfWeek,
    contest_baseline::ContestBaseline,
    participant_state::ParticipantState,
    reference_baselines::{last_year, last_year_half_width, three_weeks, three_weeks_half_width},
    time::{Hour, QuarterHour, each_hour},
    weather::Weather,
};

/// Rounds of doubts and fits.
const ROUNDS: usize = 3;

impl Standings {
    /// Sets the outdoor temperature at a participant in the hour that contains `at`.
    /// Temperatures come in any order; the last value of an hour holds. The leaderboard
    /// follows with [`Standings::settle`].
    /// [`crate::DayRecord`]s do not contain them: set them again after a restart.
    pub fn temperature(&mut self, who: ParticipantIndex, at: Time, outdoor: Celsius) {
        let hour = Hour::containing(at);
        let state = &mut self.states[who.0 as usize];
        state.set_temperature(hour, outdoor);
        if state.doubts_outdated {
            self.peer_temperatures.invalidate();
        }
        if state.needs_settling() {
            self.enqueue(who.0 as usize);
        }
    }

    pub(super) fn enqueue(&mut self, who: usize) {
        if !std::mem::replace(&mut self.states[who].queued, true) {
            self.queue.push(who);
        }
    }

    /// The contest sums of a participant over all hours known now.
    pub fn contest_totals(&self, who: ParticipantIndex) -> ContestTotals {
        self.states[who.0 as usize].totals().published()
    }

    /// Whether [`Standings::settle`] has nothing to do.
    pub fn is_settled(&self) -> bool {
        self.queue.is_empty()
    }

    /// Recomputes the days of late samples, fits baselines whose training data changed, and
    /// returns the participants whose sums changed. Call it before publishing and before
    /// [`Standings::days`]. A fit takes about three milliseconds.
    pub fn settle(&mut self, history: &dyn ReadingSource) -> Vec<Revision> {
        self.compare_temperatures();
        let mut queue = std::mem::take(&mut self.queue);
        queue.sort_unstable();
        let revisions = queue.iter().filter_map(|who| self.settle_one(*who, history)).collect();
        queue.clear();
        self.queue = queue;
        revisions
    }

    fn settle_one(&mut self, who: usize, history: &dyn ReadingSource) -> Option<Revision> {
        if self.states[who].needs_prediction() && !self.states[who].needs_fit {
            self.predict_again(who);
        }
        let before = self.states[who].totals();
        let mut from = self.recompute(who, history);
        // A fit may fill gaps in another way, which may concern doubts; doubts change what
        // is fitted to. Few rounds are enough: doubts rest on what was measured.
        for _ in 0..ROUNDS {
            self.check_doubts(who);
            let state = &self.states[who];
            if state.needs_fit && state.has_contest_reading {
                let refilled = self.refill_gaps(who, history);
                let start = self.states[who].calendar.contest.start.first_quarter();
                from = from.into_iter().chain(refilled).chain([start]).min();
                self.refit(who);
            }
        }
        self.states[who].doubts_outdated = false;
        self.check_saving(who);
        self.states[who].queued = false;
        let after = self.states[who].totals();
        (before != after).then(|| Revision {
            participant: ParticipantIndex(who as u32),
            from: from.map_or(Time(0), QuarterHour::start),
            before: before.published(),
            after: after.published(),
        })
    }

    /// Fills the gaps of the contest again where the load profile that shapes them
    /// changed.
    fn refill_gaps(&mut self, who: usize, history: &dyn ReadingSource) -> Option<QuarterHour> {
        let state = &mut self.states[who];
        let profile = state.bin_sums.load_profile();
        if profile == state.load_profile && !std::mem::take(&mut state.restored) {
            return None;
        }
        state.load_profile = profile;
        self.meter_days[state.meters.clone()].iter_mut().for_each(|days| days.invalidate_profile());
        self.recompute(who, history)
    }

    fn refit(&mut self, who: usize) {
        let state = &self.states[who];
        let MethodFit { fitted, weather, baseline, .. } = self.fit(state, self.competition.method);
        let meter_days = &self.meter_days[state.meters.clone()];
        let state = &mut self.states[who];
        state.needs_fit = false;
        state.set_fit(fitted, weather);
        state.set_contest_baseline(baseline, |hour| house_hour(meter_days, hour));
    }

    /// Predicts the contest again, by the same fit with other temperatures.
    fn predict_again(&mut self, who: usize) {
        let meter_days = &self.meter_days[self.states[who].meters.clone()];
        let state = &mut self.states[who];
        let Some(fitted) = state.fitted.take() else { return };
        let weather = state.weather.of_method(&state.calendar, self.competition.method.smoothing);
        let contest = state.calendar.contest.clone();
        let baseline =
            ContestBaseline::new(&contest, |hour| state.predict(&fitted, &weather, hour));
        state.set_fit(Some(fitted), weather);
        state.set_contest_baseline(baseline, |hour| house_hour(meter_days, hour));
    }

    /// The baseline of the contest by a method, and its fit where the method fits a
    /// model. The baseline is empty while there are too few training hours.
    pub(super) fn fit(&self, state: &ParticipantState, method: Method) -> MethodFit {
        let contest = state.calendar.contest.clone();
        let meter_days = &self.meter_days[state.meters.clone()];
        let weather = state.weather.of_method(&state.calendar, method.smoothing);
        let training = state.training_hours(&weather, |hour| house_hour(meter_days, hour));
        let mut fit = MethodFit {
            fitted: None,
            weather,
            baseline: ContestBaseline::empty(&contest),
            training,
        };
        if fit.training.len() < MIN_HOURS as usize {
            return fit;
        }
        let months = each_hour(&contest).filter_map(|hour| state.calendar.month(hour));
        let options = FitOptions {
            use_temperature: method.baseline.uses_temperature(),
            select_temperature: method.select_temperature,
            half_life: method.half_life,
            level: method.level,
            end: state.calendar.reference.end,
            months: months.collect(),
        };
        let reference = |predict: &dyn Fn(Hour) -> Option<f64>| {
            ContestBaseline::new(&contest, |hour| predict(hour).map(MilliWattHours::from_kwh))
        };
        match method.baseline {
            Baseline::Level | Baseline::Hours | Baseline::HoursTemperature | Baseline::Season => {
                let Some(mut fitted) = fit_baseline(&fit.training, &options) else { return fit };
                if method.baseline == Baseline::Season {
                    let bin = |hour| state.calendar.time_of_week(hour).map_or(0, TimeOfWeek::bin);
                    let hours = each_hour(&contest).map(|hour| (hour, bin(hour)));
                    fitted = fitted.with_season(&fit.training, hours);
                }
                fit.baseline = ContestBaseline::new(&contest, |hour| {
                    state.predict(&fitted, &fit.weather, hour)
                });
                fit.fitted = Some(fitted);
            }
            Baseline::LastYear => {
                fit.baseline = reference(&last_year(&fit.training, year_before(state)));
            }
            Baseline::ThreeWeeksBefore => {
                fit.baseline = reference(&three_weeks(&fit.training, contest.start));
            }
        }
        fit
    }
}

/// The baseline of the contest by a method, with what it was computed from.
pub(super) struct MethodFit {
    /// Where the method fits a model.
    pub(super) fitted: Option<FittedBaseline>,
    /// The temperatures that the model predicts with.
    pub(super) weather: Weather,
    pub(super) baseline: ContestBaseline,
    training: Vec<Observation>,
}

impl MethodFit {
    /// w of a saving over `days` days by a method that fits no model, from its errors
    /// within the training; `None` where that is too short.
    pub(super) fn reference_half_width(
        &self,
        state: &ParticipantState,
        method: Method,
        days: usize,
    ) -> Option<f64> {
        let share = match method.baseline {
            Baseline::LastYear => last_year_half_width(&self.training, year_before(state), days),
            Baseline::ThreeWeeksBefore => three_weeks_half_width(&self.training, days),
            Baseline::Level | Baseline::Season | Baseline::HoursTemperature | Baseline::Hours => {
                None
            }
        };
        share.map(log_half_width)
    }
}

/// Hours of the year before the contest: those of 365 days, or of 366 across a
/// 29 February.
fn year_before(state: &ParticipantState) -> i64 {
    let start = state.calendar.contest.start;
    start - Hour::containing(state.calendar.year_before(start.start()))
}

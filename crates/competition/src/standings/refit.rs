//! Settling: late days, then baselines, then the contest's sums by them.
use super::{Standings, hour_energy};
use crate::{
    Baseline, Celsius, ContestTotals, Method, MilliWattHours, ParticipantIndex, ReadingSource,
    Revision, Time,
    baseline::{FitOptions, FittedBaseline, fit_baseline},
    calendar::TimeOfWeek,
    participant_state::{ContestBaseline, ParticipantState},
    reference_baselines::{last_year, last_year_half_width, three_weeks, three_weeks_half_width},
    time::{Hour, QuarterHour, each_hour},
};

impl Standings {
    /// The outdoor temperature at a participant in the hour that holds `at`; from
    /// the start of the baseline on, in any order, at most one value an hour, the
    /// last holds. Not kept in [`crate::DayRecord`]: give it again after a restart.
    pub fn temperature(&mut self, who: ParticipantIndex, at: Time, outdoor: Celsius) {
        let hour = Hour::containing(at);
        let house = &mut self.houses[who.0 as usize];
        let energy = hour_energy(&self.ledgers[house.meters.clone()], hour);
        house.set_temperature(hour, outdoor, energy);
        if house.needs_fit && house.has_contest_reading {
            self.enqueue(who.0 as usize);
        }
    }

    pub(super) fn enqueue(&mut self, who: usize) {
        if !std::mem::replace(&mut self.houses[who].queued, true) {
            self.queue.push(who);
        }
    }

    /// A participant's contest sums, by all hours known now.
    pub fn contest_totals(&self, who: ParticipantIndex) -> ContestTotals {
        self.houses[who.0 as usize].totals().published()
    }

    /// Whether nothing late waits and no baseline has to be fitted anew.
    pub fn is_settled(&self) -> bool {
        self.queue.is_empty()
    }

    /// Recomputes what late samples touched, refits baselines that changed, and
    /// says whose sums moved by that. Call it before publishing and before
    /// [`Standings::days`]. Constant work where there is nothing to do; a fit
    /// costs some three milliseconds.
    pub fn settle(&mut self, history: &dyn ReadingSource) -> Vec<Revision> {
        let mut queue = std::mem::take(&mut self.queue);
        queue.sort_unstable();
        let moved = queue.iter().filter_map(|who| self.settle_one(*who, history)).collect();
        queue.clear();
        self.queue = queue;
        moved
    }

    fn settle_one(&mut self, who: usize, history: &dyn ReadingSource) -> Option<Revision> {
        let before = self.houses[who].totals();
        let mut from = self.recompute(who, history);
        let house = &self.houses[who];
        if house.needs_fit && house.has_contest_reading {
            let shaped = self.reshape(who, history);
            let start = self.houses[who].calendar.contest.start.first_quarter();
            from = from.into_iter().chain(shaped).chain([start]).min();
            self.refit(who);
        }
        self.houses[who].queued = false;
        let after = self.houses[who].totals();
        (before != after).then(|| Revision {
            participant: ParticipantIndex(who as u32),
            from: from.map_or(Time(0), QuarterHour::start),
            before: before.published(),
            after: after.published(),
        })
    }

    /// Gaps of the contest go by the baseline's profile: where that changed they
    /// are filled again.
    fn reshape(&mut self, who: usize, history: &dyn ReadingSource) -> Option<QuarterHour> {
        let house = &mut self.houses[who];
        let profile = house.bin_sums.load_profile();
        if profile == house.load_profile && !std::mem::take(&mut house.restored) {
            return None;
        }
        house.load_profile = profile;
        self.ledgers[house.meters.clone()]
            .iter_mut()
            .for_each(|ledger| ledger.invalidate_profile());
        self.recompute(who, history)
    }

    fn refit(&mut self, who: usize) {
        let house = &self.houses[who];
        let (fitted, baseline) = self.fit(house, self.competition.method);
        let ledgers = &self.ledgers[house.meters.clone()];
        let house = &mut self.houses[who];
        house.needs_fit = false;
        house.fitted = fitted;
        house.set_contest_baseline(baseline, |hour| hour_energy(ledgers, hour));
    }

    /// The baseline of the contest by a method, and its fit where the method fits a
    /// model. The baseline is empty while there are too few training hours.
    pub(super) fn fit(
        &self,
        house: &ParticipantState,
        method: Method,
    ) -> (Option<FittedBaseline>, ContestBaseline) {
        let contest = house.calendar.contest.clone();
        if !house.bin_sums.is_enough() {
            return (None, ContestBaseline::empty(&contest));
        }
        let ledgers = &self.ledgers[house.meters.clone()];
        let training_hours = house.training_hours(|hour| hour_energy(ledgers, hour));
        let options = FitOptions {
            use_temperature: method.baseline.uses_temperature(),
            half_life: method.half_life,
            end: contest.start,
            contest_hours: contest.end - contest.start,
        };
        let reference = |predict: &dyn Fn(Hour) -> Option<f64>| {
            ContestBaseline::new(&contest, |hour| predict(hour).map(MilliWattHours::from_kwh))
        };
        match method.baseline {
            Baseline::Hours | Baseline::HoursTemperature | Baseline::Season => {
                let Some(mut fitted) = fit_baseline(&training_hours, &options) else {
                    return (None, ContestBaseline::empty(&contest));
                };
                if method.baseline == Baseline::Season {
                    let bin = |hour| house.calendar.time_of_week(hour).map_or(0, TimeOfWeek::bin);
                    let hours = each_hour(&contest).map(|hour| (hour, bin(hour)));
                    fitted = fitted.with_season(&training_hours, hours);
                }
                let baseline = ContestBaseline::new(&contest, |hour| house.predict(&fitted, hour));
                (Some(fitted), baseline)
            }
            Baseline::LastYear => {
                (None, reference(&last_year(&training_hours, year_before(house))))
            }
            Baseline::ThreeWeeksBefore => {
                (None, reference(&three_weeks(&training_hours, contest.start)))
            }
        }
    }

    /// Half-width of the interval of a baseline that fits nothing, by its error within
    /// the training. `None` where that is too short, as one year is for last year's.
    pub(super) fn reference_half_width(
        &self,
        house: &ParticipantState,
        method: Method,
        days: usize,
    ) -> Option<f64> {
        let ledgers = &self.ledgers[house.meters.clone()];
        let training_hours = house.training_hours(|hour| hour_energy(ledgers, hour));
        match method.baseline {
            Baseline::LastYear => last_year_half_width(&training_hours, year_before(house), days),
            Baseline::ThreeWeeksBefore => three_weeks_half_width(&training_hours, days),
            Baseline::Season | Baseline::HoursTemperature | Baseline::Hours => None,
        }
    }
}

/// Hours of the year before the contest: 365 days, or 366 over a 29 February.
fn year_before(house: &ParticipantState) -> i64 {
    let start = house.calendar.contest.start;
    start - Hour::containing(house.calendar.year_before(start.start()))
}

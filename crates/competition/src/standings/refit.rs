//! Settling: late days, then baselines, then the contest's sums by them.
use super::{Standings, known};
use crate::{
    Baseline, Celsius, ContestTotals, Method, ParticipantIndex, ReadingSource, Revision, Time,
    baseline::{FitOptions, FittedBaseline, fit_baseline},
    calendar::{
        TimeOfWeek,
        grid::{HOUR, QUARTER, hour_of},
    },
    participant_state::{ParticipantState, UNKNOWN, milli},
    reference_baselines::{last_year, last_year_width, three_weeks, three_weeks_width},
};

impl Standings {
    /// The outdoor temperature at a participant in the hour that holds `at`; from
    /// the start of the baseline on, in any order, at most one value an hour, the
    /// last holds. Not kept in [`crate::DayRecord`]: give it again after a restart.
    pub fn temperature(&mut self, who: ParticipantIndex, at: Time, outdoor: Celsius) {
        let hour = hour_of(at.0);
        let house = &mut self.houses[who.0 as usize];
        let energy = known(&self.ledgers[house.meters.clone()], hour);
        house.set_temperature(hour, outdoor.0, energy);
        if house.stale && house.begun {
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
        let mut from = self.redo(who, history);
        let house = &self.houses[who];
        if house.stale && house.begun {
            let shaped = self.reshape(who, history);
            let start = house_contest(&self.houses[who]);
            from = from.into_iter().chain(shaped).chain([start]).min();
            self.refit(who);
        }
        self.houses[who].queued = false;
        let after = self.houses[who].totals();
        (before != after).then(|| Revision {
            participant: ParticipantIndex(who as u32),
            from: Time(from.unwrap_or(0).saturating_mul(QUARTER)),
            before: before.published(),
            after: after.published(),
        })
    }

    /// Gaps of the contest go by the baseline's profile: where that changed they
    /// are filled again.
    fn reshape(&mut self, who: usize, history: &dyn ReadingSource) -> Option<i64> {
        let house = &mut self.houses[who];
        let profile = house.training.profile();
        if profile == house.profile && !std::mem::take(&mut house.fresh) {
            return None;
        }
        house.profile = profile;
        self.ledgers[house.meters.clone()].iter_mut().for_each(|ledger| ledger.reshape());
        self.redo(who, history)
    }

    fn refit(&mut self, who: usize) {
        let house = &self.houses[who];
        let (learnt, expected) = self.expectations(house, self.competition.method);
        let ledgers = &self.ledgers[house.meters.clone()];
        let house = &mut self.houses[who];
        house.stale = false;
        house.learnt = learnt;
        house.expect(expected, |hour| known(ledgers, hour));
    }

    /// What a method expects of each contest hour; empty while there is too
    /// little to learn from.
    pub(super) fn expectations(
        &self,
        house: &ParticipantState,
        method: Method,
    ) -> (Option<FittedBaseline>, Vec<i64>) {
        if !house.training.is_enough() {
            return (None, Vec::new());
        }
        let ledgers = &self.ledgers[house.meters.clone()];
        let training_hours = house.training_hours(|hour| known(ledgers, hour));
        let contest = house.calendar.contest.clone();
        let how = FitOptions {
            temperature: method.baseline.uses_temperature(),
            half_life: method.half_life,
            until: contest.start,
            contest: contest.end - contest.start,
        };
        let by = |expect: &dyn Fn(i64) -> Option<f64>| {
            contest.clone().map(|hour| expect(hour).map_or(UNKNOWN, milli)).collect()
        };
        match method.baseline {
            Baseline::Hours | Baseline::HoursTemperature | Baseline::Season => {
                let Some(mut learnt) = fit_baseline(&training_hours, &how) else {
                    return (None, Vec::new());
                };
                if method.baseline == Baseline::Season {
                    let slot = |hour| house.calendar.time_of_week(hour).map_or(0, TimeOfWeek::bin);
                    let hours = contest.clone().map(|hour| (hour, slot(hour)));
                    learnt = learnt.with_season(&training_hours, hours);
                }
                let expected = contest.map(|hour| house.predict(&learnt, hour)).collect();
                (Some(learnt), expected)
            }
            Baseline::LastYear => (None, by(&last_year(&training_hours, year_before(house)))),
            Baseline::ThreeWeeksBefore => (None, by(&three_weeks(&training_hours, contest.start))),
        }
    }

    /// Half-width of the interval of a baseline that fits nothing, by its error within
    /// the training. `None` where that is too short, as one year is for last year's.
    pub(super) fn simple_width(
        &self,
        house: &ParticipantState,
        method: Method,
        days: usize,
    ) -> Option<f64> {
        let ledgers = &self.ledgers[house.meters.clone()];
        let training_hours = house.training_hours(|hour| known(ledgers, hour));
        match method.baseline {
            Baseline::LastYear => last_year_width(&training_hours, year_before(house), days),
            Baseline::ThreeWeeksBefore => three_weeks_width(&training_hours, days),
            Baseline::Season | Baseline::HoursTemperature | Baseline::Hours => None,
        }
    }
}

/// Hours of the year before the contest: 365 days, or 366 over a 29 February.
fn year_before(house: &ParticipantState) -> i64 {
    let start = Time(house.calendar.contest.start * HOUR);
    hour_of(start.0) - hour_of(house.calendar.year_before(start).0)
}

fn house_contest(house: &ParticipantState) -> i64 {
    house.calendar.contest.start * 4
}

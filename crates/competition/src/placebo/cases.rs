//! The windows of the placebo bench, and one method's saving in each.
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
};

use super::{Building, Case, Detail, Place};
use crate::{
    Baseline, Competition, Method, Period, Time,
    baseline::{FitOptions, Observation, fit_baseline, interval},
    calendar::{Calendar, grid::HOUR},
    reference_baselines::{last_year, median, relative, three_weeks, three_weeks_width},
};

/// Days of the training year that must be there, and the share of their hours.
const FULL_DAYS: usize = 329;
const FULL: f64 = 0.9;
/// Others that a comparison group needs.
const OTHERS: usize = 3;

pub(super) fn score(buildings: &[Building], place: &Place, method: Method) -> Vec<Case> {
    let each = buildings.iter().enumerate();
    let mut cases: Vec<Case> =
        each.flat_map(|(number, building)| of_building(number, building, place, method)).collect();
    if method.comparison_group {
        let plain = cases.clone();
        for case in &mut cases {
            let others = plain
                .iter()
                .filter(|other| other.from == case.from && other.building != case.building);
            let others: Vec<f64> = others.map(|other| other.saving).collect();
            if others.len() >= OTHERS {
                let shift = median(others);
                case.saving = relative(case.saving, shift);
                case.interval = case.interval.map(|ends| ends.map(|end| relative(end, shift)));
            }
        }
    }
    cases
}

fn of_building(number: usize, building: &Building, place: &Place, method: Method) -> Vec<Case> {
    windows(building, place).iter().filter_map(|window| window.case(number, method)).collect()
}

pub(super) fn detail(building: &Building, place: &Place, method: Method) -> Vec<Detail> {
    windows(building, place).iter().filter_map(|window| window.detail(method)).collect()
}

fn windows(building: &Building, place: &Place) -> Vec<Window> {
    let zone = &place.timezone;
    let local = |at: i64| {
        let at = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
        zone.to_datetime(at).date()
    };
    let (start, end) = (building.start.0, building.start.0 + building.hours.len() as i64 * HOUR);
    let (first, last) = (local(start), local(end));
    let mut competition = Competition::new(
        "placebo",
        zone.clone(),
        Period { start: first, end: last },
        Period { start: last, end: last },
    );
    competition.holidays = place.holidays;
    let calendar = Calendar::new(&competition, &[]);
    let mut month = date(first.year(), first.month(), 1);
    let mut windows = Vec::new();
    while month < last {
        windows.extend(Window::new(building, &calendar, month));
        month = month.saturating_add(1.month());
    }
    windows
}

/// Twelve months and three.
struct Window {
    training: Vec<Observation>,
    contest: Vec<Observation>,
    /// All hours of the contest with their bins, known or not.
    slots: Vec<(i64, usize)>,
    from: i64,
    until: i64,
    calendar_year: i64,
}

impl Window {
    fn new(building: &Building, calendar: &Calendar, from: Date) -> Option<Self> {
        let hour = |date: Date| calendar.midnight(date).0 / HOUR;
        let before = hour(from.saturating_sub(1.year()));
        let (from, until) = (hour(from), hour(from.saturating_add(3.months())));
        let first = building.start.0 / HOUR;
        if before < first || until > first + building.hours.len() as i64 {
            return None;
        }
        let take = |from: i64, until: i64| -> Vec<Observation> {
            let known = |hour: i64| {
                let (energy, outdoor) = *building.hours.get((hour - first) as usize)?;
                let bin = calendar.time_of_week(hour)?.bin();
                Some(Observation {
                    hour,
                    bin,
                    outdoor: outdoor.unwrap_or(f64::NAN),
                    energy: energy?,
                })
            };
            (from..until).filter_map(known).collect()
        };
        let (training, contest) = (take(before, from), take(from, until));
        let days = training.chunk_by(|a, b| a.hour.div_euclid(24) == b.hour.div_euclid(24));
        let full = days.filter(|day| day.len() as f64 >= FULL * 24.0).count();
        let enough = contest.len() as f64 >= FULL * (until - from) as f64;
        let slots =
            (from..until).filter_map(|hour| Some((hour, calendar.time_of_week(hour)?.bin())));
        (full >= FULL_DAYS && enough).then(|| Self {
            training,
            contest,
            slots: slots.collect(),
            from,
            until,
            calendar_year: from - before,
        })
    }

    fn how(&self, method: Method) -> FitOptions {
        FitOptions {
            temperature: method.baseline.uses_temperature(),
            half_life: method.half_life,
            until: self.from,
            contest: self.until - self.from,
        }
    }

    /// Hour by hour what a fitted model expects, in the training year too.
    fn detail(&self, method: Method) -> Option<Detail> {
        let mut learnt = fit_baseline(&self.training, &self.how(method))?;
        if method.baseline == Baseline::Season {
            learnt = learnt.with_season(&self.training, self.slots.iter().copied());
        }
        let hours = self.training.iter().chain(&self.contest).map(|hour| {
            let expected = learnt.predict(hour.hour, hour.bin, hour.outdoor);
            (Time(hour.hour * HOUR), hour.energy, expected)
        });
        Some(Detail {
            from: Time(self.from * HOUR),
            until: Time(self.until * HOUR),
            warm: learnt.model.has_temperature(),
            hours: hours.collect(),
        })
    }

    fn case(&self, building: usize, method: Method) -> Option<Case> {
        let how = self.how(method);
        let (saving, ends) = match method.baseline {
            Baseline::Hours | Baseline::HoursTemperature | Baseline::Season => {
                let mut learnt = fit_baseline(&self.training, &how)?;
                if method.baseline == Baseline::Season {
                    learnt = learnt.with_season(&self.training, self.slots.iter().copied());
                }
                let days = (self.until - self.from) as usize / 24;
                let half = learnt.outside.half_width(days)?;
                let predict =
                    |hour: &Observation| Some(learnt.predict(hour.hour, hour.bin, hour.outdoor));
                let saving = self.saving(predict)?;
                (saving, Some(interval(saving, half)))
            }
            Baseline::LastYear => {
                let expect = last_year(&self.training, self.calendar_year);
                (self.saving(|hour| expect(hour.hour))?, None)
            }
            Baseline::ThreeWeeksBefore => {
                let expect = three_weeks(&self.training, self.from);
                let saving = self.saving(|hour| expect(hour.hour))?;
                let days = (self.until - self.from) as usize / 24;
                let half = three_weeks_width(&self.training, days);
                (saving, half.map(|half| interval(saving, half)))
            }
        };
        Some(Case { building, from: Time(self.from * HOUR), saving, interval: ends })
    }

    fn saving(&self, expect: impl Fn(&Observation) -> Option<f64>) -> Option<f64> {
        let pairs = self.contest.iter().filter_map(|hour| Some((hour.energy, expect(hour)?)));
        let (energy, expected) = pairs.fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        (expected > 0.0).then(|| 1.0 - energy / expected)
    }
}

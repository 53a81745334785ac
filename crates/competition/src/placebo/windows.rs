//! The windows of the placebo bench, and one method's false saving in each.
use core::ops::Range;

use jiff::{ToSpan, civil::Date};

use super::{Building, Case, Location, PredictedHour, WindowDetail};
use crate::{
    Baseline, Celsius, Competition, Method, Period,
    baseline::{EnergySums, FitOptions, FittedBaseline, Observation, fit_baseline, interval},
    calendar::{Calendar, local_date},
    reference_baselines::{last_year, median, relative, three_weeks, three_weeks_half_width},
    time::{Hour, each_hour},
};

/// Days of the training year that must be known.
const MIN_DAYS: usize = 329;
/// Share of the hours of such a day, and of the three months, that must be known.
const MIN_SHARE: f64 = 0.9;
/// Other buildings that a comparison group needs.
const MIN_OTHERS: usize = 3;

pub(super) fn score(buildings: &[Building], location: &Location, method: Method) -> Vec<Case> {
    let each = buildings.iter().enumerate();
    let mut cases: Vec<Case> = each
        .flat_map(|(number, building)| {
            let windows = windows(building, location);
            windows.into_iter().filter_map(move |window| window.case(number, method))
        })
        .collect();
    if method.comparison_group {
        let plain = cases.clone();
        for case in &mut cases {
            let others = plain
                .iter()
                .filter(|other| other.from == case.from && other.building != case.building);
            let others: Vec<f64> = others.map(|other| other.saving).collect();
            if others.len() >= MIN_OTHERS {
                let shift = median(others);
                case.saving = relative(case.saving, shift);
                case.interval = case.interval.map(|ends| ends.map(|end| relative(end, shift)));
            }
        }
    }
    cases
}

pub(super) fn details(
    building: &Building,
    location: &Location,
    method: Method,
) -> Vec<WindowDetail> {
    windows(building, location).iter().filter_map(|window| window.detail(method)).collect()
}

fn windows(building: &Building, location: &Location) -> Vec<Window> {
    let start = Hour::containing(building.start);
    let end = start + building.hours.len() as i64;
    let date = |hour: Hour| local_date(&location.timezone, hour.start());
    let (first, last) = (date(start), date(end));
    let mut competition = Competition::new(
        "placebo",
        location.timezone.clone(),
        Period { start: first, end: last },
        Period { start: last, end: last },
    );
    competition.holidays = location.holidays;
    let calendar = Calendar::new(&competition, &[]);
    let months = first.first_of_month().series(1.month()).take_while(|month| *month < last);
    months.filter_map(|month| Window::new(building, &calendar, month)).collect()
}

/// Twelve months of training and three of a contest.
struct Window {
    training: Vec<Observation>,
    contest: Vec<Observation>,
    /// All hours of the contest with their bins, known or not.
    bins: Vec<(Hour, usize)>,
    from: Hour,
    until: Hour,
    /// Hours of the training year.
    year: i64,
}

impl Window {
    fn new(building: &Building, calendar: &Calendar, from: Date) -> Option<Self> {
        let hour = |date: Date| Hour::containing(calendar.midnight(date));
        let before = hour(from.saturating_sub(1.year()));
        let (from, until) = (hour(from), hour(from.saturating_add(3.months())));
        let first = Hour::containing(building.start);
        if before < first || until - first > building.hours.len() as i64 {
            return None;
        }
        let observations = |hours: Range<Hour>| -> Vec<Observation> {
            let observation = |hour: Hour| {
                let data = building.hours.get((hour - first) as usize)?;
                let bin = calendar.time_of_week(hour)?.bin();
                let outdoor = data.outdoor.filter(|outdoor: &Celsius| outdoor.0.is_finite());
                Some(Observation { hour, bin, outdoor, energy: data.energy? })
            };
            each_hour(&hours).filter_map(observation).collect()
        };
        let (training, contest) = (observations(before..from), observations(from..until));
        let days = training.chunk_by(|a, b| a.hour.day() == b.hour.day());
        let known_days = days.filter(|day| day.len() as f64 >= MIN_SHARE * 24.0).count();
        let enough = contest.len() as f64 >= MIN_SHARE * (until - from) as f64;
        let bins = each_hour(&(from..until))
            .filter_map(|hour| Some((hour, calendar.time_of_week(hour)?.bin())));
        (known_days >= MIN_DAYS && enough).then(|| Self {
            training,
            contest,
            bins: bins.collect(),
            from,
            until,
            year: from - before,
        })
    }

    fn fit(&self, method: Method) -> Option<FittedBaseline> {
        let options = FitOptions {
            use_temperature: method.baseline.uses_temperature(),
            half_life: method.half_life,
            end: self.from,
            contest_hours: self.until - self.from,
        };
        let fitted = fit_baseline(&self.training, &options)?;
        Some(match method.baseline {
            Baseline::Season => fitted.with_season(&self.training, self.bins.iter().copied()),
            _ => fitted,
        })
    }

    fn detail(&self, method: Method) -> Option<WindowDetail> {
        let fitted = self.fit(method)?;
        let hours = self.training.iter().chain(&self.contest).map(|it| PredictedHour {
            at: it.hour.start(),
            energy: it.energy,
            predicted: fitted.predict(it.hour, it.bin, it.outdoor),
        });
        Some(WindowDetail {
            from: self.from.start(),
            until: self.until.start(),
            uses_temperature: fitted.uses_temperature(),
            hours: hours.collect(),
        })
    }

    fn case(&self, building: usize, method: Method) -> Option<Case> {
        let days = (self.until - self.from) as usize / 24;
        let (saving, half_width) = match method.baseline {
            Baseline::Hours | Baseline::HoursTemperature | Baseline::Season => {
                let fitted = self.fit(method)?;
                let half_width = fitted.validation.half_width(days)?;
                let predict = |it: &Observation| Some(fitted.predict(it.hour, it.bin, it.outdoor));
                (self.saving(predict)?, Some(half_width))
            }
            Baseline::LastYear => {
                let predict = last_year(&self.training, self.year);
                (self.saving(|it| predict(it.hour))?, None)
            }
            Baseline::ThreeWeeksBefore => {
                let predict = three_weeks(&self.training, self.from);
                let saving = self.saving(|it| predict(it.hour))?;
                (saving, three_weeks_half_width(&self.training, days))
            }
        };
        let interval = half_width.map(|half_width| interval(saving, half_width));
        Some(Case { building, from: self.from.start(), saving, interval })
    }

    fn saving(&self, predict: impl Fn(&Observation) -> Option<f64>) -> Option<f64> {
        let pairs = self
            .contest
            .iter()
            .filter_map(|it| Some(EnergySums { measured: it.energy, predicted: predict(it)? }));
        EnergySums::of(pairs).saving()
    }
}

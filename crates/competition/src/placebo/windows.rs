//! The windows of the placebo bench, and one method's false saving in each.
use core::ops::Range;

use jiff::{ToSpan, civil::Date};

use super::{Building, Case, Location, PredictedHour, Season, WindowDetail};
use crate::{
    Baseline, Celsius, Competition, Method, Period,
    baseline::{
        EnergySums, FitOptions, FittedBaseline, HourTemperature, Months, Observation, fit_baseline,
        interval, log_half_width, smoothed,
    },
    calendar::{Calendar, local_date},
    reference_baselines::{last_year, three_weeks, three_weeks_half_width},
    time::{Hour, each_hour},
    weather::Weather,
};

/// Days of the training year that must be known.
const MIN_DAYS: usize = 329;
/// Share of the hours of such a day, and of the three months, that must be known.
const MIN_SHARE: f64 = 0.9;
/// Days before the contest that [`waste_gain`] changes.
const WASTED_DAYS: i64 = 84;

/// `days`: the days of each window that count, from its first; `None`: all.
pub(super) fn score_first_days(
    buildings: &[Building],
    location: &Location,
    method: Method,
    days: Option<u16>,
) -> Vec<Case> {
    let case = |number: usize, mut window: Window| {
        if let Some(days) = days {
            window.until = window.until.min(window.from + i64::from(days) * 24);
            window.contest.retain(|it| it.hour < window.until);
        }
        window.case(number, method)
    };
    let each = buildings.iter().enumerate();
    each.flat_map(|(number, building)| {
        let windows = windows(building, location, method);
        windows.into_iter().filter_map(move |window| case(number, window))
    })
    .collect()
}

pub(super) fn waste_gain(
    buildings: &[Building],
    location: &Location,
    method: Method,
    waste: f64,
) -> Vec<f64> {
    let gain = |mut window: Window| {
        let honest = window.fit(method)?;
        let from = window.from - WASTED_DAYS * 24;
        for it in window.training.iter_mut().filter(|it| it.hour >= from) {
            it.energy *= 1.0 + waste;
        }
        let wasted = window.fit(method)?;
        let expected = |fitted: &FittedBaseline| -> f64 {
            window.contest.iter().map(|it| fitted.predict(it.hour, it.bin, it.outdoor)).sum()
        };
        Some(expected(&wasted) / expected(&honest) - 1.0)
    };
    buildings.iter().flat_map(|it| windows(it, location, method)).filter_map(gain).collect()
}

pub(super) fn details(
    building: &Building,
    location: &Location,
    method: Method,
) -> Vec<WindowDetail> {
    windows(building, location, method).iter().filter_map(|window| window.detail(method)).collect()
}

fn windows(building: &Building, location: &Location, method: Method) -> Vec<Window> {
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
    months.filter_map(|month| Window::new(building, &calendar, month, method)).collect()
}

/// Twelve months of training and three of a contest.
struct Window {
    training: Vec<Observation>,
    contest: Vec<Observation>,
    /// All hours of the contest with their bins, known or not.
    bins: Vec<(Hour, usize)>,
    months: Months,
    season: Season,
    from: Hour,
    until: Hour,
    /// Hours of the training year.
    year: i64,
}

impl Window {
    fn new(building: &Building, calendar: &Calendar, from: Date, method: Method) -> Option<Self> {
        let hour = |date: Date| Hour::containing(calendar.midnight(date));
        let season = Season::of(from.saturating_add(1.month()).month());
        let before = hour(from.saturating_sub(1.year()));
        let (from, until) = (hour(from), hour(from.saturating_add(3.months())));
        let first = Hour::containing(building.start);
        if before < first || until - first > building.hours.len() as i64 {
            return None;
        }
        let data = |hour: Hour| building.hours.get((hour - first) as usize);
        let temperatures = each_hour(&(before..until)).map(|hour| {
            let outdoor = data(hour).and_then(|it| it.outdoor);
            outdoor.filter(|outdoor: &Celsius| outdoor.0.is_finite())
        });
        let weather = match method.smoothing {
            Some(time_constant) => {
                let hours =
                    temperatures.map(|measured| HourTemperature { measured, substitute: None });
                Weather::of(before, smoothed(hours, time_constant))
            }
            None => Weather::of(before, temperatures),
        };
        let observations = |hours: Range<Hour>| -> Vec<Observation> {
            let observation = |hour: Hour| {
                Some(Observation {
                    hour,
                    bin: calendar.time_of_week(hour)?.bin(),
                    date: calendar.date_index(hour)?,
                    month: calendar.month(hour)?,
                    outdoor: weather.at(hour),
                    energy: data(hour)?.energy?,
                })
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
            months: each_hour(&(from..until)).filter_map(|hour| calendar.month(hour)).collect(),
            season,
            from,
            until,
            year: from - before,
        })
    }

    fn fit(&self, method: Method) -> Option<FittedBaseline> {
        let options = FitOptions {
            use_temperature: method.baseline.uses_temperature(),
            select_temperature: method.select_temperature,
            half_life: method.half_life,
            level: method.level,
            end: self.from,
            months: self.months,
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
        let mut cv_rmse_daily = None;
        let (saving, log_half_width) = match method.baseline {
            Baseline::Level | Baseline::Hours | Baseline::HoursTemperature | Baseline::Season => {
                let fitted = self.fit(method)?;
                cv_rmse_daily = fitted.goodness_of_fit.and_then(|fit| fit.cv_rmse_daily);
                let predict = |it: &Observation| Some(fitted.predict(it.hour, it.bin, it.outdoor));
                (self.saving(predict)?, fitted.uncertainty?.log_half_width(days))
            }
            Baseline::LastYear => {
                let predict = last_year(&self.training, self.year);
                (self.saving(|it| predict(it.hour))?, None)
            }
            Baseline::ThreeWeeksBefore => {
                let predict = three_weeks(&self.training, self.from);
                let half_width = three_weeks_half_width(&self.training, days);
                (self.saving(|it| predict(it.hour))?, half_width.map(log_half_width))
            }
        };
        Some(Case {
            building,
            from: self.from.start(),
            season: self.season,
            saving,
            interval: log_half_width.map(|w| interval(saving, w)),
            log_half_width,
            cv_rmse_daily,
        })
    }

    fn saving(&self, predict: impl Fn(&Observation) -> Option<f64>) -> Option<f64> {
        let pairs = self
            .contest
            .iter()
            .filter_map(|it| Some(EnergySums { measured: it.energy, predicted: predict(it)? }));
        EnergySums::of(pairs).saving()
    }
}

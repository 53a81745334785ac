//! One participant's running state: what its baseline is learnt from, what the
//! baseline expects of each contest hour, and the contest's sums by periods of
//! constant floor area and staff.
//!
//! Memory: 4 kB, 18 kB for the expected hours of three months, and where outdoor
//! temperature is given 2 bytes an hour.
use core::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;

use crate::{
    GoodnessOfFit, Participant, Time,
    baseline::{FittedBaseline, Observation},
    bin_sums::BinSums,
    calendar::{
        BINS, Calendar, TimeOfWeek, days_after,
        grid::{HOUR, hour_from, hour_of},
    },
    energy::Grade,
    totals::Totals,
    weather::Weather,
};

/// No baseline for that hour.
pub(crate) const UNKNOWN: i64 = i64::MIN;

/// From an hour on: area and staff, and the sums.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StaticPeriod {
    pub(crate) from: i64,
    pub(crate) area: Option<f64>,
    pub(crate) staff: Option<f64>,
    pub(crate) totals: Totals,
}

/// The energy of an hour, mWh, and how well it is known.
pub(crate) type Known = Option<(i64, Grade)>;

#[derive(Debug)]
pub(crate) struct ParticipantState {
    /// Its meters among all.
    pub(crate) meters: Range<usize>,
    pub(crate) calendar: Arc<Calendar>,
    /// Hours that count on neither side, in order, apart from each other.
    pub(crate) excluded: Vec<Range<i64>>,
    pub(crate) periods: Vec<StaticPeriod>,
    pub(crate) training: BinSums,
    /// Known hours of each local date of the baseline, and how many dates have
    /// nine tenths of theirs.
    known: Vec<u8>,
    pub(crate) full_days: u32,
    /// Means of the bins, by which gaps are filled; as of the last fit.
    pub(crate) profile: Option<Box<[i64; BINS]>>,
    /// Of each contest hour; empty while nothing is fitted.
    expected: Vec<i64>,
    /// The training changed since the last fit.
    pub(crate) stale: bool,
    /// A reading of the contest, or of later, is there.
    pub(crate) begun: bool,
    /// Days came from the store: their gaps may have gone by another profile.
    pub(crate) fresh: bool,
    /// Waits for [`crate::Standings::settle`].
    pub(crate) queued: bool,
    pub(crate) learnt: Option<FittedBaseline>,
    weather: Weather,
}

impl ParticipantState {
    pub(crate) fn new(who: &Participant, meters: Range<usize>, calendar: Arc<Calendar>) -> Self {
        let excluded = who.exclusions.iter();
        let excluded = excluded.map(|it| hour_of(it.from.0)..hour_from(it.until.0)).collect();
        Self {
            meters,
            excluded: merged(excluded),
            periods: periods(who, &calendar),
            training: BinSums::default(),
            known: vec![0; calendar.date_count()],
            full_days: 0,
            profile: None,
            expected: Vec::new(),
            stale: true,
            begun: false,
            fresh: false,
            queued: false,
            learnt: None,
            weather: Weather::default(),
            calendar,
        }
    }

    pub(crate) fn is_excluded(&self, hour: i64) -> bool {
        let after = self.excluded.partition_point(|range| range.end <= hour);
        self.excluded.get(after).is_some_and(|range| range.start <= hour)
    }

    /// An hour's energy changes from one value to another.
    pub(crate) fn change(&mut self, hour: i64, old: Known, new: Known) {
        if old == new {
            return;
        }
        if self.calendar.contest.contains(&hour) {
            self.begun |= new.is_some();
            if !self.is_excluded(hour) {
                self.shift_contest(hour, old, -1);
                self.shift_contest(hour, new, 1);
            }
        }
        if self.calendar.baseline.contains(&hour) {
            self.shift_baseline(hour, old, -1);
            self.shift_baseline(hour, new, 1);
        }
    }

    fn shift_contest(&mut self, hour: i64, known: Known, sign: i64) {
        let (Some((energy, grade)), Some(slot)) = (known, self.calendar.time_of_week(hour)) else {
            return;
        };
        let baseline = self.expected(hour);
        let at = self.periods.partition_point(|period| period.from <= hour);
        if let Some(period) = self.periods.get_mut(at.saturating_sub(1)) {
            period.totals.shift(energy, baseline, counts_by_night(slot, grade), sign);
        }
    }

    fn shift_baseline(&mut self, hour: i64, known: Known, sign: i64) {
        let (Some((energy, grade)), Some(slot)) = (known, self.calendar.time_of_week(hour)) else {
            return;
        };
        // an excluded day teaches nothing, so it is no day of the baseline
        if grade < Grade::Firm || self.is_excluded(hour) {
            return;
        }
        let Some(date) = self.calendar.date_index(hour) else { return };
        let full = |known: u8, of: u8| u32::from(known) * 10 >= u32::from(of) * 9;
        let of = self.calendar.hours_of(date);
        self.full_days -= u32::from(full(self.known[date], of));
        self.known[date] = self.known[date].wrapping_add_signed(sign as i8);
        self.full_days += u32::from(full(self.known[date], of));
        if grade == Grade::Measured {
            self.training.shift(slot.bin(), energy, sign);
            self.stale = true;
        }
    }

    /// The first whole day of the baseline, where days before it are not.
    pub(crate) fn first_full_day(&self) -> Option<Date> {
        let whole = |date: usize| {
            let of = self.calendar.hours_of(date);
            of > 0 && u32::from(self.known[date]) * 10 >= u32::from(of) * 9
        };
        let first = (0..self.known.len()).find(|date| whole(*date)).filter(|date| *date > 0)?;
        let start = self.calendar.date(Time(self.calendar.hours().start * HOUR));
        Some(days_after(start, first as i64))
    }

    /// The fitted baseline of a contest hour.
    pub(crate) fn expected(&self, hour: i64) -> Option<i64> {
        let index = usize::try_from(hour - self.calendar.contest.start).ok()?;
        self.expected.get(index).copied().filter(|expected| *expected != UNKNOWN)
    }

    /// The baseline of any hour: as fitted in the contest, else the bin's mean.
    pub(crate) fn baseline(&self, hour: i64) -> Option<i64> {
        if self.calendar.contest.contains(&hour) && !self.expected.is_empty() {
            return self.expected(hour);
        }
        self.training.mean(self.calendar.time_of_week(hour)?.bin())
    }

    /// What the model expects of any hour by its kind and weather, without the
    /// season, kWh.
    pub(crate) fn usual(&self, hour: i64) -> Option<f64> {
        let bin = self.calendar.time_of_week(hour)?.bin();
        match &self.learnt {
            Some(learnt) => Some(learnt.model.predict(bin, self.outdoor(hour))),
            None => self.training.mean(bin).map(|mean| mean as f64 / 1e6),
        }
    }

    /// Atemp that holds in an hour, m².
    pub(crate) fn area(&self, hour: i64) -> Option<f64> {
        let after = self.periods.partition_point(|period| period.from <= hour);
        self.periods.get(after.saturating_sub(1))?.area
    }

    /// Goodness of the baseline.
    pub(crate) fn fit(&self) -> Option<GoodnessOfFit> {
        self.learnt.as_ref().map_or_else(|| self.training.fit(), |learnt| learnt.fit)
    }

    /// By what a gap is filled; 1 for all hours while there is no baseline.
    pub(crate) fn weight(&self, hour: i64) -> i64 {
        let Some(profile) = &self.profile else { return 1 };
        self.calendar.time_of_week(hour).map_or(1, |slot| profile[slot.bin()])
    }

    /// New expectations and all contest sums by them.
    pub(crate) fn expect(&mut self, expected: Vec<i64>, known: impl Fn(i64) -> Known) {
        self.expected = expected;
        for period in &mut self.periods {
            period.totals = Totals::default();
        }
        for hour in self.calendar.contest.clone() {
            if !self.is_excluded(hour) {
                self.shift_contest(hour, known(hour), 1);
            }
        }
    }

    /// The model's expectation of an hour, mWh.
    pub(crate) fn predict(&self, learnt: &FittedBaseline, hour: i64) -> i64 {
        let Some(slot) = self.calendar.time_of_week(hour) else { return UNKNOWN };
        milli(learnt.predict(hour, slot.bin(), self.outdoor(hour)))
    }

    /// °C of an hour; where it is not known (yet), the mean of that time of day within
    /// ten days of the date a year before. The mean of the whole year, which a model falls
    /// back to without any, would make a saving of every spring hour left out.
    fn outdoor(&self, hour: i64) -> f64 {
        let at = self.weather.at(hour);
        if at.is_finite() || self.calendar.baseline.contains(&hour) {
            return at;
        }
        let near = (-10..=10).map(|days| hour - (364 + days) * 24);
        let known = near.filter(|hour| self.calendar.baseline.contains(hour));
        let known: Vec<f64> =
            known.map(|hour| self.weather.at(hour)).filter(|at| at.is_finite()).collect();
        if known.len() < 7 { f64::NAN } else { known.iter().sum::<f64>() / known.len() as f64 }
    }

    /// The outdoor temperature of an hour. In the baseline it is to be learnt
    /// from; in the contest it moves that hour's expectation.
    pub(crate) fn set_temperature(&mut self, hour: i64, outdoor: f64, known: Known) {
        let origin = self.calendar.hours();
        if !origin.contains(&hour) || !self.weather.set(hour - origin.start, hour, outdoor) {
            return;
        }
        if self.calendar.baseline.contains(&hour) {
            self.stale = true;
        }
        let Some(index) = usize::try_from(hour - self.calendar.contest.start).ok() else { return };
        if index >= self.expected.len() || self.is_excluded(hour) {
            return;
        }
        let Some(learnt) = self.learnt.take() else { return };
        self.shift_contest(hour, known, -1);
        self.expected[index] = self.predict(&learnt, hour);
        self.shift_contest(hour, known, 1);
        self.learnt = Some(learnt);
    }

    /// Measured hours of the baseline that count, for learning.
    pub(crate) fn training_hours(&self, known: impl Fn(i64) -> Known) -> Vec<Observation> {
        let hours = self.calendar.baseline.clone();
        let hours = hours.filter(|hour| !self.is_excluded(*hour));
        hours
            .filter_map(|hour| {
                let (energy, Grade::Measured) = known(hour)? else { return None };
                let bin = self.calendar.time_of_week(hour)?.bin();
                let outdoor = self.weather.at(hour);
                Some(Observation { hour, bin, outdoor, energy: energy as f64 / 1e6 })
            })
            .collect()
    }

    /// Hours of the contest that ended by then and are not excluded.
    pub(crate) fn elapsed(&self, now: Time) -> i64 {
        let contest = &self.calendar.contest;
        let until = hour_of(now.0).clamp(contest.start, contest.end.max(contest.start));
        let excluded: i64 = self
            .excluded
            .iter()
            .map(|range| (range.end.min(until) - range.start.max(contest.start)).max(0))
            .sum();
        until - contest.start - excluded
    }

    /// Those of them from 22 to 05.
    pub(crate) fn elapsed_nights(&self, now: Time) -> i64 {
        let contest = &self.calendar.contest;
        let hours =
            contest.start..hour_of(now.0).clamp(contest.start, contest.end.max(contest.start));
        let night = |hour: i64| self.calendar.time_of_week(hour).is_some_and(TimeOfWeek::is_night);
        hours.filter(|hour| night(*hour) && !self.is_excluded(*hour)).count() as i64
    }

    /// The sums of all that is known.
    pub(crate) fn totals(&self) -> Totals {
        let mut all = Totals::default();
        for period in &self.periods {
            all += period.totals;
        }
        all
    }

    /// The periods with the sums of the hours of a range only.
    pub(crate) fn periods_within(
        &self,
        hours: Range<i64>,
        known: impl Fn(i64) -> Known,
        expected: impl Fn(i64) -> Option<i64>,
    ) -> Vec<StaticPeriod> {
        let mut periods = self.periods.clone();
        for period in &mut periods {
            period.totals = Totals::default();
        }
        let contest = &self.calendar.contest;
        let mut at = 0;
        for hour in hours.start.max(contest.start)..hours.end.min(contest.end) {
            let (Some((energy, grade)), Some(slot)) =
                (known(hour), self.calendar.time_of_week(hour))
            else {
                continue;
            };
            if self.is_excluded(hour) {
                continue;
            }
            while periods.get(at + 1).is_some_and(|next| next.from <= hour) {
                at += 1;
            }
            let baseline = expected(hour);
            periods[at].totals.shift(energy, baseline, counts_by_night(slot, grade), 1);
        }
        periods
    }
}

/// A night's hour whose energy was measured. A long gap is filled by the baseline's
/// profile: its sum is right, but what it says of a night was never seen.
fn counts_by_night(slot: TimeOfWeek, grade: Grade) -> bool {
    slot.is_night() && grade >= Grade::Firm
}

/// kWh of a model, in mWh.
pub(crate) fn milli(energy: f64) -> i64 {
    (energy * 1e6).round() as i64
}

/// Ranges in order, overlapping ones as one.
fn merged(mut ranges: Vec<Range<i64>>) -> Vec<Range<i64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<i64>> = Vec::new();
    for range in ranges.into_iter().filter(|range| range.start < range.end) {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The contest cut wherever floor area or staff change. The first value of a
/// list holds before its date too: the house was there. Below 1 m² or one person
/// nothing is divided by.
fn periods(who: &Participant, calendar: &Calendar) -> Vec<StaticPeriod> {
    let start = calendar.contest.start;
    let hour = |date| hour_from(calendar.midnight(date).0).max(start);
    let areas: Vec<_> = who.floor_area.0.iter().map(|(date, area)| (hour(*date), area.0)).collect();
    let staff: Vec<_> =
        who.employees.0.iter().map(|(date, count)| (hour(*date), f64::from(*count))).collect();
    let mut cuts: Vec<i64> = areas.iter().chain(&staff).map(|(hour, _)| *hour).collect();
    cuts.push(start);
    cuts.sort_unstable();
    cuts.dedup();
    let holding = |list: &[(i64, f64)], from: i64| {
        let value = list.iter().rev().find(|(hour, _)| *hour <= from).or(list.first());
        value.map(|(_, value)| *value).filter(|value| (1.0..=1e9).contains(value))
    };
    let period = |from: &i64| StaticPeriod {
        from: *from,
        area: holding(&areas, *from),
        staff: holding(&staff, *from),
        totals: Totals::default(),
    };
    cuts.iter().map(period).collect()
}

//! Running state of one participant: the sums that its baseline is fitted to, the
//! baseline of each contest hour, and the contest's totals.
//!
//! Memory: 4 kB, 18 kB for the baseline of a contest of three months, and 4 bytes an
//! hour where outdoor temperature is given.
use core::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;

use crate::{
    Celsius, GoodnessOfFit, MilliWattHours, Participant, Time,
    baseline::{FittedBaseline, Observation},
    bin_sums::BinSums,
    calendar::{BINS, Calendar, TimeOfWeek, days_after},
    contest_baseline::ContestBaseline,
    doubts::Doubts,
    energy::{Grade, HouseHour},
    hour_ranges::{contains, difference, merged},
    model_weather::ModelWeather,
    static_period::{StaticPeriod, static_periods},
    time::{Hour, QuarterHour, each_hour},
    totals::{Change, Totals},
    weather::Weather,
};

/// What a baseline learns from: hours between readings that are at most four hours apart,
/// with their share of these. README.md has the figures of the placebo bench behind it.
const TEACHES: Grade = Grade::Firm;

#[derive(Debug)]
pub(crate) struct ParticipantState {
    /// Its meters among those of all participants.
    pub(crate) meters: Range<usize>,
    pub(crate) calendar: Arc<Calendar>,
    /// Hours that count neither in the baseline nor in the contest: rising, disjoint.
    excluded: Vec<Range<Hour>>,
    pub(crate) periods: Vec<StaticPeriod>,
    pub(crate) bin_sums: BinSums,
    /// Known hours of each local date of the baseline.
    known_hours: Vec<u8>,
    /// Dates of which nine tenths of the hours are known.
    pub(crate) complete_days: u32,
    /// Mean energies of the bins as of the last fit, by which gaps are filled.
    pub(crate) load_profile: Option<Box<[i64; BINS]>>,
    contest_baseline: ContestBaseline,
    /// The baseline hours changed since the last fit.
    pub(crate) needs_fit: bool,
    /// A reading of the contest or later was applied, if only to be quarantined.
    pub(crate) has_contest_reading: bool,
    /// Days were restored, whose gaps may have been filled by another load profile.
    pub(crate) restored: bool,
    /// The participant waits for [`crate::Standings::settle`].
    pub(crate) queued: bool,
    pub(crate) fitted: Option<FittedBaseline>,
    pub(crate) weather: ModelWeather,
    /// What is doubted of its input, as of the last call of [`Self::set_doubts`].
    pub(crate) doubts: Doubts,
    /// An hour changed since.
    pub(crate) doubts_outdated: bool,
}

impl ParticipantState {
    pub(crate) fn new(
        participant: &Participant,
        meters: Range<usize>,
        calendar: Arc<Calendar>,
    ) -> Self {
        let excluded = participant
            .exclusions
            .iter()
            .map(|it| Hour::containing(it.from)..Hour::at_or_after(it.until));
        Self {
            meters,
            excluded: merged(excluded.collect()),
            periods: static_periods(participant, &calendar),
            bin_sums: BinSums::default(),
            known_hours: vec![0; calendar.date_count()],
            complete_days: 0,
            load_profile: None,
            contest_baseline: ContestBaseline::empty(&calendar.contest),
            needs_fit: true,
            has_contest_reading: false,
            restored: false,
            queued: false,
            fitted: None,
            weather: ModelWeather::new(&calendar),
            doubts: Doubts::default(),
            doubts_outdated: false,
            calendar,
        }
    }

    /// The times at which energy begins or ceases to count, or counts otherwise.
    pub(crate) fn edges(&self) -> Vec<QuarterHour> {
        let Calendar { baseline, contest, .. } = &*self.calendar;
        let ranges = [baseline, contest].into_iter().chain(&self.excluded);
        let ends = ranges.flat_map(|range| [range.start, range.end]);
        let dated = self.periods.iter().map(|period| period.from);
        ends.chain(dated).map(Hour::first_quarter).collect()
    }

    pub(crate) fn is_excluded(&self, hour: Hour) -> bool {
        contains(&self.excluded, hour)
    }

    /// Whether [`crate::Standings::settle`] has something to compute.
    pub(crate) fn needs_settling(&self) -> bool {
        self.doubts_outdated
            || (self.has_contest_reading && (self.needs_fit || self.needs_prediction()))
    }

    /// Whether an hour counts: it is not excluded, and its energy not in doubt.
    fn counts(&self, hour: Hour) -> bool {
        !self.is_excluded(hour) && !contains(&self.doubts.energy, hour)
    }

    /// Replaces the doubts, and takes the hours that they concern out of all sums or into
    /// them.
    pub(crate) fn set_doubts(&mut self, doubts: Doubts, energy: impl Fn(Hour) -> HouseHour) {
        let before = &self.doubts.energy;
        let (leaving, entering) =
            (difference(&doubts.energy, before), difference(before, &doubts.energy));
        for hour in leaving {
            self.apply_to_sums(Change::Remove, hour, energy(hour));
        }
        // Every baseline may rest on a temperature.
        self.needs_fit |= self.weather.doubt(&doubts.outdoor);
        self.doubts = doubts;
        for hour in entering {
            self.apply_to_sums(Change::Add, hour, energy(hour));
        }
    }

    fn apply_to_sums(&mut self, change: Change, hour: Hour, value: HouseHour) {
        if !self.counts(hour) {
            return;
        }
        if self.calendar.contest.contains(&hour) {
            self.apply_to_contest(change, hour, value);
        }
        if self.calendar.baseline.contains(&hour) {
            self.apply_to_baseline(change, hour, value);
        }
    }

    /// Replaces the energy of an hour in all sums.
    pub(crate) fn replace_hour(&mut self, hour: Hour, old: HouseHour, new: HouseHour) {
        if old == new {
            return;
        }
        self.doubts_outdated = true;
        self.apply_to_sums(Change::Remove, hour, old);
        self.apply_to_sums(Change::Add, hour, new);
    }

    fn apply_to_contest(&mut self, change: Change, hour: Hour, value: HouseHour) {
        let Some(time) = self.calendar.time_of_week(hour) else { return };
        let baseline = self.contest_baseline.get(hour);
        let after = self.periods.partition_point(|period| period.from <= hour);
        if let Some(period) = self.periods.get_mut(after.saturating_sub(1)) {
            period.totals.apply_hour(change, value, time, baseline);
        }
    }

    fn apply_to_baseline(&mut self, change: Change, hour: Hour, value: HouseHour) {
        let Some((value, time)) = value.known().zip(self.calendar.time_of_week(hour)) else {
            return;
        };
        if value.grade < Grade::Firm {
            return;
        }
        let Some(date) = self.calendar.date_index(hour) else { return };
        self.complete_days -= u32::from(self.is_complete(date));
        self.known_hours[date] = self.known_hours[date].wrapping_add_signed(change.sign() as i8);
        self.complete_days += u32::from(self.is_complete(date));
        if value.grade >= TEACHES {
            self.bin_sums.apply(change, time.bin(), value.energy);
            self.needs_fit = true;
        }
    }

    /// Whether nine tenths of the baseline hours of a date are known.
    fn is_complete(&self, date_index: usize) -> bool {
        let (known, all) = (self.known_hours[date_index], self.calendar.baseline_hours(date_index));
        u32::from(known) * 10 >= u32::from(all) * 9
    }

    /// Dates of the baseline of which more than a tenth of the hours are excluded.
    pub(crate) fn excluded_days(&self) -> u32 {
        let baseline = &self.calendar.baseline;
        let mut hours = vec![0_u32; self.calendar.date_count()];
        for hour in self.excluded.iter().flat_map(each_hour).filter(|it| baseline.contains(it)) {
            if let Some(date) = self.calendar.date_index(hour) {
                hours[date] += 1;
            }
        }
        let excluded = (0..hours.len()).filter(|date| {
            let all = u32::from(self.calendar.baseline_hours(*date));
            !self.is_complete(*date) && hours[*date] * 10 > all
        });
        excluded.count() as u32
    }

    /// The first complete day of the baseline; `None` where it is the first day, or
    /// where there is none.
    pub(crate) fn first_complete_day(&self) -> Option<Date> {
        let complete =
            |date: &usize| self.calendar.baseline_hours(*date) > 0 && self.is_complete(*date);
        let first = (0..self.known_hours.len()).find(complete).filter(|date| *date > 0)?;
        let start = self.calendar.date(self.calendar.hours().start.start());
        Some(days_after(start, first as i64))
    }

    /// The fitted baseline of a contest hour.
    pub(crate) fn contest_baseline(&self, hour: Hour) -> Option<MilliWattHours> {
        self.contest_baseline.get(hour)
    }

    /// The baseline of any hour: in the contest as fitted, else the mean of its bin.
    pub(crate) fn baseline(&self, hour: Hour) -> Option<MilliWattHours> {
        if self.calendar.contest.contains(&hour) && !self.contest_baseline.is_empty() {
            return self.contest_baseline.get(hour);
        }
        self.bin_sums.mean(self.calendar.time_of_week(hour)?.bin())
    }

    /// Predicted energy of any hour by its bin and temperature, without season and level,
    /// kWh.
    pub(crate) fn predict_by_model(&self, hour: Hour) -> Option<f64> {
        let bin = self.calendar.time_of_week(hour)?.bin();
        match &self.fitted {
            Some(fitted) => Some(fitted.predict_by_model(bin, self.weather.at(hour))),
            None => self.bin_sums.mean(bin).map(MilliWattHours::kwh),
        }
    }

    /// Atemp that holds in an hour, m².
    pub(crate) fn area(&self, hour: Hour) -> Option<f64> {
        let after = self.periods.partition_point(|period| period.from <= hour);
        self.periods.get(after.saturating_sub(1))?.area
    }

    pub(crate) fn goodness_of_fit(&self) -> Option<GoodnessOfFit> {
        match &self.fitted {
            Some(fitted) => fitted.goodness_of_fit,
            None => self.bin_sums.goodness_of_fit(),
        }
    }

    /// Weight of an hour where a gap is filled by the load profile; 1 without one.
    pub(crate) fn profile_weight(&self, hour: Hour) -> i64 {
        let Some(profile) = &self.load_profile else { return 1 };
        self.calendar.time_of_week(hour).map_or(1, |time| profile[time.bin()])
    }

    /// Sets the contest's baseline, and sums the contest by it.
    pub(crate) fn set_contest_baseline(
        &mut self,
        baseline: ContestBaseline,
        energy: impl Fn(Hour) -> HouseHour,
    ) {
        self.contest_baseline = baseline;
        for period in &mut self.periods {
            period.totals = Totals::default();
        }
        for hour in each_hour(&self.calendar.contest) {
            if self.counts(hour) {
                self.apply_to_contest(Change::Add, hour, energy(hour));
            }
        }
    }

    /// The baseline of an hour by a fit and the temperatures that it predicts with.
    pub(crate) fn predict(
        &self,
        fitted: &FittedBaseline,
        weather: &Weather,
        hour: Hour,
    ) -> Option<MilliWattHours> {
        let time = self.calendar.time_of_week(hour)?;
        let energy = fitted.predict(hour, time.bin(), weather.at(hour));
        Some(MilliWattHours::from_kwh(energy))
    }

    /// Sets the outdoor temperature of an hour. In the baseline the next fit uses it, in
    /// the contest the next [`crate::Standings::settle`].
    pub(crate) fn set_temperature(&mut self, hour: Hour, outdoor: Celsius) {
        if self.calendar.hours().contains(&hour) && self.weather.set(hour, outdoor) {
            self.needs_fit |= self.calendar.baseline.contains(&hour);
            self.doubts_outdated = true;
        }
    }

    /// Whether the contest's baseline has to be predicted again with other temperatures.
    pub(crate) fn needs_prediction(&self) -> bool {
        let uses = self.fitted.as_ref().is_some_and(FittedBaseline::uses_temperature);
        self.weather.is_outdated() && uses
    }

    /// Puts a fit to use with the temperatures that it predicts with.
    pub(crate) fn set_fit(&mut self, fitted: Option<FittedBaseline>, weather: Weather) {
        self.fitted = fitted;
        self.weather.use_for_model(weather);
    }

    /// Hours of the baseline that a fit may learn from, without excluded ones, with these
    /// temperatures.
    pub(crate) fn training_hours(
        &self,
        weather: &Weather,
        energy: impl Fn(Hour) -> HouseHour,
    ) -> Vec<Observation> {
        let hours = each_hour(&self.calendar.reference).filter(|hour| self.counts(*hour));
        hours
            .filter_map(|hour| {
                let value = energy(hour).known().filter(|it| it.grade >= TEACHES)?;
                Some(Observation {
                    hour,
                    bin: self.calendar.time_of_week(hour)?.bin(),
                    date: self.calendar.date_index(hour)?,
                    month: self.calendar.month(hour)?,
                    outdoor: weather.at(hour),
                    energy: value.energy.kwh(),
                })
            })
            .collect()
    }

    /// Hours of the contest that ended by `now`.
    fn elapsed(&self, now: Time) -> Range<Hour> {
        let contest = &self.calendar.contest;
        contest.start..Hour::containing(now).clamp(contest.start, contest.end.max(contest.start))
    }

    /// Number of contest hours that ended by `now` and are not excluded.
    pub(crate) fn elapsed_hours(&self, now: Time) -> i64 {
        let elapsed = self.elapsed(now);
        let overlap = |range: &Range<Hour>| {
            (range.end.min(elapsed.end) - range.start.max(elapsed.start)).max(0)
        };
        elapsed.end - elapsed.start - self.excluded.iter().map(overlap).sum::<i64>()
    }

    /// Number of those hours from 22 to 05.
    pub(crate) fn elapsed_night_hours(&self, now: Time) -> i64 {
        let is_night =
            |hour: Hour| self.calendar.time_of_week(hour).is_some_and(TimeOfWeek::is_night);
        let hours = each_hour(&self.elapsed(now));
        hours.filter(|hour| is_night(*hour) && !self.is_excluded(*hour)).count() as i64
    }

    /// Sums of all known hours of the contest.
    pub(crate) fn totals(&self) -> Totals {
        let mut all = Totals::default();
        for period in &self.periods {
            all += period.totals;
        }
        all
    }

    /// The static periods with the sums of a range of hours only.
    pub(crate) fn periods_within(
        &self,
        hours: Range<Hour>,
        energy: impl Fn(Hour) -> HouseHour,
        baseline: impl Fn(Hour) -> Option<MilliWattHours>,
    ) -> Vec<StaticPeriod> {
        let mut periods = self.periods.clone();
        for period in &mut periods {
            period.totals = Totals::default();
        }
        let contest = &self.calendar.contest;
        let mut current = 0;
        for hour in each_hour(&(hours.start.max(contest.start)..hours.end.min(contest.end))) {
            let Some(time) = self.calendar.time_of_week(hour) else { continue };
            let value = energy(hour);
            if value == HouseHour::Unknown || !self.counts(hour) {
                continue;
            }
            while periods.get(current + 1).is_some_and(|next| next.from <= hour) {
                current += 1;
            }
            periods[current].totals.apply_hour(Change::Add, value, time, baseline(hour));
        }
        periods
    }
}

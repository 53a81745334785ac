//! The days of one meter with the register's state at the end of each, and the days
//! that have to be computed again because a reading was late.
//!
//! Where a gap of the register holds imported intervals, or reaches over an edge, its
//! quarter-hours are those of [`crate::gaps`]. They depend on the quarter-hours of the
//! register and of the imports alone, and are divided again when one of those changes.
//!
//! Memory: about 600 bytes a day, and 350 for the state; a meter with a year of
//! baseline and a contest of three months has 0.4 MB.
mod gap_division;
mod imports;

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    MeterIndex, MilliWattHours, QuarantineReason, ReadingSource, Sample, Time,
    energy::{
        Grade, HourEnergy, MeterConfig, MeterDay, QuarterEnergy, QuarterUpdate, RegisterState,
    },
    gaps::Gap,
    time::{Day, Hour, QuarterHour, each_hour},
};

/// Days that are kept at most: ten years.
const MAX_DAYS: usize = 3660;

/// The sum of an hour's quarter-hours, where all of them are known.
fn sum_of_hour(quarters: [Option<QuarterEnergy>; 4]) -> Option<HourEnergy> {
    let [first, second, third, fourth] = quarters;
    let quarters = [first?, second?, third?, fourth?];
    let energy: MilliWattHours = quarters.iter().map(|it| it.energy).sum();
    let (start, end) = (quarters[0], quarters[3]);
    let grade = if quarters.iter().any(|it| it.is_unplaced()) {
        Grade::Unplaced
    } else if start.starts_exact() && end.ends_exact() {
        Grade::Measured
    } else if start.starts_close() && end.ends_close() {
        Grade::Close
    } else if quarters.iter().all(|it| it.is_firm()) {
        Grade::Firm
    } else {
        Grade::Estimated
    };
    Some(HourEnergy { energy, grade })
}

/// Until when anything is known of a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LatestData {
    /// Time of the newest reading, or end of the newest imported interval.
    pub(crate) until: Time,
    /// Seconds from the reading before, or length of the imported interval.
    pub(crate) interval: i64,
    pub(crate) is_reading: bool,
}

#[derive(Debug)]
pub(crate) struct MeterDays {
    pub(crate) config: MeterConfig,
    first_day: Day,
    days: Vec<Option<Box<MeterDay>>>,
    /// Imported intervals, by the same index.
    imported: Vec<Option<Box<MeterDay>>>,
    newest_import: Option<LatestData>,
    /// Times at which energy begins or ceases to count, rising.
    edges: Vec<QuarterHour>,
    /// Gaps that hold imported intervals or reach over an edge, by their beginning.
    gaps: BTreeMap<QuarterHour, Gap>,
    /// Quarter-hours of gaps into which intervals were imported since they were divided.
    imported_into: BTreeSet<QuarterHour>,
    /// The register's state after the newest reading.
    pub(crate) state: RegisterState,
    /// Days that have to be computed again.
    outdated: BTreeSet<Day>,
}

/// Quarter-hours that were computed again: those of the range without an update are
/// unknown.
#[derive(Debug)]
pub(crate) struct Recomputed {
    pub(crate) from: QuarterHour,
    /// `None`: all from `from` on.
    pub(crate) until: Option<QuarterHour>,
    pub(crate) updates: Vec<QuarterUpdate>,
}

impl MeterDays {
    /// `first_day` is the first that can be kept; `edges` are in any order.
    pub(crate) fn new(config: MeterConfig, first_day: Day, mut edges: Vec<QuarterHour>) -> Self {
        edges.sort_unstable();
        edges.dedup();
        Self {
            config,
            first_day,
            days: Vec::new(),
            imported: Vec::new(),
            newest_import: None,
            edges,
            gaps: BTreeMap::new(),
            imported_into: BTreeSet::new(),
            state: RegisterState::default(),
            outdated: BTreeSet::new(),
        }
    }

    fn index(&self, day: Day) -> Option<usize> {
        usize::try_from(day - self.first_day).ok().filter(|index| *index < MAX_DAYS)
    }

    pub(crate) fn day(&self, day: Day) -> Option<&MeterDay> {
        self.days.get(self.index(day)?)?.as_deref()
    }

    fn day_mut(&mut self, day: Day) -> Option<&mut MeterDay> {
        let index = self.index(day)?;
        if index >= self.days.len() {
            self.days.resize_with(index + 1, || None);
        }
        Some(self.days[index].get_or_insert_default())
    }

    /// Days with data, oldest first.
    pub(crate) fn days_mut(&mut self) -> impl Iterator<Item = (Day, &mut MeterDay)> {
        let days = (0..).zip(self.days.iter_mut());
        days.filter_map(|(index, day)| Some((self.first_day + index, day.as_deref_mut()?)))
    }

    /// Days with data, oldest first.
    pub(crate) fn days(&self) -> impl Iterator<Item = (Day, &MeterDay)> {
        let days = (0..).zip(self.days.iter());
        days.filter_map(|(index, day)| Some((self.first_day + index, day.as_deref()?)))
    }

    /// The quarter-hours of all days from the first to the last with data.
    pub(crate) fn quarters(&self) -> Option<Range<QuarterHour>> {
        let (first, _) = self.days().next()?;
        let (last, _) = self.days().last()?;
        Some(first.first_quarter()..(last + 1).first_quarter())
    }

    /// Energy of a quarter-hour: that of its gap; the register's where it knows the whole
    /// hour; else the imported interval's, else the register's.
    pub(crate) fn quarter(&self, quarter: QuarterHour) -> Option<QuarterEnergy> {
        let QuarterEnergy { energy, flags } = self.stored_quarter(quarter)?;
        Some(QuarterEnergy { energy: self.config.corrected(quarter.hour(), energy), flags })
    }

    /// Without the declared corrections.
    fn stored_quarter(&self, quarter: QuarterHour) -> Option<QuarterEnergy> {
        let divided = self.gaps.range(..=quarter).next_back();
        if let Some(value) = divided.and_then(|(_, gap)| gap.get(quarter)) {
            return Some(value);
        }
        let by_register = self.by_register(quarter);
        let Some(imported) = self.by_import(quarter) else { return by_register };
        let whole = self.hour_by_register(quarter.hour());
        by_register.filter(|_| whole.is_some()).or(Some(imported))
    }

    fn by_register(&self, quarter: QuarterHour) -> Option<QuarterEnergy> {
        self.day(quarter.day())?.get(quarter.index_in_day())
    }

    fn by_import(&self, quarter: QuarterHour) -> Option<QuarterEnergy> {
        self.imported(quarter.day())?.get(quarter.index_in_day())
    }

    /// Energy of an hour; `None` unless all its quarter-hours are known.
    pub(crate) fn hour(&self, hour: Hour) -> Option<HourEnergy> {
        let HourEnergy { energy, grade } = self.stored_hour(hour)?;
        Some(HourEnergy { energy: self.config.corrected(hour, energy), grade })
    }

    /// Whether an hour is known by the register, not by imported intervals.
    pub(crate) fn is_by_register(&self, hour: Hour) -> bool {
        self.hour_by_register(hour).is_some()
    }

    /// Without the declared corrections.
    fn stored_hour(&self, hour: Hour) -> Option<HourEnergy> {
        let by_register = self.hour_by_register(hour);
        let divided = self.gaps.range(..(hour + 1).first_quarter()).next_back();
        let in_gap = divided.is_some_and(|(_, gap)| gap.quarters.end > hour.first_quarter());
        if !in_gap && (by_register.is_some() || self.imported(hour.day()).is_none()) {
            return by_register;
        }
        sum_of_hour(hour.quarters().map(|quarter| self.stored_quarter(quarter)))
    }

    /// How many of an hour's quarter-hours are zero; `None` where they are equal parts of
    /// the hour.
    pub(crate) fn zero_quarters(&self, hour: Hour) -> Option<u8> {
        let quarters = hour.quarters().map(|quarter| Some(self.stored_quarter(quarter)?.energy.0));
        let known: Vec<i64> = quarters.into_iter().flatten().collect();
        let (least, most) = (known.iter().min()?, known.iter().max()?);
        // A division into whole mWh leaves up to three of them over.
        (most - least > 3).then(|| known.iter().filter(|energy| **energy == 0).count() as u8)
    }

    fn hour_by_register(&self, hour: Hour) -> Option<HourEnergy> {
        let day = self.day(hour.day())?;
        let first = hour.index_in_day() * 4;
        sum_of_hour([0, 1, 2, 3].map(|index| day.get(first + index)))
    }

    fn imported(&self, day: Day) -> Option<&MeterDay> {
        self.imported.get(self.index(day)?)?.as_deref()
    }

    /// The first hour of which something is known.
    pub(crate) fn first_known(&self) -> Option<Hour> {
        let own = self.quarters().map(|range| range.start);
        let imported = self.imported_quarters().map(|range| range.start);
        let first = own.into_iter().chain(imported).min()?;
        let hours = each_hour(&(first.hour()..first.hour() + 24));
        hours.clone().find(|hour| self.hour(*hour).is_some()).or_else(|| hours.clone().next())
    }

    /// Whether the meter is part of the building's sum in an hour.
    pub(crate) fn is_active(&self, hour: Hour) -> bool {
        self.config.active.contains(&hour)
    }

    /// The newest reading or imported interval.
    pub(crate) fn latest(&self) -> Option<LatestData> {
        let interval = self.state.reading_interval;
        let read = |until| LatestData { until, interval, is_reading: true };
        self.state.newest.map(read).max(self.newest_import)
    }

    pub(crate) fn set(&mut self, quarter: QuarterHour, value: Option<QuarterEnergy>) {
        if value.is_none() && self.day(quarter.day()).is_none() {
            return;
        }
        if let Some(day) = self.day_mut(quarter.day()) {
            day.set(quarter.index_in_day(), value);
        }
    }

    /// Applies the next reading to the register's state. The quarter-hours that it
    /// completes go to `out`, and are not set yet.
    ///
    /// # Errors
    /// Why the reading is quarantined.
    pub(crate) fn push(
        &mut self,
        sample: &Sample,
        profile: &dyn Fn(Hour) -> i64,
        out: &mut Vec<QuarterUpdate>,
    ) -> Result<(), QuarantineReason> {
        let today = Day::containing(sample.at);
        if let Some(before) = self.state.newest.map(Day::containing)
            && before != today
        {
            self.keep_state(before);
        }
        let result = self.state.push(&self.config, sample, profile, out);
        self.note_step(sample, self.state.used_profile, result);
        result
    }

    /// Notes in the day of a reading what its step did other than to add energy.
    fn note_step(
        &mut self,
        sample: &Sample,
        used_profile: bool,
        result: Result<(), QuarantineReason>,
    ) {
        if !used_profile && result.is_ok() {
            return;
        }
        if let Some(day) = self.day_mut(Day::containing(sample.at)) {
            day.uses_profile |= used_profile;
            if let Err(reason) = result {
                day.quarantine(reason, sample.at, sample.import);
            }
        }
    }

    /// Keeps the present state as that at the end of a day.
    fn keep_state(&mut self, day: Day) {
        let state = Box::new(self.state.clone());
        if let Some(day) = self.day_mut(day) {
            day.end_state = Some(state);
            day.changed = true;
        }
    }

    /// Keeps the present state in the day of the newest reading, unless it is there.
    pub(crate) fn keep_newest_state(&mut self) {
        let Some(newest) = self.state.newest.map(Day::containing) else { return };
        let kept = self.day(newest).and_then(|day| day.end_state.as_deref());
        if kept != Some(&self.state) {
            self.keep_state(newest);
        }
    }

    /// The first day that can be kept.
    pub(crate) fn first_day(&self) -> Day {
        self.first_day
    }

    /// Sets a whole day from the store, with the state at its end.
    pub(crate) fn restore(&mut self, number: Day, day: MeterDay) {
        if let Some(state) = &day.end_state {
            self.state = RegisterState::clone(state);
        }
        if let Some(place) = self.day_mut(number) {
            *place = day;
        }
    }

    /// A reading of that time was late, or its value changed.
    pub(crate) fn invalidate(&mut self, at: Time) {
        self.outdated.insert(Day::containing(at));
    }

    /// The load profile changed: days whose gaps it filled are outdated.
    pub(crate) fn invalidate_profile(&mut self) {
        let days = self.days().filter(|(_, day)| day.uses_profile).map(|(day, _)| day);
        let days: Vec<Day> = days.collect();
        self.outdated.extend(days);
    }

    /// Computes the outdated days again, and those after each of them up to the day at
    /// whose end the state is what it was before.
    pub(crate) fn recompute(
        &mut self,
        meter: MeterIndex,
        readings: &dyn ReadingSource,
        profile: &dyn Fn(Hour) -> i64,
    ) -> Vec<Recomputed> {
        let mut recomputed = Vec::new();
        if self.outdated.is_empty() {
            return recomputed;
        }
        self.keep_newest_state();
        while let Some(day) = self.outdated.pop_first() {
            recomputed.push(self.recompute_from(day, meter, readings, profile));
        }
        recomputed
    }

    fn recompute_from(
        &mut self,
        day: Day,
        meter: MeterIndex,
        readings: &dyn ReadingSource,
        profile: &dyn Fn(Hour) -> i64,
    ) -> Recomputed {
        let first_quarter = self.first_day.first_quarter();
        let mut number = day;
        let (mut state, from) = loop {
            let before = self.days().take_while(|(earlier, _)| *earlier < number);
            let before = before.filter_map(|(_, day)| day.end_state.as_deref()).last();
            let state = before.cloned().unwrap_or_default();
            let from = state.first_open_quarter().unwrap_or(first_quarter);
            // Quarter-hours that are open and known already are only known again from the
            // readings of their own day.
            let known = state.boundary.is_some_and(|boundary| boundary.quarter > from);
            if !known || from.day() >= number {
                break (state, from);
            }
            number = from.day();
        };
        let mut updates = Vec::new();
        loop {
            let samples = readings.samples(meter, number.seconds());
            self.outdated.remove(&number);
            if let Some(day) = self.day_mut(number) {
                day.quarantined.clear();
                day.uses_profile = false;
            }
            for sample in &samples {
                let result = state.push(&self.config, sample, profile, &mut updates);
                self.note_step(sample, state.used_profile, result);
            }
            let known = self.day(number).and_then(|day| day.end_state.as_deref());
            // Days before the outdated one are computed again for its open quarter-hours.
            if number >= day && known == Some(&state) {
                let until = state.first_open_quarter().unwrap_or(first_quarter);
                return Recomputed { from, until: Some(until), updates };
            }
            if !samples.is_empty()
                && let Some(day) = self.day_mut(number)
            {
                day.end_state = Some(Box::new(state.clone()));
                day.changed = true;
            }
            match readings.first_from(meter, number.seconds().end) {
                Some(next) => number = Day::containing(next.at),
                None => break,
            }
        }
        self.state = state;
        Recomputed { from, until: None, updates }
    }
}

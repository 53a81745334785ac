//! The book of one meter: its days, the automaton at their ends, and the days
//! that late samples left to do again.
//!
//! Memory: about 600 bytes and the automaton's state of 350 a day; a meter with
//! a year of baseline and three months of contest has 0.4 MB.
use std::collections::BTreeSet;

use crate::{
    MeterIndex, QuarantineReason, ReadingSource, Sample, Time,
    calendar::grid::{QUARTERS_A_DAY, day_of},
    energy::{Grade, MeterConfig, MeterDay, QuarterEnergy, QuarterUpdate, RegisterState},
};

/// Days that a book holds at most: ten years.
const LONGEST: usize = 3660;
const DAY: i64 = 86_400;

/// UTC day and quarter-hour of it.
fn place(quarter: i64) -> (i64, usize) {
    (quarter.div_euclid(QUARTERS_A_DAY), quarter.rem_euclid(QUARTERS_A_DAY) as usize)
}

/// Of an hour's quarter-hours: their energy, and how well it is known.
fn sum(bins: [Option<QuarterEnergy>; 4]) -> Option<(i64, Grade)> {
    let [start, second, third, end] = bins;
    let bins = [start?, second?, third?, end?];
    let energy = bins.iter().map(|bin| bin.energy).sum();
    let grade = match bins[0].starts_exact() && bins[3].ends_exact() {
        true => Grade::Measured,
        false if bins.iter().all(|bin| bin.firm()) => Grade::Firm,
        false => Grade::Estimated,
    };
    Some((energy, grade))
}

#[derive(Debug)]
pub(crate) struct MeterDays {
    pub(crate) spec: MeterConfig,
    first_day: i64,
    days: Vec<Option<Box<MeterDay>>>,
    /// Intervals that were imported, by the same index.
    imported: Vec<Option<Box<MeterDay>>>,
    /// End and length of the imported interval that ends last; seconds.
    newest_import: Option<(i64, i64)>,
    /// The automaton after the newest sample.
    pub(crate) tail: RegisterState,
    dirty: BTreeSet<i64>,
}

/// What a recomputation replaces: all quarter-hours of a range, by those written.
#[derive(Debug)]
pub(crate) struct Recomputed {
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) writes: Vec<QuarterUpdate>,
}

impl MeterDays {
    /// `first_day`: the UTC day in which the baseline begins.
    pub(crate) fn new(spec: MeterConfig, first_day: i64) -> Self {
        let tail = RegisterState::default();
        let (days, imported) = (Vec::new(), Vec::new());
        Self { spec, first_day, days, imported, newest_import: None, tail, dirty: BTreeSet::new() }
    }

    fn index(&self, day: i64) -> Option<usize> {
        usize::try_from(day - self.first_day).ok().filter(|index| *index < LONGEST)
    }

    pub(crate) fn day(&self, day: i64) -> Option<&MeterDay> {
        self.days.get(self.index(day)?)?.as_deref()
    }

    pub(crate) fn day_mut(&mut self, day: i64) -> Option<&mut MeterDay> {
        let index = self.index(day)?;
        if index >= self.days.len() {
            self.days.resize_with(index + 1, || None);
        }
        Some(self.days[index].get_or_insert_default())
    }

    /// Days that hold something, oldest first.
    pub(crate) fn days_mut(&mut self) -> impl Iterator<Item = (i64, &mut MeterDay)> {
        let first = self.first_day;
        let held = self.days.iter_mut().enumerate();
        held.filter_map(move |(index, day)| Some((first + index as i64, day.as_deref_mut()?)))
    }

    pub(crate) fn days(&self) -> impl Iterator<Item = (i64, &MeterDay)> {
        let held = self.days.iter().enumerate();
        held.filter_map(|(index, day)| Some((self.first_day + index as i64, day.as_deref()?)))
    }

    /// What is known of a quarter-hour: the register's where it measured the whole
    /// hour, else the imported interval's, else the register's estimate.
    pub(crate) fn bin(&self, quarter: i64) -> Option<QuarterEnergy> {
        let (day, at) = place(quarter);
        let own = self.day(day).and_then(|day| day.get(at));
        match self.imported(day).and_then(|day| day.get(at)) {
            Some(imported) => {
                let measured = self
                    .own_hour(quarter.div_euclid(4))
                    .is_some_and(|(_, it)| it == Grade::Measured);
                own.filter(|_| measured).or(Some(imported))
            }
            None => own,
        }
    }

    /// Energy of an hour and how well it is known, `None` unless all known.
    pub(crate) fn hour(&self, hour: i64) -> Option<(i64, Grade)> {
        let own = self.own_hour(hour);
        if self.imported(hour.div_euclid(24)).is_none()
            || own.is_some_and(|(_, it)| it == Grade::Measured)
        {
            return own;
        }
        sum([0, 1, 2, 3].map(|part| self.bin(hour * 4 + part)))
    }

    fn own_hour(&self, hour: i64) -> Option<(i64, Grade)> {
        let day = self.day(hour.div_euclid(24))?;
        let first = hour.rem_euclid(24) as usize * 4;
        sum([0, 1, 2, 3].map(|part| day.get(first + part)))
    }

    fn imported(&self, day: i64) -> Option<&MeterDay> {
        self.imported.get(self.index(day)?)?.as_deref()
    }

    /// Until when anything of the meter is known, and its usual pace: by the newest
    /// reading or the end of the newest imported interval; whether by the former.
    pub(crate) fn heard(&self) -> Option<(i64, i64, bool)> {
        let read = self.tail.seen.map(|seen| (seen, self.tail.pace, true));
        let imported = self.newest_import.map(|(end, length)| (end, length, false));
        read.max(imported)
    }

    /// Notes the length and the end of an interval that is imported.
    pub(crate) fn note_import(&mut self, end: i64, length: i64) {
        if self.index(day_of(end - length)).is_some() {
            self.newest_import = self.newest_import.max(Some((end, length)));
        }
    }

    /// Takes an imported quarter-hour.
    pub(crate) fn import(&mut self, quarter: i64, bin: QuarterEnergy) {
        let (day, at) = place(quarter);
        let Some(index) = self.index(day) else { return };
        if index >= self.imported.len() {
            self.imported.resize_with(index + 1, || None);
        }
        self.imported[index].get_or_insert_default().set(at, Some(bin));
    }

    pub(crate) fn set(&mut self, quarter: i64, bin: Option<QuarterEnergy>) {
        let day = quarter.div_euclid(QUARTERS_A_DAY);
        if bin.is_none() && self.day(day).is_none() {
            return;
        }
        if let Some(day) = self.day_mut(day) {
            day.set(quarter.rem_euclid(QUARTERS_A_DAY) as usize, bin);
        }
    }

    /// The next sample in time; writes go to `out`, not yet into the book.
    pub(crate) fn push(
        &mut self,
        sample: &Sample,
        profile: &dyn Fn(i64) -> i64,
        out: &mut Vec<QuarterUpdate>,
    ) -> Result<(), QuarantineReason> {
        let today = day_of(sample.at.0);
        if let Some(before) = self.tail.seen.map(day_of)
            && before != today
        {
            self.close(before);
        }
        let result = self.tail.push(&self.spec, sample, profile, out);
        if self.tail.shaped || result.is_err() {
            self.remark(today, sample, self.tail.shaped, result.err());
        }
        result
    }

    fn remark(&mut self, day: i64, sample: &Sample, shaped: bool, doubt: Option<QuarantineReason>) {
        if let Some(day) = self.day_mut(day) {
            day.shaped |= shaped;
            if let Some(doubt) = doubt {
                day.doubt(doubt, sample.at.0, sample.import);
            }
        }
    }

    /// Keeps the automaton as it is at the end of a day.
    pub(crate) fn close(&mut self, day: i64) {
        let state = Box::new(self.tail.clone());
        if let Some(day) = self.day_mut(day) {
            day.after = Some(state);
            day.changed = true;
        }
    }

    /// Keeps the automaton as it is now, if that is new.
    pub(crate) fn close_newest(&mut self) {
        let Some(newest) = self.tail.seen.map(day_of) else { return };
        let kept = self.day(newest).and_then(|day| day.after.as_deref());
        if kept != Some(&self.tail) {
            self.close(newest);
        }
    }

    /// The first day that can be held.
    pub(crate) fn start(&self) -> i64 {
        self.first_day
    }

    /// A whole day, from the store.
    pub(crate) fn put(&mut self, number: i64, day: MeterDay) {
        if let Some(place) = self.day_mut(number) {
            *place = day;
        }
    }

    /// A sample of that moment came late or changed.
    pub(crate) fn amend(&mut self, at: Time) {
        self.dirty.insert(day_of(at.0));
    }

    /// The days whose gaps went by the profile have to be done again.
    pub(crate) fn reshape(&mut self) {
        let shaped: Vec<i64> =
            self.days().filter(|(_, day)| day.shaped).map(|(day, _)| day).collect();
        self.dirty.extend(shaped);
    }

    /// Does the days of [`MeterDays::amend`] again, each until the automaton is where
    /// it was before.
    pub(crate) fn redo(
        &mut self,
        meter: MeterIndex,
        history: &dyn ReadingSource,
        profile: &dyn Fn(i64) -> i64,
    ) -> Vec<Recomputed> {
        let mut replaced = Vec::new();
        if self.dirty.is_empty() {
            return replaced;
        }
        self.close_newest();
        while let Some(day) = self.dirty.pop_first() {
            replaced.push(self.redo_from(day, meter, history, profile));
        }
        replaced
    }

    fn redo_from(
        &mut self,
        day: i64,
        meter: MeterIndex,
        history: &dyn ReadingSource,
        profile: &dyn Fn(i64) -> i64,
    ) -> Recomputed {
        let before = self.days().take_while(|(earlier, _)| *earlier < day);
        let before = before.filter_map(|(_, day)| day.after.as_deref()).last();
        let mut state = before.cloned().unwrap_or_default();
        let from = state.front();
        let (mut writes, mut day) = (Vec::new(), day);
        loop {
            let samples = history.samples(meter, Time(day * DAY)..Time(day * DAY + DAY));
            self.dirty.remove(&day);
            if let Some(book) = self.day_mut(day) {
                book.doubts.clear();
                book.shaped = false;
            }
            for sample in &samples {
                let result = state.push(&self.spec, sample, profile, &mut writes);
                if state.shaped || result.is_err() {
                    self.remark(day, sample, state.shaped, result.err());
                }
            }
            let book = self.day(day);
            let same = book.and_then(|book| book.after.as_deref()) == Some(&state);
            if same {
                return Recomputed { from, until: state.front(), writes };
            }
            if !samples.is_empty()
                && let Some(book) = self.day_mut(day)
            {
                book.after = Some(Box::new(state.clone()));
                book.changed = true;
            }
            match history.first_from(meter, Time(day * DAY + DAY)) {
                Some(next) => day = day_of(next.at.0),
                None => break,
            }
        }
        self.tail = state;
        Recomputed { from, until: i64::MAX, writes }
    }
}

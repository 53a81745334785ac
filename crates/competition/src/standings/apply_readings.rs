//! Applying samples, late samples, imported intervals and stored days.
use core::ops::Range;

use super::{Standings, house_hour};
use crate::{
    AppendOutcome, DayRecord, DayRecordError, IntervalReading, MeterIndex, ReadingSource, Sample,
    Time, day_record,
    energy::{HouseHour, Precision, QuarterEnergy, QuarterUpdate},
    meter_days::{MeterDays, Recomputed},
    time::{Day, Hour, QuarterHour, each_hour, each_quarter},
};

impl Standings {
    /// Applies a screened sample that is newer than all others of its meter.
    /// Constant work, whatever the history or the number of participants.
    pub fn append(&mut self, meter: MeterIndex, sample: Sample) -> AppendOutcome {
        let index = meter.0 as usize;
        self.note_contest_reading(index, sample.at);
        let days = &mut self.meter_days[index];
        if days.state.newest.is_some_and(|newest| newest >= sample.at) {
            self.invalidate(meter, sample.at);
            return AppendOutcome::Late;
        }
        let state = &self.states[self.owners[index].0 as usize];
        let mut writes = std::mem::take(&mut self.writes);
        let result = days.push(&sample, &|hour| state.profile_weight(hour), &mut writes);
        if !writes.is_empty() {
            self.write(index, &writes);
            writes.clear();
        }
        self.writes = writes;
        match result {
            Ok(()) => AppendOutcome::Counted,
            Err(reason) => AppendOutcome::Quarantined(reason),
        }
    }

    /// Marks the day of a sample for [`Standings::settle`]: to be called when a sample older
    /// than the newest of its meter is stored, or its value is replaced. Constant work.
    pub fn invalidate(&mut self, meter: MeterIndex, at: Time) {
        self.meter_days[meter.0 as usize].invalidate(at);
        self.enqueue(self.owners[meter.0 as usize].0 as usize);
    }

    /// Baselines are fitted from the first reading of the contest on. Readings in quarantine
    /// count, too: whether they are may depend on the order in which readings arrive.
    fn note_contest_reading(&mut self, meter: usize, at: Time) {
        let owner = self.owners[meter].0 as usize;
        let state = &mut self.states[owner];
        if !state.has_contest_reading && at >= state.calendar.contest.start.start() {
            state.has_contest_reading = true;
            self.enqueue(owner);
        }
    }

    /// Applies an imported interval; a later one with the same beginning replaces it.
    /// [`DayRecord`]s do not contain intervals: apply them again after a restart, in any
    /// order.
    pub fn interval(&mut self, meter: MeterIndex, interval: &IntervalReading) {
        let &IntervalReading { start, seconds, energy } = interval;
        let first = QuarterHour::containing(start);
        let parts = (seconds / QuarterHour::SECONDS).clamp(1, 4) as usize;
        let values: Vec<QuarterEnergy> = (0..parts)
            .map(|part| {
                QuarterEnergy::from(&QuarterUpdate {
                    quarter: first + part as i64,
                    energy: energy.part(part, parts),
                    start: if part == 0 { Precision::Exact } else { Precision::Firm },
                    end: if part + 1 == parts { Precision::Exact } else { Precision::Firm },
                    declared: false,
                })
            })
            .collect();
        let index = meter.0 as usize;
        self.note_contest_reading(index, start);
        let end = first + parts as i64;
        // Gaps are divided once for all rows of an import.
        if self.meter_days[index].imported_into(each_quarter(&(first..end))) {
            self.enqueue(self.owners[index].0 as usize);
        }
        self.change_hours(index, first.hour()..first.hour() + 1, |days| {
            days.import(first, &values);
        });
    }

    /// Takes back imported intervals of a meter that begin in a range.
    pub fn remove_intervals(&mut self, meter: MeterIndex, range: Range<Time>) {
        let index = meter.0 as usize;
        let Some(known) = self.meter_days[index].imported_quarters() else { return };
        let quarters = QuarterHour::at_or_after(range.start)..QuarterHour::at_or_after(range.end);
        let (first, end) = (quarters.start.max(known.start), quarters.end.min(known.end));
        for hour in each_hour(&(first.hour()..(end + 3).hour())) {
            let days = &mut self.meter_days[index];
            let removed = days.intervals_of(hour, &quarters);
            if removed.is_empty() {
                continue;
            }
            if days.imported_into(removed.iter().copied()) {
                self.enqueue(self.owners[index].0 as usize);
            }
            self.change_hours(index, hour..hour + 1, |days| days.remove_imported(&removed));
        }
        self.meter_days[index].find_newest_import();
    }

    /// Changes hours of a meter, outside of gaps, and their participant's sums.
    fn change_hours(
        &mut self,
        meter: usize,
        hours: Range<Hour>,
        change: impl FnOnce(&mut MeterDays),
    ) {
        let owner = self.owners[meter].0 as usize;
        let state = &mut self.states[owner];
        let meters = state.meters.clone();
        let old: Vec<HouseHour> = each_hour(&hours)
            .map(|hour| house_hour(&self.meter_days[meters.clone()], hour))
            .collect();
        change(&mut self.meter_days[meter]);
        for (hour, old) in each_hour(&hours).zip(old) {
            state.replace_hour(hour, old, house_hour(&self.meter_days[meters.clone()], hour));
        }
        if state.needs_settling() {
            self.enqueue(owner);
        }
    }

    /// Changes quarter-hours of a meter's register, divides the gaps that they belonged to
    /// and belong to, and updates the participant's hours.
    fn change_quarters(
        &mut self,
        meter: usize,
        range: Range<QuarterHour>,
        change: impl FnOnce(&mut MeterDays),
    ) {
        if range.is_empty() {
            return;
        }
        let state = &mut self.states[self.owners[meter].0 as usize];
        let meters = state.meters.clone();
        let hours =
            |quarters: &Range<QuarterHour>| quarters.start.hour()..(quarters.end - 1).hour() + 1;
        let before = self.meter_days[meter].with_gaps(range.clone());
        let house = |meter_days: &[MeterDays], hours: Range<Hour>| -> Vec<HouseHour> {
            each_hour(&hours).map(|hour| house_hour(&meter_days[meters.clone()], hour)).collect()
        };
        let known = hours(&before);
        let mut old = house(&self.meter_days, known.clone());
        change(&mut self.meter_days[meter]);
        // Further quarter-hours may belong to a gap now; they have not changed yet.
        let after = self.meter_days[meter].with_gaps(before);
        let all = hours(&after);
        old.splice(..0, house(&self.meter_days, all.start..known.start));
        old.extend(house(&self.meter_days, known.end..all.end));
        self.meter_days[meter].divide_gaps(&after);
        for (hour, old) in each_hour(&all).zip(old) {
            state.replace_hour(hour, old, house_hour(&self.meter_days[meters.clone()], hour));
        }
        if state.needs_settling() {
            self.enqueue(self.owners[meter].0 as usize);
        }
    }

    /// Stores consecutive quarter-hours of a meter and updates the participant's hours.
    fn write(&mut self, meter: usize, writes: &[QuarterUpdate]) {
        let quarters = writes.iter().map(|write| write.quarter);
        let Some((first, last)) = quarters.clone().min().zip(quarters.max()) else { return };
        self.change_quarters(meter, first..last + 1, |days| {
            for write in writes {
                days.set(write.quarter, Some(QuarterEnergy::from(write)));
            }
        });
    }

    /// Computes the outdated days of a participant's meters again; the first
    /// quarter-hour that was replaced.
    pub(super) fn recompute(
        &mut self,
        who: usize,
        readings: &dyn ReadingSource,
    ) -> Option<QuarterHour> {
        let start = self.states[who].calendar.hours().start.first_quarter();
        let mut first: Option<QuarterHour> = None;
        for meter in self.states[who].meters.clone() {
            let state = &self.states[who];
            let recomputed =
                self.meter_days[meter].recompute(MeterIndex(meter as u32), readings, &|hour| {
                    state.profile_weight(hour)
                });
            for Recomputed { from, until, updates } in recomputed {
                first = first.into_iter().chain([from.max(start)]).min();
                self.replace(meter, from, until, &updates);
            }
            while let Some(range) = self.meter_days[meter].next_imported_into() {
                first = first.into_iter().chain([range.start]).min();
                self.change_quarters(meter, range, |_| ());
            }
        }
        first
    }

    /// Replaces a range of quarter-hours by the updates in it; the rest of the range is
    /// unknown.
    fn replace(
        &mut self,
        meter: usize,
        from: QuarterHour,
        until: Option<QuarterHour>,
        updates: &[QuarterUpdate],
    ) {
        let known = self.meter_days[meter].quarters();
        let inside = |it: &&QuarterUpdate| until.is_none_or(|until| it.quarter < until);
        let updates: Vec<QuarterUpdate> = updates.iter().filter(inside).copied().collect();
        let first =
            updates.iter().map(|it| it.quarter).chain(known.clone().map(|it| it.start)).min();
        let last = updates.iter().map(|it| it.quarter + 1).chain(known.map(|it| it.end)).max();
        let Some((first, last)) = first.zip(last) else { return };
        let range = from.max(first)..until.unwrap_or(last).min(last);
        self.change_quarters(meter, range.clone(), |days| {
            each_quarter(&range).for_each(|quarter| days.set(quarter, None));
            // Of several updates of a quarter-hour the last holds.
            for update in &updates {
                days.set(update.quarter, Some(QuarterEnergy::from(update)));
            }
        });
    }

    /// The days of a meter that changed since the last call, oldest first. Call
    /// [`Standings::settle`] before: without it they lack late samples.
    pub fn days(&mut self, meter: MeterIndex) -> Vec<DayRecord> {
        let days = &mut self.meter_days[meter.0 as usize];
        days.keep_newest_state();
        let fingerprint = days.config.fingerprint;
        let mut records = Vec::new();
        for (number, day) in days.days_mut().filter(|(_, day)| day.changed) {
            day.changed = false;
            let bytes = day_record::encode(day, fingerprint);
            records.push(DayRecord { day: number.number() as i32, bytes });
        }
        records
    }

    /// Restores a day from [`Standings::days`]. Days are restored oldest first, before any
    /// sample of the meter is applied.
    ///
    /// # Errors
    /// [`DayRecordError`] where the day is not restored. No later day of the meter is
    /// restored then either, and all samples after [`Standings::newest`] have to be
    /// appended.
    pub fn restore(&mut self, meter: MeterIndex, record: &DayRecord) -> Result<(), DayRecordError> {
        let index = meter.0 as usize;
        let days = &mut self.meter_days[index];
        let number = Day::new(i64::from(record.day));
        let in_order = days.state.newest.is_none_or(|newest| Day::containing(newest) < number);
        if self.broken[index] || !in_order || number < days.first_day() {
            return Err(DayRecordError::Damaged);
        }
        let day = day_record::decode(&record.bytes, days.config.fingerprint)
            .inspect_err(|_| self.broken[index] = true)?;
        self.states[self.owners[index].0 as usize].restored = true;
        let quarters = number.first_quarter()..(number + 1).first_quarter();
        self.change_quarters(index, quarters, |days| days.restore(number, day));
        if let Some(newest) = self.meter_days[index].state.newest {
            self.note_contest_reading(index, newest);
        }
        self.enqueue(self.owners[index].0 as usize);
        Ok(())
    }
}

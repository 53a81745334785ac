//! Applying samples, late samples, imported intervals and stored days.
use super::{Standings, hour_energy};
use crate::{
    AppendOutcome, DayRecord, DayRecordError, IntervalReading, MeterIndex, ReadingSource, Sample,
    Time, day_record,
    energy::{QuarterEnergy, QuarterUpdate},
    meter_days::Recomputed,
    time::{Day, QuarterHour, each_hour, each_quarter},
};

impl Standings {
    /// Applies a screened sample that is newer than all others of its meter.
    /// Constant work, whatever the history or the number of participants.
    pub fn append(&mut self, meter: MeterIndex, sample: Sample) -> AppendOutcome {
        let index = meter.0 as usize;
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
                    start_exact: part == 0,
                    end_exact: part + 1 == parts,
                    firm: true,
                    declared: false,
                })
            })
            .collect();
        let owner = self.owners[meter.0 as usize].0 as usize;
        let state = &mut self.states[owner];
        let (meters, hour) = (state.meters.clone(), first.hour());
        let old = hour_energy(&self.meter_days[meters.clone()], hour);
        self.meter_days[meter.0 as usize].import(first, &values);
        state.replace_hour(hour, old, hour_energy(&self.meter_days[meters], hour));
        if state.needs_fit && state.has_contest_reading {
            self.enqueue(owner);
        }
    }

    /// Stores quarter-hours of a meter and updates the participant's hours.
    fn write(&mut self, meter: usize, writes: &[QuarterUpdate]) {
        let state = &mut self.states[self.owners[meter].0 as usize];
        let meters = state.meters.clone();
        for writes in writes.chunk_by(|a, b| a.quarter.hour() == b.quarter.hour()) {
            let hour = writes[0].quarter.hour();
            let old = hour_energy(&self.meter_days[meters.clone()], hour);
            for write in writes {
                self.meter_days[meter].set(write.quarter, Some(QuarterEnergy::from(write)));
            }
            state.replace_hour(hour, old, hour_energy(&self.meter_days[meters.clone()], hour));
        }
        if state.needs_fit && state.has_contest_reading {
            self.enqueue(self.owners[meter].0 as usize);
        }
    }

    /// Removes quarter-hours of a meter and updates the participant's hours.
    fn erase(&mut self, meter: usize, from: QuarterHour, until: Option<QuarterHour>) {
        let state = &mut self.states[self.owners[meter].0 as usize];
        let meters = state.meters.clone();
        let Some(known) = self.meter_days[meter].quarters() else { return };
        let until = until.map_or(known.end, |until| until.min(known.end));
        let mut quarter = from.max(known.start);
        while quarter < until {
            let hour = quarter.hour();
            let end = (hour + 1).first_quarter().min(until);
            let old = hour_energy(&self.meter_days[meters.clone()], hour);
            for quarter in each_quarter(&(quarter..end)) {
                self.meter_days[meter].set(quarter, None);
            }
            state.replace_hour(hour, old, hour_energy(&self.meter_days[meters.clone()], hour));
            quarter = end;
        }
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
        let inside = |it: &&QuarterUpdate| until.is_none_or(|until| it.quarter < until);
        let mut updates: Vec<QuarterUpdate> = updates.iter().filter(inside).copied().collect();
        // The sort is stable: of several updates of a quarter-hour the last holds.
        updates.sort_by_key(|update| update.quarter);
        let mut next = from;
        for update in &updates {
            if next < update.quarter {
                self.erase(meter, next, Some(update.quarter));
            }
            next = next.max(update.quarter + 1);
        }
        self.erase(meter, next, until);
        self.write(meter, &updates);
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
        let state = &mut self.states[self.owners[index].0 as usize];
        let meters = state.meters.clone();
        state.restored = true;
        let before: Vec<_> = each_hour(&number.hours())
            .map(|hour| hour_energy(&self.meter_days[meters.clone()], hour))
            .collect();
        self.meter_days[index].restore(number, day);
        for (hour, old) in each_hour(&number.hours()).zip(before) {
            state.replace_hour(hour, old, hour_energy(&self.meter_days[meters.clone()], hour));
        }
        self.enqueue(self.owners[index].0 as usize);
        Ok(())
    }
}

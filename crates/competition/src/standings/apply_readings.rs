//! Samples, late samples and stored days in.
use super::{Standings, hour_energy};
use crate::{
    AppendOutcome, DayRecord, DayRecordError, IntervalReading, MeterIndex, ReadingSource, Sample,
    Time, day_record,
    energy::{QuarterEnergy, QuarterUpdate},
    meter_days::Recomputed,
    time::{Day, QuarterHour, each_hour, each_quarter},
};

impl Standings {
    /// Takes a screened sample that is newer than everything of its meter.
    /// Constant work, whatever the history or the number of participants.
    pub fn append(&mut self, meter: MeterIndex, sample: Sample) -> AppendOutcome {
        let index = meter.0 as usize;
        let ledger = &mut self.ledgers[index];
        if ledger.state.newest.is_some_and(|newest| newest >= sample.at) {
            self.invalidate(meter, sample.at);
            return AppendOutcome::Late;
        }
        let house = &self.houses[self.owners[index].0 as usize];
        let mut writes = std::mem::take(&mut self.writes);
        let result = ledger.push(&sample, &|hour| house.profile_weight(hour), &mut writes);
        if !writes.is_empty() {
            self.write(index, &writes);
            writes.clear();
        }
        self.writes = writes;
        match result {
            Ok(()) => AppendOutcome::Counted,
            Err(doubt) => AppendOutcome::Doubted(doubt),
        }
    }

    /// Tells that a sample older than the newest of its meter was stored, or its
    /// value replaced. Constant work; [`Standings::settle`] does the rest.
    pub fn invalidate(&mut self, meter: MeterIndex, at: Time) {
        self.ledgers[meter.0 as usize].invalidate(at);
        self.enqueue(self.owners[meter.0 as usize].0 as usize);
    }

    /// Takes an imported interval; one of the same beginning replaces it. Not kept in
    /// [`DayRecord`]: give it again after a restart, in any order.
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
        let house = &mut self.houses[owner];
        let (meters, hour) = (house.meters.clone(), first.hour());
        let old = hour_energy(&self.ledgers[meters.clone()], hour);
        self.ledgers[meter.0 as usize].import(first, &values);
        house.replace_hour(hour, old, hour_energy(&self.ledgers[meters], hour));
        if house.needs_fit && house.has_contest_reading {
            self.enqueue(owner);
        }
    }

    /// Puts quarter-hours into a meter's book and their hours into its house.
    fn write(&mut self, meter: usize, writes: &[QuarterUpdate]) {
        let house = &mut self.houses[self.owners[meter].0 as usize];
        let meters = house.meters.clone();
        for writes in writes.chunk_by(|a, b| a.quarter.hour() == b.quarter.hour()) {
            let hour = writes[0].quarter.hour();
            let old = hour_energy(&self.ledgers[meters.clone()], hour);
            for write in writes {
                self.ledgers[meter].set(write.quarter, Some(QuarterEnergy::from(write)));
            }
            house.replace_hour(hour, old, hour_energy(&self.ledgers[meters.clone()], hour));
        }
        if house.needs_fit && house.has_contest_reading {
            self.enqueue(self.owners[meter].0 as usize);
        }
    }

    /// Takes quarter-hours out of a meter's book.
    fn erase(&mut self, meter: usize, from: QuarterHour, until: Option<QuarterHour>) {
        let house = &mut self.houses[self.owners[meter].0 as usize];
        let meters = house.meters.clone();
        let Some(known) = self.ledgers[meter].quarters() else { return };
        let until = until.map_or(known.end, |until| until.min(known.end));
        let mut quarter = from.max(known.start);
        while quarter < until {
            let hour = quarter.hour();
            let end = (hour + 1).first_quarter().min(until);
            let old = hour_energy(&self.ledgers[meters.clone()], hour);
            for quarter in each_quarter(&(quarter..end)) {
                self.ledgers[meter].set(quarter, None);
            }
            house.replace_hour(hour, old, hour_energy(&self.ledgers[meters.clone()], hour));
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
        let start = self.houses[who].calendar.hours().start.first_quarter();
        let mut first: Option<QuarterHour> = None;
        for meter in self.houses[who].meters.clone() {
            let house = &self.houses[who];
            let recomputed =
                self.ledgers[meter].recompute(MeterIndex(meter as u32), readings, &|hour| {
                    house.profile_weight(hour)
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

    /// The days of a meter that changed since the last call, oldest first. Settle
    /// before: a late sample that is not settled is not in them.
    pub fn days(&mut self, meter: MeterIndex) -> Vec<DayRecord> {
        let ledger = &mut self.ledgers[meter.0 as usize];
        ledger.keep_newest_state();
        let fingerprint = ledger.config.fingerprint;
        let mut records = Vec::new();
        for (number, day) in ledger.days_mut().filter(|(_, day)| day.changed) {
            day.changed = false;
            let bytes = day_record::encode(day, fingerprint);
            records.push(DayRecord { day: number.number() as i32, bytes });
        }
        records
    }

    /// Takes up a day that [`Standings::days`] gave, oldest first, before any
    /// sample of the meter.
    ///
    /// # Errors
    /// [`DayRecordError`] says why not; no later day of the meter is taken then either, and
    /// all samples after [`Standings::newest`] have to be appended.
    pub fn restore(&mut self, meter: MeterIndex, record: &DayRecord) -> Result<(), DayRecordError> {
        let index = meter.0 as usize;
        let ledger = &mut self.ledgers[index];
        let number = Day::new(i64::from(record.day));
        let in_order = ledger.state.newest.is_none_or(|newest| Day::containing(newest) < number);
        if self.broken[index] || !in_order || number < ledger.first_day() {
            return Err(DayRecordError::Damaged);
        }
        let day = day_record::decode(&record.bytes, ledger.config.fingerprint)
            .inspect_err(|_| self.broken[index] = true)?;
        let house = &mut self.houses[self.owners[index].0 as usize];
        let meters = house.meters.clone();
        house.restored = true;
        let before: Vec<_> = each_hour(&number.hours())
            .map(|hour| hour_energy(&self.ledgers[meters.clone()], hour))
            .collect();
        self.ledgers[index].restore(number, day);
        for (hour, old) in each_hour(&number.hours()).zip(before) {
            house.replace_hour(hour, old, hour_energy(&self.ledgers[meters.clone()], hour));
        }
        self.enqueue(self.owners[index].0 as usize);
        Ok(())
    }
}

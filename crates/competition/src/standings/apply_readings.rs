//! Samples, late samples and stored days in.
use super::{Standings, known};
use crate::{
    AppendOutcome, DayRecord, DayRecordError, IntervalReading, MeterIndex, ReadingSource, Sample,
    Time,
    calendar::grid::{QUARTER, QUARTERS_A_DAY, day_of},
    day_record,
    energy::{QuarterEnergy, QuarterUpdate, RegisterState},
    participant_state::ParticipantState,
};

impl Standings {
    /// Takes a screened sample that is newer than everything of its meter.
    /// Constant work, whatever the history or the number of participants.
    pub fn append(&mut self, meter: MeterIndex, sample: Sample) -> AppendOutcome {
        let index = meter.0 as usize;
        let ledger = &mut self.ledgers[index];
        if ledger.tail.seen.is_some_and(|newest| newest >= sample.at.0) {
            self.invalidate(meter, sample.at);
            return AppendOutcome::Late;
        }
        let house = &self.houses[self.owners[index].0 as usize];
        let mut writes = std::mem::take(&mut self.writes);
        let result = ledger.push(&sample, &|hour| house.weight(hour), &mut writes);
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
        self.ledgers[meter.0 as usize].amend(at);
        self.enqueue(self.owners[meter.0 as usize].0 as usize);
    }

    /// Takes an imported interval; one of the same beginning replaces it. Not kept in
    /// [`DayRecord`]: give it again after a restart, in any order.
    pub fn interval(&mut self, meter: MeterIndex, interval: &IntervalReading) {
        let &IntervalReading { start, seconds, energy } = interval;
        let (first, parts) = (start.0.div_euclid(QUARTER), (seconds / QUARTER).clamp(1, 4));
        let owner = self.owners[meter.0 as usize].0 as usize;
        let house = &mut self.houses[owner];
        let (meters, hour) = (house.meters.clone(), first.div_euclid(4));
        let old = known(&self.ledgers[meters.clone()], hour);
        let length = parts * QUARTER;
        self.ledgers[meter.0 as usize].note_import(first * QUARTER + length, length);
        for part in 0..parts {
            // Differences of the interpolated sum: the parts add up to the whole.
            let upto = |part: i64| energy.0 * part / parts;
            let write = QuarterUpdate {
                quarter: first + part,
                energy: upto(part + 1) - upto(part),
                from_exact: part == 0,
                until_exact: part + 1 == parts,
                firm: true,
                declared: false,
            };
            self.ledgers[meter.0 as usize].import(write.quarter, QuarterEnergy::from(&write));
        }
        house.change(hour, old, known(&self.ledgers[meters], hour));
        if house.stale && house.begun {
            self.enqueue(owner);
        }
    }

    /// Puts quarter-hours into a meter's book and their hours into its house.
    fn write(&mut self, meter: usize, writes: &[QuarterUpdate]) {
        let house = &mut self.houses[self.owners[meter].0 as usize];
        let meters = house.meters.clone();
        for writes in writes.chunk_by(|a, b| a.quarter.div_euclid(4) == b.quarter.div_euclid(4)) {
            let hour = writes[0].quarter.div_euclid(4);
            let old = known(&self.ledgers[meters.clone()], hour);
            for write in writes {
                self.ledgers[meter].set(write.quarter, Some(QuarterEnergy::from(write)));
            }
            house.change(hour, old, known(&self.ledgers[meters.clone()], hour));
        }
        if house.stale && house.begun {
            self.enqueue(self.owners[meter].0 as usize);
        }
    }

    /// Takes quarter-hours out of a meter's book.
    fn erase(&mut self, meter: usize, from: i64, until: i64) {
        let house = &mut self.houses[self.owners[meter].0 as usize];
        let meters = house.meters.clone();
        let held = || self.ledgers[meter].days().map(|(day, _)| day * QUARTERS_A_DAY);
        let from = from.max(held().next().unwrap_or(i64::MAX));
        let until = until.min(held().last().map_or(i64::MIN, |day| day + QUARTERS_A_DAY));
        let mut quarter = from;
        while quarter < until {
            let hour = quarter.div_euclid(4);
            let end = (hour * 4 + 4).min(until);
            let old = known(&self.ledgers[meters.clone()], hour);
            for quarter in quarter..end {
                self.ledgers[meter].set(quarter, None);
            }
            house.change(hour, old, known(&self.ledgers[meters.clone()], hour));
            quarter = end;
        }
    }

    /// Late days of a participant's meters; the first quarter-hour replaced.
    pub(super) fn redo(&mut self, who: usize, history: &dyn ReadingSource) -> Option<i64> {
        let mut first: Option<i64> = None;
        for meter in self.houses[who].meters.clone() {
            let house = &self.houses[who];
            let ledger = &mut self.ledgers[meter];
            let replaced =
                ledger.redo(MeterIndex(meter as u32), history, &|hour| house.weight(hour));
            for replaced in replaced {
                let from = replaced.from.max(house_start(&self.houses[who]));
                first = Some(first.map_or(from, |first| first.min(from)));
                self.replace(meter, replaced.from, replaced.until, &replaced.writes);
            }
        }
        first
    }

    /// What the writes hold before `until` stands; the rest of the range is unknown.
    fn replace(&mut self, meter: usize, from: i64, until: i64, writes: &[QuarterUpdate]) {
        let mut writes: Vec<QuarterUpdate> =
            writes.iter().copied().filter(|write| write.quarter < until).collect();
        // stable: of several writes to a quarter-hour the last comes last
        writes.sort_by_key(|write| write.quarter);
        let mut at = from;
        for write in &writes {
            if at < write.quarter {
                self.erase(meter, at, write.quarter);
            }
            at = at.max(write.quarter + 1);
        }
        self.erase(meter, at, until);
        self.write(meter, &writes);
    }

    /// The days of a meter that changed since the last call, oldest first. Settle
    /// before: a late sample that is not settled is not in them.
    pub fn days(&mut self, meter: MeterIndex) -> Vec<DayRecord> {
        let ledger = &mut self.ledgers[meter.0 as usize];
        ledger.close_newest();
        let fingerprint = ledger.spec.fingerprint;
        let mut records = Vec::new();
        for (number, day) in ledger.days_mut().filter(|(_, day)| day.changed) {
            day.changed = false;
            let bytes = day_record::encode(day, fingerprint);
            records.push(DayRecord { day: number as i32, bytes });
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
        let (start, number) = (ledger.start(), i64::from(record.day));
        let in_order = ledger.tail.seen.is_none_or(|seen| day_of(seen) < number);
        if self.broken[index] || !in_order || number < start {
            return Err(DayRecordError::Damaged);
        }
        let day = day_record::decode(&record.bytes, ledger.spec.fingerprint)
            .inspect_err(|_| self.broken[index] = true)?;
        if let Some(state) = &day.after {
            ledger.tail = RegisterState::clone(state);
        }
        let house = &mut self.houses[self.owners[index].0 as usize];
        let meters = house.meters.clone();
        house.fresh = true;
        let hours = number * 24..number * 24 + 24;
        let before: Vec<_> =
            hours.clone().map(|hour| known(&self.ledgers[meters.clone()], hour)).collect();
        self.ledgers[index].put(number, day);
        for (hour, old) in hours.zip(before) {
            house.change(hour, old, known(&self.ledgers[meters.clone()], hour));
        }
        self.enqueue(self.owners[index].0 as usize);
        Ok(())
    }
}

fn house_start(house: &ParticipantState) -> i64 {
    house.calendar.hours().start * 4
}

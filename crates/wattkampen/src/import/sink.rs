//! Where rows go: judged on themselves, gathered, and stored a batch a transaction.
use competition::{
    Celsius, ImportValidator, IntervalReading, Meter, MeterIndex, Sample, Standings, Time,
};
use server::store::{BulkWriter, ImportOutcome, Importer, Inserted};

use super::{ImportError, Tally};

/// Rows of a transaction.
const BATCH: usize = 20_000;

const CONFLICT: &str = "another value is stored for this time (--replace takes the new one)";
const OVERLAP: &str = "overlaps an interval of another length that is stored";

/// One file's way into the store.
#[derive(Debug)]
pub struct Sink<'a> {
    id: String,
    screen: ImportValidator,
    way: Way<'a>,
    lines: Vec<u64>,
}

#[derive(Debug)]
enum Way<'a> {
    Intervals {
        importer: &'a mut Importer,
        meter: &'a Meter,
        rows: Vec<IntervalReading>,
    },
    Outdoor {
        importer: &'a mut Importer,
        rows: Vec<(Time, Celsius)>,
    },
    Registers {
        store: &'a mut BulkWriter,
        judge: &'a Standings,
        meter: MeterIndex,
        now: Time,
        /// Where the result is locked: what is kept with the next commit.
        aside: Option<Vec<Sample>>,
    },
}

impl<'a> Sink<'a> {
    /// Energies of a meter.
    pub fn intervals(
        importer: &'a mut Importer,
        meter: &'a Meter,
        screen: ImportValidator,
    ) -> Self {
        let way = Way::Intervals { importer, meter, rows: Vec::with_capacity(BATCH) };
        Self { id: meter.id.clone(), screen, way, lines: Vec::with_capacity(BATCH) }
    }

    /// Temperatures at a participant.
    pub fn temperatures(
        importer: &'a mut Importer,
        participant: &str,
        screen: ImportValidator,
    ) -> Self {
        let way = Way::Outdoor { importer, rows: Vec::with_capacity(BATCH) };
        Self { id: participant.to_owned(), screen, way, lines: Vec::with_capacity(BATCH) }
    }

    /// Registers of a meter, as its gateway would have sent them.
    pub fn registers(
        (store, locked): (&'a mut BulkWriter, bool),
        judge: &'a Standings,
        (id, meter): (&str, MeterIndex),
        screen: ImportValidator,
        now: Time,
    ) -> Self {
        let aside = locked.then(Vec::new);
        let way = Way::Registers { store, judge, meter, now, aside };
        Self { id: id.to_owned(), screen, way, lines: Vec::new() }
    }

    pub(super) fn interval(
        &mut self,
        row: IntervalReading,
        line: u64,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        if let Way::Intervals { meter, rows, .. } = &mut self.way {
            match self.screen.check_interval(meter, &row) {
                Ok(()) => rows.push(row),
                Err(refusal) => {
                    tally.refuse(&refusal.to_string(), line);
                    return Ok(());
                }
            }
        }
        self.gathered(line, tally)
    }

    pub(super) fn outdoor(
        &mut self,
        at: Time,
        outdoor: Celsius,
        line: u64,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        if let Way::Outdoor { rows, .. } = &mut self.way {
            match self.screen.check_temperature(at, outdoor) {
                Ok(()) => rows.push((at, outdoor)),
                Err(refusal) => {
                    tally.refuse(&refusal.to_string(), line);
                    return Ok(());
                }
            }
        }
        self.gathered(line, tally)
    }

    fn gathered(&mut self, line: u64, tally: &mut Tally) -> Result<(), ImportError> {
        self.lines.push(line);
        if self.lines.len() >= BATCH { self.flush(tally) } else { Ok(()) }
    }

    pub(super) fn register(
        &mut self,
        sample: Sample,
        line: u64,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        let Way::Registers { store, judge, meter, now, aside } = &mut self.way else {
            return Ok(());
        };
        if let Err(refusal) = judge.screen(*meter, &sample, *now) {
            tally.refuse(&refusal.to_string(), line);
            return Ok(());
        }
        if let Some(aside) = aside {
            aside.push(sample);
            return if aside.len() >= BATCH { self.flush(tally) } else { Ok(()) };
        }
        match store.insert(&self.id, sample)? {
            Some(Inserted::Newest | Inserted::Late) => tally.taken += 1,
            Some(Inserted::Repeated) => tally.repeated += 1,
            Some(Inserted::Conflict { .. }) => {
                tally
                    .refuse("another register is stored for this time; the lower one counts", line);
            }
            None => tally.refuse("a time beyond what can be stored", line),
        }
        if (tally.taken + 1).is_multiple_of(BATCH as u64) {
            store.commit()?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self, tally: &mut Tally) -> Result<(), ImportError> {
        let stored = match &mut self.way {
            Way::Intervals { importer, rows, .. } => {
                let stored = importer.intervals(&self.id, rows)?;
                rows.clear();
                stored
            }
            Way::Outdoor { importer, rows } => {
                let stored = importer.temperatures(&self.id, rows)?;
                rows.clear();
                stored
            }
            Way::Registers { store, aside: Some(aside), now, .. } => {
                let kept = store.keep_post_lock(&self.id, aside, *now)?;
                let repeated = aside.len() as u64 - kept;
                aside.clear();
                ImportOutcome { aside: kept, repeated, ..ImportOutcome::default() }
            }
            Way::Registers { store, .. } => {
                store.commit()?;
                ImportOutcome::default()
            }
        };
        tally.taken += stored.taken;
        tally.repeated += stored.repeated;
        tally.replaced += stored.replaced;
        tally.aside += stored.aside;
        for (rows, reason) in [(stored.conflicts, CONFLICT), (stored.overlaps, OVERLAP)] {
            for row in rows {
                tally.refuse(reason, self.lines[row]);
            }
        }
        self.lines.clear();
        Ok(())
    }
}

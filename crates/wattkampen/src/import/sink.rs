//! Where the rows of a file go. A sink validates each row by itself, gathers rows, and
//! stores a batch in one transaction.
use competition::{
    Celsius, ImportValidator, IntervalReading, Meter, MeterIndex, MilliWattHours, Sample,
    Standings, Time, WattHours,
};
use server::store::{BulkWriter, ImportOutcome, Importer, Inserted};

use super::{error::ImportError, tally::Tally};

/// Rows of one transaction.
const BATCH: usize = 20_000;

const CONFLICT: &str = "another value is stored for this time (--replace stores the new one)";
const OVERLAP: &str = "overlaps a stored interval of another length";

/// A row of a file: its line, its time (seconds of UTC) and its value (mWh, or hundredths
/// of a degree Celsius).
#[derive(Debug, Clone, Copy)]
pub(crate) struct ParsedRow {
    pub(super) line: u64,
    pub(super) at: i64,
    pub(super) value: i64,
}

/// Validates and stores the rows of one file.
pub(crate) trait RowSink {
    /// Stores a row, now or with a later batch, or counts why not.
    fn push(&mut self, row: ParsedRow, tally: &mut Tally) -> Result<(), ImportError>;

    /// Commits the rows that are gathered.
    fn flush(&mut self, tally: &mut Tally) -> Result<(), ImportError>;
}

/// Energies of a meter's intervals.
#[derive(Debug)]
pub(crate) struct IntervalSink<'a> {
    pub(crate) importer: &'a mut Importer,
    pub(crate) meter: &'a Meter,
    pub(crate) validator: ImportValidator,
    /// Length of an interval, seconds.
    pub(crate) seconds: i64,
    /// Times are the ends of intervals, not their starts.
    pub(crate) ends: bool,
    pub(crate) batch: Batch<IntervalReading>,
}

/// Outdoor temperatures at a participant.
#[derive(Debug)]
pub(crate) struct TemperatureSink<'a> {
    pub(crate) importer: &'a mut Importer,
    pub(crate) participant: &'a str,
    pub(crate) validator: ImportValidator,
    pub(crate) batch: Batch<(Time, Celsius)>,
}

/// Registers of a meter, as its gateway would have sent them.
#[derive(Debug)]
pub(crate) struct RegisterSink<'a> {
    pub(crate) writer: &'a mut BulkWriter,
    pub(crate) standings: &'a Standings,
    pub(crate) id: &'a str,
    pub(crate) meter: MeterIndex,
    pub(crate) now: Time,
    /// Gathers rows once the result is locked; they are stored and do not count.
    pub(crate) after_lock: Option<Vec<Sample>>,
}

/// Rows of the next transaction, and the lines they come from.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    rows: Vec<T>,
    lines: Vec<u64>,
}

impl<T> Batch<T> {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::with_capacity(BATCH), lines: Vec::with_capacity(BATCH) }
    }

    /// Adds a row and returns whether the batch is full.
    fn add(&mut self, row: T, line: u64) -> bool {
        self.rows.push(row);
        self.lines.push(line);
        self.rows.len() >= BATCH
    }

    /// Counts what became of the rows and empties the batch.
    fn finish(&mut self, outcome: &ImportOutcome, tally: &mut Tally) {
        add_outcome(outcome, tally);
        for (rows, reason) in [(&outcome.conflicts, CONFLICT), (&outcome.overlaps, OVERLAP)] {
            for row in rows {
                tally.refuse(reason, self.lines[*row]);
            }
        }
        self.rows.clear();
        self.lines.clear();
    }
}

fn add_outcome(outcome: &ImportOutcome, tally: &mut Tally) {
    tally.taken += outcome.inserted;
    tally.repeated += outcome.unchanged;
    tally.replaced += outcome.replaced;
    tally.after_lock += outcome.post_lock;
}

impl RowSink for IntervalSink<'_> {
    fn push(&mut self, row: ParsedRow, tally: &mut Tally) -> Result<(), ImportError> {
        let start = if self.ends { row.at - self.seconds } else { row.at };
        if start.rem_euclid(self.seconds) != 0 {
            tally.refuse("the interval does not start at a multiple of its length", row.line);
            return Ok(());
        }
        let energy = MilliWattHours(row.value);
        let reading = IntervalReading { start: Time(start), seconds: self.seconds, energy };
        if let Err(reason) = self.validator.check_interval(self.meter, &reading) {
            tally.refuse(reason, row.line);
        } else if self.batch.add(reading, row.line) {
            self.flush(tally)?;
        }
        Ok(())
    }

    fn flush(&mut self, tally: &mut Tally) -> Result<(), ImportError> {
        let outcome = self.importer.intervals(&self.meter.id, &self.batch.rows)?;
        self.batch.finish(&outcome, tally);
        Ok(())
    }
}

impl RowSink for TemperatureSink<'_> {
    fn push(&mut self, row: ParsedRow, tally: &mut Tally) -> Result<(), ImportError> {
        let (at, outdoor) = (Time(row.at), Celsius(row.value as f64 / 100.0));
        if let Err(reason) = self.validator.check_temperature(at, outdoor) {
            tally.refuse(reason, row.line);
        } else if self.batch.add((at, outdoor), row.line) {
            self.flush(tally)?;
        }
        Ok(())
    }

    fn flush(&mut self, tally: &mut Tally) -> Result<(), ImportError> {
        let outcome = self.importer.temperatures(self.participant, &self.batch.rows)?;
        self.batch.finish(&outcome, tally);
        Ok(())
    }
}

impl RowSink for RegisterSink<'_> {
    fn push(&mut self, row: ParsedRow, tally: &mut Tally) -> Result<(), ImportError> {
        let import = WattHours(row.value.div_euclid(1000));
        let sample = Sample { at: Time(row.at), import, export: None, power: None };
        if let Err(reason) = self.standings.screen(self.meter, &sample, self.now) {
            tally.refuse(reason, row.line);
            return Ok(());
        }
        if let Some(samples) = &mut self.after_lock {
            samples.push(sample);
            return if samples.len() >= BATCH { self.flush(tally) } else { Ok(()) };
        }
        match self.writer.insert(self.id, sample)? {
            Some(Inserted::Newest | Inserted::Late) => tally.taken += 1,
            Some(Inserted::Repeated) => tally.repeated += 1,
            Some(Inserted::Conflict { .. }) => tally
                .refuse("another register is stored for this time; the lower one counts", row.line),
            None => tally.refuse("the time is outside the range of the store", row.line),
        }
        if (tally.taken + 1).is_multiple_of(BATCH as u64) {
            self.writer.commit()?;
        }
        Ok(())
    }

    fn flush(&mut self, tally: &mut Tally) -> Result<(), ImportError> {
        let Some(samples) = &mut self.after_lock else {
            return Ok(self.writer.commit()?);
        };
        let stored = self.writer.keep_post_lock(self.id, samples)?;
        tally.after_lock += stored;
        tally.repeated += samples.len() as u64 - stored;
        samples.clear();
        Ok(())
    }
}

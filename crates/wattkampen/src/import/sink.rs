//! Where the rows of a file go. A sink validates each row by itself, gathers rows, and
//! stores a batch in one transaction.
use competition::{
    Celsius, ImportValidator, IntervalReading, Meter, MeterIndex, MilliWattHours, RejectReason,
    Sample, Standings, Time, WattHours,
};
use server::store::{BulkWriter, ImportOutcome, Importer, Inserted};

use super::{error::ImportError, options::ValueKind, tally::Tally};

/// Rows of one transaction.
const BATCH: usize = 20_000;

const CONFLICT: &str = "another value is stored for this time (--replace stores the new one)";
const OVERLAP: &str =
    "overlaps a stored interval of another length (--replace exchanges it, --remove takes it back)";

/// A row of a file: its line, the start of its interval (seconds of UTC), the interval's
/// length (of energies) and its value (mWh, or hundredths of a degree Celsius).
#[derive(Debug, Clone, Copy)]
pub(crate) struct ParsedRow {
    pub(super) line: u64,
    pub(super) start: i64,
    pub(super) seconds: i64,
    pub(super) value: i64,
}

/// Validates and stores the rows of one file.
pub(crate) trait RowSink {
    /// Stores a row of one of the file's series, now or with a later batch, or counts why
    /// not.
    fn push(&mut self, series: usize, row: ParsedRow, tally: &mut Tally)
    -> Result<(), ImportError>;

    /// Commits the rows that are gathered.
    fn flush(&mut self, tally: &mut Tally) -> Result<(), ImportError>;
}

/// Energies of the intervals of one meter or several.
#[derive(Debug)]
pub(crate) struct IntervalSink<'a> {
    pub(crate) importer: &'a mut Importer,
    pub(crate) validator: ImportValidator,
    /// Each series' meter, and its rows of the next transaction.
    pub(crate) series: Vec<(&'a Meter, Batch<IntervalReading>)>,
}

/// Outdoor temperatures at a participant.
#[derive(Debug)]
pub(crate) struct TemperatureSink<'a> {
    pub(crate) importer: &'a mut Importer,
    pub(crate) participant: &'a str,
    pub(crate) validator: ImportValidator,
    pub(crate) batch: Batch<(Time, Celsius)>,
}

/// What would be stored, without a store: rows are checked and counted.
#[derive(Debug)]
pub(crate) struct DrySink<'a> {
    pub(crate) validator: ImportValidator,
    /// Each series' meter; empty for temperatures.
    pub(crate) meters: Vec<&'a Meter>,
    pub(crate) kind: ValueKind,
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
    pub(crate) const fn new() -> Self {
        Self { rows: Vec::new(), lines: Vec::new() }
    }

    /// Adds a row and returns whether the batch is full. Several batches share the memory
    /// of one.
    fn add(&mut self, row: T, line: u64, batches: usize) -> bool {
        self.rows.push(row);
        self.lines.push(line);
        self.rows.len() >= (4 * BATCH / batches.max(1)).clamp(256, BATCH)
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
    tally.removed += outcome.removed;
    tally.after_lock += outcome.post_lock;
}

impl IntervalSink<'_> {
    fn store(&mut self, series: usize, tally: &mut Tally) -> Result<(), ImportError> {
        let (meter, batch) = &mut self.series[series];
        let outcome = self.importer.intervals(&meter.id, &batch.rows)?;
        batch.finish(&outcome, tally);
        Ok(())
    }
}

impl RowSink for IntervalSink<'_> {
    fn push(
        &mut self,
        series: usize,
        row: ParsedRow,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        let ParsedRow { line, start, seconds, value } = row;
        if let Err(reason) = check_length(start, seconds) {
            tally.refuse(reason, line);
            return Ok(());
        }
        let reading =
            IntervalReading { start: Time(start), seconds, energy: MilliWattHours(value) };
        let batches = self.series.len();
        let (meter, batch) = &mut self.series[series];
        if let Err(reason) = self.validator.check_interval(meter, &reading) {
            tally.refuse(in_words(reason), line);
        } else if batch.add(reading, line, batches) {
            self.store(series, tally)?;
        }
        Ok(())
    }

    fn flush(&mut self, tally: &mut Tally) -> Result<(), ImportError> {
        (0..self.series.len()).try_for_each(|series| self.store(series, tally))
    }
}

/// Why an interval is refused. A wrong unit is likelier than a large connection.
fn in_words(reason: RejectReason) -> String {
    match reason {
        RejectReason::Capacity => {
            format!("the unit may be wrong (--unit states it), or the value is {reason}")
        }
        other => other.to_string(),
    }
}

/// Whether an interval is one that the store has.
fn check_length(start: i64, seconds: i64) -> Result<(), &'static str> {
    if !matches!(seconds, 900 | 1800 | 3600) {
        return Err("the interval is not 15, 30 or 60 minutes long");
    }
    if start.rem_euclid(seconds) != 0 {
        return Err("the interval does not start at a multiple of its length");
    }
    Ok(())
}

impl RowSink for DrySink<'_> {
    fn push(
        &mut self,
        series: usize,
        row: ParsedRow,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        let ParsedRow { line, start, seconds, value } = row;
        let checked = match self.kind {
            ValueKind::Energy => {
                check_length(start, seconds).map_err(str::to_owned).and_then(|()| {
                    let energy = MilliWattHours(value);
                    let reading = IntervalReading { start: Time(start), seconds, energy };
                    let checked = self.validator.check_interval(self.meters[series], &reading);
                    checked.map_err(in_words)
                })
            }
            ValueKind::Outdoor => {
                let outdoor = Celsius(value as f64 / 100.0);
                let checked = self.validator.check_temperature(Time(start), outdoor);
                checked.map_err(|reason| reason.to_string())
            }
            ValueKind::Register => Ok(()),
        };
        match checked {
            Ok(()) => tally.taken += 1,
            Err(reason) => tally.refuse(reason, line),
        }
        Ok(())
    }

    fn flush(&mut self, _: &mut Tally) -> Result<(), ImportError> {
        Ok(())
    }
}

impl RowSink for TemperatureSink<'_> {
    fn push(&mut self, _: usize, row: ParsedRow, tally: &mut Tally) -> Result<(), ImportError> {
        let (at, outdoor) = (Time(row.start), Celsius(row.value as f64 / 100.0));
        if let Err(reason) = self.validator.check_temperature(at, outdoor) {
            tally.refuse(reason, row.line);
        } else if self.batch.add((at, outdoor), row.line, 1) {
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
    fn push(&mut self, _: usize, row: ParsedRow, tally: &mut Tally) -> Result<(), ImportError> {
        let import = WattHours(row.value.div_euclid(1000));
        let sample = Sample { at: Time(row.start), import, export: None, power: None };
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

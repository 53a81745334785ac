//! History from CSV files: rows are read one at a time, judged by the competition,
//! and stored in batches, so that memory does not grow with the file. Everything
//! stored is known by (meter or participant, time): an import that was killed is
//! repeated, and what was there is counted as repeated.
mod columns;
mod layout;
mod number;
mod sink;
mod source;
mod tally;
mod timestamp;

use std::path::Path;

use competition::{Celsius, IntervalReading, MilliWattHours, Sample, Time, WattHours};
use csv::{ByteRecord, ReaderBuilder};
use jiff::tz::TimeZone;

pub use layout::{Kind, Layout, Unclear, Unit};
pub use sink::Sink;
pub use source::{Source, identifier};
pub use tally::Tally;

use timestamp::Moments;

/// What the organiser says of the files; the rest is guessed.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Name of the column of times, or its number from 1.
    pub time_column: Option<String>,
    /// Of the values.
    pub value_column: Option<String>,
    /// The values are registers.
    pub register: bool,
    /// Zone of times without an offset.
    pub zone: TimeZone,
    /// Between fields.
    pub delimiter: Option<u8>,
    /// 1,5 and not 1.5.
    pub decimal_comma: bool,
    /// Of energies and registers.
    pub unit: Option<Unit>,
    /// Minutes of an interval.
    pub interval: Option<i64>,
    /// Times are the ends of intervals.
    pub ends: bool,
}

impl Wish {
    /// Everything is to be guessed.
    pub fn new(zone: TimeZone) -> Self {
        Self {
            time_column: None,
            value_column: None,
            register: false,
            zone,
            delimiter: None,
            decimal_comma: false,
            unit: None,
            interval: None,
            ends: false,
        }
    }
}

/// Why an import ended early. What was committed stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read, or not to its end.
    #[error(
        "{path} cannot be read: {error}\n  see that it is whole; then repeat the import, nothing is taken twice"
    )]
    Read {
        /// Which.
        path: String,
        /// Why; not a `source`, or it would be told twice.
        error: String,
    },
    /// How it is laid out does not show.
    #[error("{path}: {unclear}")]
    Unclear {
        /// Which.
        path: String,
        /// What is not clear.
        unclear: Unclear,
    },
    /// The store refuses.
    #[error("{0}\n  {mend}", mend = .0.hint())]
    Store(#[from] server::store::StoreError),
    /// Registers go into the set of the running service, which it alone may write.
    #[error(
        "a wattkampen serves from this data directory, and registers cannot be imported beside it\n  stop it, import, start it again; or give energies of intervals, which can"
    )]
    Running,
}

/// Reads one file into a sink.
///
/// # Errors
/// [`ImportError`]
pub fn import(
    path: &Path,
    source: Source,
    layout: &Layout,
    zone: &TimeZone,
    sink: &mut Sink<'_>,
) -> Result<Tally, ImportError> {
    // The reader counts a line at its `\n`, which it leaves to the next row after `\r`.
    let late = source.beginning().windows(2).any(|pair| pair == b"\r\n");
    let mut reader = ReaderBuilder::new()
        .delimiter(layout.delimiter)
        .has_headers(layout.header)
        .flexible(true)
        .from_reader(source);
    let mut moments = Moments::new(zone.clone(), layout.backwards);
    let mut tally = Tally::default();
    let (mut row, mut stamp) = (ByteRecord::new(), String::new());
    loop {
        match reader.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                sink.flush(&mut tally)?;
                let path = path.display().to_string();
                return Err(ImportError::Read { path, error: error.to_string() });
            }
        }
        let line = row.position().map_or(0, |at| at.line() + u64::from(late && at.record() > 0));
        if !layout.stamp(&row, &mut stamp) {
            tally.refuse("a row without a time", line);
            continue;
        }
        // Before the value: an empty one also counts where an hour comes twice.
        let at = match moments.read(&stamp) {
            Ok(at) => at,
            Err(error) => {
                tally.refuse(&error.to_string(), line);
                continue;
            }
        };
        let Some(field) = row.get(layout.value) else {
            tally.refuse("a row with too few fields", line);
            continue;
        };
        if field.trim_ascii().is_empty() {
            tally.missing += 1;
            continue;
        }
        let Some(value) = layout.value(field) else {
            tally.refuse("not a number", line);
            continue;
        };
        match layout.kind {
            Kind::Energy => {
                let seconds = layout.seconds;
                let start = if layout.ends { at - seconds } else { at };
                if start.rem_euclid(seconds) == 0 {
                    let energy = MilliWattHours(value);
                    sink.interval(
                        IntervalReading { start: Time(start), seconds, energy },
                        line,
                        &mut tally,
                    )?;
                } else {
                    tally.refuse("an interval that begins at no multiple of its length", line);
                }
            }
            Kind::Register => {
                let import = WattHours(value.div_euclid(1000));
                let sample = Sample { at: Time(at), import, export: None, power: None };
                sink.register(sample, line, &mut tally)?;
            }
            Kind::Outdoor => {
                sink.outdoor(Time(at), Celsius(value as f64 / 100.0), line, &mut tally)?;
            }
        }
    }
    sink.flush(&mut tally)?;
    Ok(tally)
}

//! History from CSV files. Rows are read one at a time, validated, and stored in batches,
//! so memory does not grow with the file. A stored row is identified by its meter or
//! participant and its time: an interrupted import is repeated, and rows that are stored
//! already are counted as repeated.
mod columns;
mod error;
mod layout;
mod number;
mod options;
mod sink;
mod source;
mod tally;
mod timestamp;

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use jiff::tz::TimeZone;

pub(crate) use error::ImportError;
pub(crate) use layout::Layout;
pub(crate) use options::{ImportOptions, Unit, ValueKind};
pub(crate) use sink::{Batch, IntervalSink, RegisterSink, RowSink, TemperatureSink};
pub(crate) use source::{Source, identifier};
pub(crate) use tally::Tally;

use sink::ParsedRow;
use timestamp::TimestampReader;

/// Reads one file into a sink.
pub(crate) fn import(
    path: &Path,
    source: Source,
    layout: &Layout,
    zone: &TimeZone,
    sink: &mut dyn RowSink,
) -> Result<Tally, ImportError> {
    // The CSV reader ends a row at `\r` and counts the line at `\n`, which it leaves to
    // the next row.
    let crlf = source.beginning().windows(2).any(|pair| pair == b"\r\n");
    let mut reader = ReaderBuilder::new()
        .delimiter(layout.delimiter)
        .has_headers(layout.header)
        .flexible(true)
        .from_reader(source);
    let mut timestamps = TimestampReader::new(zone.clone(), layout.backwards);
    let mut tally = Tally::default();
    let (mut row, mut time) = (ByteRecord::new(), String::new());
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
        let line = row.position().map_or(0, |at| at.line() + u64::from(crlf && at.record() > 0));
        if !layout.time_text(&row, &mut time) {
            tally.refuse("the row has no time", line);
            continue;
        }
        // Read before the value: in the repeated hour of autumn, rows without a value
        // count as occurrences too.
        let at = match timestamps.read(&time) {
            Ok(at) => at,
            Err(error) => {
                tally.refuse(error, line);
                continue;
            }
        };
        let Some(field) = row.get(layout.value) else {
            tally.refuse("the row has too few fields", line);
            continue;
        };
        if field.trim_ascii().is_empty() {
            tally.empty += 1;
            continue;
        }
        match layout.parse_value(field) {
            Some(value) => sink.push(ParsedRow { line, at, value }, &mut tally)?,
            None => tally.refuse("the value is not a number", line),
        }
    }
    sink.flush(&mut tally)?;
    Ok(tally)
}

//! History from files as utilities and weather services export them. A file is detected,
//! read as a whole where that decides something, and then stored: rows are read one at a
//! time, validated, and stored in batches, so memory does not grow with the file. A stored
//! row is identified by its meter or participant and its time: an interrupted import is
//! repeated, and rows that are stored already are counted as repeated.
mod assign;
mod clock_changes;
mod columns;
mod container;
mod context;
mod draft;
mod encoding;
mod error;
mod green_button;
mod known;
mod layout;
mod lines;
mod number;
mod options;
mod plan;
mod preview;
mod printable;
mod rows;
mod series;
mod settle;
mod settle_times;
mod sink;
mod source;
mod survey;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod time_columns;
mod time_text;
mod timestamp;
mod value_columns;
mod words;
mod workbook;
mod zone_words;

use std::path::Path;

use csv::ByteRecord;

pub(crate) use assign::Assignment;
pub(crate) use context::Context;
pub(crate) use error::{Choice, ImportError, LayoutError};
pub(crate) use known::{NamedLayout, SavedLayouts};
pub(crate) use options::{DateOrder, Decimal, Degrees, Statements, Times, Unit, ValueKind};
pub(crate) use plan::{Plan, PlanError};
pub(crate) use preview::Preview;
pub(crate) use printable::path_text;
pub(crate) use sink::{Batch, DrySink, IntervalSink, RegisterSink, RowSink, TemperatureSink};
pub(crate) use source::identifier;
pub(crate) use tally::Tally;

use assign::SeriesFinder;
use layout::{Entry, Layout, RowProblem, Value};
use series::Series;
use sink::ParsedRow;
use time_text::Moment;
use timestamp::{LocalTime, ZoneOffsets, civil};

/// Reads one file into a sink.
pub(crate) fn import(
    path: &Path,
    plan: Plan,
    assignment: &Assignment,
    sink: &mut dyn RowSink,
) -> Result<Tally, ImportError> {
    let Plan { layout, mut content, findings, .. } = plan;
    let read_error = |error: std::io::Error| ImportError::Read {
        path: path_text(path),
        error: error.to_string(),
    };
    let mut import = Import {
        layout: &layout,
        offsets: ZoneOffsets::new(layout.zone.clone()),
        finder: SeriesFinder::new(assignment, &layout),
        series: assignment.ids.iter().map(|_| Series::new(&layout)).collect(),
        tally: Tally { findings, ..Tally::default() },
        text: String::new(),
        sums: Sums::default(),
        sink,
    };
    let mut rows = content.last_rows(layout.skip).map_err(read_error)?;
    let mut row = ByteRecord::new();
    loop {
        match rows.next(&mut row) {
            Ok(Some(line)) => import.add(&row, line)?,
            Ok(None) => break,
            Err(error) => {
                import.finish()?;
                return Err(read_error(error));
            }
        }
    }
    import.finish()
}

/// One file on its way into a sink.
struct Import<'a> {
    layout: &'a Layout,
    offsets: ZoneOffsets,
    finder: SeriesFinder<'a>,
    series: Vec<Series>,
    tally: Tally,
    text: String,
    sums: Sums,
    sink: &'a mut dyn RowSink,
}

/// The file's own sum row, and the sum of its rows.
#[derive(Debug, Default)]
struct Sums {
    of_rows: i128,
    /// The largest one that the file states, and its line.
    stated: Option<(i64, u64)>,
}

impl Import<'_> {
    #[inline]
    fn add(&mut self, row: &ByteRecord, line: u64) -> Result<(), ImportError> {
        let layout = self.layout;
        let mut text = std::mem::take(&mut self.text);
        let mut stored = Ok(());
        let read = layout.read(row, &mut text, |entry| {
            if stored.is_ok() {
                stored = self.add_entry(&entry, line);
            }
        });
        if let Err(problem) = read {
            self.refuse(&problem, line);
        }
        self.text = text;
        stored
    }

    fn add_entry(&mut self, entry: &Entry<'_>, line: u64) -> Result<(), ImportError> {
        let index = match self.finder.find(entry) {
            Ok(index) => index,
            Err(meter) => {
                self.tally.skip(self.finder.why_not(), &meter, line);
                return Ok(());
            }
        };
        if let Some(hour) = self.twice_in_one_column(entry) {
            let no_value = matches!(entry.value, Value::Empty | Value::Missing);
            if no_value {
                self.tally.empty += 1;
            } else {
                let reason = "clocks showed the hour twice, and the file has one value for it";
                self.tally.refuse_text(reason, &hour, line);
            }
            return Ok(());
        }
        let series = &mut self.series[index];
        // Read before the value: in the repeated hour of autumn, rows without a value
        // count as occurrences too.
        let at = match series.resolve(&entry.time, self.layout, &mut self.offsets) {
            Ok(at) => at,
            Err(error) => {
                let no_value = matches!(entry.value, Value::Empty | Value::Missing);
                if no_value {
                    self.tally.empty += 1;
                } else {
                    self.tally.refuse(error, line);
                }
                return Ok(());
            }
        };
        let value = match entry.value {
            Value::Is(value) => {
                self.sums.of_rows += i128::from(value);
                Some(value)
            }
            Value::Empty | Value::Missing => {
                self.tally.empty += 1;
                None
            }
            Value::NotANumber(field) => {
                let text = printable::quoted_bytes(field);
                self.tally.refuse_text("the value is not a number", &text, line);
                None
            }
        };
        let sink = &mut *self.sink;
        let mut push = |row: ParsedRow, tally: &mut Tally| sink.push(index, row, tally);
        series.add(line, at, value, self.layout, &mut self.tally, &mut push)
    }

    /// The hour, where clocks showed it twice and a row of a day has one column for it.
    fn twice_in_one_column(&mut self, entry: &Entry<'_>) -> Option<String> {
        self.layout.columns.values[entry.column].of_day?;
        let Moment::Local(local) = entry.time.start else { return None };
        match self.offsets.resolve(local) {
            Some(LocalTime::Twice(..)) => civil(local).map(|at| at.to_string()),
            _ => None,
        }
    }

    fn refuse(&mut self, problem: &RowProblem<'_>, line: u64) {
        let (reason, text) = problem.reason();
        match problem {
            RowProblem::Blank => self.tally.empty += 1,
            RowProblem::NotUsed(_) | RowProblem::NotStated => {
                self.tally.skip(reason, &text, line);
            }
            RowProblem::Sum(Some(sum)) => {
                let stated = self.sums.stated.map_or(i64::MIN, |(stated, _)| stated);
                if *sum > stated {
                    self.sums.stated = Some((*sum, line));
                }
                self.tally.refuse_text(reason, &text, line);
            }
            _ => self.tally.refuse_text(reason, &text, line),
        }
    }

    fn finish(mut self) -> Result<Tally, ImportError> {
        for (index, series) in self.series.iter_mut().enumerate() {
            let sink = &mut *self.sink;
            let mut push = |row: ParsedRow, tally: &mut Tally| sink.push(index, row, tally);
            series.finish(self.layout, &mut self.tally, &mut push)?;
        }
        self.sink.flush(&mut self.tally)?;
        if let Some((stated, line)) = self.sums.stated
            && self.layout.kind == ValueKind::Energy
            && self.layout.columns.values.len() == 1
            && differs(i128::from(stated), self.sums.of_rows)
        {
            let kwh = |value: i128| format!("{:.3}", value as f64 / 1e6);
            self.tally.findings.push(format!(
                "the file's own sum is {} kWh (line {line}), and its rows add up to {} kWh",
                kwh(i128::from(stated)),
                kwh(self.sums.of_rows)
            ));
        }
        Ok(self.tally)
    }
}

/// Whether a sum differs from that of the rows by more than rounding.
fn differs(stated: i128, of_rows: i128) -> bool {
    (stated - of_rows).abs() * 500 > of_rows.abs().max(stated.abs())
}

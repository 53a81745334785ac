//! How a file is laid out: what the options state, and the rest detected from its first
//! rows and reported. Where a wrong guess would change energies, nothing is guessed.
use std::fmt;

use csv::{ByteRecord, ReaderBuilder};

use super::{
    columns::{TIME, TIME_OF_DAY, column, known_column, unit, value_column},
    error::LayoutError,
    number::{Decimal, scaled},
    options::{ImportOptions, Unit, ValueKind},
    timestamp::{TimestampReader, parse},
};

/// How to read one file.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(super) delimiter: u8,
    /// The first row has the names of the columns.
    pub(super) header: bool,
    /// Columns of the time: one, or a date and a time of day.
    time: Vec<usize>,
    /// Column of the value.
    pub(super) value: usize,
    pub(crate) kind: ValueKind,
    /// Unit of energies and registers.
    unit: Unit,
    decimal: Decimal,
    /// Length of an interval, seconds.
    pub(crate) seconds: i64,
    /// Times are the ends of intervals, not their starts.
    pub(crate) ends: bool,
    /// The newest row is first.
    pub(super) backwards: bool,
    names: Vec<String>,
    zone: String,
}

/// How many rows are inspected.
const INSPECTED_ROWS: usize = 400;

impl Layout {
    /// Detects the layout from the beginning of a file. `temperature` states that
    /// the values are outdoor temperatures.
    pub(crate) fn detect(
        beginning: &[u8],
        options: &ImportOptions,
        temperature: bool,
    ) -> Result<Self, LayoutError> {
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let first = text.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty());
        let Some(first) = first else {
            return Err(LayoutError::new(
                "the file is empty",
                "give a CSV file with times and values",
            ));
        };
        let delimiter = options.delimiter.unwrap_or_else(|| {
            [b';', b'\t'].into_iter().find(|d| first.contains(d)).unwrap_or(b',')
        });
        let rows = first_rows(text, delimiter);
        let names: Vec<String> = rows[0]
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_lowercase())
            .collect();
        let header = !names.iter().any(|name| parse(name).is_some());
        let body = &rows[usize::from(header)..];
        let time = time_columns(&names, header, body, options)?;
        let (value, kind) = value_column(&names, header, &time, options, temperature)?;
        let unit = unit(options, header, &names[value], kind)?;
        let mut values = body.iter().filter_map(|row| row.get(value));
        let comma =
            options.decimal_comma || (delimiter != b',' && values.any(|v| v.contains(&b',')));
        let mut layout = Self {
            delimiter,
            header,
            time,
            value,
            kind,
            unit,
            decimal: if comma { Decimal::Comma } else { Decimal::Point },
            seconds: 3600,
            ends: options.ends,
            backwards: false,
            names,
            zone: options.zone.iana_name().unwrap_or("the given zone").to_owned(),
        };
        layout.detect_intervals(body, options)?;
        Ok(layout)
    }

    /// Sets the order of the rows and the length of the intervals.
    fn detect_intervals(
        &mut self,
        body: &[ByteRecord],
        options: &ImportOptions,
    ) -> Result<(), LayoutError> {
        let mut timestamps = TimestampReader::new(options.zone.clone(), false);
        let mut text = String::new();
        let mut times = Vec::new();
        for row in body {
            if self.time_text(row, &mut text) {
                times.extend(timestamps.read(&text));
            }
        }
        let steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let back = steps.iter().filter(|step| **step < 0).count();
        self.backwards = 2 * back > steps.len();
        if self.kind != ValueKind::Energy {
            return Ok(());
        }
        if let Some(minutes) = options.interval {
            self.seconds = minutes * 60;
            return Ok(());
        }
        let steps: Vec<i64> = steps.into_iter().map(i64::abs).filter(|s| *s > 0).collect();
        let count = |step: i64| steps.iter().filter(|other| **other == step).count();
        match steps.iter().copied().max_by_key(|step| (count(*step), -step)) {
            Some(step @ (900 | 1800 | 3600)) => {
                self.seconds = step;
                Ok(())
            }
            Some(step) => Err(LayoutError::new(
                format!("the rows are {step} s apart; intervals are 15, 30 or 60 minutes long"),
                "give hourly or quarter-hourly values; if the rows have gaps, --interval 60",
            )),
            None => Err(LayoutError::new(
                "the file has too few rows to show the length of the intervals",
                "state it in minutes: --interval 60",
            )),
        }
    }

    /// Writes a row's time into `text` and returns whether the row has one.
    pub(super) fn time_text(&self, row: &ByteRecord, text: &mut String) -> bool {
        text.clear();
        for at in &self.time {
            let Some(field) = row.get(*at).and_then(|field| std::str::from_utf8(field).ok()) else {
                return false;
            };
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(field.trim());
        }
        true
    }

    /// Parses a value: mWh, or hundredths of a degree Celsius.
    pub(super) fn parse_value(&self, field: &[u8]) -> Option<i64> {
        let digits = if self.kind == ValueKind::Outdoor { 2 } else { self.unit.digits() };
        scaled(field, self.decimal, digits)
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |at: &usize| match self.names.get(*at) {
            Some(name) if self.header => format!("{name:?}"),
            _ => format!("column {}", at + 1),
        };
        let time: Vec<String> = self.time.iter().map(name).collect();
        write!(f, "times in {}, values in {}", time.join(" and "), name(&self.value))?;
        match self.kind {
            ValueKind::Energy => write!(
                f,
                " = {} of the {} minutes that {} then",
                self.unit.symbol(),
                self.seconds / 60,
                if self.ends { "end" } else { "begin" }
            )?,
            ValueKind::Register => write!(f, " = register, {}", self.unit.symbol())?,
            ValueKind::Outdoor => write!(f, " = °C")?,
        }
        let delimiter = match self.delimiter {
            b'\t' => "tab".to_owned(),
            other => format!("'{}'", char::from(other)),
        };
        let decimal = if self.decimal == Decimal::Comma { "comma" } else { "point" };
        let order = if self.backwards { ", newest first" } else { "" };
        write!(
            f,
            "; delimiter {delimiter}, decimal {decimal}, local times are of {}{order}",
            self.zone
        )
    }
}

fn time_columns(
    names: &[String],
    header: bool,
    body: &[ByteRecord],
    options: &ImportOptions,
) -> Result<Vec<usize>, LayoutError> {
    let found = match &options.time_column {
        Some(wanted) => column(names, wanted),
        None if header => known_column(names, TIME),
        None => Some(0),
    };
    let Some(time) = found else {
        return Err(LayoutError::new(
            format!("none of these columns is known to hold times: {}", names.join(", ")),
            "name the column with --time-column NAME or --time-column NUMBER",
        ));
    };
    let mut fields = body.iter().filter_map(|row| row.get(time));
    let date_only = fields.all(|field| field.len() <= 10);
    let time_of_day = (header && options.time_column.is_none() && date_only)
        .then(|| known_column(names, TIME_OF_DAY))
        .flatten()
        .filter(|at| *at != time);
    Ok([time].into_iter().chain(time_of_day).collect())
}

fn first_rows(text: &[u8], delimiter: u8) -> Vec<ByteRecord> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let mut rows: Vec<_> =
        reader.byte_records().take(INSPECTED_ROWS + 1).map_while(Result::ok).collect();
    // A last row without its line end may be cut off.
    if rows.len() > 2 && !text.ends_with(b"\n") {
        rows.pop();
    }
    rows
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn options() -> ImportOptions {
        ImportOptions::new(TimeZone::get("Europe/Stockholm").unwrap())
    }

    fn describe(text: &str, options: &ImportOptions, temperature: bool) -> String {
        match Layout::detect(text.as_bytes(), options, temperature) {
            Ok(layout) => layout.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn layouts_of_utilities_and_weather_services_are_detected() {
        let contract = "timestamp,energy_wh\n2026-03-01T00:00:00Z,5\n2026-03-01T01:00:00Z,6\n";
        let swedish = "\u{feff}Datum;Tid;Förbrukning (kWh)\n2026-03-01;00:00;1,5\n\
                       2026-03-01;00:15;1,6\n2026-03-01;00:30;1,7\n";
        let bare = "2026-03-02 00:00\t7\n2026-03-01 23:00\t8\n2026-03-01 22:00\t8\n";
        let register = "timestamp,register_wh\n2026-03-01T00:00:00Z,5\n";
        let weather = "time;lufttemperatur\n2026-03-01 00:00;-3,5\n";
        insta::assert_snapshot!(
            [
                describe(contract, &options(), false),
                describe(swedish, &options(), false),
                describe(bare, &ImportOptions { unit: Some(Unit::Wh), ..options() }, false),
                describe(register, &options(), false),
                describe(weather, &options(), true),
            ]
            .join("\n"),
            @r#"
        times in "timestamp", values in "energy_wh" = Wh of the 60 minutes that begin then; delimiter ',', decimal point, local times are of Europe/Stockholm
        times in "datum" and "tid", values in "förbrukning (kwh)" = kWh of the 15 minutes that begin then; delimiter ';', decimal comma, local times are of Europe/Stockholm
        times in column 1, values in column 2 = Wh of the 60 minutes that begin then; delimiter tab, decimal point, local times are of Europe/Stockholm, newest first
        times in "timestamp", values in "register_wh" = register, Wh; delimiter ',', decimal point, local times are of Europe/Stockholm
        times in "time", values in "lufttemperatur" = °C; delimiter ';', decimal comma, local times are of Europe/Stockholm
        "#
        );
    }

    #[test]
    fn nothing_that_would_change_energies_is_guessed() {
        let rows = "2026-03-01 00:00;1,5\n2026-03-01 01:00;1,6\n2026-03-01 02:00;1,6\n";
        let text = format!("tid;förbrukning\n{rows}");
        assert!(describe(&text, &options(), false).contains("--unit kWh"));
        let days = "tid;kwh\n2026-03-01;1\n2026-03-02;1\n2026-03-03;1\n";
        assert!(describe(days, &options(), false).starts_with("the rows are 86400 s apart"));
        assert!(describe("tid;kwh\n2026-03-01;1\n", &options(), false).contains("--interval 60"));
        assert!(describe("", &options(), false).starts_with("the file is empty"));
        let other = format!("tid;x\n{rows}");
        assert!(describe(&other, &options(), false).contains("--value-column"));
    }
}

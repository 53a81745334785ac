//! How a file is laid out: what was asked for, the rest guessed from its first rows
//! and told, never guessed silently where a wrong guess would change energy.
use std::fmt;

use csv::{ByteRecord, ReaderBuilder};

use super::{
    Wish,
    columns::{CLOCK, TIME, column, known_column, unit, value_column},
    number::{Decimal, scaled},
    timestamp::{Moments, written},
};

/// What a file's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Energy of the interval.
    Energy,
    /// A cumulative register at the moment.
    Register,
    /// °C.
    Outdoor,
}

/// Unit of energies and registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "verbatim")]
pub enum Unit {
    /// Watt-hours
    Wh,
    /// Kilowatt-hours
    #[value(name = "kWh")]
    KWh,
    /// Megawatt-hours
    MWh,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Wh => "Wh",
            Self::KWh => "kWh",
            Self::MWh => "MWh",
        }
    }

    /// Decimal digits down to a milliwatt-hour.
    pub fn digits(self) -> u32 {
        match self {
            Self::Wh => 3,
            Self::KWh => 6,
            Self::MWh => 9,
        }
    }
}

/// How to read a file.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Between fields.
    pub delimiter: u8,
    /// The first line has names.
    pub header: bool,
    /// Columns of the time: one, or a date and a clock.
    pub time: Vec<usize>,
    /// Column of the value.
    pub value: usize,
    /// And what it is.
    pub kind: Kind,
    /// Of energies and registers.
    pub unit: Unit,
    /// Of all numbers.
    pub decimal: Decimal,
    /// Length of an interval.
    pub seconds: i64,
    /// Times are the ends of intervals.
    pub ends: bool,
    /// The newest row comes first.
    pub backwards: bool,
    names: Vec<String>,
    zone: String,
}

/// Why there is no layout.
#[derive(Debug, thiserror::Error)]
#[error("{what}\n  {mend}")]
pub struct Unclear {
    what: String,
    mend: String,
}

pub(super) fn unclear<T>(what: impl Into<String>, mend: impl Into<String>) -> Result<T, Unclear> {
    Err(Unclear { what: what.into(), mend: mend.into() })
}

/// Rows that are looked at.
const LOOK: usize = 400;

impl Layout {
    /// From a file's beginning; `temperature`: what is looked for.
    ///
    /// # Errors
    /// [`Unclear`]: what cannot be guessed and which option says it.
    pub fn guess(beginning: &[u8], wish: &Wish, temperature: bool) -> Result<Self, Unclear> {
        let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
        let first = text.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty());
        let Some(first) = first else {
            return unclear("the file is empty", "give a CSV file with times and values");
        };
        let delimiter = wish.delimiter.unwrap_or_else(|| {
            [b';', b'\t'].into_iter().find(|d| first.contains(d)).unwrap_or(b',')
        });
        let rows = rows(text, delimiter);
        let names: Vec<String> = rows[0]
            .iter()
            .map(|name| String::from_utf8_lossy(name).trim().to_lowercase())
            .collect();
        let header = !names.iter().any(|name| written(name).is_some());
        let body = &rows[usize::from(header)..];
        let find = |wanted: &Option<String>, known: &[&str]| match wanted {
            Some(wanted) => column(&names, wanted),
            None if header => known_column(&names, known),
            None => None,
        };
        let mut time: Vec<usize> = match find(&wish.time_column, TIME) {
            Some(at) => vec![at],
            None if !header && wish.time_column.is_none() => vec![0],
            None => {
                return unclear(
                    format!("no column of times among: {}", names.join(", ")),
                    "name it with --time-column NAME or --time-column NUMBER",
                );
            }
        };
        let alone = |at: usize| {
            let mut fields = body.iter().filter_map(|row| row.get(at)).map(<[u8]>::len);
            fields.all(|length| length <= 10)
        };
        if header && wish.time_column.is_none() && alone(time[0]) {
            let clock = known_column(&names, CLOCK).filter(|at| *at != time[0]);
            time.extend(clock);
        }
        let (value, kind) = value_column(&names, header, &time, wish, temperature)?;
        let unit = unit(wish, &names, header, value, kind)?;
        let values = || body.iter().filter_map(|row| row.get(value));
        let comma =
            wish.decimal_comma || (delimiter != b',' && values().any(|v| v.contains(&b',')));
        let decimal = if comma { Decimal::Comma } else { Decimal::Point };
        let mut layout = Self {
            delimiter,
            header,
            time,
            value,
            kind,
            unit,
            decimal,
            seconds: 3600,
            ends: wish.ends,
            backwards: false,
            names,
            zone: wish.zone.iana_name().unwrap_or("the given zone").to_owned(),
        };
        layout.pace(body, wish)?;
        Ok(layout)
    }

    /// Order and length of the intervals.
    fn pace(&mut self, body: &[ByteRecord], wish: &Wish) -> Result<(), Unclear> {
        let mut moments = Moments::new(wish.zone.clone(), false);
        let mut text = String::new();
        let mut times = Vec::new();
        for row in body {
            if self.stamp(row, &mut text) {
                times.extend(moments.read(&text));
            }
        }
        let steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let back = steps.iter().filter(|step| **step < 0).count();
        self.backwards = 2 * back > steps.len();
        if self.kind != Kind::Energy {
            return Ok(());
        }
        if let Some(minutes) = wish.interval {
            self.seconds = minutes * 60;
            return Ok(());
        }
        let steps: Vec<i64> = steps.into_iter().map(i64::abs).filter(|s| *s > 0).collect();
        let count = |step: i64| steps.iter().filter(|other| **other == step).count();
        match steps.iter().copied().max_by_key(|step| (count(*step), -step)) {
            Some(step @ (900 | 1800 | 3600)) => self.seconds = step,
            Some(step) => {
                return unclear(
                    format!("the rows are {step} s apart; intervals are of 15, 30 or 60 minutes"),
                    "give hourly or quarter-hourly values; if the rows have gaps, --interval 60",
                );
            }
            None => {
                return unclear(
                    "how long the intervals are does not show",
                    "say it in minutes: --interval 60",
                );
            }
        }
        Ok(())
    }

    /// A row's time as one text; whether it has one.
    pub fn stamp(&self, row: &ByteRecord, text: &mut String) -> bool {
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

    /// A row's value: mWh, or hundredths of a degree.
    pub fn value(&self, field: &[u8]) -> Option<i64> {
        let digits = if self.kind == Kind::Outdoor { 2 } else { self.unit.digits() };
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
            Kind::Energy => write!(
                f,
                " = {} of the {} minutes that {} then",
                self.unit.name(),
                self.seconds / 60,
                if self.ends { "end" } else { "begin" }
            )?,
            Kind::Register => write!(f, " = register, {}", self.unit.name())?,
            Kind::Outdoor => write!(f, " = °C")?,
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

fn rows(text: &[u8], delimiter: u8) -> Vec<ByteRecord> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let rows: Vec<_> = reader.byte_records().take(LOOK + 1).map_while(Result::ok).collect();
    // Without its line's end the last may be cut.
    if rows.len() > 2 && !text.ends_with(b"\n") { rows[..rows.len() - 1].to_vec() } else { rows }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn wish() -> Wish {
        Wish::new(TimeZone::get("Europe/Stockholm").unwrap())
    }

    fn told(text: &str, wish: &Wish, temperature: bool) -> String {
        match Layout::guess(text.as_bytes(), wish, temperature) {
            Ok(layout) => layout.to_string(),
            Err(unclear) => unclear.to_string(),
        }
    }

    #[test]
    fn what_utilities_export_is_understood_and_told() {
        let contract = "timestamp,energy_wh\n2026-03-01T00:00:00Z,5\n2026-03-01T01:00:00Z,6\n";
        let swedish = "\u{feff}Datum;Tid;Förbrukning (kWh)\n2026-03-01;00:00;1,5\n\
                       2026-03-01;00:15;1,6\n2026-03-01;00:30;1,7\n";
        let bare = "2026-03-02 00:00\t7\n2026-03-01 23:00\t8\n2026-03-01 22:00\t8\n";
        let register = "timestamp,register_wh\n2026-03-01T00:00:00Z,5\n";
        let weather = "time;lufttemperatur\n2026-03-01 00:00;-3,5\n";
        insta::assert_snapshot!(
            [
                told(contract, &wish(), false),
                told(swedish, &wish(), false),
                told(bare, &Wish { unit: Some(Unit::Wh), ..wish() }, false),
                told(register, &wish(), false),
                told(weather, &wish(), true),
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
    fn what_would_change_energy_is_asked_for() {
        let rows = "2026-03-01 00:00;1,5\n2026-03-01 01:00;1,6\n2026-03-01 02:00;1,6\n";
        let text = format!("tid;förbrukning\n{rows}");
        assert!(told(&text, &wish(), false).contains("--unit kWh"));
        let days = "tid;kwh\n2026-03-01;1\n2026-03-02;1\n2026-03-03;1\n";
        assert!(told(days, &wish(), false).starts_with("the rows are 86400 s apart"));
        assert!(told("tid;kwh\n2026-03-01;1\n", &wish(), false).contains("--interval 60"));
        assert!(told("", &wish(), false).starts_with("the file is empty"));
        let other = format!("tid;x\n{rows}");
        assert!(told(&other, &wish(), false).contains("--value-column"));
    }
}

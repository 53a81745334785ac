//! Files as people have them: each is written here, read, and compared with what is true.
mod layouts;
mod properties;
mod refusals;
mod series;
mod shared_cases;
mod workbooks;

use std::{fs, path::Path};

use jiff::{Timestamp, tz::TimeZone};

use super::{
    Assignment, Context, ImportError, LayoutError, Plan, PlanError, RowSink, Statements, Tally,
    identifier, import, sink::ParsedRow,
};

pub(super) const METER: &str = "735999100000000001";
pub(super) const OTHER: &str = "735999100000000002";

/// A row as it is stored: meter, start in UTC, minutes, and mWh (or hundredths of °C).
pub(super) type Stored = (String, String, i64, i64);

/// Keeps what it is given.
#[derive(Default)]
struct Collected {
    rows: Vec<(usize, ParsedRow)>,
}

impl RowSink for Collected {
    fn push(
        &mut self,
        series: usize,
        row: ParsedRow,
        tally: &mut Tally,
    ) -> Result<(), ImportError> {
        tally.taken += 1;
        self.rows.push((series, row));
        Ok(())
    }

    fn flush(&mut self, _: &mut Tally) -> Result<(), ImportError> {
        Ok(())
    }
}

/// How a test reads a file.
#[derive(Clone)]
pub(super) struct Reading<'a> {
    pub(super) stated: Statements,
    pub(super) meter: Option<&'a str>,
    pub(super) meters: Vec<&'a str>,
    pub(super) temperature: bool,
    pub(super) name: &'a str,
}

impl Default for Reading<'_> {
    fn default() -> Self {
        Self {
            stated: Statements::default(),
            meter: Some(METER),
            meters: vec![METER, OTHER, "am"],
            temperature: false,
            name: "export.csv",
        }
    }
}

impl Reading<'_> {
    pub(super) fn read(&self, bytes: &[u8]) -> Result<(Vec<Stored>, Tally), LayoutError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(self.name);
        fs::write(&path, bytes).expect("a file is written");
        self.read_file(&path)
    }

    pub(super) fn read_file(&self, path: &Path) -> Result<(Vec<Stored>, Tally), LayoutError> {
        let zone = TimeZone::get("Europe/Stockholm").expect("a zone");
        let context = Context {
            zone: &zone,
            meters: if self.temperature { Vec::new() } else { self.meters.clone() },
            meter: self.meter,
            most_watts: 1_000_000,
            temperature: self.temperature,
            range: (1_600_000_000, 1_900_000_000),
            saved: Vec::new(),
        };
        let plan = Plan::new(path, &self.stated, &context).map_err(|error| match error {
            PlanError::Layout(error) => error,
            PlanError::Io(error) => LayoutError::new(error.to_string(), ""),
        })?;
        let assignment = if self.temperature {
            Assignment::one("soderhamn".to_owned())
        } else {
            Assignment::new(&plan, &context, &identifier(path))?
        };
        let mut sink = Collected::default();
        let tally = import(path, plan, &assignment, &mut sink)
            .map_err(|error| LayoutError::new(error.to_string(), ""))?;
        let rows = sink.rows.iter().map(|(series, row)| {
            let at = Timestamp::from_second(row.start).expect("a time").to_string();
            let id = assignment.ids[*series].clone();
            (id, at, if self.temperature { 0 } else { row.seconds / 60 }, row.value)
        });
        Ok((rows.collect(), tally))
    }
}

/// Rows of one meter an hour or a quarter apart, from a start in UTC, in kWh.
pub(super) fn rows_of(meter: &str, start: &str, minutes: i64, kwh: &[f64]) -> Vec<Stored> {
    let start: Timestamp = start.parse().expect("a time");
    (0..)
        .zip(kwh)
        .map(|(n, kwh)| {
            let at = start + jiff::SignedDuration::from_mins(n * minutes);
            (meter.to_owned(), at.to_string(), minutes, (kwh * 1e6).round() as i64)
        })
        .collect()
}

#[track_caller]
pub(super) fn assert_reads(text: &str, expected: &[Stored]) {
    assert_bytes_read(text.as_bytes(), &Reading::default(), expected);
}

#[track_caller]
pub(super) fn assert_bytes_read(bytes: &[u8], reading: &Reading<'_>, expected: &[Stored]) {
    match reading.read(bytes) {
        Ok((rows, tally)) => assert_eq!(rows, expected, "{tally}"),
        Err(error) => panic!("{error}\n{:?}", error.choices),
    }
}

/// Asserts that a file is refused with this text, and one of the choices if one is given.
#[track_caller]
pub(super) fn assert_refused(text: &str, what: &str, choice: &str) {
    assert_reading_refused(text.as_bytes(), &Reading::default(), what, choice);
}

#[track_caller]
pub(super) fn assert_reading_refused(
    bytes: &[u8],
    reading: &Reading<'_>,
    what: &str,
    choice: &str,
) {
    match reading.read(bytes) {
        Ok((rows, tally)) => panic!("it is read: {rows:?} {tally}"),
        Err(error) => {
            assert!(error.to_string().contains(what), "{error}");
            let named = choice.is_empty() || error.choices.iter().any(|it| it.option == choice);
            assert!(named, "{:?}", error.choices);
        }
    }
}

//! How the rows of a file are read: the outcome of statements and detection.
use std::{borrow::Cow, fmt};

use csv::ByteRecord;
use jiff::tz::TimeZone;

use super::{
    columns::{Columns, ValueColumn},
    number::{NumberFormat, scaled, split_unit},
    options::{Decimal, Degrees, Unit, ValueKind},
    printable::{quoted, quoted_bytes},
    time_text::{ClockForm, DAY, Moment, TimeForm, TimeText, parse},
    words::{self, Flow, flow},
};

/// How to read one file.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The delimiter and the encoding of a text; a workbook has neither.
    pub(super) text_form: Option<(u8, &'static str)>,
    /// Rows above the first one with data.
    pub(super) skip: usize,
    pub(super) names: Vec<String>,
    pub(super) columns: Columns,
    pub(crate) kind: ValueKind,
    /// Unit of energies and registers.
    pub(super) unit: Unit,
    /// Unit of temperatures.
    pub(super) degrees: Degrees,
    pub(super) number: NumberFormat,
    pub(super) form: TimeForm,
    /// Length of an interval, seconds, where the row does not show it.
    pub(super) seconds: i64,
    /// The length is stated, and does not change within the file.
    pub(super) seconds_stated: bool,
    pub(super) stamps: Stamps,
    /// The newest row is first.
    pub(super) backwards: bool,
    /// Numbers of hours count the hours of the day: 25 in autumn, 23 in spring.
    pub(super) ordinal_hours: bool,
    /// 00:00 ends the day of its date, as 24:00 does.
    pub(super) midnight_is_24: bool,
    /// A date without a clock is its midnight, and not the sum of a day.
    pub(super) day_is_midnight: bool,
    /// `COLUMN=VALUE`, stated.
    pub(super) only: Vec<(usize, String)>,
    pub(super) zone: TimeZone,
    pub(super) zone_name: String,
    /// The name of a recognised or saved layout.
    pub(crate) recognised: Option<String>,
}

/// What of an interval its time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamps {
    Starts,
    /// The moment at which it ends.
    Ends,
    /// Its start on the clock and its length: the end that a clock would show if the
    /// clocks were not changed during the interval. Numbers of hours are of this kind.
    ClockEnds,
}

/// What is found in one row, for each of its values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'r> {
    /// Index into the columns of values.
    pub(super) column: usize,
    /// The row's meter, where the file has a column of them.
    pub(super) meter: Option<&'r [u8]>,
    pub(super) time: TimeText,
    pub(super) value: Value<'r>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'r> {
    Empty,
    /// The row's status says that there is none.
    Missing,
    NotANumber(&'r [u8]),
    /// mWh, or hundredths of a degree Celsius.
    Is(i64),
}

/// Why a row is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RowProblem<'r> {
    Blank,
    NoTime,
    /// The time's text.
    TimeNotUnderstood(String),
    TooFewFields,
    TooManyFields(&'r [u8]),
    /// A sum of other rows, and its value.
    Sum(Option<i64>),
    /// A date alone, among times with a clock.
    DayAlone(Option<i64>),
    /// Energy of another direction or kind.
    NotUsed(&'r [u8]),
    /// A text in the column of directions that says nothing.
    UnknownDirection(&'r [u8]),
    /// Another text than stated with `--only`.
    NotStated,
}

impl Layout {
    /// Reads a row and gives its entries to `each`. `text` is room for the text of its time.
    #[inline]
    pub(super) fn read<'r>(
        &self,
        row: &'r ByteRecord,
        text: &mut String,
        mut each: impl FnMut(Entry<'r>),
    ) -> Result<(), RowProblem<'r>> {
        let width = self.names.len();
        if width > 0 && row.len() > width {
            let extra = row.iter().skip(width).find(|field| !field.trim_ascii().is_empty());
            if let Some(extra) = extra {
                return Err(RowProblem::TooManyFields(extra));
            }
        }
        for (at, wanted) in &self.only {
            let is = row.get(*at).is_some_and(|field| {
                String::from_utf8_lossy(field).trim().eq_ignore_ascii_case(wanted)
            });
            if !is {
                return Err(RowProblem::NotStated);
            }
        }
        if !self.join(row, &self.columns.time, text) {
            let blank = row.iter().all(|field| field.trim_ascii().is_empty());
            return Err(if blank { RowProblem::Blank } else { RowProblem::NoTime });
        }
        let Some(mut time) = parse(text, self.form) else {
            return Err(self.without_time(row, text));
        };
        if self.midnight_is_24
            && let Moment::Local(local) = &mut time.start
            && *local % DAY == 0
        {
            *local += DAY;
        }
        let of_day = self.columns.values.first().is_some_and(|value| value.of_day.is_some());
        if time.clock == ClockForm::None && !of_day && !self.day_is_midnight {
            return Err(RowProblem::DayAlone(self.first_value(row)));
        }
        for at in &self.columns.directions {
            let field = row.get(*at).unwrap_or_default();
            match direction(field) {
                Flow::Used | Flow::Energy => {}
                Flow::Produced | Flow::Other => return Err(RowProblem::NotUsed(field)),
                _ => return Err(RowProblem::UnknownDirection(field)),
            }
        }
        if let Some(end) = self.columns.end {
            time.end = self.end(row, end, &time, text);
        } else if let Some(seconds) =
            self.columns.resolution.and_then(|at| resolution(row.get(at)?))
        {
            let end = |moment| match moment {
                Moment::Utc(at) => Moment::Utc(at + seconds),
                Moment::Local(at) => Moment::Local(at + seconds),
            };
            time.end = Some(end(time.start));
        }
        let missing =
            self.columns.status.is_some_and(|at| row.get(at).is_some_and(words::says_missing));
        let meter = self.columns.meter.map(|at| row.get(at).unwrap_or_default());
        for (column, value) in self.columns.values.iter().enumerate() {
            let field = match row.get(value.at) {
                Some(field) => field,
                None if column == 0 => return Err(RowProblem::TooFewFields),
                None => &[],
            };
            let mut entry = Entry { column, meter, time, value: Value::Missing };
            if let (Some((start, end)), Moment::Local(day)) = (value.of_day, time.start) {
                entry.time.start = Moment::Local(day + start);
                entry.time.end = Some(Moment::Local(day + end));
            }
            if !missing {
                entry.value = self.value(row, field);
            }
            each(entry);
        }
        Ok(())
    }

    fn value<'r>(&self, row: &ByteRecord, field: &'r [u8]) -> Value<'r> {
        let field = field.trim_ascii();
        if field.is_empty() {
            return Value::Empty;
        }
        if self.kind == ValueKind::Outdoor {
            let value = scaled(field, self.number, 4).map(|value| self.degrees.hundredths(value));
            return value.map_or(Value::NotANumber(field), Value::Is);
        }
        let digits = match self.columns.unit {
            Some(at) => {
                let unit = row.get(at).map(String::from_utf8_lossy);
                match unit.and_then(|unit| Unit::from_symbol(&unit)) {
                    Some(unit) => unit.digits(),
                    None => return Value::NotANumber(field),
                }
            }
            None => self.unit.digits(),
        };
        if let Some(value) = scaled(field, self.number, digits) {
            return Value::Is(value);
        }
        let (number, unit) = split_unit(field);
        let value = unit.and_then(|unit| scaled(number, self.number, unit.digits()));
        value.map_or(Value::NotANumber(field), Value::Is)
    }

    fn first_value(&self, row: &ByteRecord) -> Option<i64> {
        let column = self.columns.values.first()?;
        match self.value(row, row.get(column.at)?) {
            Value::Is(value) => Some(value),
            _ => None,
        }
    }

    /// Joins the texts of columns and returns whether there is one.
    fn join(&self, row: &ByteRecord, columns: &[usize], text: &mut String) -> bool {
        text.clear();
        for at in columns {
            let Some(field) = row.get(*at) else { return false };
            if !text.is_empty() {
                // A spreadsheet adds a midnight to a date beside a clock.
                let is_clock = field.trim_ascii().first().is_some_and(u8::is_ascii_digit);
                for midnight in [" 00:00:00", "T00:00:00", " 00:00"] {
                    if let Some(date) = text.strip_suffix(midnight).filter(|_| is_clock) {
                        text.truncate(date.len());
                        break;
                    }
                }
                text.push(' ');
            }
            match std::str::from_utf8(field.trim_ascii()) {
                Ok(field) => text.push_str(field),
                Err(_) => text.push_str(&String::from_utf8_lossy(field)),
            }
        }
        !text.is_empty()
    }

    fn end(
        &self,
        row: &ByteRecord,
        at: usize,
        time: &TimeText,
        text: &mut String,
    ) -> Option<Moment> {
        let field = std::str::from_utf8(row.get(at)?).ok()?.trim();
        if let Some(end) = parse(field, self.form).filter(|end| end.clock != ClockForm::None) {
            return Some(end.start);
        }
        // A clock alone is of the same day, or of the next one.
        let date = String::from_utf8_lossy(row.get(*self.columns.time.first()?)?).into_owned();
        text.clear();
        text.push_str(&date);
        text.push(' ');
        text.push_str(field);
        let end = parse(text, self.form)?.start;
        Some(match (time.start, end) {
            (Moment::Local(start), Moment::Local(end)) if end <= start => Moment::Local(end + DAY),
            (_, end) => end,
        })
    }

    fn without_time<'r>(&self, row: &ByteRecord, text: &str) -> RowProblem<'r> {
        let first = row.iter().find(|field| !field.trim_ascii().is_empty());
        if first.is_some_and(words::says_sum) || words::says_sum(text.as_bytes()) {
            return RowProblem::Sum(self.first_value(row));
        }
        RowProblem::TimeNotUnderstood(text.to_owned())
    }
}

/// What the text of a direction says.
pub(super) fn direction(field: &[u8]) -> Flow {
    let text = String::from_utf8_lossy(field).trim().to_lowercase();
    if words::is_register(&text) { Flow::Other } else { flow(&text) }
}

/// `PT15M`, `PT1H`, or minutes.
pub(super) fn resolution(field: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(field).ok()?.trim().to_uppercase();
    match text.as_str() {
        "PT15M" | "15" | "900" | "15 MIN" | "15MIN" | "QUARTER" | "KVART" | "00:15:00" => Some(900),
        "PT30M" | "30" | "1800" | "30 MIN" => Some(1800),
        "PT1H" | "PT60M" | "60" | "3600" | "60 MIN" | "1H" | "HOUR" | "TIMME" | "01:00:00" => {
            Some(3600)
        }
        _ => None,
    }
}

impl RowProblem<'_> {
    /// Why the row is not read, and the text that is at fault.
    pub(super) fn reason(&self) -> (&'static str, String) {
        match self {
            Self::Blank | Self::NoTime => ("the row has no time", String::new()),
            Self::TimeNotUnderstood(text) => {
                ("the time is in none of the known formats", quoted(text))
            }
            Self::TooFewFields => ("the row has too few fields", String::new()),
            Self::TooManyFields(field) => {
                ("the row has more fields than the header has names", quoted_bytes(field))
            }
            Self::Sum(_) => ("the row is a sum of other rows", String::new()),
            Self::DayAlone(_) => {
                ("the row has a date without a clock, as the sum of a day has", String::new())
            }
            Self::NotUsed(field) => ("the row is not of energy that is used", quoted_bytes(field)),
            Self::UnknownDirection(field) => {
                ("the row's direction is not known", quoted_bytes(field))
            }
            Self::NotStated => ("the row is not of the series that --only states", String::new()),
        }
    }
}

impl Layout {
    fn name(&self, at: usize) -> Cow<'static, str> {
        match self.names.get(at).filter(|name| !name.is_empty()) {
            Some(name) => quoted(name).into(),
            None => format!("column {}", at + 1).into(),
        }
    }

    fn values_text(&self) -> String {
        let column = |value: &ValueColumn| self.name(value.at);
        match &self.columns.values[..] {
            [] => String::new(),
            [one] => format!("values in {}", column(one)),
            [first, .., last] => {
                let of = if first.meter.is_some() { "meter" } else { "hour" };
                format!(
                    "values in {} columns, one for each {of}, from {} to {}",
                    self.columns.values.len(),
                    column(first),
                    column(last)
                )
            }
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.recognised {
            write!(f, "layout {}; ", quoted(name))?;
        }
        let time: Vec<_> = self.columns.time.iter().map(|at| self.name(*at)).collect();
        write!(f, "times in {}", time.join(" and "))?;
        if let Some(end) = self.columns.end {
            write!(f, " to {}", self.name(end))?;
        }
        write!(f, ", {}", self.values_text())?;
        let unit = match self.columns.unit {
            Some(at) => format!("the unit in {}", self.name(at)),
            None => self.unit.symbol().to_owned(),
        };
        let shown = self.columns.end.is_some() || self.columns.resolution.is_some();
        match self.kind {
            ValueKind::Energy if shown => write!(f, " = {unit} of the row's interval")?,
            ValueKind::Energy => write!(
                f,
                " = {unit} of the {} minutes that {} then",
                self.seconds / 60,
                if self.stamps == Stamps::Starts { "begin" } else { "end" }
            )?,
            ValueKind::Register => write!(f, " = register, {unit}")?,
            ValueKind::Outdoor => write!(f, " = {}", self.degrees.symbol())?,
        }
        if let Some(at) = self.columns.meter {
            write!(f, ", meters in {}", self.name(at))?;
        }
        for at in &self.columns.directions {
            write!(f, ", only the used energy of {}", self.name(*at))?;
        }
        let delimiter = match self.text_form {
            Some((b'\t', encoding)) => format!("{encoding}, delimiter tab, "),
            Some((other, encoding)) => {
                format!("{encoding}, delimiter '{}', ", char::from(other))
            }
            None => String::new(),
        };
        let decimal = if self.number.decimal == Decimal::Comma { "comma" } else { "point" };
        let order = if self.backwards { ", newest first" } else { "" };
        write!(f, "; {delimiter}decimal {decimal}, local times are of {}{order}", self.zone_name)
    }
}

//! Where in a file its table is: which character separates the fields, which lines stand
//! above it, and which row has the names of its columns.
use csv::{ByteRecord, ReaderBuilder};

use super::{
    error::LayoutError,
    lines::Lines,
    number::is_number,
    options::{DateOrder, Unit},
    printable::quoted_bytes,
    time_text::{TimeForm, parse},
};

/// How many rows are inspected.
pub(super) const INSPECTED_ROWS: usize = 400;

/// The beginning of a file's table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) delimiter: u8,
    /// Rows above the first one with data.
    pub(super) skip: usize,
    /// Names of the columns in lower case; empty where no row has them.
    pub(super) names: Vec<String>,
    /// Rows above the names.
    pub(super) preamble: Vec<ByteRecord>,
    pub(super) body: Vec<ByteRecord>,
}

/// Characters that separate fields, the ones first that occur in no number.
const DELIMITERS: [u8; 4] = [b';', b'\t', b'|', b','];

/// A reader of rows as exports have them: of any width, with comments.
pub(super) fn csv_reader<R: std::io::Read>(delimiter: u8, text: R) -> csv::Reader<Lines<R>> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(Lines::new(text))
}

/// Finds the table in the beginning of a text. A line `sep=;` states the delimiter.
pub(super) fn find_in_text(
    text: &[u8],
    whole: bool,
    stated: Option<u8>,
) -> Result<Table, LayoutError> {
    let first = text.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii();
    let by_line = first.strip_prefix(b"sep=").and_then(|rest| match rest {
        [] => Some(b'\t'),
        rest => rest.first().copied(),
    });
    let candidates = match stated.or(by_line) {
        Some(delimiter) => vec![delimiter],
        None => DELIMITERS.to_vec(),
    };
    let tables = candidates.into_iter().map(|delimiter| {
        let mut rows: Vec<ByteRecord> = csv_reader(delimiter, text)
            .into_byte_records()
            .take(4 * INSPECTED_ROWS)
            .map_while(Result::ok)
            .collect();
        // A last row without its line end may be cut off.
        if !whole && rows.len() > 2 {
            rows.pop();
        }
        (delimiter, rows)
    });
    let mut best: Option<(usize, Table)> = None;
    let mut names_alone = false;
    let mut first_rows = Vec::new();
    for (delimiter, rows) in tables {
        names_alone |= has_names_alone(&rows);
        let found = locate(&rows).map(|place| (place.data_rows, place.table(delimiter, &rows)));
        if found.as_ref().is_some_and(|found| best.as_ref().is_none_or(|best| found.0 > best.0)) {
            best = found;
        }
        first_rows.extend(rows.into_iter().next());
    }
    match best {
        Some((_, table)) => Ok(table),
        None => Err(no_table(names_alone, first_rows.first(), text)),
    }
}

/// Finds the table in the rows of a sheet.
pub(super) fn find_in_rows(rows: &[ByteRecord]) -> Result<Table, LayoutError> {
    match locate(rows) {
        Some(place) => Ok(place.table(b',', rows)),
        None => Err(no_table(has_names_alone(rows), rows.first(), b"")),
    }
}

fn no_table(names_alone: bool, first: Option<&ByteRecord>, text: &[u8]) -> LayoutError {
    let Some(first) = first else { return LayoutError::empty("the file is empty") };
    if names_alone {
        return LayoutError::empty("the file has a header and no rows");
    }
    let line =
        text.split(|byte| *byte == b'\n').nth(1).filter(|line| !line.trim_ascii().is_empty());
    let shown = match line {
        Some(line) => quoted_bytes(line),
        None => quoted_bytes(first.get(0).unwrap_or_default()),
    };
    LayoutError::new(
        format!("no row has a time in a known format and a value beside it; a row is {shown}"),
        "a time is written as 2026-03-01 00:00, 2026-03-01T00:00:00Z or 01.03.2026 00:00, for \
         example; export the values of hours or quarter-hours as CSV or XLSX",
    )
}

/// Whether the rows are a header, and nothing that could be data follows.
fn has_names_alone(rows: &[ByteRecord]) -> bool {
    let with_text: Vec<_> = rows.iter().filter(|row| !is_blank(row)).collect();
    let texts = |row: &ByteRecord| {
        row.iter().all(|field| field.is_empty() || (!is_number(field) && !is_time(field)))
    };
    match with_text.as_slice() {
        [.., last] => {
            last.len() >= 2 && with_text.len() <= 8 && with_text.iter().all(|row| texts(row))
        }
        [] => false,
    }
}

fn is_blank(row: &ByteRecord) -> bool {
    row.iter().all(|field| field.trim_ascii().is_empty())
}

pub(super) fn is_time(field: &[u8]) -> bool {
    std::str::from_utf8(field).is_ok_and(|text| {
        [DateOrder::Ymd, DateOrder::Dmy, DateOrder::Mdy]
            .into_iter()
            .any(|order| parse(text, TimeForm { order: Some(order), loose: false }).is_some())
    })
}

/// Where the table is among the rows.
struct Place {
    first: usize,
    header: Option<usize>,
    /// A row of units below the names.
    units: Option<usize>,
    data_rows: usize,
}

/// Whether a row has a time and, beside it, a number or an empty field.
fn is_data(row: &ByteRecord) -> bool {
    row.len() >= 2
        && row.iter().any(is_time)
        && row
            .iter()
            .any(|field| !is_time(field) && (field.trim_ascii().is_empty() || is_number(field)))
}

/// Whether a row has a year, a month and a day in columns of their own.
fn has_parts_of_a_date(row: &ByteRecord) -> bool {
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.trim().parse::<i64>().ok();
    let fields: Vec<Option<i64>> = row.iter().map(number).collect();
    fields.windows(3).any(|parts| match parts {
        [Some(year), Some(month), Some(day)] => {
            (1990..2100).contains(year) && (1..=12).contains(month) && (1..=31).contains(day)
        }
        _ => false,
    })
}

/// Whether a row has numbers only, as where dates are written as numbers of days.
fn is_numeric(row: &ByteRecord) -> bool {
    row.len() >= 2
        && row.iter().all(|field| field.is_empty() || is_number(field))
        && row.iter().filter(|field| !field.is_empty()).count() >= 2
}

fn locate(rows: &[ByteRecord]) -> Option<Place> {
    let mut data: Vec<bool> = rows.iter().map(is_data).collect();
    if !data.contains(&true) {
        data = rows.iter().map(has_parts_of_a_date).collect();
    }
    if !data.contains(&true) {
        data = rows.iter().map(is_numeric).collect();
    }
    // The widest agreement: a table above the table, as of a meter and a period, has few rows.
    let count = |width: usize| {
        rows.iter().zip(&data).filter(|(row, data)| **data && row.len() == width).count()
    };
    let (width, data_rows) = rows
        .iter()
        .zip(&data)
        .filter(|(_, data)| **data)
        .map(|(row, _)| (row.len(), count(row.len())))
        .max_by_key(|(_, count)| *count)?;
    let mut first = (0..rows.len()).find(|at| data[*at] && rows[*at].len() == width)?;
    while first > 0 && data[first - 1] {
        first -= 1;
    }
    let above = |from: usize| (0..from).rev().find(|at| !is_blank(&rows[*at]));
    let units = above(first).filter(|at| is_units(&rows[*at]) && *at > 0);
    let header = above(units.unwrap_or(first)).filter(|at| is_header(&rows[*at]));
    Some(Place { first, header, units: units.filter(|_| header.is_some()), data_rows })
}

/// Whether a row has nothing but units.
fn is_units(row: &ByteRecord) -> bool {
    let unit = |field: &[u8]| {
        let text = String::from_utf8_lossy(field).to_lowercase();
        let word = text.trim().trim_matches(['(', ')', '[', ']']);
        word.is_empty() || Unit::from_symbol(word).is_some() || word == "°c"
    };
    row.iter().all(unit) && !is_blank(row)
}

/// Whether a row can have the names of columns: two texts or more, and no number beside
/// them except one that names a meter or an hour.
fn is_header(row: &ByteRecord) -> bool {
    let texts = row.iter().filter(|field| !field.trim_ascii().is_empty());
    texts.clone().count() >= 2
        && texts.clone().any(|field| !is_number(field))
        && !texts.clone().any(is_time)
}

impl Place {
    fn table(&self, delimiter: u8, rows: &[ByteRecord]) -> Table {
        let text = |field: &[u8]| {
            let text = String::from_utf8_lossy(field);
            text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_lowercase()
        };
        let mut names: Vec<String> =
            self.header.map(|at| rows[at].iter().map(text).collect()).unwrap_or_default();
        let mut above = self.header.unwrap_or(self.first);
        // A row of units below the names.
        if let Some(units) = self.units {
            for (name, unit) in names.iter_mut().zip(rows[units].iter().map(text)) {
                if !unit.is_empty() {
                    *name = format!("{name} {unit}");
                }
            }
            above = above.min(self.header.unwrap_or(units));
        }
        Table {
            delimiter,
            skip: self.first,
            names,
            preamble: rows[..above].to_vec(),
            body: rows[self.first..].iter().take(INSPECTED_ROWS).cloned().collect(),
        }
    }
}

impl Table {
    /// How the file names a column, or its number from 1.
    pub(super) fn name(&self, at: usize) -> String {
        match self.names.get(at).filter(|name| !name.is_empty()) {
            Some(name) => super::printable::quoted(name),
            None => format!("column {}", at + 1),
        }
    }

    /// How an option names a column.
    pub(super) fn option_name(&self, at: usize) -> String {
        match self.names.get(at) {
            Some(name)
                if !name.is_empty()
                    && self.names.iter().filter(|other| *other == name).count() == 1
                    && name.parse::<usize>().is_err()
                    && super::printable::Printable(name).to_string() == *name =>
            {
                name.clone()
            }
            _ => (at + 1).to_string(),
        }
    }

    /// All names, for messages.
    pub(super) fn all_names(&self) -> String {
        let width = self.width();
        (0..width).map(|at| self.name(at)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn width(&self) -> usize {
        self.body.iter().map(ByteRecord::len).max().unwrap_or(0).max(self.names.len())
    }

    /// The fields of a column that are not empty.
    pub(super) fn column(&self, at: usize) -> impl Iterator<Item = &[u8]> {
        self.body
            .iter()
            .filter_map(move |row| row.get(at))
            .map(<[u8]>::trim_ascii)
            .filter(|field| !field.is_empty())
    }

    /// Finds a column by its name or by its number from 1. A name that ends with `*` is
    /// the beginning of one.
    pub(super) fn find(&self, wanted: &str) -> Option<usize> {
        let wanted = wanted.trim().to_lowercase();
        let by_name = match wanted.strip_suffix('*') {
            Some(beginning) => self.names.iter().position(|name| name.starts_with(beginning)),
            None => self.names.iter().position(|name| *name == wanted),
        };
        let number = || wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        by_name.or_else(number).filter(|at| *at < self.width())
    }

    /// The text beside or below a key in the lines above the table: `Måttenhet;kWh`, or a
    /// row of keys above a row of values.
    pub(super) fn preamble_value(&self, is_key: impl Fn(&str) -> bool) -> Option<String> {
        self.preamble_values(is_key).into_iter().next()
    }

    /// The texts of all such keys.
    pub(super) fn preamble_values(&self, is_key: impl Fn(&str) -> bool) -> Vec<String> {
        let mut all = Vec::new();
        let text = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        for (n, row) in self.preamble.iter().enumerate() {
            for (at, field) in row.iter().enumerate() {
                let key = text(field).trim_end_matches(':').trim_matches('\u{feff}').to_lowercase();
                if let Some((key, value)) = key.split_once(':')
                    && is_key(key.trim())
                    && !value.trim().is_empty()
                {
                    all.push(value.trim().to_owned());
                    continue;
                }
                if !is_key(&key) {
                    continue;
                }
                let below = self.preamble.get(n + 1).and_then(|below| below.get(at)).map(text);
                let beside = row.get(at + 1).map(text);
                // Keys stand side by side where values are below them.
                let keys_in_row = row.iter().filter(|field| !field.is_empty()).count() > 2;
                let found = if keys_in_row { below.or(beside) } else { beside.or(below) };
                all.extend(found.filter(|found| !found.is_empty()));
            }
        }
        all
    }
}

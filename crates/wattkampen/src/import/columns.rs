//! Which column holds what: by statement, by name, and by what its fields look like.
use super::{
    error::LayoutError,
    number::is_number,
    options::{Statements, Unit, ValueKind},
    printable::{Printable, quoted},
    table::Table,
    words::{self, Flow, METER, RESOLUTION, STATUS, UNIT, flow},
};

/// Columns of one file by what they hold, from 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// Their texts together are the time.
    pub(super) time: Vec<usize>,
    /// The end of the interval.
    pub(super) end: Option<usize>,
    pub(super) values: Vec<ValueColumn>,
    pub(super) meter: Option<usize>,
    pub(super) unit: Option<usize>,
    pub(super) status: Option<usize>,
    pub(super) resolution: Option<usize>,
    /// Columns of which a row must have a certain text.
    pub(super) directions: Vec<usize>,
}

/// A column of values: of the row's time, or of an hour of the row's day; of the row's
/// meter, or of one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ValueColumn {
    pub(super) at: usize,
    pub(super) meter: Option<String>,
    /// Seconds from the day's midnight on the clock: start and end.
    pub(super) of_day: Option<(i64, i64)>,
}

impl ValueColumn {
    pub(super) const fn plain(at: usize) -> Self {
        Self { at, meter: None, of_day: None }
    }
}

impl Columns {
    /// `meters`: ids of the configuration.
    pub(super) fn detect(
        table: &Table,
        stated: &Statements,
        kind: ValueKind,
        meters: &[&str],
    ) -> Result<Self, LayoutError> {
        let mut columns = Self::default();
        let find = |name: &Option<String>| match name {
            Some(name) => table.find(name).map(Some).ok_or_else(|| absent(table, name)),
            None => Ok(None),
        };
        columns.unit = find(&stated.unit_column)?;
        columns.meter = find(&stated.meter_column)?;
        columns.find_times(table, stated)?;
        let free =
            |columns: &Self, at: usize| !columns.time.contains(&at) && columns.end != Some(at);
        let named = |columns: &Self, known: &[&str]| {
            (0..table.names.len())
                .find(|at| free(columns, *at) && words::is_one_of(&table.names[*at], known))
        };
        if columns.unit.is_none() {
            columns.unit = named(&columns, UNIT).filter(|at| {
                table
                    .column(*at)
                    .all(|text| Unit::from_symbol(&String::from_utf8_lossy(text)).is_some())
                    && table.column(*at).next().is_some()
            });
        }
        columns.status = (0..table.names.len()).find(|at| {
            let name = table.names[*at].as_str();
            let is_energy = words::unit_of(name).is_some() || flow(name) == Flow::Used;
            free(&columns, *at) && !is_energy && STATUS.iter().any(|part| name.contains(part))
        });
        columns.resolution = named(&columns, RESOLUTION);
        if columns.meter.is_none() && kind != ValueKind::Outdoor {
            let is_meter =
                |text: &[u8]| meters.contains(&meter_text(&String::from_utf8_lossy(text)).as_str());
            let by_text = (0..table.width())
                .find(|at| free(&columns, *at) && table.column(*at).any(is_meter));
            columns.meter = by_text.or_else(|| named(&columns, METER));
        }
        columns.find_values(table, stated, kind, meters)?;
        columns.find_directions(table);
        Ok(columns)
    }

    /// Columns whose texts say which way a row's energy flows, or that it is none.
    fn find_directions(&mut self, table: &Table) {
        let taken = [self.end, self.meter, self.unit, self.status, self.resolution];
        for at in 0..table.width() {
            let is_value = self.values.iter().any(|value| value.at == at);
            if is_value || self.time.contains(&at) || taken.contains(&Some(at)) {
                continue;
            }
            let registers = table
                .column(at)
                .any(|text| words::is_register(&String::from_utf8_lossy(text).to_lowercase()));
            let flows: Vec<Flow> = table
                .column(at)
                .map(|text| flow(&String::from_utf8_lossy(text).to_lowercase()))
                .collect();
            let text = table.column(at).any(|text| !is_number(text));
            let which = flows.iter().any(|flow| matches!(flow, Flow::Used | Flow::Produced));
            if text && (which || registers) {
                self.directions.push(at);
            }
        }
    }
}

/// An id as exports write it: `="735…"` keeps spreadsheets from rounding it.
pub(super) fn meter_text(text: &str) -> String {
    text.trim().trim_start_matches('=').trim_matches(['"', '\'']).trim().to_owned()
}

/// A word as a shell takes it, without characters that a terminal would obey.
pub(super) fn shell(word: &str) -> String {
    let word = &Printable(word).to_string();
    let plain = |c: char| c.is_alphanumeric() || "-_./:,+=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

pub(super) fn absent(table: &Table, name: &str) -> LayoutError {
    LayoutError::new(
        format!("the file has no column {}", quoted(name)),
        format!("its columns are {}", table.all_names()),
    )
}

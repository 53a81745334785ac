//! A first reading of a whole file, before any of it is stored: what its numbers, times and
//! rows show only together. Memory does not grow with the file.
use std::collections::{BTreeMap, HashMap};

use csv::ByteRecord;

use super::{
    layout::{Entry, Layout, RowProblem, Value},
    number::{NumberEvidence, NumberFormat, is_number, scaled},
    options::Decimal,
    printable::{quoted, quoted_bytes},
    series::LENGTHS,
    time_text::{ClockForm, DAY, Moment},
    timestamp::{LocalTime, ZoneOffsets},
    words::{self, START, TIME},
};

/// Meters of one file.
const MOST_METERS: usize = 10_000;

/// How often something is found, and where first.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) count: u64,
    pub(super) line: u64,
    pub(super) text: String,
}

impl Found {
    fn add(&mut self, line: u64, text: impl FnOnce() -> String) {
        if self.count == 0 {
            (self.line, self.text) = (line, text());
        }
        self.count += 1;
    }
}

/// What the rows of a file show together.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Rows with a time.
    pub(super) rows: u64,
    /// Rows that show the end of their interval.
    pub(super) with_end: u64,
    pub(super) numbers: NumberEvidence,
    pub(super) not_a_number: Found,
    pub(super) numbers_found: u64,
    pub(super) not_understood: Found,
    pub(super) too_wide: Found,
    /// Rows of names that differ from those of the header.
    pub(super) other_header: Found,
    /// Rows of another direction.
    pub(super) not_used: Found,
    /// Rows of a date alone, and rows of 00:00 and of 24:00.
    pub(super) days_alone: u64,
    pub(super) midnights: u64,
    pub(super) midnights_24: u64,
    /// Rows of 00:00 that stand after all others of their date.
    pub(super) late_midnights: u64,
    /// Rows whose value is below the one before, and above it; the largest rise, and the
    /// lowest value, both in thousandths.
    pub(super) falls: u64,
    pub(super) rises: u64,
    pub(super) largest_rise: i64,
    pub(super) lowest: Option<i64>,
    pub(super) has_hour: [bool; 26],
    /// Times without an offset.
    pub(super) local_times: u64,
    /// Meters of the column of meters.
    pub(super) meters: BTreeMap<String, u64>,
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    /// Two rows of one series, one after the other, with one time.
    pub(super) doubles: Found,
    /// The rows begin again at the first time.
    pub(super) restarts: Found,
    /// By step in seconds, forwards and backwards.
    steps: HashMap<i64, u64>,
    forwards: u64,
    backwards: u64,
    /// Local times near changes of the clocks: rows, and whether one has energy.
    near_changes: HashMap<(u32, i64), (u8, bool)>,
    /// By meter and column of values.
    series: HashMap<Vec<u8>, Vec<Option<Track>>>,
    series_count: u32,
    text: String,
}

/// One series on its way through the file.
#[derive(Debug, Clone, Copy)]
struct Track {
    index: u32,
    first: i64,
    last: i64,
    /// Of the text of the last value.
    value: u64,
    number: Option<i64>,
    /// The last midnight that stands before the other rows of its date.
    midnight: Option<i64>,
}

impl Track {
    /// Whether no row of this midnight stands before.
    fn before_first(&self, at: i64) -> bool {
        self.midnight != Some(at)
    }
}

impl Survey {
    /// `record` is reused for the next row, so nothing of it is kept.
    pub(super) fn add(
        &mut self,
        layout: &Layout,
        offsets: &mut ZoneOffsets,
        record: &ByteRecord,
        line: u64,
    ) {
        let mut text = std::mem::take(&mut self.text);
        let mut with_end = true;
        let read = layout.read(record, &mut text, |entry| {
            with_end &= entry.time.end.is_some();
            self.add_entry(layout, offsets, record, &entry, line);
        });
        match read {
            Ok(()) => {
                self.rows += 1;
                self.with_end += u64::from(with_end);
            }
            Err(RowProblem::TimeNotUnderstood(_)) if is_other_header(layout, record) => {
                self.other_header.add(line, String::new);
            }
            Err(RowProblem::TimeNotUnderstood(text)) => {
                self.not_understood.add(line, || quoted(&text));
            }
            Err(RowProblem::TooManyFields(field)) => {
                self.too_wide.add(line, || quoted_bytes(field));
            }
            Err(RowProblem::NotUsed(field)) => self.not_used.add(line, || quoted_bytes(field)),
            Err(_) => {}
        }
        self.text = text;
    }

    fn add_entry(
        &mut self,
        layout: &Layout,
        offsets: &mut ZoneOffsets,
        record: &ByteRecord,
        entry: &Entry<'_>,
        line: u64,
    ) {
        let field = record.get(layout.columns.values[entry.column].at).unwrap_or_default();
        let field = field.trim_ascii();
        let (mut has_energy, mut number) = (false, None);
        if !matches!(entry.value, Value::Empty | Value::Missing) {
            if field.iter().all(u8::is_ascii_digit) || is_number(field) {
                self.numbers_found += 1;
                self.numbers.add(field);
                has_energy = field.iter().any(|byte| matches!(byte, b'1'..=b'9'));
                number = comparable(field);
            } else {
                self.not_a_number.add(line, || quoted_bytes(field));
            }
        }
        match entry.time.clock {
            ClockForm::None => self.days_alone += 1,
            ClockForm::Midnight24 => self.midnights_24 += 1,
            ClockForm::Hour(hour) => self.has_hour[usize::from(hour.min(25))] = true,
            ClockForm::Clock if matches!(entry.time.start, Moment::Local(at) if at % DAY == 0) => {
                self.midnights += 1;
            }
            _ => {}
        }
        let at = match entry.time.start {
            Moment::Local(local) => {
                self.local_times += 1;
                local
            }
            Moment::Utc(at) => offsets.local(at),
        };
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        let index = self.track(entry, (field, number), at, line, offsets);
        if let Moment::Local(local) = entry.time.start
            && !offsets.is_far_from_changes(local)
        {
            let near = self.near_changes.entry((index, local)).or_default();
            *near = (near.0.saturating_add(1), near.1 | has_energy);
        }
    }

    /// Follows the row's series and returns its number.
    fn track(
        &mut self,
        entry: &Entry<'_>,
        (field, number): (&[u8], Option<i64>),
        at: i64,
        line: u64,
        offsets: &mut ZoneOffsets,
    ) -> u32 {
        let value = fingerprint(field);
        let meter = entry.meter.unwrap_or_default().trim_ascii();
        if entry.meter.is_some() && self.meters.len() < MOST_METERS {
            let text = super::columns::meter_text(&String::from_utf8_lossy(meter));
            *self.meters.entry(text).or_default() += 1;
        }
        if !self.series.contains_key(meter) && self.series.len() < MOST_METERS {
            self.series.insert(meter.to_vec(), Vec::new());
        }
        let Some(tracks) = self.series.get_mut(meter) else { return u32::MAX };
        if tracks.len() <= entry.column {
            tracks.resize(entry.column + 1, None);
        }
        let Some(track) = &mut tracks[entry.column] else {
            let index = self.series_count;
            self.series_count += 1;
            tracks[entry.column] = Some(Track {
                index,
                first: at,
                last: at,
                value,
                number,
                midnight: (at % DAY == 0).then_some(at),
            });
            return index;
        };
        let step = at - track.last;
        if step < 0 && at % DAY == 0 && LENGTHS.contains(&(DAY + step)) && track.before_first(at) {
            self.late_midnights += 1;
        }
        if let Some(number) = number {
            match track.number {
                Some(before) if number < before => self.falls += 1,
                Some(before) if number > before => {
                    self.rises += 1;
                    self.largest_rise = self.largest_rise.max(number - before);
                }
                _ => {}
            }
            track.number = Some(number);
            self.lowest = Some(self.lowest.map_or(number, |lowest| lowest.min(number)));
        }
        let same = std::mem::replace(&mut track.value, value) == value;
        track.last = at;
        if at % DAY == 0 && step > 0 {
            track.midnight = Some(at);
        }
        let index = track.index;
        if step == 0 {
            let twice = matches!(offsets.resolve(at), Some(LocalTime::Twice(..)));
            if !twice && !same {
                self.doubles.add(line, String::new);
            }
        } else if at == track.first && step.abs() > 3600 {
            self.restarts.add(line, String::new);
        }
        if step != 0 {
            if step > 0 {
                self.forwards += 1;
            } else {
                self.backwards += 1;
            }
            if self.steps.len() < 1000 || self.steps.contains_key(&step.abs()) {
                *self.steps.entry(step.abs()).or_default() += 1;
            }
        }
        index
    }

    /// The newest row is first.
    pub(super) const fn runs_backwards(&self) -> bool {
        self.backwards > self.forwards
    }

    /// The distance that most rows have to the next one.
    pub(super) fn step(&self) -> Option<i64> {
        let (step, _) = self.steps.iter().max_by_key(|(step, count)| (**count, -**step))?;
        Some(*step)
    }

    pub(super) fn has_local_times(&self) -> bool {
        self.local_times > 0
    }

    /// How the local times near a change of the clocks are: rows, and whether one of them
    /// has energy; the first series that has any.
    pub(super) fn near(&self, local: i64) -> (u8, bool) {
        (0..self.series_count)
            .find_map(|index| self.near_changes.get(&(index, local)).copied())
            .unwrap_or_default()
    }
}

/// Whether a row has the names of columns, and other ones than the header.
fn is_other_header(layout: &Layout, row: &ByteRecord) -> bool {
    let name = |at: usize| {
        let text = String::from_utf8_lossy(row.get(at).unwrap_or_default());
        text.trim().to_lowercase()
    };
    let Some(time) = layout.columns.time.first().map(|at| name(*at)) else { return false };
    let is_time = words::is_one_of(&time, TIME) || words::begins_with(&time, START);
    let value = layout.columns.values.first().map(|value| name(value.at)).unwrap_or_default();
    is_time
        && !value.is_empty()
        && !is_number(value.as_bytes())
        && layout.names.iter().enumerate().any(|(at, header)| name(at) != *header)
}

/// A number that can be compared with others of its column.
fn comparable(field: &[u8]) -> Option<i64> {
    let parse = |decimal| scaled(field, NumberFormat { decimal, grouped: true }, 3);
    parse(Decimal::Comma).or_else(|| parse(Decimal::Point))
}

fn fingerprint(field: &[u8]) -> u64 {
    field.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

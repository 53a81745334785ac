//! What an import is about to store: the first rows as they will be stored.
use std::fmt;

use csv::ByteRecord;
use jiff::{Timestamp, tz::TimeZone};

use super::{
    assign::{Assignment, SeriesFinder},
    layout::{Entry, Value},
    options::ValueKind,
    plan::Plan,
    printable::Printable,
    series::Series,
    sink::ParsedRow,
    tally::Tally,
    timestamp::ZoneOffsets,
};

/// How many rows are shown.
const SHOWN: usize = 3;

/// The first rows of a file as they will be stored.
#[derive(Debug)]
pub(crate) struct Preview {
    /// Where all rows go, if that is one meter or participant.
    whose: Option<String>,
    lines: Vec<String>,
}

impl Preview {
    pub(crate) fn new(plan: &Plan, assignment: &Assignment, zone: &TimeZone) -> Self {
        let mut offsets = ZoneOffsets::new(plan.layout.zone.clone());
        let mut finder = SeriesFinder::new(assignment, &plan.layout);
        let mut all: Vec<Series> =
            assignment.ids.iter().map(|_| Series::new(&plan.layout)).collect();
        let mut rows: Vec<(usize, ParsedRow)> = Vec::new();
        let mut text = String::new();
        let mut tally = Tally::default();
        for row in &plan.table.body {
            let entries = entries_of(plan, row, &mut text);
            for entry in entries {
                let Ok(series) = finder.find(&entry) else { continue };
                let Ok(at) = all[series].resolve(&entry.time, &plan.layout, &mut offsets) else {
                    continue;
                };
                let value = match entry.value {
                    Value::Is(value) => Some(value),
                    _ => None,
                };
                let mut push = |row: ParsedRow, _: &mut Tally| {
                    rows.push((series, row));
                    Ok::<(), std::convert::Infallible>(())
                };
                let _ = all[series].add(0, at, value, &plan.layout, &mut tally, &mut push);
            }
            if rows.len() >= SHOWN {
                break;
            }
        }
        for (series, rest) in all.iter_mut().enumerate() {
            let mut push = |row: ParsedRow, _: &mut Tally| {
                rows.push((series, row));
                Ok::<(), std::convert::Infallible>(())
            };
            let _ = rest.finish(&plan.layout, &mut tally, &mut push);
        }
        let lines = rows.iter().take(SHOWN).map(|(series, row)| {
            let id = (assignment.ids.len() > 1).then(|| assignment.ids[*series].as_str());
            line(id, row, plan.layout.kind, zone)
        });
        let whose = match &assignment.ids[..] {
            [id] => Some(id.clone()),
            _ => None,
        };
        Self { whose, lines: lines.collect() }
    }
}

fn entries_of<'r>(plan: &Plan, row: &'r ByteRecord, text: &mut String) -> Vec<Entry<'r>> {
    let mut entries = Vec::new();
    match plan.layout.read(row, text, |entry| entries.push(entry)) {
        Ok(()) => entries,
        Err(_) => Vec::new(),
    }
}

fn line(id: Option<&str>, row: &ParsedRow, kind: ValueKind, zone: &TimeZone) -> String {
    let local = |at: i64| {
        Timestamp::from_second(at)
            .map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string())
            .unwrap_or_default()
    };
    let clock = |at: i64| {
        Timestamp::from_second(at)
            .map(|at| at.to_zoned(zone.clone()).strftime("%H:%M").to_string())
            .unwrap_or_default()
    };
    let id = id.map_or(String::new(), |id| format!("{id}: "));
    let ParsedRow { start, seconds, value, .. } = *row;
    match kind {
        ValueKind::Energy => format!(
            "{id}{}, {} minutes to {}: {} kWh",
            local(start),
            seconds / 60,
            clock(start + seconds),
            decimal(value, 6)
        ),
        ValueKind::Register => {
            format!("{id}{}: {} kWh on the register", local(start), decimal(value, 6))
        }
        ValueKind::Outdoor => format!("{id}{}: {} °C", local(start), decimal(value, 2)),
    }
}

/// A scaled integer as a decimal number without needless zeros.
fn decimal(value: i64, digits: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", value.unsigned_abs(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  the first rows as they are stored")?;
        if let Some(id) = &self.whose {
            write!(f, " of {}", Printable(id))?;
        }
        write!(f, ":")?;
        self.lines.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_needless_zeros() {
        assert_eq!(decimal(1_500_000, 6), "1.5");
        assert_eq!(decimal(-910, 2), "-9.1");
        assert_eq!(decimal(0, 6), "0");
        assert_eq!(decimal(31_500_000, 6), "31.5");
    }
}

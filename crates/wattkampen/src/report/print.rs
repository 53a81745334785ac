//! A table's cells as people read them: what text and page have in common. The ends
//! of an interval are one column, and remarks stand below the row's first words.
use jiff::tz::TimeZone;

use super::{
    table::{Cell, Kind, Shown, Table},
    words::{Words, moment},
};

/// What stands where nothing is known.
pub(super) const UNKNOWN: &str = "–";

/// A table to print.
pub(super) struct Printed<'t> {
    /// Heading and what is below it.
    pub(super) heads: Vec<(&'t str, Kind)>,
    pub(super) rows: Vec<Row>,
    /// The column that remarks stand below.
    pub(super) first_words: usize,
}

pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) remarks: Vec<String>,
}

pub(super) fn printed<'t>(table: &'t Table, w: Words, zone: &TimeZone) -> Printed<'t> {
    let columns = || table.columns.iter().enumerate();
    let shown = |kind: Kind| !matches!(kind, Kind::High | Kind::HighNumber | Kind::Remark);
    let heads = columns().filter(|(_, column)| shown(column.kind)).map(|(_, column)| {
        let head = match column.kind {
            Kind::Low | Kind::LowNumber => w.t("90 % intervall", "90 % interval"),
            _ => w.of(&column.head),
        };
        (head, column.kind)
    });
    let heads: Vec<_> = heads.collect();
    let first_words =
        columns().filter(|(_, it)| shown(it.kind)).position(|(_, it)| it.kind == Kind::Words);
    let rows = table.rows.iter().map(|row| {
        let mut cells = Vec::new();
        let mut remarks = Vec::new();
        for (at, column) in columns() {
            let text = || cell(&row[at], column.kind, w, zone);
            match column.kind {
                Kind::High | Kind::HighNumber => {}
                Kind::Remark => {
                    if row[at] != Cell::Unknown {
                        remarks.push(text());
                    }
                }
                Kind::Low | Kind::LowNumber => cells.push(interval(row, at, column.kind, w)),
                _ => cells.push(text()),
            }
        }
        Row { cells, remarks }
    });
    Printed { heads, rows: rows.collect(), first_words: first_words.unwrap_or(0) }
}

fn interval(row: &[Cell], at: usize, kind: Kind, w: Words) -> String {
    let number = |cell: &Cell| match cell {
        Cell::Number { value, shown, .. } => Some((*value, *shown)),
        _ => None,
    };
    let Some((low, high)) = number(&row[at]).zip(row.get(at + 1).and_then(number)) else {
        return UNKNOWN.to_owned();
    };
    let unit = if kind == Kind::Low { "\u{a0}%" } else { "" };
    let (low, high) = (w.shown(low.0, low.1), w.shown(high.0, high.1));
    format!("{low} {} {high}{unit}", w.t("till", "to"))
}

/// One cell.
pub(super) fn cell(cell: &Cell, kind: Kind, w: Words, zone: &TimeZone) -> String {
    match cell {
        Cell::Unknown => UNKNOWN.to_owned(),
        Cell::Name(text) => text.clone(),
        Cell::Term(_, text) | Cell::Words(text) => w.of(text).to_owned(),
        Cell::Day(day) => day.to_string(),
        Cell::Moment(at) => moment(*at, zone),
        Cell::Number { value, shown, .. } if kind.is_percent() => match shown {
            Shown::Decimals(decimals) => w.percent(*value, *decimals),
            Shown::Step(_) => format!("{}\u{a0}%", w.shown(*value, *shown)),
        },
        Cell::Number { value, shown, .. } => w.shown(*value, *shown),
    }
}

//! A table's cells as people read them: what the text and the page have in common. Both
//! ends of an interval are one column, and remarks follow below the row's first text.
use jiff::tz::TimeZone;
use server::text::{ChooseText, FormatNumber, UNKNOWN, iso_minute};
use wire::Language;

use super::{
    table::{Cell, ColumnKind, Precision, Table},
    words::rounded,
};

pub(super) struct PrintableTable<'t> {
    pub(super) headings: Vec<(&'t str, ColumnKind)>,
    pub(super) rows: Vec<PrintableRow>,
    /// Index of the column below which remarks are printed.
    pub(super) remark_column: usize,
}

pub(super) struct PrintableRow {
    pub(super) cells: Vec<String>,
    pub(super) remarks: Vec<String>,
}

impl<'t> PrintableTable<'t> {
    pub(super) fn new(table: &'t Table, language: Language, zone: &TimeZone) -> Self {
        let headings: Vec<_> = table
            .columns
            .iter()
            .filter_map(|column| match column.kind {
                ColumnKind::IntervalHighPercent | ColumnKind::IntervalHigh | ColumnKind::Remark => {
                    None
                }
                kind @ (ColumnKind::IntervalLowPercent | ColumnKind::IntervalLow) => {
                    Some((language.pick("90 % intervall", "90 % interval"), kind))
                }
                kind => Some((language.text(&column.heading), kind)),
            })
            .collect();
        let remark_column = headings.iter().position(|(_, kind)| *kind == ColumnKind::Text);
        Self {
            rows: table
                .rows
                .iter()
                .map(|row| PrintableRow::new(table, row, language, zone))
                .collect(),
            remark_column: remark_column.unwrap_or(0),
            headings,
        }
    }
}

impl PrintableRow {
    pub(super) fn new(table: &Table, row: &[Cell], language: Language, zone: &TimeZone) -> Self {
        let (mut cells, mut remarks) = (Vec::new(), Vec::new());
        for (at, column) in table.columns.iter().enumerate() {
            let text = || cell_text(&row[at], column.kind, language, zone);
            match column.kind {
                ColumnKind::IntervalHighPercent | ColumnKind::IntervalHigh => {}
                ColumnKind::Remark if row[at] == Cell::Unknown => {}
                ColumnKind::Remark => remarks.push(text()),
                ColumnKind::IntervalLowPercent => {
                    cells.push(interval(row, at, "\u{a0}%", language));
                }
                ColumnKind::IntervalLow => cells.push(interval(row, at, "", language)),
                _ => cells.push(text()),
            }
        }
        Self { cells, remarks }
    }
}

/// The interval whose ends are the cells at `low` and after it.
fn interval(row: &[Cell], low: usize, unit: &str, language: Language) -> String {
    let number = |cell: &Cell| match cell {
        Cell::Number { value, precision, .. } => Some(rounded(language, *value, *precision)),
        _ => None,
    };
    match number(&row[low]).zip(row.get(low + 1).and_then(number)) {
        Some((low, high)) => format!("{low} {} {high}{unit}", language.pick("till", "to")),
        None => UNKNOWN.to_owned(),
    }
}

pub(super) fn cell_text(
    cell: &Cell,
    kind: ColumnKind,
    language: Language,
    zone: &TimeZone,
) -> String {
    match cell {
        Cell::Unknown => UNKNOWN.to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Term(_, text) | Cell::Bilingual(text) => language.text(text).to_owned(),
        Cell::Day(day) => day.to_string(),
        Cell::Time(at) => iso_minute(*at, zone),
        Cell::Number { value, precision, .. } if kind.is_percent() => match precision {
            Precision::Decimals(decimals) => language.percent(*value, *decimals),
            Precision::Step(_) => format!("{}\u{a0}%", rounded(language, *value, *precision)),
        },
        Cell::Number { value, precision, .. } => rounded(language, *value, *precision),
    }
}

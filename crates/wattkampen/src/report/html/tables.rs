//! The report's tables as HTML.
use jiff::tz::TimeZone;
use maud::{Markup, html};
use server::text::{ChooseText, UNKNOWN};
use wire::Language;

use crate::report::{
    printable::{self, PrintableRow, PrintableTable},
    table::{Cell, ColumnKind, Table},
};

/// Title, note and rows. A table of at most twelve rows is not split between pages.
pub(super) fn section(table: &Table, language: Language, zone: &TimeZone) -> Markup {
    html! {
        section.whole[table.rows.len() <= 12] id=(table.id) {
            div.start {
                h2 { (language.text(&table.title)) }
                @if let Some(note) = &table.note { p.note { (language.text(note)) } }
            }
            @if table.rows.is_empty() { p { (language.text(&table.empty_text)) } }
            @else { (rows(table, language, zone)) }
        }
    }
}

fn rows(table: &Table, language: Language, zone: &TimeZone) -> Markup {
    let printable = PrintableTable::new(table, language, zone);
    html! { div.scroll { table {
        thead { tr { @for (head, kind) in &printable.headings {
            th.n[kind.is_number()] { (head) }
        } } }
        tbody { @for row in &printable.rows { tr {
            @for (at, (cell, (_, kind))) in row.cells.iter().zip(&printable.headings).enumerate() {
                td.n[kind.is_number()].d[matches!(kind, ColumnKind::Day | ColumnKind::Time)] {
                    (cell)
                    @if at == printable.remark_column { @for remark in &row.remarks { br; span.note { (remark) } } }
                }
            }
        } } }
    } } }
}

/// The method as questions and answers.
pub(super) fn answers(table: &Table, language: Language, zone: &TimeZone) -> Markup {
    html! {
        section id=(table.id) {
            h2 { (language.text(&table.title)) }
            @for row in &table.rows {
                @let cell = |at: usize| printable::cell_text(&row[at], table.columns[at].kind, language, zone);
                div.answer { h3 { (cell(0)) } p { (cell(1)) } }
            }
        }
    }
}

/// The total saving, in large type.
pub(super) fn total(table: &Table, language: Language, zone: &TimeZone) -> Markup {
    let cell = |row: &[Cell], at: usize| {
        printable::cell_text(&row[at], table.columns[at].kind, language, zone)
    };
    html! {
        div.total #total {
            h2 { (language.text(&table.title)) }
            @if table.rows.is_empty() { p { (language.text(&table.empty_text)) } }
            @for row in &table.rows {
                div { b { (cell(row, 2)) " " (cell(row, 1)) } (interval(table, row, language, zone)) }
            }
            @if let Some(note) = &table.note { p.note { (language.text(note)) } }
        }
    }
}

fn interval(table: &Table, row: &[Cell], language: Language, zone: &TimeZone) -> String {
    match PrintableRow::new(table, row, language, zone).cells[3].as_str() {
        UNKNOWN => language.pick("intervallet är inte känt", "interval not known").to_owned(),
        known => format!("{} {known}", language.pick("med 90 % säkerhet", "with 90 % certainty")),
    }
}

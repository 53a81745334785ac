//! The report's tables on the page.
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::report::{
    print::{self, printed},
    table::{Cell, Kind, Table},
    words::Words,
};

/// Title, rows, note. A table of twelve rows or fewer is not cut between pages.
pub(super) fn section(table: &Table, w: Words, zone: &TimeZone) -> Markup {
    html! {
        section.whole[table.rows.len() <= 12] id=(table.id) {
            div.start {
                h2 { (w.of(&table.title)) }
                @if let Some(note) = &table.note { p.note { (w.of(note)) } }
            }
            @if table.rows.is_empty() { p { (w.of(&table.empty)) } }
            @else { (rows(table, w, zone)) }
        }
    }
}

fn rows(table: &Table, w: Words, zone: &TimeZone) -> Markup {
    let printed = printed(table, w, zone);
    html! { div.scroll { table {
        thead { tr { @for (head, kind) in &printed.heads {
            th.n[kind.is_number()] { (head) }
        } } }
        tbody { @for row in &printed.rows { tr {
            @for (at, (cell, (_, kind))) in row.cells.iter().zip(&printed.heads).enumerate() {
                td.n[kind.is_number()].d[matches!(kind, Kind::Day | Kind::Moment)] {
                    (cell)
                    @if at == printed.first_words { @for remark in &row.remarks { br; span.note { (remark) } } }
                }
            }
        } } }
    } } }
}

/// Questions and answers.
pub(super) fn answers(table: &Table, w: Words, zone: &TimeZone) -> Markup {
    html! {
        section id=(table.id) {
            h2 { (w.of(&table.title)) }
            @for row in &table.rows {
                @let cell = |at: usize| print::cell(&row[at], table.columns[at].kind, w, zone);
                div.answer { h3 { (cell(0)) } p { (cell(1)) } }
            }
        }
    }
}

/// The line that the report of 2011 left empty, large.
pub(super) fn total(table: &Table, w: Words, zone: &TimeZone) -> Markup {
    let cell = |row: &[Cell], at: usize| print::cell(&row[at], table.columns[at].kind, w, zone);
    html! {
        div.total #total {
            h2 { (w.of(&table.title)) }
            @if table.rows.is_empty() { p { (w.of(&table.empty)) } }
            @for row in &table.rows {
                @let printed = printed_interval(table, row, w, zone);
                div { b { (cell(row, 2)) " " (cell(row, 1)) } (printed) }
            }
            @if let Some(note) = &table.note { p.note { (w.of(note)) } }
        }
    }
}

fn printed_interval(table: &Table, row: &[Cell], w: Words, zone: &TimeZone) -> String {
    let one = Table { rows: vec![row.to_vec()], ..table.clone() };
    let printed = printed(&one, w, zone);
    let interval = printed.rows[0].cells.get(3).cloned().unwrap_or_default();
    match interval.as_str() {
        print::UNKNOWN => w.t("intervallet är inte känt", "interval not known").to_owned(),
        known => format!("{} {known}", w.t("med 90 % säkerhet", "with 90 % certainty")),
    }
}

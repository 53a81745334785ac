//! The tables for programs, as JSON and CSV. Names, terms and decimals do not depend on
//! the language; what is not known is null or empty.
use anyhow::Context;
use serde_json::{Map, Number, Value};
use server::text::rfc3339;

use super::{
    summary::Summary,
    table::{Cell, ColumnKind, Table},
    tables,
};

/// The object of `/api/v1/leaderboard`, with all other tables in its field `tables`.
pub(super) fn json(summary: &Summary) -> anyhow::Result<Vec<u8>> {
    let board = server::web::leaderboard_json(&summary.board, &summary.participants);
    let tables = tables::all(summary).into_iter().filter(|table| table.id != "board");
    let tables: Map<String, Value> = tables
        .map(|table| {
            let rows = table.rows.iter().map(|row| {
                let fields = table.columns.iter().zip(row);
                let fields = fields.map(|(it, cell)| (it.id.to_owned(), value(cell, it.kind)));
                Value::Object(fields.collect())
            });
            (table.id.to_owned(), Value::Array(rows.collect()))
        })
        .collect();
    // The bytes of the leaderboard stay as the service writes them.
    let mut bytes = board;
    bytes.pop().context("a board is an object")?;
    bytes.extend_from_slice(b",\"tables\":");
    serde_json::to_writer(&mut bytes, &tables)?;
    bytes.extend_from_slice(b"}\n");
    Ok(bytes)
}

/// CSV as of RFC 4180, with a header.
pub(super) fn csv(table: &Table) -> anyhow::Result<Vec<u8>> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(table.columns.iter().map(|column| column.id))?;
    for row in &table.rows {
        let cells = table.columns.iter().zip(row).map(|(it, cell)| match value(cell, it.kind) {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        });
        out.write_record(cells)?;
    }
    Ok(out.into_inner()?)
}

fn value(cell: &Cell, kind: ColumnKind) -> Value {
    match cell {
        Cell::Unknown => Value::Null,
        Cell::Text(text) => Value::String(text.clone()),
        Cell::Term(id, _) => Value::String((*id).to_owned()),
        Cell::Bilingual(text) => Value::String(text.english.clone()),
        Cell::Day(day) => Value::String(day.to_string()),
        Cell::Time(at) => Value::String(rfc3339(*at)),
        Cell::Number { value, .. } => number(*value, kind.decimals()),
    }
}

fn number(value: f64, decimals: usize) -> Value {
    let fine = 10f64.powi(decimals as i32);
    let rounded = (value * fine).round() / fine + 0.0;
    match decimals {
        0 => Value::from(rounded as i64),
        _ => Number::from_f64(rounded).map_or(Value::Null, Value::Number),
    }
}

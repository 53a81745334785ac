//! The standings as CSV (RFC 4180), made from the JSON so that both round alike.
use anyhow::Context;
use serde_json::Value;

/// The fields of the JSON in its order; an interval is two columns.
const COLUMNS: [&str; 26] = [
    "rank",
    "group",
    "participant",
    "municipality",
    "cluster",
    "saving_percent",
    "interval_low_percent",
    "interval_high_percent",
    "saved_kwh",
    "energy_kwh",
    "kwh_per_m2",
    "night_w_per_m2",
    "power_w",
    "measured_at",
    "state",
    "coverage",
    "cv_rmse",
    "nmbe",
    "eligible",
    "reason",
    "as_of",
    "score",
    "score_unit",
    "cv_rmse_daily",
    "level_percent",
    "level_applied_percent",
];

pub(super) fn render(json: &[u8]) -> anyhow::Result<Vec<u8>> {
    let board: Value = serde_json::from_slice(json)?;
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(COLUMNS)?;
    for row in board["rows"].as_array().context("a board has rows")? {
        let cells = COLUMNS.map(|column| match column {
            "interval_low_percent" => cell(&row["interval_percent"][0]),
            "interval_high_percent" => cell(&row["interval_percent"][1]),
            "as_of" => cell(&board["as_of"]),
            "score" => cell(&row["score"]["value"]),
            "score_unit" => cell(&row["score"]["unit"]),
            "level_percent" => cell(&row["level"]["percent"]),
            "level_applied_percent" => cell(&row["level"]["applied_percent"]),
            column => cell(&row[column]),
        });
        out.write_record(cells)?;
    }
    Ok(out.into_inner()?)
}

/// A value that is not known is an empty cell, never 0.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

//! The final report in the forms that people and programs read. Every form prints
//! the same tables (`tables`), made once from the same summary (`summary`).
mod csv;
mod html;
mod json;
mod method;
mod printable;
mod summary;
mod table;
mod tables;
mod text;
mod words;
mod xlsx;

use wire::Language;

pub use summary::Summary;

/// Names of the report's tables.
pub const TABLES: [&str; 12] = tables::NAMES;

/// A form of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables to read
    #[default]
    Text,
    /// The object of `/api/v1/leaderboard`, the other tables below `tables`
    Json,
    /// A table, the standings unless --table says otherwise
    Csv,
    /// A workbook: a sheet for each table, with formulas
    Xlsx,
    /// The final report as a page to print
    Html,
}

/// The report in a form, a line feed at its end where it is text.
///
/// # Errors
/// Never for a board of these participants; what the encoders say otherwise.
pub fn render(format: Format, summary: &Summary, language: Language) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Text => Ok(text::render(summary, language).into_bytes()),
        Format::Csv => table_csv(summary, "board"),
        Format::Xlsx => xlsx::render(summary, language),
        Format::Html => Ok(html::render(summary, language).into_bytes()),
        Format::Json => json::json(summary),
    }
}

/// One table as CSV; the standings' has the fields of the JSON's rows.
///
/// # Errors
/// As [`render`].
pub fn table_csv(summary: &Summary, name: &str) -> anyhow::Result<Vec<u8>> {
    match tables::all(summary).iter().find(|table| table.id == name && name != "board") {
        Some(table) => json::csv(table),
        None => csv::render(&server::web::leaderboard_json(&summary.board, &summary.participants)),
    }
}

/// Only the standings and their total, as text.
pub fn standings(summary: &Summary, language: Language) -> Vec<u8> {
    text::standings(summary, language).into_bytes()
}

#[cfg(test)]
mod tests;

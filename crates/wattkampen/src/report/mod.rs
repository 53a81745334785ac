//! The final report in the forms that people and programs read. Every form prints
//! the same tables (`tables`), made once from the same facts (`summary`).
mod csv;
mod html;
mod machine;
mod method;
mod print;
mod summary;
mod table;
mod tables;
mod text;
mod words;
mod xlsx;

use wire::Language;

pub use summary::Summary;
use words::Words;

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
pub fn render(format: Format, facts: &Summary, language: Language) -> anyhow::Result<Vec<u8>> {
    let w = Words(language);
    match format {
        Format::Text => Ok(text::render(facts, w).into_bytes()),
        Format::Csv => table_csv(facts, "board"),
        Format::Xlsx => xlsx::render(facts, w),
        Format::Html => Ok(html::render(facts, w).into_bytes()),
        Format::Json => machine::json(facts),
    }
}

/// One table as CSV; the standings' has the fields of the JSON's rows.
///
/// # Errors
/// As [`render`].
pub fn table_csv(facts: &Summary, name: &str) -> anyhow::Result<Vec<u8>> {
    match tables::all(facts).iter().find(|table| table.id == name && name != "board") {
        Some(table) => machine::csv(table),
        None => csv::render(&server::web::leaderboard_json(&facts.board, &facts.participants)),
    }
}

/// Only the standings and their total, as text.
pub fn standings(facts: &Summary, language: Language) -> Vec<u8> {
    text::standings(facts, Words(language)).into_bytes()
}

#[cfg(test)]
mod tests;

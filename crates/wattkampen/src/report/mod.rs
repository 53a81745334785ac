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

pub(crate) use summary::Summary;

/// Names of the report's tables.
pub(crate) const TABLES: [&str; 12] = tables::NAMES;

/// A format of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Tables to read
    #[default]
    Text,
    /// The object of `/api/v1/leaderboard`, with the other tables in its field `tables`
    Json,
    /// One table: the standings, or that of --table
    Csv,
    /// A workbook with a sheet for each table, with formulas
    Xlsx,
    /// The final report as a page to print
    Html,
}

/// Renders the report. Formats that are text end with a line feed.
pub(crate) fn render(
    format: Format,
    summary: &Summary,
    language: Language,
) -> anyhow::Result<Vec<u8>> {
    match format {
        Format::Text => Ok(text::render(summary, language).into_bytes()),
        Format::Csv => table_csv(summary, "board"),
        Format::Xlsx => xlsx::render(summary, language),
        Format::Html => Ok(html::render(summary, language).into_bytes()),
        Format::Json => json::json(summary),
    }
}

/// Renders one table as CSV. The standings have the fields of the JSON's rows.
pub(crate) fn table_csv(summary: &Summary, name: &str) -> anyhow::Result<Vec<u8>> {
    match tables::all(summary).iter().find(|table| table.id == name && name != "board") {
        Some(table) => json::csv(table),
        None => csv::render(&server::web::leaderboard_json(&summary.board, &summary.participants)),
    }
}

/// Renders the standings and their total as text.
pub(crate) fn standings_text(summary: &Summary, language: Language) -> Vec<u8> {
    text::standings(summary, language).into_bytes()
}

#[cfg(test)]
mod tests;

//! The standings in the forms that people and programs read.
mod csv;
mod html;
mod summary;
mod text;
mod words;
mod xlsx;

use wire::Language;

pub use summary::Summary;
use words::Words;

/// A form of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table to read
    #[default]
    Text,
    /// The same object as `/api/v1/leaderboard`
    Json,
    /// A row for each participant, the fields of the JSON as columns
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
    let Summary { board, competition, participants, .. } = facts;
    let json = || server::web::leaderboard_json(board, participants);
    match format {
        Format::Text => Ok(text::render(board, competition, participants).into_bytes()),
        Format::Csv => csv::render(&json()),
        Format::Xlsx => xlsx::render(board, competition, participants),
        Format::Html => Ok(html::render(facts, Words(language)).into_bytes()),
        Format::Json => {
            let mut json = json();
            json.push(b'\n');
            Ok(json)
        }
    }
}

#[cfg(test)]
mod tests;

//! The standings in the forms that people and programs read.
mod csv;
mod text;
mod xlsx;

use competition::{Competition, Leaderboard, Participant};

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
    /// A workbook: the board, the total, the quality of the data
    Xlsx,
}

/// The board in a form, a line feed at its end.
///
/// # Errors
/// Never for a board of these participants; what the encoders say otherwise.
pub fn render(
    format: Format,
    board: &Leaderboard,
    competition: &Competition,
    participants: &[Participant],
) -> anyhow::Result<Vec<u8>> {
    let mut json = server::web::leaderboard_json(board, participants);
    match format {
        Format::Text => Ok(text::render(board, competition, participants).into_bytes()),
        Format::Csv => csv::render(&json),
        Format::Xlsx => xlsx::render(board, competition, participants),
        Format::Json => {
            json.push(b'\n');
            Ok(json)
        }
    }
}

#[cfg(test)]
mod tests;

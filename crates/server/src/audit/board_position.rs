//! A participant's position on a leaderboard, as the audit log stores it.
use competition::{Leaderboard, Participant, Row};
use serde::{Deserialize, Serialize};

/// A participant's position on a leaderboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardPosition {
    /// Participant id.
    pub participant: String,
    /// `None` while it is not ranked.
    pub rank: Option<u32>,
    /// Saving, percent of the baseline.
    pub saving_percent: Option<f64>,
    /// Baseline minus energy, kWh.
    pub saved_kwh: Option<f64>,
}

impl BoardPosition {
    /// The position of a row.
    pub fn of(row: &Row, participants: &[Participant]) -> Self {
        let round = |value: f64, fine: f64| (value * fine).round() / fine;
        Self {
            participant: participants
                .get(row.participant.0 as usize)
                .map_or_else(String::new, |who| who.id.clone()),
            rank: row.rank,
            saving_percent: row.saving_percent.map(|it| round(it, 100.0)),
            saved_kwh: row.saved.map(|it| round(it.kwh(), 10.0)),
        }
    }

    /// The positions of a leaderboard, in its order.
    pub fn all(board: &Leaderboard, participants: &[Participant]) -> Vec<Self> {
        board.rows.iter().map(|row| Self::of(row, participants)).collect()
    }
}

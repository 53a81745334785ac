//! JSON for programs: names and order of fields are a contract, and what is not
//! known is `null`, never 0.
mod leaderboard;
mod participant;
mod series;

pub(super) use leaderboard::{
    __path_leaderboard, __path_what_if, leaderboard, render, render_what_if, what_if,
};
pub(super) use participant::{__path_participant, participant};
pub(super) use series::{__path_series, series};

use competition::{Participant, ParticipantIndex};

use super::problem::Problem;

/// A board as `/api/v1/leaderboard` gives it, for reports as well.
pub fn leaderboard_json(board: &competition::Leaderboard, participants: &[Participant]) -> Vec<u8> {
    render(board, participants)
}

/// A board as `/api/v1/what-if` gives it, for the command line as well.
pub fn what_if_json(
    board: &competition::Leaderboard,
    baseline: competition::Baseline,
    participants: &[Participant],
) -> Vec<u8> {
    render_what_if(board, baseline, participants)
}

/// `value` rounded to `decimals`; `None` where it is not finite.
fn round(value: f64, decimals: i32) -> Option<f64> {
    let fine = 10f64.powi(decimals);
    // Adding zero turns -0 into 0.
    value.is_finite().then(|| (value * fine).round() / fine + 0.0)
}

fn kwh(energy: competition::MilliWattHours, decimals: i32) -> Option<f64> {
    round(energy.kwh(), decimals)
}

/// The participant that an address names.
pub(super) fn find_participant<'p>(
    participants: &'p [Participant],
    id: &str,
) -> Result<(ParticipantIndex, &'p Participant), Problem> {
    participants
        .iter()
        .position(|who| who.id == id)
        .map(|i| (ParticipantIndex(i as u32), &participants[i]))
        .ok_or_else(|| {
            Problem::not_found(
                format!("there is no participant {id:?}"),
                "see the field `participant` in /api/v1/leaderboard for the ids",
            )
        })
}

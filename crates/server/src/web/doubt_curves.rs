//! The load curves that the organiser's page shows beside doubts.
use competition::{Doubt, DoubtKind, ParticipantIndex, Time};

use super::view::{LoadCurve, ViewContext};
use crate::engine::{EngineClient, QueryError, SeriesStep};

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// What a curve shows before and after the hours in doubt, at least.
const BESIDE: i64 = 7 * DAY;

/// A longer curve has a bin for each day.
const MAX_HOURLY: i64 = 28 * DAY;

/// Most days of a curve: a year of doubts, and what is beside it.
const MAX_DAYS: i64 = 400;

/// Most curves of a page.
const MAX_CURVES: usize = 24;

/// The measured use and the baseline around a doubt.
#[derive(Debug, Clone)]
pub(super) struct DoubtCurve {
    participant: ParticipantIndex,
    kind: DoubtKind,
    from: Time,
    pub(super) curve: LoadCurve,
}

impl DoubtCurve {
    /// Whether it is the curve of this doubt.
    pub(super) fn is_of(&self, participant: ParticipantIndex, doubt: &Doubt) -> bool {
        (self.participant, self.kind, self.from) == (participant, doubt.kind, doubt.from)
    }
}

/// The curves of the open doubts about energy, in the order of the page.
///
/// # Errors
/// [`QueryError`]
pub(super) async fn doubt_curves(
    context: &ViewContext<'_>,
    engine: &EngineClient,
) -> Result<Vec<DoubtCurve>, QueryError> {
    let mut of_energy: Vec<(ParticipantIndex, &Doubt)> = Vec::new();
    for row in &context.snapshot.board.rows {
        let doubts = row.doubts.iter().filter(|doubt| !doubt.kind.is_temperature());
        of_energy.extend(doubts.map(|doubt| (row.participant, doubt)));
    }
    let mut curves = Vec::new();
    for (participant, doubt) in of_energy.into_iter().take(MAX_CURVES) {
        let (from, until, step) = extent(doubt, context.snapshot.as_of);
        let points = engine.series(participant, from..until, step).await?;
        let curve = LoadCurve { from, until, step: step.seconds(), points };
        curves.push(DoubtCurve { participant, kind: doubt.kind, from: doubt.from, curve });
    }
    Ok(curves)
}

/// From when to when a curve reaches, and the length of its bins.
fn extent(doubt: &Doubt, now: Time) -> (Time, Time, SeriesStep) {
    let latest = now.0.div_euclid(HOUR) * HOUR;
    let from = doubt.from.0 - BESIDE;
    let until = (doubt.until.0 + BESIDE).min(latest.max(doubt.until.0));
    if until - from <= MAX_HOURLY {
        return (Time(from), Time(until), SeriesStep::Seconds(HOUR));
    }
    (Time(from), Time(until.min(from + MAX_DAYS * DAY)), SeriesStep::Seconds(DAY))
}

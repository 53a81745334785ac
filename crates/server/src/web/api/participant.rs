//! `GET /api/v1/participants/{id}`
use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use competition::{MilliWattHours, Watts};
use serde::Serialize;
use utoipa::ToSchema;

use super::{find, kwh, leaderboard::RowJson, round};
use crate::web::{Web, cache::Made, format::rfc3339, params::Params, problem::Problem, rule::held};

/// One town hall: who it is, where it stands, what it draws.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Participant)]
struct ParticipantJson<'a> {
    /// The moment it shows, RFC 3339.
    as_of: String,
    participant: &'a str,
    municipality: &'a str,
    cluster: &'a str,
    building: &'a str,
    /// Atemp that holds now.
    floor_area_m2: Option<f64>,
    employees: Option<u32>,
    /// Its own goal.
    target_percent: Option<f64>,
    /// Its row of the official board.
    standing: RowJson<'a>,
    now: NowJson,
}

/// The building at this moment; what is not known is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Now)]
struct NowJson {
    /// The last jump of the power, positive when something was switched on.
    step_w: Option<i64>,
    /// When that was.
    step_at: Option<String>,
    /// Since local midnight.
    today_kwh: Option<f64>,
    /// What the baseline expects for the same hours.
    today_baseline_kwh: Option<f64>,
    /// Mean load of the last complete night, 22:00 to 05:00.
    night_w: Option<i64>,
    /// The night before that.
    night_before_w: Option<i64>,
    /// Saving over the last seven days.
    saving_recent_percent: Option<f64>,
    /// Mean power of the last 24 hours, oldest first.
    hours_w: [Option<i64>; 24],
    /// The baseline of the same hours.
    hours_baseline_w: [Option<i64>; 24],
}

/// One participant of the competition.
#[utoipa::path(get, path = "/api/v1/participants/{id}", tag = "standings",
    params(("id" = String, Path, description = "`participant` of a row of the leaderboard")),
    responses(
        (status = 200, description = "the participant", body = ParticipantJson),
        (status = 304, description = "not changed since the ETag given"),
        (status = 404, description = "no such participant", body = Problem)))]
pub(in crate::web) async fn participant(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Params::strict(query.as_deref(), &[])?;
    let snapshot = web.handle.snapshot();
    let (index, who) = find(&snapshot.participants, &id)?;
    let zone = &web.handle.competition().timezone;
    let row = snapshot.board.rows.iter().find(|row| row.participant == index);
    let (Some(row), Some(house)) = (row, snapshot.houses.get(index.0 as usize)) else {
        return Err(Problem::busy("the board is not computed yet", "ask again in some seconds"));
    };
    let energy = |e: Option<MilliWattHours>| e.and_then(|e| kwh(e, 1));
    let power = |p: Option<Watts>| p.map(|p| p.0);
    let json = ParticipantJson {
        as_of: rfc3339(snapshot.as_of),
        participant: &who.id,
        municipality: &who.municipality,
        cluster: &who.cluster,
        building: &who.building,
        floor_area_m2: held(&who.floor_area.0, snapshot.as_of, zone).and_then(|a| round(a.0, 1)),
        employees: held(&who.employees.0, snapshot.as_of, zone),
        target_percent: who.target.and_then(|t| round(t.0, 1)),
        standing: RowJson::of(row, who),
        now: NowJson {
            step_w: house.step.map(|(_, by)| by.0),
            step_at: house.step.map(|(at, _)| rfc3339(at)),
            today_kwh: energy(house.today),
            today_baseline_kwh: energy(house.today_baseline),
            night_w: power(house.night),
            night_before_w: power(house.night_before),
            saving_recent_percent: house.saving_recent_percent.and_then(|v| round(v, 1)),
            hours_w: house.hours.map(power),
            hours_baseline_w: house.hours_baseline.map(power),
        },
    };
    let body = serde_json::to_vec(&json).unwrap_or_default();
    Ok(Made::new("application/json", body).answer(&headers))
}

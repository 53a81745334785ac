//! `GET /api/v1/participants/{id}/series`
use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use competition::{Provenance, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::{find_participant, kwh};
use crate::web::{Web, cache::CachedBody, problem::Problem, query_params::QueryParams};
use crate::{engine::SeriesStep, text::rfc3339};

/// Length of the engine's bins, seconds.
const QUARTER_HOUR: i64 = 900;
/// The most points of one curve: a little more than a year of quarter-hours.
const MAX_POINTS: i64 = 40_000;

/// A load curve.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Series)]
struct SeriesJson<'a> {
    participant: &'a str,
    /// RFC 3339
    from: String,
    /// RFC 3339, exclusive.
    to: String,
    /// Length of a point, seconds; a local day counts as 86400, also where it has 23 or
    /// 25 hours.
    step: i64,
    points: Vec<PointJson>,
}

/// The energy of the interval that begins at `at`; null where it is not known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Point)]
struct PointJson {
    at: String,
    energy_kwh: Option<f64>,
    baseline_kwh: Option<f64>,
    /// `measured`; `estimated`: known only in sum with its neighbours; `substituted`:
    /// follows from a declaration of the organiser; `missing`.
    provenance: &'static str,
}

/// What a participant used and what its baseline expects, over time.
#[utoipa::path(get, path = "/api/v1/participants/{id}/series", tag = "standings",
    params(
        ("id" = String, Path, description = "the field `participant` of a leaderboard row"),
        ("from" = Option<String>, Query, description = "RFC 3339; 24 hours before `to` by default"),
        ("to" = Option<String>, Query, description = "RFC 3339, exclusive; now by default"),
        ("step" = Option<String>, Query, description = "`15m` (the default), `1h` or seconds, in whole quarter-hours from `from`; `1d` or `7d` for local days of the competition, which have 23 or 25 hours where the clocks change: points begin at local midnight, and `from` and `to` cut the first and the last")),
    responses(
        (status = 200, description = "the curve", body = SeriesJson),
        (status = 400, description = "a parameter is wrong", body = Problem),
        (status = 404, description = "no such participant", body = Problem)))]
pub(in crate::web) async fn series(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let params = QueryParams::parse_strict(query.as_deref(), &["from", "to", "step"])?;
    let (index, who) = find_participant(web.engine.participants(), &id)?;
    let step = params.step("step")?.unwrap_or(SeriesStep::Seconds(QUARTER_HOUR));
    let seconds = step.seconds();
    if seconds < QUARTER_HOUR || seconds % QUARTER_HOUR != 0 {
        return Err(Problem::bad_request(
            format!("step is {seconds} s, which is not a whole number of quarter-hours"),
            "write step=15m, step=1h or step=1d",
        ));
    }
    let to = params.time("to")?.unwrap_or_else(|| web.clock.now());
    let from = params.time("from")?.unwrap_or(Time(to.0 - 86_400));
    if from >= to {
        return Err(Problem::bad_request(
            format!("from {} is not before to {}", rfc3339(from), rfc3339(to)),
            "give an earlier from or a later to",
        ));
    }
    if to.since(from) / seconds > MAX_POINTS {
        return Err(Problem::bad_request(
            format!("the curve would have more than {MAX_POINTS} points"),
            "request a shorter time or a longer step",
        ));
    }
    let points = web.engine.series(index, from..to, step).await?;
    let json = SeriesJson {
        participant: &who.id,
        from: rfc3339(from),
        to: rfc3339(to),
        step: seconds,
        points: points
            .iter()
            .map(|point| PointJson {
                at: rfc3339(point.at),
                energy_kwh: point.energy.and_then(|e| kwh(e, 3)),
                baseline_kwh: point.baseline.and_then(|e| kwh(e, 3)),
                provenance: match point.provenance {
                    Provenance::Measured => "measured",
                    Provenance::Estimated => "estimated",
                    Provenance::Substituted => "substituted",
                    Provenance::Missing => "missing",
                },
            })
            .collect(),
    };
    let body = serde_json::to_vec(&json).unwrap_or_default();
    Ok(CachedBody::new("application/json", body).respond(&headers))
}

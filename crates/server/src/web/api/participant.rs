//! `GET /api/v1/participants/{id}`
use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use competition::{Activity, Effect, MilliWattHours, Notice, SavingOpportunity, Watts};
use serde::Serialize;
use utoipa::ToSchema;

use super::{find_participant, kwh, leaderboard::RowJson, round};
use crate::text::{local, rfc3339};
use crate::web::{Web, cache::CachedBody, problem::Problem, query_params::QueryParams};

/// One town hall: its master data, its row and its current figures.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Participant)]
struct ParticipantJson<'a> {
    /// The moment it shows, RFC 3339.
    as_of: String,
    participant: &'a str,
    municipality: &'a str,
    cluster: &'a str,
    building: &'a str,
    /// The heated floor area (Atemp) in force.
    floor_area_m2: Option<f64>,
    employees: Option<u32>,
    /// Its own target.
    target_percent: Option<f64>,
    /// Its row of the official board.
    standing: RowJson<'a>,
    now: NowJson,
    /// Its activities, in the order in which they were declared.
    activities: Vec<ActivityJson<'a>>,
    /// Loads that could be switched off, the most expensive first; they overlap.
    traps: Vec<TrapJson>,
    /// What a reader has to know about the energy behind the figures.
    notices: Vec<NoticeJson>,
}

/// A notice about the participant's energy.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
struct NoticeJson {
    /// `gap-over-edge`, `below-zero` or `import-disagrees`.
    kind: &'static str,
    /// Where it is about one stretch of time.
    from: Option<String>,
    until: Option<String>,
    /// Hours of the contest that are concerned.
    hours: i64,
    /// Energy that is concerned.
    kwh: Option<f64>,
    words: String,
}

impl From<&Notice> for NoticeJson {
    fn from(notice: &Notice) -> Self {
        let [from, until] = notice.range.map_or([None; 2], |range| range.map(Some));
        Self {
            kind: notice.kind.as_str(),
            from: from.map(rfc3339),
            until: until.map(rfc3339),
            hours: notice.hours,
            kwh: notice.energy.and_then(|energy| kwh(energy, 1)),
            words: notice.text.english.clone(),
        }
    }
}

/// An activity of a town hall.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Activity)]
struct ActivityJson<'a> {
    /// `night-walk`, `standings-by-mail`, `target`, `meeting`, `survey`, `inventory`,
    /// `power-strips` or `other`.
    kind: &'static str,
    /// Local day.
    day: String,
    place: &'a str,
    /// Role.
    by: &'a str,
    note: &'a str,
    /// Null until a week before and a week after it are measured.
    effect: Option<EffectJson>,
}

/// Saving of the two weeks after minus that of the two weeks before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Effect)]
struct EffectJson {
    /// Percentage points; above zero the building used less.
    change_points: Option<f64>,
    /// Its 90 % interval.
    interval_points: [Option<f64>; 2],
    /// Whether the interval excludes zero; otherwise no effect is demonstrated.
    distinguishable: bool,
}

/// A load that could be switched off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trap)]
struct TrapJson {
    /// In words.
    kind: &'static str,
    /// What its kilowatt-hours are above, in words.
    beside: &'static str,
    /// First local day of it.
    since: String,
    /// It may be older: there are no readings from before.
    at_least: bool,
    /// A year, if it stays.
    kwh_per_year: Option<f64>,
    /// At the competition's price.
    sek_per_year: Option<f64>,
    /// In words.
    confidence: &'static str,
}

impl<'a> ActivityJson<'a> {
    fn of(it: &'a Activity, effect: Option<&Effect>) -> Self {
        Self {
            kind: it.kind.as_str(),
            day: it.day.to_string(),
            place: &it.place,
            by: &it.by,
            note: &it.note,
            effect: effect.map(|effect| EffectJson {
                change_points: round(effect.change_percent, 1),
                interval_points: effect.interval_percent.ends().map(|it| round(it, 1)),
                distinguishable: effect.distinguishable,
            }),
        }
    }
}

impl From<&SavingOpportunity> for TrapJson {
    fn from(trap: &SavingOpportunity) -> Self {
        Self {
            kind: trap.kind.names().english,
            beside: trap.reference.names().english,
            since: trap.since.to_string(),
            at_least: trap.at_least,
            kwh_per_year: round(trap.kwh_per_year, 0),
            sek_per_year: round(trap.sek_per_year, 0),
            confidence: trap.confidence.names().english,
        }
    }
}

/// The building's current figures; null where a value is not known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Now)]
struct NowJson {
    /// The last step of the power, W; positive where something was switched on.
    step_w: Option<i64>,
    /// The time of the step.
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
    params(("id" = String, Path, description = "the field `participant` of a leaderboard row")),
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
    QueryParams::parse_strict(query.as_deref(), &[])?;
    let snapshot = web.engine.snapshot();
    let (index, who) = find_participant(&snapshot.participants, &id)?;
    let today = local(snapshot.as_of, &web.engine.competition().timezone).date();
    let row = snapshot.board.rows.iter().find(|row| row.participant == index);
    let (Some(row), Some(figures)) = (row, snapshot.figures.get(index.0 as usize)) else {
        return Err(Problem::no_standings());
    };
    let insight = web.engine.insight(index).await?;
    let energy = |e: Option<MilliWattHours>| e.and_then(|e| kwh(e, 1));
    let power = |p: Option<Watts>| p.map(|p| p.0);
    let json = ParticipantJson {
        as_of: rfc3339(snapshot.as_of),
        participant: &who.id,
        municipality: &who.municipality,
        cluster: &who.cluster,
        building: &who.building,
        floor_area_m2: who.floor_area.at(today).and_then(|area| round(area.0, 1)),
        employees: who.employees.at(today),
        target_percent: who.target.and_then(|t| round(t.0, 1)),
        standing: RowJson::of(row, who),
        now: NowJson {
            step_w: figures.step.map(|(_, by)| by.0),
            step_at: figures.step.map(|(at, _)| rfc3339(at)),
            today_kwh: energy(figures.today),
            today_baseline_kwh: energy(figures.today_baseline),
            night_w: power(figures.night),
            night_before_w: power(figures.night_before),
            saving_recent_percent: figures.saving_recent_percent.and_then(|v| round(v, 1)),
            hours_w: figures.hours.map(power),
            hours_baseline_w: figures.hours_baseline.map(power),
        },
        activities: who
            .activities
            .iter()
            .zip(&insight.effects)
            .map(|(it, effect)| ActivityJson::of(it, effect.as_ref()))
            .collect(),
        traps: insight.traps.iter().map(TrapJson::from).collect(),
        notices: insight.notices.iter().map(NoticeJson::from).collect(),
    };
    let body = serde_json::to_vec(&json).unwrap_or_default();
    Ok(CachedBody::new("application/json", body).respond(&headers))
}

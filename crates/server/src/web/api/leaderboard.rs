//! `GET /api/v1/leaderboard`
use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use competition::{
    Baseline, Consequence, Contact, Doubt, Leaderboard, Level, Participant, Row, Rule, Score,
    Status,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{kwh, round};
use crate::text::rfc3339;
use crate::web::{Web, cache::CachedBody, problem::Problem, query_params::QueryParams, rule};

/// The leaderboard: ranked rows first, then the others by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Leaderboard)]
struct BoardJson<'a> {
    /// The moment it shows, RFC 3339.
    as_of: String,
    /// `saving`, `intensity`, `night`, `saving-per-employee` or `most-improved`.
    rule: &'static str,
    /// `upcoming`, `running`, `ended` or `locked`.
    status: &'static str,
    total: TotalJson,
    rows: Vec<RowJson<'a>>,
}

/// The totals of the ranked participants.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Total)]
struct TotalJson {
    saved_kwh: Option<f64>,
    /// The number of participants that `saved_kwh` is the sum of.
    participants: usize,
}

/// One participant; null where a value is not known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Row)]
pub(super) struct RowJson<'a> {
    /// 1 is best; null where the participant is not ranked.
    rank: Option<u32>,
    /// The intervals do not distinguish participants of one group; null where the rule or
    /// the baseline has no intervals.
    group: Option<u32>,
    participant: &'a str,
    municipality: &'a str,
    cluster: &'a str,
    /// What the rule ranked by.
    score: ScoreJson,
    /// Over the contest so far.
    saving_percent: Option<f64>,
    /// 90 % interval of it.
    interval_percent: Option<[Option<f64>; 2]>,
    /// Saving of the last 14 days minus that of the contest's days before them, in
    /// percentage points; only under `most-improved`, which ranks by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    improvement_points: Option<Option<f64>>,
    saved_kwh: Option<f64>,
    energy_kwh: Option<f64>,
    kwh_per_m2: Option<f64>,
    /// Mean load from 22:00 to 05:00.
    night_w_per_m2: Option<f64>,
    /// Power at `measured_at`.
    power_w: Option<i64>,
    /// When the newest reading was measured, RFC 3339.
    measured_at: Option<String>,
    /// `live`, `stale` since `measured_at`, or `silent`.
    state: &'static str,
    /// Known share of the contest's hours so far, 0 to 1.
    coverage: Option<f64>,
    /// Spread of the baseline model, ASHRAE Guideline 14.
    cv_rmse: Option<f64>,
    /// The same of whole days: the smaller, the better the building can be measured.
    cv_rmse_daily: Option<f64>,
    /// How far the last twelve weeks before the contest are from what the year explains;
    /// null where the baseline does not follow it.
    level: Option<LevelJson>,
    /// Bias of the baseline model, ASHRAE Guideline 14.
    nmbe: Option<f64>,
    /// Open doubts about its input; empty where there are none.
    doubts: Vec<DoubtJson<'a>>,
    /// Whether it may be ranked.
    eligible: bool,
    /// Why it is not ranked, in words.
    reason: Option<&'a str>,
}

/// An open doubt about a participant's input.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Doubt)]
pub(super) struct DoubtJson<'a> {
    /// Such as `stuck-register`, `zero-run` or `level-step`; `accept-doubt` takes it.
    kind: &'static str,
    /// Start of the first hour in doubt, RFC 3339.
    from: String,
    /// End of the last hour in doubt so far, RFC 3339.
    until: String,
    /// The energy at stake; null for temperatures.
    kwh: Option<f64>,
    /// Whether the hours count as unknown.
    quarantined: bool,
    /// What was found, what follows, and what to do.
    words: &'a str,
}

impl<'a> From<&'a Doubt> for DoubtJson<'a> {
    fn from(doubt: &'a Doubt) -> Self {
        Self {
            kind: doubt.kind.as_str(),
            from: rfc3339(doubt.from),
            until: rfc3339(doubt.until),
            kwh: doubt.kwh.and_then(|kwh| round(kwh, 1)),
            quarantined: doubt.consequence == Consequence::Quarantined,
            words: &doubt.words.english,
        }
    }
}

/// The level of the last twelve weeks before the contest.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Level)]
pub(super) struct LevelJson {
    /// Used above what the year explains.
    percent: Option<f64>,
    /// By how much the baseline is raised for it, at most 16.2 and at least -13.9.
    applied_percent: Option<f64>,
    /// Begin of the hours, RFC 3339.
    from: String,
    /// End of the hours, RFC 3339.
    until: String,
    /// Known hours among them.
    hours: u32,
}

impl From<&Level> for LevelJson {
    fn from(level: &Level) -> Self {
        Self {
            percent: round(level.percent(), 1),
            applied_percent: round(level.applied_percent(), 1),
            from: rfc3339(level.from),
            until: rfc3339(level.until),
            hours: level.hours,
        }
    }
}

/// What a row is ranked by. Ranking compares `value` as it stands here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Score)]
pub(super) struct ScoreJson {
    /// `null` while it is not known.
    value: Option<f64>,
    /// `%`, `kWh/m2`, `W/m2`, `kWh/employee` or `percentage points`.
    unit: &'static str,
}

impl From<&Score> for ScoreJson {
    fn from(score: &Score) -> Self {
        Self {
            value: score.value.and_then(|value| round(value, score.unit.decimals() as i32)),
            unit: score.unit.as_str(),
        }
    }
}

impl<'a> RowJson<'a> {
    pub(super) fn of(row: &'a Row, who: &'a Participant) -> Self {
        Self {
            rank: row.rank,
            group: row.group,
            participant: &who.id,
            municipality: &who.municipality,
            cluster: &who.cluster,
            score: ScoreJson::from(&row.score),
            saving_percent: row.saving_percent.and_then(|v| round(v, 1)),
            interval_percent: row.interval_percent.map(|it| it.ends().map(|v| round(v, 1))),
            improvement_points: None,
            saved_kwh: row.saved.and_then(|e| kwh(e, 1)),
            energy_kwh: row.energy.and_then(|e| kwh(e, 1)),
            kwh_per_m2: row.kwh_per_m2.and_then(|v| round(v, 2)),
            night_w_per_m2: row.night_w_per_m2.and_then(|v| round(v, 2)),
            power_w: row.power.map(|power| power.0),
            measured_at: row.measured_at.map(rfc3339),
            state: match row.contact {
                Contact::Live => "live",
                // Imported values are those of a moment, and none arrives by itself.
                Contact::Stale | Contact::Imported => "stale",
                Contact::Silent => "silent",
            },
            coverage: row.coverage.and_then(|v| round(v, 3)),
            cv_rmse: row.cv_rmse.and_then(|v| round(v, 3)),
            cv_rmse_daily: row.cv_rmse_daily.and_then(|v| round(v, 3)),
            level: row.level.as_ref().map(LevelJson::from),
            nmbe: row.nmbe.and_then(|v| round(v, 3)),
            doubts: row.doubts.iter().map(DoubtJson::from).collect(),
            eligible: row.rank.is_some() || row.reason.is_none(),
            reason: row.reason.as_ref().map(|reason| reason.english.as_str()),
        }
    }
}

/// The JSON of a leaderboard, for the endpoint, the event stream and reports.
pub(in crate::web) fn render(board: &Leaderboard, participants: &[Participant]) -> Vec<u8> {
    serde_json::to_vec(&json_of(board, participants)).unwrap_or_default()
}

fn json_of<'a>(board: &'a Leaderboard, participants: &'a [Participant]) -> BoardJson<'a> {
    let who = |row: &Row| participants.get(row.participant.0 as usize);
    let improvement = |row: &Row| row.improvement_points.and_then(|v| round(v, 1));
    let rows = board.rows.iter().filter_map(|row| {
        Some(RowJson {
            improvement_points: (board.rule == Rule::MostImproved).then(|| improvement(row)),
            ..RowJson::of(row, who(row)?)
        })
    });
    BoardJson {
        as_of: rfc3339(board.as_of),
        rule: board.rule.as_str(),
        status: match board.status {
            Status::Upcoming => "upcoming",
            Status::Running => "running",
            Status::Ended => "ended",
            Status::Locked => "locked",
        },
        total: TotalJson {
            // A total of 0 is known; a total without any known saving is not.
            saved_kwh: (board.rows.iter().any(|row| row.saved.is_some()))
                .then(|| kwh(board.total_saved, 1))
                .flatten(),
            participants: board.total_participants,
        },
        rows: rows.collect(),
    }
}

/// A board under another rule or baseline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhatIf)]
struct WhatIfJson<'a> {
    /// Always false: only `/api/v1/leaderboard` without a rule is official.
    official: bool,
    /// `level`, `season`, `hours-temperature`, `hours`, `last-year` or `three-weeks-before`.
    baseline: &'static str,
    /// The reason why savings have no interval; null where they have one.
    no_interval: Option<String>,
    #[serde(flatten)]
    board: BoardJson<'a>,
}

/// The JSON of an unofficial leaderboard.
pub(in crate::web) fn render_what_if(
    board: &Leaderboard,
    baseline: Baseline,
    participants: &[Participant],
) -> Vec<u8> {
    let json = WhatIfJson {
        official: false,
        baseline: baseline.as_str(),
        no_interval: board.no_interval(baseline).map(|reason| reason.english),
        board: json_of(board, participants),
    };
    serde_json::to_vec(&json).unwrap_or_default()
}

/// The board under another rule and baseline; the official one is not touched.
#[utoipa::path(get, path = "/api/v1/what-if", tag = "standings",
    params(
        ("rule" = Option<String>, Query, description = "`saving`, `intensity`, `night`, `saving-per-employee` or `most-improved`; else the competition's own"),
        ("baseline" = Option<String>, Query, description = "`level`, `season`, `hours-temperature`, `hours`, `last-year` or `three-weeks-before`; else the competition's own")),
    responses(
        (status = 200, description = "an unofficial board", body = WhatIfJson),
        (status = 400, description = "a parameter is wrong", body = Problem)))]
pub(in crate::web) async fn what_if(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let params = QueryParams::parse_strict(query.as_deref(), &["rule", "baseline"])?;
    let snapshot = web.engine.snapshot();
    let rule = rule::requested(&params)?.unwrap_or(snapshot.board.rule);
    let baseline = rule::requested_baseline(&params)?;
    let own = web.engine.competition().method.baseline;
    let baseline = baseline.unwrap_or(own);
    let key = format!("api/what-if?{}&{}", rule.as_str(), baseline.as_str());
    if let Some(body) = web.pages.get(&snapshot, &key) {
        return Ok(body.respond(&headers));
    }
    let (board, _) = web.engine.what_if(rule, baseline).await?;
    let body = render_what_if(&board, baseline, web.engine.participants());
    let body = CachedBody::new("application/json", body);
    Ok(web.pages.insert(&snapshot, key, body).respond(&headers))
}

/// The ranked board, by the competition's rule or another, now or at another time.
#[utoipa::path(get, path = "/api/v1/leaderboard", tag = "standings",
    params(
        ("rule" = Option<String>, Query, description = "`saving`, `intensity`, `night`, `saving-per-employee` or `most-improved`; else the competition's own"),
        ("as_of" = Option<String>, Query, description = "RFC 3339; else now")),
    responses(
        (status = 200, description = "the board", body = BoardJson),
        (status = 304, description = "not changed since the ETag given"),
        (status = 400, description = "a parameter is wrong", body = Problem)))]
pub(in crate::web) async fn leaderboard(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let params = QueryParams::parse_strict(query.as_deref(), &["rule", "as_of"])?;
    let snapshot = web.engine.snapshot();
    let rule = rule::requested(&params)?.unwrap_or(snapshot.board.rule);
    let as_of = params.time("as_of")?;
    if as_of.is_some_and(|at| at > web.clock.now()) {
        return Err(Problem::bad_request(
            "as_of is in the future",
            "leave it out for the board of this moment",
        ));
    }
    let key = format!("api/leaderboard?{}", rule.as_str());
    let cached = as_of.is_none().then(|| web.pages.get(&snapshot, &key)).flatten();
    if let Some(body) = cached {
        return Ok(body.respond(&headers));
    }
    let board = web.boards.get(&web.engine, &snapshot, rule, as_of).await?;
    let body = CachedBody::new("application/json", render(&board, web.engine.participants()));
    if as_of.is_some() {
        return Ok(body.respond(&headers));
    }
    Ok(web.pages.insert(&snapshot, key, body).respond(&headers))
}

//! The pages: language, selection, and what the engine computes for each.
use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use competition::{ParticipantIndex, Status, Time};
use maud::Markup;
use wire::Language;

use super::{
    Web, api,
    cache::CachedBody,
    language::{self, COOKIE},
    problem::{Problem, wants_page},
    query_params::QueryParams,
    rule,
    view::{self, ChartEnd, DecisionHistory, LoadCurve, ParticipantCharts, Selection, ViewContext},
};
use crate::{
    audit::contest_end,
    engine::{SeriesStep, Snapshot},
};

const HTML: &str = "text/html; charset=utf-8";
const QUARTER_HOUR: i64 = 900;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A visitor's request for a page.
pub(super) struct PageRequest<'a> {
    pub(super) web: &'a Web,
    pub(super) params: QueryParams,
    headers: &'a HeaderMap,
    snapshot: Arc<Snapshot>,
    pub(super) language: Language,
    /// The token of the page's forms, where it has forms.
    pub(super) form_token: Option<String>,
    /// Whether the visitor may decide, so that the page has the organiser's forms.
    pub(super) decides: bool,
}

impl<'a> PageRequest<'a> {
    pub(super) fn new(web: &'a Web, query: Option<&str>, headers: &'a HeaderMap) -> Self {
        let params = QueryParams::parse(query);
        let language = language::negotiate(params.get("lang"), headers, web.language);
        Self {
            web,
            params,
            headers,
            snapshot: web.engine.snapshot(),
            language,
            form_token: None,
            decides: false,
        }
    }

    pub(super) fn context(&self) -> ViewContext<'_> {
        ViewContext {
            competition: self.web.engine.competition(),
            participants: &self.snapshot.participants,
            snapshot: &self.snapshot,
            language: self.language,
            form_token: self.form_token.as_deref(),
            decides: self.decides,
            simulation_speed: self.web.clock.is_simulated().then(|| self.web.clock.speed()),
        }
    }

    /// The page that the cache holds under `key` for this snapshot and language.
    fn cached(&self, key: &str) -> Option<Response> {
        let body = self.web.pages.get(&self.snapshot, &self.cache_key(key))?;
        Some(self.with_language(body.respond(self.headers)))
    }

    /// Answers with `markup` and caches it under `key`.
    fn render_cached(&self, key: &str, markup: Markup) -> Response {
        let body = CachedBody::new(HTML, markup.into_string());
        let body = self.web.pages.insert(&self.snapshot, self.cache_key(key), body);
        self.with_language(body.respond(self.headers))
    }

    fn cache_key(&self, key: &str) -> String {
        format!("{} {key}", self.language)
    }

    /// Answers with `markup` without caching it.
    pub(super) fn render(&self, markup: Markup) -> Response {
        self.with_language(CachedBody::new(HTML, markup.into_string()).respond(self.headers))
    }

    /// Answers with a page that no cache may keep.
    pub(super) fn render_private(&self, markup: Markup) -> Response {
        let mut response = self.render(markup);
        let private = HeaderValue::from_static("private, no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, private);
        response.headers_mut().remove(header::ETAG);
        response
    }

    /// Answers with a page that explains `problem`.
    pub(super) fn error_page(&self, problem: &Problem) -> Response {
        let context = self.context();
        let markup = if problem.status() == StatusCode::NOT_FOUND {
            view::not_found(&context, &problem.detail)
        } else {
            view::error(&context, &format!("{}: {}.", problem.detail, problem.hint))
        };
        let mut response = self.render(markup);
        *response.status_mut() = problem.status();
        response
    }

    /// Adds the language's headers, and the cookie where the address chose the language.
    fn with_language(&self, mut response: Response) -> Response {
        let tag = self.language.tag();
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("accept-language, cookie"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(tag));
        if self.params.get("lang").and_then(language::from_tag).is_some() {
            let cookie = format!("{COOKIE}={tag}; Path=/; Max-Age=31536000; SameSite=Lax");
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                headers.append(header::SET_COOKIE, cookie);
            }
        }
        response
    }

    fn participant_index(&self, id: &str) -> Result<ParticipantIndex, Problem> {
        let found = api::find_participant(self.web.engine.participants(), id);
        found.map(|(index, _)| index).map_err(|_| {
            let detail = match self.language {
                Language::Swedish => format!("Inget deltagande rådhus heter ”{id}”."),
                Language::English => format!("No town hall of the contest is called “{id}”."),
            };
            Problem::not_found(detail, "")
        })
    }

    /// The day and the week up to now. Where the last day has no values, they end with the
    /// contest or, while it goes on, with the newest value.
    async fn recent_curves(
        &self,
        index: ParticipantIndex,
    ) -> Result<(ChartEnd, LoadCurve, LoadCurve), Problem> {
        let now = self.snapshot.as_of;
        let day = self.load_curve(index, now, DAY, QUARTER_HOUR).await?;
        let board = &self.snapshot.board;
        let newest = board.rows.iter().find(|row| row.participant == index);
        let newest = newest.and_then(|row| row.measured_at).filter(|newest| *newest < now);
        let (end, at) = match newest.filter(|_| !day.has_values()) {
            None => (ChartEnd::Now, now),
            Some(_) if matches!(board.status, Status::Ended | Status::Locked) => {
                (ChartEnd::Contest, contest_end(self.web.engine.competition()))
            }
            Some(newest) => (ChartEnd::NewestValue, newest),
        };
        let week = self.load_curve(index, at, 7 * DAY, HOUR).await?;
        let day = match end {
            ChartEnd::Now => day,
            _ => self.load_curve(index, at, DAY, QUARTER_HOUR).await?,
        };
        Ok((end, day, week))
    }

    /// The `length` seconds up to `end` in bins of `step` seconds, up to the last whole bin.
    async fn load_curve(
        &self,
        index: ParticipantIndex,
        end: Time,
        length: i64,
        step: i64,
    ) -> Result<LoadCurve, Problem> {
        let until = Time(end.0.div_euclid(step) * step);
        let from = Time(until.0 - length);
        let points = self.web.engine.series(index, from..until, SeriesStep::Seconds(step)).await?;
        Ok(LoadCurve { from, until, step, points })
    }
}

fn selection(params: &QueryParams) -> Result<Selection, Problem> {
    Ok(Selection {
        rule: rule::requested(params)?,
        cluster: params.get("cluster").map(str::to_owned),
        search: params.get("q").map(|text| text.chars().take(80).collect()),
        all_panels: params.get("panels") == Some("all"),
    })
}

/// The leaderboard.
#[utoipa::path(get, path = "/", tag = "pages",
    params(
        ("rule" = Option<String>, Query, description = "`saving`, `intensity`, `night`, `saving-per-employee` or `most-improved`"),
        ("cluster" = Option<String>, Query, description = "show this cluster only"),
        ("q" = Option<String>, Query, description = "show municipalities and buildings whose name contains this text"),
        ("panels" = Option<String>, Query, description = "`all` shows every panel instead of the first 24"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; a cookie remembers the choice")),
    responses((status = 200, description = "a page", content_type = "text/html", body = String)))]
pub(super) async fn front(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let request = PageRequest::new(&web, query.as_deref(), &headers);
    let page = async {
        let selection = selection(&request.params)?;
        let key = format!("front {selection:?}");
        if let Some(response) = request.cached(&key) {
            return Ok(response);
        }
        let snapshot = &request.snapshot;
        let rule = selection.rule.unwrap_or(snapshot.board.rule);
        let board = web.boards.get(&web.engine, snapshot, rule, None).await?;
        let markup = view::board(&request.context(), &board, &selection);
        // Search texts are too many to cache.
        if selection.search.is_some() {
            return Ok(request.render(markup));
        }
        Ok(request.render_cached(&key, markup))
    };
    page.await.unwrap_or_else(|problem: Problem| request.error_page(&problem))
}

/// The leaderboard under another rule or baseline; not official.
#[utoipa::path(get, path = "/what-if", tag = "pages",
    params(
        ("rule" = Option<String>, Query, description = "`saving`, `intensity`, `night`, `saving-per-employee` or `most-improved`"),
        ("baseline" = Option<String>, Query, description = "`season`, `hours-temperature`, `hours`, `last-year` or `three-weeks-before`"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; a cookie remembers the choice")),
    responses((status = 200, description = "a page", content_type = "text/html", body = String)))]
pub(super) async fn what_if(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let request = PageRequest::new(&web, query.as_deref(), &headers);
    let page = async {
        let competition = web.engine.competition();
        let rule = rule::requested(&request.params)?.unwrap_or(competition.rule);
        let baseline =
            rule::requested_baseline(&request.params)?.unwrap_or(competition.method.baseline);
        let key = format!("what-if {} {}", rule.as_str(), baseline.as_str());
        if let Some(response) = request.cached(&key) {
            return Ok(response);
        }
        let (board, clusters) = web.engine.what_if(rule, baseline).await?;
        Ok(request
            .render_cached(&key, view::what_if(&request.context(), &board, &clusters, baseline)))
    };
    page.await.unwrap_or_else(|problem: Problem| request.error_page(&problem))
}

/// One town hall.
#[utoipa::path(get, path = "/participants/{id}", tag = "pages",
    params(("id" = String, Path, description = "the field `participant` of a leaderboard row"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; a cookie remembers the choice")),
    responses((status = 200, description = "a page", content_type = "text/html", body = String),
        (status = 404, description = "no such participant")))]
pub(super) async fn participant(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let request = PageRequest::new(&web, query.as_deref(), &headers);
    let page = async {
        let index = request.participant_index(&id)?;
        let key = format!("participant {}", index.0);
        if let Some(response) = request.cached(&key) {
            return Ok(response);
        }
        let (end, day, week) = request.recent_curves(index).await?;
        let insight = web.engine.insight(index).await?;
        let entries = web.engine.decisions().await?.history;
        let configured = web.engine.participants().get(index.0 as usize);
        let configured = configured.map_or_else(Vec::new, |who| who.exclusions.clone());
        let history = DecisionHistory { entries, configured };
        let curves = ParticipantCharts { end, day, week, insight, history };
        let markup = view::participant(&request.context(), index, &curves);
        Ok(request.render_cached(&key, markup.ok_or_else(Problem::no_standings)?))
    };
    page.await.unwrap_or_else(|problem: Problem| request.error_page(&problem))
}

/// One town hall, for the television in its lobby.
#[utoipa::path(get, path = "/kiosk/{id}", tag = "pages",
    params(("id" = String, Path, description = "the field `participant` of a leaderboard row"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; a cookie remembers the choice")),
    responses((status = 200, description = "a page", content_type = "text/html", body = String),
        (status = 404, description = "no such participant")))]
pub(super) async fn kiosk(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let request = PageRequest::new(&web, query.as_deref(), &headers);
    let page = async {
        let index = request.participant_index(&id)?;
        let key = format!("kiosk {}", index.0);
        if let Some(response) = request.cached(&key) {
            return Ok(response);
        }
        let (end, day, week) = request.recent_curves(index).await?;
        let curve = if end == ChartEnd::Now { &day } else { &week };
        let markup = view::kiosk(&request.context(), index, end, curve);
        Ok(request.render_cached(&key, markup.ok_or_else(Problem::no_standings)?))
    };
    page.await.unwrap_or_else(|problem: Problem| request.error_page(&problem))
}

/// The answer for an unknown address: a page for browsers, JSON for programs.
pub(super) async fn not_found(
    State(web): State<Arc<Web>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path();
    if !wants_page(path, &headers) {
        return Problem::not_found(
            format!("the address {path} does not exist"),
            "see /api/openapi.json for all addresses",
        )
        .into_response();
    }
    let request = PageRequest::new(&web, uri.query(), &headers);
    let detail = match request.language {
        Language::Swedish => format!("Adressen {path} finns inte."),
        Language::English => format!("The address {path} does not exist."),
    };
    request.error_page(&Problem::not_found(detail, ""))
}

//! Addresses of pages to pages: language, selection, and what the engine must be asked.
use std::sync::Arc;
use wire::Language;

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use competition::{ParticipantIndex, Time};
use maud::Markup;

use super::{
    Web, api,
    cache::{Made, stamp},
    language::{self, COOKIE},
    page::{self, Curve, Curves, Scene, Selection},
    params::Params,
    problem::Problem,
    rule,
};
use crate::engine::Snapshot;

const HTML: &str = "text/html; charset=utf-8";
const DAY: i64 = 86_400;

/// One visitor's request for a page.
pub(super) struct Visit<'a> {
    pub(super) web: &'a Web,
    pub(super) params: Params,
    headers: &'a HeaderMap,
    snapshot: Arc<Snapshot>,
    language: Language,
}

impl<'a> Visit<'a> {
    pub(super) fn new(web: &'a Web, query: Option<&str>, headers: &'a HeaderMap) -> Self {
        let params = Params::read(query);
        let language = language::negotiate(params.get("lang"), headers, web.language);
        Self { web, params, headers, snapshot: web.engine.snapshot(), language }
    }

    pub(super) fn scene(&self) -> Scene<'_> {
        Scene {
            competition: self.web.engine.competition(),
            participants: &self.snapshot.participants,
            snapshot: &self.snapshot,
            l: self.language,
            simulated: self.web.clock.is_simulated().then(|| self.web.clock.speed()),
        }
    }

    fn kept(&self, key: &str) -> Option<Response> {
        let key = format!("{} {key}", self.language.tag());
        let made = self.web.pages.get(stamp(&self.snapshot), &key)?;
        Some(self.dress(made.answer(self.headers)))
    }

    fn keep(&self, key: &str, markup: Markup) -> Response {
        let made = Made::new(HTML, markup.into_string());
        let key = format!("{} {key}", self.language.tag());
        let made = self.web.pages.keep(stamp(&self.snapshot), key, made);
        self.dress(made.answer(self.headers))
    }

    /// A page that is nobody else's.
    pub(super) fn once(&self, markup: Markup) -> Response {
        self.dress(Made::new(HTML, markup.into_string()).answer(self.headers))
    }

    /// A page instead of JSON for whom a person reads it.
    pub(super) fn trouble(&self, problem: &Problem) -> Response {
        let l = self.language;
        let scene = self.scene();
        let markup = if problem.status() == axum::http::StatusCode::NOT_FOUND {
            page::missing(&scene, &problem.detail)
        } else {
            let title = l.pick("Det gick inte", "That did not work");
            let way = l.pick("Till ställningen", "To the standings");
            page::trouble(&scene, title, &format!("{}: {}.", problem.detail, problem.mend), way)
        };
        let mut response = self.once(markup);
        *response.status_mut() = problem.status();
        response
    }

    fn dress(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("accept-language, cookie"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        if self.params.get("lang").and_then(language::from_tag).is_some() {
            let tag = self.language.tag();
            let cookie = format!("{COOKIE}={tag}; Path=/; Max-Age=31536000; SameSite=Lax");
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                headers.insert(header::SET_COOKIE, cookie);
            }
        }
        response
    }

    fn find(&self, id: &str) -> Result<ParticipantIndex, Problem> {
        let known = api::find(self.web.engine.participants(), id);
        known.map(|(index, _)| index).map_err(|_| {
            let detail = match self.language {
                Language::Swedish => format!("Inget deltagande rådhus heter ”{id}”."),
                Language::English => format!("No town hall of the contest is called “{id}”."),
            };
            Problem::missing(detail, "")
        })
    }

    /// The last `length` seconds in whole bins of `step`.
    async fn curve(&self, who: ParticipantIndex, length: i64, step: i64) -> Result<Curve, Problem> {
        let until = Time(self.snapshot.as_of.0.div_euclid(step) * step);
        let from = Time(until.0 - length);
        let points = self.web.engine.series(who, from..until, step).await?;
        Ok(Curve { from, until, step, points })
    }
}

fn selection(params: &Params) -> Result<Selection, Problem> {
    Ok(Selection {
        rule: rule::wanted(params)?,
        cluster: params.get("cluster").map(str::to_owned),
        search: params.get("q").map(|text| text.chars().take(80).collect()),
        all_panels: params.get("panels") == Some("all"),
    })
}

/// The leaderboard.
#[utoipa::path(get, path = "/", tag = "pages",
    params(
        ("rule" = Option<String>, Query, description = "`saving`, `intensity`, `night`, `saving-per-employee` or `most-improved`"),
        ("cluster" = Option<String>, Query, description = "only this cluster"),
        ("q" = Option<String>, Query, description = "only names with this in them"),
        ("panels" = Option<String>, Query, description = "`all`: the panels of all, not of the first 24"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; remembered by a cookie")),
    responses((status = 200, description = "a page", content_type = "text/html", body = String)))]
pub(super) async fn front(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(&web, query.as_deref(), &headers);
    let made = async {
        let selection = selection(&visit.params)?;
        let key = format!("front {selection:?}");
        if let Some(response) = visit.kept(&key) {
            return Ok(response);
        }
        let snapshot = &visit.snapshot;
        let rule = selection.rule.unwrap_or(snapshot.board.rule);
        let board = web.boards.get(&web.engine, snapshot, rule, None).await?;
        let markup = page::board(&visit.scene(), &board, &selection);
        // What a visitor made up is not worth keeping.
        if selection.search.is_some() {
            return Ok(visit.once(markup));
        }
        Ok(visit.keep(&key, markup))
    };
    made.await.unwrap_or_else(|problem: Problem| visit.trouble(&problem))
}

/// The board under another rule and baseline; not official.
#[utoipa::path(get, path = "/what-if", tag = "pages",
    params(
        ("rule" = Option<String>, Query, description = "`saving`, `intensity`, `night`, `saving-per-employee` or `most-improved`"),
        ("baseline" = Option<String>, Query, description = "`season`, `hours-temperature`, `hours`, `last-year` or `three-weeks-before`"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; remembered by a cookie")),
    responses((status = 200, description = "a page", content_type = "text/html", body = String)))]
pub(super) async fn what_if(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(&web, query.as_deref(), &headers);
    let made = async {
        let competition = web.engine.competition();
        let rule = rule::wanted(&visit.params)?.unwrap_or(competition.rule);
        let baseline = rule::wanted_baseline(&visit.params)?.unwrap_or(competition.method.baseline);
        let key = format!("what-if {} {}", rule.as_str(), baseline.as_str());
        if let Some(response) = visit.kept(&key) {
            return Ok(response);
        }
        let (board, clusters) = web.engine.what_if(rule, baseline).await?;
        Ok(visit.keep(&key, page::what_if(&visit.scene(), &board, &clusters, baseline)))
    };
    made.await.unwrap_or_else(|problem: Problem| visit.trouble(&problem))
}

/// One town hall.
#[utoipa::path(get, path = "/participants/{id}", tag = "pages",
    params(("id" = String, Path, description = "`participant` of a row of the leaderboard"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; remembered by a cookie")),
    responses((status = 200, description = "a page", content_type = "text/html", body = String),
        (status = 404, description = "no such participant")))]
pub(super) async fn participant(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(&web, query.as_deref(), &headers);
    let made = async {
        let index = visit.find(&id)?;
        let key = format!("participant {}", index.0);
        if let Some(response) = visit.kept(&key) {
            return Ok(response);
        }
        let day = visit.curve(index, DAY, 900).await?;
        let week = visit.curve(index, 7 * DAY, 3600).await?;
        let insight = web.engine.insight(index).await?;
        let markup = page::participant(&visit.scene(), index, &Curves { day, week, insight });
        Ok(visit.keep(&key, markup.ok_or_else(early)?))
    };
    made.await.unwrap_or_else(|problem: Problem| visit.trouble(&problem))
}

/// One town hall for the television in its lobby.
#[utoipa::path(get, path = "/kiosk/{id}", tag = "pages",
    params(("id" = String, Path, description = "`participant` of a row of the leaderboard"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; remembered by a cookie")),
    responses((status = 200, description = "a page", content_type = "text/html", body = String),
        (status = 404, description = "no such participant")))]
pub(super) async fn kiosk(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(&web, query.as_deref(), &headers);
    let made = async {
        let index = visit.find(&id)?;
        let key = format!("kiosk {}", index.0);
        if let Some(response) = visit.kept(&key) {
            return Ok(response);
        }
        let day = visit.curve(index, DAY, 900).await?;
        let markup = page::kiosk(&visit.scene(), index, &day);
        Ok(visit.keep(&key, markup.ok_or_else(early)?))
    };
    made.await.unwrap_or_else(|problem: Problem| visit.trouble(&problem))
}

fn early() -> Problem {
    Problem::busy("the board is not computed yet", "ask again in some seconds")
}

/// Whatever is not there: a page for people, JSON for programs.
pub(super) async fn nowhere(State(web): State<Arc<Web>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if path.starts_with("/api/") || !accept.is_some_and(|kinds| kinds.contains("text/html")) {
        return Problem::missing(
            format!("nothing is at {path}"),
            "all addresses stand in /api/openapi.json",
        )
        .into_response();
    }
    let visit = Visit::new(&web, uri.query(), &headers);
    let detail = match visit.language {
        Language::Swedish => format!("Adressen {path} finns inte."),
        Language::English => format!("The address {path} does not exist."),
    };
    visit.trouble(&Problem::missing(detail, ""))
}

//! `GET /api/v1/panels/{id}.png`: what a lobby panel shows now.
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    extract::{Path, RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use panel::{Moment, Size};

use super::{Web, api, cache::CachedBody, language, problem::Problem, query_params::QueryParams};
use crate::display::{self, PageInputs};

/// Requests within this time get the same picture, milliseconds.
const FRAME_MS: u64 = 250;

/// The pixels of a participant's panel, drawn by the code that runs on the panel.
#[utoipa::path(get, path = "/api/v1/panels/{file}", tag = "panels",
    params(
        ("file" = String, Path, description = "the field `participant` of a leaderboard row, followed by `.png`"),
        ("size" = Option<String>, Query, description = "`128x64` (the default) or `64x32`"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; the service's own by default")),
    responses(
        (status = 200, description = "one pixel for each LED", content_type = "image/png"),
        (status = 304, description = "not changed since the ETag given"),
        (status = 400, description = "a parameter is wrong", body = Problem),
        (status = 404, description = "no such participant", body = Problem)))]
pub(super) async fn panel(
    State(web): State<Arc<Web>>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // The value of `t` is not used: with it a browser does not take its own copy.
    let params = QueryParams::parse_strict(query.as_deref(), &["size", "lang", "t"])?;
    let id = file.strip_suffix(".png").ok_or_else(|| {
        Problem::not_found(
            format!("there is no picture {file:?}"),
            "write the participant's id followed by .png",
        )
    })?;
    let (index, _) = api::find_participant(web.engine.participants(), id)?;
    let size = params.get("size").unwrap_or("128x64");
    let size: Size = size.parse().map_err(|_| {
        let detail = format!("size={size} is not the size of a panel");
        Problem::bad_request(detail, "write size=128x64 or size=64x32")
    })?;
    let language = match params.get("lang") {
        None => web.language,
        Some(tag) => language::from_tag(tag).ok_or_else(|| {
            let detail = format!("lang={tag} is not a language of this service");
            Problem::bad_request(detail, "write lang=sv or lang=en")
        })?,
    };
    // The views alternate by the real clock even where the service's clock is simulated,
    // as on the panels, which do not know the simulated one.
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let elapsed_ms = elapsed.as_millis() as u64 / FRAME_MS * FRAME_MS;
    let snapshot = web.engine.snapshot();
    let key = format!("{} {size:?} {language} {elapsed_ms}", index.0);
    if let Some(body) = web.pictures.get(&snapshot, &key) {
        return Ok(body.respond(&headers));
    }
    let inputs = PageInputs {
        competition: web.engine.competition(),
        participants: web.engine.participants(),
        snapshot: &snapshot,
        language,
        now: web.clock.now(),
    };
    let page = inputs.page(index).ok_or_else(Problem::no_standings)?;
    let moment = Moment { now: page.t, elapsed_ms };
    let png = display::png(&page, size, moment)
        .map_err(|error| Problem::unavailable(error.to_string(), "repeat the request"))?;
    let body = CachedBody::new("image/png", png);
    Ok(web.pictures.insert(&snapshot, key, body).respond(&headers))
}

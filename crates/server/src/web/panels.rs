//! `GET /api/v1/panels/{id}.png`: what a lobby panel shows at this moment.
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

use super::{
    Web, api,
    cache::{Made, stamp},
    language,
    params::Params,
    problem::Problem,
};
use crate::display::{self, Stage};

/// Who asks within this time gets the same picture, milliseconds.
const FRAME_MS: u64 = 250;

/// The pixels of a participant's panel, drawn by the code that runs on the panel.
#[utoipa::path(get, path = "/api/v1/panels/{file}", tag = "panels",
    params(
        ("file" = String, Path, description = "`participant` of a row of the leaderboard, then `.png`"),
        ("size" = Option<String>, Query, description = "`128x64` or `64x32`; else `128x64`"),
        ("lang" = Option<String>, Query, description = "`sv` or `en`; else the service's own")),
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
    // `t` only makes a browser ask again.
    let params = Params::strict(query.as_deref(), &["size", "lang", "t"])?;
    let id = file.strip_suffix(".png").ok_or_else(|| {
        Problem::missing(format!("no picture is called {file:?}"), "write the participant and .png")
    })?;
    let (index, _) = api::find(web.engine.participants(), id)?;
    let size: Size = params.get("size").unwrap_or("128x64").parse().map_err(|_| {
        let text = params.get("size").unwrap_or_default();
        Problem::bad(format!("size={text} is no panel"), "write size=128x64 or size=64x32")
    })?;
    let language = match params.get("lang") {
        None => web.language,
        Some(tag) => language::from_tag(tag).ok_or_else(|| {
            Problem::bad(format!("lang={tag} is not spoken here"), "write lang=sv or lang=en")
        })?,
    };
    // Views turn by the real clock even where the service's own is simulated, as on
    // the panels, which do not know.
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let elapsed_ms = elapsed.as_millis() as u64 / FRAME_MS * FRAME_MS;
    let snapshot = web.engine.snapshot();
    let key = format!("{} {size:?} {} {elapsed_ms}", index.0, language.tag());
    if let Some(made) = web.pictures.get(stamp(&snapshot), &key) {
        return Ok(made.answer(&headers));
    }
    let stage = Stage {
        competition: web.engine.competition(),
        participants: web.engine.participants(),
        snapshot: &snapshot,
        language,
        now: web.clock.now(),
    };
    let early = || Problem::busy("the board is not computed yet", "ask again in some seconds");
    let page = stage.page(index).ok_or_else(early)?;
    let moment = Moment { now: page.t, elapsed_ms };
    let png = display::png(&page, size, moment)
        .map_err(|error| Problem::busy(error.to_string(), "ask again"))?;
    let made = Made::new("image/png", png);
    Ok(web.pictures.keep(stamp(&snapshot), key, made).answer(&headers))
}

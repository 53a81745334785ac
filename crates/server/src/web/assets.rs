//! Style, script and sign of the pages: inside the binary, under names that change
//! with their content, so that a browser may keep them for ever.
use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use super::problem::Problem;

pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("wattkampen", "css", "text/css; charset=utf-8", include_str!("assets/style.css"))
});
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("wattkampen", "js", "text/javascript; charset=utf-8", include_str!("assets/live.js"))
});
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("sign", "svg", "image/svg+xml", include_str!("assets/sign.svg")));

/// A file of ours.
#[derive(Debug)]
pub(super) struct Asset {
    path: String,
    kind: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, text: &'static str) -> Self {
        let path = format!("/assets/{stem}-{:016x}.{ending}", super::fingerprint(text.as_bytes()));
        Self { path, kind, text }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// A file that pages link to.
#[utoipa::path(get, path = "/assets/{file}", tag = "pages", responses(
    (status = 200, description = "style sheet, script or sign of the pages"),
    (status = 404, description = "no such file in this version")))]
pub(super) async fn asset(Path(file): Path<String>) -> Result<Response, Problem> {
    let all = [&*STYLE, &*SCRIPT, &*ICON];
    let asset = all
        .into_iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(&file))
        .ok_or_else(|| {
            Problem::missing(
                "no such file",
                "load the page again: its files change with the version",
            )
        })?;
    Ok((
        [
            (header::CONTENT_TYPE, asset.kind),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ],
        asset.text,
    )
        .into_response())
}

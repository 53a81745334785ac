//! Style sheet, script and icon of the pages. They are part of the binary, and their
//! names change with their content, so that browsers may keep them without asking again.
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
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

/// A static file that pages link to.
#[derive(Debug)]
pub(super) struct Asset {
    path: String,
    content_type: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, text: &'static str) -> Self {
        let fingerprint = super::fingerprint(text.as_bytes());
        let path = format!("/assets/{stem}-{fingerprint:016x}.{extension}");
        Self { path, content_type, text }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// A static file that pages link to.
#[utoipa::path(get, path = "/assets/{file}", tag = "pages", responses(
    (status = 200, description = "style sheet, script or icon of the pages"),
    (status = 404, description = "this version has no such file")))]
pub(super) async fn asset(Path(file): Path<String>) -> Result<Response, Problem> {
    let asset = [&*STYLE, &*SCRIPT, &*ICON]
        .into_iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(&file))
        .ok_or_else(|| {
            Problem::not_found(
                "this version of the service has no such file",
                "reload the page: the names of its files change with the version",
            )
        })?;
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.text).into_response())
}

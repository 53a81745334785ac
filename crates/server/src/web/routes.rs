//! Every address of the service. A route is added together with its description,
//! so that `/api/openapi.json` cannot forget one.
use std::sync::Arc;

use axum::{Router, extract::State, http::HeaderMap, middleware, response::Response};
use utoipa::openapi::{Info, License, OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web, api, assets, cache::Made, events, headers, health, organiser, organiser_api, pages, panels,
};

/// The whole service.
pub fn router(web: Arc<Web>) -> Router {
    let (router, _) = described().split_for_parts();
    router.fallback(pages::nowhere).layer(middleware::from_fn(headers::secure)).with_state(web)
}

fn described() -> OpenApiRouter<Arc<Web>> {
    let mut info = Info::new("Wattkampen", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The standings of an energy competition; only the organiser decides something here. Times are RFC 3339; what is not known is null.".into(),
    );
    info.license = Some(License::new("MIT OR Apache-2.0"));
    let empty = OpenApi::new(info, utoipa::openapi::Paths::new());
    OpenApiRouter::with_openapi(empty)
        .routes(routes!(api::leaderboard))
        .routes(routes!(api::what_if))
        .routes(routes!(api::participant))
        .routes(routes!(api::series))
        .routes(routes!(events::events))
        .routes(routes!(panels::panel))
        .routes(routes!(pages::front))
        .routes(routes!(pages::what_if))
        .routes(routes!(pages::participant))
        .routes(routes!(pages::kiosk))
        .routes(routes!(organiser::organiser, organiser_api::form))
        .routes(routes!(organiser_api::declare, organiser_api::declarations))
        .routes(routes!(organiser_api::amend))
        .routes(routes!(organiser_api::lock))
        .routes(routes!(organiser_api::trail))
        .routes(routes!(assets::asset))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(openapi))
}

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn openapi(State(web): State<Arc<Web>>, headers: HeaderMap) -> Response {
    let made = web.openapi.get_or_init(|| {
        let text = described().into_openapi().to_json().unwrap_or_default();
        Made::new("application/json", text)
    });
    made.answer(&headers)
}

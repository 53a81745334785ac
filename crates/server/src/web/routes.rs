//! All routes. Each is added together with its description, so that
//! `/api/openapi.json` is complete.
use std::sync::Arc;

use axum::{Router, extract::State, http::HeaderMap, middleware, response::Response};
use utoipa::openapi::{Info, License, OpenApi};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Web, accounts, api, assets, cache::CachedBody, events, handlers, health, hosts, organiser,
    organiser_api, panels, security_headers, sign_in, town,
};

/// The router of the whole service.
pub fn router(web: Arc<Web>) -> Router {
    let (router, _) = described().split_for_parts();
    router
        .fallback(handlers::not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(&web), hosts::guard))
        .layer(middleware::from_fn(security_headers::add))
        .with_state(web)
}

fn described() -> OpenApiRouter<Arc<Web>> {
    let mut info = Info::new("Wattkampen", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The standings of an energy competition. Only requests with an account or an API token change anything. Times are RFC 3339; values that are not known are null.".into(),
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
        .routes(routes!(handlers::front))
        .routes(routes!(handlers::what_if))
        .routes(routes!(handlers::participant))
        .routes(routes!(handlers::kiosk))
        .routes(routes!(organiser::organiser, organiser_api::form))
        .routes(routes!(accounts::page, accounts::change))
        .routes(routes!(town::town))
        .routes(routes!(sign_in::page, sign_in::sign_in))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(sign_in::enter))
        .routes(routes!(sign_in::setup_page, sign_in::set_up))
        .routes(routes!(sign_in::invitation_page, sign_in::accept))
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

/// This OpenAPI description.
#[utoipa::path(get, path = "/api/openapi.json", tag = "operation",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn openapi(State(web): State<Arc<Web>>, headers: HeaderMap) -> Response {
    let body = web.openapi.get_or_init(|| {
        let text = described().into_openapi().to_json().unwrap_or_default();
        CachedBody::new("application/json", text)
    });
    body.respond(&headers)
}

//! Requests to the router, without a socket except where one is needed.
mod access;
mod api;
mod decisions;
mod doubts;
mod events;
pub(in crate::web) mod fixture;
mod network;
mod operation;
mod pages;
mod scores;
mod states;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, HeaderValue, Request, StatusCode, header},
};
use tower::ServiceExt;

use super::{Web, router};

/// A response.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a plain header"))
    }
}

async fn ask(web: &Arc<Web>, mut request: Request<Body>) -> Answer {
    request.headers_mut().entry(header::HOST).or_insert(HeaderValue::from_static("localhost"));
    let response = router(Arc::clone(web)).oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("the whole body").to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// Signs in to a demonstration with its link; the session's cookie.
async fn enter(web: &Arc<Web>) -> String {
    let link = web.access.link().expect("a demonstration has a link").path();
    let answer = get(web, &link).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    cookie_of(&answer)
}

/// A page as the organiser of a demonstration sees it.
async fn get_as_organiser(web: &Arc<Web>, address: &str) -> Answer {
    let cookie = enter(web).await;
    get_with(web, address, &[(header::COOKIE, &cookie)]).await
}

/// The cookie that an answer sets, as a browser sends it back.
fn cookie_of(answer: &Answer) -> String {
    answer.header(header::SET_COOKIE).split(';').next().unwrap_or_default().to_owned()
}

async fn get(web: &Arc<Web>, address: &str) -> Answer {
    get_with(web, address, &[]).await
}

async fn get_with(web: &Arc<Web>, address: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let mut request =
        Request::get(address).extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    ask(web, request.body(Body::empty()).expect("a request")).await
}

//! HTTP connections: how many there may be, and how long their clients may take.
//!
//! A client that sends half a request, or none, holds a descriptor and memory. Each wait for a
//! client therefore has an end ([`ConnectionLimits`]), and where connections are scarce, the one
//! that waits longest gives way (`table`). A request is handed to the router once its body is
//! complete, so that no handler waits for a client.
mod io;
mod limits;
mod table;
#[cfg(test)]
mod tests;

use std::{
    convert::Infallible,
    future::Future,
    io::Result as IoResult,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use hyper::{
    Request,
    body::{Body as _, Incoming},
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;

pub use limits::ConnectionLimits;

use super::{client::Encrypted, problem::Problem};
use crate::tls::Tls;
use io::{AnswerBody, Io};
use limits::LimitKind;
use table::{Phase, Place, Table};

/// How long open connections may take to finish once the service stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest headers of a request, and what is read ahead, bytes.
const READ_BUFFER: usize = 64 << 10;

/// Where HTTP connections arrive.
#[derive(Debug)]
pub struct Listeners {
    plain: TcpListener,
    tls: Option<(TcpListener, Arc<Tls>)>,
}

impl From<TcpListener> for Listeners {
    /// Without TLS.
    fn from(plain: TcpListener) -> Self {
        Self { plain, tls: None }
    }
}

impl Listeners {
    /// Also over TLS.
    pub(crate) fn with_tls(self, tls: Option<(TcpListener, Tls)>) -> Self {
        Self { tls: tls.map(|(listener, tls)| (listener, Arc::new(tls))), ..self }
    }

    /// The next connection, and the TLS that it begins with.
    async fn accept(&self) -> IoResult<(TcpStream, SocketAddr, Option<Arc<Tls>>)> {
        let encrypted = async {
            match &self.tls {
                Some((listener, tls)) => (listener.accept().await, tls.clone()),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = self.plain.accept() => accepted.map(|(stream, peer)| (stream, peer, None)),
            (accepted, tls) = encrypted => accepted.map(|(stream, peer)| (stream, peer, Some(tls))),
        }
    }
}

/// Accepts connections until `stop` completes, then gives open requests three seconds to finish.
pub(super) async fn serve(
    listeners: Listeners,
    router: Router,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let shortest = limits.head_timeout.min(limits.idle_timeout);
    let mut overdue = tokio::time::interval(shortest / 4);
    let table = Table::new(limits);
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            _ = overdue.tick() => {
                table.end_overdue(Instant::now());
                continue;
            }
            accepted = listeners.accept() => accepted,
        };
        let (stream, peer, tls) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly a lack of file descriptors. No event reports that one is free, and an
                // immediate retry would spin.
                table.end_one();
                tracing::warn!("an HTTP connection cannot be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(place) = table.admit(peer.ip()) else { continue };
        // A connection that has to end does so without waiting for its client.
        let Ok(permit) = permits.clone().acquire_owned().await else { break };
        let (router, stopped) = (router.clone(), stopped.clone());
        let place = (Arc::new(place), permit);
        connections.spawn(serve_connection(stream, peer, tls, place, router, stopped));
    }
    drop(listeners);
    stopping.send_replace(true);
    let finished = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(SHUTDOWN_TIMEOUT, finished).await;
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Arc<Tls>>,
    (place, _permit): (Arc<Place>, OwnedSemaphorePermit),
    router: Router,
    stopped: watch::Receiver<bool>,
) {
    // Without Nagle's algorithm small events are sent at once.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set on a connection");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(place.table().limits.write_timeout));
    let stream = Box::pin(stream);
    let Some(tls) = tls else {
        return serve_stream(stream, (peer, Encrypted(false)), place, router, stopped).await;
    };
    let handshake = tokio::select! {
        handshake = tls.acceptor().accept(stream) => handshake,
        () = place.ends() => return,
    };
    match handshake {
        Ok(stream) => {
            serve_stream(stream, (peer, Encrypted(true)), place, router, stopped).await;
        }
        Err(error) => tracing::debug!("a TLS handshake failed: {error}"),
    }
}

async fn serve_stream(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: (SocketAddr, Encrypted),
    place: Arc<Place>,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let io = Io::new(stream, place.clone());
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request| handle(request, peer, place.clone(), &router));
    let connection = http1::Builder::new()
        // The table ends connections without a whole request.
        .header_read_timeout(None)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(io), service);
    tokio::pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!("an HTTP connection ended: {error}");
                }
                return;
            }
            () = place.ends() => return,
            _ = stopped.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Answers one request, once its body is complete.
async fn handle(
    request: Request<Incoming>,
    (peer, encrypted): (SocketAddr, Encrypted),
    place: Arc<Place>,
    router: &TowerToHyperService<Router>,
) -> Result<Response<AnswerBody>, Infallible> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(ConnectInfo(peer));
    parts.extensions.insert(encrypted);
    let response = match whole_body(body, &place).await {
        Ok(body) => {
            place.enter(Phase::Serving);
            router.call(Request::from_parts(parts, body)).await?
        }
        Err(problem) => {
            let mut response = problem.into_response();
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    };
    let is_events = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if is_events {
        place.enter(Phase::Events);
    }
    Ok(response.map(|body| AnswerBody::new(body, place)))
}

/// The body of a request, which has to be complete in time.
async fn whole_body(body: Incoming, place: &Place) -> Result<Body, Problem> {
    if body.is_end_stream() {
        return Ok(Body::empty());
    }
    place.enter(Phase::Body);
    let limits = &place.table().limits;
    let whole = timeout(limits.body_timeout, to_bytes(Body::new(body), limits.body_bytes));
    let (kind, effect, problem) = match whole.await {
        Ok(Ok(bytes)) => return Ok(Body::from(bytes)),
        // Where the client has closed the connection, this answer reaches no one.
        Ok(Err(_)) => (
            LimitKind::BodySize,
            "a request with a long or broken body is refused",
            Problem::body_too_large(limits.body_bytes),
        ),
        Err(_) => (
            LimitKind::BodyTimeout,
            "a request whose body does not arrive is refused",
            Problem::request_timeout(limits.body_timeout),
        ),
    };
    place.table().log.record(kind, place.source(), effect);
    Err(problem)
}

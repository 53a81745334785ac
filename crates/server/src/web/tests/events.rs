//! The event stream over a real socket: the leaderboard at once, then readings. Streams
//! end with the service, and a client that does not read does not delay the others.
use std::{sync::Arc, time::Duration};

use competition::{ParticipantIndex, Time, Watts};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use super::fixture;
use crate::{
    engine::{EngineEvent, fake::publish},
    web::{ConnectionLimits, Web, serve},
};

/// Longer than any step of these tests takes.
const LONG: Duration = Duration::from_secs(20);

struct Service {
    web: Arc<Web>,
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

async fn start() -> Service {
    let web = fixture::web(24);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let (stop, stopped) = oneshot::channel::<()>();
    let limits =
        ConnectionLimits { write_timeout: Duration::from_millis(300), ..Default::default() };
    let served = serve(listener, Arc::clone(&web), limits, async {
        let _ = stopped.await;
    });
    Service { web, address, stop, done: tokio::spawn(served) }
}

struct Client(Lines<BufReader<TcpStream>>);

impl Client {
    async fn connect(service: &Service, query: &str) -> Self {
        let mut socket = TcpStream::connect(service.address).await.expect("a connection");
        let request = format!(
            "GET /api/v1/events{query} HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 3\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.expect("sent");
        Self(BufReader::new(socket).lines())
    }

    /// The rest of the next line that begins with `begin`; `None` at the end.
    async fn next(&mut self, begin: &str) -> Option<String> {
        let search = async {
            while let Ok(Some(line)) = self.0.next_line().await {
                if let Some(rest) = line.strip_prefix(begin) {
                    return Some(rest.to_owned());
                }
            }
            None
        };
        timeout(LONG, search).await.expect("in time")
    }
}

fn reading(watts: i64) -> EngineEvent {
    EngineEvent::Reading {
        participant: ParticipantIndex(4),
        measured_at: Time(fixture::NOW.0 + 5),
        power: Some(Watts(watts)),
        step: Some(Watts(2_100)),
    }
}

#[tokio::test]
async fn a_client_gets_the_leaderboard_at_once_and_then_events() {
    let service = start().await;
    let mut client = Client::connect(&service, "").await;
    assert_eq!(client.next("content-type: ").await.as_deref(), Some("text/event-stream"));
    assert_eq!(client.next("event: ").await.as_deref(), Some("leaderboard"));
    assert_eq!(client.next("id: ").await.as_deref(), Some("17"));
    let data = client.next("data: ").await.expect("a board");
    let board: serde_json::Value = serde_json::from_str(&data).expect("JSON");
    assert_eq!(board["rows"][0]["municipality"], "Söderhamn");

    let next = fixture::snapshot(18, service.web.engine.participants());
    publish(&service.web.engine, next, &[reading(18_250)]);
    assert_eq!(client.next("event: ").await.as_deref(), Some("reading"));
    assert_eq!(
        client.next("data: ").await.as_deref(),
        Some(
            r#"{"participant":"soderhamn","measured_at":"2027-04-11T10:00:05Z","power_w":18250,"step_w":2100}"#
        )
    );
    assert_eq!(client.next("id: ").await.as_deref(), Some("18"));
}

#[tokio::test]
async fn a_page_gets_only_the_version_of_the_leaderboard() {
    let service = start().await;
    let mut client = Client::connect(&service, "?board=version").await;
    let data = client.next("data: ").await;
    assert_eq!(data.as_deref(), Some(r#"{"as_of":"2027-04-11T10:00:00Z","version":17}"#));
}

#[tokio::test]
async fn streams_end_when_the_service_stops() {
    let service = start().await;
    let mut client = Client::connect(&service, "").await;
    client.next("data: ").await.expect("it is open");
    service.stop.send(()).expect("it still runs");
    assert_eq!(client.next("never").await, None, "the stream ends");
    timeout(LONG, service.done).await.expect("in time").expect("no panic");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_and_delays_no_other() {
    let service = start().await;
    let mut idle = Client::connect(&service, "").await;
    let mut quick = Client::connect(&service, "?board=version").await;
    quick.next("data: ").await.expect("it is open");
    idle.next("event: ").await.expect("it is open");
    // More than a socket buffers: the idle client falls behind, and its stream ends.
    let many: Vec<EngineEvent> = (0..60).map(|i| reading(i * 7)).collect();
    let cut = async {
        let mut sent = 0i64;
        while service.web.hub.listeners() > 1 {
            let next = fixture::snapshot(18, service.web.engine.participants());
            publish(&service.web.engine, next, &many);
            sent += 1;
            publish(
                &service.web.engine,
                fixture::snapshot(18, service.web.engine.participants()),
                &[reading(1_000_000 + sent)],
            );
            let mark = format!("\"power_w\":{}", 1_000_000 + sent);
            loop {
                let data = quick.next("data: ").await.expect("the reading client is served");
                if data.contains(&mark) {
                    break;
                }
            }
        }
        sent
    };
    assert!(timeout(LONG * 3, cut).await.expect("the idle client is cut") > 0);
}

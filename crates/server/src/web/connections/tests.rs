//! Clients that make the server wait, over real sockets.
use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{interval, timeout},
};

use super::ConnectionLimits;
use crate::web::{serve, tests::fixture};

/// Longer than any step of these tests takes.
const LONG: Duration = Duration::from_secs(20);
/// A timeout that is not the one of a test.
const NEVER: Duration = Duration::from_secs(3600);

fn patient() -> ConnectionLimits {
    ConnectionLimits {
        head_timeout: NEVER,
        body_timeout: NEVER,
        idle_timeout: NEVER,
        ..ConnectionLimits::default()
    }
}

/// A server with these limits; it ends with the test's runtime.
async fn start(limits: ConnectionLimits) -> (SocketAddr, JoinHandle<()>) {
    // Without it, what is counted is lost.
    crate::metrics::recorder().expect("the process's own recorder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let web = fixture::web(4);
    let served = serve(listener, Arc::clone(&web), limits, std::future::pending());
    (address, tokio::spawn(served))
}

async fn send(address: SocketAddr, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes.as_bytes()).await.expect("sent");
    stream
}

/// What the server sends until it closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let end = timeout(LONG, stream.read_to_end(&mut answer)).await;
    // A reset is an end, too: the server has closed while bytes were on their way.
    let _ = end.expect("the server closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Of this process: only differences are of one test, and at least what it caused. The counter
/// appears with the first listener whose task has run.
fn count(limit: &str) -> u64 {
    let text = crate::metrics::recorder().expect("the process's own recorder").render();
    let name = format!("wattkampen_http_limits_total{{limit=\"{limit}\"}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&name));
    value.map_or(0, |value| value.parse().expect("a number"))
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Sends a request that keeps the connection, and reads the answer.
async fn ask(stream: &mut TcpStream) {
    stream.write_all(HEALTH.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\nok\n") {
        let mut byte = [0; 64];
        let read = timeout(LONG, stream.read(&mut byte)).await.expect("in time").expect("read");
        assert_ne!(read, 0, "the answer is cut: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&byte[..read]);
    }
}

#[tokio::test]
async fn half_sent_headers_end_the_connection_also_byte_by_byte() {
    let limits = ConnectionLimits { head_timeout: Duration::from_millis(300), ..patient() };
    let (address, _server) = start(limits).await;
    let before = count("head_timeout");
    let mut silent = send(address, "").await;
    let mut half = send(address, "GET / HTTP/1.1\r\nhost: local").await;
    let mut later = send(address, "").await;
    ask(&mut later).await;
    let slow = async {
        let mut stream = send(address, "GET / HTTP/1.1\r\nx: ").await;
        let mut pace = interval(Duration::from_millis(50));
        // Ends when the server has closed the connection; each byte alone is soon enough.
        while stream.write_all(b"y").await.is_ok() {
            pace.tick().await;
        }
    };
    timeout(LONG, slow).await.expect("the server closes the connection");
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut half).await, "");
    assert!(count("head_timeout") >= before + 3);
    // The request after an answer has the same limit; the wait for it has another.
    later.write_all(b"GET /").await.expect("the idle connection is open");
    assert_eq!(rest(&mut later).await, "");
}

#[tokio::test]
async fn a_half_sent_body_is_answered_with_408_and_a_long_one_with_413() {
    let limits = ConnectionLimits {
        body_timeout: Duration::from_millis(300),
        body_bytes: 1000,
        ..patient()
    };
    let (address, _server) = start(limits).await;
    let (timeouts, sizes) = (count("body_timeout"), count("body_size"));
    let head = "POST /api/v1/organiser/declarations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let mut half = send(address, &format!("{head}content-length: 500\r\n\r\n{{\"kind\"")).await;
    let answer = rest(&mut half).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"send the whole request at once\""), "{answer}");
    let long = "x".repeat(1001);
    let mut long = send(address, &format!("{head}content-length: 1001\r\n\r\n{long}")).await;
    let answer = rest(&mut long).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(count("body_timeout") > timeouts && count("body_size") > sizes);
    // A whole one reaches its handler.
    let whole = format!("{head}connection: close\r\ncontent-length: 2\r\n\r\n{{}}");
    let answer = rest(&mut send(address, &whole).await).await;
    assert!(!answer.starts_with("HTTP/1.1 408") && answer.contains("\"detail\""), "{answer}");
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let limits = ConnectionLimits { idle_timeout: Duration::from_millis(300), ..patient() };
    let (address, _server) = start(limits).await;
    let mut idle = send(address, "").await;
    ask(&mut idle).await;
    ask(&mut idle).await;
    assert_eq!(rest(&mut idle).await, "");
}

#[tokio::test]
async fn a_flood_of_half_open_connections_displaces_itself() {
    // The share of an address is four.
    let (address, _server) = start(ConnectionLimits { connections: 16, ..patient() }).await;
    let before = count("address");
    let mut oldest = send(address, "GET / HTTP/1.1\r\n").await;
    let mut others = Vec::new();
    for _ in 0..40 {
        others.push(send(address, "GET / HTTP/1.1\r\n").await);
    }
    ask(&mut send(address, "").await).await;
    assert_eq!(rest(&mut oldest).await, "");
    assert!(count("address") >= before + 37);
}

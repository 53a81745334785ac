//! The whole service on a real store, over real sockets.
mod backups;
mod tls;

use std::time::Instant;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::engine::tests::{NOW, settings};

async fn get(addr: SocketAddr, path: &str) -> String {
    try_get(addr, path).await.unwrap()
}

async fn try_get(addr: SocketAddr, path: &str) -> io::Result<String> {
    read(TcpStream::connect(addr).await?, path).await
}

/// Asks for a page over any stream, and reads the answer to its end.
async fn read(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> io::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_answers_stops_and_starts_again_on_the_same_data() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let running = start(settings(dir.path())).await.unwrap();
        assert!(get(running.http_addr, "/readyz").await.starts_with("HTTP/1.1 200"));
        assert!(get(running.http_addr, "/metrics").await.contains("wattkampen_board_version"));
        TcpStream::connect(running.mqtt_addr.unwrap()).await.unwrap();
        let taken = Settings { http: running.http_addr, ..settings(dir.path()) };
        assert!(matches!(start(taken).await, Err(ServiceError::Http { .. })));
        assert!(matches!(start(settings(dir.path())).await, Err(ServiceError::Engine(_))));
        running.shutdown().await.unwrap();
    }
}

/// A client of MQTT 3.1.1 that publishes readings at QoS 1.
struct Gateway<S = TcpStream>(S);

impl Gateway {
    async fn connect(addr: SocketAddr, client: &str) -> io::Result<Self> {
        Self::over(TcpStream::connect(addr).await?, client).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Gateway<S> {
    async fn over(mut stream: S, client: &str) -> io::Result<Self> {
        let mut connect = vec![0x10, 12 + client.len() as u8, 0, 4];
        connect.extend(b"MQTT\x04\x02\x00\x00\x00");
        connect.push(client.len() as u8);
        connect.extend(client.as_bytes());
        stream.write_all(&connect).await?;
        let mut connack = [0; 4];
        stream.read_exact(&mut connack).await?;
        assert_eq!(connack, [0x20, 2, 0, 0]);
        Ok(Self(stream))
    }

    /// Publishes a reading of this many seconds ago, and waits for its PUBACK.
    async fn publish(&mut self, seconds_ago: i64) -> io::Result<()> {
        let topic = "wattkampen/v1/g0/reading";
        let at = wire::Time::from_unix(NOW - seconds_ago).unwrap();
        let payload = format!(r#"{{"meter":"m0","t":"{at}","import_wh":1000}}"#);
        let mut publish = vec![0x32, (topic.len() + payload.len() + 4) as u8, 0, topic.len() as u8];
        publish.extend(topic.as_bytes());
        publish.extend([0, 7]);
        publish.extend(payload.as_bytes());
        self.0.write_all(&publish).await?;
        let mut puback = [0; 4];
        self.0.read_exact(&mut puback).await?;
        assert_eq!(puback, [0x40, 2, 0, 7]);
        Ok(())
    }

    async fn ping(&mut self) -> io::Result<()> {
        self.0.write_all(&[0xc0, 0]).await?;
        let mut answer = [0; 2];
        self.0.read_exact(&mut answer).await?;
        assert_eq!(answer, [0xd0, 0]);
        Ok(())
    }
}

async fn publish_reading(addr: SocketAddr, seconds_ago: i64) -> io::Result<()> {
    Gateway::connect(addr, "g0").await?.publish(seconds_ago).await
}

/// Longest time in which an honest client is answered while an attack runs.
const DEADLINE: Duration = Duration::from_secs(20);
/// Tries in which an honest client is answered while an attack runs.
const ATTEMPTS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn half_sent_requests_lock_out_neither_visitors_nor_gateways() {
    let dir = tempfile::tempdir().unwrap();
    let running = start(settings(dir.path())).await.unwrap();
    let http = running.http_addr;
    // Both ends are in this process, so that a machine with few descriptors has a smaller attack.
    let attackers = (Descriptors::of_process().mqtt / 3).min(2000);
    assert!(attackers >= 200, "the limit of open files is too low for this test");
    let (attacked, mut attack) = watch::channel(0);
    let attacker = tokio::spawn(async move {
        let mut held = std::collections::VecDeque::new();
        loop {
            let mut stream = TcpStream::connect(http).await.unwrap();
            // What the server has closed by now is an error, and no concern of the attacker.
            let _ = stream.write_all(b"GET / HTTP/1.1\r\nhost: loc").await;
            held.push_back(stream);
            attacked.send_modify(|count| *count += 1);
            if held.len() >= attackers {
                held.pop_front();
            }
        }
    });
    attack.wait_for(|count| *count >= attackers).await.unwrap();
    let begun = Instant::now();
    let mut attempts = 0;
    while !try_get(http, "/").await.is_ok_and(|page| page.starts_with("HTTP/1.1 200")) {
        attempts += 1;
        assert!(attempts < ATTEMPTS, "a visitor is not answered in {ATTEMPTS} attempts");
    }
    timeout(DEADLINE, publish_reading(running.mqtt_addr.unwrap(), 1))
        .await
        .expect("a gateway gets its PUBACK while the attack runs")
        .unwrap();
    assert!(begun.elapsed() < DEADLINE, "an honest client waits for {:?}", begun.elapsed());
    assert!(!attacker.is_finished(), "the attack runs all the time");
    attacker.abort();
    let metrics = get(http, "/metrics").await;
    assert!(metrics.contains("wattkampen_http_limits_total{limit=\"address\"}"), "{metrics}");
    running.shutdown().await.unwrap();
}

/// What `/readyz` says of one part, asked again until it is `wanted`.
async fn wait_for_part(http: SocketAddr, part: &str, wanted: bool) -> String {
    let asked = async {
        loop {
            let answer = get(http, "/readyz").await;
            if answer.contains(&format!("\"{part}\":{wanted}")) {
                return answer;
            }
        }
    };
    timeout(DEADLINE, asked).await.unwrap_or_else(|_| panic!("{part} is never {wanted}"))
}

/// Services of other tests in this process write the same metrics.
async fn wait_for_metric(http: SocketAddr, line: &str) {
    let asked = async { while !get(http, "/metrics").await.contains(line) {} };
    timeout(DEADLINE, asked).await.unwrap_or_else(|_| panic!("/metrics never has {line}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_once_the_data_directory_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let running = start(settings(&data)).await.unwrap();
    let (http, mqtt) = (running.http_addr, running.mqtt_addr.unwrap());
    let publish = |second| timeout(DEADLINE, publish_reading(mqtt, second));
    publish(1).await.expect("acknowledged").unwrap();
    wait_for_part(http, "data", true).await;
    // Moved away, and another in its place.
    let elsewhere = dir.path().join("elsewhere");
    std::fs::rename(&data, &elsewhere).unwrap();
    std::fs::create_dir(&data).unwrap();
    let answer = wait_for_part(http, "data", false).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("the store's file was deleted or replaced"), "{answer}");
    let unacknowledged = publish_reading(mqtt, 2);
    tokio::pin!(unacknowledged);
    let refused = async {
        tokio::select! {
            _ = wait_for_part(http, "store", false) => {}
            _ = &mut unacknowledged => panic!("a reading in a deleted file is acknowledged"),
        }
    };
    timeout(DEADLINE, refused).await.expect("the store is not ready");
    wait_for_metric(http, "wattkampen_ready{part=\"data\"} 0").await;
    // Put back, the files have all that was committed, and the reading is acknowledged.
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&elsewhere, &data).unwrap();
    timeout(DEADLINE, unacknowledged).await.expect("acknowledged").unwrap();
    wait_for_part(http, "store", true).await;
    assert!(wait_for_part(http, "data", true).await.starts_with("HTTP/1.1 200"));
    std::fs::remove_dir_all(&data).unwrap();
    wait_for_part(http, "data", false).await;
    let error = running.shutdown().await.unwrap_err();
    assert!(error.to_string().contains("was deleted or replaced"), "{error}");
    assert!(error.hint().contains("restore a backup"), "{}", error.hint());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_nearly_full_is_not_ready() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { min_free_bytes: u64::MAX, ..settings(dir.path()) };
    let running = start(settings).await.unwrap();
    let answer = get(running.http_addr, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("\"store\":true,\"data\":true,\"disk\":false"), "{answer}");
    wait_for_metric(running.http_addr, "wattkampen_ready{part=\"disk\"} 0").await;
    wait_for_metric(running.http_addr, "\nwattkampen_data_free_bytes ").await;
    running.shutdown().await.unwrap();
}

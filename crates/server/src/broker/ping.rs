//! Whether the broker answers at its address, by a whole TCP connection.
use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A CONNECT of MQTT 5 with an authentication method, which the broker refuses before it asks for
/// credentials: the CONNACK shows that listener and broker work, and no login is needed.
const CONNECT: &[u8] = b"\x10\x14\0\x04MQTT\x05\x02\0\0\x07\x15\0\x04ping\0\0";

/// The first byte of a CONNACK.
const CONNACK: u8 = 0x20;

/// Whether the broker that listens at `addr` answers.
pub(crate) async fn ping(addr: SocketAddr) -> bool {
    let answer = async {
        let mut stream = TcpStream::connect(reachable(addr)).await?;
        stream.write_all(CONNECT).await?;
        stream.read_u8().await
    };
    matches!(timeout(TIMEOUT, answer).await, Ok(Ok(CONNACK)))
}

/// An address at which this machine reaches a listener at `addr`.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let loopback = match addr {
        SocketAddr::V4(_) => [127, 0, 0, 1].into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    if addr.ip().is_unspecified() { SocketAddr::new(loopback, addr.port()) } else { addr }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Login, Secret,
        broker::{Config, Limits, start},
        ingest,
    };

    #[tokio::test]
    async fn a_broker_answers_as_long_as_it_runs_also_with_logins() {
        let login = Login { user: "mora".into(), password: Secret("p".into()), gateway: None };
        let config = Config {
            listen: ([0, 0, 0, 0], 0).into(),
            tls: None,
            logins: vec![login],
            state_file: None,
            limits: Limits::default(),
        };
        let (inbox, _deliveries) = ingest::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let ends = async move { drop(stopped.await) };
        let mut broker = start(config, inbox, ends).await.unwrap();
        assert!(ping(broker.addr).await);
        stop.send(()).unwrap();
        broker.ended().await;
        assert!(!ping(broker.addr).await);
    }
}

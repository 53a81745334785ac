//! The embedded MQTT broker, whose acknowledgement means committed.
//!
//! # Why this, and why this library
//! The PUBACK (PUBREC) to a gateway goes out after the store's commit, so a broker
//! library that acknowledges on receipt is of no use, and one that awaits a handler
//! for each publish caps a pipelining client at one publish a commit. What is left is
//! to own sessions and routing and to leave the protocol to a library that does no
//! I/O. Trial (1 000 000 QoS 1 publishes of 126 bytes, framing, protocol state, PUBACK
//! encoded; one core of two, release):
//!
//! | library | v3.1.1 | v5 | of the protocol it leaves to us |
//! |---|---|---|---|
//! | `mqtt-protocol-core` 0.7 | 0.28 µs | 0.32 µs | sessions across connections |
//! | rumqttc's `mqttbytes` | 0.10 µs | 0.10 µs | all state, twice: one codec a version |
//! | ntex-mqtt 8.2, rmqtt 0.24 | | | a handler awaited a publish; own runtime, 274 crates |
//!
//! The first it is: 0.2 µs are nothing beside a commit, and receive maximum, topic
//! aliases, packet identifiers, size limits and reason codes come with it, checked
//! before a byte of a too large packet is kept. `protocol` tells what it lacks.
//!
//! # What it does
//! - MQTT 3.1.1 and 5 on one port. QoS 0, 1, 2 from clients; to subscribers at most
//!   QoS 1 (a subscription at QoS 2 is granted 1). No shared subscriptions, no
//!   enhanced authentication: both are answered as the standard has it.
//! - `wattkampen/v1/…` goes to the engine, and to subscribers after the commit, also
//!   at QoS 0 and also a will. Pages are the server's alone. All other topics are
//!   routed at once, as any broker does, for panels and tools.
//! - Acknowledgements of one connection keep their order; any number up to
//!   [`Limits::waiting`] waits for a commit together. While the engine is behind, the
//!   socket is not read.
//! - Sessions outlive connections, in memory, for at most [`Limits::session_expiry`];
//!   a restart forgets them, and says so (session present 0). What is retained, and
//!   who was connected, survives in a file (`keeper`).
//! - Everything a client can make grow has a bound ([`Limits`]); policies stand in
//!   `session` (queues) and `access` (rights).
//!
//! A TLS listener has its place in `accept`: `link::serve` takes any byte stream.
mod access;
mod away;
mod filter;
mod hub;
mod keeper;
mod limits;
mod link;
mod message;
mod protocol;
mod retained;
mod routes;
mod session;
mod waiting;

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use mqtt_protocol_core::mqtt::packet::Qos;
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::{Duration, sleep},
};

pub use limits::Limits;

use crate::{
    Login,
    ingest::Inbox,
    publish::{Busy, Publisher},
};
use access::Access;
use hub::Hub;
use message::Message;

/// What the broker is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Who may connect. Empty: anybody, from loopback addresses only.
    pub logins: Vec<Login>,
    /// The file in which it remembers what is retained; `None`: only in memory.
    pub memory: Option<PathBuf>,
    /// Bounds.
    pub limits: Limits,
}

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or not ours.
    #[error("MQTT cannot listen on {addr}; choose another `mqtt` in [server], or port 0")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The memory cannot be read.
    #[error("{} cannot be read; make it readable, or remove it to begin without retained messages", path.display())]
    Memory {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A running broker.
#[derive(Debug)]
pub struct Broker {
    /// Where it listens.
    pub addr: SocketAddr,
    publisher: Arc<Mouth>,
    ended: mpsc::Receiver<Infallible>,
}

impl Broker {
    /// For the server's own messages; refuses when the broker has ended.
    pub fn publisher(&self) -> Arc<dyn Publisher> {
        self.publisher.clone()
    }

    /// Waits until the broker has ended after its `shutdown`: all that was committed
    /// is answered, the memory is on disk, the inbox is closed.
    pub async fn ended(&mut self) {
        // Nothing is ever sent: this waits for the last sender to go.
        while self.ended.recv().await.is_some() {}
    }
}

/// Starts the broker; it ends when `shutdown` does. The engine must go on until the
/// broker has closed its inbox, or clients do not hear of their last commits.
///
/// # Errors
/// The address is taken, or the memory cannot be read.
pub async fn start(
    config: Config,
    inbox: Inbox,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Broker, StartError> {
    let Config { listen, logins, memory, limits } = config;
    let listener = bind(listen).map_err(|source| StartError::Listen { addr: listen, source })?;
    let addr =
        listener.local_addr().map_err(|source| StartError::Listen { addr: listen, source })?;
    let read = match &memory {
        Some(path) => keeper::load(path)
            .map_err(|source| StartError::Memory { path: path.clone(), source })?,
        None => keeper::Memory::default(),
    };
    let wills = read.wills.clone();
    let (alive, ended) = mpsc::channel(1);
    let hub = Arc::new(Hub::new(limits, Access::new(logins), inbox, memory, read, alive));
    let publisher = Arc::new(Mouth(Arc::downgrade(&hub)));
    if !wills.is_empty() {
        tokio::spawn(mourn(Arc::downgrade(&hub), hub.limits.grace, wills));
    }
    tokio::spawn(accept(hub, listener, shutdown));
    Ok(Broker { addr, publisher, ended })
}

fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Inherited by connections: finds peers that are gone and had no keep-alive.
    socket.set_keepalive(true)?;
    socket.bind(addr)?;
    socket.listen(1024)
}

async fn accept(
    hub: Arc<Hub>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let room = Arc::new(Semaphore::new(hub.limits.connections));
    let (stop, stopped) = watch::channel(false);
    let writer = tokio::spawn(remember(hub.clone(), stopped.clone()));
    let mut links = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = links.join_next(), if !links.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, mostly: the others go on, and leave. Nothing tells
                // when one is free, and a retry at once would only spin.
                tracing::warn!("an MQTT connection cannot be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = room.clone().try_acquire_owned() else {
            metrics::counter!("wattkampen_mqtt_refused_total", "reason" => "full").increment(1);
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (hub, stopped) = (hub.clone(), stopped.clone());
        links.spawn(async move {
            link::serve(hub, stream, peer, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    stop.send_replace(true);
    while links.join_next().await.is_some() {}
    let _ = writer.await;
}

/// Writes the memory when it has changed, and at the end.
async fn remember(hub: Arc<Hub>, mut stop: watch::Receiver<bool>) {
    let Some(path) = hub.memory.clone() else { return };
    loop {
        let last = tokio::select! {
            biased;
            () = hub.changed.notified() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if !last {
            let _ = tokio::time::timeout(keeper::PAUSE, stop.wait_for(|stop| *stop)).await;
        }
        let (memory, to) = (hub.remember(), path.clone());
        let saved = tokio::task::spawn_blocking(move || keeper::save(&to, &memory)).await;
        if let Ok(Err(error)) = saved {
            tracing::error!(
                "{} cannot be written: {error}; free some space or mend its rights, or retained messages are lost at a restart",
                path.display()
            );
        }
        if last {
            return;
        }
    }
}

/// Publishes the wills of those who were connected when the last run ended and do
/// not come back.
async fn mourn(hub: Weak<Hub>, grace: Duration, wills: Vec<(Arc<str>, Arc<Message>)>) {
    sleep(grace).await;
    let Some(hub) = hub.upgrade() else { return };
    for will in hub.orphans(&wills) {
        let arrival = hub.arrival();
        away::farewell(hub.clone(), will.with_arrival(arrival));
    }
}

/// The server's own way to publish. Weak, so that whoever holds it does not keep the
/// inbox open.
#[derive(Debug)]
struct Mouth(Weak<Hub>);

impl Publisher for Mouth {
    fn publish(&self, topic: &str, payload: Bytes, retain: bool) -> Result<(), Busy> {
        let hub = self.0.upgrade().ok_or(Busy)?;
        let message = Message::new(topic.into(), &payload[..], Qos::AtLeastOnce, retain, &[]);
        let message = message.map_err(|_| Busy)?;
        hub.publish(&Arc::new(Message { arrival: hub.arrival(), ..message }));
        Ok(())
    }
}

//! The embedded MQTT broker, whose acknowledgement means committed.
//!
//! # Choice of the library
//! The broker sends a PUBACK or PUBREC after the store's commit. A broker library that
//! acknowledges on receipt cannot do that, and one that awaits a handler for each publish limits
//! a pipelining client to one publish a commit. Sessions and routing are therefore implemented
//! here, and the protocol is left to a library that does no I/O. A trial with 1 000 000 QoS 1
//! publishes of 126 bytes (framing, protocol state, encoding of the PUBACK; one core of two,
//! release build):
//!
//! | library | v3.1.1 | v5 | what it leaves to the broker |
//! |---|---|---|---|
//! | `mqtt-protocol-core` 0.7 | 0.28 µs | 0.32 µs | sessions across connections |
//! | rumqttc's `mqttbytes` | 0.10 µs | 0.10 µs | all state, with one codec for each version |
//! | ntex-mqtt 8.2, rmqtt 0.24 | | | an awaited handler for each publish; own runtime, 274 crates |
//!
//! The first is used: 0.2 µs are negligible beside a commit, and it implements receive maximum,
//! topic aliases, packet identifiers, size limits and reason codes, and checks them before it
//! stores a byte of a packet that is too large. `protocol` lists what it lacks.
//!
//! # Behaviour
//! - MQTT 3.1.1 and 5 on one port, and over TLS on another (`listeners`). Clients publish at QoS 0, 1 and 2; subscriptions are granted
//!   at most QoS 1. Shared subscriptions and enhanced authentication are refused with the reason
//!   codes of the standard.
//! - Messages to `wattkampen/v1/…` go to the engine and are routed to subscribers after the
//!   commit, also at QoS 0 and also wills. Only the server publishes pages. Messages to other
//!   topics are routed at once, for panels and tools.
//! - The acknowledgements of one connection keep their order. Up to [`Limits::receive_maximum`]
//!   publishes wait together for a commit. The socket is not read while the engine is behind.
//! - Sessions outlive connections, in memory, for at most [`Limits::session_expiry`]. They do not
//!   survive a restart (Session Present is 0 then). Retained messages and the wills of connected
//!   clients survive it in a file (`persistence`).
//! - A session belongs to login and client identifier: a client with another login and the same
//!   client identifier has a session of its own, and takes over nothing. Rights are checked again
//!   when a session resumes.
//! - Everything that a client can make grow has a bound in [`Limits`], of which one login has a
//!   share: `limits` states the numbers, `session_table` which session gives way, `session` the
//!   policy of queues, `retained` the room that gateways' own topics have, and `access` the
//!   rights. A limit that bites is counted at `/metrics` and logged (`limit_log`).
//! - A publish whose retained message is not kept for lack of room is refused with Quota exceeded;
//!   in MQTT 3.1.1, which has no such answer, the connection is closed instead.
mod access;
mod connection;
mod filter;
mod hub;
mod ingest;
mod lease;
mod limit_log;
mod limits;
mod listeners;
mod message;
mod owner;
mod pending_acks;
mod persistence;
mod ping;
mod protocol;
mod retained;
mod session;
mod session_table;
mod subscriptions;
mod usage;
mod wills;

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use mqtt_protocol_core::mqtt::packet::Qos;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
    task::JoinSet,
    time::{Duration, sleep, timeout},
};

pub use limits::Limits;
pub(crate) use ping::ping;

use crate::{
    Login,
    ingest::Inbox,
    publish::{Busy, Publisher},
    tls::{Tls, TlsError, TlsSettings, TlsUse},
};
use access::Access;
use hub::Hub;
use lease::Lease;
use limit_log::LimitKind;
use listeners::{Listeners, bind};
use message::Message;
use owner::Owner;

/// The configuration of the broker.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address of the listener; port 0 picks a free port.
    pub listen: SocketAddr,
    /// A second listener, with TLS.
    pub tls: Option<TlsListener>,
    /// The clients that may connect. Where it is empty, every client on a loopback address may.
    pub logins: Vec<Login>,
    /// The file of retained messages and wills; `None` keeps them in memory only.
    pub state_file: Option<PathBuf>,
    /// The bounds of what clients may use.
    pub limits: Limits,
}

/// A listener for MQTT over TLS.
#[derive(Debug, Clone)]
pub struct TlsListener {
    /// Its address; port 0 picks a free port.
    pub listen: SocketAddr,
    /// Certificate, key, and the authority of clients if they have to show certificates.
    pub files: TlsSettings,
}

/// Why the broker does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is in use, or not one of this machine.
    #[error("MQTT cannot listen on {addr}; choose another `mqtt` in [server], or port 0")]
    Listen {
        /// The configured address.
        addr: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The files of TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The file of retained messages and wills cannot be read.
    #[error("{} cannot be read; make it readable, or remove it to start without retained messages", path.display())]
    StateFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// A running broker.
#[derive(Debug)]
pub struct Broker {
    /// The address of the listener.
    pub addr: SocketAddr,
    /// The address of the listener with TLS, if there is one.
    pub tls_addr: Option<SocketAddr>,
    publisher: Arc<BrokerPublisher>,
    ended: mpsc::Receiver<Infallible>,
}

impl Broker {
    /// The publisher of the server's own messages. It fails when the broker has ended.
    pub fn publisher(&self) -> Arc<dyn Publisher> {
        self.publisher.clone()
    }

    /// Waits until the broker has ended after its `shutdown`: everything committed is
    /// acknowledged, the state file is written, the inbox is closed.
    pub async fn ended(&mut self) {
        // Nothing is ever sent: this waits until the last sender is dropped.
        while self.ended.recv().await.is_some() {}
    }
}

/// Starts the broker; it ends when `shutdown` completes. The engine has to run until the broker
/// has closed its inbox; otherwise the last commits are not acknowledged.
///
/// # Errors
/// The address cannot be bound, or the state file cannot be read.
pub async fn start(
    config: Config,
    inbox: Inbox,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Broker, StartError> {
    let Config { listen, tls, logins, state_file, limits } = config;
    let (listener, addr) = bind(listen)?;
    let tls = match tls {
        Some(TlsListener { listen, files }) => {
            Some((bind(listen)?, Arc::new(Tls::load(files, TlsUse::Mqtt)?)))
        }
        None => None,
    };
    let tls_addr = tls.as_ref().map(|((_, addr), _)| *addr);
    let listeners = Listeners { plain: listener, tls: tls.map(|((plain, _), tls)| (plain, tls)) };
    let state = match &state_file {
        Some(path) => persistence::load(path)
            .map_err(|source| StartError::StateFile { path: path.clone(), source })?,
        None => persistence::PersistentState::default(),
    };
    let stored_wills = state.wills.clone();
    let (alive, ended) = mpsc::channel(1);
    let hub = Arc::new(Hub::new(limits, Access::new(logins), inbox, state_file, state, alive));
    let publisher = Arc::new(BrokerPublisher(Arc::downgrade(&hub)));
    if !stored_wills.is_empty() {
        let grace = hub.limits.will_grace;
        tokio::spawn(wills::publish_orphan_wills(Arc::downgrade(&hub), grace, stored_wills));
    }
    tokio::spawn(accept(hub, listeners, shutdown));
    Ok(Broker { addr, tls_addr, publisher, ended })
}

async fn accept(
    hub: Arc<Hub>,
    listeners: Listeners,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let permits = Arc::new(Semaphore::new(hub.limits.connections));
    let (stop, stopped) = watch::channel(false);
    let writer = tokio::spawn(save_changes(hub.clone(), stopped.clone()));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listeners.accept() => accepted,
        };
        let (stream, peer, tls) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly a lack of file descriptors, which ends when other connections do. No
                // event reports that, and an immediate retry would spin.
                tracing::warn!("an MQTT connection cannot be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(places) = admit(&hub, &permits, peer.ip()) else {
            metrics::counter!("wattkampen_mqtt_refused_total", "reason" => "full").increment(1);
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (hub, stopped) = (hub.clone(), stopped.clone());
        connections.spawn(async move {
            let Places { half_open, _permit, _address } = places;
            match tls {
                None => connection::serve(hub, stream, peer, half_open, stopped).await,
                Some(tls) => {
                    let limit = hub.limits.connect_timeout;
                    match timeout(limit, tls.acceptor().accept(stream)).await {
                        Ok(Ok(stream)) => {
                            connection::serve(hub, stream, peer, half_open, stopped).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%peer, "a TLS handshake failed: {error}"),
                        Err(_) => tracing::debug!(%peer, "a TLS handshake takes too long"),
                    }
                }
            }
        });
    }
    drop(listeners);
    stop.send_replace(true);
    while connections.join_next().await.is_some() {}
    let _ = writer.await;
}

/// The places that a new connection takes.
struct Places {
    half_open: Lease,
    _address: Lease,
    _permit: OwnedSemaphorePermit,
}

/// Places for a connection from this address; `None` where a limit is reached.
fn admit(hub: &Hub, permits: &Arc<Semaphore>, peer: IpAddr) -> Option<Places> {
    let address = Owner::address(peer);
    let refused = |kind| hub.limit_log.record(kind, &address, "a connection is closed at once");
    let half_open = hub.half_open.take(&address, hub.limits.half_open(&address));
    let half_open = half_open.or_else(|| {
        refused(LimitKind::HalfOpen);
        None
    })?;
    let of_address =
        hub.address_connections.take(&address, hub.limits.address_connections(&address));
    let permit = permits.clone().try_acquire_owned().ok();
    let (Some(_address), Some(_permit)) = (of_address, permit) else {
        refused(LimitKind::Connections);
        return None;
    };
    Some(Places { half_open, _address, _permit })
}

/// Writes the state file when the state has changed, and at the end.
async fn save_changes(hub: Arc<Hub>, mut stop: watch::Receiver<bool>) {
    let Some(path) = hub.state_file.clone() else { return };
    loop {
        let last = tokio::select! {
            biased;
            () = hub.changed.notified() => false,
            _ = stop.wait_for(|stop| *stop) => true,
        };
        if !last {
            let _ =
                tokio::time::timeout(persistence::SAVE_INTERVAL, stop.wait_for(|stop| *stop)).await;
        }
        let (state, to) = (hub.persistent_state(), path.clone());
        let saved = tokio::task::spawn_blocking(move || persistence::save(&to, &state)).await;
        if let Ok(Err(error)) = saved {
            tracing::error!(
                "{} cannot be written: {error}; free some space or make it writable, or a restart loses the retained messages",
                path.display()
            );
        }
        if last {
            return;
        }
    }
}

/// Publishes the server's own messages. The reference is weak, so that it does not keep the
/// inbox open.
#[derive(Debug)]
struct BrokerPublisher(Weak<Hub>);

impl Publisher for BrokerPublisher {
    fn publish(&self, topic: &str, payload: Bytes, retain: bool) -> Result<(), Busy> {
        let hub = self.0.upgrade().ok_or(Busy)?;
        let message = Message::new(topic.into(), &payload[..], Qos::AtLeastOnce, retain, &[]);
        let message = message.map_err(|_| Busy)?;
        hub.publish(&Arc::new(Message { arrival: hub.next_arrival(), ..message }));
        Ok(())
    }
}

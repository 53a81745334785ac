//! An [`Uplink`] for machines with an operating system: MQTT 3.1.1 by rumqttc on tokio.
//! The only module of this crate that uses `std`; it needs the feature `mqtt`.
use core::fmt;
use core::time::Duration;
use std::borrow::ToOwned;
use std::boxed::Box;
use std::collections::{HashMap, VecDeque};
use std::string::String;
use std::sync::{Arc, Mutex, PoisonError};
use std::vec::Vec;

use rumqttc::{
    AsyncClient, Broker, ClientError, ConnectionError, Event, EventLoop, LastWill, MqttOptions,
    Outgoing, Packet, PublishOptions, QoS, Transport,
};
pub use rumqttc::{TlsConfiguration, TlsError};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::{ConnectOptions, Message, Token, Uplink, UplinkConnection};

/// Time limit of a connection attempt and of a disconnect.
const TIMEOUT: Duration = Duration::from_secs(10);
const KEEP_ALIVE_S: u16 = 30;

/// User name and password of the MQTT CONNECT packet.
#[derive(Clone)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Where the broker listens, and how a client authenticates itself and the broker.
#[derive(Debug, Clone)]
pub struct BrokerAddress {
    /// Host name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Sent where the broker requires a user.
    pub credentials: Option<Credentials>,
    /// TLS and the certificates that are trusted; plain TCP without it.
    pub tls: Option<TlsConfiguration>,
}

impl BrokerAddress {
    /// rumqttc's options for a connection with this client identifier and a clean session.
    pub fn options(&self, client_id: &str) -> MqttOptions {
        let mut options = MqttOptions::new(client_id, Broker::tcp(self.host.clone(), self.port));
        options.set_keep_alive(KEEP_ALIVE_S).set_clean_session(true);
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::tls_with_config(tls.clone()));
        }
        if let Some(Credentials { user, password }) = &self.credentials {
            options.set_credentials(user.clone(), password.clone());
        }
        options
    }
}

/// TLS that verifies the broker's certificate: against `authority`, certificates in PEM,
/// or against the certificates that the operating system trusts.
///
/// # Errors
/// Where the operating system's certificates cannot be read.
pub fn tls(authority: Option<Vec<u8>>) -> Result<TlsConfiguration, TlsError> {
    match authority {
        Some(ca) => Ok(TlsConfiguration::Simple { ca, alpn: None, client_auth: None }),
        None => TlsConfiguration::try_default_rustls(),
    }
}

/// Why a connection failed or ended.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    /// The connection attempt failed.
    #[error("no connection to the broker: {0}")]
    Connection(#[from] Box<ConnectionError>),
    /// The broker did not answer within the time limit.
    #[error("the broker did not answer within {} s", TIMEOUT.as_secs())]
    Timeout,
    /// The client refused the message.
    #[error("the message cannot be published: {0}")]
    Client(#[from] ClientError),
    /// The connection ended while acknowledgements were outstanding.
    #[error("the connection to the broker broke")]
    Broken,
}

/// Publishes without an acknowledgement yet. rumqttc assigns packet identifiers in the
/// order of the publishes, and reports each in an event.
#[derive(Debug, Default)]
struct InFlight {
    /// Handed to the client, without a packet identifier yet.
    unsent: VecDeque<Token>,
    by_packet_id: HashMap<u16, Token>,
}

/// Opens MQTT connections to one broker.
#[derive(Debug)]
pub struct MqttUplink {
    address: BrokerAddress,
    window: u16,
}

impl MqttUplink {
    /// At most `window` publishes are in flight at once.
    pub const fn new(address: BrokerAddress, window: u16) -> Self {
        Self { address, window }
    }
}

/// An open connection. Its event loop runs in a task of its own: a task that both polls
/// the event loop and publishes would wait for itself when the client's queue is full.
#[derive(Debug)]
pub struct MqttConnection {
    client: AsyncClient,
    in_flight: Arc<Mutex<InFlight>>,
    acknowledged: mpsc::UnboundedReceiver<Token>,
    event_loop: JoinHandle<()>,
}

impl Drop for MqttConnection {
    fn drop(&mut self) {
        self.event_loop.abort();
    }
}

async fn run_event_loop(
    mut events: EventLoop,
    in_flight: Arc<Mutex<InFlight>>,
    acknowledged: mpsc::UnboundedSender<Token>,
) {
    loop {
        let event = match events.poll().await {
            Ok(event) => event,
            Err(error) => {
                tracing::debug!("connection ended: {error}");
                return;
            }
        };
        let mut in_flight = in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Outgoing(Outgoing::Publish(packet_id)) => {
                if let Some(token) = in_flight.unsent.pop_front() {
                    in_flight.by_packet_id.insert(packet_id, token);
                }
            }
            Event::Incoming(Packet::PubAck(ack)) => {
                if let Some(token) = in_flight.by_packet_id.remove(&ack.pkid) {
                    // The receiver is gone only while the connection is being dropped.
                    let _ = acknowledged.send(token);
                }
            }
            _ => {}
        }
    }
}

impl Uplink for MqttUplink {
    type Error = MqttError;
    type Connection<'a> = MqttConnection;

    async fn connect(&mut self, connect: &ConnectOptions) -> Result<MqttConnection, MqttError> {
        // A clean session: unacknowledged readings stay in the outbox and are sent again.
        let mut options = self.address.options(connect.client.as_str());
        options.set_inflight(self.window).set_last_will(LastWill::new(
            connect.will_topic.as_str(),
            connect.will.to_vec(),
            QoS::AtLeastOnce,
            true,
        ));
        let capacity = usize::from(self.window) * 2;
        let (client, mut events) = AsyncClient::builder(options).capacity(capacity).build();
        timeout(TIMEOUT, async {
            loop {
                if let Event::Incoming(Packet::ConnAck(_)) =
                    events.poll().await.map_err(Box::new)?
                {
                    return Ok::<_, MqttError>(());
                }
            }
        })
        .await
        .map_err(|_| MqttError::Timeout)??;
        let in_flight = Arc::new(Mutex::new(InFlight::default()));
        let (sender, acknowledged) = mpsc::unbounded_channel();
        let event_loop = tokio::spawn(run_event_loop(events, Arc::clone(&in_flight), sender));
        Ok(MqttConnection { client, in_flight, acknowledged, event_loop })
    }
}

impl UplinkConnection for MqttConnection {
    type Error = MqttError;

    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), MqttError> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).unsent.push_back(token);
        let options = PublishOptions::new(QoS::AtLeastOnce).retain(message.retain);
        self.client.publish(message.topic.to_owned(), message.payload.to_vec(), options).await?;
        Ok(())
    }

    async fn next_ack(&mut self) -> Result<Token, MqttError> {
        self.acknowledged.recv().await.ok_or(MqttError::Broken)
    }

    async fn disconnect(mut self) -> Result<(), MqttError> {
        self.client.disconnect().await?;
        // The event loop ends when the broker has closed the connection.
        timeout(TIMEOUT, &mut self.event_loop).await.map_err(|_| MqttError::Timeout)?.ok();
        Ok(())
    }
}

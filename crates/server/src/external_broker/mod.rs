//! The client of an external broker: a subscriber that acknowledges after the commit.
//!
//! The broker has a persistent session for the service's client identifier. It delivers again
//! what was published while the service was not connected, and what the service received and did
//! not acknowledge. Every connection has its own [`AsyncClient`] without earlier state: a packet
//! identifier is valid for one connection only, and an acknowledgement for an earlier connection
//! is discarded. The service publishes through a second client, because a client that publishes
//! from the task that polls it can wait for itself.
//!
//! The broker is responsible for what it acknowledged to a gateway until the service
//! acknowledges it. `deploy/mosquitto.conf` states what mosquitto can lose.
mod publisher;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use rumqttc::{
    AckMode, AsyncClient, Broker, Event, EventLoop, ManualAck, MqttOptions, Packet, PubAck,
    Publish, QoS, SubscribeFilter, SubscribeReasonCode, TlsConfiguration, Transport,
};
use tokio::{sync::mpsc, time::sleep};

use crate::{
    ExternalBrokerSettings,
    ingest::{Ack, Acknowledge, Delivery, Inbox},
    publish::Publisher,
};
use publisher::ExternalPublisher;

/// First delay before a reconnect; it doubles up to [`MAX_RETRY_DELAY`].
const MIN_RETRY_DELAY: Duration = Duration::from_millis(200);
/// Longest delay before a reconnect.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(30);
/// Largest packet that is accepted, bytes.
const MAX_PACKET: usize = 2 * 1024 * 1024;

/// Why the client does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file of the certificate authority cannot be read.
    #[error("the certificate authority {path} cannot be read: {error}")]
    Authority {
        /// The configured file.
        path: std::path::PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The certificate authorities of the machine cannot be read.
    #[error("the certificate authorities of this machine cannot be read: {0}")]
    Authorities(#[from] rumqttc::TlsError),
}

/// A running client of an external broker.
#[derive(Debug)]
pub struct ExternalBroker {
    publisher: Arc<ExternalPublisher>,
    ended: mpsc::Receiver<Infallible>,
}

impl ExternalBroker {
    /// The publisher of the service's own messages.
    pub fn publisher(&self) -> Arc<dyn Publisher> {
        self.publisher.clone()
    }

    /// Waits until the client has ended after its `shutdown`.
    pub async fn ended(&mut self) {
        // Nothing is ever sent: this waits until the last sender is dropped.
        while self.ended.recv().await.is_some() {}
    }
}

/// The TLS configuration for `mqtts`: the configured certificate authority, or those of the
/// machine.
fn tls(external: &ExternalBrokerSettings) -> Result<Option<TlsConfiguration>, StartError> {
    if !external.tls {
        return Ok(None);
    }
    Ok(Some(match &external.ca_file {
        Some(path) => {
            let ca = std::fs::read(path)
                .map_err(|error| StartError::Authority { path: path.clone(), error })?;
            TlsConfiguration::Simple { ca, alpn: None, client_auth: None }
        }
        None => TlsConfiguration::try_default_rustls()?,
    }))
}

fn options(
    external: &ExternalBrokerSettings,
    client_id: &str,
    tls: Option<&TlsConfiguration>,
) -> MqttOptions {
    let broker = Broker::tcp(external.host.clone(), external.port);
    let mut options = MqttOptions::new(client_id, broker);
    options.set_keep_alive(30).set_max_packet_size(MAX_PACKET, MAX_PACKET);
    if let Some(tls) = tls {
        options.set_transport(Transport::tls_with_config(tls.clone()));
    }
    if let Some(user) = &external.user {
        let password = external.password.as_ref().map_or("", |password| password.0.as_str());
        options.set_credentials(user.clone(), password.to_owned());
    }
    options
}

/// Starts the client, which reconnects until `shutdown` completes. `connected` is called with
/// whether the subscriptions are active.
///
/// # Errors
/// Where the certificate authorities for an `mqtts` broker cannot be read.
pub fn start(
    external: &ExternalBrokerSettings,
    inbox: Inbox,
    connected: impl Fn(bool) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<ExternalBroker, StartError> {
    let tls = tls(external)?;
    let mut subscriber = options(external, &external.client_id, tls.as_ref());
    subscriber.set_clean_session(false).set_ack_mode(AckMode::Manual);
    let publisher_id = format!("{}-out", external.client_id);
    let (publisher, publishing) =
        ExternalPublisher::new(options(external, &publisher_id, tls.as_ref()));
    let (alive, ended) = mpsc::channel(1);
    tokio::spawn(async move {
        let _alive = alive;
        tokio::pin!(shutdown);
        tokio::select! {
            () = &mut shutdown => {}
            () = subscribe(subscriber, inbox, connected) => {}
            () = publishing => {}
        }
    });
    Ok(ExternalBroker { publisher: Arc::new(publisher), ended })
}

/// The subscriber of one connection. The token of an [`Ack`] is a packet identifier.
#[derive(Debug)]
struct Subscriber {
    client: AsyncClient,
    closed: AtomicBool,
}

impl Acknowledge for Subscriber {
    fn acknowledge(&self, tokens: &[u64]) {
        if self.closed.load(Relaxed) {
            return;
        }
        for &token in tokens {
            let Ok(packet_id) = u16::try_from(token) else { continue };
            // The broker's window of messages in flight bounds the queue.
            if self.client.try_manual_ack(ManualAck::PubAck(PubAck::new(packet_id))).is_err() {
                return;
            }
        }
    }
}

async fn subscribe(options: MqttOptions, inbox: Inbox, connected: impl Fn(bool)) {
    let mut delay = MIN_RETRY_DELAY;
    loop {
        let (client, events) = AsyncClient::builder(options.clone()).unbounded().build();
        let subscriber = Arc::new(Subscriber { client, closed: AtomicBool::new(false) });
        let subscribed = serve(&subscriber, events, &inbox, &connected).await;
        subscriber.closed.store(true, Relaxed);
        connected(false);
        if inbox.is_closed() {
            return;
        }
        delay = if subscribed { MIN_RETRY_DELAY } else { (delay * 2).min(MAX_RETRY_DELAY) };
        sleep(delay).await;
    }
}

/// Serves a connection until it ends; whether it subscribed.
///
/// A future of its own forwards the deliveries to the inbox: acknowledgements have to leave also
/// while the inbox is full. The broker's window of messages in flight bounds the channel.
async fn serve(
    subscriber: &Arc<Subscriber>,
    events: EventLoop,
    inbox: &Inbox,
    connected: &impl Fn(bool),
) -> bool {
    let (received, mut deliveries) = mpsc::unbounded_channel();
    let forward = async {
        while let Some(delivery) = deliveries.recv().await {
            if inbox.send(delivery).await.is_err() {
                return;
            }
        }
    };
    let mut subscribed = false;
    tokio::select! {
        () = forward => {}
        () = poll(subscriber, events, received, connected, &mut subscribed) => {}
    }
    subscribed
}

async fn poll(
    subscriber: &Arc<Subscriber>,
    mut events: EventLoop,
    received: mpsc::UnboundedSender<Delivery>,
    connected: &impl Fn(bool),
    subscribed: &mut bool,
) {
    let filters = || {
        [wire::Topic::ALL_READINGS, wire::Topic::ALL_STATUS]
            .map(|filter| SubscribeFilter::new(filter.to_owned(), QoS::AtLeastOnce))
    };
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                if subscriber.client.try_subscribe_many(filters()).is_err() {
                    return;
                }
            }
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                if answer.return_codes.contains(&SubscribeReasonCode::Failure) {
                    tracing::error!(
                        "the external broker refuses the subscriptions to {} and {}; give the user of the service the right to read them",
                        wire::Topic::ALL_READINGS,
                        wire::Topic::ALL_STATUS
                    );
                    return;
                }
                *subscribed = true;
                connected(true);
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                if received.send(delivery(subscriber, publish)).is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!("no connection to the external broker: {error}");
                return;
            }
        }
    }
}

fn delivery(subscriber: &Arc<Subscriber>, publish: Publish) -> Delivery {
    let connection =
        (publish.qos != QoS::AtMostOnce).then(|| Arc::clone(subscriber) as Arc<dyn Acknowledge>);
    Delivery {
        topic: String::from_utf8_lossy(&publish.topic).into(),
        payload: publish.payload,
        ack: Ack { connection, token: publish.pkid.into() },
    }
}

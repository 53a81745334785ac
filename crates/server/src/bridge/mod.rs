//! The external broker: a subscriber that acknowledges after the commit.
//!
//! The broker keeps a persistent session under our client identifier, so what
//! came while we were away, and what we took but did not acknowledge, comes again.
//! Each connection is a client of its own with nothing carried over: packet
//! identifiers live as long as a connection, and an acknowledgement made for an
//! earlier one finds its client gone and falls away. What the service says goes
//! through a second client, since one that publishes from where it polls can wait
//! for itself.
//!
//! What the broker acknowledged to a gateway is the broker's promise; ours begins
//! when we acknowledge to it. `deploy/mosquitto.conf` makes mosquitto keep it.
mod mouth;

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
    External,
    ingest::{Ack, Acknowledge, Delivery, Inbox},
    publish::Publisher,
};
use mouth::Mouth;

/// First wait before connecting again; doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(200);
/// Longest wait before connecting again.
const LONGEST: Duration = Duration::from_secs(30);
/// Longest packet that is taken; a longer one is the sender's fault, and the broker's
/// to refuse.
const MAX_PACKET: usize = 2 * 1024 * 1024;

/// Why there is no bridge.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The named certificate authority cannot be read.
    #[error("the certificate authority {path}: {error}")]
    Authority {
        /// Of the file.
        path: std::path::PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// The authorities that the machine trusts cannot be read.
    #[error("the certificate authorities of this machine: {0}")]
    Authorities(#[from] rumqttc::TlsError),
}

/// A running bridge.
#[derive(Debug)]
pub struct Bridge {
    publisher: Arc<Mouth>,
    ended: mpsc::Receiver<Infallible>,
}

impl Bridge {
    /// For the service's own messages.
    pub fn publisher(&self) -> Arc<dyn Publisher> {
        self.publisher.clone()
    }

    /// Waits until the bridge has ended after its `shutdown`.
    pub async fn ended(&mut self) {
        // Nothing is ever sent: this waits for the last sender to go.
        while self.ended.recv().await.is_some() {}
    }
}

/// How the broker proves who it is: by the named authority, or by one that the machine
/// trusts.
fn tls(external: &External) -> Result<Option<TlsConfiguration>, StartError> {
    if !external.tls {
        return Ok(None);
    }
    Ok(Some(match &external.authority {
        Some(path) => {
            let ca = std::fs::read(path)
                .map_err(|error| StartError::Authority { path: path.clone(), error })?;
            TlsConfiguration::Simple { ca, alpn: None, client_auth: None }
        }
        None => TlsConfiguration::try_default_rustls()?,
    }))
}

fn options(external: &External, client: &str, tls: Option<&TlsConfiguration>) -> MqttOptions {
    let broker = Broker::tcp(external.host.clone(), external.port);
    let mut options = MqttOptions::new(client, broker);
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

/// Starts the bridge; it goes on connecting until `shutdown` ends. `open` hears
/// whether it is connected.
///
/// # Errors
/// Where there are no certificate authorities to hold an `mqtts` broker against.
pub fn start(
    external: &External,
    inbox: Inbox,
    open: impl Fn(bool) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Bridge, StartError> {
    let tls = tls(external)?;
    let mut subscriber = options(external, &external.client, tls.as_ref());
    subscriber.set_clean_session(false).set_ack_mode(AckMode::Manual);
    let mouth = format!("{}-out", external.client);
    let (publisher, speech) = Mouth::new(options(external, &mouth, tls.as_ref()));
    let (alive, ended) = mpsc::channel(1);
    tokio::spawn(async move {
        let _alive = alive;
        tokio::pin!(shutdown);
        tokio::select! {
            () = &mut shutdown => {}
            () = subscribe(subscriber, inbox, open) => {}
            () = speech => {}
        }
    });
    Ok(Bridge { publisher: Arc::new(publisher), ended })
}

/// A connection that acknowledges; a token is its packet identifier.
#[derive(Debug)]
struct Subscriber {
    client: AsyncClient,
    gone: AtomicBool,
}

impl Acknowledge for Subscriber {
    fn acknowledge(&self, tokens: &[u64]) {
        if self.gone.load(Relaxed) {
            return;
        }
        for &token in tokens {
            let Ok(number) = u16::try_from(token) else { continue };
            // The queue has no bound but the broker's own window of messages in flight.
            if self.client.try_manual_ack(ManualAck::PubAck(PubAck::new(number))).is_err() {
                return;
            }
        }
    }
}

async fn subscribe(options: MqttOptions, inbox: Inbox, open: impl Fn(bool)) {
    let mut wait = SHORTEST;
    loop {
        let (client, events) = AsyncClient::builder(options.clone()).unbounded().build();
        let subscriber = Arc::new(Subscriber { client, gone: AtomicBool::new(false) });
        let heard = listen(&subscriber, events, &inbox, &open).await;
        subscriber.gone.store(true, Relaxed);
        open(false);
        if inbox.is_closed() {
            return;
        }
        wait = if heard { SHORTEST } else { (wait * 2).min(LONGEST) };
        sleep(wait).await;
    }
}

/// Until the connection breaks; whether it was one.
///
/// What came is handed on elsewhere: were the inbox waited for here, no acknowledgement
/// could leave until it had room. What may wait is what the broker lets be in flight.
async fn listen(
    subscriber: &Arc<Subscriber>,
    events: EventLoop,
    inbox: &Inbox,
    open: &impl Fn(bool),
) -> bool {
    let (taken, mut waiting) = mpsc::unbounded_channel();
    let hand_on = async {
        while let Some(delivery) = waiting.recv().await {
            if inbox.send(delivery).await.is_err() {
                return;
            }
        }
    };
    let mut heard = false;
    tokio::select! {
        () = hand_on => {}
        () = poll(subscriber, events, taken, open, &mut heard) => {}
    }
    heard
}

async fn poll(
    subscriber: &Arc<Subscriber>,
    mut events: EventLoop,
    taken: mpsc::UnboundedSender<Delivery>,
    open: &impl Fn(bool),
    heard: &mut bool,
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
                        "the external broker refuses us {} and {}: give our user the right to read them",
                        wire::Topic::ALL_READINGS,
                        wire::Topic::ALL_STATUS
                    );
                    return;
                }
                *heard = true;
                open(true);
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                if taken.send(delivery(subscriber, publish)).is_err() {
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

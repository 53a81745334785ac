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
    Publish, QoS,
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
    /// TLS is asked for.
    #[error(
        "`mqtts` is not built into this version; use `mqtt` through a tunnel, or the embedded broker"
    )]
    Tls,
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

fn options(external: &External, client: &str) -> MqttOptions {
    let broker = Broker::tcp(external.host.clone(), external.port);
    let mut options = MqttOptions::new(client, broker);
    options.set_keep_alive(30).set_max_packet_size(MAX_PACKET, MAX_PACKET);
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
/// Where the broker wants what this version cannot do.
pub fn start(
    external: &External,
    inbox: Inbox,
    open: impl Fn(bool) + Send + Sync + 'static,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Bridge, StartError> {
    if external.tls {
        return Err(StartError::Tls);
    }
    let mut subscriber = options(external, &external.client);
    subscriber.set_clean_session(false).set_ack_mode(AckMode::Manual);
    let (publisher, speech) = Mouth::new(options(external, &format!("{}-out", external.client)));
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
async fn listen(
    subscriber: &Arc<Subscriber>,
    mut events: EventLoop,
    inbox: &Inbox,
    open: &impl Fn(bool),
) -> bool {
    let mut heard = false;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                heard = true;
                open(true);
                for filter in [wire::Topic::ALL_READINGS, wire::Topic::ALL_STATUS] {
                    if subscriber.client.try_subscribe(filter, QoS::AtLeastOnce).is_err() {
                        return heard;
                    }
                }
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                if inbox.send(delivery(subscriber, publish)).await.is_err() {
                    return heard;
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!("no connection to the external broker: {error}");
                return heard;
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

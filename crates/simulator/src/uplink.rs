//! The gateway loop's way to a broker on a machine with an operating system.
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gateway::{ConnectOptions, Message, Token, Uplink, UplinkConnection};
use rumqttc::{
    AsyncClient, Broker, ClientError, ConnectionError, Event, EventLoop, LastWill, MqttOptions,
    Outgoing, Packet, PublishOptions, QoS, TlsConfiguration, TlsError, Transport,
};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};

use crate::{clock::Calendar, faults::Faults};

/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the broker is, and who we are there.
#[derive(Debug, Clone)]
pub struct Address {
    /// Name or IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// User and password, where the broker wants them.
    pub login: Option<(String, String)>,
    /// Encrypted, and how the broker proves who it is.
    pub tls: Option<TlsConfiguration>,
}

impl Address {
    /// What rumqttc needs to connect there under a name, with a clean session.
    pub fn options(&self, client: &str) -> MqttOptions {
        let mut options = MqttOptions::new(client, Broker::tcp(self.host.clone(), self.port));
        options.set_keep_alive(30).set_clean_session(true);
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::tls_with_config(tls.clone()));
        }
        if let Some((user, password)) = &self.login {
            options.set_credentials(user.clone(), password.clone());
        }
        options
    }
}

/// Encryption with certificates checked: against an authority in PEM, or against
/// those that the machine trusts.
///
/// # Errors
/// Where the machine's authorities cannot be read.
pub fn tls(authority: Option<Vec<u8>>) -> Result<TlsConfiguration, TlsError> {
    match authority {
        Some(ca) => Ok(TlsConfiguration::Simple { ca, alpn: None, client_auth: None }),
        None => TlsConfiguration::try_default_rustls(),
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum UplinkError {
    /// It did not come about or broke.
    #[error("no connection to the broker: {0}")]
    Connection(#[from] Box<ConnectionError>),
    /// Nobody answered in time.
    #[error("the broker did not answer within {} s", PATIENCE.as_secs())]
    Silent,
    /// The message was none that MQTT carries.
    #[error("not to be published: {0}")]
    Client(#[from] ClientError),
    /// It broke while acknowledgements were awaited.
    #[error("the connection to the broker broke")]
    Broken,
    /// To order: see [`crate::faults`].
    #[error("no connection at this hour")]
    Offline,
}

/// Publishes of a connection, in the order of their sending.
#[derive(Debug, Default)]
struct Sent {
    /// Handed over, not yet numbered. `None` is a repeat to order.
    waiting: VecDeque<Option<Token>>,
    numbered: HashMap<u16, Option<Token>>,
}

/// Opens connections through rumqttc.
#[derive(Debug)]
pub struct Mqtt {
    address: Address,
    window: u16,
    faults: Option<(Faults, Calendar)>,
}

impl Mqtt {
    /// `window` messages may be on their way at once.
    pub const fn new(address: Address, window: u16) -> Self {
        Self { address, window, faults: None }
    }

    /// The same with faults of the connection, by the fleet's calendar.
    pub fn with_faults(mut self, faults: Faults, calendar: Calendar) -> Self {
        self.faults = Some((faults, calendar));
        self
    }

    fn is_offline(&self) -> bool {
        let offline = |(faults, calendar): &(Faults, Calendar)| {
            faults.offline_until(calendar.now()).is_some()
        };
        self.faults.as_ref().is_some_and(offline)
    }
}

/// An open connection; its event loop runs in a task of its own, since a client
/// that publishes from the task that polls can wait for itself.
#[derive(Debug)]
pub struct Open {
    client: AsyncClient,
    sent: Arc<Mutex<Sent>>,
    acknowledged: mpsc::UnboundedReceiver<Token>,
    task: JoinHandle<()>,
    repeat: bool,
    /// When it is to break.
    until: Option<(i64, Calendar)>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pump(mut events: EventLoop, sent: Arc<Mutex<Sent>>, out: mpsc::UnboundedSender<Token>) {
    loop {
        let event = match events.poll().await {
            Ok(event) => event,
            Err(error) => {
                tracing::debug!("connection ended: {error}");
                return;
            }
        };
        let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Outgoing(Outgoing::Publish(number)) => {
                if let Some(token) = sent.waiting.pop_front() {
                    sent.numbered.insert(number, token);
                }
            }
            Event::Incoming(Packet::PubAck(ack)) => {
                if let Some(Some(token)) = sent.numbered.remove(&ack.pkid) {
                    let _ = out.send(token);
                }
            }
            _ => {}
        }
    }
}

impl Uplink for Mqtt {
    type Error = UplinkError;
    type Connection<'a> = Open;

    async fn connect(&mut self, options: &ConnectOptions) -> Result<Open, UplinkError> {
        if self.is_offline() {
            return Err(UplinkError::Offline);
        }
        // What is not acknowledged stays in the outbox and is sent anew.
        let mut mqtt_options = self.address.options(options.client.as_str());
        mqtt_options.set_inflight(self.window).set_last_will(LastWill::new(
            options.will_topic.as_str(),
            options.will.to_vec(),
            QoS::AtLeastOnce,
            true,
        ));
        let capacity = usize::from(self.window) * 2;
        let (client, mut events) = AsyncClient::builder(mqtt_options).capacity(capacity).build();
        timeout(PATIENCE, async {
            loop {
                if let Event::Incoming(Packet::ConnAck(_)) =
                    events.poll().await.map_err(Box::new)?
                {
                    return Ok::<_, UplinkError>(());
                }
            }
        })
        .await
        .map_err(|_| UplinkError::Silent)??;
        let sent = Arc::new(Mutex::new(Sent::default()));
        let (out, acknowledged) = mpsc::unbounded_channel();
        let task = tokio::spawn(pump(events, Arc::clone(&sent), out));
        let faults = self.faults.as_ref();
        let repeat = faults.is_some_and(|(faults, _)| faults.repeat);
        let until = faults.and_then(|(faults, calendar)| {
            faults.next_offline(calendar.now()).map(|at| (at, *calendar))
        });
        Ok(Open { client, sent, acknowledged, task, repeat, until })
    }
}

impl Open {
    async fn hand_over(
        &self,
        token: Option<Token>,
        message: &Message<'_>,
    ) -> Result<(), UplinkError> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).waiting.push_back(token);
        let options = PublishOptions::new(QoS::AtLeastOnce).retain(message.retain);
        self.client.publish(message.topic, message.payload.to_vec(), options).await?;
        Ok(())
    }
}

impl UplinkConnection for Open {
    type Error = UplinkError;

    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), UplinkError> {
        self.hand_over(Some(token), &message).await?;
        if self.repeat {
            self.hand_over(None, &message).await?;
        }
        Ok(())
    }

    async fn next_ack(&mut self) -> Result<Token, UplinkError> {
        let broken = async {
            match &self.until {
                Some((at, calendar)) => calendar.until(*at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            token = self.acknowledged.recv() => token.ok_or(UplinkError::Broken),
            () = broken => Err(UplinkError::Offline),
        }
    }

    async fn close(mut self) -> Result<(), UplinkError> {
        self.client.disconnect().await?;
        // The loop ends when the broker has closed its side.
        timeout(PATIENCE, &mut self.task).await.map_err(|_| UplinkError::Silent)?.ok();
        Ok(())
    }
}

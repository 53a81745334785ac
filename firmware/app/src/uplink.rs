//! MQTT 5 by `minimq` behind the gateway's [`Uplink`]: QoS 1, will, keep-alive, and
//! the acknowledgement of each message by itself.
//!
//! A session is new with every connection: what was in flight is still in the outbox
//! and is sent again by the gateway's loop, so nothing waits in two places.
use core::fmt;

use embassy_futures::yield_now;
use embassy_net::{
    Stack,
    tcp::{ConnectError, TcpSocket},
};
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, signal::Signal};
use embassy_time::{Duration, with_timeout};
use gateway::{ConnectOptions, Message, Token, Uplink, UplinkConnection};
use heapless::Vec;
use minimq::{
    Buffers, ConfigBuilder, Connection, Io, Op, Publication, QoS, Session, TopicFilter, Will,
};
use wire::{GatewayId, Page, Topic, TopicBuf};

use crate::{address::Address, log, secure::Cause, state::State, update::Mailbox};

/// Messages in flight; `minimq` keeps track of 8, and each of two subscriptions is one.
pub const WINDOW: usize = 6;
/// The longest page and what is around it.
const RX: usize = wire::MAX_PAGE + 256;
/// [`WINDOW`] messages as long as a three-phase reading, and a CONNECT.
const TX: usize = 4096;
pub(crate) const KEEP_ALIVE_S: u16 = 45;
/// How long one step towards the broker may take.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// A peer that acknowledges nothing for so long is gone.
const DEAD: Duration = Duration::from_secs(20);

/// The newest page for this house's panel.
pub type PageSignal = Signal<CriticalSectionRawMutex, Page>;

/// Settings as they are told: a line for each.
pub type Told = heapless::String<256>;

/// The newest that was told on the topic of settings; `None`: no text, or a longer one.
pub type ConfigSignal = Signal<CriticalSectionRawMutex, Option<Told>>;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The name of the broker is not known to the network.
    Name,
    /// Nobody answers there.
    Connect(ConnectError),
    /// Nothing came in time.
    Timeout,
    /// The broker refused, or the connection broke.
    Mqtt,
    /// The broker is not trusted.
    Tls(Cause),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the network does not know the broker's name",
            Self::Connect(_) => "nobody answers at the broker's address",
            Self::Timeout => "no answer from the broker in time",
            Self::Mqtt => "the broker refused, or the connection broke: look at its log",
            Self::Tls(cause) => return cause.fmt(f),
        })
    }
}

/// Opens byte streams to the broker: plain TCP, or something around it.
#[allow(async_fn_in_trait, reason = "executors on a board are single-threaded")]
pub trait Connector {
    /// An open stream.
    type Io<'a>: Io
    where
        Self: 'a;

    /// Opens one. Has its own time limit.
    async fn open(&mut self) -> Result<Self::Io<'_>, Fault>;
}

/// Plain TCP.
pub struct Tcp<'a> {
    stack: Stack<'a>,
    broker: &'a Address,
    rx: [u8; 1536],
    tx: [u8; 2048],
}

impl<'a> Tcp<'a> {
    /// To this broker.
    pub const fn new(stack: Stack<'a>, broker: &'a Address) -> Self {
        Self { stack, broker, rx: [0; 1536], tx: [0; 2048] }
    }
}

impl Connector for Tcp<'_> {
    type Io<'b>
        = TcpSocket<'b>
    where
        Self: 'b;

    async fn open(&mut self) -> Result<TcpSocket<'_>, Fault> {
        let name = with_timeout(PATIENCE, async {
            self.stack.wait_config_up().await;
            self.broker.resolve(self.stack).await
        });
        let endpoint = name.await.map_err(|_| Fault::Timeout)?.ok_or(Fault::Name)?;
        let mut socket = TcpSocket::new(self.stack, &mut self.rx, &mut self.tx);
        socket.set_timeout(Some(DEAD));
        // Without, a silent peer is taken for a dead one.
        socket.set_keep_alive(Some(DEAD / 4));
        let connect = with_timeout(PATIENCE, socket.connect(endpoint));
        connect.await.map_err(|_| Fault::Timeout)?.map_err(Fault::Connect)?;
        Ok(socket)
    }
}

/// What the client needs for as long as it lives.
pub struct Identity {
    pub(crate) options: ConnectOptions,
    pub(crate) page: TopicBuf,
    pub(crate) config: TopicBuf,
    pub(crate) update: TopicBuf,
    pub(crate) user: heapless::String<64>,
    pub(crate) password: heapless::String<64>,
    pub(crate) rx: [u8; RX],
    pub(crate) tx: [u8; TX],
}

impl Identity {
    /// Of a gateway; without a user there is no password.
    pub fn new(gateway: &GatewayId, user: &str, password: &str) -> Self {
        Self {
            options: ConnectOptions::new(gateway),
            page: Topic::Page(gateway.clone()).to_buf(),
            config: Topic::Config(gateway.clone()).to_buf(),
            update: Topic::Update(gateway.clone()).to_buf(),
            // The settings are no longer than these.
            user: heapless::String::try_from(user).unwrap_or_default(),
            password: heapless::String::try_from(password).unwrap_or_default(),
            rx: [0; RX],
            tx: [0; TX],
        }
    }
}

/// What was told, if it is text and short enough.
pub(crate) fn text(payload: &[u8]) -> Option<Told> {
    core::str::from_utf8(payload).ok().and_then(|text| Told::try_from(text).ok())
}

/// The client. `PAGES`: whether it wants the page of its house; a constant, because what
/// reads a page is 10 KiB of flash.
pub struct Mqtt<'a, C, const PAGES: bool> {
    connector: C,
    session: Session<'a>,
    page: Option<(&'a str, &'a PageSignal)>,
    config: (&'a str, &'a ConfigSignal),
    /// The broker has not said that settings may be heard, and may have broken off for it.
    unheard: bool,
    update: Option<(&'a str, &'a Mailbox)>,
    state: &'a State,
}

impl<'a, C, const PAGES: bool> Mqtt<'a, C, PAGES> {
    /// It listens to its settings, with `PAGES` to the page of its house, and with
    /// `updates` to them.
    ///
    /// # Errors
    /// When a name is longer than MQTT has room for, which settings are not.
    pub fn new(
        connector: C,
        identity: &'a mut Identity,
        state: &'a State,
        updates: Option<&'a Mailbox>,
    ) -> Result<Self, minimq::ConfigError> {
        let Identity { options, page, config: topic, update, user, password, rx, tx } = identity;
        let will =
            Will::new(&options.will_topic, &options.will, &[])?.retained().qos(QoS::AtLeastOnce);
        let mut config = ConfigBuilder::new(Buffers::new(rx, tx))
            .client_id(options.client.as_str())?
            .keepalive_interval(KEEP_ALIVE_S)
            .will(will)?;
        if !user.is_empty() {
            config = config.auth(user, password.as_bytes())?;
        }
        let page = PAGES.then_some((page.as_str(), &state.page));
        let update = updates.map(|mailbox| (update.as_str(), mailbox));
        let (session, config) = (Session::new(config), (topic.as_str(), &state.config));
        Ok(Self { connector, session, page, config, unheard: false, update, state })
    }
}

impl<'s, C: Connector, const PAGES: bool> Uplink for Mqtt<'s, C, PAGES> {
    type Error = Fault;
    type Connection<'a>
        = MqttLink<'a, 's, C::Io<'a>, PAGES>
    where
        Self: 'a;

    async fn connect(&mut self, _: &ConnectOptions) -> Result<Self::Connection<'_>, Fault> {
        let why = |fault: Fault| {
            self.state.set_fault(fault);
            log!(warn, "no connection to the broker: {}", format_args!("{fault:?}"));
            fault
        };
        let io = self.connector.open().await.map_err(why)?;
        let handshake = with_timeout(PATIENCE, self.session.connect(io));
        let connection = handshake.await.map_err(|_| why(Fault::Timeout))?;
        let connection = connection.map_err(|_| why(Fault::Mqtt))?;
        let (page, config, update) = (self.page, self.config, self.update);
        let (flights, asked, unheard) = (Vec::new(), None, &mut self.unheard);
        let mut link = MqttLink { connection, flights, page, config, asked, unheard, update };
        let topics = [page.map(|(topic, _)| topic), update.map(|(topic, _)| topic)];
        for topic in topics.into_iter().flatten() {
            link.subscribe(topic).await?;
        }
        // Readings come before settings: a broker that breaks off because it lets nobody
        // hear them is asked at every other connection.
        *link.unheard = !*link.unheard;
        if *link.unheard {
            link.asked = Some(link.subscribe(link.config.0).await?);
        }
        // Whatever ends it from now on.
        self.state.set_fault(Fault::Mqtt);
        Ok(link)
    }
}

/// An open connection.
pub struct MqttLink<'a, 's, I, const PAGES: bool> {
    connection: Connection<'a, 's, I>,
    flights: Vec<(Token, Op), WINDOW>,
    page: Option<(&'s str, &'s PageSignal)>,
    config: (&'s str, &'s ConfigSignal),
    /// Until the broker has said that settings may be heard.
    asked: Option<Op>,
    unheard: &'a mut bool,
    update: Option<(&'s str, &'s Mailbox)>,
}

impl<I: Io, const PAGES: bool> MqttLink<'_, '_, I, PAGES> {
    async fn subscribe(&mut self, topic: &str) -> Result<Op, Fault> {
        let filters = [TopicFilter::new(topic)];
        let subscribe = self.connection.subscribe(&filters, &[]);
        with_timeout(PATIENCE, subscribe)
            .await
            .map_err(|_| Fault::Timeout)?
            .map_err(|_| Fault::Mqtt)
    }

    /// Waits until something has moved. Cancel-safe, as `minimq` and TCP are.
    async fn progress(&mut self) -> Result<(), Fault> {
        if let Some((_, mailbox)) = self.update {
            mailbox.room().await;
        }
        let message = self.connection.poll().await.map_err(|_| Fault::Mqtt)?;
        if let Some(message) = &message
            && message.topic() == self.config.0
        {
            self.config.1.signal(text(message.payload()));
        }
        if let (Some(message), Some((topic, mailbox))) = (&message, self.update)
            && message.topic() == topic
        {
            mailbox.put(message.payload());
        }
        if PAGES && let (Some(message), Some((topic, signal))) = (message, self.page) {
            // A page of a server so new that this cannot read it is no page.
            if let (true, Ok(page)) = (message.topic() == topic, Page::decode(message.payload())) {
                signal.signal(page);
            }
        }
        if self.asked.as_ref().is_some_and(|op| self.connection.is_complete(op)) {
            self.asked = None;
            *self.unheard = false;
        }
        Ok(())
    }
}

impl<I: Io, const PAGES: bool> UplinkConnection for MqttLink<'_, '_, I, PAGES> {
    type Error = Fault;

    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), Fault> {
        while !self.connection.can_publish(QoS::AtLeastOnce) {
            if !self.connection.is_connected() {
                return Err(Fault::Mqtt);
            }
            with_timeout(PATIENCE, self.progress()).await.map_err(|_| Fault::Timeout)??;
            yield_now().await;
        }
        let publication = Publication::bytes(message.topic, message.payload).qos(QoS::AtLeastOnce);
        let publication = if message.retain { publication.retain() } else { publication };
        let sent = with_timeout(DEAD, self.connection.publish(publication)).await;
        let op = sent.map_err(|_| Fault::Timeout)?.map_err(|_| Fault::Mqtt)?;
        // QoS 1 has one, and there is room: the loop has seen to it.
        self.flights.push((token, op.ok_or(Fault::Mqtt)?)).map_err(|_| Fault::Mqtt)
    }

    async fn next_ack(&mut self) -> Result<Token, Fault> {
        loop {
            let done = self.flights.iter().position(|(_, op)| self.connection.is_complete(op));
            if let Some(place) = done {
                if let Some((_, mailbox)) = self.update {
                    mailbox.acknowledged();
                }
                return Ok(self.flights.remove(place).0);
            }
            self.progress().await?;
        }
    }

    async fn disconnect(mut self) -> Result<(), Fault> {
        let goodbye = with_timeout(PATIENCE, self.connection.disconnect());
        goodbye.await.map_err(|_| Fault::Timeout)?.map_err(|_| Fault::Mqtt)
    }
}

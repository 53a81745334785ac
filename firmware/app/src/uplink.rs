//! MQTT 5 by `minimq` behind the gateway's [`Uplink`]: QoS 1, will message, keep alive,
//! and the acknowledgement of each message by itself.
//!
//! Every connection has a new session: messages in flight are still in the outbox and are
//! sent again by the gateway's loop, so no message is kept in two places.
use embassy_futures::yield_now;
use embassy_time::with_timeout;
use gateway::{ConnectOptions, Message, Token, Uplink, UplinkConnection};
use heapless::Vec;
use minimq::{
    Buffers, ConfigBuilder, Connection, Io, Op, Publication, QoS, Session, TopicFilter, Will,
};
use wire::{GatewayId, Page, Topic, TopicBuf};

use crate::{
    connector::{ConnectionError, Connector, PEER_TIMEOUT, STEP_TIMEOUT},
    log,
    state::{ConfigSignal, PageSignal, RemoteSettings, State},
    update::UpdateChannel,
};

/// Messages in flight: `minimq` tracks 8 operations, and each of two subscriptions is one.
pub const WINDOW: usize = 6;
/// Receive buffer, bytes: the longest page with its packet around it.
const RX: usize = wire::MAX_PAGE + 256;
/// Transmit buffer, bytes: [`WINDOW`] three-phase readings and a CONNECT packet.
const TX: usize = 4096;
pub(crate) const KEEP_ALIVE_S: u16 = 45;

/// Names, credentials and buffers of the client, for its whole lifetime.
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
    /// The identity of a gateway. Without a user there is no password.
    pub fn new(gateway: &GatewayId, user: &str, password: &str) -> Self {
        Self {
            options: ConnectOptions::new(gateway),
            page: Topic::Page(gateway.clone()).to_buf(),
            config: Topic::Config(gateway.clone()).to_buf(),
            update: Topic::Update(gateway.clone()).to_buf(),
            // Settings have at most 64 bytes.
            user: heapless::String::try_from(user).unwrap_or_default(),
            password: heapless::String::try_from(password).unwrap_or_default(),
            rx: [0; RX],
            tx: [0; TX],
        }
    }
}

/// A payload of the settings' topic; `None` where it is not UTF-8 or too long.
pub(crate) fn remote_settings(payload: &[u8]) -> Option<RemoteSettings> {
    core::str::from_utf8(payload).ok().and_then(|text| RemoteSettings::try_from(text).ok())
}

/// The client. `PAGES`: whether it subscribes to the page; a constant, because the code
/// that reads a page takes 10 KiB of flash.
pub struct Mqtt<'a, C, const PAGES: bool> {
    connector: C,
    session: Session<'a>,
    page: Option<(&'a str, &'a PageSignal)>,
    config: (&'a str, &'a ConfigSignal),
    /// The subscription to the settings is not acknowledged; the broker may have closed the
    /// last connection because of it.
    config_pending: bool,
    update: Option<(&'a str, &'a UpdateChannel)>,
    state: &'a State,
}

impl<'a, C, const PAGES: bool> Mqtt<'a, C, PAGES> {
    /// A client that subscribes to its settings, with `PAGES` to its page, and with
    /// `updates` to updates.
    ///
    /// # Errors
    /// When a name is longer than MQTT has room for, which settings are not.
    pub fn new(
        connector: C,
        identity: &'a mut Identity,
        state: &'a State,
        updates: Option<&'a UpdateChannel>,
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
        let update = updates.map(|channel| (update.as_str(), channel));
        let (session, config) = (Session::new(config), (topic.as_str(), &state.config));
        Ok(Self { connector, session, page, config, config_pending: false, update, state })
    }
}

impl<'s, C: Connector, const PAGES: bool> Uplink for Mqtt<'s, C, PAGES> {
    type Error = ConnectionError;
    type Connection<'a>
        = MqttConnection<'a, 's, C::Io<'a>, PAGES>
    where
        Self: 'a;

    async fn connect(
        &mut self,
        _: &ConnectOptions,
    ) -> Result<Self::Connection<'_>, ConnectionError> {
        let failed = |error: ConnectionError| {
            self.state.set_connection_error(error);
            log!(warn, "no connection to the broker: {}", format_args!("{error:?}"));
            error
        };
        let io = self.connector.open().await.map_err(failed)?;
        let handshake = with_timeout(STEP_TIMEOUT, self.session.connect(io));
        let connection = handshake.await.map_err(|_| failed(ConnectionError::Timeout))?;
        let connection = connection.map_err(|_| failed(ConnectionError::Mqtt))?;
        let (page, config, update) = (self.page, self.config, self.update);
        let (in_flight, asked, config_pending) = (Vec::new(), None, &mut self.config_pending);
        let mut open =
            MqttConnection { connection, in_flight, page, config, asked, config_pending, update };
        let topics = [page.map(|(topic, _)| topic), update.map(|(topic, _)| topic)];
        for topic in topics.into_iter().flatten() {
            open.subscribe(topic).await?;
        }
        // Readings have precedence over settings: a broker that closes the connection
        // because of the subscription is asked at every other connection only.
        *open.config_pending = !*open.config_pending;
        if *open.config_pending {
            open.asked = Some(open.subscribe(open.config.0).await?);
        }
        // The reason of any end from now on.
        self.state.set_connection_error(ConnectionError::Mqtt);
        Ok(open)
    }
}

/// An open connection.
pub struct MqttConnection<'a, 's, I, const PAGES: bool> {
    connection: Connection<'a, 's, I>,
    in_flight: Vec<(Token, Op), WINDOW>,
    page: Option<(&'s str, &'s PageSignal)>,
    config: (&'s str, &'s ConfigSignal),
    /// The subscription to the settings, until it is acknowledged.
    asked: Option<Op>,
    config_pending: &'a mut bool,
    update: Option<(&'s str, &'s UpdateChannel)>,
}

impl<I: Io, const PAGES: bool> MqttConnection<'_, '_, I, PAGES> {
    async fn subscribe(&mut self, topic: &str) -> Result<Op, ConnectionError> {
        let filters = [TopicFilter::new(topic)];
        let subscribe = self.connection.subscribe(&filters, &[]);
        with_timeout(STEP_TIMEOUT, subscribe)
            .await
            .map_err(|_| ConnectionError::Timeout)?
            .map_err(|_| ConnectionError::Mqtt)
    }

    /// Waits for the next event of the connection. Cancel-safe, as `minimq` and TCP are.
    async fn progress(&mut self) -> Result<(), ConnectionError> {
        if let Some((_, channel)) = self.update {
            channel.room().await;
        }
        let message = self.connection.poll().await.map_err(|_| ConnectionError::Mqtt)?;
        if let Some(message) = &message
            && message.topic() == self.config.0
        {
            self.config.1.signal(remote_settings(message.payload()));
        }
        if let (Some(message), Some((topic, channel))) = (&message, self.update)
            && message.topic() == topic
        {
            channel.put(message.payload());
        }
        if PAGES && let (Some(message), Some((topic, signal))) = (message, self.page) {
            // A page of an unknown version is ignored.
            if let (true, Ok(page)) = (message.topic() == topic, Page::decode(message.payload())) {
                signal.signal(page);
            }
        }
        if self.asked.as_ref().is_some_and(|op| self.connection.is_complete(op)) {
            self.asked = None;
            *self.config_pending = false;
        }
        Ok(())
    }
}

impl<I: Io, const PAGES: bool> UplinkConnection for MqttConnection<'_, '_, I, PAGES> {
    type Error = ConnectionError;

    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), ConnectionError> {
        while !self.connection.can_publish(QoS::AtLeastOnce) {
            if !self.connection.is_connected() {
                return Err(ConnectionError::Mqtt);
            }
            with_timeout(STEP_TIMEOUT, self.progress())
                .await
                .map_err(|_| ConnectionError::Timeout)??;
            yield_now().await;
        }
        let publication = Publication::bytes(message.topic, message.payload).qos(QoS::AtLeastOnce);
        let publication = if message.retain { publication.retain() } else { publication };
        let sent = with_timeout(PEER_TIMEOUT, self.connection.publish(publication)).await;
        let op = sent.map_err(|_| ConnectionError::Timeout)?.map_err(|_| ConnectionError::Mqtt)?;
        // A publication with QoS 1 has an operation, and the gateway's loop keeps to the
        // window.
        self.in_flight
            .push((token, op.ok_or(ConnectionError::Mqtt)?))
            .map_err(|_| ConnectionError::Mqtt)
    }

    async fn next_ack(&mut self) -> Result<Token, ConnectionError> {
        loop {
            let done = self.in_flight.iter().position(|(_, op)| self.connection.is_complete(op));
            if let Some(place) = done {
                if let Some((_, channel)) = self.update {
                    channel.acknowledged();
                }
                return Ok(self.in_flight.remove(place).0);
            }
            self.progress().await?;
        }
    }

    async fn disconnect(mut self) -> Result<(), ConnectionError> {
        let disconnect = with_timeout(STEP_TIMEOUT, self.connection.disconnect());
        disconnect.await.map_err(|_| ConnectionError::Timeout)?.map_err(|_| ConnectionError::Mqtt)
    }
}

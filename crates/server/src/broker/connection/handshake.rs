//! From the first byte to the CONNACK: CONNECT, credentials, the session, and the takeover of an
//! existing connection.
use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::{OwnedMutexGuard, watch},
    time::timeout,
};

use super::{Connection, SubscriberCache, Will, run};
use crate::broker::{
    access::{AccessError, Rights},
    filter::is_topic_name,
    hub::Hub,
    lease::Lease,
    limit_log::LimitKind,
    message::Message,
    owner::Owner,
    pending_acks::PendingAcks,
    protocol::{Connack, Connect, ConnectRefusal, Incoming, Protocol, RequestedWill},
    session::{ConnectionSlot, Session, SessionKey},
    session_table::{OpenedSession, TooManySessions},
    wills,
};

/// Longest client identifier, bytes.
const MAX_CLIENT_ID: usize = 256;

/// Topic Alias Maximum.
const TOPIC_ALIASES: u16 = 32;

/// Serves one client until its connection ends; `half_open` is its place among the connections
/// before their CONNACK, and `stop` becomes true when the broker ends.
pub(in crate::broker) async fn serve<S>(
    hub: Arc<Hub>,
    stream: S,
    peer: SocketAddr,
    half_open: Lease,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let mut handshake = Handshake {
        protocol: Protocol::new(hub.limits.max_packet_size),
        reader,
        writer,
        input: BytesMut::new(),
        hub,
    };
    let limit = handshake.hub.limits.connect_timeout;
    let connect = tokio::select! {
        connect = timeout(limit, handshake.read_connect()) => connect.ok().flatten(),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let Some(connect) = connect else { return handshake.close(peer, "no CONNECT").await };
    match handshake.authorize(&connect, peer) {
        Ok(client) => {
            // The wait for the connection that is taken over is bounded.
            let connection = tokio::select! {
                opened = timeout(4 * limit, handshake.open(*connect, client)) => {
                    opened.ok().flatten()
                }
                _ = stop.wait_for(|stop| *stop) => None,
            };
            drop(half_open);
            if let Some(connection) = connection {
                run::run(connection, stop).await;
            }
        }
        Err(refusal) => {
            handshake.protocol.refuse_connect(refusal);
            handshake.close(peer, &refusal.to_string()).await;
        }
    }
}

/// A connection before its CONNACK.
struct Handshake<S> {
    hub: Arc<Hub>,
    protocol: Protocol,
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    input: BytesMut,
}

/// Who a client is, and what it may do.
struct Client {
    rights: Rights,
    owner: Owner,
    /// Its place among the connections of its owner.
    place: Lease,
}

/// A session whose slot this connection has.
struct ClaimedSession {
    session: Arc<Session>,
    slot: OwnedMutexGuard<ConnectionSlot>,
    claim: watch::Receiver<u64>,
}

impl<S: AsyncRead + AsyncWrite + Send + 'static> Handshake<S> {
    async fn read_connect(&mut self) -> Option<Box<Connect>> {
        loop {
            match self.protocol.receive(&mut self.input) {
                Ok(Some(Incoming::Connect(connect))) => return Some(connect),
                // The library accepts no other packet before CONNECT.
                Ok(Some(_)) | Err(_) => return None,
                Ok(None) if self.protocol.closing() => return None,
                Ok(None) => {}
            }
            self.input.reserve(1024);
            if self.reader.read_buf(&mut self.input).await.ok()? == 0 {
                return None;
            }
        }
    }

    fn authorize(&self, connect: &Connect, peer: SocketAddr) -> Result<Client, ConnectRefusal> {
        if connect.enhanced_authentication {
            return Err(ConnectRefusal::EnhancedAuthentication);
        }
        let (user, password) = (connect.user.as_deref(), connect.password.as_deref());
        let rights = self.hub.access.authenticate(peer.ip(), user, password).map_err(|error| {
            if self.hub.may_warn() {
                tracing::warn!(%peer, user = user.unwrap_or(""), "an MQTT client is refused: {error}");
            }
            match error {
                AccessError::BadCredentials => ConnectRefusal::BadCredentials,
                AccessError::NotLoopback => ConnectRefusal::NotAuthorized,
            }
        })?;
        let id = &connect.client_id;
        let unnamed = id.is_empty() && !connect.clean_start && !self.protocol.v5();
        if unnamed || id.len() > MAX_CLIENT_ID || id.contains('\0') {
            return Err(ConnectRefusal::ClientIdentifier);
        }
        match &connect.will {
            Some(will) if !is_topic_name(&will.topic) => return Err(ConnectRefusal::WillTopic),
            Some(will) if !rights.may_publish(&will.topic) => {
                return Err(ConnectRefusal::NotAuthorized);
            }
            _ => {}
        }
        let owner = self.hub.access.owner(peer.ip(), user);
        let limit = self.hub.limits.share(&owner, self.hub.limits.connections);
        let Some(place) = self.hub.owner_connections.take(&owner, limit) else {
            self.hub.limit_log.record(LimitKind::Connections, &owner, "a connection is refused");
            return Err(ConnectRefusal::TooManyConnections);
        };
        Ok(Client { rights, owner, place })
    }

    /// Sends what the protocol has to send, such as a refusal, and closes the connection.
    async fn close(mut self, peer: SocketAddr, reason: &str) {
        metrics::counter!("wattkampen_mqtt_refused_total", "reason" => "connect").increment(1);
        tracing::debug!(%peer, "connection refused: {reason}");
        let _ = timeout(Duration::from_secs(5), async {
            self.writer.write_all(self.protocol.output()).await?;
            self.writer.shutdown().await
        })
        .await;
    }

    /// Opens the session and sends the CONNACK; `None` where a younger connection of the client
    /// took over or there are too many sessions.
    async fn open(mut self, mut connect: Connect, client: Client) -> Option<Connection<S>> {
        let Client { rights, owner, place } = client;
        let number = self.hub.next_connection();
        let assigned = connect.client_id.is_empty();
        if assigned {
            connect.client_id = format!("auto-{:x}-{number}", std::process::id());
        }
        let key = SessionKey::new(&owner, &connect.client_id);
        let claimed = claim_session(&self.hub, &key, &owner, connect.clean_start, number).await;
        let ClaimedSession { session, mut slot, claim } = match claimed {
            Ok(claimed) => claimed?,
            Err(TooManySessions) => {
                self.protocol.refuse_connect(ConnectRefusal::TooManySessions);
                let _ = self.writer.write_all(self.protocol.output()).await;
                return None;
            }
        };
        session.set_timer(None);
        // A resumed session does not publish its delayed will.
        drop(session.replace_will(None));
        self.hub.check_rights(&session, &rights);
        slot.in_flight.retain(|sent| rights.may_subscribe(&sent.queued.message.topic));

        let session_present = !connect.clean_start && session.is_resumable();
        let expiry = self.hub.session_expiry(connect.session_expiry);
        self.protocol.restore_unreleased(&slot.unreleased);
        let connack = Connack {
            session_present,
            assigned_client_id: assigned.then_some(&*session.key.client_id),
            receive_maximum: self.hub.limits.receive_maximum,
            topic_alias_maximum: TOPIC_ALIASES,
            session_expiry: connect
                .session_expiry
                .is_none_or(|requested| expiry < requested)
                .then_some(expiry),
        };
        let will = connect.will.take().and_then(|requested| will(requested, &owner));
        self.hub.forget_will_without_login(&session.key, &rights);
        self.hub.set_will(&session.key, will.as_ref().map(|will| &will.message));
        session.set_connected(true);
        if let Err(error) = self.protocol.connack(&connack) {
            tracing::debug!(client = %session.key, "the CONNACK cannot be sent: {error}");
            self.protocol.disconnect(error.into());
        }
        metrics::gauge!("wattkampen_mqtt_connections").increment(1);
        let v5 = self.protocol.v5();
        tracing::debug!(client = %session.key, v5, session_present, "connected");
        Some(Connection {
            protocol: self.protocol,
            reader: self.reader,
            writer: self.writer,
            input: self.input,
            pending: PendingAcks::default(),
            handover: None,
            rights,
            _place: place,
            session,
            slot,
            number,
            claim,
            window: self.hub.limits.in_flight.min(connect.receive_maximum).into(),
            subscribers: SubscriberCache::default(),
            keep_alive: connect.keep_alive,
            will,
            session_expiry: expiry,
            hub: self.hub,
        })
    }
}

fn will(requested: RequestedWill, owner: &Owner) -> Option<Will> {
    let RequestedWill { topic, payload, qos, retain, delay, properties } = requested;
    let message = Message::new(topic.into(), payload, qos, retain, &properties).ok()?;
    let message = Message { publisher: owner.clone(), ..message };
    Some(Will { message: Arc::new(message), delay })
}

/// Claims the session's slot and waits until its connection has closed; `None` where a
/// younger connection claims it meanwhile.
async fn claim_session(
    hub: &Arc<Hub>,
    key: &SessionKey,
    owner: &Owner,
    mut clean_start: bool,
    number: u64,
) -> Result<Option<ClaimedSession>, TooManySessions> {
    loop {
        let OpenedSession { session, replaced, displaced } =
            hub.open_session(key, owner, clean_start)?;
        if let Some(displaced) = displaced {
            wills::end_session(hub, &displaced);
        }
        if let Some(replaced) = replaced {
            replaced.claim.send_modify(|claim| *claim = number.max(*claim));
            drop(replaced.slot.lock().await);
            wills::end_session(hub, &replaced);
            // The new session exists: a further turn must not replace it.
            clean_start = false;
        }
        session.claim.send_modify(|claim| *claim = number.max(*claim));
        let claim = session.claim.subscribe();
        let slot = session.slot.clone().lock_owned().await;
        if *session.claim.borrow() > number {
            return Ok(None);
        }
        // The session may have expired, or given way to another, meanwhile.
        if hub.set_present(&session) {
            return Ok(Some(ClaimedSession { session, slot, claim }));
        }
    }
}

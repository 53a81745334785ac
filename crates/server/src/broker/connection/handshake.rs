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
    hub::{Hub, OpenedSession, TooManySessions},
    message::Message,
    pending_acks::PendingAcks,
    protocol::{Connack, Connect, ConnectRefusal, Incoming, Protocol, RequestedWill},
    session::{ConnectionSlot, Session},
    wills,
};

/// Longest client identifier, bytes.
const MAX_CLIENT_ID: usize = 256;

/// Topic Alias Maximum.
const TOPIC_ALIASES: u16 = 32;

/// Serves one client until its connection ends; `stop` becomes true when the broker ends.
pub(in crate::broker) async fn serve<S>(
    hub: Arc<Hub>,
    stream: S,
    peer: SocketAddr,
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
        Ok(rights) => {
            // The wait for the connection that is taken over is bounded.
            let connection = tokio::select! {
                opened = timeout(4 * limit, handshake.open(*connect, rights)) => {
                    opened.ok().flatten()
                }
                _ = stop.wait_for(|stop| *stop) => None,
            };
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

    fn authorize(&self, connect: &Connect, peer: SocketAddr) -> Result<Rights, ConnectRefusal> {
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
            Some(will) if !is_topic_name(&will.topic) => Err(ConnectRefusal::WillTopic),
            Some(will) if !rights.may_publish(&will.topic) => Err(ConnectRefusal::NotAuthorized),
            _ => Ok(rights),
        }
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
    async fn open(mut self, mut connect: Connect, rights: Rights) -> Option<Connection<S>> {
        let number = self.hub.next_connection();
        let assigned = connect.client_id.is_empty();
        if assigned {
            connect.client_id = format!("auto-{:x}-{number}", std::process::id());
        }
        let claimed =
            claim_session(&self.hub, &connect.client_id, connect.clean_start, number).await;
        let ClaimedSession { session, slot, claim } = match claimed {
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

        let session_present = !connect.clean_start && session.is_resumable();
        let expiry = self.hub.session_expiry(connect.session_expiry);
        self.protocol.restore_unreleased(&slot.unreleased);
        let connack = Connack {
            session_present,
            assigned_client_id: assigned.then_some(&*session.client_id),
            receive_maximum: self.hub.limits.receive_maximum,
            topic_alias_maximum: TOPIC_ALIASES,
            session_expiry: connect
                .session_expiry
                .is_none_or(|requested| expiry < requested)
                .then_some(expiry),
        };
        let will = connect.will.take().and_then(will);
        self.hub.set_will(&session.client_id, will.as_ref().map(|will| &will.message));
        session.set_connected(true);
        if let Err(error) = self.protocol.connack(&connack) {
            tracing::debug!(client = %session.client_id, "the CONNACK cannot be sent: {error}");
            self.protocol.disconnect(error.into());
        }
        metrics::gauge!("wattkampen_mqtt_connections").increment(1);
        let v5 = self.protocol.v5();
        tracing::debug!(client = %session.client_id, v5, session_present, "connected");
        Some(Connection {
            protocol: self.protocol,
            reader: self.reader,
            writer: self.writer,
            input: self.input,
            pending: PendingAcks::default(),
            handover: None,
            rights,
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

fn will(requested: RequestedWill) -> Option<Will> {
    let RequestedWill { topic, payload, qos, retain, delay, properties } = requested;
    let message = Message::new(topic.into(), payload, qos, retain, &properties).ok()?;
    Some(Will { message: Arc::new(message), delay })
}

/// Claims the session's slot and waits until its connection has closed; `None` where a
/// younger connection claims it meanwhile.
async fn claim_session(
    hub: &Arc<Hub>,
    client_id: &str,
    mut clean_start: bool,
    number: u64,
) -> Result<Option<ClaimedSession>, TooManySessions> {
    loop {
        let OpenedSession { session, replaced } = hub.open_session(client_id, clean_start)?;
        if let Some(replaced) = replaced {
            replaced.claim.send_modify(|claim| *claim = number.max(*claim));
            drop(replaced.slot.lock().await);
            replaced.set_timer(None);
            hub.end(&replaced);
            if let Some(will) = replaced.replace_will(None) {
                wills::publish_will(hub.clone(), will);
            }
            // The new session exists: a further turn must not replace it.
            clean_start = false;
        }
        session.claim.send_modify(|claim| *claim = number.max(*claim));
        let claim = session.claim.subscribe();
        let slot = session.slot.clone().lock_owned().await;
        if *session.claim.borrow() > number {
            return Ok(None);
        }
        // The session may have expired meanwhile.
        if hub.is_current(&session) {
            return Ok(Some(ClaimedSession { session, slot, claim }));
        }
    }
}

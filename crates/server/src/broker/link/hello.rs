//! From the first byte to the seat: CONNECT, credentials, the session, takeover.
use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::watch,
    time::timeout,
};

use super::{Link, run};
use crate::broker::{
    access::{Denied, Rights},
    away,
    filter::is_topic,
    hub::{Hub, TooMany},
    message::Message,
    protocol::{Hello, Incoming, No, Protocol, Welcome, Wish},
    waiting::Waiting,
};

/// Longest client identifier; long enough for any that is meant.
const LONGEST_IDENTIFIER: usize = 256;

/// Aliases that a client may use for its topics.
const TOPIC_ALIASES: u16 = 32;

/// Serves one client until it is gone; `stop` becomes true when the broker ends.
pub(in crate::broker) async fn serve<S>(
    hub: Arc<Hub>,
    stream: S,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let mut door = Door {
        protocol: Protocol::new(hub.limits.packet),
        reader,
        writer,
        input: BytesMut::new(),
        hub,
    };
    let patience = door.hub.limits.hello;
    let hello = tokio::select! {
        hello = timeout(patience, door.hello()) => hello.ok().flatten(),
        _ = stop.wait_for(|stop| *stop) => None,
    };
    let Some(hello) = hello else { return door.shut(peer, "no CONNECT").await };
    match door.admit(&hello, peer) {
        Ok(rights) => {
            // A takeover waits for the old connection to leave, not for ever.
            let seated = tokio::select! {
                link = timeout(4 * patience, door.seat(*hello, rights)) => link.ok().flatten(),
                _ = stop.wait_for(|stop| *stop) => None,
            };
            if let Some(link) = seated {
                run::run(link, stop).await;
            }
        }
        Err(no) => {
            door.protocol.refuse(no);
            door.shut(peer, &no.to_string()).await;
        }
    }
}

/// A connection that has not been let in.
struct Door<S> {
    hub: Arc<Hub>,
    protocol: Protocol,
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    input: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Send + 'static> Door<S> {
    async fn hello(&mut self) -> Option<Box<Hello>> {
        loop {
            match self.protocol.receive(&mut self.input) {
                Ok(Some(Incoming::Hello(hello))) => return Some(hello),
                // The library lets nothing else through before a CONNECT.
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

    fn admit(&self, hello: &Hello, peer: SocketAddr) -> Result<Rights, No> {
        if hello.method {
            return Err(No::Method);
        }
        let (user, password) = (hello.user.as_deref(), hello.password.as_deref());
        let rights = self.hub.access.admit(peer.ip(), user, password).map_err(|denied| {
            if self.hub.may_warn() {
                tracing::warn!(%peer, user = user.unwrap_or(""), "an MQTT client is refused: {denied}");
            }
            match denied {
                Denied::Login => No::Login,
                Denied::Remote => No::Rights,
            }
        })?;
        let nameless = hello.client.is_empty() && !hello.clean && !self.protocol.v5();
        if nameless || hello.client.len() > LONGEST_IDENTIFIER || hello.client.contains('\0') {
            return Err(No::Identifier);
        }
        match &hello.will {
            Some(will) if !is_topic(&will.topic) => Err(No::WillTopic),
            Some(will) if !rights.may_publish(&will.topic) => Err(No::Rights),
            _ => Ok(rights),
        }
    }

    /// Tells the client what there is to tell, and closes.
    async fn shut(mut self, peer: SocketAddr, why: &str) {
        metrics::counter!("wattkampen_mqtt_refused_total", "reason" => "connect").increment(1);
        tracing::debug!(%peer, "connection refused: {why}");
        let _ = timeout(Duration::from_secs(5), async {
            self.writer.write_all(self.protocol.out()).await?;
            self.writer.shutdown().await
        })
        .await;
    }

    async fn seat(mut self, mut hello: Hello, rights: Rights) -> Option<Link<S>> {
        let serial = self.hub.connection();
        let assigned = hello.client.is_empty();
        if assigned {
            hello.client = format!("auto-{:x}-{serial}", std::process::id());
        }
        let mut clean = hello.clean;
        let (session, seat, wanted) = loop {
            let (session, ended) = match self.hub.session(&hello.client, clean) {
                Ok(found) => found,
                Err(TooMany) => {
                    self.protocol.refuse(No::Full);
                    let _ = self.writer.write_all(self.protocol.out()).await;
                    return None;
                }
            };
            if let Some(ended) = ended {
                ended.wanted.send_modify(|wanted| *wanted = serial.max(*wanted));
                drop(ended.seat.lock().await);
                ended.set_timer(None);
                self.hub.end(&ended);
                if let Some(will) = ended.swap_will(None) {
                    away::farewell(self.hub.clone(), will);
                }
                // The new one stands already, and is not to be ended by the next turn.
                clean = false;
            }
            session.wanted.send_modify(|wanted| *wanted = serial.max(*wanted));
            let wanted = session.wanted.subscribe();
            let seat = session.seat.clone().lock_owned().await;
            if *session.wanted.borrow() > serial {
                // A younger one came while this one waited.
                return None;
            }
            // It may have expired meanwhile.
            if self.hub.current(&session) {
                break (session, seat, wanted);
            }
        };
        session.set_timer(None);
        // Resumed: its delayed will is not published any more.
        drop(session.swap_will(None));

        let known = !hello.clean && session.seen();
        let expiry = self.hub.expiry(hello.expiry);
        self.protocol.restore(&seat.handled);
        let welcome = Welcome {
            session_present: known,
            assigned: assigned.then_some(&*session.id),
            receive_maximum: self.hub.limits.waiting,
            topic_aliases: TOPIC_ALIASES,
            expiry: hello.expiry.is_none_or(|wish| expiry < wish).then_some(expiry),
        };
        let will = hello.will.take().and_then(|wish| self.will(wish));
        self.hub.set_will(&session.id, will.as_ref().map(|(will, _)| will));
        session.set_online(true);
        if let Err(error) = self.protocol.welcome(&welcome) {
            tracing::debug!(client = %session.id, "the client cannot be welcomed: {error}");
            self.protocol.disconnect(error.into());
        }
        metrics::gauge!("wattkampen_mqtt_connections").increment(1);
        tracing::debug!(client = %session.id, v5 = self.protocol.v5(), known, "connected");
        let window = self.hub.limits.in_flight.min(hello.receive_maximum).into();
        Some(Link {
            protocol: self.protocol,
            reader: self.reader,
            writer: self.writer,
            input: self.input,
            waiting: Waiting::default(),
            stalled: None,
            rights,
            session,
            seat,
            serial,
            wanted,
            window,
            routes: super::RouteCache::default(),
            keep_alive: hello.keep_alive,
            will,
            expiry,
            hub: self.hub,
        })
    }

    fn will(&self, wish: Wish) -> Option<(Arc<Message>, Duration)> {
        let topic = wish.topic.into();
        let will = Message::new(topic, wish.payload, wish.qos, wish.retain, &wish.properties);
        will.ok().map(|will| (Arc::new(will), wish.delay))
    }
}

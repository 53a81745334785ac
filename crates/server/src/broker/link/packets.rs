//! What each packet of a client does.
use std::sync::Arc;

use mqtt_protocol_core::mqtt::{
    packet::{Qos, RetainHandling, SubEntry},
    result_code::DisconnectReasonCode,
};
use wire::Topic;

use super::{Link, delivery};
use crate::broker::{
    filter,
    message::Message,
    protocol::{Granted, Incoming, Published},
    routes::Options,
    waiting::{Refused, Reply},
};

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// DISCONNECT: whether its will is published all the same.
    Goodbye { with_will: bool },
    /// The socket closed or broke.
    Closed,
    /// Broke the protocol.
    Fault,
    /// The client connected anew.
    TakenOver,
    /// Said nothing for one and a half of its keep-alive.
    Silent,
    /// Took nothing for [`crate::broker::Limits::stall`].
    Stuck,
    /// The engine dropped what was not committed: the client is to deliver again.
    Lost,
    /// The broker, or the engine behind it, is shutting down.
    Stop,
}

impl<S> Link<S> {
    /// Does what a packet asks for; `Some` where that ends the connection.
    pub(super) fn take(&mut self, incoming: Incoming) -> Option<End> {
        match incoming {
            Incoming::Publish(published) => return self.publish(published),
            Incoming::Acknowledged(id) => {
                // Nearly always the first.
                let in_flight = &mut self.seat.in_flight;
                if let Some(at) = in_flight.iter().position(|delivery| delivery.id == id) {
                    in_flight.remove(at);
                }
            }
            Incoming::Release(id) => self.protocol.pubcomp(id),
            Incoming::Subscribe { id, entries, identifier } => {
                return self.subscribe(id, &entries, identifier);
            }
            Incoming::Unsubscribe { id, filters } => {
                let found: Vec<bool> = filters
                    .iter()
                    .map(|filter| self.hub.unsubscribe(&self.session, filter))
                    .collect();
                if self.protocol.unsuback(id, &found).is_err() {
                    return Some(End::Fault);
                }
            }
            Incoming::Goodbye { with_will, expiry } => {
                // A session that was to end with its connection cannot be prolonged.
                if let Some(expiry) = expiry.filter(|_| !self.expiry.is_zero()) {
                    self.expiry = self.hub.expiry(Some(expiry));
                }
                return Some(End::Goodbye { with_will });
            }
            Incoming::Hello(_) => return Some(End::Fault),
        }
        None
    }

    fn publish(&mut self, published: Published) -> Option<End> {
        let Published { topic, payload, qos, retain, id, properties, .. } = published;
        let reply = match (id, qos) {
            (Some(id), Qos::AtLeastOnce) => Reply::Puback(id),
            (Some(id), Qos::ExactlyOnce) => Reply::Pubrec(id),
            _ => Reply::None,
        };
        let (topic, _) = self.routes.find(&self.hub, &topic);
        let message = match Message::new(topic, payload, qos, retain, &properties) {
            Ok(message) => Message { arrival: self.hub.arrival(), ..message },
            Err(_) => {
                self.protocol.disconnect(DisconnectReasonCode::TopicNameInvalid);
                return Some(End::Fault);
            }
        };
        if !self.rights.may_publish(&message.topic) {
            metrics::counter!("wattkampen_mqtt_refused_total", "reason" => "rights").increment(1);
            if self.hub.may_warn() {
                tracing::warn!(
                    client = %self.session.id, topic = %message.topic.escape_debug(),
                    "a publish is refused: the client has no right to that topic"
                );
            }
            self.waiting.at_once(None, reply, Some(Refused::Rights));
            return None;
        }
        let message = Arc::new(message);
        if !Topic::is_for_server(&message.topic) {
            self.waiting.at_once(Some(message), reply, None);
            return None;
        }
        let ack = self.waiting.commit(message.clone(), reply);
        match delivery::hand_over(&self.hub, &message, ack) {
            Ok(stalled) => self.stalled = stalled,
            Err(delivery::EngineGone) => return Some(End::Stop),
        }
        None
    }

    fn subscribe(&mut self, id: u16, entries: &[SubEntry], identifier: Option<u32>) -> Option<End> {
        let mut granted = Vec::with_capacity(entries.len());
        let mut kept = Vec::new();
        for entry in entries {
            let (wanted, options) = (entry.topic_filter(), entry.sub_opts());
            granted.push(if wanted.starts_with("$share/") {
                Granted::Shared
            } else if !filter::is_filter(wanted) {
                Granted::Filter
            } else if !self.rights.may_subscribe(wanted) {
                Granted::Rights
            } else {
                let options = Options {
                    qos: (options.qos() as u8).min(1),
                    no_local: options.nl(),
                    as_published: options.rap(),
                    identifier,
                };
                let handling = entry.sub_opts().rh();
                let retained = |new| match handling {
                    RetainHandling::SendRetained => true,
                    RetainHandling::SendRetainedIfNotExists => new,
                    RetainHandling::DoNotSendRetained => false,
                };
                match self.hub.subscribe(&self.session, wanted, options, retained) {
                    Some(messages) => {
                        kept.extend(messages);
                        Granted::Qos(options.qos)
                    }
                    None => Granted::Quota,
                }
            });
        }
        if self.protocol.suback(id, &granted).is_err() {
            return Some(End::Fault);
        }
        self.hub.post_all(&self.session, kept);
        None
    }
}

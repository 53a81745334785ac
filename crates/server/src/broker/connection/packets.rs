//! The effect of each packet of a client.
use std::sync::Arc;

use mqtt_protocol_core::mqtt::{
    packet::{Qos, RetainHandling, SubEntry},
    result_code::DisconnectReasonCode,
};
use wire::Topic;

use super::Connection;
use crate::broker::{
    filter,
    ingest::{self, EngineEnded},
    message::Message,
    pending_acks::{PublishRejection, Reply},
    protocol::{Incoming, IncomingPublish, SubscribeResult},
    session::SubscriptionOptions,
};

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// The client sent DISCONNECT.
    Disconnect { with_will: bool },
    /// The socket was closed or failed.
    Closed,
    /// The client violated the protocol.
    ProtocolError,
    /// The client opened a new connection.
    TakenOver,
    /// The client sent nothing for one and a half times its keep alive.
    KeepAliveTimeout,
    /// The client accepted no byte for [`crate::broker::Limits::send_timeout`].
    SendTimeout,
    /// The engine dropped publishes without a commit: the client has to deliver again.
    NotCommitted,
    /// A retained message is not kept, and the client's version has no packet that says so.
    NotRetained,
    /// The broker, or the engine behind it, is shutting down.
    Shutdown,
}

impl<S> Connection<S> {
    /// Handles a packet; `Some` where it ends the connection.
    pub(super) fn handle(&mut self, incoming: Incoming) -> Option<CloseReason> {
        match incoming {
            Incoming::Publish(publish) => return self.publish(publish),
            Incoming::Puback(packet_id) => {
                // Nearly always the first.
                let in_flight = &mut self.slot.in_flight;
                if let Some(at) = in_flight.iter().position(|d| d.packet_id == packet_id) {
                    in_flight.remove(at);
                }
            }
            Incoming::Pubrel(packet_id) => self.protocol.pubcomp(packet_id),
            Incoming::Subscribe { packet_id, entries, identifier } => {
                return self.subscribe(packet_id, &entries, identifier);
            }
            Incoming::Unsubscribe { packet_id, filters } => {
                let found: Vec<bool> = filters
                    .iter()
                    .map(|filter| self.hub.unsubscribe(&self.session, filter))
                    .collect();
                if self.protocol.unsuback(packet_id, &found).is_err() {
                    return Some(CloseReason::ProtocolError);
                }
            }
            Incoming::Disconnect { with_will, session_expiry } => {
                // MQTT 5, 3.14.2.2.2: an expiry of zero at CONNECT cannot be changed.
                if let Some(expiry) = session_expiry.filter(|_| !self.session_expiry.is_zero()) {
                    self.session_expiry = self.hub.session_expiry(Some(expiry));
                }
                return Some(CloseReason::Disconnect { with_will });
            }
            Incoming::Connect(_) => return Some(CloseReason::ProtocolError),
        }
        None
    }

    fn publish(&mut self, publish: IncomingPublish) -> Option<CloseReason> {
        let IncomingPublish { topic, payload, qos, retain, packet_id, properties } = publish;
        let reply = match (packet_id, qos) {
            (Some(id), Qos::AtLeastOnce) => Reply::Puback(id),
            (Some(id), Qos::ExactlyOnce) => Reply::Pubrec(id),
            _ => Reply::None,
        };
        let (topic, _) = self.subscribers.find(&self.hub, &topic);
        let message = match Message::new(topic, payload, qos, retain, &properties) {
            Ok(message) => {
                let publisher = self.session.owner().clone();
                Message { arrival: self.hub.next_arrival(), publisher, ..message }
            }
            Err(_) => {
                self.protocol.disconnect(DisconnectReasonCode::TopicNameInvalid);
                return Some(CloseReason::ProtocolError);
            }
        };
        if !self.rights.may_publish(&message.topic) {
            metrics::counter!("wattkampen_mqtt_refused_total", "reason" => "rights").increment(1);
            if self.hub.may_warn() {
                tracing::warn!(
                    client = %self.session.key, topic = %message.topic.escape_debug(),
                    "a publish is refused: the client has no right to that topic"
                );
            }
            self.pending.push_committed(None, reply, Some(PublishRejection::NotAuthorized));
            return None;
        }
        let message = Arc::new(message);
        if !Topic::is_for_server(&message.topic) {
            self.pending.push_committed(Some(message), reply, None);
            return None;
        }
        let ack = self.pending.push(message.clone(), reply);
        match ingest::hand_over(&self.hub, &message, ack) {
            Ok(handover) => self.handover = handover,
            Err(EngineEnded) => return Some(CloseReason::Shutdown),
        }
        None
    }

    fn subscribe(
        &mut self,
        packet_id: u16,
        entries: &[SubEntry],
        identifier: Option<u32>,
    ) -> Option<CloseReason> {
        let mut results = Vec::with_capacity(entries.len());
        let mut retained = Vec::new();
        for entry in entries {
            let (filter, requested) = (entry.topic_filter(), entry.sub_opts());
            results.push(if filter.starts_with("$share/") {
                SubscribeResult::SharedSubscription
            } else if !filter::is_topic_filter(filter) {
                SubscribeResult::InvalidFilter
            } else if !self.rights.may_subscribe(filter) {
                SubscribeResult::NotAuthorized
            } else {
                let options = SubscriptionOptions {
                    qos: (requested.qos() as u8).min(1),
                    no_local: requested.nl(),
                    retain_as_published: requested.rap(),
                    identifier,
                };
                let send_retained = |new| match requested.rh() {
                    RetainHandling::SendRetained => true,
                    RetainHandling::SendRetainedIfNotExists => new,
                    RetainHandling::DoNotSendRetained => false,
                };
                match self.hub.subscribe(&self.session, filter, options, send_retained) {
                    Some(messages) => {
                        retained.extend(messages);
                        SubscribeResult::Granted { qos: options.qos }
                    }
                    None => SubscribeResult::QuotaExceeded,
                }
            });
        }
        if self.protocol.suback(packet_id, &results).is_err() {
            return Some(CloseReason::ProtocolError);
        }
        self.hub.enqueue_all(&self.session, retained);
        None
    }
}

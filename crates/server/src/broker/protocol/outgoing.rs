//! The packets to a client, in the client's version.
use std::time::Duration;

use mqtt_protocol_core::mqtt::{
    connection::Event,
    packet::{
        self, GenericPacket, MessageExpiryInterval, Property, Qos, SubscriptionIdentifier, v3_1_1,
        v5_0,
    },
    result_code::{
        ConnectReasonCode, ConnectReturnCode, DisconnectReasonCode, MqttError, PubackReasonCode,
        PubrecReasonCode, SubackReasonCode, SubackReturnCode, UnsubackReasonCode,
    },
};

use super::Protocol;
use crate::broker::{pending_acks::PublishRejection, session::QueuedMessage};

/// Why a CONNECT is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::broker) enum ConnectRefusal {
    #[error("the client identifier is invalid, too long, or empty without a clean session")]
    ClientIdentifier,
    #[error("user name or password is wrong")]
    BadCredentials,
    #[error("the client is not authorized")]
    NotAuthorized,
    #[error("the topic of the will is not a valid topic name")]
    WillTopic,
    #[error("enhanced authentication is not supported")]
    EnhancedAuthentication,
    #[error("there are too many sessions")]
    TooManySessions,
    #[error("the login has too many connections")]
    TooManyConnections,
}

impl ConnectRefusal {
    const fn codes(self) -> (ConnectReturnCode, ConnectReasonCode) {
        use ConnectReasonCode as V5;
        use ConnectReturnCode as V3;
        match self {
            Self::ClientIdentifier => (V3::IdentifierRejected, V5::ClientIdentifierNotValid),
            Self::BadCredentials => (V3::BadUserNameOrPassword, V5::BadUserNameOrPassword),
            Self::NotAuthorized => (V3::NotAuthorized, V5::NotAuthorized),
            Self::WillTopic => (V3::NotAuthorized, V5::TopicNameInvalid),
            Self::EnhancedAuthentication => (V3::NotAuthorized, V5::BadAuthenticationMethod),
            Self::TooManySessions | Self::TooManyConnections => {
                (V3::ServerUnavailable, V5::QuotaExceeded)
            }
        }
    }
}

/// The content of a CONNACK that accepts a client.
#[derive(Debug)]
pub(in crate::broker) struct Connack<'a> {
    pub(in crate::broker) session_present: bool,
    /// Set where the client sent none.
    pub(in crate::broker) assigned_client_id: Option<&'a str>,
    pub(in crate::broker) receive_maximum: u16,
    pub(in crate::broker) topic_alias_maximum: u16,
    /// Set where it is shorter than the client requested.
    pub(in crate::broker) session_expiry: Option<Duration>,
}

/// The result for one topic filter of a SUBSCRIBE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::broker) enum SubscribeResult {
    Granted { qos: u8 },
    InvalidFilter,
    NotAuthorized,
    SharedSubscription,
    QuotaExceeded,
}

impl Protocol {
    /// Encodes a packet. An error means that the packet exceeds a limit of the client.
    fn send(&mut self, packet: impl Into<GenericPacket<u16>>) -> Result<(), MqttError> {
        let mut result = Ok(());
        for event in self.core.send(packet.into()) {
            match event {
                Event::NotifyError(error) => result = Err(error),
                event => self.handle_event(event),
            }
        }
        result
    }

    /// Ends the connection of a client whose Maximum Packet Size is below the few bytes of an
    /// acknowledgement or a refusal.
    fn close_unless_sent(&mut self, sent: Result<(), MqttError>) {
        if let Err(error) = sent {
            debug_assert_eq!(error, MqttError::PacketTooLarge);
            self.closing = true;
        }
    }

    /// Accepts the client.
    pub(in crate::broker) fn connack(&mut self, connack: &Connack<'_>) -> Result<(), MqttError> {
        if !self.v5() {
            return self.send(
                v3_1_1::Connack::builder()
                    .session_present(connack.session_present)
                    .return_code(ConnectReturnCode::Accepted)
                    .build()?,
            );
        }
        let mut properties: Vec<Property> = vec![
            packet::ReceiveMaximum::new(connack.receive_maximum)?.into(),
            packet::TopicAliasMaximum::new(connack.topic_alias_maximum)?.into(),
            packet::SharedSubscriptionAvailable::new(0)?.into(),
        ];
        if let Some(id) = connack.assigned_client_id {
            properties.push(packet::AssignedClientIdentifier::new(id)?.into());
        }
        if let Some(expiry) = connack.session_expiry {
            let seconds = u32::try_from(expiry.as_secs()).unwrap_or(u32::MAX);
            properties.push(packet::SessionExpiryInterval::new(seconds)?.into());
        }
        self.send(
            v5_0::Connack::builder()
                .session_present(connack.session_present)
                .reason_code(ConnectReasonCode::Success)
                .props(properties)
                .build()?,
        )
    }

    /// Sends a CONNACK that refuses the client, and closes the connection.
    pub(in crate::broker) fn refuse_connect(&mut self, refusal: ConnectRefusal) {
        let (v3, v5) = refusal.codes();
        let sent = if self.v5() {
            let packet = v5_0::Connack::builder().session_present(false).reason_code(v5).build();
            packet.and_then(|packet| self.send(packet))
        } else {
            let packet = v3_1_1::Connack::builder().session_present(false).return_code(v3).build();
            packet.and_then(|packet| self.send(packet))
        };
        self.close_unless_sent(sent);
        self.closing = true;
    }

    /// Acknowledges a QoS 1 publish.
    pub(in crate::broker) fn puback(
        &mut self,
        packet_id: u16,
        rejection: Option<PublishRejection>,
    ) {
        let sent = if self.v5() {
            let packet = v5_0::Puback::builder().packet_id(packet_id);
            // A packet without a reason code means success.
            let packet = match rejection {
                None => packet,
                Some(PublishRejection::NotAuthorized) => {
                    packet.reason_code(PubackReasonCode::NotAuthorized)
                }
                Some(PublishRejection::QuotaExceeded) => {
                    packet.reason_code(PubackReasonCode::QuotaExceeded)
                }
            };
            packet.build().and_then(|packet| self.send(packet))
        } else {
            v3_1_1::Puback::builder()
                .packet_id(packet_id)
                .build()
                .and_then(|packet| self.send(packet))
        };
        self.close_unless_sent(sent);
    }

    /// Acknowledges a QoS 2 publish.
    pub(in crate::broker) fn pubrec(
        &mut self,
        packet_id: u16,
        rejection: Option<PublishRejection>,
    ) {
        self.uncommitted.remove(&packet_id);
        let sent = if self.v5() {
            let packet = v5_0::Pubrec::builder().packet_id(packet_id);
            let packet = match rejection {
                None => packet,
                Some(PublishRejection::NotAuthorized) => {
                    packet.reason_code(PubrecReasonCode::NotAuthorized)
                }
                Some(PublishRejection::QuotaExceeded) => {
                    packet.reason_code(PubrecReasonCode::QuotaExceeded)
                }
            };
            packet.build().and_then(|packet| self.send(packet))
        } else {
            v3_1_1::Pubrec::builder()
                .packet_id(packet_id)
                .build()
                .and_then(|packet| self.send(packet))
        };
        self.close_unless_sent(sent);
    }

    /// Completes a QoS 2 publish.
    pub(in crate::broker) fn pubcomp(&mut self, packet_id: u16) {
        let sent = if self.v5() {
            v5_0::Pubcomp::builder()
                .packet_id(packet_id)
                .build()
                .and_then(|packet| self.send(packet))
        } else {
            v3_1_1::Pubcomp::builder()
                .packet_id(packet_id)
                .build()
                .and_then(|packet| self.send(packet))
        };
        self.close_unless_sent(sent);
    }

    /// Answers a SUBSCRIBE with one result for each topic filter.
    pub(in crate::broker) fn suback(
        &mut self,
        packet_id: u16,
        results: &[SubscribeResult],
    ) -> Result<(), MqttError> {
        if self.v5() {
            let codes = results.iter().map(|result| match result {
                SubscribeResult::Granted { qos: 0 } => SubackReasonCode::GrantedQos0,
                SubscribeResult::Granted { .. } => SubackReasonCode::GrantedQos1,
                SubscribeResult::InvalidFilter => SubackReasonCode::TopicFilterInvalid,
                SubscribeResult::NotAuthorized => SubackReasonCode::NotAuthorized,
                SubscribeResult::SharedSubscription => {
                    SubackReasonCode::SharedSubscriptionsNotSupported
                }
                SubscribeResult::QuotaExceeded => SubackReasonCode::QuotaExceeded,
            });
            let packet = v5_0::Suback::builder().packet_id(packet_id).reason_codes(codes.collect());
            self.send(packet.build()?)
        } else {
            let codes = results.iter().map(|result| match result {
                SubscribeResult::Granted { qos: 0 } => SubackReturnCode::SuccessMaximumQos0,
                SubscribeResult::Granted { .. } => SubackReturnCode::SuccessMaximumQos1,
                _ => SubackReturnCode::Failure,
            });
            let packet =
                v3_1_1::Suback::builder().packet_id(packet_id).return_codes(codes.collect());
            self.send(packet.build()?)
        }
    }

    /// Answers an UNSUBSCRIBE; `found` states for each topic filter whether it was subscribed.
    pub(in crate::broker) fn unsuback(
        &mut self,
        packet_id: u16,
        found: &[bool],
    ) -> Result<(), MqttError> {
        if self.v5() {
            let codes = found.iter().map(|found| match found {
                true => UnsubackReasonCode::Success,
                false => UnsubackReasonCode::NoSubscriptionExisted,
            });
            let packet =
                v5_0::Unsuback::builder().packet_id(packet_id).reason_codes(codes.collect());
            self.send(packet.build()?)
        } else {
            self.send(v3_1_1::Unsuback::builder().packet_id(packet_id).build()?)
        }
    }

    /// A packet identifier for a QoS 1 delivery.
    pub(in crate::broker) fn acquire_packet_id(&mut self) -> Option<u16> {
        self.core.acquire_packet_id().ok()
    }

    /// Reserves the packet identifier of a delivery that is sent again; whether it was free.
    pub(in crate::broker) fn register_packet_id(&mut self, packet_id: u16) -> bool {
        self.core.register_packet_id(packet_id).is_ok()
    }

    /// Delivers a message, with `dup` for the second time. Where the packet exceeds the client's
    /// Maximum Packet Size, that is an error, and the packet identifier is released.
    pub(in crate::broker) fn deliver(
        &mut self,
        queued: &QueuedMessage,
        packet_id: Option<u16>,
        dup: bool,
    ) -> Result<(), MqttError> {
        let message = &queued.message;
        let qos = if packet_id.is_some() { Qos::AtLeastOnce } else { Qos::AtMostOnce };
        let sent = if self.v5() {
            let mut properties = message.properties.to_vec();
            if let Some(left) = message.expiry_seconds() {
                properties.push(MessageExpiryInterval::new(left)?.into());
            }
            for identifier in &queued.identifiers {
                properties.push(SubscriptionIdentifier::new(*identifier)?.into());
            }
            let mut packet = v5_0::Publish::builder()
                .topic_name(&*message.topic)?
                .qos(qos)
                .retain(queued.retain)
                .dup(dup)
                .props(properties)
                .payload(message.payload.clone());
            if let Some(packet_id) = packet_id {
                packet = packet.packet_id(packet_id);
            }
            packet.build().and_then(|packet| self.send(packet))
        } else {
            let mut packet = v3_1_1::Publish::builder()
                .topic_name(&*message.topic)?
                .qos(qos)
                .retain(queued.retain)
                .dup(dup)
                .payload(message.payload.clone());
            if let Some(packet_id) = packet_id {
                packet = packet.packet_id(packet_id);
            }
            packet.build().and_then(|packet| self.send(packet))
        };
        if let (Err(_), Some(packet_id)) = (sent, packet_id) {
            self.core.release_packet_id(packet_id);
        }
        sent
    }

    /// Ends the connection, with a DISCONNECT where the version has one.
    pub(in crate::broker) fn disconnect(&mut self, reason: DisconnectReasonCode) {
        if self.v5() && !self.closing {
            // The library refuses to send it before the CONNACK.
            let packet = v5_0::Disconnect::builder().reason_code(reason).build();
            let _ = packet.and_then(|packet| self.send(packet));
        }
        self.closing = true;
    }

    /// Restores the result of [`Self::unreleased`] of an earlier connection; call it before
    /// [`Self::connack`].
    pub(in crate::broker) fn restore_unreleased(&mut self, packet_ids: &[u16]) {
        self.core.restore_qos2_publish_handled(packet_ids.iter().copied().collect());
    }

    /// Packet identifiers of the QoS 2 publishes that are committed and not released.
    pub(in crate::broker) fn unreleased(&self) -> Vec<u16> {
        let handled = self.core.get_qos2_publish_handled();
        handled.into_iter().filter(|id| !self.uncommitted.contains(id)).collect()
    }
}

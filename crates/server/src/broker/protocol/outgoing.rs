//! What the broker says, in the client's version.
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
use crate::broker::{session::Queued, waiting::Refused};

/// Why a client is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::broker) enum No {
    #[error("its identifier is empty, too long, or not to be kept")]
    Identifier,
    #[error("user or password is wrong")]
    Login,
    #[error("it has no right to")]
    Rights,
    #[error("its will has no topic to publish on")]
    WillTopic,
    #[error("enhanced authentication is not offered")]
    Method,
    #[error("there are too many sessions")]
    Full,
}

impl No {
    const fn codes(self) -> (ConnectReturnCode, ConnectReasonCode) {
        use ConnectReasonCode as V5;
        use ConnectReturnCode as V3;
        match self {
            Self::Identifier => (V3::IdentifierRejected, V5::ClientIdentifierNotValid),
            Self::Login => (V3::BadUserNameOrPassword, V5::BadUserNameOrPassword),
            Self::Rights => (V3::NotAuthorized, V5::NotAuthorized),
            Self::WillTopic => (V3::NotAuthorized, V5::TopicNameInvalid),
            Self::Method => (V3::NotAuthorized, V5::BadAuthenticationMethod),
            Self::Full => (V3::ServerUnavailable, V5::QuotaExceeded),
        }
    }
}

/// What a client is told when it is let in.
#[derive(Debug)]
pub(in crate::broker) struct Welcome<'a> {
    pub(in crate::broker) session_present: bool,
    /// The identifier that it was given, where it brought none.
    pub(in crate::broker) assigned: Option<&'a str>,
    pub(in crate::broker) receive_maximum: u16,
    pub(in crate::broker) topic_aliases: u16,
    /// How long its session is kept, where that is less than it asked for.
    pub(in crate::broker) expiry: Option<Duration>,
}

/// Answer to one filter of a SUBSCRIBE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::broker) enum Granted {
    Qos(u8),
    Filter,
    Rights,
    Shared,
    Quota,
}

impl Protocol {
    /// Sends a packet; a library error means that this client cannot take it.
    fn send(&mut self, packet: impl Into<GenericPacket<u16>>) -> Result<(), MqttError> {
        let mut result = Ok(());
        for event in self.core.send(packet.into()) {
            match event {
                Event::NotifyError(error) => result = Err(error),
                event => self.obey(event),
            }
        }
        result
    }

    /// Lets the client in.
    pub(in crate::broker) fn welcome(&mut self, welcome: &Welcome<'_>) -> Result<(), MqttError> {
        if !self.v5() {
            return self.send(
                v3_1_1::Connack::builder()
                    .session_present(welcome.session_present)
                    .return_code(ConnectReturnCode::Accepted)
                    .build()?,
            );
        }
        let mut properties: Vec<Property> = vec![
            packet::ReceiveMaximum::new(welcome.receive_maximum)?.into(),
            packet::TopicAliasMaximum::new(welcome.topic_aliases)?.into(),
            packet::SharedSubscriptionAvailable::new(0)?.into(),
        ];
        if let Some(id) = welcome.assigned {
            properties.push(packet::AssignedClientIdentifier::new(id)?.into());
        }
        if let Some(expiry) = welcome.expiry {
            let seconds = u32::try_from(expiry.as_secs()).unwrap_or(u32::MAX);
            properties.push(packet::SessionExpiryInterval::new(seconds)?.into());
        }
        self.send(
            v5_0::Connack::builder()
                .session_present(welcome.session_present)
                .reason_code(ConnectReasonCode::Success)
                .props(properties)
                .build()?,
        )
    }

    /// Does not let it in.
    pub(in crate::broker) fn refuse(&mut self, no: No) {
        let (v3, v5) = no.codes();
        let sent = if self.v5() {
            let packet = v5_0::Connack::builder().session_present(false).reason_code(v5).build();
            packet.and_then(|packet| self.send(packet))
        } else {
            let packet = v3_1_1::Connack::builder().session_present(false).return_code(v3).build();
            packet.and_then(|packet| self.send(packet))
        };
        debug_assert_eq!(sent, Ok(()));
        self.closing = true;
    }

    /// QoS 1 is answered.
    pub(in crate::broker) fn puback(&mut self, id: u16, refused: Option<Refused>) {
        let sent = if self.v5() {
            let packet = v5_0::Puback::builder().packet_id(id);
            // Success is the short packet without a code.
            let packet = match refused {
                None => packet,
                Some(Refused::Rights) => packet.reason_code(PubackReasonCode::NotAuthorized),
            };
            packet.build().and_then(|packet| self.send(packet))
        } else {
            v3_1_1::Puback::builder().packet_id(id).build().and_then(|packet| self.send(packet))
        };
        debug_assert_eq!(sent, Ok(()));
    }

    /// QoS 2 is taken over.
    pub(in crate::broker) fn pubrec(&mut self, id: u16, refused: Option<Refused>) {
        self.uncommitted.remove(&id);
        let sent = if self.v5() {
            let packet = v5_0::Pubrec::builder().packet_id(id);
            let packet = match refused {
                None => packet,
                Some(Refused::Rights) => packet.reason_code(PubrecReasonCode::NotAuthorized),
            };
            packet.build().and_then(|packet| self.send(packet))
        } else {
            v3_1_1::Pubrec::builder().packet_id(id).build().and_then(|packet| self.send(packet))
        };
        debug_assert_eq!(sent, Ok(()));
    }

    /// QoS 2 is over.
    pub(in crate::broker) fn pubcomp(&mut self, id: u16) {
        let sent = if self.v5() {
            v5_0::Pubcomp::builder().packet_id(id).build().and_then(|packet| self.send(packet))
        } else {
            v3_1_1::Pubcomp::builder().packet_id(id).build().and_then(|packet| self.send(packet))
        };
        debug_assert_eq!(sent, Ok(()));
    }

    /// Answers a SUBSCRIBE.
    pub(in crate::broker) fn suback(
        &mut self,
        id: u16,
        granted: &[Granted],
    ) -> Result<(), MqttError> {
        if self.v5() {
            let codes = granted.iter().map(|granted| match granted {
                Granted::Qos(0) => SubackReasonCode::GrantedQos0,
                Granted::Qos(_) => SubackReasonCode::GrantedQos1,
                Granted::Filter => SubackReasonCode::TopicFilterInvalid,
                Granted::Rights => SubackReasonCode::NotAuthorized,
                Granted::Shared => SubackReasonCode::SharedSubscriptionsNotSupported,
                Granted::Quota => SubackReasonCode::QuotaExceeded,
            });
            let packet = v5_0::Suback::builder().packet_id(id).reason_codes(codes.collect());
            self.send(packet.build()?)
        } else {
            let codes = granted.iter().map(|granted| match granted {
                Granted::Qos(0) => SubackReturnCode::SuccessMaximumQos0,
                Granted::Qos(_) => SubackReturnCode::SuccessMaximumQos1,
                _ => SubackReturnCode::Failure,
            });
            let packet = v3_1_1::Suback::builder().packet_id(id).return_codes(codes.collect());
            self.send(packet.build()?)
        }
    }

    /// Answers an UNSUBSCRIBE: whether there was each subscription.
    pub(in crate::broker) fn unsuback(&mut self, id: u16, found: &[bool]) -> Result<(), MqttError> {
        if self.v5() {
            let codes = found.iter().map(|found| match found {
                true => UnsubackReasonCode::Success,
                false => UnsubackReasonCode::NoSubscriptionExisted,
            });
            let packet = v5_0::Unsuback::builder().packet_id(id).reason_codes(codes.collect());
            self.send(packet.build()?)
        } else {
            self.send(v3_1_1::Unsuback::builder().packet_id(id).build()?)
        }
    }

    /// A packet identifier for a delivery of QoS 1.
    pub(in crate::broker) fn name(&mut self) -> Option<u16> {
        self.core.acquire_packet_id().ok()
    }

    /// Takes the identifier of a delivery that the last connection did not finish.
    pub(in crate::broker) fn rename(&mut self, id: u16) -> bool {
        self.core.register_packet_id(id).is_ok()
    }

    /// Delivers a message. Where the client said that it takes no packets of that
    /// size, that is an error, and the identifier is free again.
    pub(in crate::broker) fn deliver(
        &mut self,
        queued: &Queued,
        id: Option<u16>,
        again: bool,
    ) -> Result<(), MqttError> {
        let message = &queued.message;
        let qos = if id.is_some() { Qos::AtLeastOnce } else { Qos::AtMostOnce };
        let sent = if self.v5() {
            let mut properties = message.properties.to_vec();
            if let Some(left) = message.left() {
                properties.push(MessageExpiryInterval::new(left)?.into());
            }
            for identifier in &queued.identifiers {
                properties.push(SubscriptionIdentifier::new(*identifier)?.into());
            }
            let mut packet = v5_0::Publish::builder()
                .topic_name(&*message.topic)?
                .qos(qos)
                .retain(queued.retain)
                .dup(again)
                .props(properties)
                .payload(message.payload.clone());
            if let Some(id) = id {
                packet = packet.packet_id(id);
            }
            packet.build().and_then(|packet| self.send(packet))
        } else {
            let mut packet = v3_1_1::Publish::builder()
                .topic_name(&*message.topic)?
                .qos(qos)
                .retain(queued.retain)
                .dup(again)
                .payload(message.payload.clone());
            if let Some(id) = id {
                packet = packet.packet_id(id);
            }
            packet.build().and_then(|packet| self.send(packet))
        };
        if let (Err(_), Some(id)) = (sent, id) {
            self.core.release_packet_id(id);
        }
        sent
    }

    /// Ends the connection, saying why where the version can.
    pub(in crate::broker) fn disconnect(&mut self, reason: DisconnectReasonCode) {
        if self.v5() && !self.closing {
            // Before the CONNACK there is none to send.
            let packet = v5_0::Disconnect::builder().reason_code(reason).build();
            let _ = packet.and_then(|packet| self.send(packet));
        }
        self.closing = true;
    }

    /// Before the CONNACK: QoS 2 publishes that an earlier connection committed.
    pub(in crate::broker) fn restore(&mut self, handled: &[u16]) {
        self.core.restore_qos2_publish_handled(handled.iter().copied().collect());
    }

    /// QoS 2 publishes that are committed and not released, for the session.
    pub(in crate::broker) fn handled(&self) -> Vec<u16> {
        let handled = self.core.get_qos2_publish_handled();
        handled.into_iter().filter(|id| !self.uncommitted.contains(id)).collect()
    }
}

//! The packets of clients, without the differences between the versions.
use std::time::Duration;

use mqtt_protocol_core::mqtt::{
    ArcPayload,
    packet::{GenericPacket, Property, Qos, SubEntry, v3_1_1, v5_0},
    result_code::{DisconnectReasonCode, MqttError},
};

/// A CONNECT.
#[derive(Debug)]
pub(in crate::broker) struct Connect {
    pub(in crate::broker) client_id: String,
    /// Clean Start, or Clean Session of 3.1.1.
    pub(in crate::broker) clean_start: bool,
    /// Zero turns it off.
    pub(in crate::broker) keep_alive: Duration,
    pub(in crate::broker) user: Option<String>,
    pub(in crate::broker) password: Option<Vec<u8>>,
    pub(in crate::broker) will: Option<RequestedWill>,
    /// How long the session outlives the connection; `None` where it does not expire.
    pub(in crate::broker) session_expiry: Option<Duration>,
    /// QoS 1 deliveries that the client accepts at once.
    pub(in crate::broker) receive_maximum: u16,
    /// Whether the client requests enhanced authentication, which is not supported.
    pub(in crate::broker) enhanced_authentication: bool,
}

/// A will message that is not checked yet.
#[derive(Debug)]
pub(in crate::broker) struct RequestedWill {
    pub(in crate::broker) topic: String,
    pub(in crate::broker) payload: Vec<u8>,
    pub(in crate::broker) qos: Qos,
    pub(in crate::broker) retain: bool,
    pub(in crate::broker) delay: Duration,
    pub(in crate::broker) properties: Vec<Property>,
}

/// A PUBLISH whose topic alias is resolved.
#[derive(Debug)]
pub(in crate::broker) struct IncomingPublish {
    pub(in crate::broker) topic: String,
    pub(in crate::broker) payload: ArcPayload,
    pub(in crate::broker) qos: Qos,
    pub(in crate::broker) retain: bool,
    pub(in crate::broker) packet_id: Option<u16>,
    pub(in crate::broker) properties: Vec<Property>,
}

/// A packet that the broker handles.
#[derive(Debug)]
pub(in crate::broker) enum Incoming {
    Connect(Box<Connect>),
    Publish(IncomingPublish),
    /// Acknowledges a QoS 1 delivery.
    Puback(u16),
    /// Releases a QoS 2 publish.
    Pubrel(u16),
    Subscribe {
        packet_id: u16,
        entries: Vec<SubEntry>,
        /// Subscription identifier.
        identifier: Option<u32>,
    },
    Unsubscribe {
        packet_id: u16,
        filters: Vec<String>,
    },
    Disconnect {
        /// Whether the will is published all the same.
        with_will: bool,
        /// A new session expiry interval.
        session_expiry: Option<Duration>,
    },
}

fn seconds(value: u32) -> Duration {
    Duration::from_secs(value.into())
}

fn session_expiry(properties: &[Property]) -> Option<u32> {
    properties.iter().find_map(|property| match property {
        Property::SessionExpiryInterval(interval) => Some(interval.val()),
        _ => None,
    })
}

/// `None` where the session does not expire (MQTT 5, 3.1.2.11.2).
fn expiry_interval(value: u32) -> Option<Duration> {
    (value != u32::MAX).then(|| seconds(value))
}

/// Decodes a packet; `None` where the library has handled it.
pub(super) fn decode(packet: GenericPacket<u16>) -> Result<Option<Incoming>, MqttError> {
    Ok(Some(match packet {
        GenericPacket::V3_1_1Pingreq(_) | GenericPacket::V5_0Pingreq(_) => return Ok(None),
        GenericPacket::V3_1_1Connect(connect) => Incoming::Connect(connect_v3(&connect).into()),
        GenericPacket::V5_0Connect(connect) => Incoming::Connect(connect_v5(&connect).into()),
        GenericPacket::V3_1_1Publish(publish) => Incoming::Publish(IncomingPublish {
            topic: publish.topic_name().to_owned(),
            payload: publish.payload().clone(),
            qos: publish.qos(),
            retain: publish.retain(),
            packet_id: publish.packet_id().map(nonzero).transpose()?,
            properties: Vec::new(),
        }),
        GenericPacket::V5_0Publish(mut publish) => Incoming::Publish(IncomingPublish {
            topic: publish.topic_name().to_owned(),
            payload: publish.payload().clone(),
            qos: publish.qos(),
            retain: publish.retain(),
            packet_id: publish.packet_id().map(nonzero).transpose()?,
            properties: std::mem::take(&mut publish.props),
        }),
        GenericPacket::V3_1_1Puback(puback) => Incoming::Puback(puback.packet_id()),
        GenericPacket::V5_0Puback(puback) => Incoming::Puback(puback.packet_id()),
        GenericPacket::V3_1_1Pubrel(pubrel) => Incoming::Pubrel(pubrel.packet_id()),
        GenericPacket::V5_0Pubrel(pubrel) => Incoming::Pubrel(pubrel.packet_id()),
        GenericPacket::V3_1_1Subscribe(subscribe) => Incoming::Subscribe {
            packet_id: nonzero(subscribe.packet_id())?,
            entries: subscribe.entries().clone(),
            identifier: None,
        },
        GenericPacket::V5_0Subscribe(subscribe) => Incoming::Subscribe {
            packet_id: nonzero(subscribe.packet_id())?,
            entries: subscribe.entries().clone(),
            identifier: subscribe.props().iter().find_map(|property| match property {
                Property::SubscriptionIdentifier(identifier) => Some(identifier.val()),
                _ => None,
            }),
        },
        GenericPacket::V3_1_1Unsubscribe(unsubscribe) => Incoming::Unsubscribe {
            packet_id: nonzero(unsubscribe.packet_id())?,
            filters: unsubscribe.entries().iter().map(|f| f.as_str().to_owned()).collect(),
        },
        GenericPacket::V5_0Unsubscribe(unsubscribe) => Incoming::Unsubscribe {
            packet_id: nonzero(unsubscribe.packet_id())?,
            filters: unsubscribe.entries().iter().map(|f| f.as_str().to_owned()).collect(),
        },
        GenericPacket::V3_1_1Disconnect(_) => {
            Incoming::Disconnect { with_will: false, session_expiry: None }
        }
        GenericPacket::V5_0Disconnect(disconnect) => Incoming::Disconnect {
            with_will: disconnect
                .reason_code()
                .is_some_and(|code| code != DisconnectReasonCode::NormalDisconnection),
            session_expiry: disconnect
                .props()
                .as_deref()
                .and_then(session_expiry)
                .map(|value| expiry_interval(value).unwrap_or(Duration::MAX)),
        },
        // Subscriptions are not granted QoS 2; enhanced authentication is not supported.
        _ => return Err(MqttError::ProtocolError),
    }))
}

/// Rejects packet identifier 0 (MQTT 5, 2.2.1).
fn nonzero(packet_id: u16) -> Result<u16, MqttError> {
    if packet_id == 0 { Err(MqttError::ProtocolError) } else { Ok(packet_id) }
}

fn connect_v3(connect: &v3_1_1::Connect) -> Connect {
    Connect {
        client_id: connect.client_id().to_owned(),
        clean_start: connect.clean_session(),
        keep_alive: seconds(connect.keep_alive().into()),
        user: connect.user_name().map(str::to_owned),
        password: connect.password().map(<[u8]>::to_vec),
        will: connect.will_topic().map(|topic| RequestedWill {
            topic: topic.to_owned(),
            payload: connect.will_payload().unwrap_or_default().to_vec(),
            qos: connect.will_qos(),
            retain: connect.will_retain(),
            delay: Duration::ZERO,
            properties: Vec::new(),
        }),
        session_expiry: if connect.clean_session() { Some(Duration::ZERO) } else { None },
        receive_maximum: u16::MAX,
        enhanced_authentication: false,
    }
}

fn connect_v5(connect: &v5_0::Connect) -> Connect {
    let mut decoded = Connect {
        client_id: connect.client_id().to_owned(),
        clean_start: connect.clean_start(),
        keep_alive: seconds(connect.keep_alive().into()),
        user: connect.user_name().map(str::to_owned),
        password: connect.password().map(<[u8]>::to_vec),
        will: None,
        session_expiry: expiry_interval(session_expiry(connect.props()).unwrap_or(0)),
        receive_maximum: u16::MAX,
        enhanced_authentication: false,
    };
    for property in connect.props() {
        match property {
            Property::ReceiveMaximum(maximum) => decoded.receive_maximum = maximum.val(),
            Property::AuthenticationMethod(_) => decoded.enhanced_authentication = true,
            _ => {}
        }
    }
    decoded.will = connect.will_topic().map(|topic| RequestedWill {
        topic: topic.to_owned(),
        payload: connect.will_payload().unwrap_or_default().to_vec(),
        qos: connect.will_qos(),
        retain: connect.will_retain(),
        delay: connect
            .will_props
            .iter()
            .find_map(|property| match property {
                Property::WillDelayInterval(delay) => Some(seconds(delay.val())),
                _ => None,
            })
            .unwrap_or_default(),
        properties: connect.will_props.clone(),
    });
    decoded
}

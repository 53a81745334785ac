//! What clients say, without the difference of the versions.
use std::time::Duration;

use mqtt_protocol_core::mqtt::{
    ArcPayload,
    packet::{GenericPacket, Property, Qos, SubEntry, v3_1_1, v5_0},
    result_code::{DisconnectReasonCode, MqttError},
};

/// A CONNECT.
#[derive(Debug)]
pub(in crate::broker) struct Hello {
    pub(in crate::broker) client: String,
    pub(in crate::broker) clean: bool,
    /// Zero: never.
    pub(in crate::broker) keep_alive: Duration,
    pub(in crate::broker) user: Option<String>,
    pub(in crate::broker) password: Option<Vec<u8>>,
    pub(in crate::broker) will: Option<Wish>,
    /// How long the session outlives the connection; `None`: 3.1.1's "for ever".
    pub(in crate::broker) expiry: Option<Duration>,
    /// How many deliveries the client takes at once.
    pub(in crate::broker) receive_maximum: u16,
    /// Enhanced authentication, which is not offered.
    pub(in crate::broker) method: bool,
}

/// A will, unchecked.
#[derive(Debug)]
pub(in crate::broker) struct Wish {
    pub(in crate::broker) topic: String,
    pub(in crate::broker) payload: Vec<u8>,
    pub(in crate::broker) qos: Qos,
    pub(in crate::broker) retain: bool,
    pub(in crate::broker) delay: Duration,
    pub(in crate::broker) properties: Vec<Property>,
}

/// A PUBLISH; its topic alias is resolved.
#[derive(Debug)]
pub(in crate::broker) struct Published {
    pub(in crate::broker) topic: String,
    pub(in crate::broker) payload: ArcPayload,
    pub(in crate::broker) qos: Qos,
    pub(in crate::broker) retain: bool,
    pub(in crate::broker) id: Option<u16>,
    pub(in crate::broker) exactly_once: bool,
    pub(in crate::broker) properties: Vec<Property>,
}

/// One packet that concerns the broker.
#[derive(Debug)]
pub(in crate::broker) enum Incoming {
    Hello(Box<Hello>),
    Publish(Published),
    /// The client has a delivery of QoS 1.
    Acknowledged(u16),
    /// The client releases a publish of QoS 2.
    Release(u16),
    Subscribe {
        id: u16,
        entries: Vec<SubEntry>,
        identifier: Option<u32>,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    /// It leaves; whether its will is to be published all the same, and how long
    /// its session is to live from now on.
    Goodbye {
        with_will: bool,
        expiry: Option<Duration>,
    },
}

fn seconds(value: u32) -> Duration {
    Duration::from_secs(value.into())
}

/// The largest interval means "never" (MQTT 5, 3.1.2.11.2).
fn session_expiry(properties: &[Property]) -> Option<u32> {
    properties.iter().find_map(|property| match property {
        Property::SessionExpiryInterval(interval) => Some(interval.val()),
        _ => None,
    })
}

fn forever(value: u32) -> Option<Duration> {
    (value != u32::MAX).then(|| seconds(value))
}

/// `None`: the library has done what there was to do.
pub(super) fn read(packet: GenericPacket<u16>) -> Result<Option<Incoming>, MqttError> {
    Ok(Some(match packet {
        GenericPacket::V3_1_1Pingreq(_) | GenericPacket::V5_0Pingreq(_) => return Ok(None),
        GenericPacket::V3_1_1Connect(connect) => Incoming::Hello(hello_v3(&connect).into()),
        GenericPacket::V5_0Connect(connect) => Incoming::Hello(hello_v5(&connect).into()),
        GenericPacket::V3_1_1Publish(publish) => Incoming::Publish(Published {
            topic: publish.topic_name().to_owned(),
            payload: publish.payload().clone(),
            qos: publish.qos(),
            retain: publish.retain(),
            id: named(publish.packet_id())?,
            exactly_once: publish.qos() == Qos::ExactlyOnce,
            properties: Vec::new(),
        }),
        GenericPacket::V5_0Publish(mut publish) => Incoming::Publish(Published {
            topic: publish.topic_name().to_owned(),
            payload: publish.payload().clone(),
            qos: publish.qos(),
            retain: publish.retain(),
            id: named(publish.packet_id())?,
            exactly_once: publish.qos() == Qos::ExactlyOnce,
            properties: std::mem::take(&mut publish.props),
        }),
        GenericPacket::V3_1_1Puback(puback) => Incoming::Acknowledged(puback.packet_id()),
        GenericPacket::V5_0Puback(puback) => Incoming::Acknowledged(puback.packet_id()),
        GenericPacket::V3_1_1Pubrel(pubrel) => Incoming::Release(pubrel.packet_id()),
        GenericPacket::V5_0Pubrel(pubrel) => Incoming::Release(pubrel.packet_id()),
        GenericPacket::V3_1_1Subscribe(subscribe) => Incoming::Subscribe {
            id: named(Some(subscribe.packet_id()))?.unwrap_or_default(),
            entries: subscribe.entries().clone(),
            identifier: None,
        },
        GenericPacket::V5_0Subscribe(subscribe) => Incoming::Subscribe {
            id: named(Some(subscribe.packet_id()))?.unwrap_or_default(),
            entries: subscribe.entries().clone(),
            identifier: subscribe.props().iter().find_map(|property| match property {
                Property::SubscriptionIdentifier(identifier) => Some(identifier.val()),
                _ => None,
            }),
        },
        GenericPacket::V3_1_1Unsubscribe(unsubscribe) => Incoming::Unsubscribe {
            id: named(Some(unsubscribe.packet_id()))?.unwrap_or_default(),
            filters: unsubscribe.entries().iter().map(|f| f.as_str().to_owned()).collect(),
        },
        GenericPacket::V5_0Unsubscribe(unsubscribe) => Incoming::Unsubscribe {
            id: named(Some(unsubscribe.packet_id()))?.unwrap_or_default(),
            filters: unsubscribe.entries().iter().map(|f| f.as_str().to_owned()).collect(),
        },
        GenericPacket::V3_1_1Disconnect(_) => Incoming::Goodbye { with_will: false, expiry: None },
        GenericPacket::V5_0Disconnect(disconnect) => Incoming::Goodbye {
            with_will: disconnect
                .reason_code()
                .is_some_and(|code| code != DisconnectReasonCode::NormalDisconnection),
            expiry: disconnect
                .props()
                .as_deref()
                .and_then(session_expiry)
                .map(|value| forever(value).unwrap_or(Duration::MAX)),
        },
        // QoS 2 is not granted to subscribers; enhanced authentication is not offered.
        _ => return Err(MqttError::ProtocolError),
    }))
}

/// Identifier 0 names nothing.
fn named(id: Option<u16>) -> Result<Option<u16>, MqttError> {
    if id == Some(0) { Err(MqttError::ProtocolError) } else { Ok(id) }
}

fn hello_v3(connect: &v3_1_1::Connect) -> Hello {
    Hello {
        client: connect.client_id().to_owned(),
        clean: connect.clean_session(),
        keep_alive: seconds(connect.keep_alive().into()),
        user: connect.user_name().map(str::to_owned),
        password: connect.password().map(<[u8]>::to_vec),
        will: connect.will_topic().map(|topic| Wish {
            topic: topic.to_owned(),
            payload: connect.will_payload().unwrap_or_default().to_vec(),
            qos: connect.will_qos(),
            retain: connect.will_retain(),
            delay: Duration::ZERO,
            properties: Vec::new(),
        }),
        expiry: if connect.clean_session() { Some(Duration::ZERO) } else { None },
        receive_maximum: u16::MAX,
        method: false,
    }
}

fn hello_v5(connect: &v5_0::Connect) -> Hello {
    let mut hello = Hello {
        client: connect.client_id().to_owned(),
        clean: connect.clean_start(),
        keep_alive: seconds(connect.keep_alive().into()),
        user: connect.user_name().map(str::to_owned),
        password: connect.password().map(<[u8]>::to_vec),
        will: None,
        expiry: forever(session_expiry(connect.props()).unwrap_or(0)),
        receive_maximum: u16::MAX,
        method: false,
    };
    for property in connect.props() {
        match property {
            Property::ReceiveMaximum(maximum) => hello.receive_maximum = maximum.val(),
            Property::AuthenticationMethod(_) => hello.method = true,
            _ => {}
        }
    }
    hello.will = connect.will_topic().map(|topic| Wish {
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
    hello
}

//! An application message inside the broker, shared by all sessions that it is queued for,
//! whichever version of MQTT their clients speak.
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use mqtt_protocol_core::mqtt::{
    ArcPayload, IntoPayload,
    packet::{Property, Qos},
};

use super::{filter, owner::Owner};

/// An application message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) topic: Arc<str>,
    pub(super) payload: ArcPayload,
    pub(super) qos: Qos,
    /// The RETAIN flag as the publisher set it.
    pub(super) retain: bool,
    /// The properties that MQTT 5 forwards unaltered: payload format indicator, content type,
    /// response topic, correlation data, user properties.
    pub(super) properties: Box<[Property]>,
    /// When the message expires.
    pub(super) expires: Option<Instant>,
    /// Order of arrival at the broker, so that a late commit does not replace a newer
    /// retained message by an older one.
    pub(super) arrival: u64,
    /// Whose quota it counts against where it is retained.
    pub(super) publisher: Owner,
}

/// The topic of a PUBLISH or of a will is not a valid topic name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid topic name")]
pub(super) struct InvalidTopicName;

impl Message {
    /// Makes a message of the parts of a PUBLISH or of a will.
    pub(super) fn new(
        topic: Arc<str>,
        payload: impl IntoPayload,
        qos: Qos,
        retain: bool,
        properties: &[Property],
    ) -> Result<Self, InvalidTopicName> {
        if !filter::is_topic_name(&topic) {
            return Err(InvalidTopicName);
        }
        let mut expires = None;
        let mut forwarded = Vec::new();
        for property in properties {
            match property {
                Property::MessageExpiryInterval(interval) => {
                    expires = Some(Instant::now() + Duration::from_secs(interval.val().into()));
                }
                Property::PayloadFormatIndicator(_)
                | Property::ContentType(_)
                | Property::ResponseTopic(_)
                | Property::CorrelationData(_)
                | Property::UserProperty(_) => forwarded.push(property.clone()),
                _ => {}
            }
        }
        Ok(Self {
            topic,
            payload: payload.into_payload(),
            qos,
            retain,
            properties: forwarded.into(),
            expires,
            arrival: 0,
            publisher: Owner::Server,
        })
    }

    /// The same message as the newest one: a will arrives when it is published.
    pub(super) fn with_arrival(&self, arrival: u64) -> Arc<Self> {
        Arc::new(Self {
            topic: self.topic.clone(),
            payload: self.payload.clone(),
            qos: self.qos,
            retain: self.retain,
            properties: self.properties.clone(),
            expires: self.expires,
            arrival,
            publisher: self.publisher.clone(),
        })
    }

    /// Seconds until it expires; `None` where it does not.
    pub(super) fn expiry_seconds(&self) -> Option<u32> {
        let left = self.expires?.saturating_duration_since(Instant::now());
        Some(u32::try_from(left.as_secs()).unwrap_or(u32::MAX))
    }

    pub(super) fn expired(&self) -> bool {
        self.expires.is_some_and(|at| at <= Instant::now())
    }

    /// The bytes that it counts as in [`super::Limits`].
    pub(super) fn size(&self) -> usize {
        self.topic.len() + self.payload.len() + 64
    }
}

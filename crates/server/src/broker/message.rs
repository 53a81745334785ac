//! A message inside the broker: shared by all who wait for it, whichever version
//! of MQTT they speak.
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use mqtt_protocol_core::mqtt::{
    ArcPayload, IntoPayload,
    packet::{Property, Qos},
};

use super::filter;

/// What was published.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) topic: Arc<str>,
    pub(super) payload: ArcPayload,
    pub(super) qos: Qos,
    /// As the publisher set it.
    pub(super) retain: bool,
    /// What MQTT 5 forwards unaltered: format, content type, response topic,
    /// correlation, user properties.
    pub(super) properties: Box<[Property]>,
    /// After that nobody wants it.
    pub(super) expires: Option<Instant>,
    /// Order of arrival at the broker, so that a late commit does not put an older
    /// retained message over a newer one.
    pub(super) arrival: u64,
}

/// Why a PUBLISH is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a topic to publish on")]
pub(super) struct BadTopic;

impl Message {
    /// From the parts of a PUBLISH or of a will.
    pub(super) fn new(
        topic: Arc<str>,
        payload: impl IntoPayload,
        qos: Qos,
        retain: bool,
        properties: &[Property],
    ) -> Result<Self, BadTopic> {
        if !filter::is_topic(&topic) {
            return Err(BadTopic);
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
        })
    }

    /// The same, as the newest: a will becomes a message when it is published.
    pub(super) fn with_arrival(&self, arrival: u64) -> Arc<Self> {
        Arc::new(Self {
            topic: self.topic.clone(),
            payload: self.payload.clone(),
            qos: self.qos,
            retain: self.retain,
            properties: self.properties.clone(),
            expires: self.expires,
            arrival,
        })
    }

    /// Seconds that are left to it; `None` where it does not expire.
    pub(super) fn left(&self) -> Option<u32> {
        let left = self.expires?.saturating_duration_since(Instant::now());
        Some(u32::try_from(left.as_secs()).unwrap_or(u32::MAX))
    }

    pub(super) fn expired(&self) -> bool {
        self.expires.is_some_and(|at| at <= Instant::now())
    }

    /// Bytes that it holds, for the limits.
    pub(super) fn weight(&self) -> usize {
        self.topic.len() + self.payload.len() + 64
    }
}

//! MQTT topic names. No other module builds or parses them.
use core::fmt::{self, Write};

use crate::{GatewayId, IdError};

/// A topic name; long enough for every [`Topic`].
pub type TopicBuf = heapless::String<72>;

const ROOT: &str = "wattkampen/v1/";

/// A topic of this product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// `wattkampen/v1/{gateway}/reading`
    Reading(GatewayId),
    /// `wattkampen/v1/{gateway}/status`, retained, also of the will message
    Status(GatewayId),
    /// `wattkampen/v1/{gateway}/page`, retained
    Page(GatewayId),
    /// `wattkampen/v1/{gateway}/config`, retained: settings for the gateway
    Config(GatewayId),
    /// `wattkampen/v1/{gateway}/update`, binary: pieces of a firmware image for the gateway
    Update(GatewayId),
}

/// Why a text is not a [`Topic`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopicError {
    /// It does not begin with `wattkampen/v1/`.
    Foreign,
    /// The gateway's identifier is invalid.
    Gateway(IdError),
    /// The last level is not `reading`, `status`, `page`, `config` or `update`.
    Kind,
}

impl fmt::Display for TopicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => write!(f, "a topic of this product begins with {ROOT}"),
            Self::Gateway(error) => write!(f, "gateway in the topic: {error}"),
            Self::Kind => f.write_str(
                "a topic of this product ends with /reading, /status, /page, /config or /update",
            ),
        }
    }
}

impl core::error::Error for TopicError {}

impl Topic {
    /// Topic filter of all readings.
    pub const ALL_READINGS: &str = "wattkampen/v1/+/reading";
    /// Topic filter of the status of all gateways.
    pub const ALL_STATUS: &str = "wattkampen/v1/+/status";

    /// The gateway of the topic.
    pub fn gateway(&self) -> &GatewayId {
        match self {
            Self::Reading(gateway)
            | Self::Status(gateway)
            | Self::Page(gateway)
            | Self::Config(gateway)
            | Self::Update(gateway) => gateway,
        }
    }

    /// Whether the server has to handle messages of this topic, known or not: all topics of
    /// this product except those that are for gateways alone.
    pub fn is_for_server(text: &str) -> bool {
        let for_gateways =
            |text: &str| matches!(Self::parse(text), Ok(Self::Config(_) | Self::Update(_)));
        text.starts_with(ROOT) && !for_gateways(text)
    }

    /// Parses a topic name.
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        let rest = text.strip_prefix(ROOT).ok_or(TopicError::Foreign)?;
        let (gateway, kind) = rest.split_once('/').ok_or(TopicError::Kind)?;
        let gateway = || gateway.parse().map_err(TopicError::Gateway);
        match kind {
            "reading" => gateway().map(Self::Reading),
            "status" => gateway().map(Self::Status),
            "page" => gateway().map(Self::Page),
            "config" => gateway().map(Self::Config),
            "update" => gateway().map(Self::Update),
            _ => Err(TopicError::Kind),
        }
    }

    /// The topic name.
    pub fn to_buf(&self) -> TopicBuf {
        let mut text = TopicBuf::new();
        // The root, an identifier of 40 bytes and the longest suffix fit.
        let _ = write!(text, "{self}");
        text
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Reading(_) => "reading",
            Self::Status(_) => "status",
            Self::Page(_) => "page",
            Self::Config(_) => "config",
            Self::Update(_) => "update",
        };
        write!(f, "{ROOT}{}/{kind}", self.gateway())
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use proptest::prelude::*;

    use super::{Topic, TopicError};
    use crate::IdError;

    #[test]
    fn other_topics_are_rejected() {
        for (text, why) in [
            ("", TopicError::Foreign),
            ("zigbee2mqtt/plug", TopicError::Foreign),
            ("/wattkampen/v1/g/reading", TopicError::Foreign),
            ("wattkampen/v2/g/reading", TopicError::Foreign),
            ("wattkampen/v1", TopicError::Foreign),
            ("wattkampen/v1/", TopicError::Kind),
            ("wattkampen/v1/g", TopicError::Kind),
            ("wattkampen/v1/g/", TopicError::Kind),
            ("wattkampen/v1/g/Reading", TopicError::Kind),
            ("wattkampen/v1/g/reading/", TopicError::Kind),
            ("wattkampen/v1/g/x/reading", TopicError::Kind),
            ("wattkampen/v1//reading", TopicError::Gateway(IdError::Empty)),
            ("wattkampen/v1/+/reading", TopicError::Gateway(IdError::Character('+'))),
        ] {
            assert_eq!(Topic::parse(text), Err(why), "{text}");
        }
        assert!(Topic::is_for_server("wattkampen/v1/g/other"));
        assert!(!Topic::is_for_server("wattkampen/v10/g/reading"));
    }

    proptest! {
        #[test]
        fn parsing_inverts_formatting(gateway in "[A-Za-z0-9_.:-]{1,40}", kind in 0..5) {
            let id = gateway.parse().expect("an id");
            let topic = match kind {
                0 => Topic::Reading(id),
                1 => Topic::Status(id),
                2 => Topic::Page(id),
                3 => Topic::Config(id),
                _ => Topic::Update(id),
            };
            let text = topic.to_buf();
            prop_assert_eq!(text.as_str(), topic.to_string());
            prop_assert_eq!(topic.gateway().as_str(), gateway);
            prop_assert_eq!(Topic::is_for_server(&text), kind < 3);
            prop_assert_eq!(Topic::parse(&text), Ok(topic));
        }

        #[test]
        fn no_text_panics(text in "(wattkampen/v1/)?.{0,60}") {
            let _ = Topic::parse(&text);
        }
    }
}

//! Parses topic and payload of an MQTT message, which any client may have sent.
use std::str;

use serde::de::DeserializeOwned;
use wire::{GatewayId, Reading, Status, Topic};

use super::error::{IngestError, MAX_PAYLOAD};

/// A message of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A reading of one of its meters.
    Reading(GatewayId, Reading),
    /// The state of the gateway.
    Status(GatewayId, Box<Status>),
}

/// Parses a message of the product's own format; any bytes may be given.
///
/// # Errors
/// Why topic or payload is invalid, in words for the organiser.
pub fn parse(topic: &str, payload: &[u8]) -> Result<Message, IngestError> {
    if payload.len() > MAX_PAYLOAD {
        return Err(IngestError::TooLarge(payload.len()));
    }
    match Topic::parse(topic).map_err(IngestError::Topic)? {
        Topic::Reading(gateway) => json(payload).map(|reading| Message::Reading(gateway, reading)),
        Topic::Status(gateway) => json(payload).map(|status| Message::Status(gateway, status)),
        Topic::Page(_) | Topic::Config(_) | Topic::Update(_) => {
            Err(IngestError::Topic(wire::TopicError::Kind))
        }
    }
}

fn json<T: DeserializeOwned>(payload: &[u8]) -> Result<T, IngestError> {
    serde_json::from_slice(payload).map_err(|error| match str::from_utf8(payload) {
        Ok(_) => IngestError::Json(error.to_string()),
        Err(broken) => IngestError::NotUtf8(broken.valid_up_to()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::ConnectionState;

    use super::*;

    const TOPIC: &str = "wattkampen/v1/soderhamn-1/reading";
    const GOOD: &str = r#"{"meter":"735999100000000001","t":"2027-04-11T09:59:50Z","import_wh":6678394,"export_wh":0,"power_w":1727,"seq":4711,"boot":3}"#;

    #[test]
    fn reading_and_status_are_parsed() {
        let Message::Reading(gateway, reading) = parse(TOPIC, GOOD.as_bytes()).unwrap() else {
            panic!("not a reading");
        };
        assert_eq!(gateway.as_str(), "soderhamn-1");
        assert_eq!(
            (reading.import_wh, reading.export_wh, reading.power_w),
            (6678394, Some(0), Some(1727))
        );
        assert_eq!(reading.t.unix(), 1_807_437_590);
        let status = parse("wattkampen/v1/soderhamn-1/status", br#"{"state":"offline","later":1}"#);
        let Ok(Message::Status(_, status)) = status else { panic!("not a status") };
        assert_eq!(status.state, ConnectionState::Offline);
    }

    #[test]
    fn each_kind_of_invalid_input_has_its_label() {
        let label = |topic: &str, payload: &[u8]| parse(topic, payload).unwrap_err().label();
        assert_eq!(label("other/topic", GOOD.as_bytes()), "topic");
        assert_eq!(label("wattkampen/v1/g/page", GOOD.as_bytes()), "topic");
        assert_eq!(label("wattkampen/v1//reading", GOOD.as_bytes()), "topic");
        assert_eq!(label(TOPIC, &vec![b' '; 1_000_000]), "too_large");
        assert_eq!(label(TOPIC, &GOOD.as_bytes()[..90]), "json");
        assert_eq!(label(TOPIC, b""), "json");
        assert_eq!(label(TOPIC, b"\xff\xfe{}"), "not_utf8");
        assert_eq!(label(TOPIC, &[GOOD.as_bytes(), b"}"].concat()), "json");
        for (from, to) in [
            ("6678394", "NaN"),
            ("6678394", "-1"),
            ("6678394", "1.5"),
            ("6678394", "\"6678394\""),
            ("6678394", "null"),
            ("6678394", "99999999999999999999"),
            ("2027-04-11T09:59:50Z", "2027-04-11T09:59:50"),
            ("2027-04-11T09:59:50Z", "yesterday"),
            ("2027-04-11T09:59:50Z", "1969-12-31T23:59:59Z"),
            ("735999100000000001", "7359991000 00001"),
            ("735999100000000001", ""),
            ("1727", "[]"),
        ] {
            assert_eq!(label(TOPIC, GOOD.replace(from, to).as_bytes()), "json", "{to}");
        }
    }

    #[test]
    fn deep_nesting_is_rejected() {
        let deep = [b"{\"x\":".repeat(300), b"[".repeat(1000)].concat();
        assert!(matches!(parse(TOPIC, &deep), Err(IngestError::Json(_))));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(
            topic in ".{0,80}", payload in proptest::collection::vec(any::<u8>(), 0..300), at in 0..150usize
        ) {
            let _ = parse(&topic, &payload);
            let _ = parse(TOPIC, &payload);
            let mut mutated = GOOD.as_bytes().to_vec();
            let at = at % mutated.len();
            mutated.splice(at..(at + 3).min(mutated.len()), payload.into_iter().take(5));
            let _ = parse(TOPIC, &mutated);
        }
    }
}

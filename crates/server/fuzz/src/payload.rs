//! Any topic and any payload from MQTT: parsing must neither panic nor return a message
//! that does not round-trip. `cargo xtask fuzz payload`.
//!
//! An input is `topic LF payload`. Without a line feed, or with an empty topic, the
//! payload is parsed for the topics that gateways use, so that the fuzzer need not find
//! these first.
#![no_main]
use std::{collections::HashMap, sync::LazyLock};

use competition::{Meter, Participant};
use libfuzzer_sys::fuzz_target;
use server::ingest::{IngestError, MAX_PAYLOAD, Message, MeterDirectory, parse};

static DIRECTORY: LazyLock<MeterDirectory> = LazyLock::new(|| {
    let meters = ["m", "n"].map(Meter::new).to_vec();
    let gateways = HashMap::from([("m".to_owned(), "g".parse().expect("an identifier"))]);
    MeterDirectory::new(&[Participant { meters, ..Participant::default() }], &gateways)
});

fuzz_target!(|input: &[u8]| {
    let split = input.iter().position(|byte| *byte == b'\n');
    let (topic, payload) = split.map_or((&[][..], input), |at| (&input[..at], &input[at + 1..]));
    match std::str::from_utf8(topic) {
        Ok(topic) if !topic.is_empty() => check(topic, payload),
        _ => {
            check("wattkampen/v1/g/reading", payload);
            check("wattkampen/v1/g/status", payload);
        }
    }
});

fn check(topic: &str, payload: &[u8]) {
    match parse(topic, payload) {
        Ok(Message::Reading(gateway, reading)) => {
            assert_eq!(topic, format!("wattkampen/v1/{gateway}/reading"));
            let mut buffer = [0; wire::MAX_READING];
            let length = reading.encode(&mut buffer).expect("what was read can be written");
            let again = parse(topic, &buffer[..length]);
            assert_eq!(again, Ok(Message::Reading(gateway.clone(), reading.clone())));
            match DIRECTORY.resolve(&gateway, &reading) {
                Ok((meter, sample)) => {
                    assert_eq!(DIRECTORY.name(meter), reading.meter.as_str());
                    assert_eq!(sample.at.0, reading.t.unix());
                    assert_eq!(sample.import.0 as u64, reading.import_wh);
                    assert!(sample.import.0 >= 0);
                }
                Err(reason) => assert!(IngestError::LABELS.contains(&reason.label())),
            }
        }
        Ok(Message::Status(gateway, status)) => {
            assert_eq!(topic, format!("wattkampen/v1/{gateway}/status"));
            let mut buffer = [0; wire::MAX_STATUS];
            let length = status.encode(&mut buffer).expect("what was read can be written");
            let again = parse(topic, &buffer[..length]);
            assert_eq!(again, Ok(Message::Status(gateway, status)));
        }
        Err(reason) => {
            assert!(IngestError::LABELS.contains(&reason.label()));
            assert!(!reason.to_string().is_empty());
            assert_eq!(payload.len() > MAX_PAYLOAD, matches!(reason, IngestError::TooLarge(_)));
        }
    }
}

//! JSON of the messages, without allocation. Unknown fields are skipped, so that an older
//! receiver understands a newer sender.
use core::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::{Page, Reading, Status};

/// Maximum length of a reading as JSON, bytes.
pub const MAX_READING: usize = 512;
/// Maximum length of a status as JSON, bytes.
pub const MAX_STATUS: usize = 1024;
/// Maximum length of a page as JSON, bytes.
pub const MAX_PAGE: usize = 1280;

/// The buffer is too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeError;

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the buffer is too small for the message")
    }
}

impl core::error::Error for EncodeError {}

/// The payload is not a message of this type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError(serde_json_core::de::Error);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a message of this kind: {}", self.0)
    }
}

impl core::error::Error for DecodeError {}

fn encode(value: &impl Serialize, buffer: &mut [u8]) -> Result<usize, EncodeError> {
    serde_json_core::to_slice(value, buffer).map_err(|_| EncodeError)
}

fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, DecodeError> {
    // Room for the longest text with escape sequences.
    let mut unescaped = [0; MAX_PAGE];
    serde_json_core::from_slice_escaped(payload, &mut unescaped)
        .map(|(value, _)| value)
        .map_err(DecodeError)
}

macro_rules! json {
    ($name:ty) => {
        impl $name {
            /// Writes the JSON into `buffer` and returns its length.
            pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, EncodeError> {
                encode(self, buffer)
            }

            /// Parses JSON.
            pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
                decode(payload)
            }
        }
    };
}

json!(Reading);
json!(Status);
json!(Page);

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};
    use std::vec;

    use super::*;
    use crate::{
        ConnectionState, Contact, Direction, Language, Phases, TelegramErrorCounts, Text, Time,
    };

    fn last() -> Time {
        "9999-12-30T21:59:59Z".parse().expect("a time")
    }

    /// The longest that a text of `n` bytes can become as JSON.
    fn longest<const N: usize>() -> Text<N> {
        Text::truncated(&"\"".repeat(N))
    }

    fn encoded(max: usize, encode: impl Fn(&mut [u8]) -> Result<usize, EncodeError>) -> String {
        let mut buffer = vec![0; max];
        let length = encode(&mut buffer).expect("fits");
        assert_eq!(encode(&mut buffer[..length - 1]), Err(EncodeError));
        String::from_utf8(buffer[..length].to_vec()).expect("UTF-8")
    }

    #[test]
    fn the_longest_reading_fits() {
        let phases = [Some(i32::MIN); 3];
        let reading = Reading {
            meter: "m".repeat(40).parse().expect("an id"),
            t: last(),
            import_wh: u64::MAX,
            export_wh: Some(u64::MAX),
            power_w: Some(i64::MIN),
            phases: Some(Phases { power_w: phases, voltage_mv: phases, current_ma: phases }),
            seq: u32::MAX,
            boot: u32::MAX,
        };
        let json = encoded(MAX_READING, |buffer| reading.encode(buffer));
        assert_eq!(Reading::decode(json.as_bytes()), Ok(reading));
    }

    #[test]
    fn the_longest_status_fits() {
        let status = Status {
            state: ConnectionState::Offline,
            firmware: Some(longest()),
            t: Some(last()),
            boot: Some(u32::MAX),
            uptime_s: Some(u32::MAX),
            queued: Some(u32::MAX),
            dropped: Some(u32::MAX),
            telegrams: Some(u32::MAX),
            errors: Some(u32::MAX),
            refused: Some(TelegramErrorCounts {
                checksum: u32::MAX,
                trailer: u32::MAX,
                cut: u32::MAX,
                unsure: u32::MAX,
                checksum_missing: u32::MAX,
                no_register: u32::MAX,
            }),
            reset: Some(longest()),
            config: Some(longest()),
            update: Some(longest()),
        };
        let json = encoded(MAX_STATUS, |buffer| status.encode(buffer));
        assert_eq!(Status::decode(json.as_bytes()), Ok(status));
    }

    fn longest_page() -> Page {
        Page {
            t: last(),
            name: longest(),
            contact: Contact::Silent,
            since: Some(last()),
            utc_offset_min: i16::MIN,
            power_w: Some(i64::MIN),
            step_w: Some(i64::MIN),
            step_at: Some(last()),
            today_wh: Some(i64::MIN),
            today_baseline_wh: Some(i64::MIN),
            saving_permille: Some(i16::MIN),
            direction: Some(Direction::Level),
            rank: Some(u16::MAX),
            of: u16::MAX,
            wh_per_m2: Some(u32::MAX),
            night_w: Some(u32::MAX),
            hours_w: [Some(u32::MAX); 24],
            ticker: longest(),
            night: false,
            language: Language::Swedish,
        }
    }

    #[test]
    fn the_longest_page_fits() {
        let page = longest_page();
        let json = encoded(MAX_PAGE, |buffer| page.encode(buffer));
        assert_eq!(Page::decode(json.as_bytes()), Ok(page.clone()));
        let theirs = serde_json::to_vec(&page).expect("JSON");
        assert_eq!(json.as_bytes(), theirs, "both writers of JSON agree");
    }

    #[test]
    fn escapes_of_both_writers_are_parsed() {
        let text = "\"Släck\" C:\\ljus å/ä";
        let page = Page { ticker: Text::truncated(text), ..longest_page() };
        let json = serde_json::to_string(&page).expect("JSON");
        assert!(json.contains(r#"\"Släck\" C:\\ljus"#), "{json}");
        for json in [json.replace("å/ä", r"\u00e5\/\u00E4"), json] {
            let read = Page::decode(json.as_bytes()).expect("a page");
            assert_eq!(read.ticker.as_str(), text);
        }
    }

    #[test]
    fn a_longer_ticker_of_a_newer_server_is_truncated() {
        let json = serde_json::to_string(&longest_page()).expect("JSON");
        let quotes = "\\\"".repeat(160);
        assert!(json.contains(&quotes));
        let longer = json.replace(&quotes, &"\\\"".repeat(400));
        assert_eq!(Page::decode(longer.as_bytes()), Ok(longest_page()));
    }

    #[test]
    fn invalid_readings_are_rejected() {
        const GOOD: &str =
            r#"{"meter":"m","t":"2027-04-11T09:59:50Z","import_wh":1,"seq":1,"boot":1}"#;
        assert!(Reading::decode(GOOD.as_bytes()).is_ok());
        assert!(Reading::decode(std::format!(" {GOOD}\r\n").as_bytes()).is_ok());
        let uncounted = Reading::decode(GOOD.replacen(",\"seq\":1,\"boot\":1", "", 1).as_bytes());
        assert_eq!(uncounted.map(|it| (it.seq, it.boot)), Ok((0, 0)));
        for (from, to) in [
            ("}", "}x"),
            ("}", "}}"),
            ("}", "},{}"),
            ("}", ""),
            ("\"m\"", "\"\""),
            ("\"m\"", "\"m/+\""),
            ("\"m\"", "1"),
            ("2027-04-11T09:59:50Z", "NaN"),
            ("2027-04-11T09:59:50Z", "2027-04-11T09:59:50"),
            (":1,\"seq", ":-1,\"seq"),
            (":1,\"seq", ":1.5,\"seq"),
            (":1,\"seq", ":NaN,\"seq"),
            (":1,\"seq", ":18446744073709551616,\"seq"),
        ] {
            let bad = GOOD.replacen(from, to, 1);
            assert_ne!(bad, GOOD);
            let error = Reading::decode(bad.as_bytes()).expect_err(&bad);
            assert!(error.to_string().starts_with("not a message of this kind: "), "{error}");
        }
        assert!(Reading::decode(&[]).is_err());
        assert!(Reading::decode(&[0xff; 64]).is_err());
    }

    #[test]
    fn unknown_fields_of_any_shape_are_skipped() {
        let json = r#"{"v":{"a":[1,{"b":null}],"c":"}\""},"meter":"m","t":"2027-04-11T09:59:50Z",
            "list":[[],{},"]"],"import_wh":1,"seq":1,"boot":1,"n":-1.5e3,"truth":true}"#;
        assert_eq!(Reading::decode(json.as_bytes()).map(|reading| reading.import_wh), Ok(1));
    }
}

//! JSON of the messages, without allocation. Unknown fields are skipped, so a
//! newer sender does not silence an older receiver.
use core::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::{Page, Reading, Status};

/// Longest reading as JSON, bytes.
pub const MAX_READING: usize = 512;
/// Longest status as JSON, bytes.
pub const MAX_STATUS: usize = 512;
/// Longest page as JSON, bytes.
pub const MAX_PAGE: usize = 1280;

/// The buffer was too small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeError;

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the buffer is too small for the message")
    }
}

impl core::error::Error for EncodeError {}

/// The payload is no message of this kind.
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
    serde_json_core::from_slice(payload).map(|(value, _)| value).map_err(DecodeError)
}

macro_rules! json {
    ($name:ty) => {
        impl $name {
            /// Writes the JSON and tells its length.
            pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, EncodeError> {
                encode(self, buffer)
            }

            /// Reads the JSON.
            pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
                decode(payload)
            }
        }
    };
}

json!(Reading);
json!(Status);
json!(Page);

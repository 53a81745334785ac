//! MQTT topics and messages between gateways, server and panels. The same source runs on the
//! microcontroller, on the server and in the simulator.
//!
//! Invariants:
//! - No allocation and no I/O: every length is bounded by a type.
//! - A version is append-only. `tests/versions/v1.rs` pins the literal bytes; if it fails,
//!   the code is wrong and not the test.
//! - A message is *untrusted* input, in whole watts and watt-hours. The receiver checks and
//!   converts it.
#![no_std]

#[cfg(test)]
extern crate std;

mod id;
mod json;
mod language;
mod page;
mod reading;
mod status;
mod text;
mod time;
mod topic;

pub use id::{GatewayId, IdError, MeterId};
pub use json::{DecodeError, EncodeError, MAX_PAGE, MAX_READING, MAX_STATUS};
pub use language::{Language, UnknownLanguage};
pub use page::{Contact, Direction, Page};
pub use reading::{Phases, Reading};
pub use status::{ConnectionState, Status, TelegramErrorCounts, TelegramErrorKind};
pub use text::Text;
pub use time::{Time, TimeError};
pub use topic::{Topic, TopicBuf, TopicError};

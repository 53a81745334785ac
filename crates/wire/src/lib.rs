//! What crosses a link of ours: topics, messages and their versions, the same
//! source on the microcontroller, on the server and in the simulator.
//!
//! Invariants:
//! - No allocation and no I/O: everything has a bound that is visible in its type.
//! - A version is append-only. `tests/versions/v1.rs` pins the literal bytes; a
//!   failing one means that the code is wrong, never the test.
//! - A message is *untrusted*: it says what the sender said, in whole units of
//!   watts and watt-hours. What it means is decided behind the edge.
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

//! The narrow interface where both brokers meet: a delivery goes in, and its
//! acknowledgement returns only after it is committed.
//!
//! Untrusted bytes become domain types here, once: [`parse`] turns a topic and a payload
//! into a message, and [`MeterDirectory::resolve`] a message into a sample of a known
//! meter. A delivery for which that fails has an [`IngestError`]: it is counted, logged,
//! shown to the organiser and acknowledged, so that it never blocks later ones.

mod acks;
mod decoder;
mod delivery;
mod error;
mod meter_directory;
mod parse;
mod rejections;

pub use delivery::{Ack, Acknowledge, CAPACITY, Delivery, Inbox, channel};
pub use error::{IngestError, MAX_PAYLOAD};
pub use meter_directory::MeterDirectory;
pub use parse::{Message, parse};
pub use rejections::Rejection;

pub(crate) use acks::AckBatch;
pub(crate) use decoder::{DecodedBatch, ResolvedReading, start_decoder};
pub(crate) use rejections::Rejections;

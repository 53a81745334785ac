//! Decoders of meter protocols, one module for each, all with the same result.
pub mod p1;
mod quantities;
mod telegram;
mod time;

pub use quantities::Quantity;
pub(crate) use telegram::IDENT;
pub use telegram::{Check, Telegram, TelegramError};
pub use time::{MeterTime, Season};

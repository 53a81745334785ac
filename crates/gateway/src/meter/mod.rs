//! Bytes of meters to telegrams: one module a protocol, all of them yielding
//! the same registers.
pub mod p1;
mod quantities;
mod telegram;
mod time;

pub use quantities::Quantity;
pub(crate) use telegram::IDENT;
pub use telegram::{Check, Telegram, TelegramError};
pub use time::{MeterTime, Season};

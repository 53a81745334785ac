//! Bytes of meters to telegrams: one module a protocol, all of them yielding
//! the same registers.
pub mod p1;
mod registers;
mod telegram;
mod time;

pub use registers::Register;
pub(crate) use telegram::IDENT;
pub use telegram::{Check, Refusal, Telegram};
pub use time::{MeterTime, Season};

//! Meter bytes to readings: meter protocols, registers, outbox, the gateway loop.
#![no_std]

#[cfg(test)]
extern crate std;

mod clock;
mod config;
mod measured;
pub mod meter;
mod observer;
mod outbox;
mod run;
mod stamp;
mod units;
mod uplink;

pub use clock::Clock;
pub use config::{Config, MAX_WINDOW};
pub use measured::Measured;
pub use observer::Observer;
pub use outbox::{Entry, Outbox, RamOutbox, Ticket};
pub use run::{Stop, run};
pub use stamp::{MeterClock, Source};
pub use units::{MilliAmps, MilliVolts, Multiplier, VarHours, Vars, WattHours, Watts};
pub use uplink::{Hello, Link, Message, Token, Uplink};

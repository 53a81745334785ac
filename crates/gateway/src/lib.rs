//! From meter bytes to readings: meter protocols, registers, the outbox and the gateway
//! loop. The same source runs on a board, on Linux and in the simulator.
//!
//! ```text
//! port ─> meter::p1::Decoder ─> Telegram ─> Measurement ─> MeterClock ─> Outbox ─> UplinkConnection
//!         checksum, OBIS        values      multiplier      UTC           boot, seq  publish
//!                                                                           ^──── acknowledged
//! ```
//!
//! Invariants:
//! - No I/O, no allocation, no floating point, no panic on any input: ports, time, storage
//!   and MQTT are traits ([`embedded_io_async::Read`], [`Clock`], [`Outbox`], [`Uplink`]).
//!   With the feature `mqtt`, for machines with an operating system, the module `mqtt`
//!   implements [`Uplink`].
//! - A register is what the meter shows, to the watt-hour, times [`Multiplier`]. Malformed
//!   values and values out of range are skipped and counted, never corrected.
//! - A reading is removed from the outbox only when it and all before it are acknowledged.
//!   Its [`ReadingId`] makes a repeat recognisable, so that sending it twice changes nothing.
//! - A telegram cancels neither a connection attempt nor a publish, and there is no channel
//!   that could overflow. A full outbox thins its oldest readings to the last of each
//!   quarter-hour before it drops any.
//! - No time is invented: until [`Clock::utc`] returns a time, readings wait with their age.
//!   The gateway's clock decides and the meter's clock refines it ([`MeterClock`]). If UTC is
//!   still unknown five minutes after the start, the meter's clock is used, as far as its
//!   offsets were confirmed before ([`ClockOffsets`]).
//!
//! Memory: [`run`] is one future of 6.5 KB on a 64-bit host (less on a board; a test keeps it
//! below 16 KB), without connection and port: decoder 1.3 KB, read buffer 512 bytes,
//! [`MAX_WINDOW`] publishes in flight 2 KB, payload 512 bytes. An outbox has 3 KB for 32
//! undated readings. [`RamOutbox`] has 80 bytes for each reading: 256 of them, 20 KB, last for
//! three quarters of an hour at one in ten seconds, and for two days of quarter-hours.
//!
//! ```
//! use gateway::meter::p1::Decoder;
//!
//! let mut decoder = Decoder::new();
//! let mut bytes: &[u8] = b"/ABC5\\2\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n!\r\n";
//! let telegram = decoder.next(&mut bytes).expect("complete").expect("well-formed");
//! assert_eq!(telegram.import(), Some(gateway::WattHours(6_678_394)));
//! ```
#![no_std]

#[cfg(any(test, feature = "mqtt"))]
extern crate std;

mod clock;
mod clock_offsets;
mod config;
mod hash;
mod measurement;
pub mod meter;
mod meter_clock;
#[cfg(feature = "mqtt")]
pub mod mqtt;
mod observer;
mod outbox;
mod reading_id;
mod run;
mod units;
mod uplink;

pub use clock::Clock;
pub use clock_offsets::ClockOffsets;
pub use config::{Config, MAX_WINDOW};
pub use measurement::Measurement;
pub use meter_clock::{MeterClock, TimeSource};
pub use observer::Observer;
pub use outbox::{Entry, Outbox, RamOutbox, Undated, UndatedQueue};
pub use reading_id::ReadingId;
pub use run::{RunError, run};
pub use units::{MilliAmps, MilliVolts, Multiplier, VarHours, Vars, WattHours, Watts};
pub use uplink::{ConnectOptions, Message, Token, Uplink, UplinkConnection};

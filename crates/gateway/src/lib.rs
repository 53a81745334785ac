//! Meter bytes to readings: meter protocols, registers, outbox, the gateway loop;
//! the same source on a board, on Linux and in the simulator.
//!
//! ```text
//! port ─ read ─> meter::p1::Decoder ─> Telegram ─> Measurement ─> MeterClock ─> Outbox ─> UplinkConnection
//!                                      registers   multiplier  UTC           seq, boot  publish
//!                                                                              ^───── acknowledged
//! ```
//!
//! Invariants:
//! - No I/O of its own, no allocation, no float, no panic on any input: ports,
//!   time, storage and MQTT come in as traits ([`embedded_io_async::Read`],
//!   [`Clock`], [`Outbox`], [`Uplink`]).
//! - A register is what the meter showed, to the watt-hour, times [`Multiplier`].
//!   What is malformed or absurd is skipped and counted, never mended.
//! - A reading leaves the outbox only on its own acknowledgement and that of all
//!   before it. It is known by `boot` and `seq` ([`ReadingId`]), so that sending it
//!   twice changes nothing.
//! - No reading cancels a connect or a publish, and none is lost in a full
//!   channel: there is no channel. A full outbox thins the oldest readings to
//!   the last of each quarter-hour before it gives any up.
//! - No made-up time: until [`Clock::utc`] answers, readings wait with their age.
//!   The gateway's clock decides, the meter's refines it ([`MeterClock`]). Where five
//!   minutes after the start nobody has told the time, the meter's clock does, as far
//!   as its clock_offsets are known from before ([`ClockOffsets`]).
//!
//! Memory: [`run`] is one future of 6.5 KB on a 64-bit host (less on a board;
//! a test keeps it below 16 KB) beside what connection and port need. In it:
//! the decoder 1.3 KB, a chunk of 512 bytes, [`MAX_WINDOW`] readings in flight
//! 2 KB, a payload of 512 bytes. An outbox has 3 KB for 32 readings without a time.
//! [`RamOutbox`] has 80 bytes for each reading: 256 of them, 20 KB, hold three
//! quarters of an hour at one in ten seconds, and two days of quarter-hours.
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
mod measurement;
pub mod meter;
mod meter_clock;
#[cfg(feature = "mqtt")]
pub mod mqtt;
mod observer;
mod outbox;
mod run;
mod units;
mod uplink;

pub use clock::Clock;
pub use clock_offsets::ClockOffsets;
pub use config::{Config, MAX_WINDOW};
pub use measurement::Measurement;
pub use meter_clock::{MeterClock, TimeSource};
pub use observer::Observer;
pub use outbox::{Entry, Outbox, RamOutbox, ReadingId, Undated, UndatedQueue};
pub use run::{RunError, run};
pub use units::{MilliAmps, MilliVolts, Multiplier, VarHours, Vars, WattHours, Watts};
pub use uplink::{ConnectOptions, Message, Token, Uplink, UplinkConnection};

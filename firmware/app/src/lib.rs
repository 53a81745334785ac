//! The program of every board: the gateway and the panel of `crates/`, over the hardware
//! of the board. A board provides its network interface, its flash, the meter's port and
//! a serial port for the command line. Embassy's tasks cannot be generic, so a board also
//! provides the tasks: one for the network and one that awaits [`run::gateway`].
//!
//! Invariants:
//! - No allocation: each part's memory is in its future or in a static of the board.
//! - No code for a particular chip, and no `unsafe` except for memory that survives a
//!   reset ([`crash`]).
//! - A reading leaves the flash only after its own acknowledgement ([`outbox`]).
//! - The time is known or unknown, never estimated ([`clock`], [`sntp`]).
//! - A part that fails ends with a reason; the board restarts and publishes it.
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

pub mod address;
pub mod clock;
pub mod connector;
pub mod console;
pub mod crash;
mod hex;
pub mod hub75;
pub mod layout;
pub mod log;
pub mod outbox;
pub mod outbox_with_clock;
pub mod pages;
mod pem_input;
pub mod pulses;
pub mod run;
pub mod screen;
pub mod secure;
pub mod settings;
pub mod sntp;
pub mod state;
pub mod storage;
pub mod update;
pub mod uplink;

/// Version of the program, shown in the status together with the board's name.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

//! What every board runs: the gateway and the panel of `crates/`, over whatever a
//! board has. A board brings its network interface, its flash, the meter's port and
//! a serial port for the command line; embassy's tasks cannot be generic, so it also
//! brings the tasks, one for the network and one that awaits [`run::gateway`].
//!
//! Invariants:
//! - No allocation: each part's memory is in its future or in a static of the board.
//! - Nothing of any chip, and no `unsafe` but for memory that outlives a reset ([`crash`]).
//! - A reading leaves the flash only after its own acknowledgement ([`outbox`]).
//! - No made-up time ([`clock`], [`sntp`]).
//! - Whoever fails says so and the board starts anew; the reason is published.
#![cfg_attr(not(test), no_std)]
#![deny(unsafe_code)]

pub mod address;
pub mod clock;
pub mod console;
pub mod crash;
mod hex;
pub mod hub75;
pub mod layout;
pub mod log;
pub mod outbox;
pub mod pages;
mod paste;
pub mod pulses;
pub mod remember;
pub mod run;
pub mod screen;
pub mod secure;
pub mod settings;
pub mod sntp;
pub mod state;
pub mod storage;
pub mod update;
pub mod uplink;

/// What runs: shown in the status, together with the board's name.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

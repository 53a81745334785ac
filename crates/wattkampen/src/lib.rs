//! The command line of Wattkampen: configuration, and the wiring of the crates
//! that do the work. A library, so that end-to-end tests read what users read.
//!
//! Without the feature `service` it is a gateway and nothing else, small enough for
//! the machine in a meter cupboard.
//!
#![doc = include_str!("../README.md")]

pub mod broker_url;
pub mod command;
#[cfg(feature = "service")]
pub mod config;
pub mod gateway;
#[cfg(feature = "service")]
pub mod import;
#[cfg(feature = "service")]
pub mod report;

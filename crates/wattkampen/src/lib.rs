//! The command line of Wattkampen: configuration, and the wiring of the crates that do
//! the work.
//!
//! Without the feature `service` the command is a gateway only, small enough for the
//! machine in a meter cupboard.
//!
#![doc = include_str!("../README.md")]

mod broker_url;
pub mod command;
#[cfg(feature = "service")]
mod config;
pub mod gateway;
#[cfg(feature = "service")]
mod import;
#[cfg(feature = "service")]
mod names;
#[cfg(feature = "service")]
mod report;

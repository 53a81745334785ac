//! The command line of Wattkampen: configuration, and the wiring of the crates
//! that do the work. A library, so that end-to-end tests read what users read.

pub mod command;
pub mod config;
pub mod gateway;
pub mod import;
pub mod report;

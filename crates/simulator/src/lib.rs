//! A fleet of simulated town halls: load, meter telegrams, the gateway crate's loop, MQTT.
//!
//! Invariants:
//! - Load, register and weather are pure functions of (seed, town hall, time): a
//!   simulator that restarts continues the same year.
//! - A simulated meter sends the bytes of a Swedish P1 port, and they pass through the
//!   same loop as on a board ([`gateway::run`]). Nothing bypasses it.
//! - The true saving is known to the simulator alone; the competition has to find it.

pub mod day_type;
pub mod faults;
pub mod faulty_uplink;
pub mod fleet;
pub mod load;
pub mod meter_port;
pub mod meter_register;
pub mod noise;
pub mod simulated_clock;
pub mod telegram;
#[cfg(test)]
mod tests;
pub mod town_hall;
pub mod weather;

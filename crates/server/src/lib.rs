//! MQTT to accept to store to standings to web and panels.
//!
//! Invariants:
//! - A delivery is acknowledged only after the transaction that holds it has
//!   committed ([`ingest`]); nothing behind that interface knows whether it came
//!   through the embedded broker or an external one.
//! - One thread owns the standings and the store's only writer ([`engine`]);
//!   everybody else reads published snapshots.
//! - SQL stands in [`store`] alone, HTTP in [`web`] alone.
//!
#![doc = include_str!("../README.md")]

pub mod audit;
pub mod broker;
pub mod clock;
pub mod display;
pub mod engine;
pub mod external_broker;
pub mod ingest;
pub mod metrics;
pub mod publish;
mod service;
mod settings;
pub mod store;
pub mod text;
pub mod web;

pub use service::{Running, ServiceError, start};
pub use settings::{BrokerKind, ExternalBrokerSettings, Login, Secret, Settings};

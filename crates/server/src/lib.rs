//! The service: readings over MQTT into the store, standings, and what pages and panels
//! show of them.
//!
//! Invariants:
//! - A delivery is acknowledged only after the transaction that holds it has
//!   committed ([`ingest`]); the code behind that interface does not know whether it
//!   arrived through the embedded broker or an external one.
//! - One thread owns the standings and the store's only writer ([`engine`]);
//!   everything else reads published snapshots.
//! - SQL is in [`store`] and [`access`] alone, HTTP in [`web`] alone.
//!
#![doc = include_str!("../README.md")]

pub mod access;
pub mod audit;
mod backup_schedule;
pub mod broker;
pub mod clock;
mod descriptors;
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
mod tls;
mod warning_rate;
pub mod web;

pub use service::{Running, ServiceError, start};
pub use settings::{
    AccessSettings, BackupSchedule, BrokerKind, ExternalBrokerSettings, Login, Secret, Settings,
};
pub use tls::{TlsError, TlsSettings};

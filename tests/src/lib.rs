//! What the end-to-end tests and the benches share: the real binary as a process,
//! real brokers, a real browser, and publishers that know what was acknowledged.
//!
//! Nothing here knows the product from the inside: it speaks the surfaces that
//! README.md documents, as a user's script does.

pub mod bench;
mod broker;
mod browser;
mod config;
mod http;
pub mod process;
mod publisher;
mod readings;
mod server;
mod tools;
mod wait;

pub use broker::Mosquitto;
pub use browser::{Browser, Tab};
pub use config::{Place, TownHall, write_config};
pub use http::{Response, get, stream};
pub use publisher::{Fleet, Message, Publisher};
pub use readings::{History, PAST, local, reading};
pub use server::{Server, wattkampen};
pub use tools::{Tool, root, shared, skip, target_dir};
pub use wait::{DEADLINE, until};

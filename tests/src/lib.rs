//! What the end-to-end tests and the benches share: the real binary as a process,
//! real brokers, a real browser, and publishers that know what was acknowledged.
//!
//! Nothing here knows the product from the inside: it speaks the surfaces that
//! README.md documents, as a user's script does.

pub mod bench;
mod board;
mod broker;
mod browser;
mod certificate;
mod config;
mod http;
mod hub75;
mod impostor;
mod meter;
mod pico;
pub mod process;
mod publisher;
mod readings;
mod relay;
mod server;
mod time;
mod tools;
mod wait;

pub use board::{Board, Flash};
pub use broker::Mosquitto;
pub use browser::{Browser, Tab};
pub use certificate::{Authority, Certificate};
pub use config::{Place, TownHall, write_config};
pub use http::{Response, get, get_with, post, stream};
pub use hub75::{Refresh, light_of};
pub use impostor::{Impostor, Overheard};
pub use meter::Meter;
pub use pico::{HZ as PICO_HZ, Heard, Pico, image};
pub use publisher::{Fleet, Message, Publisher};
pub use readings::{History, PAST, local, reading};
pub use relay::Relay;
pub use server::{Server, wattkampen};
pub use time::{Calendar, TimeServer};
pub use tools::{Tool, root, shared, skip, target_dir};
pub use wait::{DEADLINE, keep_pace, until, until_count};

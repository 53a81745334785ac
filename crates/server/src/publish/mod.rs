//! The way out: what the service says on MQTT, through whichever broker it has.
mod pages;

use bytes::Bytes;

pub use pages::Pages;

/// A broker, as those see it who have something to say.
pub trait Publisher: Send + Sync + std::fmt::Debug {
    /// Says it, or refuses at once: never blocks. Retained messages are kept by
    /// the broker for those who subscribe later.
    ///
    /// # Errors
    /// [`Busy`] while the connection is away or full. The caller comes back with
    /// what is then the newest.
    fn publish(&self, topic: &str, payload: Bytes, retain: bool) -> Result<(), Busy>;
}

/// Not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker cannot take the message now")]
pub struct Busy;

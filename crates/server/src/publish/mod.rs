//! What the service publishes on MQTT, through the embedded broker or an external one.
mod panel_pages;

use bytes::Bytes;

pub use panel_pages::PanelPages;

/// A broker that takes messages of the service.
pub trait Publisher: Send + Sync + std::fmt::Debug {
    /// Hands a message to the broker without blocking. The broker keeps a retained
    /// message for clients that subscribe later.
    ///
    /// # Errors
    /// [`Busy`] while there is no connection or its queue is full. The caller tries
    /// again later with what is then the newest.
    fn publish(&self, topic: &str, payload: Bytes, retain: bool) -> Result<(), Busy>;
}

/// The broker does not take the message now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the broker cannot take the message now")]
pub struct Busy;

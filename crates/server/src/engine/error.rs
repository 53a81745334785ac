//! Why the engine does not start, or ends.
use std::io;

use crate::store::StoreError;

/// Why the engine does not start, or has ended.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The store cannot be opened, read or closed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system refuses a thread.
    #[error("a thread cannot be started: {0}")]
    Thread(#[from] io::Error),
    /// The thread panicked; the log has the message.
    #[error("the engine's thread ended unexpectedly")]
    Died,
}

impl EngineError {
    /// How to fix it, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Thread(_) => "raise the limit of threads or memory of this user",
            Self::Died => "report this with the log; start again, nothing acknowledged is lost",
        }
    }
}

//! A way to the broker that tells why there is none.
use gateway::{ConnectOptions, Uplink};

/// The same way, with a line in the log for each attempt in vain. The loop waits
/// between them, at last a minute, so the log does not fill.
#[derive(Debug)]
pub struct Told<U>(pub U);

impl<U: Uplink<Error: std::fmt::Display>> Uplink for Told<U> {
    type Error = U::Error;
    type Connection<'a>
        = U::Connection<'a>
    where
        U: 'a;

    async fn connect(&mut self, options: &ConnectOptions) -> Result<U::Connection<'_>, U::Error> {
        let link = self.0.connect(options).await;
        if let Err(error) = &link {
            tracing::warn!("{error}; trying again, readings wait in the outbox");
        }
        link
    }
}

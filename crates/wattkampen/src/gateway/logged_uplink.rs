//! An uplink that logs failed connection attempts.
use gateway::{ConnectOptions, Uplink};

/// Logs each failed attempt. The loop waits up to a minute between attempts, so that the log
/// does not fill.
#[derive(Debug)]
pub struct LoggedUplink<U>(pub U);

impl<U: Uplink<Error: std::fmt::Display>> Uplink for LoggedUplink<U> {
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

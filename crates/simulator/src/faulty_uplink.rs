//! An uplink with injected faults: scheduled outages and repeated publishes.
use std::collections::HashMap;

use gateway::{ConnectOptions, Message, Token, Uplink, UplinkConnection};

use crate::{faults::Faults, simulated_clock::SimulatedClock};

/// Wraps an uplink; without faults it behaves like the uplink itself.
#[derive(Debug)]
pub struct FaultyUplink<U> {
    inner: U,
    faults: Faults,
    clock: SimulatedClock,
}

impl<U> FaultyUplink<U> {
    /// Outages of `faults` are in the time of `clock`.
    pub const fn new(inner: U, faults: Faults, clock: SimulatedClock) -> Self {
        Self { inner, faults, clock }
    }
}

/// Why a connection failed or ended.
#[derive(Debug, thiserror::Error)]
pub enum FaultyUplinkError<E> {
    /// The wrapped uplink failed.
    #[error(transparent)]
    Uplink(#[from] E),
    /// [`Faults`] schedules an outage.
    #[error("a simulated outage")]
    Outage,
}

/// A connection of the wrapped uplink, and the faults that apply to it.
#[derive(Debug)]
pub struct FaultyConnection<C> {
    inner: C,
    repeat: bool,
    /// When the next outage begins, Unix seconds.
    outage_at: Option<i64>,
    clock: SimulatedClock,
    next_token: u32,
    /// The caller's token of each publish of the wrapped connection; repeats have none.
    tokens: HashMap<u32, Token>,
}

impl<U: Uplink> Uplink for FaultyUplink<U> {
    type Error = FaultyUplinkError<U::Error>;
    type Connection<'a>
        = FaultyConnection<U::Connection<'a>>
    where
        U: 'a;

    async fn connect(
        &mut self,
        options: &ConnectOptions,
    ) -> Result<Self::Connection<'_>, Self::Error> {
        let now = self.clock.now();
        if self.faults.is_offline(now) {
            return Err(FaultyUplinkError::Outage);
        }
        Ok(FaultyConnection {
            inner: self.inner.connect(options).await?,
            repeat: self.faults.repeat,
            outage_at: self.faults.next_outage(self.clock.now()),
            clock: self.clock,
            next_token: 0,
            tokens: HashMap::new(),
        })
    }
}

impl<C: UplinkConnection> FaultyConnection<C> {
    fn token(&mut self) -> Token {
        self.next_token = self.next_token.wrapping_add(1);
        Token(self.next_token)
    }
}

impl<C: UplinkConnection> UplinkConnection for FaultyConnection<C> {
    type Error = FaultyUplinkError<C::Error>;

    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), Self::Error> {
        let original = self.token();
        self.tokens.insert(original.0, token);
        self.inner.publish(original, message).await?;
        if self.repeat {
            let repeat = self.token();
            self.inner.publish(repeat, message).await?;
        }
        Ok(())
    }

    async fn next_ack(&mut self) -> Result<Token, Self::Error> {
        let outage = async {
            match self.outage_at {
                Some(at) => self.clock.wait_until(at).await,
                None => std::future::pending().await,
            }
        };
        let ack = async {
            loop {
                let inner = self.inner.next_ack().await?;
                if let Some(token) = self.tokens.remove(&inner.0) {
                    return Ok(token);
                }
            }
        };
        tokio::select! {
            token = ack => token,
            () = outage => Err(FaultyUplinkError::Outage),
        }
    }

    async fn disconnect(self) -> Result<(), Self::Error> {
        Ok(self.inner.disconnect().await?)
    }
}

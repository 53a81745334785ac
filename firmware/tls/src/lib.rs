//! TLS 1.3 between a board and its broker (RFC 8446; AES-128-GCM, P-256), by
//! `embedded-tls` and `webpki`, for chips with a true random number generator.
//!
//! The gateway's loop cancels a read whenever something else happens, which `embedded-tls`
//! does not support within a record. The connection therefore has a future of its own that
//! is never cancelled ([`wire`]), and the loop reads and writes pipes.
#![no_std]

#[cfg(test)]
extern crate std;

mod line;
mod proof;
mod wire;

use core::{convert::Infallible, future::pending};

use app::{
    connector::{ConnectionError, Connector, Tcp},
    secure::{Fingerprint, Security, Trust},
};
use embedded_tls::CryptoRngCore;

use crate::{
    line::{Channel, Stream},
    wire::Buffers,
};

/// The memory of a connection, 20 KiB: a static, because a moved value is in RAM twice.
pub struct Memory {
    channel: Channel,
    buffers: Buffers,
}

impl Memory {
    /// Memory without a connection.
    #[expect(clippy::new_without_default, reason = "it is for a static")]
    pub const fn new() -> Self {
        Self { channel: Channel::new(), buffers: Buffers::new() }
    }
}

/// TLS with the random number generator `R`.
pub struct Tls<R> {
    rng: R,
    memory: &'static mut Memory,
}

impl<R> Tls<R> {
    /// TLS without a connection.
    pub const fn new(rng: R, memory: &'static mut Memory) -> Self {
        Self { rng, memory }
    }
}

impl<R: CryptoRngCore> Security for Tls<R> {
    fn check(authority: &[u8]) -> Result<Fingerprint, &'static str> {
        proof::check(authority)
    }

    fn connect<'a>(
        &'a mut self,
        tcp: &'a mut Tcp<'a>,
        trust: Option<Trust<'a>>,
    ) -> (impl Connector + 'a, impl Future<Output = Infallible> + 'a) {
        let Self { rng, memory: Memory { channel, buffers } } = self;
        let (connector, encrypted) = match trust {
            None => (BoardConnector::Plain(tcp), None),
            Some(trust) => (BoardConnector::Encrypted(&*channel), Some((tcp, trust))),
        };
        let background = async {
            match encrypted {
                None => pending().await,
                Some((tcp, trust)) => wire::run(tcp, &trust, rng, channel, buffers).await,
            }
        };
        (connector, background)
    }
}

/// Plain TCP, or TLS where the settings name an authority.
enum BoardConnector<'a> {
    Plain(&'a mut Tcp<'a>),
    Encrypted(&'a Channel),
}

impl Connector for BoardConnector<'_> {
    type Io<'b>
        = Stream<'b>
    where
        Self: 'b;

    async fn open(&mut self) -> Result<Stream<'_>, ConnectionError> {
        match self {
            Self::Plain(tcp) => tcp.open().await.map(Stream::Plain),
            Self::Encrypted(channel) => channel.open().await.map(Stream::Encrypted),
        }
    }
}

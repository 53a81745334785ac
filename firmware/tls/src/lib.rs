//! TLS 1.3 between a board and its broker (RFC 8446; AES-128-GCM, P-256), by
//! `embedded-tls` and `webpki`, for chips that have a true source of chance.
//!
//! The gateway's loop gives up a read whenever something else happens, which `embedded-tls`
//! does not bear amid a record. So the connection has a future of its own that nobody
//! gives up ([`wire`]), and the loop reads and writes pipes.
#![no_std]

#[cfg(test)]
extern crate std;

mod line;
mod proof;
mod wire;

use core::{convert::Infallible, future::pending};

use app::{
    secure::{Fingerprint, Security, Trust},
    uplink::{Connector, Fault, Tcp},
};
use embedded_tls::CryptoRngCore;

use crate::{
    line::{Door, Stream},
    wire::Buffers,
};

/// What a connection needs, 20 KiB: a static, because what is moved is in RAM twice.
pub struct Memory {
    door: Door,
    buffers: Buffers,
}

impl Memory {
    /// Nothing is open yet.
    #[expect(clippy::new_without_default, reason = "it is for a static")]
    pub const fn new() -> Self {
        Self { door: Door::new(), buffers: Buffers::new() }
    }
}

/// Over this source of chance.
pub struct Tls<R> {
    chance: R,
    memory: &'static mut Memory,
}

impl<R> Tls<R> {
    /// Nothing is open yet.
    pub const fn new(chance: R, memory: &'static mut Memory) -> Self {
        Self { chance, memory }
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
        let Self { chance, memory: Memory { door, buffers } } = self;
        let (dial, sealed) = match trust {
            None => (Dial::Plain(tcp), None),
            Some(trust) => (Dial::Sealed(&*door), Some((tcp, trust))),
        };
        let beside = async {
            match sealed {
                None => pending().await,
                Some((tcp, trust)) => wire::run(tcp, &trust, chance, door, buffers).await,
            }
        };
        (dial, beside)
    }
}

/// As the settings want it.
enum Dial<'a> {
    Plain(&'a mut Tcp<'a>),
    Sealed(&'a Door),
}

impl Connector for Dial<'_> {
    type Io<'b>
        = Stream<'b>
    where
        Self: 'b;

    async fn open(&mut self) -> Result<Stream<'_>, Fault> {
        match self {
            Self::Plain(tcp) => tcp.open().await.map(Stream::Plain),
            Self::Sealed(door) => door.open().await.map(Stream::Sealed),
        }
    }
}

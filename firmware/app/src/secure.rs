//! Security of the connection to the broker: plain TCP, or TLS that a program provides, as
//! it provides its flash.
use core::{
    convert::Infallible,
    future::{Future, pending},
};

use embassy_net::tcp::TcpSocket;

use crate::{
    clock::BoardClock,
    connector::{ConnectionError, Connector, Tcp, TrustError},
};

/// Largest certificate of an authority, bytes: one with P-256 has some 400 to 700.
pub const MAX_AUTHORITY: usize = 1024;

/// An authority's certificate, X.509 in DER.
pub type Authority = heapless::Vec<u8, MAX_AUTHORITY>;

/// SHA-256 of a certificate, by which people identify it.
pub type Fingerprint = [u8; 32];

/// What a broker's certificate is checked against.
pub struct Trust<'a> {
    /// The authority that must have signed it; empty where the flash has lost the
    /// authority.
    pub authority: &'a [u8],
    /// The host name that it must be valid for.
    pub host: &'a str,
    /// The clock at whose time it must be valid.
    pub clock: &'a BoardClock,
}

/// Whether and how a program encrypts. A type parameter, so that a program without TLS
/// contains no code of it.
pub trait Security {
    /// Checks an authority's certificate when it is pasted, and returns its fingerprint.
    ///
    /// # Errors
    /// The reason why brokers cannot be checked with it.
    fn check(authority: &[u8]) -> Result<Fingerprint, &'static str>;

    /// Returns what opens streams, encrypted where `trust` is given, and a future that has
    /// to run as long as the streams are used.
    fn connect<'a>(
        &'a mut self,
        tcp: &'a mut Tcp<'a>,
        trust: Option<Trust<'a>>,
    ) -> (impl Connector + 'a, impl Future<Output = Infallible> + 'a);
}

/// No encryption.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl Security for Plain {
    fn check(_: &[u8]) -> Result<Fingerprint, &'static str> {
        Err("this program has no TLS")
    }

    fn connect<'a>(
        &'a mut self,
        tcp: &'a mut Tcp<'a>,
        trust: Option<Trust<'a>>,
    ) -> (impl Connector + 'a, impl Future<Output = Infallible> + 'a) {
        (PlainTcp { tcp, refused: trust.is_some() }, pending())
    }
}

/// Refuses to connect where encryption is configured.
struct PlainTcp<'a> {
    tcp: &'a mut Tcp<'a>,
    refused: bool,
}

impl Connector for PlainTcp<'_> {
    type Io<'b>
        = TcpSocket<'b>
    where
        Self: 'b;

    async fn open(&mut self) -> Result<TcpSocket<'_>, ConnectionError> {
        if self.refused {
            Err(ConnectionError::Tls(TrustError::Unable))
        } else {
            self.tcp.open().await
        }
    }
}

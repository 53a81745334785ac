//! What stands between a board and its broker: plain TCP, or a program's own way to
//! encrypt, which it brings as it brings its flash.
use core::{
    convert::Infallible,
    fmt,
    future::{Future, pending},
};

use embassy_net::tcp::TcpSocket;

use crate::{
    clock::BoardClock,
    uplink::{Connector, Fault, Tcp},
};

/// Most bytes of an authority's certificate: one of P-256 has some 400 to 700.
pub const MAX_AUTHORITY: usize = 1024;

/// An authority's certificate, X.509 in DER.
pub type Authority = heapless::Vec<u8, MAX_AUTHORITY>;

/// SHA-256 of a certificate, by which people know it.
pub type Fingerprint = [u8; 32];

/// Whom to trust.
pub struct Trust<'a> {
    /// Who signs the broker's certificate; empty where the flash has lost it.
    pub authority: &'a [u8],
    /// For whom that must be.
    pub host: &'a str,
    /// When it must hold.
    pub clock: &'a BoardClock,
}

/// Why a broker is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The program cannot encrypt.
    Unable,
    /// The authority's certificate is not in the flash.
    NoAuthority,
    /// Nobody knows the time yet.
    NoTime,
    /// No TLS 1.3 with the curve and the cipher that the board speaks.
    Handshake,
    /// No certificate, or not the key of the one that was shown.
    Unproven,
    /// Not this authority's.
    Untrusted,
    /// Not this host's.
    Name,
    /// Not at this time.
    Dates,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unable => "this program has no TLS: `set ca` to nothing, or flash one that has",
            Self::NoAuthority => "the authority's certificate is lost: paste it again, then `save`",
            Self::NoTime => "certificates have dates, and nobody has told the time yet",
            Self::Handshake => "no TLS 1.3 (AES-128-GCM, P-256) at that port",
            Self::Unproven => "the broker has not proven its certificate",
            Self::Untrusted => "the broker's certificate is not of the authority in `ca`",
            Self::Name => "the broker's certificate is for another name than `broker` says",
            Self::Dates => "the broker's certificate has expired, or does not hold yet",
        })
    }
}

/// Whether and how a program encrypts. A type, so that one that does not has none of the
/// code.
pub trait Security {
    /// What can be asked of an authority's certificate where it is pasted; gives its
    /// fingerprint.
    ///
    /// # Errors
    /// Why brokers cannot be checked with it.
    fn check(authority: &[u8]) -> Result<Fingerprint, &'static str>;

    /// What opens streams, encrypted where there is somebody to trust, and what has to run
    /// beside it for as long as they are wanted.
    fn connect<'a>(
        &'a mut self,
        tcp: &'a mut Tcp<'a>,
        trust: Option<Trust<'a>>,
    ) -> (impl Connector + 'a, impl Future<Output = Infallible> + 'a);
}

/// It does not.
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
        (InTheClear { tcp, refused: trust.is_some() }, pending())
    }
}

/// Sends nothing where somebody expects it to be encrypted.
struct InTheClear<'a> {
    tcp: &'a mut Tcp<'a>,
    refused: bool,
}

impl Connector for InTheClear<'_> {
    type Io<'b>
        = TcpSocket<'b>
    where
        Self: 'b;

    async fn open(&mut self) -> Result<TcpSocket<'_>, Fault> {
        if self.refused { Err(Fault::Tls(Cause::Unable)) } else { self.tcp.open().await }
    }
}

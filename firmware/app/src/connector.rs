//! Byte streams to the broker, and the reasons for having none.
use core::fmt;

use embassy_net::{
    Stack,
    tcp::{ConnectError, TcpSocket},
};
use embassy_time::{Duration, with_timeout};
use minimq::Io;

use crate::address::Address;

/// Time limit of one step towards the broker.
pub const STEP_TIMEOUT: Duration = Duration::from_secs(15);
/// A peer that acknowledges nothing for this long is gone.
pub(crate) const PEER_TIMEOUT: Duration = Duration::from_secs(20);

/// Why a broker is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustError {
    /// The program has no TLS.
    Unable,
    /// The authority's certificate is not in the flash.
    NoAuthority,
    /// The time is not known yet.
    NoTime,
    /// The server does not speak TLS 1.3 with the curve and cipher of the board.
    Handshake,
    /// The server shows no certificate, or does not have its key.
    Unproven,
    /// Another authority has signed the certificate.
    Untrusted,
    /// The certificate is for another host.
    Name,
    /// The certificate is not valid now.
    Dates,
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unable => "this program has no TLS: `set ca` to nothing, or flash one that has",
            Self::NoAuthority => "the authority's certificate is lost: paste it again, then `save`",
            Self::NoTime => "certificates have dates, and the time is not known yet",
            Self::Handshake => "no TLS 1.3 (AES-128-GCM, P-256) at that port",
            Self::Unproven => "the broker has not proven its certificate",
            Self::Untrusted => "the authority in `ca` has not signed the broker's certificate",
            Self::Name => "the broker's certificate is for another name than the one in `broker`",
            Self::Dates => "the broker's certificate has expired, or is not valid yet",
        })
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionError {
    /// The network's name server does not know the broker's name.
    Name,
    /// No server answers at the address.
    Connect(ConnectError),
    /// A step took longer than its time limit.
    Timeout,
    /// The broker refused, or the connection was lost.
    Mqtt,
    /// The broker is not trusted.
    Tls(TrustError),
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the network does not know the broker's name",
            Self::Connect(_) => "no server answers at the broker's address",
            Self::Timeout => "no answer from the broker in time",
            Self::Mqtt => "the broker refused, or the connection was lost: see the broker's log",
            Self::Tls(cause) => return cause.fmt(f),
        })
    }
}

/// Opens byte streams to the broker: plain TCP, or TLS over it.
#[allow(async_fn_in_trait, reason = "executors on a board are single-threaded")]
pub trait Connector {
    /// An open stream.
    type Io<'a>: Io
    where
        Self: 'a;

    /// Opens a stream, within a time limit of its own.
    async fn open(&mut self) -> Result<Self::Io<'_>, ConnectionError>;
}

/// Plain TCP.
pub struct Tcp<'a> {
    stack: Stack<'a>,
    broker: &'a Address,
    rx: [u8; 1536],
    tx: [u8; 2048],
}

impl<'a> Tcp<'a> {
    /// A connector to this broker.
    pub const fn new(stack: Stack<'a>, broker: &'a Address) -> Self {
        Self { stack, broker, rx: [0; 1536], tx: [0; 2048] }
    }
}

impl Connector for Tcp<'_> {
    type Io<'b>
        = TcpSocket<'b>
    where
        Self: 'b;

    async fn open(&mut self) -> Result<TcpSocket<'_>, ConnectionError> {
        let name = with_timeout(STEP_TIMEOUT, async {
            self.stack.wait_config_up().await;
            self.broker.resolve(self.stack).await
        });
        let endpoint =
            name.await.map_err(|_| ConnectionError::Timeout)?.ok_or(ConnectionError::Name)?;
        let mut socket = TcpSocket::new(self.stack, &mut self.rx, &mut self.tx);
        socket.set_timeout(Some(PEER_TIMEOUT));
        // Without keep-alive an idle peer would count as gone.
        socket.set_keep_alive(Some(PEER_TIMEOUT / 4));
        let connect = with_timeout(STEP_TIMEOUT, socket.connect(endpoint));
        connect.await.map_err(|_| ConnectionError::Timeout)?.map_err(ConnectionError::Connect)?;
        Ok(socket)
    }
}

//! Where MQTT connections arrive: without TLS, and with it.
use std::{io, net::SocketAddr, sync::Arc};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::StartError;
use crate::tls::Tls;

/// The listeners of a broker.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) plain: TcpListener,
    pub(super) tls: Option<(TcpListener, Arc<Tls>)>,
}

impl Listeners {
    /// The next connection, and the TLS that it begins with.
    pub(super) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, Option<Arc<Tls>>)> {
        let encrypted = async {
            match &self.tls {
                Some((listener, tls)) => (listener.accept().await, tls.clone()),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = self.plain.accept() => accepted.map(|(stream, peer)| (stream, peer, None)),
            (accepted, tls) = encrypted => accepted.map(|(stream, peer)| (stream, peer, Some(tls))),
        }
    }
}

/// A listener, and the address that it got.
pub(super) fn bind(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let bound = || -> io::Result<_> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        // Connections inherit it: it detects vanished peers that have no keep alive.
        socket.set_keepalive(true)?;
        socket.bind(addr)?;
        let listener = socket.listen(1024)?;
        let addr = listener.local_addr()?;
        Ok((listener, addr))
    };
    bound().map_err(|source| StartError::Listen { addr, source })
}

//! Closes connections whose client stopped reading: an event stream would otherwise
//! hold the connection of an unplugged screen open for hours.
use std::{io, net::SocketAddr, pin::Pin, time::Duration};

use axum::serve::{Listener, ListenerExt, TapIo};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;

/// How long a write may wait for the client to read.
const WRITE_TIMEOUT: Duration =
    if cfg!(test) { Duration::from_millis(300) } else { Duration::from_secs(20) };

type Connection = Pin<Box<TimeoutStream<TcpStream>>>;

pub(super) struct WriteTimeoutListener(TcpListener);

impl Listener for WriteTimeoutListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        (Box::pin(stream), peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Wraps `listener` with the write timeout and disables Nagle's algorithm, so that
/// small events are sent at once.
pub(super) fn with_write_timeout(
    listener: TcpListener,
) -> TapIo<WriteTimeoutListener, impl FnMut(&mut Connection) + Send + 'static> {
    WriteTimeoutListener(listener).tap_io(|connection: &mut Connection| {
        if let Err(error) = connection.get_ref().set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY cannot be set on a connection");
        }
    })
}

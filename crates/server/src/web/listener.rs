//! Connections whose other end stopped reading are cut: an event stream would
//! otherwise hold on to a screen that was unplugged for hours.
use std::{io, net::SocketAddr, pin::Pin, time::Duration};

use axum::serve::{Listener, ListenerExt, TapIo};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;

/// How long a write may wait for its reader.
const STALL: Duration =
    if cfg!(test) { Duration::from_millis(300) } else { Duration::from_secs(20) };

pub(super) type Io = Pin<Box<TimeoutStream<TcpStream>>>;

pub(super) struct Patient(TcpListener);

impl Listener for Patient {
    type Io = Io;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Io, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(STALL));
        (Box::pin(stream), peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// `listener` with that patience; small events leave at once.
pub(super) fn patient(
    listener: TcpListener,
) -> TapIo<Patient, impl FnMut(&mut Io) + Send + 'static> {
    Patient(listener).tap_io(|io: &mut Io| {
        if let Err(error) = io.get_ref().set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    })
}

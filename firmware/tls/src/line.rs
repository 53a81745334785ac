//! The loop's end of an encrypted connection: two pipes, whose reads and writes can be
//! cancelled at any moment without losing a byte.
use core::cell::Cell;

use app::connector::ConnectionError;
use embassy_futures::select::{Either, select};
use embassy_net::tcp::TcpSocket;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, pipe::Pipe, signal::Signal};
use embedded_io_async::{Error as _, ErrorKind, ErrorType, Read, Write};

/// Bytes buffered in each direction.
const PIPE: usize = 1024;

/// A request of the loop to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    Open,
    Close,
}

/// The channel between the loop and the connection's own future, one connection at a time.
pub(crate) struct Channel {
    /// The newest request holds.
    request: Signal<NoopRawMutex, Request>,
    answer: Signal<NoopRawMutex, Result<(), ConnectionError>>,
    over: Signal<NoopRawMutex, ()>,
    /// All fields start as zeros, which take no flash.
    is_open: Cell<bool>,
    up: Pipe<NoopRawMutex, PIPE>,
    down: Pipe<NoopRawMutex, PIPE>,
    /// Bytes written to `up` that the other end has not acknowledged.
    unsent: Cell<usize>,
    sent: Signal<NoopRawMutex, ()>,
}

/// The loop's side.
impl Channel {
    pub(crate) const fn new() -> Self {
        Self {
            request: Signal::new(),
            answer: Signal::new(),
            over: Signal::new(),
            is_open: Cell::new(false),
            up: Pipe::new(),
            down: Pipe::new(),
            unsent: Cell::new(0),
            sent: Signal::new(),
        }
    }

    /// Waits for a connection; cancelling the wait closes it.
    pub(crate) async fn open(&self) -> Result<EncryptedStream<'_>, ConnectionError> {
        self.answer.reset();
        let stream = EncryptedStream(self);
        self.request.signal(Request::Open);
        self.answer.wait().await?;
        Ok(stream)
    }
}

/// The connection's side.
impl Channel {
    pub(crate) async fn request(&self) -> Request {
        self.request.wait().await
    }

    /// Discards the rest of the last connection.
    pub(crate) fn clear(&self) {
        self.up.clear();
        self.down.clear();
        self.unsent.set(0);
        self.sent.reset();
        self.over.reset();
        self.is_open.set(true);
    }

    pub(crate) fn opened(&self) {
        self.answer.signal(Ok(()));
    }

    pub(crate) fn fail(&self, error: ConnectionError) {
        self.is_open.set(false);
        self.over.signal(());
        self.answer.signal(Err(error));
    }

    /// Takes bytes to send.
    pub(crate) async fn take(&self, bytes: &mut [u8]) -> usize {
        self.up.read(bytes).await
    }

    /// Reports that so many of the taken bytes are sent.
    pub(crate) fn sent(&self, bytes: usize) {
        self.unsent.set(self.unsent.get().saturating_sub(bytes));
        self.sent.signal(());
    }

    /// Delivers received bytes.
    pub(crate) async fn give(&self, bytes: &[u8]) {
        self.down.write_all(bytes).await;
    }
}

/// An open connection; dropping it closes it.
pub(crate) struct EncryptedStream<'a>(&'a Channel);

impl Drop for EncryptedStream<'_> {
    fn drop(&mut self) {
        self.0.request.signal(Request::Close);
    }
}

impl EncryptedStream<'_> {
    async fn read(&mut self, bytes: &mut [u8]) -> usize {
        let channel = self.0;
        if channel.is_open.get()
            && let Either::First(length) =
                select(channel.down.read(bytes), channel.over.wait()).await
        {
            return length;
        }
        // The bytes received before the end, and then the end.
        channel.down.try_read(bytes).unwrap_or(0)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let channel = self.0;
        if !channel.is_open.get() {
            return Err(ErrorKind::NotConnected);
        }
        match select(channel.up.write(bytes), channel.over.wait()).await {
            Either::First(length) => {
                channel.unsent.set(channel.unsent.get() + length);
                Ok(length)
            }
            Either::Second(()) => Err(ErrorKind::NotConnected),
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        let channel = self.0;
        while channel.unsent.get() > 0 {
            if !channel.is_open.get() {
                return Err(ErrorKind::NotConnected);
            }
            select(channel.sent.wait(), channel.over.wait()).await;
        }
        Ok(())
    }
}

/// The stream that the loop reads and writes.
pub(crate) enum Stream<'a> {
    Plain(TcpSocket<'a>),
    Encrypted(EncryptedStream<'a>),
}

impl ErrorType for Stream<'_> {
    type Error = ErrorKind;
}

impl Read for Stream<'_> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        match self {
            Self::Plain(tcp) => tcp.read(bytes).await.map_err(|error| error.kind()),
            Self::Encrypted(stream) => Ok(stream.read(bytes).await),
        }
    }
}

impl Write for Stream<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes).await.map_err(|error| error.kind()),
            Self::Encrypted(stream) => stream.write(bytes).await,
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        match self {
            Self::Plain(tcp) => tcp.flush().await.map_err(|error| error.kind()),
            Self::Encrypted(stream) => stream.flush().await,
        }
    }
}

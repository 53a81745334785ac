//! The loop's end of an encrypted connection: two pipes, whose reads and writes may be
//! given up at any moment without a byte lost.
use core::cell::Cell;

use app::uplink::Fault;
use embassy_futures::select::{Either, select};
use embassy_net::tcp::TcpSocket;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, pipe::Pipe, signal::Signal};
use embedded_io_async::{Error as _, ErrorKind, ErrorType, Read, Write};

/// Bytes on their way in each direction.
const PIPE: usize = 1024;

/// What the loop wants of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Open,
    Close,
}

/// Between the loop and the connection's own future. One connection at a time.
pub(crate) struct Door {
    /// The newest counts.
    wish: Signal<NoopRawMutex, Wish>,
    answer: Signal<NoopRawMutex, Result<(), Fault>>,
    over: Signal<NoopRawMutex, ()>,
    /// All of it begins as zeros, which take no flash.
    is_open: Cell<bool>,
    up: Pipe<NoopRawMutex, PIPE>,
    down: Pipe<NoopRawMutex, PIPE>,
    /// Bytes that went into `up` and have not been acknowledged by the other end.
    unsent: Cell<usize>,
    sent: Signal<NoopRawMutex, ()>,
}

/// The loop's side.
impl Door {
    pub(crate) const fn new() -> Self {
        Self {
            wish: Signal::new(),
            answer: Signal::new(),
            over: Signal::new(),
            is_open: Cell::new(false),
            up: Pipe::new(),
            down: Pipe::new(),
            unsent: Cell::new(0),
            sent: Signal::new(),
        }
    }

    /// Waits for a connection; when it is given up, so is the connection.
    pub(crate) async fn open(&self) -> Result<Line<'_>, Fault> {
        self.answer.reset();
        let line = Line(self);
        self.wish.signal(Wish::Open);
        self.answer.wait().await?;
        Ok(line)
    }
}

/// The connection's side.
impl Door {
    pub(crate) async fn wish(&self) -> Wish {
        self.wish.wait().await
    }

    /// What the last connection has left is nobody's.
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

    pub(crate) fn fail(&self, fault: Fault) {
        self.is_open.set(false);
        self.over.signal(());
        self.answer.signal(Err(fault));
    }

    /// What is to be sent.
    pub(crate) async fn take(&self, bytes: &mut [u8]) -> usize {
        self.up.read(bytes).await
    }

    /// So many of the bytes taken are with the other end.
    pub(crate) fn sent(&self, bytes: usize) {
        self.unsent.set(self.unsent.get().saturating_sub(bytes));
        self.sent.signal(());
    }

    /// What has come.
    pub(crate) async fn give(&self, bytes: &[u8]) {
        self.down.write_all(bytes).await;
    }
}

/// An open connection; it is closed where this goes.
pub(crate) struct Line<'a>(&'a Door);

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.0.wish.signal(Wish::Close);
    }
}

impl Line<'_> {
    async fn read(&mut self, bytes: &mut [u8]) -> usize {
        let door = self.0;
        if door.is_open.get()
            && let Either::First(length) = select(door.down.read(bytes), door.over.wait()).await
        {
            return length;
        }
        // What had come before the end, and then the end.
        door.down.try_read(bytes).unwrap_or(0)
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let door = self.0;
        if !door.is_open.get() {
            return Err(ErrorKind::NotConnected);
        }
        match select(door.up.write(bytes), door.over.wait()).await {
            Either::First(length) => {
                door.unsent.set(door.unsent.get() + length);
                Ok(length)
            }
            Either::Second(()) => Err(ErrorKind::NotConnected),
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        let door = self.0;
        while door.unsent.get() > 0 {
            if !door.is_open.get() {
                return Err(ErrorKind::NotConnected);
            }
            select(door.sent.wait(), door.over.wait()).await;
        }
        Ok(())
    }
}

/// What the loop reads and writes.
pub(crate) enum Stream<'a> {
    Plain(TcpSocket<'a>),
    Sealed(Line<'a>),
}

impl ErrorType for Stream<'_> {
    type Error = ErrorKind;
}

impl Read for Stream<'_> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        match self {
            Self::Plain(tcp) => tcp.read(bytes).await.map_err(|error| error.kind()),
            Self::Sealed(line) => Ok(line.read(bytes).await),
        }
    }
}

impl Write for Stream<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes).await.map_err(|error| error.kind()),
            Self::Sealed(line) => line.write(bytes).await,
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        match self {
            Self::Plain(tcp) => tcp.flush().await.map_err(|error| error.kind()),
            Self::Sealed(line) => line.flush().await,
        }
    }
}

//! The meter's serial port. It is opened again after the cable was disconnected.
use std::{
    convert::Infallible,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use embedded_io_async::{ErrorType, Read};
use serial2_tokio::SerialPort;
use tokio::time::{Instant, sleep_until};

use super::Shutdown;

/// The P1 port's speed; 8 data bits, no parity, 1 stop bit.
const BAUD: u32 = 115_200;
/// Interval of the attempts to open a missing port.
const RETRY: Duration = Duration::from_secs(1);

/// A serial port by its path, preferably a stable one under `/dev/serial/by-id/`.
#[derive(Debug)]
pub struct MeterPort {
    path: PathBuf,
    port: Option<SerialPort>,
    next_attempt: Instant,
    /// The last logged error, so that a missing cable is logged once.
    logged_error: Option<String>,
    shutdown: Shutdown,
    ended: bool,
}

impl MeterPort {
    /// The port is opened by the first read.
    pub fn new(path: &Path, shutdown: Shutdown) -> Self {
        let next_attempt = Instant::now();
        Self {
            path: path.into(),
            port: None,
            next_attempt,
            logged_error: None,
            shutdown,
            ended: false,
        }
    }

    fn open_port(&mut self) {
        match SerialPort::open(&self.path, BAUD) {
            Ok(port) => {
                tracing::info!("reading the meter at {}", self.path.display());
                self.logged_error = None;
                self.port = Some(port);
            }
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&mut self, error: &io::Error) {
        self.port = None;
        self.next_attempt = Instant::now() + RETRY;
        let error = error.to_string();
        if self.logged_error.as_ref() != Some(&error) {
            tracing::warn!(
                "cannot read the meter at {}: {error}; trying again every second",
                self.path.display()
            );
            self.logged_error = Some(error);
        }
    }
}

impl ErrorType for MeterPort {
    type Error = Infallible;
}

impl Read for MeterPort {
    /// Cancel-safe: port and time of the next attempt are fields.
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        while !self.ended {
            let Some(port) = &self.port else {
                tokio::select! {
                    biased;
                    () = self.shutdown.begun() => self.ended = true,
                    () = sleep_until(self.next_attempt) => self.open_port(),
                }
                continue;
            };
            tokio::select! {
                biased;
                () = self.shutdown.begun() => self.ended = true,
                read = port.read(buffer) => match read {
                    Ok(0) => self.failed(&io::Error::other("it was unplugged")),
                    Ok(count) => return Ok(count),
                    Err(error) => self.failed(&error),
                },
            }
        }
        Ok(0)
    }
}

//! The meter's cable on a serial port: pulled out and put back, it goes on.
use std::{
    convert::Infallible,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use embedded_io_async::{ErrorType, Read};
use serial2_tokio::SerialPort;
use tokio::time::{Instant, sleep_until};

use super::Ending;

/// The P1 port's speed; 8 data bits, no parity, 1 stop bit.
const BAUD: u32 = 115_200;
/// How often a port that is not there is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// A serial port by its path; a stable one under `/dev/serial/by-id/` is best.
#[derive(Debug)]
pub struct Port {
    path: PathBuf,
    open: Option<SerialPort>,
    next_look: Instant,
    /// What was said last, so that a cable that is out all week is one line.
    told: Option<String>,
    ending: Ending,
    ended: bool,
}

impl Port {
    /// Opened when it is first read.
    pub fn new(path: &Path, ending: Ending) -> Self {
        let next_look = Instant::now();
        Self { path: path.into(), open: None, next_look, told: None, ending, ended: false }
    }

    fn look(&mut self) {
        match SerialPort::open(&self.path, BAUD) {
            Ok(port) => {
                tracing::info!("reading the meter at {}", self.path.display());
                self.told = None;
                self.open = Some(port);
            }
            Err(error) => self.without(&error),
        }
    }

    fn without(&mut self, error: &io::Error) {
        self.open = None;
        self.next_look = Instant::now() + LOOK;
        let error = error.to_string();
        if self.told.as_ref() != Some(&error) {
            tracing::warn!(
                "cannot read the meter at {}: {error}; looking for it every second",
                self.path.display()
            );
            self.told = Some(error);
        }
    }
}

impl ErrorType for Port {
    type Error = Infallible;
}

impl Read for Port {
    /// Cancel-safe: what is open and when to look again are kept here.
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        while !self.ended {
            let Some(port) = &self.open else {
                tokio::select! {
                    biased;
                    () = self.ending.begun() => self.ended = true,
                    () = sleep_until(self.next_look) => self.look(),
                }
                continue;
            };
            tokio::select! {
                biased;
                () = self.ending.begun() => self.ended = true,
                read = port.read(buffer) => match read {
                    Ok(0) => self.without(&io::Error::other("it was unplugged")),
                    Ok(count) => return Ok(count),
                    Err(error) => self.without(&error),
                },
            }
        }
        Ok(0)
    }
}

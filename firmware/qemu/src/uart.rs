//! CMSDK UARTs: two whose bytes an interrupt puts into a pipe, and one for the log.
use core::{convert::Infallible, fmt};

use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, pipe::Pipe};
use embedded_io_async::{ErrorType, Read, Write};

use crate::{interrupts, register};

const TX_FULL: u32 = 1;
const RX_FULL: u32 = 1 << 1;
const TX_ENABLE: u32 = 1;
const RX_ENABLE: u32 = 1 << 1;
const RX_INTERRUPT: u32 = 1 << 3;
/// 25 MHz to 115 200 baud.
const DIVIDER: u32 = 217;

/// A port with its received bytes.
pub struct Uart {
    base: usize,
    interrupt: u16,
    received: Pipe<CriticalSectionRawMutex, 2048>,
}

/// The meter's port.
pub static METER: Uart = Uart::new(0x4000_4000, interrupts::UART0_RX);
/// The port of the command line.
pub static CONSOLE: Uart = Uart::new(0x4000_5000, interrupts::UART1_RX);
/// The log, which is write-only.
static LOG: Uart = Uart::new(0x4000_6000, 0);

impl Uart {
    const fn new(base: usize, interrupt: u16) -> Self {
        Self { base, interrupt, received: Pipe::new() }
    }

    const fn data(&self) -> *mut u32 {
        register(self.base)
    }
    const fn state(&self) -> *mut u32 {
        register(self.base + 4)
    }
    const fn control(&self) -> *mut u32 {
        register(self.base + 8)
    }
    const fn acknowledge(&self) -> *mut u32 {
        register(self.base + 12)
    }
    const fn divider(&self) -> *mut u32 {
        register(self.base + 16)
    }

    /// Starts receiving. Called once a port.
    pub fn start(&'static self) -> Port {
        // SAFETY: the device's own registers, before its interrupt is on.
        unsafe {
            self.divider().write_volatile(DIVIDER);
            self.control().write_volatile(TX_ENABLE | RX_ENABLE | RX_INTERRUPT);
        }
        interrupts::enable(self.interrupt);
        Port(self)
    }

    pub(crate) fn interrupt(&self) {
        // SAFETY: acknowledged first: a byte that arrives while the register is read raises
        // the interrupt again.
        unsafe { self.acknowledge().write_volatile(0b11) };
        // Without room the byte stays in the register, and QEMU waits.
        while self.received.free_capacity() > 0 {
            // SAFETY: only this handler reads data, in the interrupt or with it held off.
            let byte = unsafe {
                if self.state().read_volatile() & RX_FULL == 0 {
                    break;
                }
                self.data().read_volatile()
            };
            let _ = self.received.try_write(&[byte as u8]);
        }
    }

    fn put(&self, byte: u8) {
        // SAFETY: a sender only waits for room and writes.
        unsafe {
            while self.state().read_volatile() & TX_FULL != 0 {}
            self.data().write_volatile(byte.into());
        }
    }
}

/// An open port.
pub struct Port(&'static Uart);

impl ErrorType for Port {
    type Error = Infallible;
}

impl Read for Port {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let length = self.0.received.read(buffer).await;
        // There is room again for a byte that may be in the register.
        critical_section::with(|_| self.0.interrupt());
        Ok(length)
    }
}

impl Write for Port {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        bytes.iter().for_each(|byte| self.0.put(*byte));
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Log lines for the host.
pub struct Log;

impl fmt::Write for Log {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: turns the sender on; repeating it has no effect.
        unsafe {
            LOG.divider().write_volatile(DIVIDER);
            LOG.control().write_volatile(TX_ENABLE);
        }
        text.bytes().for_each(|byte| LOG.put(byte));
        Ok(())
    }
}

//! The meter's bytes from UART1, buffered by its interrupt.
use core::convert::Infallible;

use embassy_rp::{
    Peri,
    peripherals::{PIN_5, UART1},
    uart::{BufferedUartRx, Config},
};
use embedded_io_async::{ErrorType, Read};
use static_cell::ConstStaticCell;

use crate::Irqs;

/// 89 ms at 115 200 baud. During the erasure of a flash page, some 45 ms, no interrupt runs
/// and only the UART's own 32 bytes are kept. A reading is therefore written directly after
/// its telegram, while the meter is silent.
///
/// On the RP2350 533 ms: a TLS handshake keeps it from reading for some 0.4 s, by a count of
/// instructions.
const BUFFER: usize = if cfg!(feature = "rp2350") { 6144 } else { 1024 };

/// The customer port.
pub struct P1(BufferedUartRx);

pub(crate) fn p1(uart: Peri<'static, UART1>, rx: Peri<'static, PIN_5>) -> P1 {
    static RX: ConstStaticCell<[u8; BUFFER]> = ConstStaticCell::new([0; BUFFER]);
    let mut config = Config::default();
    config.baudrate = 115_200;
    config.invert_rx = true;
    P1(BufferedUartRx::new(uart, Irqs, rx, RX.take(), config))
}

impl ErrorType for P1 {
    type Error = Infallible;
}

impl Read for P1 {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        match self.0.read(buffer).await {
            Ok(length) => Ok(length),
            // A disturbed byte, or a pulled cable: no telegram contains a zero.
            Err(_) => {
                let Some(first) = buffer.first_mut() else { return Ok(0) };
                *first = 0;
                Ok(1)
            }
        }
    }
}

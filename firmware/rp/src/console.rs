//! The command line as a USB serial port (CDC-ACM), which needs no driver.
use core::convert::Infallible;

use embassy_executor::{SpawnError, Spawner};
use embassy_rp::{Peri, peripherals::USB, usb::Driver};
use embassy_time::{Duration, with_timeout};
use embassy_usb::{
    Builder, Config, UsbDevice,
    class::cdc_acm::{BufferedReceiver, CdcAcmClass, Sender, State},
};
use embedded_io_async::{ErrorType, Read, Write};
use static_cell::{ConstStaticCell, StaticCell};

use crate::Irqs;

const PACKET: usize = 64;
/// A host that does not read for this long is absent.
const HOST_TIMEOUT: Duration = Duration::from_secs(1);

/// A port that never ends: an absent host is not an error.
pub struct Console {
    sender: Sender<'static, Driver<'static, USB>>,
    receiver: BufferedReceiver<'static, Driver<'static, USB>>,
}

pub(crate) fn start(usb: Peri<'static, USB>, spawner: Spawner) -> Result<Console, SpawnError> {
    static CONFIG: ConstStaticCell<[u8; 128]> = ConstStaticCell::new([0; 128]);
    static CONTROL: ConstStaticCell<[u8; 64]> = ConstStaticCell::new([0; 64]);
    static PACKETS: ConstStaticCell<[u8; PACKET]> = ConstStaticCell::new([0; PACKET]);
    static STATE: StaticCell<State<'static>> = StaticCell::new();
    // The ids that pid.codes reserves for tests and private use.
    let mut config = Config::new(0x1209, 0x0001);
    config.product = Some("Wattkampen");
    config.max_packet_size_0 = PACKET as u8;
    let driver = Driver::new(usb, Irqs);
    let mut builder = Builder::new(driver, config, CONFIG.take(), &mut [], &mut [], CONTROL.take());
    let class = CdcAcmClass::new(&mut builder, STATE.init(State::new()), PACKET as u16);
    spawner.spawn(device(builder.build())?);
    let (sender, receiver) = class.split();
    Ok(Console { sender, receiver: receiver.into_buffered(PACKETS.take()) })
}

#[embassy_executor::task]
async fn device(mut device: UsbDevice<'static, Driver<'static, USB>>) -> ! {
    device.run().await
}

impl ErrorType for Console {
    type Error = Infallible;
}

impl Read for Console {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        loop {
            self.receiver.wait_connection().await;
            if let Ok(length @ 1..) = self.receiver.read(buffer).await {
                return Ok(length);
            }
        }
    }
}

impl Write for Console {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        // Shorter than a packet, so that the host sees the end of the transfer.
        let length = bytes.len().min(PACKET - 1);
        // Output without a reader is lost, as on any serial port.
        let _ = with_timeout(HOST_TIMEOUT, self.sender.write_packet(&bytes[..length])).await;
        Ok(length)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        // The next packet, an empty one, is accepted once the last one was read. The board
        // may restart only after that.
        let _ = with_timeout(HOST_TIMEOUT, self.sender.write_packet(&[])).await;
        Ok(())
    }
}

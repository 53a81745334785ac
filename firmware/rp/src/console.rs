//! The command line as a USB serial port (CDC-ACM), which needs no driver anywhere.
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
/// Whoever does not read for so long is not there.
const PATIENCE: Duration = Duration::from_secs(1);

/// A port that never ends: nobody there is no error.
pub struct Console {
    sender: Sender<'static, Driver<'static, USB>>,
    receiver: BufferedReceiver<'static, Driver<'static, USB>>,
}

pub(crate) fn start(usb: Peri<'static, USB>, spawner: Spawner) -> Result<Console, SpawnError> {
    static CONFIG: ConstStaticCell<[u8; 128]> = ConstStaticCell::new([0; 128]);
    static CONTROL: ConstStaticCell<[u8; 64]> = ConstStaticCell::new([0; 64]);
    static PACKETS: ConstStaticCell<[u8; PACKET]> = ConstStaticCell::new([0; PACKET]);
    static STATE: StaticCell<State<'static>> = StaticCell::new();
    // The pair that pid.codes gives to tests and private use.
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
        // Shorter than a packet, so that the host takes it for the end of what is said.
        let length = bytes.len().min(PACKET - 1);
        // What nobody takes is lost, as on any serial port.
        let _ = with_timeout(PATIENCE, self.sender.write_packet(&bytes[..length])).await;
        Ok(length)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        // There is room for the next packet, an empty one, when the last was taken: only
        // then may the board start anew.
        let _ = with_timeout(PATIENCE, self.sender.write_packet(&[])).await;
        Ok(())
    }
}

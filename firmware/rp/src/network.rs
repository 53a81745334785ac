//! Ethernet through the W5500, which passes whole frames: TCP/IP runs on the chip of the
//! board.
use embassy_embedded_hal::shared_bus::asynch::spi::SpiDevice;
use embassy_executor::{SpawnError, Spawner};
use embassy_net::{Config, DhcpConfig, Stack, StackResources};
use embassy_net_wiznet::{Device, Runner, State, chip::W5500};
use embassy_rp::{
    Peri,
    clocks::RoscRng,
    gpio::{Input, Level, Output, Pull},
    peripherals::{DMA_CH0, DMA_CH1, PIN_16, PIN_17, PIN_18, PIN_19, PIN_20, PIN_21, SPI0},
    spi::{self, Async, Spi},
};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use static_cell::{ConstStaticCell, StaticCell};

use crate::{Irqs, restart::restart};

/// The W5500 supports 80 MHz; wires on a breadboard do not.
const FREQUENCY: u32 = 20_000_000;

type Bus = Mutex<NoopRawMutex, Spi<'static, SPI0, Async>>;
type Selected = SpiDevice<'static, NoopRawMutex, Spi<'static, SPI0, Async>, Output<'static>>;
type Driver = Runner<'static, W5500, Selected, Input<'static>, Output<'static>>;

/// The pins and devices of the W5500.
pub(crate) struct Cable {
    pub(crate) spi: Peri<'static, SPI0>,
    pub(crate) sclk: Peri<'static, PIN_18>,
    pub(crate) mosi: Peri<'static, PIN_19>,
    pub(crate) miso: Peri<'static, PIN_16>,
    pub(crate) select: Peri<'static, PIN_17>,
    pub(crate) reset: Peri<'static, PIN_20>,
    pub(crate) interrupt: Peri<'static, PIN_21>,
    pub(crate) dma: (Peri<'static, DMA_CH0>, Peri<'static, DMA_CH1>),
}

/// Starts chip and network; DHCP assigns the address.
pub(crate) async fn start(
    cable: Cable,
    id: u64,
    spawner: Spawner,
) -> Result<Stack<'static>, SpawnError> {
    static BUS: StaticCell<Bus> = StaticCell::new();
    static FRAMES: ConstStaticCell<State<4, 4>> = ConstStaticCell::new(State::new());
    static RESOURCES: ConstStaticCell<StackResources<4>> =
        ConstStaticCell::new(StackResources::new());
    let mut config = spi::Config::default();
    config.frequency = FREQUENCY;
    let Cable { spi, sclk, mosi, miso, select, reset, interrupt, dma } = cable;
    let spi = Spi::new(spi, sclk, mosi, miso, dma.0, dma.1, Irqs, config);
    let bus = BUS.init(Mutex::new(spi));
    let device = SpiDevice::new(bus, Output::new(select, Level::High));
    let interrupt = Input::new(interrupt, Pull::Up);
    let reset = Output::new(reset, Level::High);
    let started = embassy_net_wiznet::new(mac(id), FRAMES.take(), device, interrupt, reset).await;
    let Ok((device, driver)) = started else { restart("the W5500 does not answer") };
    let dhcp = Config::dhcpv4(DhcpConfig::default());
    let seed = RoscRng.next_u64();
    let (stack, runner) = embassy_net::new(device, dhcp, RESOURCES.take(), seed);
    spawner.spawn(frames(driver)?);
    spawner.spawn(network(runner)?);
    #[cfg(feature = "defmt")]
    spawner.spawn(log_changes(stack)?);
    Ok(stack)
}

/// A locally administered MAC address from the board's own id.
fn mac(id: u64) -> [u8; 6] {
    let [.., a, b, c, d, e] = id.to_be_bytes();
    [0x02, a, b, c, d, e]
}

#[embassy_executor::task]
async fn frames(driver: Driver) -> ! {
    driver.run().await
}

#[embassy_executor::task]
async fn network(mut runner: embassy_net::Runner<'static, Device<'static>>) -> ! {
    runner.run().await
}

/// Logs changes of cable and address. Polls once a second, because the network stack wakes
/// one waiter only, and two would wake each other for ever.
#[cfg(feature = "defmt")]
#[embassy_executor::task]
async fn log_changes(stack: Stack<'static>) -> ! {
    let mut before = None;
    loop {
        let now = (stack.is_link_up(), stack.config_v4().map(|config| config.address));
        if before != Some(now) {
            before = Some(now);
            match now {
                (false, _) => app::log!(warn, "cable: none"),
                (true, None) => app::log!(info, "cable: ok; address: none"),
                (true, Some(address)) => app::log!(info, "cable: ok; address: {}", address),
            }
        }
        embassy_time::Timer::after_secs(1).await;
    }
}

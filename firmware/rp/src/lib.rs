//! Boards with an RP2040 or RP2350 and a W5500 for wired Ethernet. The chip is a
//! feature, `rp2040` or `rp2350`; the binary is the program.
//!
//! Parts: WIZnet W5500-EVB-Pico (RP2040, 2 MB) or W5500-EVB-Pico2 (RP2350A, at least
//! 2 MB); for P1 an RJ12 cable and a resistor of 4.7 kΩ.
//!
//! ```text
//! GP5      P1 data, UART1, 115200 8N1       GP16  W5500 MISO    GP19  W5500 MOSI
//! GP22     S0+, while S0- is at ground      GP17  W5500 CS      GP20  W5500 reset
//! VBUS     5 V: P1 request, and P1 power    GP18  W5500 SCLK    GP21  W5500 interrupt
//! USB      command line (CDC-ACM)
//! ```
//!
//! S0 (EN 62053-31): S0+ to GP22 and through a resistor to 3V3, S0- to ground. Class B needs
//! at least 2 mA: 1 kΩ; class A at least 10 mA: 330 Ω.
//!
//! P1, RJ12 seen from the meter: 1 power 5 V, 2 request, 3 data ground, 5 data, 6 power
//! ground. Data is an open collector and inverted: 4.7 kΩ from pin 5 to 3V3, *not* to 5 V,
//! which damages the chip, and pin 5 directly to GP5, whose input is inverted in the chip.
//! Request needs 4 V to 5.5 V, so it is wired to VBUS and not to a pin.
//!
//! Pitfalls when mounting: some Swedish meters supply no power on pin 1, and none more than
//! 250 mA: power a board that stays dark over USB. Most ports are closed until the grid
//! company opens them: ask before the visit. A meter with RJ45 has M-Bus or DLMS, not P1.
//!
//! A panel: see [`hub75`].
//!
//! The W5500 is soldered to GP16 to GP21, as WIZnet publishes for the W5500-EVB-Pico and
//! Zephyr's `w5500_evb_pico2` defines for the other; this firmware has not run on either
//! board yet. Pins of the P1 port, of the boards' rows and of HUB75 are in
//! `firmware/README.md`.
#![no_std]

pub mod console;
pub mod hub75;
pub mod meter;
pub mod network;
pub mod restart;

use app::{layout::TWO_MEGABYTES, pulses::Contact, run::Board, state::State, storage::Shared};
use embassy_embedded_hal::adapter::{BlockingAsync, YieldingAsync};
use embassy_executor::{SpawnError, Spawner};
use embassy_net::Stack;
use embassy_rp::{
    Peripherals, bind_interrupts, dma,
    flash::{self, Blocking},
    gpio::{Input, Pull},
    peripherals::{DMA_CH0, DMA_CH1, FLASH, PIO0, UART1, USB},
    pio, uart, usb,
};
use static_cell::StaticCell;
#[cfg(feature = "rp2350")]
use {
    embassy_rp::{
        peripherals::TRNG,
        trng::{self, Trng},
    },
    static_cell::ConstStaticCell,
};

use crate::{console::Console, hub75::Wires, meter::P1, network::Cable};

#[cfg(feature = "defmt")]
use defmt_rtt as _;
#[cfg(feature = "defmt")]
defmt::timestamp!("{=u64:us}", embassy_time::Instant::now().as_micros());

bind_interrupts!(pub(crate) struct Irqs {
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
    UART1_IRQ => uart::BufferedInterruptHandler<UART1>;
    USBCTRL_IRQ => usb::InterruptHandler<USB>;
    #[cfg(feature = "rp2350")]
    TRNG_IRQ => trng::InterruptHandler<TRNG>;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

const SIZE: usize = 2 << 20;
type Chip = flash::Flash<'static, FLASH, Blocking, SIZE>;
/// The flash. Other tasks run after each of its operations; an erasure stops the whole chip
/// for 45 ms.
pub type Flash = YieldingAsync<BlockingAsync<Chip>>;

/// The parts of the board that a program uses.
pub struct Parts {
    stack: Stack<'static>,
    flash: &'static Shared<Flash>,
    state: &'static State,
    meter: P1,
    contact: S0,
    console: Console,
    security: Security,
}

/// An S0 output: a transistor, or a contact, between the pin and ground.
pub struct S0(Input<'static>);

impl Contact for S0 {
    fn is_closed(&mut self) -> bool {
        self.0.is_low()
    }
}

/// The board for `app`.
pub type Gateway<U, const PAGES: bool> = Board<'static, Flash, P1, S0, Console, U, Security, PAGES>;

/// The RP2350 has a true random number generator, which TLS needs for its keys.
#[cfg(feature = "rp2350")]
pub type Security = tls::Tls<Trng<'static, TRNG>>;
/// The RP2040's random bits are not fit for keys, as its data sheet states.
#[cfg(not(feature = "rp2350"))]
pub type Security = app::secure::Plain;

impl Parts {
    /// Takes all parts and starts the tasks that all programs share. Called once.
    ///
    /// # Errors
    /// There is no room for a task.
    pub async fn take(p: Peripherals, spawner: Spawner) -> Result<(Self, Wires), SpawnError> {
        static STATE: StaticCell<State> = StaticCell::new();
        static FLASH: StaticCell<Shared<Flash>> = StaticCell::new();
        spawner.spawn(restart::feed_watchdog(restart::start_watchdog(p.WATCHDOG))?);
        let mut chip = Chip::new_blocking(p.FLASH);
        let id = unique_id(&mut chip);
        let console = console::start(p.USB, spawner)?;
        let meter = meter::p1(p.UART1, p.PIN_5);
        let cable = Cable {
            spi: p.SPI0,
            sclk: p.PIN_18,
            mosi: p.PIN_19,
            miso: p.PIN_16,
            select: p.PIN_17,
            reset: p.PIN_20,
            interrupt: p.PIN_21,
            dma: (p.DMA_CH0, p.DMA_CH1),
        };
        let stack = network::start(cable, id, spawner).await?;
        let flash = Shared::new(YieldingAsync::new(BlockingAsync::new(chip)));
        let wires = Wires {
            pio: p.PIO0,
            upper: (p.PIN_0, p.PIN_1, p.PIN_2),
            lower: (p.PIN_3, p.PIN_6, p.PIN_7),
            rows: (p.PIN_8, p.PIN_9, p.PIN_10, p.PIN_11, p.PIN_12),
            clock: p.PIN_13,
            latch: p.PIN_14,
            light: p.PIN_15,
            dma: (p.DMA_CH2, p.DMA_CH3),
        };
        #[cfg(feature = "rp2350")]
        let security = {
            static TLS: ConstStaticCell<tls::Memory> = ConstStaticCell::new(tls::Memory::new());
            tls::Tls::new(Trng::new(p.TRNG, Irqs, trng::Config::default()), TLS.take())
        };
        #[cfg(not(feature = "rp2350"))]
        let security = app::secure::Plain;
        let parts = Self {
            stack,
            flash: FLASH.init(flash),
            state: STATE.init(State::new(1)),
            meter,
            contact: S0(Input::new(p.PIN_22, Pull::Up)),
            console,
            security,
        };
        Ok((parts, wires))
    }

    /// State that the tasks share.
    pub const fn state(&self) -> &'static State {
        self.state
    }

    /// The board for `app`.
    pub fn board<U, const PAGES: bool>(self, name: &'static str, ota: U) -> Gateway<U, PAGES> {
        Board {
            stack: self.stack,
            flash: self.flash,
            layout: TWO_MEGABYTES,
            ota,
            meter: self.meter,
            contact: self.contact,
            console: self.console,
            security: self.security,
            state: self.state,
            name,
            reset: restart::reason(),
            queued: |_| {},
        }
    }
}

/// The id of the chip (RP2350), or of its flash (RP2040, which has none of its own).
fn unique_id(chip: &mut Chip) -> u64 {
    #[cfg(feature = "rp2040")]
    {
        let mut id = [0; 8];
        // It cannot fail on the core that runs the program.
        let _ = chip.blocking_unique_id(&mut id);
        u64::from_be_bytes(id)
    }
    #[cfg(not(feature = "rp2040"))]
    {
        let _ = chip;
        embassy_rp::otp::get_chipid().unwrap_or_default()
    }
}

//! The board that only exists in an emulator: QEMU's `mps2-an385`, a Cortex-M3 with
//! an Ethernet chip, so that the firmware runs where no hardware is.
//!
//! ```text
//! UART0   meter, P1            LAN9118  network
//! UART1   command line         FPGAIO   time, TIMER0 its alarm
//! UART2   log                  PSRAM    a file of the host, 16 MB from 0x2100_0000:
//!                                       0x000000  flash, 2 MB, honest as NOR is
//!                                       0x800000  what the panel shows
//!                                       0xf00000  how fast the calendar runs
//!                                       0xf00004  how slowly the flash writes, µs a byte
//! ```
//!
//! It proves the programs, not the chips: no timing here means anything, and nobody
//! loses a byte on its serial ports, because QEMU waits until it is taken.
#![no_std]

pub mod executor;
pub mod flash;
pub mod frame;
pub mod interrupts;
pub mod lan9118;
pub mod time;
pub mod uart;

use core::{fmt::Write, panic::PanicInfo};

use app::{
    run::Board,
    state::State,
    storage::{Shared, TWO_MEGABYTES},
};
use embassy_net::{Runner, Stack, StackResources};
use static_cell::{ConstStaticCell, StaticCell};

use crate::{flash::Flash, lan9118::Lan9118, uart::Port};

/// The file of the host.
const PSRAM: usize = 0x2100_0000;

/// A word of a device.
const fn register(address: usize) -> *mut u32 {
    core::ptr::without_provenance_mut(address)
}

/// What a program gets of the board.
pub struct Parts {
    stack: Stack<'static>,
    flash: &'static Shared<Flash>,
    state: &'static State,
    meter: Port,
    console: Port,
}

impl Parts {
    /// Takes all of it. Once.
    pub fn take() -> (Self, Runner<'static, Lan9118>) {
        static RESOURCES: ConstStaticCell<StackResources<4>> =
            ConstStaticCell::new(StackResources::new());
        static STATE: StaticCell<State> = StaticCell::new();
        static FLASH: StaticCell<Shared<Flash>> = StaticCell::new();
        time::start();
        let dhcp = embassy_net::Config::dhcpv4(embassy_net::DhcpConfig::default());
        // A start of the emulator is a new network: its ports need not differ.
        let (stack, runner) = embassy_net::new(Lan9118::start(), dhcp, RESOURCES.take(), 1);
        let parts = Self {
            stack,
            flash: FLASH.init(Shared::new(Flash::take())),
            state: STATE.init(State::new(calendar_speed())),
            meter: uart::METER.start(),
            console: uart::CONSOLE.start(),
        };
        (parts, runner)
    }

    /// What all tasks know.
    pub const fn state(&self) -> &'static State {
        self.state
    }

    /// As the gateway wants it.
    pub fn board(self, name: &'static str, pages: bool) -> Board<'static, Flash, Port, Port> {
        Board {
            stack: self.stack,
            flash: self.flash,
            layout: TWO_MEGABYTES,
            meter: self.meter,
            console: self.console,
            state: self.state,
            name,
            reset: None,
            pages,
            queued: |ticket| {
                let _ = writeln!(uart::Log, "queued {} {}", ticket.boot, ticket.seq);
            },
        }
    }
}

/// The network's own task.
#[embassy_executor::task]
pub async fn network(mut runner: Runner<'static, Lan9118>) -> ! {
    runner.run().await
}

/// How fast the calendar runs: 0 in a fresh file, and then as fast as the timers.
pub fn calendar_speed() -> u32 {
    // SAFETY: a word of the PSRAM that no Rust object lives in.
    let speed = unsafe { register(PSRAM + 0xf0_0000).read_volatile() };
    speed.max(1)
}

/// Starts the board anew; its flash stays.
pub fn restart(reason: &str) -> ! {
    let _ = writeln!(uart::Log, "restart: {reason}");
    cortex_m::peripheral::SCB::sys_reset()
}

/// Tells where, not what: texts of panics are 100 KB of flash.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        let _ = writeln!(uart::Log, "panic: {}:{}", place.file(), place.line());
    }
    cortex_m::peripheral::SCB::sys_reset()
}

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
//!                                       0xf00008  whether its next write panics
//!                                       0xf0000c  how often the board has started
//!                                       0xf00010  how much of the chance below is used
//!                                       0xf10000  chance, 64 KiB from the host
//! ```
//!
//! It proves the programs, not the chips: no timing here means anything, and nobody
//! loses a byte on its serial ports, because QEMU waits until it is taken.
#![no_std]

pub mod chance;
pub mod executor;
pub mod flash;
pub mod frame;
pub mod interrupts;
pub mod lan9118;
pub mod time;
pub mod uart;

use core::{
    fmt::{self, Write},
    panic::PanicInfo,
};

use app::{
    crash::{self, Trail},
    layout::TWO_MEGABYTES,
    pulses::NoContact,
    run::Board,
    state::State,
    storage::Shared,
    update::ByCable,
};
use embassy_net::{Runner, Stack, StackResources};
use static_cell::{ConstStaticCell, StaticCell};
use tls::Tls;

use crate::{chance::Chance, flash::Flash, lan9118::Lan9118, uart::Port};

/// Why it starts anew, which a reset of the emulator leaves alone.
#[unsafe(link_section = ".uninit.crash")]
static mut CRASH: crash::Place = crash::Place::uninit();

/// The board as the gateway wants it.
pub type Gateway<const PAGES: bool> =
    Board<'static, Flash, Port, NoContact, Port, ByCable, Tls<Chance>, PAGES>;

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
        let (stack, runner) =
            embassy_net::new(Lan9118::start(), dhcp, RESOURCES.take(), starts().into());
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
    pub fn board<const PAGES: bool>(self, name: &'static str) -> Gateway<PAGES> {
        static TLS: ConstStaticCell<tls::Memory> = ConstStaticCell::new(tls::Memory::new());
        Board {
            stack: self.stack,
            flash: self.flash,
            layout: TWO_MEGABYTES,
            exchange: ByCable,
            security: Tls::new(Chance, TLS.take()),
            meter: self.meter,
            contact: NoContact,
            console: self.console,
            state: self.state,
            name,
            // SAFETY: once, before anybody may leave one.
            reset: unsafe { crash::take(&raw mut CRASH) },
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

/// How often the board has started: a network that outlives a reset remembers the ports
/// of the program before, so that they must differ.
fn starts() -> u32 {
    // SAFETY: a word of the PSRAM that no Rust object lives in.
    unsafe {
        let starts = register(PSRAM + 0xf0_000c).read_volatile() + 1;
        register(PSRAM + 0xf0_000c).write_volatile(starts);
        starts
    }
}

/// Starts the board anew; its flash stays.
pub fn restart(reason: &str) -> ! {
    let _ = writeln!(uart::Log, "restart: {reason}");
    leave(format_args!("{reason}"))
}

/// Tells where, not what: texts of panics are 140 KB of flash.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    let trail = trail();
    let _ = writeln!(uart::Log, "panic at{trail}");
    leave(format_args!("panic at{trail}"))
}

#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    let (place, trail) = (frame.pc(), trail());
    let _ = writeln!(uart::Log, "hard fault at {place:08x}{trail}");
    leave(format_args!("hard fault at {place:08x}{trail}"))
}

fn trail() -> Trail {
    unsafe extern "C" {
        static _stack_start: u32;
        static __stext: u32;
        static __etext: u32;
    }
    let code = (&raw const __stext).addr() as u32..(&raw const __etext).addr() as u32;
    let end = (&raw const _stack_start).addr() as u32;
    // SAFETY: the linker's ends of the code and of the stack.
    unsafe { Trail::of_stack(cortex_m::register::msp::read(), end, &code) }
}

fn leave(reason: fmt::Arguments<'_>) -> ! {
    cortex_m::interrupt::disable();
    // SAFETY: interrupts are off, and this is the last that the program does.
    unsafe { crash::leave(&raw mut CRASH, reason) };
    cortex_m::peripheral::SCB::sys_reset()
}

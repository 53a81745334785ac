//! The emulated board: QEMU's `mps2-an385`, a Cortex-M3 with an Ethernet chip, so that the
//! firmware runs without hardware.
//!
//! ```text
//! UART0   meter, P1            LAN9118  network
//! UART1   command line         FPGAIO   time, TIMER0 its alarm
//! UART2   log                  PSRAM    a file of the host, 16 MB from 0x2100_0000:
//!                                       0x000000  flash, 2 MB, with the limits of NOR
//!                                       0x800000  picture of the panel
//!                                       0xf00000  speed of the calendar
//!                                       0xf00004  write time of the flash, µs a byte
//!                                       0xf00008  1: the next write panics
//!                                       0xf0000c  number of starts
//!                                       0xf00010  used bytes of the random numbers
//!                                       0xf10000  random numbers, 64 KiB from the host
//! ```
//!
//! The emulation tests the programs, not the chips: its timing has no meaning, and its
//! serial ports lose no bytes, because QEMU waits until each byte is read.
#![no_std]

pub mod executor;
pub mod flash;
pub mod frame;
pub mod interrupts;
pub mod lan9118;
pub mod rng;
pub mod time;
pub mod uart;

use core::{
    fmt::{self, Write},
    panic::PanicInfo,
};

use app::{
    crash::{self, CallStack},
    layout::TWO_MEGABYTES,
    pulses::NoContact,
    run::Board,
    state::State,
    storage::Shared,
    update::NoOta,
};
use embassy_net::{Runner, Stack, StackResources};
use static_cell::{ConstStaticCell, StaticCell};
use tls::Tls;

use crate::{flash::Flash, lan9118::Lan9118, rng::HostRng, uart::Port};

/// The reason of a restart, which a reset of the emulator keeps.
#[unsafe(link_section = ".uninit.crash")]
static mut CRASH: crash::CrashMemory = crash::CrashMemory::uninit();

/// The board for `app`.
pub type Gateway<const PAGES: bool> =
    Board<'static, Flash, Port, NoContact, Port, NoOta, Tls<HostRng>, PAGES>;

/// Address of the PSRAM, which is a file of the host.
const PSRAM: usize = 0x2100_0000;

/// A register of a device.
const fn register(address: usize) -> *mut u32 {
    core::ptr::without_provenance_mut(address)
}

/// The parts of the board that a program uses.
pub struct Parts {
    stack: Stack<'static>,
    flash: &'static Shared<Flash>,
    state: &'static State,
    meter: Port,
    console: Port,
}

impl Parts {
    /// Takes all parts. Called once.
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

    /// State that the tasks share.
    pub const fn state(&self) -> &'static State {
        self.state
    }

    /// The board for `app`.
    pub fn board<const PAGES: bool>(self, name: &'static str) -> Gateway<PAGES> {
        static TLS: ConstStaticCell<tls::Memory> = ConstStaticCell::new(tls::Memory::new());
        Board {
            stack: self.stack,
            flash: self.flash,
            layout: TWO_MEGABYTES,
            ota: NoOta,
            security: Tls::new(HostRng, TLS.take()),
            meter: self.meter,
            contact: NoContact,
            console: self.console,
            state: self.state,
            name,
            // SAFETY: called once, before any reason can be stored.
            reset: unsafe { crash::take(&raw mut CRASH) },
            queued: |id| {
                let _ = writeln!(uart::Log, "queued {} {}", id.boot, id.seq);
            },
        }
    }
}

/// The network's own task.
#[embassy_executor::task]
pub async fn network(mut runner: Runner<'static, Lan9118>) -> ! {
    runner.run().await
}

/// The speed of the calendar; 0 in a new file means the speed of the timers.
pub fn calendar_speed() -> u32 {
    // SAFETY: a word of the PSRAM that no Rust object lives in.
    let speed = unsafe { register(PSRAM + 0xf0_0000).read_volatile() };
    speed.max(1)
}

/// Counts the starts. The count seeds the network's ports: a network that survives a reset
/// remembers the ports of the program before.
fn starts() -> u32 {
    // SAFETY: a word of the PSRAM that no Rust object lives in.
    unsafe {
        let starts = register(PSRAM + 0xf0_000c).read_volatile() + 1;
        register(PSRAM + 0xf0_000c).write_volatile(starts);
        starts
    }
}

/// Restarts the board; its flash stays.
pub fn restart(reason: &str) -> ! {
    let _ = writeln!(uart::Log, "restart: {reason}");
    reset_with(format_args!("{reason}"))
}

/// Stores the place without the text: texts of panics are 140 KB of flash.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    let calls = call_stack();
    let _ = writeln!(uart::Log, "panic at{calls}");
    reset_with(format_args!("panic at{calls}"))
}

#[cortex_m_rt::exception]
unsafe fn DefaultHandler(number: i16) {
    match u16::try_from(number) {
        Ok(interrupts::UART0_RX) => uart::METER.interrupt(),
        Ok(interrupts::UART1_RX) => uart::CONSOLE.interrupt(),
        Ok(interrupts::TIMER0) => time::interrupt(),
        Ok(interrupts::ETHERNET) => lan9118::interrupt(),
        _ => panic!("interrupt {number}"),
    }
}

#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    let (place, calls) = (frame.pc(), call_stack());
    let _ = writeln!(uart::Log, "hard fault at {place:08x}{calls}");
    reset_with(format_args!("hard fault at {place:08x}{calls}"))
}

fn call_stack() -> CallStack {
    unsafe extern "C" {
        static _stack_start: u32;
        static __stext: u32;
        static __etext: u32;
    }
    let code = (&raw const __stext).addr() as u32..(&raw const __etext).addr() as u32;
    let end = (&raw const _stack_start).addr() as u32;
    // SAFETY: the linker defines the ends of the code and of the stack.
    unsafe { CallStack::of_stack(cortex_m::register::msp::read(), end, &code) }
}

fn reset_with(reason: fmt::Arguments<'_>) -> ! {
    cortex_m::interrupt::disable();
    // SAFETY: interrupts are off, and the program ends here.
    unsafe { crash::store(&raw mut CRASH, reason) };
    cortex_m::peripheral::SCB::sys_reset()
}

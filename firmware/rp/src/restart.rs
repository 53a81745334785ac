//! Watchdog, panic and reset. A program that hangs is reset within [`WATCHDOG_TIMEOUT`]; below
//! 0.86 V the chip's own brown-out detector, which is on from the start, holds the core in
//! reset. The reason is published after the next start.
use core::{fmt, panic::PanicInfo};

use app::{
    crash::{self, CallStack},
    log,
};
use embassy_rp::{
    Peri,
    peripherals::WATCHDOG,
    watchdog::{ResetReason, Watchdog},
};
use embassy_time::{Duration, Timer};
use wire::Text;

/// The reason of a restart, in RAM that neither the reset nor the start clears.
#[unsafe(link_section = ".uninit.crash")]
static mut CRASH: crash::CrashMemory = crash::CrashMemory::uninit();

/// The RP2040's counter ends at 8.3 s.
const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(8);

pub(crate) fn start_watchdog(watchdog: Peri<'static, WATCHDOG>) -> Watchdog {
    let mut watchdog = Watchdog::new(watchdog);
    watchdog.start(WATCHDOG_TIMEOUT);
    watchdog
}

#[embassy_executor::task]
pub(crate) async fn feed_watchdog(mut watchdog: Watchdog) -> ! {
    loop {
        watchdog.feed(WATCHDOG_TIMEOUT);
        Timer::after(WATCHDOG_TIMEOUT / 4).await;
    }
}

/// The reason of the last restart: the program's own, or the chip's. Taken once.
pub(crate) fn reason() -> Option<Text<96>> {
    // SAFETY: called once, before any reason can be stored.
    let stored = unsafe { crash::take(&raw mut CRASH) };
    let reason = stored.or_else(chip_reason);
    log!(info, "started; reason: {}", reason.as_ref().map_or("unknown", Text::as_str));
    reason
}

fn chip_reason() -> Option<Text<96>> {
    // SAFETY: only reads a register that no other code writes.
    let watchdog = Watchdog::new(unsafe { WATCHDOG::steal() });
    let reason = match watchdog.reset_reason() {
        Some(ResetReason::Forced) => "restart",
        Some(ResetReason::TimedOut) => "watchdog: the program hung",
        None => supply()?,
    };
    Some(Text::truncated(reason))
}

/// The reset reason in the chip's register, which a watchdog reset does not change.
#[cfg(feature = "rp2040")]
fn supply() -> Option<&'static str> {
    let last = embassy_rp::pac::VREG_AND_CHIP_RESET.chip_reset().read();
    // This chip has one bit for both.
    let power = last.had_por().then_some("power on, or power too low");
    let run = last.had_run().then_some("reset by the RUN pin");
    power.or(run).or(last.had_psm_restart().then_some("reset by the debugger"))
}

/// The reset reason in the chip's register.
#[cfg(feature = "rp2350")]
fn supply() -> Option<&'static str> {
    let last = embassy_rp::pac::POWMAN.chip_reset().read();
    [
        (last.had_bor(), "power too low"),
        (last.had_glitch_detect(), "a glitch of the power"),
        (last.had_por(), "power on"),
        (last.had_run_low(), "reset by the RUN pin"),
        (last.had_dp_reset_req() || last.had_rescue(), "reset by the debugger"),
    ]
    .into_iter()
    .find_map(|(had, reason)| had.then_some(reason))
}

/// Restarts the board; its flash stays.
pub fn restart(reason: &str) -> ! {
    reset_with(format_args!("{reason}"))
}

fn reset_with(reason: fmt::Arguments<'_>) -> ! {
    log!(error, "restarting: {}", reason);
    cortex_m::interrupt::disable();
    // SAFETY: interrupts are off, and only one core runs.
    unsafe { crash::store(&raw mut CRASH, reason) };
    // SAFETY: nothing else of this program runs after this.
    let mut watchdog = Watchdog::new(unsafe { WATCHDOG::steal() });
    watchdog.trigger_reset();
    loop {
        cortex_m::asm::nop();
    }
}

/// Stores the place without the text: one that formats the text keeps all texts in the flash.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    reset_with(format_args!("panic at{}", call_stack()))
}

/// Stores and publishes the place, like a panic.
#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    reset_with(format_args!("hard fault at {:08x}{}", frame.pc(), call_stack()))
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

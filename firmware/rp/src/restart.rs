//! Watchdog, panic and reset. A program that no longer gets to its turn is reset within
//! [`PATIENCE`]; where the core gets less than 0.86 V the chip's own brown-out detector,
//! which is on from the start, holds it. Why is told after the next start.
use core::{fmt, panic::PanicInfo};

use app::{
    crash::{self, Trail},
    log,
};
use embassy_rp::{
    Peri,
    peripherals::WATCHDOG,
    watchdog::{ResetReason, Watchdog},
};
use embassy_time::{Duration, Timer};
use wire::Text;

/// Why it starts anew, in RAM that neither the reset nor the start clears.
#[unsafe(link_section = ".uninit.crash")]
static mut CRASH: crash::Place = crash::Place::uninit();

/// The RP2040's counter reaches to 8.3 s.
const PATIENCE: Duration = Duration::from_secs(8);

pub(crate) fn dog(watchdog: Peri<'static, WATCHDOG>) -> Watchdog {
    let mut watchdog = Watchdog::new(watchdog);
    watchdog.start(PATIENCE);
    watchdog
}

#[embassy_executor::task]
pub(crate) async fn watch(mut watchdog: Watchdog) -> ! {
    loop {
        watchdog.feed(PATIENCE);
        Timer::after(PATIENCE / 4).await;
    }
}

/// Why it started last: what the program left, or as far as the chip knows. Once.
pub(crate) fn reason() -> Option<Text<96>> {
    // SAFETY: once, before anybody may leave one.
    let left = unsafe { crash::take(&raw mut CRASH) };
    let reason = left.or_else(chip_reason);
    log!(info, "started; why: {}", reason.as_ref().map_or("nobody knows", Text::as_str));
    reason
}

fn chip_reason() -> Option<Text<96>> {
    // SAFETY: a look into a register that nobody writes.
    let watchdog = Watchdog::new(unsafe { WATCHDOG::steal() });
    let reason = match watchdog.reset_reason() {
        Some(ResetReason::Forced) => "restart",
        Some(ResetReason::TimedOut) => "watchdog: the program hung",
        None => supply()?,
    };
    Some(Text::truncated(reason))
}

/// What the chip says of its supply and its pins, which a watchdog's reset leaves as it
/// was.
#[cfg(feature = "rp2040")]
fn supply() -> Option<&'static str> {
    let last = embassy_rp::pac::VREG_AND_CHIP_RESET.chip_reset().read();
    // One bit is all that this chip has for the two.
    let power = last.had_por().then_some("power came, or was too low");
    let run = last.had_run().then_some("reset by the RUN pin");
    power.or(run).or(last.had_psm_restart().then_some("reset by the debugger"))
}

/// What the chip says of its supply and its pins.
#[cfg(feature = "rp2350")]
fn supply() -> Option<&'static str> {
    let last = embassy_rp::pac::POWMAN.chip_reset().read();
    [
        (last.had_bor(), "power was too low"),
        (last.had_glitch_detect(), "a glitch in the power"),
        (last.had_por(), "power came"),
        (last.had_run_low(), "reset by the RUN pin"),
        (last.had_dp_reset_req() || last.had_rescue(), "reset by the debugger"),
    ]
    .into_iter()
    .find_map(|(had, reason)| had.then_some(reason))
}

/// Starts the board anew; its flash stays.
pub fn restart(reason: &str) -> ! {
    leave(format_args!("{reason}"))
}

fn leave(reason: fmt::Arguments<'_>) -> ! {
    log!(error, "starting anew: {}", reason);
    cortex_m::interrupt::disable();
    // SAFETY: interrupts are off, and only one core runs.
    unsafe { crash::leave(&raw mut CRASH, reason) };
    // SAFETY: nothing else of this program runs after this.
    let mut watchdog = Watchdog::new(unsafe { WATCHDOG::steal() });
    watchdog.trigger_reset();
    loop {
        cortex_m::asm::nop();
    }
}

/// Tells where, not what: whoever takes the text takes all texts into the flash.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    leave(format_args!("panic at{}", trail()))
}

/// Kept and told like a panic, with the place that could not go on.
#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    leave(format_args!("hard fault at {:08x}{}", frame.pc(), trail()))
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

//! Watchdog, panic and reset. A program that no longer gets to its turn is reset within
//! [`PATIENCE`]; below 1.8 V the chip's own brown-out detector does it. Why is told after
//! the next start.
use core::panic::PanicInfo;

use embassy_rp::{
    Peri,
    peripherals::WATCHDOG,
    watchdog::{ResetReason, Watchdog},
};
use embassy_time::{Duration, Timer};
use wire::Text;

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

/// Why it started last, as far as the chip knows.
pub(crate) fn reason() -> Option<Text<96>> {
    // SAFETY: a look into a register that nobody writes.
    let watchdog = Watchdog::new(unsafe { WATCHDOG::steal() });
    watchdog.reset_reason().map(|reason| {
        Text::cut(match reason {
            ResetReason::Forced => "restart",
            ResetReason::TimedOut => "watchdog",
        })
    })
}

/// Starts the board anew; its flash stays.
pub fn restart(_reason: &str) -> ! {
    // SAFETY: nothing else of this program runs after this.
    let mut watchdog = Watchdog::new(unsafe { WATCHDOG::steal() });
    watchdog.trigger_reset();
    loop {
        cortex_m::asm::nop();
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    restart("panic")
}

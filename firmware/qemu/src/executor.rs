//! An executor that sleeps in WFI: QEMU treats WFE as a hint and would keep a core of the
//! host busy.
use core::sync::atomic::{AtomicBool, Ordering};

use embassy_executor::{Spawner, raw};
use static_cell::StaticCell;

static PENDING: AtomicBool = AtomicBool::new(false);

#[unsafe(export_name = "__pender")]
fn pender(_: *mut ()) {
    PENDING.store(true, Ordering::SeqCst);
}

/// Runs tasks for ever.
pub fn run(init: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<raw::Executor> = StaticCell::new();
    let executor: &'static raw::Executor = EXECUTOR.init(raw::Executor::new(core::ptr::null_mut()));
    init(executor.spawner());
    loop {
        // SAFETY: polled here alone, and never from within itself.
        unsafe { executor.poll() };
        cortex_m::interrupt::disable();
        // A pending interrupt ends the WFI even while interrupts are off.
        if !PENDING.swap(false, Ordering::SeqCst) {
            cortex_m::asm::wfi();
        }
        // SAFETY: no critical section is open here.
        unsafe { cortex_m::interrupt::enable() };
    }
}

//! Interrupt numbers of the devices. There is no vector table for this chip, so that all
//! interrupts arrive at the default handler in `lib.rs`, which dispatches by number.
use cortex_m::{interrupt::InterruptNumber, peripheral::NVIC};

pub(crate) const UART0_RX: u16 = 0;
pub(crate) const UART1_RX: u16 = 2;
pub(crate) const TIMER0: u16 = 8;
pub(crate) const ETHERNET: u16 = 13;

#[derive(Clone, Copy)]
struct Number(u16);

// SAFETY: the numbers above are those of the AN385's interrupt lines, below 32.
unsafe impl InterruptNumber for Number {
    fn number(self) -> u16 {
        self.0
    }
}

pub(crate) fn enable(number: u16) {
    // SAFETY: called after the device is set up, outside of critical sections that rely on
    // the interrupt being off.
    unsafe { NVIC::unmask(Number(number)) };
}

//! Which interrupt is whose. Without a vector table of the chip all of them come to
//! the default handler, which knows their number.
use cortex_m::{interrupt::InterruptNumber, peripheral::NVIC};

use crate::{lan9118, time, uart};

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
    // SAFETY: called once its device is set up, outside of critical sections that
    // would lean on it being off.
    unsafe { NVIC::unmask(Number(number)) };
}

#[cortex_m_rt::exception]
unsafe fn DefaultHandler(number: i16) {
    match u16::try_from(number) {
        Ok(UART0_RX) => uart::METER.interrupt(),
        Ok(UART1_RX) => uart::CONSOLE.interrupt(),
        Ok(TIMER0) => time::interrupt(),
        Ok(ETHERNET) => lan9118::interrupt(),
        _ => panic!("interrupt {number}"),
    }
}

//! Time: the FPGA's counter at 1 MHz, made 64 bits wide, and TIMER0 as its alarm.
use core::{cell::RefCell, task::Waker};

use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

use crate::{interrupts, register};

const COUNTER: *mut u32 = register(0x4002_8018);
const PRESCALE: *mut u32 = register(0x4002_801c);
const TIMER_CTRL: *mut u32 = register(0x4000_0000);
const TIMER_VALUE: *mut u32 = register(0x4000_0004);
const TIMER_RELOAD: *mut u32 = register(0x4000_0008);
const TIMER_CLEAR: *mut u32 = register(0x4000_000c);
/// The clock of timer and counter, MHz.
const MHZ: u32 = 25;
/// Longest alarm, µs, so that no wrap of the counter (71 minutes) is missed.
const LONGEST: u64 = 60_000_000;

struct State {
    queue: Queue,
    high: u32,
    low: u32,
}

struct Time {
    state: Mutex<RefCell<State>>,
}

embassy_time_driver::time_driver_impl!(static TIME: Time = Time {
    state: Mutex::new(RefCell::new(State { queue: Queue::new(), high: 0, low: 0 })),
});

/// Starts the counter.
pub fn start() {
    // SAFETY: the devices' own registers, before any task waits for them.
    unsafe {
        PRESCALE.write_volatile(MHZ - 1);
        COUNTER.write_volatile(0);
        TIMER_CTRL.write_volatile(0);
    }
    interrupts::enable(interrupts::TIMER0);
    critical_section::with(|cs| alarm(&mut TIME.state.borrow_ref_mut(cs)));
}

impl State {
    fn now(&mut self) -> u64 {
        // SAFETY: reading a counter changes nothing.
        let low = unsafe { COUNTER.read_volatile() };
        if low < self.low {
            self.high += 1;
        }
        self.low = low;
        u64::from(self.high) << 32 | u64::from(low)
    }
}

impl Driver for Time {
    fn now(&self) -> u64 {
        critical_section::with(|cs| self.state.borrow_ref_mut(cs).now())
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|cs: CriticalSection<'_>| {
            let mut state = self.state.borrow_ref_mut(cs);
            if state.queue.schedule_wake(at, waker) {
                alarm(&mut state);
            }
        });
    }
}

/// Wakes the tasks that are due, and sets the alarm for the next.
fn alarm(state: &mut State) {
    let next = loop {
        let now = state.now();
        let next = state.queue.next_expiration(now);
        if next > now {
            break (next - now).min(LONGEST);
        }
    };
    let ticks = next as u32 * MHZ;
    // SAFETY: TIMER0 is used here alone, in a critical section.
    unsafe {
        TIMER_CTRL.write_volatile(0);
        TIMER_CLEAR.write_volatile(1);
        TIMER_RELOAD.write_volatile(ticks);
        TIMER_VALUE.write_volatile(ticks);
        TIMER_CTRL.write_volatile(1 << 3 | 1);
    }
}

pub(crate) fn interrupt() {
    critical_section::with(|cs| alarm(&mut TIME.state.borrow_ref_mut(cs)));
}

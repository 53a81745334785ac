//! LAN9118: frames in and out of the Ethernet chip's FIFOs, a word at a time.
use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;

use crate::{interrupts, register};

const BASE: usize = 0x4020_0000;
const RX_DATA: *mut u32 = register(BASE);
const TX_DATA: *mut u32 = register(BASE + 0x20);
const RX_STATUS: *mut u32 = register(BASE + 0x40);
const TX_STATUS: *mut u32 = register(BASE + 0x48);
const IRQ_CFG: *mut u32 = register(BASE + 0x54);
const INT_STS: *mut u32 = register(BASE + 0x58);
const INT_EN: *mut u32 = register(BASE + 0x5c);
const FIFO_INT: *mut u32 = register(BASE + 0x68);
const TX_CFG: *mut u32 = register(BASE + 0x70);
const RX_FIFO_INF: *mut u32 = register(BASE + 0x7c);
const TX_FIFO_INF: *mut u32 = register(BASE + 0x80);
const MAC_CSR_CMD: *mut u32 = register(BASE + 0xa4);
const MAC_CSR_DATA: *mut u32 = register(BASE + 0xa8);

const MAC_CR: u32 = 1;
const ADDRH: u32 = 2;
const ADDRL: u32 = 3;
const FRAME: usize = 1514;

static WAKER: AtomicWaker = AtomicWaker::new();

/// The chip.
pub struct Lan9118 {
    address: [u8; 6],
    frame: [u8; FRAME + 6],
}

fn read(register: *mut u32) -> u32 {
    // SAFETY: only the constants above are passed, registers of a chip that this driver owns;
    // the driver is one object, and the interrupt only writes INT_STS.
    unsafe { register.read_volatile() }
}

fn write(register: *mut u32, value: u32) {
    // SAFETY: as above.
    unsafe { register.write_volatile(value) }
}

fn mac(number: u32) -> u32 {
    write(MAC_CSR_CMD, 1 << 31 | 1 << 30 | number);
    while read(MAC_CSR_CMD) & 1 << 31 != 0 {}
    read(MAC_CSR_DATA)
}

fn set_mac(number: u32, value: u32) {
    write(MAC_CSR_DATA, value);
    write(MAC_CSR_CMD, 1 << 31 | number);
    while read(MAC_CSR_CMD) & 1 << 31 != 0 {}
}

pub(crate) fn interrupt() {
    // Before the FIFO is drained: a frame that arrives meanwhile raises it again.
    write(INT_STS, u32::MAX);
    WAKER.wake();
}

impl Lan9118 {
    /// Sets the chip up with its address. Called once.
    pub fn start() -> Self {
        let (low, high) = (mac(ADDRL).to_le_bytes(), mac(ADDRH).to_le_bytes());
        let address = [low[0], low[1], low[2], low[3], high[0], high[1]];
        // Full duplex, sender and receiver on.
        set_mac(MAC_CR, 1 << 20 | 1 << 3 | 1 << 2);
        write(TX_CFG, 1 << 1);
        // The line idles active until its polarity is set, so that comes first.
        write(IRQ_CFG, 1 << 8 | 1 << 4 | 1);
        write(FIFO_INT, 0x4800_0000);
        write(INT_EN, 1 << 3);
        write(INT_STS, u32::MAX);
        interrupts::enable(interrupts::ETHERNET);
        Self { address, frame: [0; FRAME + 6] }
    }

    /// Its address.
    pub const fn address(&self) -> [u8; 6] {
        self.address
    }
}

/// A received frame.
pub struct Received<'a>(&'a mut [u8]);
/// Permission to send a frame.
pub struct SendPermit;

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, take: F) -> R {
        take(self.0)
    }
}

impl TxToken for SendPermit {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = [0; FRAME + 6];
        let length = length.min(FRAME);
        let result = fill(&mut frame[..length]);
        write(TX_DATA, 1 << 13 | 1 << 12 | length as u32);
        write(TX_DATA, length as u32);
        for word in frame[..length.next_multiple_of(4)].chunks_exact(4) {
            write(TX_DATA, u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        }
        // The result is ignored: lost frames are sent again.
        while read(TX_FIFO_INF) >> 16 & 0xff != 0 {
            read(TX_STATUS);
        }
        result
    }
}

impl Driver for Lan9118 {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = SendPermit;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Received<'_>, SendPermit)> {
        WAKER.register(cx.waker());
        if read(RX_FIFO_INF) >> 16 & 0xff == 0 {
            return None;
        }
        let length = (read(RX_STATUS) >> 16 & 0x3fff) as usize;
        for number in 0..length.div_ceil(4) {
            let word = read(RX_DATA).to_le_bytes();
            if let Some(place) = self.frame.get_mut(4 * number..4 * number + 4) {
                place.copy_from_slice(&word);
            }
        }
        // The last four bytes are the frame's checksum.
        let length = length.saturating_sub(4).min(self.frame.len());
        Some((Received(&mut self.frame[..length]), SendPermit))
    }

    fn transmit(&mut self, cx: &mut Context<'_>) -> Option<SendPermit> {
        WAKER.register(cx.waker());
        (read(TX_FIFO_INF) & 0xffff > FRAME as u32 + 16).then_some(SendPermit)
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME;
        capabilities.max_burst_size = Some(1);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.address)
    }
}

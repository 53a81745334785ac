//! A HUB75 panel, 64x32 or two of 64x64 in a chain: PIO generates the signals from the words
//! of `app`, and DMA transfers these again and again without the processor. One channel
//! transfers a picture; a second one then sets the first to the start of the next.
//!
//! ```text
//! GP0 R1   GP1 G1   GP2 B1   GP3 R2   GP6 G2   GP7 B2      (GP4, GP5: the meter's UART)
//! GP8 A    GP9 B    GP10 C   GP11 D   GP12 E   GP13 CLK   GP14 LAT   GP15 OE
//! ```
//!
//! Levels: the pins have 3.3 V, and panels expect 5 V; most work with 3.3 V over short
//! cables, and two 74HCT245 in between make it reliable. The panel has its own 5 V supply,
//! up to 4 A for 64x32 in white, with a common ground.
//!
//! The refresh rate is computed in [`app::hub75`] for 125 MHz; an RP2350 has 150 MHz. A
//! picture that changes within a refresh may be torn for that refresh.
use core::sync::atomic::{AtomicU32, Ordering, fence};

use app::{
    hub75::{PIO_HZ, encode},
    screen::Screen,
};
use embassy_rp::{
    Peri, pac,
    peripherals::{
        DMA_CH2, DMA_CH3, PIN_0, PIN_1, PIN_2, PIN_3, PIN_6, PIN_7, PIN_8, PIN_9, PIN_10, PIN_11,
        PIN_12, PIN_13, PIN_14, PIN_15, PIO0,
    },
    pio::{
        Config, Direction, FifoJoin, Pio, ShiftConfig, ShiftDirection, StateMachine,
        program::pio_asm,
    },
};

use crate::Irqs;

/// Divider of the 125 MHz.
const DIVIDER: u8 = 3;
const _: () = assert!(PIO_HZ == 125_000_000 / DIVIDER as u32);
/// The channels of [`Wires::dma`].
const DATA: usize = 2;
const CONTROL: usize = 3;
/// Address of the next picture; 0 before the first one.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The row address lines A to E.
pub(crate) type Rows = (
    Peri<'static, PIN_8>,
    Peri<'static, PIN_9>,
    Peri<'static, PIN_10>,
    Peri<'static, PIN_11>,
    Peri<'static, PIN_12>,
);

/// The pins and devices of a panel.
pub struct Wires {
    pub(crate) pio: Peri<'static, PIO0>,
    pub(crate) upper: (Peri<'static, PIN_0>, Peri<'static, PIN_1>, Peri<'static, PIN_2>),
    pub(crate) lower: (Peri<'static, PIN_3>, Peri<'static, PIN_6>, Peri<'static, PIN_7>),
    pub(crate) rows: Rows,
    pub(crate) clock: Peri<'static, PIN_13>,
    pub(crate) latch: Peri<'static, PIN_14>,
    pub(crate) light: Peri<'static, PIN_15>,
    pub(crate) dma: (Peri<'static, DMA_CH2>, Peri<'static, DMA_CH3>),
}

/// Two pictures of `WORDS` words: one is shown while the other is written.
pub struct Panel<const W: usize, const H: usize, const WORDS: usize> {
    pictures: &'static mut [[u32; WORDS]; 2],
    back: usize,
    // Dropping it would stop it.
    _machine: StateMachine<'static, PIO0, 0>,
    _dma: (Peri<'static, DMA_CH2>, Peri<'static, DMA_CH3>),
}

impl<const W: usize, const H: usize, const WORDS: usize> Panel<W, H, WORDS> {
    /// Starts the panel; it is dark until the first picture.
    pub fn start(wires: Wires, pictures: &'static mut [[u32; WORDS]; 2]) -> Self {
        let Pio { mut common, sm0: mut machine, .. } = Pio::new(wires.pio, Irqs);
        let program = pio_asm!(
            ".side_set 1",
            ".wrap_target",
            "    out y, 32      side 0",
            "pixel:",
            "    out pins, 8    side 0",
            "    jmp y--, pixel side 1",
            "    out pins, 16   side 0",
            "    out pins, 16   side 0",
            "    out x, 32      side 0",
            "light:",
            "    jmp x--, light side 0",
            "    mov pins, null side 0",
            ".wrap",
        );
        let program = common.load_program(&program.program);
        let (upper, lower, rows) = (wires.upper, wires.lower, wires.rows);
        let clock = common.make_pio_pin(wires.clock);
        let mut light = common.make_pio_pin(wires.light);
        // The panel's OE is active low.
        light.set_output_inversion(true);
        let others = [
            common.make_pio_pin(upper.0),
            common.make_pio_pin(upper.1),
            common.make_pio_pin(upper.2),
            common.make_pio_pin(lower.0),
            common.make_pio_pin(lower.1),
            common.make_pio_pin(lower.2),
            common.make_pio_pin(rows.0),
            common.make_pio_pin(rows.1),
            common.make_pio_pin(rows.2),
            common.make_pio_pin(rows.3),
            common.make_pio_pin(rows.4),
            common.make_pio_pin(wires.latch),
        ];
        let mut config = Config::default();
        config.use_program(&program, &[&clock]);
        config.clock_divider = DIVIDER.into();
        config.fifo_join = FifoJoin::TxOnly;
        config.shift_out =
            ShiftConfig { threshold: 32, direction: ShiftDirection::Right, auto_fill: true };
        machine.set_config(&config);
        // Sixteen consecutive pins, two of which are the UART's: PIO does not drive these.
        pac::PIO0.sm(0).pinctrl().modify(|pins| {
            pins.set_out_base(0);
            pins.set_out_count(16);
        });
        for pin in others.iter().chain([&clock, &light]) {
            machine.set_pin_dirs(Direction::Out, &[pin]);
        }
        // With an empty shift register, so that it waits for the picture's first word.
        machine.restart();
        machine.set_enable(true);
        // The pins stay with PIO: dropping the common part would release them.
        core::mem::forget((common, others, clock, light));
        Self { pictures, back: 0, _machine: machine, _dma: wires.dma }
    }
}

/// Starts the two channels, which run for ever.
fn start_dma(words: u32) {
    let (data, control) = (pac::DMA.ch(DATA), pac::DMA.ch(CONTROL));
    data.write_addr().write_value(pac::PIO0.txf(0).as_ptr().addr() as u32);
    count(&data, words);
    data.al1_ctrl().write_value({
        let mut ctrl = pac::dma::regs::CtrlTrig(0);
        ctrl.set_treq_sel(pac::dma::vals::TreqSel::PIO0_TX0);
        ctrl.set_data_size(pac::dma::vals::DataSize::SIZE_WORD);
        ctrl.set_incr_read(true);
        ctrl.set_chain_to(CONTROL as u8);
        ctrl.set_en(true);
        ctrl.0
    });
    control.read_addr().write_value(NEXT.as_ptr().addr() as u32);
    control.write_addr().write_value(data.al3_read_addr_trig().as_ptr().addr() as u32);
    count(&control, 1);
    control.ctrl_trig().write(|ctrl| {
        ctrl.set_treq_sel(pac::dma::vals::TreqSel::PERMANENT);
        ctrl.set_data_size(pac::dma::vals::DataSize::SIZE_WORD);
        ctrl.set_chain_to(CONTROL as u8);
        ctrl.set_en(true);
    });
}

fn count(channel: &pac::dma::Channel, words: u32) {
    #[cfg(feature = "rp2040")]
    channel.trans_count().write_value(words);
    #[cfg(not(feature = "rp2040"))]
    channel.trans_count().write(|count| count.set_count(words));
}

impl<const W: usize, const H: usize, const WORDS: usize> Screen for Panel<W, H, WORDS> {
    fn show(&mut self, rgb: &[u8], percent: u8) {
        let picture = &mut self.pictures[self.back];
        encode(rgb, W, H, percent, picture);
        // The whole picture is written before the channel sees its address.
        fence(Ordering::SeqCst);
        let first = NEXT.load(Ordering::Relaxed) == 0;
        NEXT.store((&raw const *picture).addr() as u32, Ordering::Release);
        if first {
            start_dma(WORDS as u32);
        }
        self.back = 1 - self.back;
    }
}

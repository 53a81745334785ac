//! Layout of a flash of 2 MB with pages of 4 KiB. The boards' build scripts include this
//! file, so that linker and program agree; it therefore contains nothing but numbers.

/// A range of the flash, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// First byte.
    pub start: u32,
    /// Bytes.
    pub size: u32,
}

impl Extent {
    /// The byte behind its last.
    pub const fn end(self) -> u32 {
        self.start + self.size
    }
}

/// The parts of a flash that are not firmware.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Settings and counts.
    pub settings: Extent,
    /// The outbox's readings of the quarter-hours.
    pub coarse: Extent,
    /// All other readings of the outbox.
    pub fine: Extent,
}

/// The firmware's part of a flash with updates over the air: the loader runs the program
/// in `active`, and swaps it with `spare` page by page.
#[derive(Debug, Clone, Copy)]
pub struct Slots {
    /// The loader, which no update changes.
    pub loader: Extent,
    /// The loader's state: whether to swap, and its progress.
    pub state: Extent,
    /// The running program.
    pub active: Extent,
    /// The previous or the next program; one page longer, for the swap.
    pub spare: Extent,
}

/// The space of a program without slots: 488 KiB.
pub const FIRMWARE: Extent = Extent { start: 0, size: 0x7_a000 };

/// The same space in slots: a program has at most 232 KiB.
pub const SLOTS: Slots = Slots {
    loader: Extent { start: 0, size: 0x4000 },
    state: Extent { start: 0x4000, size: PAGE },
    active: Extent { start: 0x5000, size: 0x3_a000 },
    spare: Extent { start: 0x3_f000, size: 0x3_b000 },
};

/// Behind the firmware: 16 KiB of settings, 16 KiB for 272 quarter-hours (2.8 days), and
/// the rest for 25 976 readings.
pub const TWO_MEGABYTES: Layout = Layout {
    settings: Extent { start: 0x7_a000, size: 0x4000 },
    coarse: Extent { start: 0x7_e000, size: 0x4000 },
    fine: Extent { start: 0x8_2000, size: 0x17_e000 },
};

/// The unit of erasure.
pub const PAGE: u32 = 0x1000;

/// The parts neither overlap nor leave a gap.
const _: () = {
    let Layout { settings, coarse, fine } = TWO_MEGABYTES;
    assert!(FIRMWARE.end() == settings.start);
    assert!(settings.end() == coarse.start);
    assert!(coarse.end() == fine.start);
    assert!(fine.end() == 2 << 20);
    let Slots { loader, state, active, spare } = SLOTS;
    assert!(loader.start == FIRMWARE.start);
    assert!(loader.end() == state.start);
    assert!(state.end() == active.start);
    assert!(active.end() == spare.start);
    assert!(spare.end() == FIRMWARE.end());
    assert!(spare.size == active.size + PAGE);
};

//! Why the board starts anew, kept over the reset in RAM that nobody clears: where it
//! panicked, or the reason that a program gave. After a loss of power it is nonsense and
//! recognised as that.
//!
//! Where is told in addresses ([`Trail`]), which `addr2line` turns into lines: a handler
//! that so much as looks at its `PanicInfo` keeps every panic's text and all that formats
//! it in the program, 140 KiB of the 256 that a gateway may have.
use core::{
    fmt::{self, Write},
    mem::MaybeUninit,
    ops::Range,
    ptr::addr_of_mut,
};

use wire::Text;

const MAGIC: u32 = 0x5741_5454;
const MOST: usize = 96;

/// Lies in `.uninit`, once for each program.
#[repr(C)]
pub struct Crash {
    magic: u32,
    length: u32,
    sum: u32,
    text: [u8; MOST],
}

/// The place for it: `#[unsafe(link_section = ".uninit.crash")] static mut`.
pub type Place = MaybeUninit<Crash>;

fn sum(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

struct Writer(heapless::Vec<u8, MOST>);

impl Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // What does not fit is cut.
        text.bytes().try_for_each(|byte| self.0.push(byte)).map_err(|_| fmt::Error)
    }
}

/// Leaves a reason for after the reset.
///
/// # Safety
/// `place` is a static of this type that nobody else uses meanwhile: called with
/// interrupts off or from the one task that restarts.
#[allow(unsafe_code, reason = "memory that outlives the program has no owner in Rust")]
pub unsafe fn leave(place: *mut Place, reason: fmt::Arguments<'_>) {
    let mut text = Writer(heapless::Vec::new());
    let _ = text.write_fmt(reason);
    let mut bytes = [0; MOST];
    bytes[..text.0.len()].copy_from_slice(&text.0);
    let length = text.0.len() as u32;
    let crash = Crash { magic: MAGIC, length, sum: sum(&text.0), text: bytes };
    // SAFETY: the caller's; volatile, since nobody in this program reads it again.
    unsafe { place.cast::<Crash>().write_volatile(crash) };
}

/// Takes the reason that was left, if one was.
///
/// # Safety
/// As [`leave`].
#[allow(unsafe_code, reason = "memory that outlives the program has no owner in Rust")]
pub unsafe fn take(place: *mut Place) -> Option<Text<96>> {
    let crash: *mut Crash = place.cast();
    // SAFETY: the caller's; any bits are good for these fields, and the checks below
    // tell whether they were left.
    let (magic, length, expected, text) = unsafe {
        let found = (
            addr_of_mut!((*crash).magic).read_volatile(),
            addr_of_mut!((*crash).length).read_volatile(),
            addr_of_mut!((*crash).sum).read_volatile(),
            addr_of_mut!((*crash).text).read_volatile(),
        );
        addr_of_mut!((*crash).magic).write_volatile(0);
        found
    };
    let text =
        text.get(..length as usize).filter(|text| magic == MAGIC && sum(text) == expected)?;
    Some(Text::truncated(core::str::from_utf8(text).ok()?))
}

/// Who called whom, innermost first: what lies in the stack and points behind a call.
/// A word that was left there by an earlier call may be among them.
#[derive(Debug, Clone, Default)]
pub struct Trail(heapless::Vec<u32, 8>);

impl Trail {
    /// Reads the words of a stack, and `halfword` of the code that may be returned to.
    pub fn new(
        stack: impl Iterator<Item = u32>,
        code: &Range<u32>,
        halfword: impl Fn(u32) -> u16,
    ) -> Self {
        let behind_a_call = |word: &u32| {
            let to = word & !1;
            if word & 1 == 0 || to < code.start + 4 || to >= code.end {
                return false;
            }
            // BLX of a register, or the two halves of BL.
            let (first, second) = (halfword(to - 4), halfword(to - 2));
            second & 0xff87 == 0x4780 || (first & 0xf800 == 0xf000 && second & 0xd000 == 0xd000)
        };
        Self(stack.filter(behind_a_call).map(|word| word & !1).take(8).collect())
    }

    /// The program's own, from this depth of its stack on.
    ///
    /// # Safety
    /// From `from` to `stack_end` and from `code.start` to `code.end` all is readable.
    #[allow(unsafe_code, reason = "a stack is memory of nobody's type")]
    pub unsafe fn of_stack(from: u32, stack_end: u32, code: &Range<u32>) -> Self {
        let read = |at: u32| {
            // SAFETY: the caller's; all words are good.
            unsafe { core::ptr::with_exposed_provenance::<u32>(at as usize).read_volatile() }
        };
        let halfword = |at: u32| (read(at & !3) >> (at % 4 * 8)) as u16;
        Self::new((from..stack_end).step_by(4).map(read), code, halfword)
    }
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|address| write!(f, " {address:08x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_a_call_is_a_trail() {
        // At 0x100: nop, bl (two halves), nop, blx r3, nop; then nothing.
        let code = [0xbf00_u16, 0xf7ff, 0xfffe, 0xbf00, 0x4798, 0xbf00];
        let halfword = |at: u32| code[(at as usize - 0x100) / 2];
        let stack = [0x107, 0x106, 0x2000_0000, 0x103, 0x109, 0x10b, 0x10d, 0xffff_ffff, 1];
        let trail = Trail::new(stack.into_iter(), &(0x100..0x10c), halfword);
        assert_eq!(trail.to_string(), " 00000106 0000010a");
    }

    #[test]
    #[allow(unsafe_code, reason = "it is what is tested")]
    fn a_reason_is_taken_once_and_nonsense_never() {
        let mut place = MaybeUninit::<Crash>::zeroed();
        // SAFETY: a local that nobody else knows.
        unsafe {
            assert_eq!(take(&mut place), None, "nothing was left");
            leave(&mut place, format_args!("panic: {}:{}", "src/x.rs", 12));
            assert_eq!(take(&mut place).expect("a reason").as_str(), "panic: src/x.rs:12");
            assert_eq!(take(&mut place), None, "once");
            leave(&mut place, format_args!("{}", "x".repeat(200)));
            assert_eq!(take(&mut place).expect("a reason").as_str(), "x".repeat(96));
            leave(&mut place, format_args!("panic"));
            (*place.as_mut_ptr()).text[1] ^= 1;
            assert_eq!(take(&mut place), None, "a bit has fallen");
        }
    }
}

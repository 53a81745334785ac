//! The reason for a restart, kept across the reset in RAM that is not cleared: the place of
//! a panic, or the reason that a program states. After a loss of power the memory holds
//! random bits, which a magic number and a checksum recognise.
//!
//! The place consists of return addresses ([`CallStack`]), which `addr2line` turns into
//! lines. A handler that reads its `PanicInfo` would keep the text of every panic and its
//! formatting code in the program: 140 KiB of the 256 KiB of a gateway.
use core::{
    fmt::{self, Write},
    mem::MaybeUninit,
    ops::Range,
    ptr::addr_of_mut,
};

use wire::Text;

const MAGIC: u32 = 0x5741_5454;
const MOST: usize = 96;

/// A stored reason, in the section `.uninit` of each program.
#[repr(C)]
pub struct Crash {
    magic: u32,
    length: u32,
    sum: u32,
    text: [u8; MOST],
}

/// The memory of a reason: `#[unsafe(link_section = ".uninit.crash")] static mut`.
pub type CrashMemory = MaybeUninit<Crash>;

/// FNV-1a, 32 bits: a few instructions, where the program has no other checksum.
fn sum(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

struct Writer(heapless::Vec<u8, MOST>);

impl Write for Writer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Text that does not fit is cut.
        text.bytes().try_for_each(|byte| self.0.push(byte)).map_err(|_| fmt::Error)
    }
}

/// Stores a reason for the time after the reset.
///
/// # Safety
/// `memory` is a static of this type without other users during the call: the caller has
/// interrupts off, or is the one task that restarts.
#[allow(unsafe_code, reason = "memory that outlives the program has no owner in Rust")]
pub unsafe fn store(memory: *mut CrashMemory, reason: fmt::Arguments<'_>) {
    let mut text = Writer(heapless::Vec::new());
    let _ = text.write_fmt(reason);
    let mut bytes = [0; MOST];
    bytes[..text.0.len()].copy_from_slice(&text.0);
    let length = text.0.len() as u32;
    let crash = Crash { magic: MAGIC, length, sum: sum(&text.0), text: bytes };
    // SAFETY: the caller guarantees it; volatile, since this program does not read it again.
    unsafe { memory.cast::<Crash>().write_volatile(crash) };
}

/// Takes the stored reason, or `None` where there is none.
///
/// # Safety
/// As [`store`].
#[allow(unsafe_code, reason = "memory that outlives the program has no owner in Rust")]
pub unsafe fn take(memory: *mut CrashMemory) -> Option<Text<96>> {
    let crash: *mut Crash = memory.cast();
    // SAFETY: the caller guarantees it; any bits are valid for these fields, and the checks
    // below recognise a stored reason.
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

/// Return addresses, innermost first: the words of the stack that point behind a call
/// instruction. Leftovers of earlier calls may be among them.
#[derive(Debug, Clone, Default)]
pub struct CallStack(heapless::Vec<u32, 8>);

impl CallStack {
    /// Filters the words of a stack; `halfword` reads the code.
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

    /// The call stack of the running program, from the address `from` on.
    ///
    /// # Safety
    /// All memory from `from` to `stack_end` and in `code` is readable.
    #[allow(unsafe_code, reason = "a stack is memory without a type")]
    pub unsafe fn of_stack(from: u32, stack_end: u32, code: &Range<u32>) -> Self {
        let read = |at: u32| {
            // SAFETY: the caller guarantees it; every word is valid.
            unsafe { core::ptr::with_exposed_provenance::<u32>(at as usize).read_volatile() }
        };
        let halfword = |at: u32| (read(at & !3) >> (at % 4 * 8)) as u16;
        Self::new((from..stack_end).step_by(4).map(read), code, halfword)
    }
}

impl fmt::Display for CallStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|address| write!(f, " {address:08x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_behind_a_call_are_taken() {
        // At 0x100: nop, bl (two halves), nop, blx r3, nop; then nothing.
        let code = [0xbf00_u16, 0xf7ff, 0xfffe, 0xbf00, 0x4798, 0xbf00];
        let halfword = |at: u32| code[(at as usize - 0x100) / 2];
        let stack = [0x107, 0x106, 0x2000_0000, 0x103, 0x109, 0x10b, 0x10d, 0xffff_ffff, 1];
        let calls = CallStack::new(stack.into_iter(), &(0x100..0x10c), halfword);
        assert_eq!(calls.to_string(), " 00000106 0000010a");
    }

    #[test]
    #[allow(unsafe_code, reason = "the unsafe functions are under test")]
    fn a_reason_is_taken_once_and_random_bits_never() {
        let mut memory = MaybeUninit::<Crash>::zeroed();
        // SAFETY: a local without other users.
        unsafe {
            assert_eq!(take(&mut memory), None, "nothing is stored");
            store(&mut memory, format_args!("panic: {}:{}", "src/x.rs", 12));
            assert_eq!(take(&mut memory).expect("a reason").as_str(), "panic: src/x.rs:12");
            assert_eq!(take(&mut memory), None, "once");
            store(&mut memory, format_args!("{}", "x".repeat(200)));
            assert_eq!(take(&mut memory).expect("a reason").as_str(), "x".repeat(96));
            store(&mut memory, format_args!("panic"));
            (*memory.as_mut_ptr()).text[1] ^= 1;
            assert_eq!(take(&mut memory), None, "a bit is flipped");
        }
    }
}

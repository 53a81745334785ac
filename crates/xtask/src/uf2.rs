//! A program as the file that a board takes as a USB drive: UF2, blocks of 512 bytes with
//! 256 of the flash in each.
use std::collections::BTreeMap;

use anyhow::{Result, bail};
use object::{
    Endianness,
    elf::{FileHeader32, PT_LOAD},
    read::elf::{FileHeader, ProgramHeader},
};

const PAGE: usize = 256;
/// Where the chips see their flash, 16 MB.
const FLASH: std::ops::Range<u32> = 0x1000_0000..0x1100_0000;

/// Pages of the flash by their address.
type Pages = BTreeMap<u32, [u8; PAGE]>;

/// What ELFs put into the flash.
///
/// # Errors
/// When one is no program for a flash.
fn pages(elfs: &[&[u8]]) -> Result<Pages> {
    let mut pages = Pages::new();
    for elf in elfs {
        let header = FileHeader32::<Endianness>::parse(*elf)?;
        let endian = header.endian()?;
        for segment in header.program_headers(endian, *elf)? {
            let Ok(bytes) = segment.data(endian, *elf) else { bail!("a segment is cut") };
            if segment.p_type(endian) != PT_LOAD {
                continue;
            }
            for (at, byte) in (segment.p_paddr(endian)..).zip(bytes) {
                if !FLASH.contains(&at) {
                    bail!("{at:#x} is not in the flash");
                }
                let offset = at % PAGE as u32;
                pages.entry(at - offset).or_insert([0; PAGE])[offset as usize] = *byte;
            }
        }
    }
    if pages.is_empty() {
        bail!("nothing in it would be flashed");
    }
    Ok(pages)
}

/// The program as an update sends it, if it is one for a loader's slot and does not begin
/// where the chip does.
///
/// # Errors
/// When the file is no program for a flash.
pub(crate) fn image(elf: &[u8]) -> Result<Option<Vec<u8>>> {
    let pages = pages(&[elf])?;
    let Some((first, _)) = pages.first_key_value().filter(|(at, _)| **at > FLASH.start) else {
        return Ok(None);
    };
    let mut image = Vec::new();
    for (at, page) in &pages {
        image.resize((at - first) as usize, 0);
        image.extend(page);
    }
    Ok(Some(image))
}

/// The blocks of one program or more, for chips of a family.
///
/// # Errors
/// When one is no program for a flash.
pub(crate) fn blocks(elfs: &[&[u8]], family: u32) -> Result<Vec<u8>> {
    let pages = pages(elfs)?;
    let mut file = Vec::with_capacity(pages.len() * 512);
    for (number, (at, page)) in (0_u32..).zip(&pages) {
        // Two magic numbers, "a family follows", address, bytes, number, of how many.
        let head = [0x0a32_4655, 0x9e5d_5157, 0x2000, *at, PAGE as u32, number];
        let head = head.into_iter().chain([pages.len() as u32, family]);
        head.for_each(|word| file.extend(word.to_le_bytes()));
        file.extend(page);
        file.resize(file.len() + 476 - PAGE, 0);
        file.extend(0x0ab1_6f30_u32.to_le_bytes());
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF of one segment of these bytes, loaded to an address.
    fn elf(address: u32, bytes: &[u8]) -> Vec<u8> {
        let mut elf = b"\x7fELF\x01\x01\x01".to_vec();
        elf.resize(16, 0);
        for half in [2_u16, 40] {
            elf.extend(half.to_le_bytes());
        }
        for word in [1_u32, address, 52, 0, 0] {
            elf.extend(word.to_le_bytes());
        }
        for half in [52_u16, 32, 1, 40, 0, 0] {
            elf.extend(half.to_le_bytes());
        }
        let length = bytes.len() as u32;
        for word in [1_u32, 84, address, address, length, length, 5, 4] {
            elf.extend(word.to_le_bytes());
        }
        elf.extend(bytes);
        elf
    }

    #[test]
    fn bytes_lie_where_the_chip_will_see_them() {
        let bytes: Vec<u8> = (0..300).map(|n| n as u8).collect();
        let file = blocks(&[&elf(0x1000_0080, &bytes)], 0xe48b_ff56).expect("a file");
        assert_eq!(file.len(), 2 * 512);
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four"));
        for (block, address) in [(0, 0x1000_0000), (1, 0x1000_0100)] {
            let words = [0, 4, 8, 12, 16, 20, 24, 28, 508].map(|at| word(512 * block + at));
            assert_eq!(words[..3], [0x0a32_4655, 0x9e5d_5157, 0x2000]);
            assert_eq!(words[3..], [address, 256, block as u32, 2, 0xe48b_ff56, 0x0ab1_6f30]);
        }
        assert_eq!(file[32..32 + 128], [0; 128]);
        assert_eq!(file[32 + 128..32 + 256], bytes[..128]);
        assert_eq!(file[512 + 32..512 + 32 + 172], bytes[128..]);
        assert!(blocks(&[&elf(0x2000_0000, &bytes)], 0).is_err(), "that is RAM");
        assert!(blocks(&[b"not ELF"], 0).is_err());
    }

    #[test]
    fn a_program_for_a_slot_comes_with_the_loader_and_as_an_image() {
        let (loader, program) = (elf(0x1000_0000, &[1; 300]), elf(0x1000_5000, &[2; 300]));
        let file = blocks(&[&program, &loader], 0).expect("a file");
        let addresses = file.chunks(512).map(|block| &block[12..16]);
        let expected = [0x1000_0000_u32, 0x1000_0100, 0x1000_5000, 0x1000_5100];
        assert!(addresses.eq(expected.map(u32::to_le_bytes).iter()));
        assert_eq!(image(&loader).expect("a program"), None);
        let image = image(&program).expect("a program").expect("one for a slot");
        assert_eq!((&image[..300], &image[300..]), (&[2; 300][..], &[0; 212][..]));
    }
}

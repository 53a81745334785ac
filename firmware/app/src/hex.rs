//! Keys and fingerprints as people type and compare them: 64 hexadecimal digits. Written
//! by hand, because a crate for it is larger than these lines.
use core::fmt::Write;

use heapless::String;

/// Reads a key, or `None` where the text is not exactly 64 digits.
pub(crate) fn key(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 2 * key.len() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
    }
    Some(key)
}

/// Writes a key.
pub(crate) fn digits(key: &[u8; 32]) -> String<64> {
    let mut text = String::new();
    for byte in key {
        // It fits: two digits a byte.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_and_written() {
        let text = "00ff".repeat(16);
        assert_eq!(digits(&key(&text).expect("digits")).as_str(), text);
        assert_eq!(key(&text.to_uppercase()), key(&text));
        for bad in ["", "00", &"0g".repeat(32), &"0".repeat(65), &"å".repeat(32)] {
            assert_eq!(key(bad), None, "{bad}");
        }
    }
}

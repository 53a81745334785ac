//! The encoding of a text file, by its beginning: UTF-8, UTF-16, or an 8-bit one.
use std::io::Read;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;

/// The encoding of a text; `None` where it is UTF-8, which is read as it is.
pub(super) fn detect(beginning: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(beginning) {
        return (encoding != UTF_8).then_some(encoding);
    }
    if let Some(encoding) = utf16_without_mark(beginning) {
        return Some(encoding);
    }
    // A character may be cut off at the end of the beginning.
    match std::str::from_utf8(beginning) {
        Ok(_) => return None,
        Err(error) if error.error_len().is_none() => return None,
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(beginning, false);
    // The towns are Nordic; the country decides between encodings that look alike.
    Some(detector.guess(Some(b"se"), Utf8Detection::Deny))
}

/// Whether a text is UTF-16.
pub(super) fn is_utf16(beginning: &[u8]) -> bool {
    detect(beginning).is_some_and(|encoding| encoding == UTF_16LE || encoding == UTF_16BE)
}

/// Every second byte of UTF-16 is zero where the text is of digits.
fn utf16_without_mark(beginning: &[u8]) -> Option<&'static Encoding> {
    let head = &beginning[..beginning.len().min(512)];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let half = head.len() / 2;
    match (zeros(0), zeros(1)) {
        _ if half < 4 => None,
        (0, odd) if odd * 4 > half * 3 => Some(UTF_16LE),
        (even, 0) if even * 4 > half * 3 => Some(UTF_16BE),
        _ => None,
    }
}

/// The text in UTF-8.
pub(super) fn decode<R: Read>(encoding: &'static Encoding, text: R) -> impl Read {
    DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding))
        .bom_override(true)
        .strip_bom(true)
        .build(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> String {
        let mut text = String::new();
        match detect(bytes) {
            Some(encoding) => decode(encoding, bytes).read_to_string(&mut text).unwrap(),
            None => (&bytes[..]).read_to_string(&mut text).unwrap(),
        };
        text.trim_start_matches('\u{feff}').to_owned()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "Tidpunkt;Förbrukning kWh;Mätare\n2026-03-01 00:00;1,5;Rådhuset\n";
        let utf16 = |big: bool, mark: bool| -> Vec<u8> {
            let mark = mark.then_some(0xfeff);
            let units = mark.into_iter().chain(text.encode_utf16());
            let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            units.flat_map(bytes).collect()
        };
        let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked,
            latin1,
            utf16(false, true),
            utf16(true, true),
            utf16(false, false),
            utf16(true, false),
        ] {
            assert_eq!(decoded(&bytes), text);
        }
    }
}

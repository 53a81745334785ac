//! The record of a reading in flash: its 79 bytes without the zeros, behind a mask with one
//! bit a byte. Most bytes of a reading are the upper bytes of small numbers, so a
//! three-phase telegram takes 52 bytes; the longest possible record has 89.
use gateway::Entry;

const MASK: usize = Entry::BYTES.div_ceil(8);
/// The longest record.
pub(super) const MAX: usize = MASK + Entry::BYTES;

/// Writes a record and returns its length.
pub(super) fn pack(entry: &Entry, record: &mut [u8; MAX]) -> usize {
    let bytes = entry.to_bytes();
    let (mask, data) = record.split_at_mut(MASK);
    mask.fill(0);
    let mut length = 0;
    for (number, byte) in bytes.iter().enumerate().filter(|(_, byte)| **byte != 0) {
        mask[number / 8] |= 1 << (number % 8);
        data[length] = *byte;
        length += 1;
    }
    MASK + length
}

/// Reads a record; `None` where it is not one of this version.
pub(super) fn unpack(record: &[u8]) -> Option<Entry> {
    let (mask, data) = record.split_at_checked(MASK)?;
    let mut data = data.iter();
    let mut bytes = [0; Entry::BYTES];
    for (number, byte) in bytes.iter_mut().enumerate() {
        if mask[number / 8] & 1 << (number % 8) != 0 {
            *byte = *data.next()?;
        }
    }
    if data.next().is_some() { None } else { Entry::from_bytes(&bytes) }
}

#[cfg(test)]
mod tests {
    use gateway::{Entry, Measurement, Multiplier, ReadingId, WattHours, meter::p1::Decoder};
    use proptest::prelude::*;
    use wire::Time;

    use super::*;

    /// A telegram of a Swedish three-phase meter, with every field.
    const TELEGRAM: &[u8] = b"/ELL5\\253833635_A\r\n\r\n1-0:1.8.0(00136678.394*kWh)\r\n\
        1-0:2.8.0(00000123.456*kWh)\r\n1-0:1.7.0(0018.727*kW)\r\n1-0:2.7.0(0000.000*kW)\r\n\
        1-0:21.7.0(0006.101*kW)\r\n1-0:41.7.0(0006.313*kW)\r\n1-0:61.7.0(0006.313*kW)\r\n\
        1-0:32.7.0(230.1*V)\r\n1-0:52.7.0(231.2*V)\r\n1-0:72.7.0(229.9*V)\r\n\
        1-0:31.7.0(026.5*A)\r\n1-0:51.7.0(027.3*A)\r\n1-0:71.7.0(027.4*A)\r\n!\r\n";

    #[test]
    fn a_full_telegram_is_as_short_as_the_capacity_assumes() {
        let mut bytes = TELEGRAM;
        let telegram = Decoder::new().next(&mut bytes).expect("complete").expect("well-formed");
        let measurement =
            Measurement::from_telegram(&telegram, Multiplier::ONE).expect("a register");
        let time = Time::from_unix(1_807_437_590).expect("in range");
        let entry = Entry { id: ReadingId { boot: 300, seq: 70_000 }, time, measurement };
        let mut record = [0; MAX];
        let length = pack(&entry, &mut record);
        assert!(length <= super::super::TYPICAL_RECORD, "{length}");
        assert_eq!(unpack(&record[..length]), Some(entry));
        assert_eq!(unpack(&record[..length - 1]), None, "cut");
        assert_eq!(unpack(&record[..=length]), None, "one byte too long");
    }

    proptest! {
        #[test]
        fn records_round_trip(
            boot in any::<u32>(), seq in any::<u32>(), at in 0_i64..4_000_000_000,
            import in any::<u64>(),
        ) {
            let time = Time::from_unix(at).expect("in range");
            let measurement = Measurement::new(WattHours(import));
            let entry = Entry { id: ReadingId { boot, seq }, time, measurement };
            let mut record = [0; MAX];
            let length = pack(&entry, &mut record);
            prop_assert_eq!(unpack(&record[..length]), Some(entry));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = unpack(&bytes);
        }
    }
}

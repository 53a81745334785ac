//! The queue of readings without an acknowledgement from the broker.
use core::fmt::Debug;

use wire::Time;

use crate::{ClockOffsets, Measurement, ReadingId};

mod ram;
mod undated;
pub use ram::RamOutbox;
pub use undated::{Undated, UndatedQueue};

/// A quarter-hour, s: the resolution of the competition.
pub(crate) const QUARTER: i64 = 900;

/// A reading in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its identity.
    pub id: ReadingId,
    /// Time of the measurement.
    pub time: Time,
    /// The measured values.
    pub measurement: Measurement,
}

impl Entry {
    /// Length of [`Self::to_bytes`]: a version byte, then all fields in order, little-endian.
    pub const BYTES: usize = 1 + 8 + 8 + Measurement::BYTES;
    const VERSION: u8 = 1;

    /// Encodes the entry for non-volatile storage.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[0] = Self::VERSION;
        bytes[1..5].copy_from_slice(&self.id.boot.to_le_bytes());
        bytes[5..9].copy_from_slice(&self.id.seq.to_le_bytes());
        bytes[9..17].copy_from_slice(&self.time.unix().to_le_bytes());
        bytes[17..].copy_from_slice(&self.measurement.to_bytes());
        bytes
    }

    /// Decodes [`Self::to_bytes`]; `None` for another version or length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([Self::VERSION], rest) = bytes.split_first_chunk()? else { return None };
        let (boot, rest) = rest.split_first_chunk()?;
        let (seq, rest) = rest.split_first_chunk()?;
        let (time, rest) = rest.split_first_chunk()?;
        let id = ReadingId { boot: u32::from_le_bytes(*boot), seq: u32::from_le_bytes(*seq) };
        let time = Time::from_unix(i64::from_le_bytes(*time)).ok()?;
        Some(Self { id, time, measurement: Measurement::from_bytes(rest.try_into().ok()?) })
    }
}

/// A bounded queue of readings, oldest first. The loop never cancels a call.
///
/// A full outbox thins its oldest readings to the last of each quarter-hour, and drops the
/// oldest reading where that frees nothing; `dropped` counts both.
#[allow(
    async_fn_in_trait,
    reason = "executors on a board are single-threaded; Send follows from the concrete type"
)]
pub trait Outbox {
    /// Error of the storage.
    type Error: Debug;

    /// Number of this start of the gateway.
    fn boot(&self) -> u32;
    /// Number of readings.
    fn len(&self) -> usize;
    /// Whether there is no reading.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Number of readings thinned out or dropped since the start.
    fn dropped(&self) -> u32;
    /// Appends a reading.
    async fn push(
        &mut self,
        time: Time,
        measurement: Measurement,
    ) -> Result<ReadingId, Self::Error>;
    /// The oldest reading after `id`; without `id` the oldest of all.
    async fn after(&mut self, id: Option<ReadingId>) -> Result<Option<Entry>, Self::Error>;
    /// Removes all readings up to and including `through`.
    async fn release(&mut self, through: ReadingId) -> Result<(), Self::Error>;

    /// Number of readings whose time is not known yet; `len` does not count them.
    fn undated_len(&self) -> usize;
    /// Appends a reading whose time is not known yet.
    async fn push_undated(&mut self, undated: Undated) -> Result<(), Self::Error>;
    /// The undated reading at `index`, 0 being the oldest.
    fn undated(&self, index: usize) -> Option<Undated>;
    /// Removes the undated reading at `index` and appends it as a reading with this time;
    /// without a time it is dropped.
    async fn assign_time(
        &mut self,
        index: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, Self::Error>;

    /// What is stored of the meter's clock; [`ClockOffsets::NONE`] without storage.
    fn clock_offsets(&self) -> ClockOffsets {
        ClockOffsets::NONE
    }
    /// Stores what is known of the meter's clock, about once a day.
    async fn store_clock_offsets(
        &mut self,
        clock_offsets: ClockOffsets,
    ) -> Result<(), Self::Error> {
        let _ = clock_offsets;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meter::p1::Decoder;
    use crate::{Multiplier, WattHours, Watts};

    #[test]
    fn the_stored_bytes_are_pinned() {
        let measurement =
            Measurement::new(WattHours(6_678_394)).with_export(WattHours(1)).with_power(Watts(-2));
        let time = Time::from_unix(1_807_437_590).expect("in range");
        let entry = Entry { id: ReadingId { boot: 3, seq: 4711 }, time, measurement };
        let mut bytes = [0; Entry::BYTES];
        bytes[..9].copy_from_slice(&[1, 3, 0, 0, 0, 0x67, 0x12, 0, 0]);
        bytes[9..17].copy_from_slice(&[0x16, 0x4f, 0xbb, 0x6b, 0, 0, 0, 0]);
        bytes[17..25].copy_from_slice(&[0x7a, 0xe7, 0x65, 0, 0, 0, 0, 0]);
        bytes[25] = 1;
        bytes[33..41].copy_from_slice(&[0xfe, 255, 255, 255, 255, 255, 255, 255]);
        bytes[77..].copy_from_slice(&[0, 6]);
        assert_eq!(entry.to_bytes(), bytes);
        assert_eq!(Entry::from_bytes(&bytes), Some(entry));
        bytes[0] = 2;
        assert_eq!(Entry::from_bytes(&bytes), None, "a later version");
    }

    #[test]
    fn phases_survive_storage() {
        let mut bytes: &[u8] = b"/XYZ5\r\n1-0:1.8.0(1*kWh)\r\n1-0:41.7.0(2*kW)\r\n\
            1-0:72.7.0(230.1*V)\r\n1-0:31.7.0(4.2*A)\r\n!\r\n";
        let mut decoder = Decoder::new();
        let telegram = decoder.next(&mut bytes).expect("complete").expect("well-formed");
        let measurement =
            Measurement::from_telegram(&telegram, Multiplier::ONE).expect("a register");
        let time = Time::from_unix(0).expect("in range");
        let entry = Entry { id: ReadingId { boot: 1, seq: 1 }, time, measurement };
        let read = Entry::from_bytes(&entry.to_bytes()).expect("an entry");
        assert_eq!(read, entry);
        assert_eq!(read.measurement.phase_power(1), Some(Watts(2000)));
        assert_eq!(read.measurement.voltage(2).map(|value| value.0), Some(230_100));
        assert_eq!(read.measurement.current(0).map(|value| value.0), Some(4200));
        assert_eq!(read.measurement.current(1), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(mut bytes in proptest::collection::vec(any::<u8>(), 77..82)) {
            bytes[0] = 1;
            if let Some(entry) = Entry::from_bytes(&bytes) {
                prop_assert_eq!(entry.to_bytes().to_vec(), bytes);
            }
        }
    }
}

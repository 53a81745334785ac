//! What waits for the broker's acknowledgement.
use core::fmt::Debug;

use wire::Time;

use crate::ClockOffsets;
use crate::measurement::Measurement;

mod ram;
mod undated;
pub use ram::RamOutbox;
pub use undated::{Undated, UndatedQueue};

/// A quarter-hour, s: as fine as the competition counts.
pub(crate) const QUARTER: i64 = 900;

/// Identity of a reading: number of the gateway's start and of the reading in
/// it. Grows strictly, so a repeat is recognised and order is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadingId {
    /// How often the gateway has started.
    pub boot: u32,
    /// Number of the reading since then, from 1.
    pub seq: u32,
}

/// A reading that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its identity.
    pub id: ReadingId,
    /// When the meter held it.
    pub time: Time,
    /// What the meter held.
    pub measurement: Measurement,
}

impl Entry {
    /// Bytes of an entry for a storage: a version, then all fields in order,
    /// little-endian.
    pub const BYTES: usize = 1 + 8 + 8 + Measurement::BYTES;
    const VERSION: u8 = 1;

    /// For a storage that keeps it over a loss of power.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[0] = Self::VERSION;
        bytes[1..5].copy_from_slice(&self.id.boot.to_le_bytes());
        bytes[5..9].copy_from_slice(&self.id.seq.to_le_bytes());
        bytes[9..17].copy_from_slice(&self.time.unix().to_le_bytes());
        bytes[17..].copy_from_slice(&self.measurement.to_bytes());
        bytes
    }

    /// From a storage; nothing where it is no entry of this version.
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

/// A bounded queue, oldest first. The loop drives every call to its end.
///
/// When full it thins the oldest readings to one in a quarter-hour, the last of
/// each, and only then gives up the oldest; `dropped` counts both.
#[allow(
    async_fn_in_trait,
    reason = "executors on a board are single-threaded; Send follows from the concrete type"
)]
pub trait Outbox {
    /// Why the storage did not do it; never for RAM.
    type Error: Debug;

    /// Number of this start.
    fn boot(&self) -> u32;
    /// Readings that wait.
    fn len(&self) -> usize;
    /// Whether nothing waits.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Readings thinned out or given up since the start.
    fn dropped(&self) -> u32;
    /// Adds the newest reading.
    async fn push(
        &mut self,
        time: Time,
        measurement: Measurement,
    ) -> Result<ReadingId, Self::Error>;
    /// The oldest reading after `id`, or the oldest of all.
    async fn after(&mut self, id: Option<ReadingId>) -> Result<Option<Entry>, Self::Error>;
    /// Forgets all readings up to and including `through`.
    async fn release(&mut self, through: ReadingId) -> Result<(), Self::Error>;

    /// Readings that wait for a time, [`UndatedQueue`] as it may be; they are not in `len`.
    fn undated_len(&self) -> usize;
    /// Keeps one more of them.
    async fn push_undated(&mut self, undated: Undated) -> Result<(), Self::Error>;
    /// The one at this place, 0 being the oldest.
    fn undated(&self, place: usize) -> Option<Undated>;
    /// Gives the one at this place its time, from when on it is a reading as `push`
    /// makes them; without a time it is forgotten.
    async fn assign_time(
        &mut self,
        place: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, Self::Error>;

    /// What was last kept of the meter's clock; nothing where that does not outlive
    /// a restart.
    fn clock_offsets(&self) -> ClockOffsets {
        ClockOffsets::NONE
    }
    /// Keeps it, now and then.
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
    fn the_bytes_in_storages_stay_as_they_are() {
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

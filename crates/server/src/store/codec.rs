//! Bytes of blobs. All begin with a CRC-32 (little-endian) of the rest.
//!
//! Block: the count, then for each reading, oldest first,
//! `zigzag(Δ²t) << 2 | export << 1 | power`, `zigzag(Δimport)`, and, where the
//! bits say so, `zigzag(Δexport)`, `zigzag(Δpower)`; each Δ against the last
//! reading that had the value, 0 before the first. At a steady pace a reading is
//! five bytes.
//!
//! Journal: for each reading the meter's key, `zigzag(Δt) << 2 | export << 1 |
//! power` (Δt against the reading before, whatever its meter), `zigzag(import)`,
//! and `zigzag` of export and power where they are. Some twelve bytes.
//!
//! All numbers are LEB128. Differences wrap, so that every value has a code.
use competition::{Sample, Time, WattHours, Watts};
use crc::{CRC_32_ISO_HDLC, Crc, Table};

const CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// Why bytes are not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// They end too early, or go on.
    #[error("the length does not fit the content")]
    Length,
    /// They changed.
    #[error("the checksum does not match")]
    Checksum,
    /// A number is beyond what can be written.
    #[error("a number is out of range")]
    Range,
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    #[inline]
    fn take(&mut self) -> Result<u64, Corrupt> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(Corrupt::Length)?;
            self.0 = rest;
            if shift == 63 && byte > 1 {
                return Err(Corrupt::Range);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Corrupt::Range)
    }

    fn signed(&mut self) -> Result<i64, Corrupt> {
        self.take().map(unzigzag)
    }
}

fn flags(sample: &Sample) -> u64 {
    u64::from(sample.export.is_some()) << 1 | u64::from(sample.power.is_some())
}

/// Puts the checksum in front of what follows the first four bytes.
fn seal(bytes: &mut [u8]) {
    let sum = CRC.checksum(&bytes[4..]);
    bytes[..4].copy_from_slice(&sum.to_le_bytes());
}

fn unseal(bytes: &[u8]) -> Result<&[u8], Corrupt> {
    let (sum, body) = bytes.split_first_chunk::<4>().ok_or(Corrupt::Length)?;
    if CRC.checksum(body) == u32::from_le_bytes(*sum) { Ok(body) } else { Err(Corrupt::Checksum) }
}

/// Any bytes with a checksum in front.
pub(super) fn sealed(body: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 4];
    out.extend_from_slice(body);
    seal(&mut out);
    out
}

/// What [`sealed`] made.
pub(super) fn unsealed(bytes: &[u8]) -> Result<&[u8], Corrupt> {
    unseal(bytes)
}

/// A block of sorted samples.
pub(super) fn encode_block(samples: &[Sample]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + samples.len() * 6);
    out.extend_from_slice(&[0; 4]);
    put(&mut out, samples.len() as u64);
    let (mut at, mut pace, mut import, mut export, mut power) = (0i64, 0i64, 0i64, 0i64, 0i64);
    for sample in samples {
        let step = sample.at.0 - at;
        put(&mut out, zigzag(step - pace) << 2 | flags(sample));
        put(&mut out, zigzag(sample.import.0.wrapping_sub(import)));
        (at, pace, import) = (sample.at.0, step, sample.import.0);
        if let Some(value) = sample.export {
            put(&mut out, zigzag(value.0.wrapping_sub(export)));
            export = value.0;
        }
        if let Some(value) = sample.power {
            put(&mut out, zigzag(value.0.wrapping_sub(power)));
            power = value.0;
        }
    }
    seal(&mut out);
    out
}

/// What [`encode_block`] made.
pub(super) fn decode_block(bytes: &[u8]) -> Result<Vec<Sample>, Corrupt> {
    let mut cursor = Cursor(unseal(bytes)?);
    let count = cursor.take()?;
    // Two bytes are the least that a reading takes.
    if count > cursor.0.len() as u64 {
        return Err(Corrupt::Length);
    }
    let mut samples = Vec::with_capacity(count as usize);
    let mut steps = Steps::default();
    for _ in 0..count {
        samples.push(steps.next(&mut cursor)?);
    }
    if cursor.0.is_empty() { Ok(samples) } else { Err(Corrupt::Length) }
}

/// What can still be read of a block whose checksum does not match: samples in order
/// and within `span`, up to the first that is not. Only to find where it changed.
pub(super) fn decode_prefix(bytes: &[u8], span: core::ops::Range<Time>) -> Vec<Sample> {
    let mut cursor = Cursor(bytes.get(4..).unwrap_or_default());
    let (mut samples, mut steps) = (Vec::<Sample>::new(), Steps::default());
    let count = cursor.take().unwrap_or(0);
    while (samples.len() as u64) < count
        && let Ok(sample) = steps.next(&mut cursor)
        && span.contains(&sample.at)
        && samples.last().is_none_or(|last| last.at < sample.at)
    {
        samples.push(sample);
    }
    samples
}

/// What the differences of a block's next sample are against.
#[derive(Default)]
struct Steps {
    at: i64,
    pace: i64,
    import: i64,
    export: i64,
    power: i64,
}

impl Steps {
    #[inline]
    fn next(&mut self, cursor: &mut Cursor<'_>) -> Result<Sample, Corrupt> {
        let head = cursor.take()?;
        self.pace = self.pace.wrapping_add(unzigzag(head >> 2));
        self.at = self.at.wrapping_add(self.pace);
        self.import = self.import.wrapping_add(cursor.signed()?);
        let (at, import) = (Time(self.at), WattHours(self.import));
        let mut sample = Sample { at, import, export: None, power: None };
        if head & 2 != 0 {
            self.export = self.export.wrapping_add(cursor.signed()?);
            sample.export = Some(WattHours(self.export));
        }
        if head & 1 != 0 {
            self.power = self.power.wrapping_add(cursor.signed()?);
            sample.power = Some(Watts(self.power));
        }
        Ok(sample)
    }
}

/// A batch on its way to the journal.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    at: i64,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; 4], at: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == 4
    }

    pub(super) fn push(&mut self, meter: u32, sample: &Sample) {
        let out = &mut self.bytes;
        put(out, u64::from(meter));
        put(out, zigzag(sample.at.0 - self.at) << 2 | flags(sample));
        self.at = sample.at.0;
        put(out, zigzag(sample.import.0));
        if let Some(value) = sample.export {
            put(out, zigzag(value.0));
        }
        if let Some(value) = sample.power {
            put(out, zigzag(value.0));
        }
    }

    /// The blob to write.
    pub(super) fn sealed(&mut self) -> &[u8] {
        seal(&mut self.bytes);
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.truncate(4);
        self.at = 0;
    }
}

/// Calls `each` with what [`Batch`] holds, in order.
pub(super) fn decode_batch(bytes: &[u8], mut each: impl FnMut(u32, Sample)) -> Result<(), Corrupt> {
    let mut cursor = Cursor(unseal(bytes)?);
    let mut at = 0i64;
    while !cursor.0.is_empty() {
        let meter = u32::try_from(cursor.take()?).map_err(|_| Corrupt::Range)?;
        let head = cursor.take()?;
        at = at.wrapping_add(unzigzag(head >> 2));
        let import = WattHours(cursor.signed()?);
        let export = if head & 2 != 0 { Some(WattHours(cursor.signed()?)) } else { None };
        let power = if head & 1 != 0 { Some(Watts(cursor.signed()?)) } else { None };
        each(meter, Sample { at: Time(at), import, export, power });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> impl Strategy<Value = Sample> {
        let value = prop_oneof![0..1_000_000i64, any::<i64>()];
        (
            0..1i64 << 38,
            value.clone(),
            proptest::option::of(value.clone()),
            proptest::option::of(value),
        )
            .prop_map(|(at, import, export, power)| Sample {
                at: Time(at),
                import: WattHours(import),
                export: export.map(WattHours),
                power: power.map(Watts),
            })
    }

    proptest! {
        #[test]
        fn blocks_come_back(mut samples in proptest::collection::vec(sample(), 0..50)) {
            samples.sort_by_key(|s| s.at);
            prop_assert_eq!(decode_block(&encode_block(&samples)).unwrap(), samples);
        }

        #[test]
        fn batches_come_back(samples in proptest::collection::vec((0..1u32 << 25, sample()), 0..50)) {
            let mut batch = Batch::new();
            for (meter, sample) in &samples {
                batch.push(*meter, sample);
            }
            let mut back = Vec::new();
            decode_batch(batch.sealed(), |meter, sample| back.push((meter, sample))).unwrap();
            prop_assert_eq!(back, samples);
        }

        #[test]
        fn a_changed_byte_is_found(
            samples in proptest::collection::vec(sample(), 1..20), at in any::<prop::sample::Index>(), flip in 1u8..
        ) {
            let mut bytes = encode_block(&samples);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert_eq!(decode_block(&bytes), Err(Corrupt::Checksum));
        }

        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let bytes = sealed(&body);
            let _ = decode_block(&bytes);
            let _ = decode_batch(&bytes, |_, _| {});
            let _ = decode_block(&body);
        }
    }

    #[test]
    fn a_steady_pace_is_short() {
        let samples: Vec<_> = (0..512)
            .map(|i| Sample {
                at: Time(1_800_000_000 + i * 10),
                import: WattHours(6_678_394 + i * 50),
                export: None,
                power: Some(Watts(18_000 + (i * 7919) % 400)),
            })
            .collect();
        assert!(encode_block(&samples).len() < 512 * 5);
    }
}

//! Blobs of the tables `block`, `journal`, `day`, `conflict` and `meter`.
//!
//! **Layout.** Every blob begins with a CRC-32 (ISO-HDLC, little-endian) of the rest.
//! Numbers are LEB128; signed ones are zigzag-coded first. Differences wrap, so that
//! every value has a code.
//!
//! - Block: the count, then for each reading, oldest first,
//!   `zigzag(Δ²t) << 2 | has_export << 1 | has_power`, `zigzag(Δimport)`, and, where the
//!   bits say so, `zigzag(Δexport)` and `zigzag(Δpower)`. Each Δ is against the last
//!   reading that had the value, 0 before the first. At a steady interval a reading
//!   takes five bytes.
//! - Journal batch: for each reading the meter's key,
//!   `zigzag(Δt) << 2 | has_export << 1 | has_power` (Δt against the reading before,
//!   whatever its meter), `zigzag(import)`, and `zigzag` of export and power where they
//!   are present. About twelve bytes a reading.
//!
//! **Limits.** Times are seconds within 38 bits, so that Δ²t fits beside the two flags.
//!
//! **Recovery.** A blob whose checksum does not match is reported as damaged and never
//! used; [`decode_prefix`] only helps to locate the damage.
//!
//! Samples are destructured without `..` wherever they are written: a new field does not
//! compile until the format has a place for it.
use competition::{Sample, Time, WattHours, Watts};
use crc::{CRC_32_ISO_HDLC, Crc, Table};
use integer_encoding::VarInt;

const CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// Bytes of the checksum in front of a blob.
const CHECKSUM: usize = 4;

/// Longest LEB128 code of 64 bits.
const LONGEST: usize = 10;

const HAS_EXPORT: u64 = 2;
const HAS_POWER: u64 = 1;

/// Bytes of a blob do not decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// There are too few bytes, or too many.
    #[error("the length does not fit the content")]
    Length,
    /// The bytes are not those that were written.
    #[error("the checksum does not match")]
    Checksum,
    /// A number is beyond what the format can hold.
    #[error("a number is out of range")]
    Range,
}

// `integer_encoding` has zigzag inside `i64::encode_var` only; headers shift it first.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn put(out: &mut Vec<u8>, value: impl VarInt) {
    let mut bytes = [0; LONGEST];
    let length = value.encode_var(&mut bytes);
    out.extend_from_slice(&bytes[..length]);
}

/// Numbers from the front of a slice.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    #[inline]
    fn next<T: VarInt>(&mut self) -> Result<T, Corrupt> {
        let (value, length) = T::decode_var(self.0).ok_or(if self.0.len() < LONGEST {
            Corrupt::Length
        } else {
            Corrupt::Range
        })?;
        self.0 = &self.0[length..];
        Ok(value)
    }
}

/// Writes the checksum into the first four bytes.
fn write_checksum(bytes: &mut [u8]) {
    let sum = CRC.checksum(&bytes[CHECKSUM..]);
    bytes[..CHECKSUM].copy_from_slice(&sum.to_le_bytes());
}

/// `body` behind its checksum.
pub(super) fn with_checksum(body: &[u8]) -> Vec<u8> {
    let mut out = [&[0; CHECKSUM], body].concat();
    write_checksum(&mut out);
    out
}

/// The body of a blob from [`with_checksum`].
pub(super) fn verify_checksum(bytes: &[u8]) -> Result<&[u8], Corrupt> {
    let (sum, body) = bytes.split_first_chunk::<CHECKSUM>().ok_or(Corrupt::Length)?;
    if CRC.checksum(body) == u32::from_le_bytes(*sum) { Ok(body) } else { Err(Corrupt::Checksum) }
}

fn header(time: i64, export: Option<WattHours>, power: Option<Watts>) -> u64 {
    let export = if export.is_some() { HAS_EXPORT } else { 0 };
    let power = if power.is_some() { HAS_POWER } else { 0 };
    zigzag(time) << 2 | export | power
}

/// Encodes samples that are sorted by time.
pub(super) fn encode_block(samples: &[Sample]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + samples.len() * 6);
    out.extend_from_slice(&[0; CHECKSUM]);
    put(&mut out, samples.len() as u64);
    let mut last = Previous::default();
    for &Sample { at, import, export, power } in samples {
        let step = at.0 - last.at;
        put(&mut out, header(step - last.step, export, power));
        put(&mut out, import.0.wrapping_sub(last.import));
        (last.at, last.step, last.import) = (at.0, step, import.0);
        if let Some(WattHours(value)) = export {
            put(&mut out, value.wrapping_sub(last.export));
            last.export = value;
        }
        if let Some(Watts(value)) = power {
            put(&mut out, value.wrapping_sub(last.power));
            last.power = value;
        }
    }
    write_checksum(&mut out);
    out
}

/// Decodes what [`encode_block`] wrote.
pub(super) fn decode_block(bytes: &[u8]) -> Result<Vec<Sample>, Corrupt> {
    let mut cursor = Cursor(verify_checksum(bytes)?);
    let count: u64 = cursor.next()?;
    // A reading takes two bytes at least, so a damaged count cannot allocate much.
    if count > cursor.0.len() as u64 {
        return Err(Corrupt::Length);
    }
    let mut samples = Vec::with_capacity(count as usize);
    let mut last = Previous::default();
    for _ in 0..count {
        samples.push(last.decode_next(&mut cursor)?);
    }
    if cursor.0.is_empty() { Ok(samples) } else { Err(Corrupt::Length) }
}

/// Samples at the front of a block whose checksum does not match, as long as they are in
/// order and within `span`. Serves only to locate the damage.
pub(super) fn decode_prefix(bytes: &[u8], span: core::ops::Range<Time>) -> Vec<Sample> {
    let mut cursor = Cursor(bytes.get(CHECKSUM..).unwrap_or_default());
    let (mut samples, mut last) = (Vec::<Sample>::new(), Previous::default());
    let count: u64 = cursor.next().unwrap_or(0);
    while (samples.len() as u64) < count
        && let Ok(sample) = last.decode_next(&mut cursor)
        && span.contains(&sample.at)
        && samples.last().is_none_or(|before| before.at < sample.at)
    {
        samples.push(sample);
    }
    samples
}

/// The values that the differences of a block's next sample are against.
#[derive(Default)]
struct Previous {
    /// Unix seconds.
    at: i64,
    /// Seconds between the last two samples.
    step: i64,
    /// Wh.
    import: i64,
    /// Wh.
    export: i64,
    /// W.
    power: i64,
}

impl Previous {
    #[inline]
    fn decode_next(&mut self, cursor: &mut Cursor<'_>) -> Result<Sample, Corrupt> {
        let header: u64 = cursor.next()?;
        self.step = self.step.wrapping_add(unzigzag(header >> 2));
        self.at = self.at.wrapping_add(self.step);
        self.import = self.import.wrapping_add(cursor.next()?);
        let (at, import) = (Time(self.at), WattHours(self.import));
        let mut sample = Sample { at, import, export: None, power: None };
        if header & HAS_EXPORT != 0 {
            self.export = self.export.wrapping_add(cursor.next()?);
            sample.export = Some(WattHours(self.export));
        }
        if header & HAS_POWER != 0 {
            self.power = self.power.wrapping_add(cursor.next()?);
            sample.power = Some(Watts(self.power));
        }
        Ok(sample)
    }
}

/// A batch for the journal, while readings are added to it.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Unix seconds of the last reading.
    at: i64,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; CHECKSUM], at: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == CHECKSUM
    }

    pub(super) fn push(&mut self, meter: u32, sample: &Sample) {
        let &Sample { at, import, export, power } = sample;
        let out = &mut self.bytes;
        put(out, meter);
        put(out, header(at.0 - self.at, export, power));
        self.at = at.0;
        put(out, import.0);
        if let Some(WattHours(value)) = export {
            put(out, value);
        }
        if let Some(Watts(value)) = power {
            put(out, value);
        }
    }

    /// The blob for the journal.
    pub(super) fn with_checksum(&mut self) -> &[u8] {
        write_checksum(&mut self.bytes);
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.truncate(CHECKSUM);
        self.at = 0;
    }
}

/// Calls `each` with the readings of a [`Batch`], in order.
pub(super) fn decode_batch(bytes: &[u8], mut each: impl FnMut(u32, Sample)) -> Result<(), Corrupt> {
    let mut cursor = Cursor(verify_checksum(bytes)?);
    let mut at = 0i64;
    while !cursor.0.is_empty() {
        let meter = u32::try_from(cursor.next::<u64>()?).map_err(|_| Corrupt::Range)?;
        let header: u64 = cursor.next()?;
        at = at.wrapping_add(unzigzag(header >> 2));
        let import = WattHours(cursor.next()?);
        let export = if header & HAS_EXPORT != 0 { Some(WattHours(cursor.next()?)) } else { None };
        let power = if header & HAS_POWER != 0 { Some(Watts(cursor.next()?)) } else { None };
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
        fn blocks_round_trip(mut samples in proptest::collection::vec(sample(), 0..50)) {
            samples.sort_by_key(|s| s.at);
            prop_assert_eq!(decode_block(&encode_block(&samples)).unwrap(), samples);
        }

        #[test]
        fn batches_round_trip(samples in proptest::collection::vec((0..1u32 << 25, sample()), 0..50)) {
            let mut batch = Batch::new();
            for (meter, sample) in &samples {
                batch.push(*meter, sample);
            }
            let mut decoded = Vec::new();
            decode_batch(batch.with_checksum(), |meter, sample| decoded.push((meter, sample))).unwrap();
            prop_assert_eq!(decoded, samples);
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
            let bytes = with_checksum(&body);
            let _ = decode_block(&bytes);
            let _ = decode_batch(&bytes, |_, _| {});
            let _ = decode_block(&body);
        }
    }

    /// The format on disk: a failure means that the code is wrong, never the bytes.
    #[test]
    fn bytes_of_a_block_and_a_batch_are_pinned() {
        let sample = |at, import, export: Option<i64>, power: Option<i64>| Sample {
            at: Time(at),
            import: WattHours(import),
            export: export.map(WattHours),
            power: power.map(Watts),
        };
        let samples = [
            sample(1_800_000_000, 6_678_394, None, Some(-1727)),
            sample(1_800_000_010, 6_678_399, Some(300), Some(18_000)),
            sample(1_800_000_020, i64::MIN, Some(i64::MAX), None),
        ];
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        assert_eq!(hex(&encode_block(&samples)), BLOCK);
        let mut batch = Batch::new();
        for (meter, sample) in [1, 300, 1 << 25].into_iter().zip(&samples) {
            batch.push(meter, sample);
        }
        assert_eq!(hex(batch.with_checksum()), BATCH);
    }

    const BLOCK: &str = "0a6d5f7c0381a0bad235f49daf06fd1aaf9fbad2350ad8049eb4020282e2d0f9ffffffffff01a6fbffffffffffffff01";
    const BATCH: &str = "aec292be0181a0bad235f49daf06fd1aac0253fe9daf06d804a099028080801052ffffffffffffffffff01feffffffffffffffff01";

    #[test]
    fn readings_at_a_steady_interval_take_five_bytes() {
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

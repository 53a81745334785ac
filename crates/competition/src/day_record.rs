//! What the store keeps of a meter's UTC day, so that a restart need not read every
//! reading again.
//!
//! Layout, version 4:
//! - version, 1 byte; fingerprint of the configuration, 8 bytes, little-endian;
//! - whether a gap of the day was filled by the load profile, 1 byte;
//! - 96 quarter-hours: flags, 1 byte, and, where they are not 0, the energy in mWh;
//! - quarantined readings: their number of reasons, and for each the reason, the
//!   count, the time of the first and of the last, and the register of the first;
//! - whether a state follows, 1 byte; the register's state after the day's last
//!   reading, field by field.
//!
//! Numbers without a given size are as in `varint`.
use crate::{
    MilliWattHours, QuarantineReason, Time, WattHours, Watts,
    energy::{
        Boundary, MeterDay, PendingBoundary, Precision, QuarantineTally, QuarterEnergy,
        RegisterPoint, RegisterState, SuspectPoint,
    },
    time::{QUARTERS_PER_DAY, QuarterHour},
    varint::{Decoder, Encoder},
};

const VERSION: u8 = 4;
/// Largest numbers of elements that are decoded.
const MAX_REASONS: u64 = 16;
const MAX_PENDING: u64 = 1000;

/// Quarter-hours, quarantined readings and the register's state at the end of one UTC
/// day of one meter, in a versioned form of 300 to 700 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRecord {
    /// Days since 1970-01-01, UTC.
    pub day: i32,
    /// For [`crate::Standings::restore`].
    pub bytes: Vec<u8>,
}

/// Why a record cannot be restored. The readings are still stored: call
/// [`crate::Standings::invalidate`] with the day's beginning instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayRecordError {
    /// The bytes are of another version of this crate.
    #[error("the day record is of another version")]
    Version,
    /// The configuration of the meter or of the competition has changed since.
    #[error("the day record belongs to another configuration")]
    Configuration,
    /// The bytes are truncated or damaged.
    #[error("the day record is damaged")]
    Damaged,
}

/// The reasons by their stored numbers.
const REASONS: [QuarantineReason; 5] = [
    QuarantineReason::Drop,
    QuarantineReason::Step,
    QuarantineReason::Zero,
    QuarantineReason::Factor,
    QuarantineReason::Conflict,
];

fn put_reason(out: &mut Encoder, reason: QuarantineReason) {
    out.unsigned(match reason {
        QuarantineReason::Drop => 0,
        QuarantineReason::Step => 1,
        QuarantineReason::Zero => 2,
        QuarantineReason::Factor => 3,
        QuarantineReason::Conflict => 4,
    });
}

fn get_reason(input: &mut Decoder<'_>) -> Option<QuarantineReason> {
    REASONS.get(usize::try_from(input.unsigned()?).ok()?).copied()
}

/// The precisions by their stored numbers.
const PRECISIONS: [Precision; 4] =
    [Precision::Loose, Precision::Firm, Precision::Close, Precision::Exact];

fn precision_number(precision: Precision) -> u8 {
    match precision {
        Precision::Loose => 0,
        Precision::Firm => 1,
        Precision::Close => 2,
        Precision::Exact => 3,
    }
}

fn get_precision(number: u8) -> Option<Precision> {
    PRECISIONS.get(usize::from(number)).copied()
}

fn get_time(input: &mut Decoder<'_>) -> Option<Time> {
    input.signed().map(Time)
}

fn get_energy(input: &mut Decoder<'_>) -> Option<MilliWattHours> {
    input.signed().map(MilliWattHours)
}

pub(crate) fn encode(day: &MeterDay, fingerprint: u64) -> Vec<u8> {
    let mut out = Encoder::default();
    out.0.push(VERSION);
    out.0.extend(fingerprint.to_le_bytes());
    out.flag(day.uses_profile);
    for index in 0..QUARTERS_PER_DAY {
        let value = day.get(index);
        out.0.push(value.map_or(0, |value| value.flags));
        if let Some(value) = value {
            out.signed(value.energy.0);
        }
    }
    out.unsigned(day.quarantined.len() as u64);
    for tally in &day.quarantined {
        put_reason(&mut out, tally.reason);
        out.unsigned(tally.count);
        out.signed(tally.first.0);
        out.signed(tally.last.0);
        out.signed(tally.register.0);
    }
    out.flag(day.end_state.is_some());
    if let Some(state) = &day.end_state {
        put_state(&mut out, state);
    }
    out.0
}

/// # Errors
/// [`DayRecordError`] where the bytes are not of this version and configuration.
pub(crate) fn decode(bytes: &[u8], fingerprint: u64) -> Result<MeterDay, DayRecordError> {
    let mut input = Decoder(bytes);
    if input.byte().ok_or(DayRecordError::Damaged)? != VERSION {
        return Err(DayRecordError::Version);
    }
    let (stored, rest) = input.0.split_first_chunk::<8>().ok_or(DayRecordError::Damaged)?;
    if u64::from_le_bytes(*stored) != fingerprint {
        return Err(DayRecordError::Configuration);
    }
    input.0 = rest;
    get_day(&mut input).filter(|_| input.0.is_empty()).ok_or(DayRecordError::Damaged)
}

fn get_day(input: &mut Decoder<'_>) -> Option<MeterDay> {
    let mut day = MeterDay::default();
    day.uses_profile = input.flag()?;
    for index in 0..QUARTERS_PER_DAY {
        let flags = input.byte()?;
        if flags != 0 {
            let energy = get_energy(input)?;
            day.set(index, Some(QuarterEnergy { energy, flags }));
        }
    }
    for _ in 0..input.count(MAX_REASONS)? {
        day.quarantined.push(QuarantineTally {
            reason: get_reason(input)?,
            count: input.unsigned()?,
            first: get_time(input)?,
            last: get_time(input)?,
            register: WattHours(input.signed()?),
        });
    }
    if input.flag()? {
        day.end_state = Some(Box::new(get_state(input)?));
    }
    day.changed = false;
    Some(day)
}

/// The pattern names every field, so that a new one has to be stored to compile.
fn put_state(out: &mut Encoder, state: &RegisterState) {
    let RegisterState {
        newest,
        reading_interval,
        changes,
        offset,
        last_good,
        unconfirmed,
        declared,
        last_change,
        still_since,
        boundary_at_still,
        hourly,
        suspect,
        displayed_power,
        power,
        boundary,
        boundary_at_change,
        work,
        pending,
        used_profile,
        export,
        exported,
    } = state;
    out.optional(newest.map(|at| at.0));
    out.signed(*reading_interval);
    out.unsigned(*changes as u64);
    out.signed(offset.0);
    put_point(out, *last_good);
    let flags = [*unconfirmed, *declared, *used_profile].map(u8::from);
    out.0.push(flags[0] | flags[1] << 1 | flags[2] << 2);
    out.signed(last_change.0);
    out.signed(still_since.0 - last_change.0);
    put_boundary(out, *boundary_at_still);
    hourly.iter().for_each(|point| put_point(out, *point));
    out.flag(suspect.is_some());
    if let Some(suspect) = suspect {
        out.signed(suspect.at.0);
        out.signed(suspect.register.0);
        put_reason(out, suspect.reason);
    }
    out.optional(displayed_power.map(|power| power.0));
    out.optional(power.map(|power| power.0));
    put_boundary(out, *boundary);
    put_boundary(out, *boundary_at_change);
    out.signed(*work);
    out.unsigned(pending.len() as u64);
    for it in pending {
        out.signed(it.work);
        out.0.push(precision_number(it.precision));
    }
    out.optional(export.map(|export| export.0));
    out.signed(exported.0);
}

fn get_state(input: &mut Decoder<'_>) -> Option<RegisterState> {
    let newest = input.optional()?.map(Time);
    let reading_interval = input.signed()?;
    let changes = usize::try_from(input.unsigned()?).ok()?;
    let offset = get_energy(input)?;
    let last_good = get_point(input)?;
    let flags = input.byte()?;
    let last_change = get_time(input)?;
    let still_since = Time(last_change.0.checked_add(input.signed()?)?);
    let boundary_at_still = get_boundary(input)?;
    let hourly = [get_point(input)?, get_point(input)?];
    let suspect = match input.flag()? {
        true => Some(SuspectPoint {
            at: get_time(input)?,
            register: get_energy(input)?,
            reason: get_reason(input)?,
        }),
        false => None,
    };
    let displayed_power = input.optional()?.map(Watts);
    let power = input.optional()?.map(Watts);
    let (boundary, boundary_at_change) = (get_boundary(input)?, get_boundary(input)?);
    let work = input.signed()?;
    let mut pending = Vec::new();
    for _ in 0..input.count(MAX_PENDING)? {
        let (work, precision) = (input.signed()?, get_precision(input.byte()?)?);
        pending.push(PendingBoundary { work, precision });
    }
    let export = input.optional()?.map(WattHours);
    let exported = WattHours(input.signed()?);
    Some(RegisterState {
        newest,
        reading_interval,
        changes,
        offset,
        last_good,
        unconfirmed: flags & 1 != 0,
        declared: flags & 2 != 0,
        last_change,
        still_since,
        boundary_at_still,
        hourly,
        suspect,
        displayed_power,
        power,
        boundary,
        boundary_at_change,
        work,
        pending,
        used_profile: flags & 4 != 0,
        export,
        exported,
    })
}

fn put_point(out: &mut Encoder, point: Option<RegisterPoint>) {
    out.optional(point.map(|point| point.at.0));
    if let Some(point) = point {
        out.signed(point.register.0);
    }
}

fn get_point(input: &mut Decoder<'_>) -> Option<Option<RegisterPoint>> {
    let Some(at) = input.optional()? else { return Some(None) };
    Some(Some(RegisterPoint { at: Time(at), register: get_energy(input)? }))
}

fn put_boundary(out: &mut Encoder, boundary: Option<Boundary>) {
    out.optional(boundary.map(|it| it.quarter.number()));
    if let Some(it) = boundary {
        out.signed(it.register.0);
        out.0.push(precision_number(it.precision) | u8::from(it.declared) << 2);
    }
}

fn get_boundary(input: &mut Decoder<'_>) -> Option<Option<Boundary>> {
    let Some(number) = input.optional()? else { return Some(None) };
    let register = get_energy(input)?;
    let flags = input.byte()?;
    Some(Some(Boundary {
        quarter: QuarterHour::new(number),
        register,
        precision: get_precision(flags & 3)?,
        declared: flags & 4 != 0,
    }))
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};

    use super::*;
    use crate::{Competition, Epoch, Meter, MeterIndex, Participant, Period, Sample, Standings};

    const METER: MeterIndex = MeterIndex(0);

    fn standings() -> Standings {
        let period = |start, end| Period { start, end };
        let competition = Competition::new(
            "stored",
            TimeZone::get("Europe/Stockholm").unwrap(),
            period(date(2026, 3, 1), date(2027, 3, 1)),
            period(date(2027, 3, 1), date(2027, 6, 1)),
        );
        let mut meter = Meter::new("m");
        meter.multiplier = 2;
        meter.epochs.push(Epoch { at: Time(START), last: WattHours(1), first: WattHours(0) });
        let participant = Participant { meters: vec![meter], ..Participant::default() };
        Standings::new(competition, vec![participant])
    }

    /// 2 March 2027, 00:00 UTC.
    const START: i64 = 1_803_945_600;

    /// Readings with two wrong values, a gap and a register that stops with power.
    fn readings() -> impl Iterator<Item = Sample> {
        let registers = [0, 300, 9_000_000, 0, 900, 9_100, 9_100, 9_100];
        let times = [0, 900, 1200, 1500, 2700, 30_000, 31_000, 31_600];
        times.into_iter().zip(registers).map(|(seconds, register)| Sample {
            at: Time(START + seconds),
            import: WattHours(register),
            export: None,
            power: Some(Watts(1000)),
        })
    }

    /// The bytes of a version never change: stores hold them. Where this test fails,
    /// the code is wrong, or [`VERSION`] has to be incremented.
    #[test]
    fn bytes_of_version_4_are_pinned() {
        let mut standings = standings();
        for reading in readings() {
            standings.append(METER, reading);
        }
        let records = standings.days(METER);
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].day, 20_879);
        let hex: String = records[0].bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, PINNED);
        let mut restored = self::standings();
        restored.restore(METER, &records[0]).unwrap();
        assert_eq!(restored.newest(METER), Some(Time(START + 31_600)));
    }

    const PINNED: &str = "\
        0463272affdce67e20017f809f4973809f4975809f4923e6ff4101e6ff4101e8ff4101e6ff4101e6\
        ff4101e8ff4101e6ff4101e6ff4101e8ff4101e6ff4101e6ff4101e8ff4101e6ff4101e6ff4101e8\
        ff4101e6ff4101e6ff4101e8ff4101e6ff4101e6ff4101e8ff4101e6ff4101e6ff4101e8ff4101e6\
        ff4101e6ff4101e8ff4101e6ff4101e6ff4141e8ff41000000000000000000000000000000000000\
        00000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000020101e0acb0b80de0acb0b80d80d1ca080201b8b1b0b80db8b1b0b80d000101e087b4\
        b80db009010001e087b4b80d80d7ad1100e0eeb3b80d000182d7f40188d797110201e0eeb3b80d80\
        d7ad1101809ab0b80d000001a01f01a01f0182d7f40188d79711020182d7f40188d797110280d086\
        030280be920102809bee02030000";

    #[test]
    fn damaged_and_foreign_bytes_are_errors() {
        let day = MeterDay::default();
        let bytes = encode(&day, 7);
        assert_eq!(decode(&bytes, 7), Ok(day));
        assert_eq!(decode(&bytes, 8), Err(DayRecordError::Configuration));
        assert_eq!(decode(&bytes[..20], 7), Err(DayRecordError::Damaged));
        assert_eq!(decode(&[], 7), Err(DayRecordError::Damaged));
        let mut other = bytes;
        other[0] = VERSION + 1;
        assert_eq!(decode(&other, 7), Err(DayRecordError::Version));
    }
}

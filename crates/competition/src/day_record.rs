//! What the store keeps of a meter's UTC day, so that a restart need not read
//! every sample again.
//!
//! Layout, version 2: version byte; fingerprint of the configuration, 8 bytes
//! little-endian; flag `shaped`; 96 × (flags byte, and where they are not 0 the
//! energy in mWh as zigzag varint); doubts (count, then reason, number, first,
//! last, register); the automaton after the day's last sample, field by field.
use crate::{
    QuarantineReason, WattHours,
    energy::{
        Boundary, MeterDay, PendingBoundary, QuarantineTally, QuarterEnergy, RegisterPoint,
        RegisterState, SuspectPoint,
    },
    varint::{Decoder, Encoder},
};

const VERSION: u8 = 2;

/// Quarter-hours, doubts and the judge's state at the end of one UTC day of one
/// meter, as bytes of a versioned form; about 300 to 700.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRecord {
    /// Days since 1970-01-01, UTC.
    pub day: i32,
    /// For [`crate::Standings::restore`].
    pub bytes: Vec<u8>,
}

/// Why a record cannot be taken up. [`crate::Standings::amend`] the meter at
/// the day's beginning instead: the samples are still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayRecordError {
    /// Of another version of this crate.
    #[error("the record is of another version")]
    Version,
    /// Made under another configuration of the meter or the competition.
    #[error("the record was made under another configuration")]
    Configuration,
    /// Cut or damaged.
    #[error("the record is damaged")]
    Damaged,
}

const DOUBTS: [QuarantineReason; 5] = [
    QuarantineReason::Drop,
    QuarantineReason::Step,
    QuarantineReason::Zero,
    QuarantineReason::Factor,
    QuarantineReason::Conflict,
];

fn code(doubt: QuarantineReason) -> u64 {
    DOUBTS.iter().position(|it| *it == doubt).unwrap_or(0) as u64
}

pub(crate) fn encode(day: &MeterDay, fingerprint: u64) -> Vec<u8> {
    let mut out = Encoder::default();
    out.0.push(VERSION);
    out.0.extend(fingerprint.to_le_bytes());
    out.0.push(u8::from(day.shaped));
    for index in 0..96 {
        let bin = day.get(index);
        out.0.push(bin.map_or(0, |bin| bin.flags));
        if let Some(bin) = bin {
            out.signed(bin.energy);
        }
    }
    out.unsigned(day.doubts.len() as u64);
    for tally in &day.doubts {
        out.unsigned(code(tally.doubt));
        out.unsigned(tally.count);
        out.signed(tally.first);
        out.signed(tally.last);
        out.signed(tally.register.0);
    }
    out.0.push(u8::from(day.after.is_some()));
    if let Some(state) = &day.after {
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
    let (made, rest) = input.0.split_first_chunk::<8>().ok_or(DayRecordError::Damaged)?;
    if u64::from_le_bytes(*made) != fingerprint {
        return Err(DayRecordError::Configuration);
    }
    input.0 = rest;
    get_day(&mut input).filter(|_| input.0.is_empty()).ok_or(DayRecordError::Damaged)
}

fn get_day(input: &mut Decoder<'_>) -> Option<MeterDay> {
    let mut day = MeterDay::default();
    day.shaped = input.byte()? != 0;
    for index in 0..96 {
        let flags = input.byte()?;
        if flags != 0 {
            let energy = input.signed()?;
            day.set(index, Some(QuarterEnergy { energy, flags }));
        }
    }
    for _ in 0..input.count(16)? {
        day.doubts.push(QuarantineTally {
            doubt: *DOUBTS.get(input.unsigned()? as usize)?,
            count: input.unsigned()?,
            first: input.signed()?,
            last: input.signed()?,
            register: WattHours(input.signed()?),
        });
    }
    if input.byte()? != 0 {
        day.after = Some(Box::new(get_state(input)?));
    }
    day.changed = false;
    Some(day)
}

fn put_state(out: &mut Encoder, state: &RegisterState) {
    out.optional(state.seen);
    out.signed(state.pace);
    out.unsigned(state.epoch as u64);
    out.signed(state.offset);
    put_knot(out, state.good);
    out.0.push(u8::from(state.lone) | u8::from(state.declared) << 1 | u8::from(state.shaped) << 2);
    out.signed(state.moved);
    state.anchors.iter().for_each(|anchor| put_knot(out, *anchor));
    out.0.push(u8::from(state.suspect.is_some()));
    if let Some(suspect) = state.suspect {
        out.signed(suspect.at);
        out.signed(suspect.register);
        out.unsigned(code(suspect.doubt));
    }
    out.optional(state.shown);
    out.optional(state.power);
    put_edge(out, state.edge);
    put_edge(out, state.hold);
    out.signed(state.work);
    out.unsigned(state.held.len() as u64);
    for held in &state.held {
        out.signed(held.work);
        out.0.push(u8::from(held.exact));
    }
}

fn get_state(input: &mut Decoder<'_>) -> Option<RegisterState> {
    let mut state = RegisterState {
        seen: input.optional()?,
        pace: input.signed()?,
        epoch: input.unsigned()? as usize,
        offset: input.signed()?,
        good: get_knot(input)?,
        ..RegisterState::default()
    };
    let flags = input.byte()?;
    (state.lone, state.declared, state.shaped) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0);
    state.moved = input.signed()?;
    state.anchors = [get_knot(input)?, get_knot(input)?];
    if input.byte()? != 0 {
        state.suspect = Some(SuspectPoint {
            at: input.signed()?,
            register: input.signed()?,
            doubt: *DOUBTS.get(input.unsigned()? as usize)?,
        });
    }
    state.shown = input.optional()?;
    state.power = input.optional()?;
    state.edge = get_edge(input)?;
    state.hold = get_edge(input)?;
    state.work = input.signed()?;
    for _ in 0..input.count(1000)? {
        let work = input.signed()?;
        state.held.push(PendingBoundary { work, exact: input.byte()? != 0 });
    }
    Some(state)
}

fn put_knot(out: &mut Encoder, knot: Option<RegisterPoint>) {
    out.optional(knot.map(|knot| knot.at));
    if let Some(knot) = knot {
        out.signed(knot.register);
    }
}

fn get_knot(input: &mut Decoder<'_>) -> Option<Option<RegisterPoint>> {
    let Some(at) = input.optional()? else { return Some(None) };
    Some(Some(RegisterPoint { at, register: input.signed()? }))
}

fn put_edge(out: &mut Encoder, edge: Option<Boundary>) {
    out.optional(edge.map(|edge| edge.index));
    if let Some(edge) = edge {
        out.signed(edge.register);
        out.0.push(u8::from(edge.exact) | u8::from(edge.declared) << 1 | u8::from(edge.firm) << 2);
    }
}

fn get_edge(input: &mut Decoder<'_>) -> Option<Option<Boundary>> {
    let Some(index) = input.optional()? else { return Some(None) };
    let register = input.signed()?;
    let flags = input.byte()?;
    Some(Some(Boundary {
        index,
        register,
        exact: flags & 1 != 0,
        firm: flags & 4 != 0,
        declared: flags & 2 != 0,
    }))
}

//! Whether a register is believed. Two lines are followed: the good one, and
//! since the last doubt the suspect one. A single spike leaves the good line and
//! the next sample is back on it; a reset, a swap or a change of scale goes on
//! along the suspect line and stays in quarantine, however long, until it is
//! declared. What cannot be told apart is judged by which line the recent
//! consumption leads to.
use super::{MeterConfig, RegisterState, SuspectPoint};
use crate::QuarantineReason;

pub(super) enum Plausibility {
    /// Nothing to compare with.
    Start,
    /// On the good line; `carry` is added where the register rolled over.
    Good { carry: i64 },
    /// The good line was a single wrong value: the suspect one is the true one.
    Other,
    /// Does not count.
    Doubtful(QuarantineReason),
}

/// Registers below 10 kWh double and decuple in the ordinary course of things.
const YOUNG: i64 = 10_000_000;

pub(super) fn check(state: &RegisterState, spec: &MeterConfig, at: i64, raw: i64) -> Plausibility {
    let Some(good) = state.good else { return Plausibility::Start };
    let before = good.register - state.offset;
    if at <= good.at {
        // Only a declared register can stand there: samples come one a moment.
        return if raw == before {
            Plausibility::Good { carry: 0 }
        } else {
            Plausibility::Doubtful(QuarantineReason::Conflict)
        };
    }
    let carry = if raw < before { rolled(state, spec, at, raw, before) } else { Some(0) };
    let on_line = carry.filter(|carry| {
        let amount = raw + carry - before;
        amount >= 0 && spec.carries(amount, at - state.moved)
    });
    let Some(suspect) = state.suspect else {
        return match on_line {
            Some(0) if scaled(state, at, raw, before) => {
                Plausibility::Doubtful(QuarantineReason::Factor)
            }
            Some(carry) => Plausibility::Good { carry },
            None => Plausibility::Doubtful(kind(raw, before)),
        };
    };
    let on_suspect =
        raw >= suspect.register && spec.carries(raw - suspect.register, at - suspect.at);
    match (on_line, on_suspect) {
        (Some(carry), false) => Plausibility::Good { carry },
        (Some(carry), true) if carry != 0 || !nearer(state, &suspect, at, raw, before) => {
            Plausibility::Doubtful(suspect.doubt)
        }
        (Some(carry), true) => Plausibility::Good { carry },
        (None, true) if state.lone && raw > 0 => Plausibility::Other,
        (None, true) => Plausibility::Doubtful(suspect.doubt),
        (None, false) => Plausibility::Doubtful(kind(raw, before)),
    }
}

/// The good line explains the sample better than the suspect one, or the two are
/// closer than a quarter of what was used meanwhile, so that it hardly matters.
fn nearer(state: &RegisterState, suspect: &SuspectPoint, at: i64, raw: i64, before: i64) -> bool {
    let Some(good) = state.good else { return false };
    let rate = state.rate().unwrap_or(0.0);
    let miss =
        |from: i64, register: i64| ((raw - register) as f64 - rate * (at - from) as f64).abs();
    let apart = (suspect.register - before) as f64 - rate * (suspect.at - good.at) as f64;
    let hop = (raw - suspect.register) as f64;
    miss(good.at, before) < miss(suspect.at, suspect.register) || apart.abs() * 4.0 <= hop
}

/// A declared rollover, believed where it means ordinary consumption: at most
/// four times the recent, or a thousandth of the register's range.
fn rolled(
    state: &RegisterState,
    spec: &MeterConfig,
    at: i64,
    raw: i64,
    before: i64,
) -> Option<i64> {
    let limit = spec.rollover?;
    let good = state.good?;
    let amount = raw + limit - before;
    let usual = state.rate().unwrap_or(0.0) * (at - good.at) as f64;
    (amount >= 0 && amount as f64 <= 4.0 * usual + limit as f64 / 1000.0).then_some(limit)
}

/// The connection could carry it, and still it is ten times the register and far
/// more than recent consumption.
fn scaled(state: &RegisterState, at: i64, raw: i64, before: i64) -> bool {
    let Some((good, rate)) = state.good.zip(state.rate()) else { return false };
    before >= YOUNG
        && factor(raw, before)
        && (raw - before) as f64 > 10.0 * rate * (at - good.at) as f64
}

fn kind(raw: i64, before: i64) -> QuarantineReason {
    match raw {
        0 if before > 0 => QuarantineReason::Zero,
        _ if factor(raw, before) || factor(before, raw) => QuarantineReason::Factor,
        _ if raw < before => QuarantineReason::Drop,
        _ => QuarantineReason::Step,
    }
}

/// `large` is 10, 100 or 1000 times `small`, within two percent.
fn factor(large: i64, small: i64) -> bool {
    small > 0
        && [10.0, 100.0, 1000.0].iter().any(|factor| {
            let ratio = large as f64 / (small as f64 * factor);
            (0.98..=1.02).contains(&ratio)
        })
}

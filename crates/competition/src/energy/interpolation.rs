//! From one good register to the next: R at every quarter-hour boundary between.
//!
//! - Up to 15 minutes: a straight line, measured.
//! - Longer: by the baseline's profile where there is one, else a straight line;
//!   estimated (and firm, if the gap is of a few hours: its days are known days), but for boundaries within half a minute of a reading.
//! - The register stood still and then moved: where power came meanwhile it
//!   gives the shape and the register the amount; where none came, and the move
//!   is more than the connection carries in its own interval, it was used while
//!   the register stood.
use super::{Boundary, MeterConfig, PendingBoundary, QuarterUpdate, RegisterPoint, RegisterState};
use crate::calendar::grid::{HOUR, QUARTER, hour_of};

/// Readings further apart do not measure what lies between.
const DENSE: i64 = 900;
/// A gap this long moves little energy between hours: its sum is exact, and a day
/// with one lost telegram is still a known day. Estimated all the same.
const SHORT: i64 = 4 * HOUR;
/// A reading this close to a boundary stands for it: less than one percent of
/// an hour.
const NEAR: i64 = 30;
/// Boundaries to remember while a register stands still: a day.
const HELD: usize = 96;

/// Boundaries after `from`, up to and with `until`.
fn boundaries(from: i64, until: i64) -> impl Iterator<Item = i64> {
    (from.div_euclid(QUARTER) + 1)..=until.div_euclid(QUARTER)
}

/// `whole * part / of` without overflow, towards minus infinity.
fn share(whole: i64, part: i64, of: i64) -> i64 {
    if of <= 0 {
        return 0;
    }
    match whole.checked_mul(part) {
        Some(product) => product.div_euclid(of),
        None => (i128::from(whole) * i128::from(part)).div_euclid(i128::from(of)) as i64,
    }
}

impl RegisterState {
    pub(super) fn link(
        &mut self,
        spec: &MeterConfig,
        to: RegisterPoint,
        declared: bool,
        profile: Option<&dyn Fn(i64) -> i64>,
        out: &mut Vec<QuarterUpdate>,
    ) {
        let Some(from) = self.good else { return };
        let declared = declared || self.declared;
        if to.register == from.register {
            self.stand(from, to, declared, out);
        } else {
            self.go(spec, from, to, declared, profile, out);
            self.moved = to.at;
            self.work = 0;
            self.held.clear();
            self.hold = self.edge;
        }
        self.good = Some(to);
        self.declared = false;
        self.anchor(to);
    }

    /// The register stands still. Power says that it should not: then wait for
    /// it to move; else the energy of that time is zero, and measured.
    fn stand(
        &mut self,
        from: RegisterPoint,
        to: RegisterPoint,
        declared: bool,
        out: &mut Vec<QuarterUpdate>,
    ) {
        let power = self.power.unwrap_or(0).max(0);
        self.hold_boundaries(from, to, power);
        self.work = self.work.saturating_add(power.saturating_mul(to.at - from.at));
        if self.work == 0 {
            for index in boundaries(from.at, to.at) {
                self.emit(index, to.register, true, declared, out);
            }
        }
        if self.held.len() > HELD {
            self.give_up(to, declared, out);
        }
    }

    fn hold_boundaries(&mut self, from: RegisterPoint, to: RegisterPoint, power: i64) {
        let dense = to.at - from.at <= DENSE;
        for index in boundaries(from.at, to.at) {
            if self.held.len() > HELD {
                break;
            }
            let at = index * QUARTER;
            let exact = dense || at - from.at <= NEAR || to.at - at <= NEAR;
            let work = self.work.saturating_add(power.saturating_mul(at - from.at));
            self.held.push(PendingBoundary { work, exact });
        }
    }

    /// A day without a move. If power was next to nothing the register is too
    /// coarse to show it; if not, the meter is stuck and the day is not known.
    fn give_up(&mut self, to: RegisterPoint, declared: bool, out: &mut Vec<QuarterUpdate>) {
        let coarse = self.work / HOUR < 1000;
        if coarse {
            self.edge = self.hold;
            for index in boundaries(self.moved, to.at) {
                self.emit(index, to.register, true, declared, out);
            }
        } else {
            self.edge = None;
        }
        self.moved = to.at;
        self.work = 0;
        self.held.clear();
        self.hold = self.edge;
    }

    fn go(
        &mut self,
        spec: &MeterConfig,
        from: RegisterPoint,
        to: RegisterPoint,
        declared: bool,
        profile: Option<&dyn Fn(i64) -> i64>,
        out: &mut Vec<QuarterUpdate>,
    ) {
        let hop = to.at - from.at;
        let amount = to.register - from.register;
        let power = self.power.unwrap_or(0).max(0);
        if self.moved == from.at || (self.work == 0 && spec.carries(amount, hop)) {
            self.spread(from, to, declared, profile, out);
        } else if self.work == 0 {
            self.edge = self.hold;
            let stood = RegisterPoint { at: self.moved, register: from.register };
            self.spread(stood, to, declared, profile, out);
        } else if hop <= DENSE {
            self.hold_boundaries(from, to, power);
            let total = self.work.saturating_add(power.saturating_mul(hop));
            self.release(from.register, amount, total, declared, out);
        } else {
            // Power shapes what it saw; the gap after it gets the rest.
            let seen = (self.work / 36).saturating_mul(10).min(amount);
            self.release(from.register, seen, self.work, declared, out);
            let rest = RegisterPoint { at: from.at, register: from.register + seen };
            self.spread(rest, to, declared, profile, out);
        }
    }

    /// Gives the boundaries of the time the register stood their share.
    fn release(
        &mut self,
        base: i64,
        amount: i64,
        total: i64,
        declared: bool,
        out: &mut Vec<QuarterUpdate>,
    ) {
        self.edge = self.hold;
        let first = self.moved.div_euclid(QUARTER) + 1;
        for (index, held) in (first..).zip(std::mem::take(&mut self.held)) {
            let register = base + share(amount, held.work, total);
            self.emit(index, register, held.exact, declared, out);
        }
    }

    /// A line or a profile from one knot to the other.
    fn spread(
        &mut self,
        from: RegisterPoint,
        to: RegisterPoint,
        declared: bool,
        profile: Option<&dyn Fn(i64) -> i64>,
        out: &mut Vec<QuarterUpdate>,
    ) {
        let amount = to.register - from.register;
        let seconds = to.at - from.at;
        let line = |at: i64| from.register + share(amount, at - from.at, seconds);
        if seconds <= DENSE {
            for index in boundaries(from.at, to.at) {
                self.emit(index, line(index * QUARTER), true, declared, out);
            }
            return;
        }
        // Boundaries next to a reading do not depend on the profile, so that what
        // counts as measured does not either.
        let near = |at: i64| at - from.at <= NEAR || to.at - at <= NEAR;
        let mut start = from;
        let mut end = to;
        for index in boundaries(from.at, to.at) {
            let at = index * QUARTER;
            if at - from.at <= NEAR {
                start = RegisterPoint { at, register: line(at) };
            } else if to.at - at <= NEAR {
                end = RegisterPoint { at, register: line(at) };
            }
        }
        let profile = profile.filter(|_| hour_of(end.at - 1) > hour_of(start.at));
        self.shaped |= profile.is_some();
        let weight = |hour: i64| profile.map_or(1, |profile| profile(hour).clamp(1, 1 << 40));
        let weigh =
            |from: i64, until: i64| i128::from(weight(hour_of(from))) * i128::from(until - from);
        let mut total = 0;
        let mut at = start.at;
        while at < end.at {
            let next = (hour_of(at) * HOUR + HOUR).min(end.at);
            total += weigh(at, next);
            at = next;
        }
        let inner = i128::from(end.register - start.register);
        let (mut done, mut last) = (0, start.at);
        for index in boundaries(from.at, to.at) {
            let at = index * QUARTER;
            let register = if near(at) {
                line(at)
            } else {
                done += weigh(last, at);
                last = at;
                start.register + (inner * done).div_euclid(total.max(1)) as i64
            };
            self.emit_firm(index, register, near(at), seconds <= SHORT, declared, out);
        }
    }

    /// R at a boundary; with the one before it, a quarter-hour.
    fn emit(
        &mut self,
        index: i64,
        register: i64,
        exact: bool,
        declared: bool,
        out: &mut Vec<QuarterUpdate>,
    ) {
        self.emit_firm(index, register, exact, exact, declared, out);
    }

    /// The same where a boundary within a short gap is firm without being exact.
    fn emit_firm(
        &mut self,
        index: i64,
        register: i64,
        exact: bool,
        firm: bool,
        declared: bool,
        out: &mut Vec<QuarterUpdate>,
    ) {
        let firm = firm || exact;
        if let Some(edge) = self.edge.filter(|edge| edge.index + 1 == index) {
            out.push(QuarterUpdate {
                quarter: edge.index,
                energy: register - edge.register,
                from_exact: edge.exact,
                until_exact: exact,
                firm: firm && edge.firm,
                declared: declared || edge.declared,
            });
        }
        self.edge = Some(Boundary { index, register, exact, firm, declared: false });
    }
}

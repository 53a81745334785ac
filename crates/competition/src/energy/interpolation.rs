//! R at every boundary of quarter-hours between two plausible points.
//!
//! - Points at most 15 minutes apart: linear, and exact.
//! - Points at most an hour and a quarter apart: linear, and close. Hourly readings are
//!   never all at the full hour.
//! - Points at most four hours apart: linear, and firm.
//! - Points further apart: by the load profile where there is one, else linear. The
//!   boundaries are loose. A boundary within half a minute of a reading is exact, one
//!   within seven and a half minutes is close: each reading has at least one such
//!   boundary, which separates the gaps around it.
//! - The register did not change for a while and then did: where power was measured
//!   meanwhile, it gives the distribution and the register the amount. Where none was,
//!   and the connection cannot carry the amount in the last interval, the energy is
//!   distributed over the time without a change.
use super::{
    Boundary, MeterConfig, PendingBoundary, Precision, QuarterUpdate, RegisterPoint, RegisterState,
};
use crate::{
    MilliWattHours, Time,
    time::{Hour, QuarterHour, each_quarter},
};

/// Readings at most this far apart measure the boundaries between them, seconds.
const MAX_EXACT_GAP: i64 = 900;
/// Readings at most this far apart are hourly readings, seconds.
const MAX_CLOSE_GAP: i64 = 4500;
/// Gaps up to this length are firm, seconds: their sum is exact, and little energy is
/// attributed to another hour, so that a day with one lost telegram is a known day.
pub(crate) const MAX_FIRM_GAP: i64 = 4 * Hour::SECONDS;
/// A reading this close to a boundary measures it, seconds: the error is less than one
/// percent of an hour's energy.
const NEAR: i64 = 30;
/// Half a quarter-hour: the largest distance of a reading from its nearest boundary.
const CLOSE: i64 = 450;
/// Boundaries to keep while the register does not change: a day.
const MAX_PENDING: usize = 96;
/// A mean power below this can be too small for the register's resolution, W.
const RESOLUTION: i64 = 1000;

/// What all steps from one point to the next need.
pub(super) struct Link<'a> {
    pub(super) config: &'a MeterConfig,
    /// Weights of hours where a gap is filled; linear without.
    pub(super) profile: Option<&'a dyn Fn(Hour) -> i64>,
    /// The point that is linked to is a declared register value.
    pub(super) declared: bool,
    /// Quarter-hours that are complete.
    pub(super) out: &'a mut Vec<QuarterUpdate>,
}

/// The quarter-hours whose boundaries lie after `from`, up to and including `until`.
fn boundaries(from: Time, until: Time) -> impl Iterator<Item = QuarterHour> {
    each_quarter(&(QuarterHour::containing(from) + 1..QuarterHour::containing(until) + 1))
}

/// How well the register is known at a boundary between readings at `from` and `to`.
fn precision(from: Time, at: Time, to: Time) -> Precision {
    let to_nearest = at.since(from).min(to.since(at));
    match to.since(from) {
        seconds if seconds <= MAX_EXACT_GAP || to_nearest <= NEAR => Precision::Exact,
        seconds if seconds <= MAX_CLOSE_GAP || to_nearest <= CLOSE => Precision::Close,
        seconds if seconds <= MAX_FIRM_GAP => Precision::Firm,
        _ => Precision::Loose,
    }
}

/// `whole * part / of`, rounded down, without overflow; 0 where `of` is not positive.
fn fraction(whole: MilliWattHours, part: i64, of: i64) -> MilliWattHours {
    if of <= 0 {
        return MilliWattHours(0);
    }
    MilliWattHours(match whole.0.checked_mul(part) {
        Some(product) => product.div_euclid(of),
        None => (i128::from(whole.0) * i128::from(part)).div_euclid(i128::from(of)) as i64,
    })
}

impl RegisterState {
    /// Continues the series to a point.
    pub(super) fn link(&mut self, to: RegisterPoint, link: &mut Link<'_>) {
        let Some(from) = self.last_good else { return };
        let declared = link.declared;
        link.declared |= self.declared;
        if to.register == from.register {
            self.continue_unchanged(from, to, link);
        } else {
            self.continue_changed(from, to, link);
            self.restart_at(to);
            self.note_still(to.at);
        }
        link.declared = declared;
        self.last_good = Some(to);
        self.declared = false;
        self.keep_hourly(to);
    }

    /// The register has changed: nothing is pending.
    fn restart_at(&mut self, point: RegisterPoint) {
        self.last_change = point.at;
        self.work = 0;
        self.pending.clear();
        self.boundary_at_change = self.boundary;
    }

    /// The register has a new value, as of now.
    pub(super) fn note_still(&mut self, at: Time) {
        self.still_since = at;
        self.boundary_at_still = self.boundary;
    }

    /// The register does not change. Where power was measured, its boundaries wait for
    /// the register to change; else the energy is zero, and measured.
    fn continue_unchanged(&mut self, from: RegisterPoint, to: RegisterPoint, link: &mut Link<'_>) {
        self.keep_boundaries(from, to);
        self.work = self.work.saturating_add(self.work_in(to.at.since(from.at)));
        if self.work == 0 {
            for quarter in boundaries(from.at, to.at) {
                self.emit(quarter, to.register, Precision::Exact, link);
            }
        }
        if self.pending.len() > MAX_PENDING {
            self.give_up(to, link);
        }
    }

    fn keep_boundaries(&mut self, from: RegisterPoint, to: RegisterPoint) {
        for quarter in boundaries(from.at, to.at) {
            if self.pending.len() > MAX_PENDING {
                break;
            }
            let at = quarter.start();
            let precision = precision(from.at, at, to.at);
            let work = self.work.saturating_add(self.work_in(at.since(from.at)));
            self.pending.push(PendingBoundary { work, precision });
        }
    }

    /// A day without a change. Where the power was small, the register is too coarse to
    /// show it; else the meter is stuck, and the energy of the day is unknown.
    fn give_up(&mut self, to: RegisterPoint, link: &mut Link<'_>) {
        if self.work / Hour::SECONDS < RESOLUTION {
            self.boundary = self.boundary_at_change;
            for quarter in boundaries(self.last_change, to.at) {
                self.emit(quarter, to.register, Precision::Exact, link);
            }
        } else {
            self.boundary = None;
        }
        self.restart_at(to);
    }

    fn continue_changed(&mut self, from: RegisterPoint, to: RegisterPoint, link: &mut Link<'_>) {
        let seconds = to.at.since(from.at);
        let amount = to.register - from.register;
        if self.still_since == from.at || (self.work == 0 && link.config.carries(amount, seconds)) {
            self.interpolate(from, to, link);
        } else if self.work == 0 {
            // More than the connection carries since the last reading: the register stood
            // still, and its zeros were no measurement.
            self.boundary = self.boundary_at_still;
            let changed = RegisterPoint { at: self.still_since, register: from.register };
            self.interpolate(changed, to, link);
        } else if seconds <= MAX_EXACT_GAP {
            self.keep_boundaries(from, to);
            let total = self.work.saturating_add(self.work_in(seconds));
            self.emit_pending(from.register, amount, total, link);
        } else {
            // The power distributes its own energy, and the gap gets the rest.
            let by_power = MilliWattHours((self.work / 36).saturating_mul(10)).min(amount);
            self.emit_pending(from.register, by_power, self.work, link);
            let rest = RegisterPoint { at: from.at, register: from.register + by_power };
            self.interpolate(rest, to, link);
        }
    }

    /// Distributes `amount` over the pending boundaries in proportion to their work, of
    /// which `total` is the whole, W·s.
    fn emit_pending(
        &mut self,
        base: MilliWattHours,
        amount: MilliWattHours,
        total: i64,
        link: &mut Link<'_>,
    ) {
        self.boundary = self.boundary_at_change;
        let first = QuarterHour::containing(self.last_change) + 1;
        for (offset, pending) in (0..).zip(std::mem::take(&mut self.pending)) {
            let register = base + fraction(amount, pending.work, total);
            self.emit(first + offset, register, pending.precision, link);
        }
    }

    /// Emits the boundaries between two points, linearly or by the load profile.
    fn interpolate(&mut self, from: RegisterPoint, to: RegisterPoint, link: &mut Link<'_>) {
        let amount = to.register - from.register;
        let seconds = to.at.since(from.at);
        let linear = |at: Time| from.register + fraction(amount, at.since(from.at), seconds);
        if seconds <= MAX_FIRM_GAP {
            // Without the profile: baselines are fitted to these hours.
            for quarter in boundaries(from.at, to.at) {
                let at = quarter.start();
                self.emit(quarter, linear(at), precision(from.at, at, to.at), link);
            }
            return;
        }
        // Boundaries near a reading are linear, so that values that teach the profile do
        // not depend on it. The profile distributes the energy between them.
        let near_start = |at: Time| at.since(from.at) <= CLOSE;
        let near_end = |at: Time| to.at.since(at) <= CLOSE;
        let (mut start, mut end) = (from, to);
        for at in boundaries(from.at, to.at).map(QuarterHour::start) {
            if near_start(at) {
                start = RegisterPoint { at, register: linear(at) };
            } else if near_end(at) {
                end = RegisterPoint { at, register: linear(at) };
            }
        }
        let last_hour = Hour::containing(Time(end.at.0 - 1));
        let profile = link.profile.filter(|_| last_hour > Hour::containing(start.at));
        self.used_profile |= profile.is_some();
        // Weight of a time within one hour: that of the hour × seconds.
        let weight = |from: Time, until: Time| {
            let hour = Hour::containing(from);
            let weight = profile.map_or(1, |profile| profile(hour).clamp(1, 1 << 40));
            i128::from(weight) * i128::from(until.since(from))
        };
        let mut total = 0;
        let mut at = start.at;
        while at < end.at {
            let next = (Hour::containing(at) + 1).start().min(end.at);
            total += weight(at, next);
            at = next;
        }
        let inner = i128::from((end.register - start.register).0);
        let (mut done, mut last) = (0, start.at);
        for quarter in boundaries(from.at, to.at) {
            let at = quarter.start();
            let register = if near_start(at) || near_end(at) {
                linear(at)
            } else {
                done += weight(last, at);
                last = at;
                start.register + MilliWattHours((inner * done).div_euclid(total.max(1)) as i64)
            };
            self.emit(quarter, register, precision(from.at, at, to.at), link);
        }
    }

    /// R at a boundary; with the boundary before it, the energy of a quarter-hour.
    fn emit(
        &mut self,
        quarter: QuarterHour,
        register: MilliWattHours,
        precision: Precision,
        link: &mut Link<'_>,
    ) {
        if let Some(start) = self.boundary.filter(|it| it.quarter + 1 == quarter) {
            link.out.push(QuarterUpdate {
                quarter: start.quarter,
                energy: register - start.register,
                start: start.precision,
                end: precision,
                declared: link.declared || start.declared,
            });
        }
        self.boundary = Some(Boundary { quarter, register, precision, declared: false });
    }
}

//! The automaton: what it remembers, and one step of it.
use super::{
    MeterConfig,
    plausibility::{Plausibility, check},
};
use crate::{QuarantineReason, Sample, calendar::grid::hour_of};

/// A good register at its moment; mWh, continued through epochs and rollovers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RegisterPoint {
    pub(crate) at: i64,
    pub(crate) register: i64,
}

/// R at the quarter-hour boundary `index * 900`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) index: i64,
    pub(crate) register: i64,
    /// Readings around it at most 15 minutes apart, or one upon it.
    pub(crate) exact: bool,
    /// Exact, or within a gap of a few hours.
    pub(crate) firm: bool,
    /// Rests on a declared register.
    pub(crate) declared: bool,
}

/// The line of a register that is not believed: raw mWh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SuspectPoint {
    pub(crate) at: i64,
    pub(crate) register: i64,
    pub(crate) doubt: QuarantineReason,
}

/// A boundary passed while the register stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PendingBoundary {
    /// Integral of the power since the register last moved, W·s.
    pub(crate) work: i64,
    pub(crate) exact: bool,
}

/// Energy of one quarter-hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuarterUpdate {
    pub(crate) quarter: i64,
    /// mWh
    pub(crate) energy: i64,
    pub(crate) from_exact: bool,
    pub(crate) until_exact: bool,
    /// Both ends are firm.
    pub(crate) firm: bool,
    pub(crate) declared: bool,
}

/// All that the past means for the next sample.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RegisterState {
    /// Newest sample, doubted or not, and the seconds to the one before it.
    pub(crate) seen: Option<i64>,
    pub(crate) pace: i64,
    /// Declared epochs behind us.
    pub(crate) epoch: usize,
    /// What turns a raw register into the continued one.
    pub(crate) offset: i64,
    pub(crate) good: Option<RegisterPoint>,
    /// Nothing was counted on this line yet; it may itself be the wrong one.
    pub(crate) lone: bool,
    /// `good` is a register that the organiser declared.
    pub(crate) declared: bool,
    /// When the register took the value it has.
    pub(crate) moved: i64,
    /// First good sample of this hour, and of the last hour that had one.
    pub(crate) anchors: [Option<RegisterPoint>; 2],
    pub(crate) suspect: Option<SuspectPoint>,
    /// W of the newest sample, for showing.
    pub(crate) shown: Option<i64>,
    /// W at `good`.
    pub(crate) power: Option<i64>,
    /// Newest boundary; that when the register last moved.
    pub(crate) edge: Option<Boundary>,
    pub(crate) hold: Option<Boundary>,
    /// W·s since the register last moved.
    pub(crate) work: i64,
    pub(crate) held: Vec<PendingBoundary>,
    /// The step just made went by the profile.
    pub(crate) shaped: bool,
}

impl RegisterState {
    /// The first quarter-hour that a later sample may still change.
    pub(crate) fn front(&self) -> i64 {
        let open = self.good.map_or(i64::MIN, |_| self.moved.div_euclid(900));
        self.hold.map_or(open, |edge| edge.index.min(open))
    }

    /// Takes the next sample and writes the quarter-hours that it closes.
    ///
    /// # Errors
    /// The doubt: the sample does not count.
    pub(crate) fn push(
        &mut self,
        spec: &MeterConfig,
        sample: &Sample,
        profile: &dyn Fn(i64) -> i64,
        out: &mut Vec<QuarterUpdate>,
    ) -> Result<(), QuarantineReason> {
        let at = sample.at.0;
        self.shaped = false;
        self.pace = self.seen.map_or(0, |seen| at - seen);
        self.seen = Some(at);
        let profile = (at > spec.contest).then_some(profile);
        while let Some(&(change, last, first)) = spec.epochs.get(self.epoch) {
            if change > at {
                break;
            }
            self.change(spec, change, last, first, profile, out);
        }
        let raw = spec.primary(sample.import.0);
        let power = sample.power.map(|power| spec.watts(power.0));
        self.shown = power;
        match check(self, spec, at, raw) {
            Plausibility::Start => {
                self.begin(RegisterPoint { at, register: raw + self.offset }, false)
            }
            Plausibility::Good { carry } => {
                self.offset += carry;
                self.suspect = None;
                let knot = RegisterPoint { at, register: raw + self.offset };
                self.lone &= raw == 0;
                self.link(spec, knot, false, profile, out);
            }
            Plausibility::Other => {
                if let Some(suspect) = self.suspect.take() {
                    let register = suspect.register + self.offset;
                    self.begin(RegisterPoint { at: suspect.at, register }, false);
                }
                self.lone = false;
                self.link(
                    spec,
                    RegisterPoint { at, register: raw + self.offset },
                    false,
                    profile,
                    out,
                );
            }
            Plausibility::Doubtful(doubt) => {
                self.suspect = Some(SuspectPoint { at, register: raw, doubt });
                return Err(doubt);
            }
        }
        self.power = power;
        Ok(())
    }

    /// A declared change of the register: its last value closes the old line,
    /// its first begins the new one where the old ended.
    fn change(
        &mut self,
        spec: &MeterConfig,
        at: i64,
        last: i64,
        first: i64,
        profile: Option<&dyn Fn(i64) -> i64>,
        out: &mut Vec<QuarterUpdate>,
    ) {
        self.epoch += 1;
        self.suspect = None;
        if let Some(good) = self.good {
            let knot = RegisterPoint { at, register: last + self.offset };
            let amount = knot.register - good.register;
            let sound = amount >= 0 && spec.carries(amount, at - self.moved);
            if sound && at > good.at {
                self.link(spec, knot, true, profile, out);
            } else if amount != 0 || at < good.at {
                // The declaration contradicts the meter: what lies between is not known.
                self.edge = None;
            }
            let continued = self.good.map_or(0, |good| good.register);
            self.offset = continued - first;
        }
        let edge = self.edge.filter(|_| self.good.is_some_and(|good| good.at == at));
        self.begin(RegisterPoint { at, register: first + self.offset }, true);
        self.edge = edge.or(self.edge);
        self.hold = self.edge;
    }

    /// A new line: nothing is known between it and what was before.
    fn begin(&mut self, knot: RegisterPoint, declared: bool) {
        self.good = Some(knot);
        self.lone = !declared;
        self.declared = declared;
        self.moved = knot.at;
        self.anchors = [Some(knot), None];
        self.power = None;
        self.work = 0;
        self.held.clear();
        let index = knot.at.div_euclid(900);
        self.edge = (index * 900 == knot.at).then_some(Boundary {
            index,
            register: knot.register,
            exact: true,
            firm: true,
            declared,
        });
        self.hold = self.edge;
    }

    /// Keeps the first good sample of this hour and of the one before, so that
    /// recent consumption is known over one to two hours.
    pub(super) fn anchor(&mut self, knot: RegisterPoint) {
        if self.anchors[0].is_none_or(|anchor| hour_of(anchor.at) != hour_of(knot.at)) {
            self.anchors = [Some(knot), self.anchors[0]];
        }
    }

    /// Consumption of the last hour or two, mWh/s.
    pub(super) fn rate(&self) -> Option<f64> {
        let good = self.good?;
        let from = self.anchors[1].or(self.anchors[0])?;
        let seconds = good.at - from.at;
        (seconds > 0).then(|| (good.register - from.register) as f64 / seconds as f64)
    }
}

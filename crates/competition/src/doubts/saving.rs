//! A saving beyond what measures reach: whatever the cause, it does not rank until the
//! organiser knows it. It is looked at after two weeks of the contest, and only where no
//! other doubt is material, as that explains it.
use super::{Acceptance, Consequence, Doubt, DoubtKind, DoubtThresholds, Doubts, words};
use crate::Time;

/// Hours of the contest from which on a saving is looked at.
const MIN_HOURS: i64 = 14 * 24;

/// The saving of a contest so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SavingSoFar {
    /// A share of the baseline.
    pub(crate) saving: f64,
    pub(crate) hours: i64,
    pub(crate) saved_kwh: f64,
    /// The hours of the contest so far.
    pub(crate) from: Time,
    pub(crate) until: Time,
}

impl Doubts {
    /// Doubts the saving so far, or no longer.
    pub(crate) fn check_saving(
        &mut self,
        saving: Option<SavingSoFar>,
        acceptances: &[Acceptance],
        limits: &DoubtThresholds,
    ) {
        self.open.retain(|doubt| doubt.kind != DoubtKind::ImplausibleSaving);
        let Some(it) = saving.filter(|it| it.hours >= MIN_HOURS) else { return };
        let percent = it.saving * 100.0;
        let accepted = acceptances.iter().any(|accepted| {
            accepted.kind == DoubtKind::ImplausibleSaving
                && accepted.from <= it.from
                && it.until <= accepted.until
        });
        if percent <= limits.saving || accepted || self.material(it.until, limits).is_some() {
            return;
        }
        let (headline, words) = words::of_saving(percent);
        self.open.push(Doubt {
            kind: DoubtKind::ImplausibleSaving,
            meter: None,
            from: it.from,
            until: it.until,
            kwh: Some(it.saved_kwh),
            consequence: Consequence::Flagged,
            open: true,
            correction: None,
            headline,
            words,
            share: it.saving.clamp(limits.material, 1.0),
        });
    }
}

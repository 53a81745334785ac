//! The baseline of each hour of the contest, as of the last fit.
use core::ops::Range;

use crate::{
    MilliWattHours,
    time::{Hour, each_hour},
};

/// An energy or nothing, in eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CompactEnergy(i64);

impl CompactEnergy {
    const NONE: Self = Self(i64::MIN);

    fn new(energy: Option<MilliWattHours>) -> Self {
        energy.map_or(Self::NONE, |energy| Self(energy.0))
    }

    fn get(self) -> Option<MilliWattHours> {
        (self != Self::NONE).then_some(MilliWattHours(self.0))
    }
}

/// The baseline of each contest hour, where it has one; empty before the first fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ContestBaseline {
    first: Hour,
    energies: Vec<CompactEnergy>,
}

impl ContestBaseline {
    pub(crate) fn empty(contest: &Range<Hour>) -> Self {
        Self { first: contest.start, energies: Vec::new() }
    }

    pub(crate) fn new(
        contest: &Range<Hour>,
        predict: impl Fn(Hour) -> Option<MilliWattHours>,
    ) -> Self {
        let energies = each_hour(contest).map(|hour| CompactEnergy::new(predict(hour)));
        Self { first: contest.start, energies: energies.collect() }
    }

    fn index(&self, hour: Hour) -> Option<usize> {
        usize::try_from(hour - self.first).ok().filter(|index| *index < self.energies.len())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.energies.is_empty()
    }

    pub(crate) fn get(&self, hour: Hour) -> Option<MilliWattHours> {
        self.energies[self.index(hour)?].get()
    }
}

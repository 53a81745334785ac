//! The outdoor temperature of the participants as a group, with which each one's is
//! compared.
use crate::{participant_state::ParticipantState, time::each_hour};

/// Participants with temperatures from which on they are compared, and that take part.
const MIN_PEERS: usize = 3;
const MAX_PEERS: usize = 32;

/// The median outdoor temperature of the participants, in °C by hour from the calendar's
/// first.
#[derive(Debug, Default)]
pub(super) struct PeerTemperatures {
    median: Option<Vec<Option<f64>>>,
    count: usize,
    outdated: bool,
}

impl PeerTemperatures {
    /// Marks that the temperature of a participant changed.
    pub(super) const fn invalidate(&mut self) {
        self.outdated = true;
    }

    /// The median by hour; `None` with fewer than three participants that have temperatures.
    pub(super) fn median(&self) -> Option<&[Option<f64>]> {
        self.median.as_deref()
    }

    /// How many participants have temperatures.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Computes the median again where a temperature changed. The participants that are
    /// to be compared with another median than before.
    pub(super) fn update(&mut self, states: &[ParticipantState]) -> Vec<usize> {
        if !std::mem::take(&mut self.outdated) {
            return Vec::new();
        }
        let has_any = |who: &usize| states[*who].weather.has_any();
        let with: Vec<usize> = (0..states.len()).filter(has_any).collect();
        let median = (with.len() >= MIN_PEERS).then(|| median_temperatures(states, &with));
        if median == self.median && with.len() == self.count {
            return Vec::new();
        }
        self.count = with.len();
        self.median = median;
        with
    }
}

/// The median temperature of each hour, of at most 32 of these participants.
fn median_temperatures(states: &[ParticipantState], with: &[usize]) -> Vec<Option<f64>> {
    let every = with.len().div_ceil(MAX_PEERS);
    let hours = states[with[0]].calendar.hours();
    let median = |hour| {
        let some = with.iter().step_by(every);
        let known = some.filter_map(|who| Some(states[*who].weather.measured(hour)?.0));
        let mut known: Vec<f64> = known.collect();
        if known.len() < MIN_PEERS.min(with.len() / every) {
            return None;
        }
        known.sort_unstable_by(f64::total_cmp);
        let middle = known.len() / 2;
        Some((known[middle] + known[(known.len() - 1) / 2]) / 2.0)
    };
    each_hour(&hours).map(median).collect()
}

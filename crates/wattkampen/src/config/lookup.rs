//! Participants and meters of a configuration by the ids that a user types.
use ::competition::{Meter, ParticipantIndex};

use super::Config;
use crate::names::did_you_mean;

/// How many known ids an error lists.
const LISTED: usize = 10;

/// An id that the configuration does not have.
#[derive(Debug, thiserror::Error)]
#[error("{what}\n  {hint}")]
pub(crate) struct UnknownId {
    what: String,
    hint: String,
}

impl UnknownId {
    fn new(kind: &str, id: &str, known: &[&str]) -> Self {
        let more = if known.len() > LISTED { ", …" } else { "" };
        let listed = known[..known.len().min(LISTED)].join(", ");
        Self {
            what: format!("no {kind} is called {id:?}{}", did_you_mean(id, known.iter().copied())),
            hint: format!("the configuration has the {kind}s {listed}{more}"),
        }
    }
}

impl Config {
    pub(crate) fn participant(&self, id: &str) -> Result<ParticipantIndex, UnknownId> {
        let index = self.participants.iter().position(|participant| participant.id == id);
        index.map(|index| ParticipantIndex(index as u32)).ok_or_else(|| {
            let known: Vec<_> = self.participants.iter().map(|it| it.id.as_str()).collect();
            UnknownId::new("participant", id, &known)
        })
    }

    pub(crate) fn meter(&self, id: &str) -> Result<&Meter, UnknownId> {
        self.meters().find(|meter| meter.id == id).ok_or_else(|| {
            let known: Vec<_> = self.meters().map(|meter| meter.id.as_str()).collect();
            UnknownId::new("meter", id, &known)
        })
    }

    /// The meters of all participants.
    pub(crate) fn meters(&self) -> impl Iterator<Item = &Meter> {
        self.participants.iter().flat_map(|participant| &participant.meters)
    }
}

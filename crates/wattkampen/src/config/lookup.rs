//! Participants and meters of a configuration by the ids that a user types.
use ::competition::{Meter, Participant, ParticipantIndex};

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
    fn new(kind: &str, id: &str, known: &[&str], listed: &[String]) -> Self {
        let more = if listed.len() > LISTED { ", …" } else { "" };
        let listed = listed[..listed.len().min(LISTED)].join(", ");
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
            let listed: Vec<_> = known.iter().map(|id| (*id).to_owned()).collect();
            UnknownId::new("participant", id, &known, &listed)
        })
    }

    pub(crate) fn meter(&self, id: &str) -> Result<&Meter, UnknownId> {
        self.meters().find(|meter| meter.id == id).ok_or_else(|| {
            let known: Vec<_> = self.meters().map(|meter| meter.id.as_str()).collect();
            let listed = self.participants.iter().flat_map(|who| {
                who.meters.iter().map(|meter| format!("{} ({})", meter.id, place(who)))
            });
            UnknownId::new("meter", id, &known, &listed.collect::<Vec<_>>())
        })
    }

    /// The participant of an id or of a municipality's name, in any case, where it is one.
    pub(crate) fn participant_named(&self, name: &str) -> Result<&Participant, UnknownId> {
        let exact = self.participants.iter().find(|participant| participant.id == name);
        let lower = name.to_lowercase();
        let mut alike = self.participants.iter().filter(|participant| {
            [&participant.id, &participant.municipality].iter().any(|it| it.to_lowercase() == lower)
        });
        match (exact, alike.next(), alike.next()) {
            (Some(participant), ..) | (None, Some(participant), None) => Ok(participant),
            _ => Err(self.participant(name).err().unwrap_or_else(|| UnknownId {
                what: format!("{name:?} is ambiguous"),
                hint: "give an id".to_owned(),
            })),
        }
    }

    /// The meter of an id, or the only one of a participant by its id or municipality.
    pub(crate) fn meter_named(&self, name: &str) -> Result<&Meter, UnknownId> {
        if let Some(meter) = self.meters().find(|meter| meter.id == name) {
            return Ok(meter);
        }
        let Ok(participant) = self.participant_named(name) else { return self.meter(name) };
        match &participant.meters[..] {
            [meter] => Ok(meter),
            several => {
                let ids: Vec<&str> = several.iter().map(|meter| meter.id.as_str()).collect();
                Err(UnknownId {
                    what: format!("{} has {} meters", place(participant), ids.len()),
                    hint: format!("state one of them: {}", ids.join(", ")),
                })
            }
        }
    }

    /// The meters of all participants.
    pub(crate) fn meters(&self) -> impl Iterator<Item = &Meter> {
        self.participants.iter().flat_map(|participant| &participant.meters)
    }
}

/// `Piteå, Stadshuset`.
pub(crate) fn place(participant: &Participant) -> String {
    let Participant { municipality, building, .. } = participant;
    if building.is_empty() { municipality.clone() } else { format!("{municipality}, {building}") }
}

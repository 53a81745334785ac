//! A decision from the command line: taken on the store where no service runs, else
//! recorded in the audit log, where the running service finds it before its next
//! snapshot.
use std::{collections::HashMap, path::Path};

use competition::{Competition, Participant, ParticipantIndex};

use super::{
    Decision, DecisionError,
    decision_state::DecisionState,
    decisions::validate,
    recover::{Recovered, names},
    state::EngineState,
    stored_standings::Failure,
};
use crate::{
    audit::{self, AuditEntry},
    ingest::MeterDirectory,
    store::{Durability, Recovering, StoreError, append_audit_to, service_clock},
};

/// A decision in the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDecision {
    /// Its entry.
    pub entry: AuditEntry,
    /// Whether it is applied; otherwise the running service does so within seconds.
    pub applied: bool,
    /// Municipalities with open doubts, where the decision is applied: a lock leaves them
    /// as they are.
    pub open_doubts: Vec<String>,
}

/// Takes a decision on the store of a data directory.
///
/// # Errors
/// The store's; the inner error says why the decision is not taken.
pub fn decide_offline(
    dir: &Path,
    competition: &Competition,
    participants: &[Participant],
    decision: Decision,
) -> Result<Result<RecordedDecision, DecisionError>, StoreError> {
    let clock = service_clock(dir)?;
    let opened = Recovered::open(dir, Durability::Full, competition.clone(), participants.to_vec());
    match opened {
        Ok(recovered) => {
            let directory = MeterDirectory::new(participants, &HashMap::new());
            let mut state = EngineState::new(recovered, directory, clock)?;
            let entry = match state.record_decision(decision)? {
                Ok(entry) => entry,
                Err(error) => return Ok(Err(error)),
            };
            state.apply_decisions().map_err(Failure::into_error)?;
            let open_doubts = with_open_doubts(&state);
            Ok(Ok(RecordedDecision { entry, applied: true, open_doubts }))
        }
        Err(StoreError::InUse(_)) => {
            let names = names(participants);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let view = Recovering::open_read_only(dir, &names)?;
            let decisions = DecisionState::read(view.store(), &competition.timezone)?;
            let participants = audit::apply_declarations(participants, decisions.in_force());
            let now = clock.now();
            let event = match validate(decision, now, competition, &participants, &decisions) {
                Ok(event) => event,
                Err(error) => return Ok(Err(error)),
            };
            let entry = append_audit_to(dir, &event)?;
            Ok(Ok(RecordedDecision { entry, applied: false, open_doubts: Vec::new() }))
        }
        Err(error) => Err(error),
    }
}

fn with_open_doubts(state: &EngineState) -> Vec<String> {
    let participants = state.standings.participants();
    let numbered = (0..).map(ParticipantIndex).zip(participants);
    let with = numbered.filter(|(who, _)| !state.standings.doubts(*who).is_empty());
    with.map(|(_, participant)| participant.municipality.clone()).collect()
}

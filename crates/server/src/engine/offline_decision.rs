//! A decision from the command line: by ourselves where no service runs, else noted
//! in the log beside it; the service looks for such notes before each board.
use std::{collections::HashMap, path::Path};

use competition::{Competition, Participant};

use super::{
    Decision, DecisionError,
    decision_state::DecisionState,
    decisions::validate,
    recover::{Recovered, names},
    state::EngineState,
};
use crate::{
    audit::{self, AuditEntry},
    ingest::MeterDirectory,
    store::{Durability, Recovering, StoreError, append_audit_to, service_clock},
};

/// A decision that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDecision {
    /// Its entry in the audit log.
    pub entry: AuditEntry,
    /// It is applied; else the running service does so within seconds.
    pub applied: bool,
}

/// Takes a decision on the store of a data directory.
///
/// # Errors
/// The store's; within, why the decision is declined.
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
            let mut core = EngineState::new(recovered, directory, clock)?;
            let entry = core.decide(decision)?;
            Ok(entry.map(|entry| RecordedDecision { entry, applied: true }))
        }
        Err(StoreError::InUse(_)) => {
            let names = names(participants);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let view = Recovering::open_read_only(dir, &names)?;
            let mut decided = DecisionState::default();
            decided.read(view.store(), &competition.timezone)?;
            let participants = audit::apply_declarations(participants, &decided.active);
            let event = match validate(decision, clock.now(), competition, &participants, &decided)
            {
                Ok(event) => event,
                Err(declined) => return Ok(Err(declined)),
            };
            let entry = append_audit_to(dir, &event)?;
            Ok(Ok(RecordedDecision { entry, applied: false }))
        }
        Err(error) => Err(error),
    }
}

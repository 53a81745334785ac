//! What the organiser has decided, as the audit log has it: declarations in force,
//! the lock, the locked result.
use std::collections::HashSet;

use competition::{Rule, Time};
use jiff::tz::TimeZone;

use crate::{
    audit::{self, AuditEntry, AuditEvent, AuditEventKind, Declaration, LockedResult},
    store::{Store, StoreError},
};

/// Kinds of entries that decide something.
const KINDS: [AuditEventKind; 4] = [
    AuditEventKind::Declaration,
    AuditEventKind::Amendment,
    AuditEventKind::Lock,
    AuditEventKind::Result,
];

/// The organiser's decisions up to an entry of the log.
#[derive(Debug, Clone, Default)]
pub(super) struct DecisionState {
    /// The entry.
    pub(super) upto: i64,
    /// Declarations in force.
    pub(super) active: Vec<Declaration>,
    /// The lock's entry, and when it was.
    pub(super) locked: Option<(i64, Time)>,
    /// The last entry that calls for a locked result.
    pub(super) due: i64,
    /// The locked result, and the entry that called for it.
    pub(super) result: Option<(i64, LockedResult)>,
}

impl DecisionState {
    /// Reads the log from its beginning; the entries that are new.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn read(
        &mut self,
        store: &Store,
        zone: &TimeZone,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        if store.audit.entries_of(self.upto, &KINDS)?.is_empty() {
            return Ok(Vec::new());
        }
        let entries = store.audit.entries_of(0, &KINDS)?;
        let known = self.upto;
        self.active = audit::declarations_in_force(&entries, zone);
        let mut activities = HashSet::new();
        for entry in &entries {
            self.upto = self.upto.max(entry.seq);
            match entry.event() {
                // An activity moves nobody: the locked result stands, also beside a
                // configuration that was changed since.
                AuditEvent::Declaration { declared } | AuditEvent::Amendment { declared }
                    if declared.kind == "activity" =>
                {
                    activities.insert(entry.seq);
                }
                AuditEvent::Amendment { declared }
                    if declared.kind == "withdraw"
                        && declared.entry.is_some_and(|it| activities.contains(&it)) => {}
                AuditEvent::Lock { .. } => {
                    self.locked.get_or_insert((entry.seq, entry.at));
                    self.due = entry.seq;
                }
                AuditEvent::Amendment { .. } => self.due = entry.seq,
                AuditEvent::Result { cause, board, .. } => self.result = Some((cause, board)),
                _ => {}
            }
        }
        Ok(entries.into_iter().filter(|entry| entry.seq > known).collect())
    }

    /// Whether a board under this rule, as of then, is the locked one.
    pub(super) fn holds(&self, rule: Rule, official: Rule, as_of: Option<Time>) -> bool {
        self.result.as_ref().is_some_and(|(_, frozen)| {
            rule == official && as_of.is_none_or(|as_of| as_of >= frozen.as_of())
        })
    }
}

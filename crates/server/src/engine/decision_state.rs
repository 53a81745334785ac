//! The organiser's decisions as the audit log has them: declarations in force, the
//! lock and the locked result.
use std::collections::HashSet;

use competition::{Leaderboard, Rule, Standings, Time};
use jiff::tz::TimeZone;

use super::Decisions;
use crate::{
    audit::{
        self, AuditEntry, AuditEvent, AuditEventKind, Change, DeclarationInForce, DeclarationKind,
        LockedResult,
    },
    store::{Store, StoreError},
};

/// Kinds of entries that this state is read from.
const KINDS: [AuditEventKind; 4] = [
    AuditEventKind::Declaration,
    AuditEventKind::Amendment,
    AuditEventKind::Lock,
    AuditEventKind::Result,
];

/// The decisions up to an entry of the log.
#[derive(Debug, Clone, Default)]
pub(super) struct DecisionState {
    up_to: i64,
    in_force: Vec<DeclarationInForce>,
    /// All declarations and amendments.
    history: Vec<AuditEntry>,
    lock: Option<Lock>,
    /// The last entry that requires a locked result.
    result_due: i64,
    result: Option<FollowedResult>,
}

/// The lock in the audit log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lock {
    pub(super) entry: i64,
    pub(super) at: Time,
}

/// The locked result, and the entry that required it.
#[derive(Debug, Clone)]
struct FollowedResult {
    cause: i64,
    board: LockedResult,
}

/// Decisions that the log has and the state has not, up to and with the first declaration
/// or amendment among them, so that each has its own effect.
pub(super) struct NewDecisions {
    pub(super) state: DecisionState,
    pub(super) entries: Vec<AuditEntry>,
}

impl NewDecisions {
    /// The declaration or amendment among them.
    pub(super) fn declaration(&self) -> Option<i64> {
        self.entries.iter().find(|entry| is_declaration(entry)).map(|entry| entry.seq)
    }

    /// Whether the log has nothing new but results, which this process has appended.
    pub(super) fn only_results(&self) -> bool {
        self.entries.iter().all(|it| matches!(it.event(), AuditEvent::Result { .. }))
    }
}

fn is_declaration(entry: &AuditEntry) -> bool {
    matches!(entry.event(), AuditEvent::Declaration { .. } | AuditEvent::Amendment { .. })
}

impl DecisionState {
    /// The decisions of a log.
    pub(super) fn read(store: &Store, zone: &TimeZone) -> Result<Self, StoreError> {
        Ok(Self::of(&store.audit.entries_of(0, &KINDS)?, zone))
    }

    /// Reads the log again where it has new decisions; to be repeated until it has none.
    pub(super) fn read_new(
        &self,
        store: &Store,
        zone: &TimeZone,
    ) -> Result<Option<NewDecisions>, StoreError> {
        if store.audit.entries_of(self.up_to, &KINDS)?.is_empty() {
            return Ok(None);
        }
        let mut entries = store.audit.entries_of(0, &KINDS)?;
        let declarations = entries.iter().enumerate().filter(|(_, it)| is_declaration(it));
        let second = declarations.filter(|(_, it)| it.seq > self.up_to).nth(1);
        if let Some((second, _)) = second {
            entries.truncate(second);
        }
        let state = Self::of(&entries, zone);
        entries.retain(|entry| entry.seq > self.up_to);
        Ok(Some(NewDecisions { state, entries }))
    }

    fn of(entries: &[AuditEntry], zone: &TimeZone) -> Self {
        let mut state = Self {
            in_force: audit::declarations_in_force(entries, zone),
            history: entries.iter().filter(|entry| is_declaration(entry)).cloned().collect(),
            up_to: entries.last().map_or(0, |entry| entry.seq),
            ..Self::default()
        };
        let mut activities = HashSet::new();
        for entry in entries {
            match entry.event() {
                // An activity changes no rank: the locked result stays as it is, even
                // where the configuration was changed since.
                AuditEvent::Declaration { declared } | AuditEvent::Amendment { declared }
                    if declared.change.kind() == DeclarationKind::Activity =>
                {
                    activities.insert(entry.seq);
                }
                AuditEvent::Amendment { declared } => match declared.change {
                    Change::Withdraw { entry } if activities.contains(&entry) => {}
                    _ => state.result_due = entry.seq,
                },
                AuditEvent::Lock { .. } => {
                    state.lock.get_or_insert(Lock { entry: entry.seq, at: entry.at });
                    state.result_due = entry.seq;
                }
                AuditEvent::Result { cause, board, .. } => state.set_result(cause, board),
                _ => {}
            }
        }
        state
    }

    pub(super) fn in_force(&self) -> &[DeclarationInForce] {
        &self.in_force
    }

    pub(super) const fn lock(&self) -> Option<Lock> {
        self.lock
    }

    pub(super) const fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// The entry that requires a locked result which the log has not yet.
    pub(super) fn missing_result(&self) -> Option<i64> {
        (self.result_cause() < self.result_due).then_some(self.result_due)
    }

    /// The entry that the locked result follows; 0 where there is none.
    pub(super) fn result_cause(&self) -> i64 {
        self.result.as_ref().map_or(0, |result| result.cause)
    }

    pub(super) fn set_result(&mut self, cause: i64, board: LockedResult) {
        self.result = Some(FollowedResult { cause, board });
    }

    pub(super) fn into_result(self) -> Option<LockedResult> {
        self.result.map(|result| result.board)
    }

    /// The official leaderboard: the locked result where there is one.
    pub(super) fn official(&self, standings: &Standings, now: Time) -> Leaderboard {
        match &self.result {
            Some(result) => result.board.board(standings, now),
            None => standings.leaderboard(standings.competition().rule, now),
        }
    }

    /// Whether the leaderboard by this rule at that moment is the locked result.
    pub(super) fn is_result(&self, rule: Rule, official: Rule, as_of: Option<Time>) -> bool {
        self.result.as_ref().is_some_and(|result| {
            rule == official && as_of.is_none_or(|as_of| as_of >= result.board.as_of())
        })
    }

    /// What the organiser's page and interface show.
    pub(super) fn summary(&self, head: Option<AuditEntry>) -> Decisions {
        Decisions {
            declarations: self.in_force.clone(),
            history: self.history.clone(),
            locked_at: self.lock.map(|lock| lock.at),
            head,
        }
    }
}

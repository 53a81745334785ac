//! Appends to the audit log of a store that a service has open.
use std::path::Path;

use super::{
    chain,
    error::StoreError,
    schema::{self, Durability, begin_write},
    service_clock,
};
use crate::audit::{AuditEntry, AuditEvent};

/// Whether a directory has a store.
pub fn exists(dir: &Path) -> bool {
    dir.join(schema::FILE).exists()
}

/// Appends an event to the audit log in `dir` beside a running service, dated by its
/// clock. The service reads such entries before each new leaderboard.
///
/// # Errors
/// Where there is no store, or it cannot be written.
pub fn append_audit_to(dir: &Path, event: &AuditEvent) -> Result<AuditEntry, StoreError> {
    let connection = schema::open(dir, Durability::Full)?;
    let clock = service_clock::read(&connection, true)?;
    let change = begin_write(&connection)?;
    let at = service_clock::entry_time(&change, &clock)?;
    let (seq, hash) = chain::append(&change, at, event)?;
    change.commit()?;
    Ok(AuditEntry { seq, at, body: serde_json::to_string(event).unwrap_or_default(), hash })
}

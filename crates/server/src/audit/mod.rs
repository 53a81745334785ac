//! The audit trail: what moved the board, in an append-only, hash-chained log.
//!
//! Each entry is a moment, what happened ([`AuditEvent`], as JSON), and a SHA-256 over the
//! hash before it and itself; the log lives in the store, whose writer adds to it
//! ([`crate::store::AuditLog::append`]). The organiser's declarations are not kept anywhere
//! else: what is in force is what the log says, so neither can be changed alone.
//!
//! **What it proves.** Whoever changes, inserts or removes an entry, or a stored
//! reading of a sealed day, without writing the whole rest of the log anew is found,
//! with the entry or the meter and day. Against somebody who rewrites the file as a
//! whole only a copy of the newest hash helps, kept elsewhere: it is on the
//! organiser's page and in `wattkampen audit`, and `wattkampen audit --expect HASH`
//! looks for it. Entries cut off the end are found by the file's own count of them,
//! by seals that name them, and by that copy; not where the cutter mends the first two.
//!
//! **What it leaves open.** Readings of the current day, and late ones of some
//! minutes, wait for their seal. Late readings and quarantine are noted once a
//! minute: a killed process may lose the note, never the readings. Values that lost
//! against another one of their moment are not sealed. Who marks a day as changed hides
//! a change of it until the next sealing; `wattkampen audit` names such days.
mod canonical_config;
mod declaration;
mod describe;
mod event;
mod kind;
mod locked_result;

pub use canonical_config::hex;
pub use canonical_config::{CanonicalConfig, Difference};
pub use declaration::{
    Change, Declaration, DeclarationError, DeclarationRequest, apply_declarations,
    check_declaration, check_role_and_reason, contest_end, contest_start, declarations_in_force,
};
pub use describe::describe;
pub(crate) use describe::moment;
pub use event::{AuditEntry, AuditEvent, BoardPosition, LateReadings, QuarantineRecord};
pub use kind::AuditEventKind;
pub use locked_result::LockedResult;

//! The audit log: an append-only, hash-chained record of everything that can change the
//! leaderboard.
//!
//! Each entry has a number, a time, what happened ([`AuditEvent`], as JSON), and a SHA-256
//! over the previous hash and itself. The log is a table of the store
//! ([`crate::store::AuditLog::append`]). The organiser's declarations are kept nowhere
//! else: what is in force is what the log says, so neither can be changed alone.
//!
//! **What it proves.** A changed, inserted or removed entry is found, and so is a changed
//! reading of a sealed day, with the entry or the meter and day, unless the rest of the log
//! was written anew. A file that was rewritten as a whole is found only with a copy of the
//! newest hash, kept elsewhere: the organiser's page and `wattkampen audit` show it, and
//! `wattkampen audit --expect HASH` looks for it. Entries removed at the end are found by
//! the file's own count of entries, by seals that name them, and by that copy; not where
//! the first two were changed as well.
//!
//! **What it leaves open.** Readings of the current day, and late readings of some minutes,
//! are not sealed yet. Late readings and quarantine are recorded once a minute: a killed
//! process may lose the record, never the readings. A reading that lost against another
//! one of the same time is not sealed. A day that is marked as changed is not verified
//! until it is sealed again; `wattkampen audit` lists such days.
mod board_position;
mod canonical_config;
mod declaration;
mod describe;
mod event;
mod kind;
mod locked_result;

pub use board_position::BoardPosition;
pub use canonical_config::{CanonicalConfig, Difference, hex};
pub(crate) use declaration::error as declaration_error;
pub use declaration::{
    Change, Declaration, DeclarationError, DeclarationInForce, DeclarationKind, DeclarationRequest,
    Moment, apply_declarations, check_characters, check_role_and_reason, contest_end,
    contest_start, declarations_in_force, validate_declaration,
};
pub use describe::describe;
pub(crate) use describe::moment;
pub use event::{
    AccessChange, AccessRecord, AuditEntry, AuditEvent, LateReadings, QuarantineRecord,
};
pub use kind::AuditEventKind;
pub use locked_result::LockedResult;

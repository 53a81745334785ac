//! Entries of the audit log, and their JSON in the store. Entries stay readable by later
//! versions: fields are only added, with a default.
use competition::Time;
use serde::{Deserialize, Serialize};

use super::{BoardPosition, Declaration, Difference, LockedResult};

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum AuditEvent {
    /// The service started, with the configuration of the last `configuration` entry.
    Start {
        /// Version of the program.
        version: String,
        /// SHA-256 of the configuration in its canonical form, hexadecimal.
        configuration: String,
    },
    /// The service started with another configuration than before, or for the first time.
    Configuration {
        /// Version of the program.
        version: String,
        /// SHA-256 of the configuration in its canonical form, hexadecimal.
        configuration: String,
        /// Differences from the previous configuration.
        changes: Vec<Difference>,
        /// The configuration in its canonical form.
        content: serde_json::Value,
    },
    /// The organiser declared something.
    Declaration {
        /// The declaration.
        declared: Declaration,
    },
    /// The organiser changed a locked result.
    Amendment {
        /// The declaration.
        declared: Declaration,
    },
    /// The organiser locked the result.
    Lock {
        /// Role of the person who locked it.
        by: String,
        /// The decision behind it, or why then.
        reason: String,
    },
    /// The locked result, which is the official leaderboard from then on.
    Result {
        /// Entry of the lock or the amendment that it follows.
        cause: i64,
        /// The locked result.
        board: LockedResult,
        /// Differences from the configuration that was locked; no amendment covers them.
        #[serde(default)]
        changes: Vec<Difference>,
    },
    /// What a declaration or an import changed on the leaderboard.
    Moved {
        /// Its entry.
        cause: i64,
        /// Changed positions, before and after.
        places: Vec<[BoardPosition; 2]>,
    },
    /// Readings that were received after the leaderboard had shown their hour.
    Late {
        /// Participant id.
        participant: String,
        /// Their meters and days.
        meters: Vec<LateReadings>,
        /// kWh that they added to the contest's energy.
        energy_kwh: f64,
        /// kWh that they added to the saving.
        saved_kwh: f64,
        /// Ranks before the first and after the last of them, where they differ.
        #[serde(default)]
        rank: Option<[Option<u32>; 2]>,
    },
    /// Stored readings that do not count.
    Quarantine(QuarantineRecord),
    /// The official leaderboard at local midnight.
    Standing {
        /// The day that had ended.
        date: String,
        /// Positions, in the order of the leaderboard.
        places: Vec<BoardPosition>,
    },
    /// Stored readings of whole days were sealed.
    Sealed {
        /// Number of days, counted for each meter.
        days: u64,
        /// Days among them that were sealed before and changed since.
        again: u64,
        /// Readings in them.
        readings: u64,
        /// SHA-256 over the seals, hexadecimal.
        root: String,
    },
    /// Rows were imported.
    Import {
        /// `interval` or `temperature`.
        what: String,
        /// Meter or participant id.
        name: String,
        /// Start of the first row, RFC 3339.
        first: String,
        /// Start of the last row, RFC 3339.
        last: String,
        /// How many rows were new.
        taken: i64,
        /// How many rows replaced another value, as the organiser requested.
        replaced: i64,
        /// How many rows were taken back, or made room for rows of another length.
        #[serde(default, skip_serializing_if = "is_zero")]
        removed: i64,
        /// SHA-256 over the digests of the changed days, hexadecimal.
        root: String,
        /// Last row of the store's list of imports that the entry covers.
        upto: i64,
    },
    /// Rows were received after the lock: they are kept and do not count.
    #[serde(rename = "aside")]
    PostLock {
        /// `reading`, `interval` or `temperature`.
        what: String,
        /// Meter or participant id.
        name: String,
        /// Time of the first, RFC 3339.
        first: String,
        /// Time of the last, RFC 3339.
        last: String,
        /// Number of rows.
        rows: u64,
    },
    /// The log itself was changed while the service ran.
    Tampered {
        /// The newest entry that the service knew.
        entry: i64,
        /// Its hash then.
        hash: String,
    },
    /// Accounts or API tokens changed.
    Access(AccessRecord),
    /// An event that this version of the program does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Entries of versions that could not take rows back have no such field.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
const fn is_zero(count: &i64) -> bool {
    *count == 0
}

/// A change of accounts or API tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRecord {
    /// What changed.
    pub change: AccessChange,
    /// The account's name, or the token's number.
    pub name: String,
    /// Its role: `organiser`, `town` or `reader`.
    pub role: String,
    /// The participants of a town.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<String>,
    /// The account that did it, or `command line`.
    pub by: String,
}

/// How accounts or API tokens changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessChange {
    /// An account was added.
    AccountAdded,
    /// An account was removed, which ended its sessions.
    AccountRemoved,
    /// A password was reset, which ended the account's sessions.
    PasswordReset,
    /// The invited person chose a password.
    PasswordChosen,
    /// An API token was added.
    TokenAdded,
    /// An API token was removed.
    TokenRemoved,
}

/// Late readings of a meter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateReadings {
    /// Meter id.
    pub meter: String,
    /// First UTC day with such readings.
    pub from: String,
    /// Last UTC day with such readings.
    pub until: String,
    /// Number of readings.
    pub readings: u64,
}

/// Readings in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRecord {
    /// Meter id.
    pub meter: String,
    /// Why they do not count.
    pub reason: String,
    /// Number of readings with that reason so far.
    pub readings: u64,
    /// Time of the first, RFC 3339.
    pub first: String,
    /// Time of the last, RFC 3339.
    pub last: String,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Number: 1, 2, … without a gap.
    pub seq: i64,
    /// Time, by the service's clock.
    pub at: Time,
    /// The event's JSON, as it is stored.
    pub body: String,
    /// SHA-256 over the previous hash and this entry.
    pub hash: [u8; 32],
}

impl AuditEntry {
    /// What happened; [`AuditEvent::Unknown`] where this version cannot read it.
    pub fn event(&self) -> AuditEvent {
        self.parse().unwrap_or(AuditEvent::Unknown)
    }

    /// What happened.
    ///
    /// # Errors
    /// Where this version of the program cannot read the entry.
    pub fn parse(&self) -> Result<AuditEvent, serde_json::Error> {
        serde_json::from_str(&self.body)
    }
}

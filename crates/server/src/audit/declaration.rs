//! What the organiser declares while the service runs.
//!
//! [`DeclarationRequest`] is the untrusted form: the JSON of the HTTP interface and of
//! the stored log, and what the forms and the command line fill in. It is parsed once,
//! at the edge, into a [`Declaration`]; everything behind the edge matches on
//! [`Change`].
//!
//! A declaration is in force from its entry in the log on, for the past as well: the
//! leaderboard is a function of the readings and of all declarations in force. A wrong
//! declaration is withdrawn by another one; nothing is deleted.
mod effect;
mod moment;
mod request;

use std::str::FromStr;

use competition::{ActivityKind, Competition, DoubtKind, SquareMetres, Time, WattHours};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use effect::{
    DeclarationInForce, apply_declarations, declarations_in_force, validate_declaration,
};
pub use moment::Moment;
pub use request::DeclarationRequest;

/// A declaration of the organiser: who makes it, why, and what it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "DeclarationRequest", into = "DeclarationRequest")]
pub struct Declaration {
    /// Role of the person who makes it.
    pub by: String,
    /// Reason, published; for an activity a description of what was done.
    pub reason: String,
    /// What it changes.
    pub change: Change,
}

/// What a declaration changes, one variant for each [`DeclarationKind`].
///
/// Dates and moments are kept as they were declared; the competition's time zone turns
/// them into instants.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A non-routine event: whole local days do not count.
    Event {
        /// Participant id.
        participant: String,
        /// First day.
        from: Date,
        /// The day after the last.
        until: Date,
    },
    /// Hours do not count, neither in the baseline period nor in the contest.
    ExcludedHours {
        /// Participant id.
        participant: String,
        /// Beginning.
        from: Moment,
        /// End, exclusive.
        until: Moment,
    },
    /// A meter was replaced or its register was reset.
    MeterSwap {
        /// Meter id.
        meter: String,
        /// When the new register took over.
        at: Moment,
        /// Last value of the old register.
        last: WattHours,
        /// First value of the new register.
        first: WattHours,
    },
    /// Doubts about the input are unfounded: the values are right.
    AcceptDoubt {
        /// Participant id.
        participant: String,
        /// Kind of the doubts.
        doubt: DoubtKind,
        /// Beginning.
        from: Moment,
        /// End, exclusive; `None`: for good.
        until: Option<Moment>,
    },
    /// All energy of a meter is a factor times what it measured.
    Factor {
        /// Meter id.
        meter: String,
        /// Beginning.
        from: Moment,
        /// End, exclusive; `None`: for good.
        until: Option<Moment>,
        /// The factor.
        factor: f64,
    },
    /// Heated floor area (Atemp) from a day on.
    FloorArea {
        /// Participant id.
        participant: String,
        /// First day with this area.
        from: Date,
        /// Atemp.
        area: SquareMetres,
    },
    /// Number of employees from a day on.
    Employees {
        /// Participant id.
        participant: String,
        /// First day with this number.
        from: Date,
        /// How many.
        count: u32,
    },
    /// Something that a participant did to save energy; it does not change the ranking.
    Activity {
        /// Participant id.
        participant: String,
        /// Its kind.
        activity: ActivityKind,
        /// Local day.
        day: Date,
        /// Where in the building, if that is published.
        place: Option<String>,
    },
    /// Readings and imported rows that were received after the lock count; an
    /// amendment only.
    LateData {
        /// Participant id.
        participant: String,
    },
    /// An earlier declaration is no longer in force.
    Withdraw {
        /// Its entry in the audit log.
        entry: i64,
    },
}

impl Change {
    /// Its kind.
    pub const fn kind(&self) -> DeclarationKind {
        match self {
            Self::Event { .. } => DeclarationKind::Event,
            Self::ExcludedHours { .. } => DeclarationKind::ExcludedHours,
            Self::MeterSwap { .. } => DeclarationKind::MeterSwap,
            Self::AcceptDoubt { .. } => DeclarationKind::AcceptDoubt,
            Self::Factor { .. } => DeclarationKind::Factor,
            Self::FloorArea { .. } => DeclarationKind::FloorArea,
            Self::Employees { .. } => DeclarationKind::Employees,
            Self::Activity { .. } => DeclarationKind::Activity,
            Self::LateData { .. } => DeclarationKind::LateData,
            Self::Withdraw { .. } => DeclarationKind::Withdraw,
        }
    }

    /// The participant that it names; a meter swap and a factor name a meter, a withdrawal
    /// an entry.
    pub fn participant(&self) -> Option<&str> {
        match self {
            Self::Event { participant, .. }
            | Self::ExcludedHours { participant, .. }
            | Self::AcceptDoubt { participant, .. }
            | Self::FloorArea { participant, .. }
            | Self::Employees { participant, .. }
            | Self::Activity { participant, .. }
            | Self::LateData { participant } => Some(participant),
            Self::MeterSwap { .. } | Self::Factor { .. } | Self::Withdraw { .. } => None,
        }
    }

    /// The meter that it names.
    pub fn meter(&self) -> Option<&str> {
        match self {
            Self::MeterSwap { meter, .. } | Self::Factor { meter, .. } => Some(meter),
            _ => None,
        }
    }
}

/// Kinds of declarations, as JSON, forms and the command line name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "kebab-case")]
pub enum DeclarationKind {
    /// [`Change::Event`]
    Event,
    /// [`Change::ExcludedHours`]
    ExcludedHours,
    /// [`Change::MeterSwap`]
    MeterSwap,
    /// [`Change::AcceptDoubt`]
    AcceptDoubt,
    /// [`Change::Factor`]
    Factor,
    /// [`Change::FloorArea`]
    FloorArea,
    /// [`Change::Employees`]
    Employees,
    /// [`Change::Activity`]
    Activity,
    /// [`Change::Withdraw`]
    Withdraw,
    /// [`Change::LateData`]
    LateData,
}

impl DeclarationKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Event,
        Self::ExcludedHours,
        Self::MeterSwap,
        Self::AcceptDoubt,
        Self::Factor,
        Self::FloorArea,
        Self::Employees,
        Self::Activity,
        Self::Withdraw,
        Self::LateData,
    ];

    /// Its name, such as `floor-area`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::ExcludedHours => "excluded-hours",
            Self::MeterSwap => "meter-swap",
            Self::AcceptDoubt => "accept-doubt",
            Self::Factor => "factor",
            Self::FloorArea => "floor-area",
            Self::Employees => "employees",
            Self::Activity => "activity",
            Self::Withdraw => "withdraw",
            Self::LateData => "late-data",
        }
    }
}

impl FromStr for DeclarationKind {
    type Err = DeclarationError;

    fn from_str(id: &str) -> Result<Self, DeclarationError> {
        Self::ALL.into_iter().find(|kind| kind.id() == id).ok_or_else(|| {
            error(
                format!("kind = {id:?} is not known"),
                format!("one of {}", Self::ALL.map(Self::id).join(", ")),
            )
        })
    }
}

/// What is wrong with a declaration, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DeclarationError {
    /// What is wrong.
    pub what: String,
    /// How to fix it, in one line.
    pub hint: String,
    /// The field that is wrong, where it is one of them.
    pub field: Option<&'static str>,
    /// What is wrong and how to fix it in Swedish, where people can cause it with a form.
    pub swedish: Option<String>,
}

impl DeclarationError {
    /// The error of a field, with its text in Swedish.
    fn at(self, field: &'static str, swedish: impl Into<String>) -> Self {
        Self { field: Some(field), swedish: Some(swedish.into()), ..self }
    }

    /// The error of no single field, with its text in Swedish.
    pub(crate) fn in_swedish(self, swedish: impl Into<String>) -> Self {
        Self { swedish: Some(swedish.into()), ..self }
    }
}

pub(crate) fn error(what: impl Into<String>, hint: impl Into<String>) -> DeclarationError {
    DeclarationError { what: what.into(), hint: hint.into(), field: None, swedish: None }
}

/// The instant at which the contest period begins.
pub fn contest_start(competition: &Competition) -> Time {
    let Competition { contest, timezone, .. } = competition;
    moment::midnight(contest.start, timezone).unwrap_or(Time(i64::MAX))
}

/// The instant at which the contest period ends.
pub fn contest_end(competition: &Competition) -> Time {
    let Competition { contest, timezone, .. } = competition;
    moment::midnight(contest.end, timezone).unwrap_or(Time(i64::MAX))
}

/// Whether role and reason have a usable length.
///
/// # Errors
/// Names the one that has not.
pub fn check_role_and_reason(by: &str, reason: &str) -> Result<(), DeclarationError> {
    if !(1..=80).contains(&by.trim().chars().count()) {
        return Err(error(
            "by is empty or has more than 80 characters",
            "give a role, such as energy coordinator",
        )
        .at("by", "Ange en roll med högst 80 tecken, till exempel energisamordnare."));
    }
    if !(3..=500).contains(&reason.trim().chars().count()) {
        return Err(error(
            "reason has fewer than 3 or more than 500 characters",
            "give the reason in 3 to 500 characters; every visitor can read it",
        )
        .at("reason", "Ange skälet med 3 till 500 tecken. Alla besökare kan läsa det."));
    }
    Ok(())
}

/// Whether a text has no control character but line feeds, and none that changes its
/// direction: a terminal takes them for commands. Stored texts may have them.
///
/// # Errors
/// Names the text and the character.
pub fn check_characters(name: &'static str, text: &str) -> Result<(), DeclarationError> {
    let is_bidi = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let found = text.trim().chars().find(|c| c.is_control() && *c != '\n' || is_bidi(*c));
    found.map_or(Ok(()), |c| {
        Err(error(
            format!("{name} has the control character U+{:04X}", u32::from(c)),
            "write it in letters, digits and punctuation",
        )
        .at(
            name,
            "Texten innehåller ett styrtecken. Skriv den med bokstäver, siffror och skiljetecken.",
        ))
    })
}

#[cfg(test)]
mod tests;

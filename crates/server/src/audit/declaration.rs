//! What the organiser declares while the service runs: read, checked against the
//! competition, and applied to its participants.
//!
//! A declaration holds from its entry in the log on, for the past as well: the board
//! is a function of the readings and of all that is in force. One that was wrong is
//! withdrawn by another one; nothing is deleted.
mod request;

use competition::{Activity, Competition, Epoch, Exclusion, Participant, SquareMetres, Time};
use jiff::{civil::Date, tz::TimeZone};

pub use request::DeclarationRequest;

use super::{AuditEntry, AuditEvent};
use request::midnight;

/// A declaration that makes sense.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Its entry in the log.
    pub entry: i64,
    /// When it was made.
    pub made: Time,
    /// As it was asked for.
    pub asked: DeclarationRequest,
    /// What it changes.
    pub change: Change,
}

/// What a declaration changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Hours that leave both sides of a participant's sum.
    Excluded(String, Exclusion),
    /// A meter was swapped or reset.
    Swapped(String, Epoch),
    /// Atemp of a participant from a day on.
    Area(String, Date, SquareMetres),
    /// Its employees from a day on.
    Staff(String, Date, u32),
    /// Something that a participant did to save; it moves nobody on the board.
    Done(String, Activity),
    /// What came for a participant after the lock is taken in.
    Late(String),
    /// An earlier declaration holds no more.
    Withdrawn(i64),
}

/// What is wrong with a declaration, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DeclarationError {
    /// What is wrong.
    pub what: String,
    /// How to fix it.
    pub hint: String,
}

fn wrong(what: impl Into<String>, hint: impl Into<String>) -> DeclarationError {
    DeclarationError { what: what.into(), hint: hint.into() }
}

/// The declarations of a log that are in force, in their order. Those that cannot be
/// read are told to the program's log and left out.
pub fn declarations_in_force(entries: &[AuditEntry], zone: &TimeZone) -> Vec<Declaration> {
    let mut active: Vec<Declaration> = Vec::new();
    for entry in entries {
        let (AuditEvent::Declaration { declared } | AuditEvent::Amendment { declared }) =
            entry.event()
        else {
            continue;
        };
        match declared.read(zone) {
            Ok(Change::Withdrawn(withdrawn)) => active.retain(|it| it.entry != withdrawn),
            // Done once, not in force.
            Ok(Change::Late(_)) => {}
            Ok(change) => {
                let (entry, made) = (entry.seq, entry.at);
                active.push(Declaration { entry, made, asked: declared, change });
            }
            Err(mistake) => {
                tracing::error!(entry = entry.seq, %mistake, "a declaration cannot be read");
            }
        }
    }
    active
}

/// When a contest begins.
pub fn contest_start(competition: &Competition) -> Time {
    midnight(competition.contest.start, &competition.timezone).unwrap_or(Time(i64::MAX))
}

/// When it is over.
pub fn contest_end(competition: &Competition) -> Time {
    midnight(competition.contest.end, &competition.timezone).unwrap_or(Time(i64::MAX))
}

/// Whether a role and a reason are given.
///
/// # Errors
/// Which is not.
pub fn check_role_and_reason(by: &str, reason: &str) -> Result<(), DeclarationError> {
    if !(1..=80).contains(&by.trim().chars().count()) {
        return Err(wrong("by says who declares it", "give a role, such as energy coordinator"));
    }
    if !(3..=500).contains(&reason.trim().chars().count()) {
        return Err(wrong("reason says why, in 3 to 500 characters", "everybody may read it"));
    }
    Ok(())
}

/// Whether a declaration may be made of these participants, given those in force.
///
/// # Errors
/// What is wrong with it.
pub fn check_declaration(
    asked: &DeclarationRequest,
    competition: &Competition,
    participants: &[Participant],
    active: &[Declaration],
) -> Result<Change, DeclarationError> {
    check_role_and_reason(&asked.by, &asked.reason)?;
    let zone = &competition.timezone;
    let change = asked.read(zone)?;
    let known = |id: &String| {
        participants.iter().any(|who| who.id == *id).then_some(()).ok_or_else(|| {
            wrong(format!("no participant is called {id:?}"), "the ids stand in the configuration")
        })
    };
    let (begin, end) =
        (midnight(competition.baseline.start, zone)?, midnight(competition.contest.end, zone)?);
    match &change {
        Change::Excluded(who, hours) => {
            known(who)?;
            if hours.from >= hours.until {
                return Err(wrong("until is not after from", "until is the end, not included"));
            }
            if hours.until <= begin || hours.from >= end {
                return Err(wrong(
                    "the hours lie outside of the baseline year and the contest",
                    "correct from and until",
                ));
            }
        }
        Change::Swapped(id, epoch) => {
            let meters = participants.iter().flat_map(|who| &who.meters);
            let meter = meters.into_iter().find(|meter| meter.id == *id).ok_or_else(|| {
                wrong(format!("no meter is called {id:?}"), "the ids stand in the configuration")
            })?;
            let limit = 1 << 52;
            if !(0..=limit).contains(&epoch.last.0) || !(0..=limit).contains(&epoch.first.0) {
                return Err(wrong(
                    "a register is negative or absurd",
                    "give Wh as the meter shows",
                ));
            }
            if meter.epochs.iter().any(|known| known.at == epoch.at) {
                return Err(wrong(
                    format!("a change of meter {id} at that moment is declared already"),
                    "withdraw that one first, or correct `at`",
                ));
            }
            if epoch.at < begin || epoch.at >= end {
                return Err(wrong(
                    "at is outside of the baseline year and the contest",
                    "correct it",
                ));
            }
        }
        Change::Area(who, _, area) => {
            known(who)?;
            if !(20.0..=1_000_000.0).contains(&area.0) {
                return Err(wrong("m2 is not between 20 and 1000000", "give Atemp in m²"));
            }
        }
        Change::Staff(who, _, count) => {
            known(who)?;
            if !(1..=100_000).contains(count) {
                return Err(wrong("count is not between 1 and 100000", "give how many there are"));
            }
        }
        Change::Done(who, done) => {
            known(who)?;
            if done.place.chars().count() > 80 {
                return Err(wrong("place has more than 80 characters", "say it shorter"));
            }
            let at = midnight(done.day, zone)?;
            if at < begin || at >= end {
                return Err(wrong(
                    "day is outside of the baseline year and the contest",
                    "correct it",
                ));
            }
        }
        Change::Late(who) => known(who)?,
        Change::Withdrawn(entry) => {
            if !active.iter().any(|it| it.entry == *entry) {
                return Err(wrong(
                    format!("entry {entry} is no declaration that is in force"),
                    "GET /api/v1/organiser/declarations lists those that are",
                ));
            }
        }
    }
    if let Some(same) = active.iter().find(|it| it.change == change) {
        return Err(wrong(
            format!("the same is in force since entry {}", same.entry),
            "there is nothing to do",
        ));
    }
    Ok(change)
}

/// What the configuration has as well was done once: who told it last has more to say.
fn tell(activities: &mut Vec<Activity>, done: &Activity) {
    let same = |it: &Activity| (it.kind, it.day, &it.place) == (done.kind, done.day, &done.place);
    activities.retain(|it| !same(it));
    activities.push(done.clone());
}

/// The participants with what is declared of them.
pub fn apply_declarations(
    participants: &[Participant],
    active: &[Declaration],
) -> Vec<Participant> {
    let mut all = participants.to_vec();
    for Declaration { entry, change, .. } in active {
        let found = match change {
            Change::Excluded(id, hours) => {
                find(&mut all, id).map(|who| who.exclusions.push(hours.clone()))
            }
            Change::Area(id, from, area) => {
                find(&mut all, id).map(|who| set(&mut who.floor_area.0, *from, *area))
            }
            Change::Staff(id, from, count) => {
                find(&mut all, id).map(|who| set(&mut who.employees.0, *from, *count))
            }
            Change::Done(id, done) => find(&mut all, id).map(|who| tell(&mut who.activities, done)),
            Change::Swapped(id, epoch) => {
                let mut meters = all.iter_mut().flat_map(|who| &mut who.meters);
                meters.find(|meter| meter.id == *id).map(|meter| {
                    meter.epochs.push(*epoch);
                    meter.epochs.sort_by_key(|epoch| epoch.at);
                })
            }
            Change::Late(_) | Change::Withdrawn(_) => Some(()),
        };
        if found.is_none() {
            tracing::warn!(entry, "a declaration is of somebody who is not configured any more");
        }
    }
    all
}

fn find<'a>(all: &'a mut [Participant], id: &str) -> Option<&'a mut Participant> {
    all.iter_mut().find(|who| who.id == id)
}

fn set<T>(list: &mut Vec<(Date, T)>, from: Date, value: T) {
    list.retain(|(date, _)| *date != from);
    list.push((from, value));
    list.sort_by_key(|(date, _)| *date);
}

#[cfg(test)]
mod tests;

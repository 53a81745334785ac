//! What the organiser declares while the service runs: read, checked against the
//! competition, and applied to its participants.
//!
//! A declaration holds from its entry in the log on, for the past as well: the board
//! is a function of the readings and of all that is in force. One that was wrong is
//! withdrawn by another one; nothing is deleted.
use competition::{Competition, Epoch, Exclusion, Participant, SquareMetres, Time, WattHours};
use jiff::{Timestamp, civil::Date, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Entry, Event};

/// A declaration as it is sent and stored: `kind` says which of the fields it needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Declaration)]
pub struct Asked {
    /// `event`, `excluded-hours`, `meter-swap`, `floor-area`, `employees`, `withdraw`, or,
    /// as an amendment, `late-data`.
    pub kind: String,
    /// Role of who declares it, such as `energy coordinator`.
    pub by: String,
    /// Why, for everybody to read.
    pub reason: String,
    /// Of `event`, `excluded-hours`, `floor-area`, `employees`, `late-data`: its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// Of `meter-swap`: the meter's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// `event`: first day. `floor-area`, `employees`: the day from which it holds.
    /// `excluded-hours`: a moment, RFC 3339 or local.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `event`: the day after the last. `excluded-hours`: a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// `meter-swap`: when the new register took over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `meter-swap`: last value of the old register, Wh as the meter showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_wh: Option<i64>,
    /// `meter-swap`: first value of the new register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_wh: Option<i64>,
    /// `floor-area`: Atemp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub m2: Option<f64>,
    /// `employees`: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// `withdraw`: the entry of the declaration that is to hold no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<i64>,
}

/// A declaration that makes sense.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// Its entry in the log.
    pub entry: i64,
    /// When it was made.
    pub made: Time,
    /// As it was asked for.
    pub asked: Asked,
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
    /// What came for a participant after the lock is taken in.
    Late(String),
    /// An earlier declaration holds no more.
    Withdrawn(i64),
}

/// What is wrong with a declaration, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Mistake {
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

fn wrong(what: impl Into<String>, mend: impl Into<String>) -> Mistake {
    Mistake { what: what.into(), mend: mend.into() }
}

impl Asked {
    /// What it means, without a look at who competes.
    ///
    /// # Errors
    /// The first field that is missing or is nothing.
    pub fn read(&self, zone: &TimeZone) -> Result<Change, Mistake> {
        let kind = self.kind.as_str();
        let need = |field: &Option<String>, name: &str, example: &str| {
            let text = field.as_deref().map(str::trim).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| {
                wrong(format!("{kind} needs {name}"), format!("give {name}, such as {example}"))
            })
        };
        let who = || need(&self.participant, "participant", "soderhamn");
        let day = |field: &Option<String>, name: &str| {
            let text = need(field, name, "2027-03-15")?;
            text.parse::<Date>().map_err(|_| {
                wrong(format!("{name} = {text:?} is no date"), "write it as 2027-03-15")
            })
        };
        let moment = |field: &Option<String>, name: &str| {
            moment(&need(field, name, "2027-04-11T09:00:00+02:00")?, name, zone)
        };
        let number = |field: Option<i64>, name: &str| {
            field.ok_or_else(|| wrong(format!("{kind} needs {name}"), "give it in whole Wh"))
        };
        Ok(match kind {
            "event" => {
                let (from, until) = (day(&self.from, "from")?, day(&self.until, "until")?);
                let begin = |day: Date| midnight(day, zone);
                let (from, until) = (begin(from)?, begin(until)?);
                let reason = self.reason.trim().to_owned();
                Change::Excluded(who()?, Exclusion { from, until, reason })
            }
            "excluded-hours" => {
                let (from, until) = (moment(&self.from, "from")?, moment(&self.until, "until")?);
                let reason = self.reason.trim().to_owned();
                Change::Excluded(who()?, Exclusion { from, until, reason })
            }
            "meter-swap" => {
                let meter = need(&self.meter, "meter", "735999100000000001")?;
                let at = moment(&self.at, "at")?;
                let last = WattHours(number(self.last_wh, "last_wh")?);
                let first = WattHours(number(self.first_wh, "first_wh")?);
                Change::Swapped(meter, Epoch { at, last, first })
            }
            "floor-area" => {
                let m2 = self.m2.ok_or_else(|| {
                    wrong("floor-area needs m2", "give Atemp in square metres, such as 6100")
                })?;
                Change::Area(who()?, day(&self.from, "from")?, SquareMetres(m2))
            }
            "employees" => {
                let count = self.count.ok_or_else(|| {
                    wrong("employees needs count", "give how many there are, such as 240")
                })?;
                Change::Staff(who()?, day(&self.from, "from")?, count)
            }
            "late-data" => Change::Late(who()?),
            "withdraw" => Change::Withdrawn(self.entry.ok_or_else(|| {
                wrong("withdraw needs entry", "give the number that the declaration has in the log")
            })?),
            other => {
                return Err(wrong(
                    format!("kind = {other:?} is not known"),
                    "one of event, excluded-hours, meter-swap, floor-area, employees, withdraw, late-data",
                ));
            }
        })
    }
}

fn midnight(day: Date, zone: &TimeZone) -> Result<Time, Mistake> {
    let zoned = day.to_zoned(zone.clone());
    let zoned = zoned.map_err(|_| wrong(format!("{day} is beyond the calendar"), "correct it"))?;
    Ok(Time(zoned.timestamp().as_second()))
}

/// RFC 3339, or a local time as forms send it where that is one moment.
fn moment(text: &str, name: &str, zone: &TimeZone) -> Result<Time, Mistake> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Time(at.as_second()));
    }
    let local = text.parse::<DateTime>().map_err(|_| {
        wrong(format!("{name} = {text:?} is no time"), "write it as 2027-04-11T09:00:00+02:00")
    })?;
    let at = zone.to_ambiguous_timestamp(local).unambiguous().map_err(|_| {
        wrong(
            format!("{name} = {text:?} is not one moment: the clocks change then"),
            "give it with its offset, such as 2027-10-31T02:30:00+01:00",
        )
    })?;
    Ok(Time(at.as_second()))
}

/// The declarations of a log that are in force, in their order. Those that cannot be
/// read are told to the program's log and left out.
pub fn active(entries: &[Entry], zone: &TimeZone) -> Vec<Declaration> {
    let mut active: Vec<Declaration> = Vec::new();
    for entry in entries {
        let (Event::Declaration { declared } | Event::Amendment { declared }) = entry.event()
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
pub fn begins(competition: &Competition) -> Time {
    midnight(competition.contest.start, &competition.timezone).unwrap_or(Time(i64::MAX))
}

/// When it is over.
pub fn ends(competition: &Competition) -> Time {
    midnight(competition.contest.end, &competition.timezone).unwrap_or(Time(i64::MAX))
}

/// Whether a role and a reason are given.
///
/// # Errors
/// Which is not.
pub fn check_words(by: &str, reason: &str) -> Result<(), Mistake> {
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
pub fn check(
    asked: &Asked,
    competition: &Competition,
    participants: &[Participant],
    active: &[Declaration],
) -> Result<Change, Mistake> {
    check_words(&asked.by, &asked.reason)?;
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

/// The participants with what is declared of them.
pub fn apply(participants: &[Participant], active: &[Declaration]) -> Vec<Participant> {
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

//! What declarations in force do to the participants of a competition.
use competition::{Activity, Competition, Epoch, Exclusion, Participant, SquareMetres, Time};
use jiff::{civil::Date, tz::TimeZone};

use super::{Change, Declaration, DeclarationError, error, moment::midnight};
use crate::audit::{AuditEntry, AuditEvent};

/// A declaration in force.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclarationInForce {
    /// Its entry in the audit log.
    pub entry: i64,
    /// When it was made.
    pub declared_at: Time,
    /// The declaration.
    pub declaration: Declaration,
    effect: Effect,
}

/// A change with its dates and moments resolved in the competition's time zone.
#[derive(Debug, Clone, PartialEq)]
enum Effect {
    Exclusion(String, Exclusion),
    Epoch(String, Epoch),
    FloorArea(String, Date, SquareMetres),
    Employees(String, Date, u32),
    Activity(String, Activity),
    /// Late data is taken in once.
    Once(String),
    Withdrawal(i64),
}

impl Effect {
    fn new(declaration: &Declaration, zone: &TimeZone) -> Result<Self, DeclarationError> {
        let Declaration { by, reason, change } = declaration;
        let exclusion = |who: &str, from, until| {
            Self::Exclusion(who.to_owned(), Exclusion { from, until, reason: reason.clone() })
        };
        Ok(match change {
            Change::Event { participant, from, until } => {
                exclusion(participant, midnight(*from, zone)?, midnight(*until, zone)?)
            }
            Change::ExcludedHours { participant, from, until } => {
                exclusion(participant, from.resolve("from", zone)?, until.resolve("until", zone)?)
            }
            Change::MeterSwap { meter, at, last, first } => {
                let at = at.resolve("at", zone)?;
                Self::Epoch(meter.clone(), Epoch { at, last: *last, first: *first })
            }
            Change::FloorArea { participant, from, area } => {
                Self::FloorArea(participant.clone(), *from, *area)
            }
            Change::Employees { participant, from, count } => {
                Self::Employees(participant.clone(), *from, *count)
            }
            Change::Activity { participant, activity, day, place } => {
                let activity = Activity {
                    kind: *activity,
                    day: *day,
                    place: place.clone().unwrap_or_default(),
                    by: by.clone(),
                    note: reason.clone(),
                };
                Self::Activity(participant.clone(), activity)
            }
            Change::LateData { participant } => Self::Once(participant.clone()),
            Change::Withdraw { entry } => Self::Withdrawal(*entry),
        })
    }
}

/// The declarations of a log that are in force, in their order. A declaration that
/// cannot be read is logged and left out.
pub fn declarations_in_force(entries: &[AuditEntry], zone: &TimeZone) -> Vec<DeclarationInForce> {
    let mut in_force: Vec<DeclarationInForce> = Vec::new();
    for entry in entries {
        let declaration = match entry.parse() {
            Ok(AuditEvent::Declaration { declared } | AuditEvent::Amendment { declared }) => {
                declared
            }
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(entry = entry.seq, %error, "an entry of the audit log cannot be read and is left out");
                continue;
            }
        };
        match Effect::new(&declaration, zone) {
            Ok(Effect::Withdrawal(withdrawn)) => in_force.retain(|it| it.entry != withdrawn),
            Ok(Effect::Once(_)) => {}
            Ok(effect) => {
                let (entry, declared_at) = (entry.seq, entry.at);
                in_force.push(DeclarationInForce { entry, declared_at, declaration, effect });
            }
            Err(error) => {
                tracing::error!(entry = entry.seq, %error, "a declaration cannot be read and is left out");
            }
        }
    }
    in_force
}

/// Whether a declaration may be made of these participants, given those in force.
///
/// # Errors
/// What is wrong with it.
pub fn validate_declaration(
    declaration: &Declaration,
    competition: &Competition,
    participants: &[Participant],
    in_force: &[DeclarationInForce],
) -> Result<(), DeclarationError> {
    let zone = &competition.timezone;
    let effect = Effect::new(declaration, zone)?;
    let known = |id: &String| {
        participants.iter().any(|who| who.id == *id).then_some(()).ok_or_else(|| {
            error(format!("no participant is called {id:?}"), "the configuration lists the ids")
        })
    };
    let (begin, end) =
        (midnight(competition.baseline.start, zone)?, midnight(competition.contest.end, zone)?);
    let outside = |what: &str, hint: &str| {
        error(format!("{what} outside of the baseline year and the contest"), hint)
    };
    match &effect {
        Effect::Exclusion(who, hours) => {
            known(who)?;
            if hours.from >= hours.until {
                return Err(error("until is not after from", "until is the end, not included"));
            }
            if hours.until <= begin || hours.from >= end {
                return Err(outside("the hours lie", "correct from and until"));
            }
        }
        Effect::Epoch(id, epoch) => {
            let meters = participants.iter().flat_map(|who| &who.meters);
            let meter = meters.into_iter().find(|meter| meter.id == *id).ok_or_else(|| {
                error(format!("no meter is called {id:?}"), "the configuration lists the ids")
            })?;
            let limit = 1 << 52;
            if !(0..=limit).contains(&epoch.last.0) || !(0..=limit).contains(&epoch.first.0) {
                return Err(error(
                    "a register is negative or too large",
                    "give Wh as the meter shows",
                ));
            }
            if meter.epochs.iter().any(|known| known.at == epoch.at) {
                return Err(error(
                    format!("a change of meter {id} at that moment is declared already"),
                    "withdraw that one first, or correct `at`",
                ));
            }
            if epoch.at < begin || epoch.at >= end {
                return Err(outside("at is", "correct it"));
            }
        }
        Effect::FloorArea(who, _, area) => {
            known(who)?;
            if !(20.0..=1_000_000.0).contains(&area.0) {
                return Err(error("m2 is not between 20 and 1000000", "give Atemp in m²"));
            }
        }
        Effect::Employees(who, _, count) => {
            known(who)?;
            if !(1..=100_000).contains(count) {
                return Err(error("count is not between 1 and 100000", "give how many there are"));
            }
        }
        Effect::Activity(who, activity) => {
            known(who)?;
            if activity.place.chars().count() > 80 {
                return Err(error("place has more than 80 characters", "say it shorter"));
            }
            let at = midnight(activity.day, zone)?;
            if at < begin || at >= end {
                return Err(outside("day is", "correct it"));
            }
        }
        Effect::Once(who) => known(who)?,
        Effect::Withdrawal(entry) => {
            if !in_force.iter().any(|it| it.entry == *entry) {
                return Err(error(
                    format!("entry {entry} is no declaration that is in force"),
                    "GET /api/v1/organiser/declarations lists those that are",
                ));
            }
        }
    }
    if let Some(same) = in_force.iter().find(|it| it.effect == effect) {
        return Err(error(
            format!("the same is in force since entry {}", same.entry),
            "there is nothing to do",
        ));
    }
    Ok(())
}

/// The participants with the declarations in force applied.
pub fn apply_declarations(
    participants: &[Participant],
    in_force: &[DeclarationInForce],
) -> Vec<Participant> {
    let mut all = participants.to_vec();
    for DeclarationInForce { entry, effect, .. } in in_force {
        if apply(&mut all, effect).is_none() {
            tracing::warn!(
                entry,
                "a declaration names a participant or meter that is not configured"
            );
        }
    }
    all
}

/// `None` where the participant or the meter is not configured.
fn apply(all: &mut [Participant], effect: &Effect) -> Option<()> {
    match effect {
        Effect::Exclusion(id, hours) => find(all, id)?.exclusions.push(hours.clone()),
        Effect::FloorArea(id, from, area) => set(&mut find(all, id)?.floor_area.0, *from, *area),
        Effect::Employees(id, from, count) => set(&mut find(all, id)?.employees.0, *from, *count),
        Effect::Activity(id, activity) => {
            let activities = &mut find(all, id)?.activities;
            // The configuration may have the same activity, with less detail.
            activities.retain(|it| {
                (it.kind, it.day, &it.place) != (activity.kind, activity.day, &activity.place)
            });
            activities.push(activity.clone());
        }
        Effect::Epoch(id, epoch) => {
            let mut meters = all.iter_mut().flat_map(|who| &mut who.meters);
            let meter = meters.find(|meter| meter.id == *id)?;
            meter.epochs.push(*epoch);
            meter.epochs.sort_by_key(|epoch| epoch.at);
        }
        Effect::Once(_) | Effect::Withdrawal(_) => {}
    }
    Some(())
}

fn find<'a>(all: &'a mut [Participant], id: &str) -> Option<&'a mut Participant> {
    all.iter_mut().find(|who| who.id == id)
}

fn set<T>(list: &mut Vec<(Date, T)>, from: Date, value: T) {
    list.retain(|(date, _)| *date != from);
    list.push((from, value));
    list.sort_by_key(|(date, _)| *date);
}

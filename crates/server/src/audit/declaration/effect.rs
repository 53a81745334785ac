//! What declarations in force do to the participants of a competition.
use competition::{
    Acceptance, Activity, Competition, Correction, Epoch, Exclusion, Meter, Participant,
    SquareMetres, Time,
};
use jiff::{civil::Date, tz::TimeZone};

use super::{
    Change, Declaration, DeclarationError, Moment, check_characters, error, moment::midnight,
};
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
    Acceptance(String, Acceptance),
    Correction(String, Correction),
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
            Change::AcceptDoubt { participant, doubt, from, until } => {
                let (from, until) = (from.resolve("from", zone)?, end(until.as_ref(), zone)?);
                Self::Acceptance(participant.clone(), Acceptance { kind: *doubt, from, until })
            }
            Change::Factor { meter, from, until, factor } => {
                let (from, until) = (from.resolve("from", zone)?, end(until.as_ref(), zone)?);
                Self::Correction(meter.clone(), Correction { from, until, factor: *factor })
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

/// After every competition: the year 10000.
const NEVER: Time = Time(253_402_300_800);

/// The end of a range that may have none.
fn end(until: Option<&Moment>, zone: &TimeZone) -> Result<Time, DeclarationError> {
    until.map_or(Ok(NEVER), |until| until.resolve("until", zone))
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
    check_characters("by", &declaration.by)?;
    check_characters("reason", &declaration.reason)?;
    if let Change::Activity { place: Some(place), .. } = &declaration.change {
        check_characters("place", place)?;
    }
    let zone = &competition.timezone;
    let effect = Effect::new(declaration, zone)?;
    let known = |id: &String| {
        participants.iter().any(|who| who.id == *id).then_some(()).ok_or_else(|| {
            error(format!("no participant is called {id:?}"), "the configuration lists the ids")
        })
    };
    let (begin, end) =
        (midnight(competition.baseline.start, zone)?, midnight(competition.contest.end, zone)?);
    let outside = |what: &str, hint: &str, field: &'static str| {
        error(format!("{what} outside of the baseline year and the contest"), hint)
            .at(field, "Tiden ligger utanför referensåret och tävlingen. Rätta den.")
    };
    let range = |from: Time, until: Time| {
        if from >= until {
            return Err(error("until is not after from", "until is the end, not included")
                .at("until", "Slutet ligger inte efter början. Slutet räknas inte med i tiden."));
        }
        if until <= begin || from >= end {
            return Err(outside("the hours lie", "correct from and until", "from"));
        }
        Ok(())
    };
    let known_meter = |id: &String| {
        let mut meters = participants.iter().flat_map(|who| &who.meters);
        meters.find(|meter| meter.id == *id).ok_or_else(|| {
            error(format!("no meter is called {id:?}"), "the configuration lists the ids")
        })
    };
    match &effect {
        Effect::Exclusion(who, hours) => {
            known(who)?;
            range(hours.from, hours.until)?;
        }
        Effect::Acceptance(who, accepted) => {
            known(who)?;
            range(accepted.from, accepted.until)?;
        }
        Effect::Correction(id, correction) => {
            let meter = known_meter(id)?;
            range(correction.from, correction.until)?;
            if !(1e-6..=1e6).contains(&correction.factor) || correction.factor == 1.0 {
                return Err(error(
                    "factor is 1, or not between 0.000001 and 1000000",
                    "give what the measured energy is multiplied by, such as 1000",
                )
                .at(
                    "factor",
                    "Ange vad den mätta energin ska multipliceras med, till exempel 1000. Faktorn 1 ändrar ingenting.",
                ));
            }
            let overlaps =
                |it: &Correction| it.from < correction.until && correction.from < it.until;
            if meter.corrections.iter().any(overlaps) {
                return Err(error(
                    format!("meter {id} has a factor for some of these hours already"),
                    "withdraw that one first, or correct from and until",
                )
                .at(
                    "from",
                    "Mätaren har redan en faktor för en del av tiden. Återta den först, eller rätta tiden.",
                ));
            }
        }
        Effect::Epoch(id, epoch) => {
            let meter = known_meter(id)?;
            let limit = 1 << 52;
            if !(0..=limit).contains(&epoch.last.0) || !(0..=limit).contains(&epoch.first.0) {
                return Err(error(
                    "a register is negative or too large",
                    "give Wh as the meter shows",
                )
                .at(
                    if (0..=limit).contains(&epoch.last.0) { "first_wh" } else { "last_wh" },
                    "Mätarställningen är negativ eller för stor. Ange den i kWh som mätaren visar den.",
                ));
            }
            if meter.epochs.iter().any(|known| known.at == epoch.at) {
                return Err(error(
                    format!("a change of meter {id} at that moment is declared already"),
                    "withdraw that one first, or correct `at`",
                )
                .at("at", "Ett byte av mätaren är redan anmält för den tidpunkten. Återta det först, eller rätta tiden."));
            }
            if epoch.at < begin || epoch.at >= end {
                return Err(outside("at is", "correct it", "at"));
            }
        }
        Effect::FloorArea(who, _, area) => {
            known(who)?;
            if !(20.0..=1_000_000.0).contains(&area.0) {
                return Err(error("m2 is not between 20 and 1000000", "give Atemp in m²")
                    .at("m2", "Ange Atemp i m², mellan 20 och 1 000 000."));
            }
        }
        Effect::Employees(who, _, count) => {
            known(who)?;
            if !(1..=100_000).contains(count) {
                return Err(error("count is not between 1 and 100000", "give how many there are")
                    .at("count", "Ange antalet anställda, mellan 1 och 100 000."));
            }
        }
        Effect::Activity(who, activity) => {
            known(who)?;
            if activity.place.chars().count() > 80 {
                return Err(error("place has more than 80 characters", "say it shorter")
                    .at("place", "Ange platsen med högst 80 tecken."));
            }
            let at = midnight(activity.day, zone)?;
            if at < begin || at >= end {
                return Err(outside("day is", "correct it", "day"));
            }
        }
        Effect::Once(who) => known(who)?,
        Effect::Withdrawal(entry) => {
            if !in_force.iter().any(|it| it.entry == *entry) {
                return Err(error(
                    format!("entry {entry} is no declaration that is in force"),
                    "GET /api/v1/organiser/declarations lists those that are",
                )
                .at("entry", "Beslutet gäller inte längre. Välj ett annat."));
            }
        }
    }
    if let Some(same) = in_force.iter().find(|it| it.effect == effect) {
        return Err(error(
            format!("the same is in force since entry {}", same.entry),
            "there is nothing to do",
        )
        .in_swedish(format!("Samma beslut gäller redan sedan post {}.", same.entry)));
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
        Effect::Acceptance(id, accepted) => find(all, id)?.acceptances.push(*accepted),
        Effect::Correction(id, correction) => find_meter(all, id)?.corrections.push(*correction),
        Effect::Epoch(id, epoch) => {
            let meter = find_meter(all, id)?;
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

fn find_meter<'a>(all: &'a mut [Participant], id: &str) -> Option<&'a mut Meter> {
    all.iter_mut().flat_map(|who| &mut who.meters).find(|meter| meter.id == id)
}

fn set<T>(list: &mut Vec<(Date, T)>, from: Date, value: T) {
    list.retain(|(date, _)| *date != from);
    list.push((from, value));
    list.sort_by_key(|(date, _)| *date);
}

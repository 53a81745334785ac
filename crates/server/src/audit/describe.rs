//! Events of the audit log in plain English, in one or more lines.
use super::{
    AccessChange, AccessRecord, AuditEvent, BoardPosition, Change, Declaration, Difference, Moment,
};

/// Describes an event, for a reader who checks or disputes a position.
pub fn describe(event: &AuditEvent) -> String {
    match event {
        AuditEvent::Start { version, configuration } => {
            format!("started, version {version}, configuration {} as before", short(configuration))
        }
        AuditEvent::Configuration { version, configuration, changes, .. } => {
            let mut text =
                format!("started, version {version}, with configuration {}", short(configuration));
            if changes.is_empty() {
                text += ", the first one";
            }
            text + &differences(changes)
        }
        AuditEvent::Declaration { declared } => format!("declared: {}", declaration(declared)),
        AuditEvent::Amendment { declared } => {
            format!("the locked result was amended: {}", declaration(declared))
        }
        AuditEvent::Lock { by, reason } => format!("the result was locked by {by}: {reason}"),
        AuditEvent::Result { cause, board, changes } => {
            let mut text = format!(
                "the locked result after entry {cause}, computed at {}",
                moment(board.as_of())
            );
            if !changes.is_empty() {
                text += ", WITH ANOTHER CONFIGURATION than was locked";
            }
            text += &differences(changes);
            for (participant, level) in board.levels() {
                text += &format!(
                    "\n  {participant}: {:+.1} % from {} to {}, {} hours known; baseline {:+.1} %",
                    level.percent(),
                    moment(level.from),
                    moment(level.until),
                    level.hours,
                    level.applied_percent()
                );
            }
            text
        }
        AuditEvent::Moved { cause, places } if places.is_empty() => {
            format!("entry {cause} changed no position on the leaderboard")
        }
        AuditEvent::Moved { cause, places } => {
            let mut text = format!("entry {cause} changed the leaderboard");
            for [before, after] in places {
                text += &format!("\n  {}: {} -> {}", after.participant, at(before), at(after));
            }
            text
        }
        AuditEvent::Late { participant, meters, energy_kwh, saved_kwh, rank } => {
            let mut text = format!(
                "late readings of {participant}: energy {energy_kwh:+.3} kWh, \
                 saved {saved_kwh:+.3} kWh"
            );
            if let Some([before, after]) = rank {
                text += &format!(", rank {} -> {}", ordinal(*before), ordinal(*after));
            }
            for late in meters {
                let days = if late.from == late.until {
                    late.from.clone()
                } else {
                    format!("{} to {}", late.from, late.until)
                };
                text += &format!("\n  meter {}, {days}: {} readings", late.meter, late.readings);
            }
            text
        }
        AuditEvent::Quarantine(held) => format!(
            "in quarantine: {} readings of meter {}, {} to {}: {}",
            held.readings, held.meter, held.first, held.last, held.reason
        ),
        AuditEvent::Standing { date, places } => {
            let ranked = places.iter().filter(|place| place.rank.is_some());
            let mut text = format!("standing at the end of {date}");
            for place in ranked {
                text += &format!("\n  {} {}", place.participant, at(place));
            }
            text
        }
        AuditEvent::Sealed { days, again, readings, .. } => {
            let again = match again {
                0 => String::new(),
                again => format!(", {again} of them again: readings arrived after the first seal"),
            };
            format!("sealed: {readings} readings in {days} days of meters{again}")
        }
        AuditEvent::Import { what, name, first, last, taken: 0, replaced: 0, removed, .. } => {
            format!("taken back: {removed} rows of {what} of {name}, {first} to {last}")
        }
        AuditEvent::Import { what, name, first, last, taken, replaced, removed, .. } => {
            let replaced = match replaced {
                0 => String::new(),
                replaced => format!(", and {replaced} that replaced other values"),
            };
            let removed = match removed {
                0 => String::new(),
                removed => format!(", in place of {removed} rows of other lengths"),
            };
            format!(
                "imported: {taken} rows of {what} of {name}{replaced}{removed}, {first} to {last}"
            )
        }
        AuditEvent::PostLock { what, name, first, last, rows } => format!(
            "received after the lock, kept and not counted: {rows} rows of {what} of {name}, \
             {first} to {last}"
        ),
        AuditEvent::Tampered { entry, hash } => format!(
            "THE LOG WAS CHANGED while the service ran: entry {entry} had the hash {}",
            short(hash)
        ),
        AuditEvent::Access(record) => access(record),
        AuditEvent::Unknown => "an event that this version of the program does not know".to_owned(),
    }
}

fn access(record: &AccessRecord) -> String {
    let AccessRecord { change, name, role, participants, by } = record;
    let what = match change {
        AccessChange::AccountAdded => format!("account {name} was added"),
        AccessChange::AccountRemoved => format!("account {name} was removed"),
        AccessChange::PasswordReset => format!("the password of account {name} was reset"),
        AccessChange::PasswordChosen => format!("account {name} chose a password"),
        AccessChange::TokenAdded => format!("API {name} was added"),
        AccessChange::TokenRemoved => format!("API {name} was removed"),
    };
    let of = if participants.is_empty() { "" } else { " of " };
    format!("{what} ({role}{of}{}, by {by})", participants.join(", "))
}

fn differences(changes: &[Difference]) -> String {
    let line = |it: &Difference| format!("\n  {}: {} -> {}", it.path, it.before, it.after);
    changes.iter().map(line).collect()
}

fn declaration(Declaration { by, reason, change }: &Declaration) -> String {
    let what = match change {
        Change::Event { participant, from, until } => {
            format!("{participant} has no counted day from {from} up to but not including {until}")
        }
        Change::ExcludedHours { participant, from, until } => {
            format!("{participant} has no counted hour from {from} to {until}")
        }
        Change::MeterSwap { meter, at, last, first } => {
            format!("meter {meter} was changed at {at}: last {} Wh, first {} Wh", last.0, first.0)
        }
        Change::AcceptDoubt { participant, doubt, from, until } => format!(
            "doubts of the kind {doubt} about {participant} are unfounded {}",
            range(from, until.as_ref())
        ),
        Change::Factor { meter, from, until, factor } => format!(
            "the energy of meter {meter} is {factor} times what it measured {}",
            range(from, until.as_ref())
        ),
        Change::FloorArea { participant, from, area } => {
            format!("{participant} has {} m² from {from}", area.0)
        }
        Change::Employees { participant, from, count } => {
            format!("{participant} has {count} employees from {from}")
        }
        Change::Activity { participant, activity, day, place } => {
            let place = place.as_ref().map_or_else(String::new, |place| format!(", {place}"));
            format!("{participant} did: {}, {day}{place}", activity.as_str())
        }
        Change::LateData { participant } => {
            format!("readings of {participant} received after the lock count")
        }
        Change::Withdraw { entry } => format!("entry {entry} is no longer in force"),
    };
    format!("{what} (by {by}: {reason})")
}

fn range(from: &Moment, until: Option<&Moment>) -> String {
    until.map_or_else(|| format!("from {from} on"), |until| format!("from {from} to {until}"))
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

fn ordinal(rank: Option<u32>) -> String {
    rank.map_or_else(|| "not ranked".to_owned(), |rank| rank.to_string())
}

fn at(place: &BoardPosition) -> String {
    let saving = place.saving_percent.map_or_else(String::new, |it| format!(", {it:.2} %"));
    let saved = place.saved_kwh.map_or_else(String::new, |it| format!(", {it:.1} kWh"));
    format!("{}{saving}{saved}", ordinal(place.rank))
}

/// A moment in RFC 3339, UTC.
pub(crate) fn moment(at: competition::Time) -> String {
    wire::Time::from_unix(at.0).map_or_else(|_| at.0.to_string(), |at| at.to_string())
}

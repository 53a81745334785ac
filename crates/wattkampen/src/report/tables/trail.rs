//! What the organiser decided, each with role and reason, and a digest of the rest
//! of the audit trail; `wattkampen audit` prints and verifies all of it.
use competition::{ActivityKind, Bilingual};
use server::audit::{AuditEntry, AuditEvent, BoardPosition, DeclarationRequest, Difference, hex};

use crate::report::{
    summary::Summary,
    table::{Both, Cell, Column, Kind, Table, both},
};

pub(in crate::report) fn decisions(facts: &Summary) -> Table {
    let rows = facts.entries.iter().filter_map(|entry| {
        let (kind, what, by, reason) = match entry.event() {
            AuditEvent::Declaration { declared } => {
                (both("deklaration", "declaration"), asked(&declared), declared.by, declared.reason)
            }
            AuditEvent::Amendment { declared } => {
                (both("rättelse", "amendment"), asked(&declared), declared.by, declared.reason)
            }
            AuditEvent::Lock { by, reason } => {
                (both("låsning", "lock"), both("resultatet låstes", "the result was locked"), by, reason)
            }
            AuditEvent::Moved { cause, places } => (
                both("följd", "effect"),
                moved(cause, &places),
                String::new(),
                String::new(),
            ),
            AuditEvent::Result { changes, .. } if !changes.is_empty() => (
                both("VARNING", "WARNING"),
                reconfigured(&changes),
                String::new(),
                String::new(),
            ),
            AuditEvent::Tampered { entry, .. } => (
                both("VARNING", "WARNING"),
                Both(
                    format!("loggen ändrades utifrån medan tjänsten gick (efter post {entry})"),
                    format!("the log was changed from outside while the service ran (after entry {entry})"),
                ),
                String::new(),
                String::new(),
            ),
            _ => return None,
        };
        Some(vec![
            Cell::count(entry.seq as f64),
            Cell::Moment(entry.at),
            Cell::Words(kind),
            Cell::Words(what),
            Cell::name(&by),
            Cell::name(&reason),
        ])
    });
    Table {
        id: "decisions",
        title: both("Arrangörens beslut", "The organiser's decisions"),
        tab: both("Beslut", "Decisions"),
        note: None,
        empty: both(
            "Inga beslut har fattats under tävlingens gång.",
            "No decisions were taken in the course of the contest.",
        ),
        columns: vec![
            Column::new("entry", Kind::Number(0), "Post", "AuditEntry"),
            Column::new("at", Kind::Moment, "När", "When"),
            Column::new("kind", Kind::Words, "Slag", "Kind"),
            Column::new("what", Kind::Words, "Vad", "What"),
            Column::new("by", Kind::Words, "Av", "By"),
            Column::new("reason", Kind::Remark, "Skäl", "Reason"),
        ],
        rows: rows.collect(),
    }
}

/// Nobody has decided it: it came with the configuration file.
fn reconfigured(changes: &[Difference]) -> Both {
    let line = |it: &Difference| format!("{}: {} → {}", it.path, it.before, it.after);
    let list = changes.iter().map(line).collect::<Vec<_>>().join("; ");
    Both(
        format!("det låsta resultatet räknades om med en annan konfiguration än den låsta: {list}"),
        format!(
            "the locked result was computed anew with another configuration than was locked: {list}"
        ),
    )
}

const KINDS: [(&str, &str, &str); 13] = [
    ("start", "tjänsten startade", "the service started"),
    (
        "configuration",
        "konfigurationen lästes in eller ändrades",
        "the configuration was read or changed",
    ),
    ("declaration", "deklaration", "declaration"),
    ("amendment", "rättelse av låst resultat", "amendment of the locked result"),
    ("lock", "resultatet låstes", "the result was locked"),
    ("result", "det låsta resultatet", "the locked result"),
    ("moved", "vad ett beslut ändrade", "what a decision moved"),
    ("late", "sena avläsningar ändrade ställningen", "late readings moved the board"),
    ("quarantine", "orimliga avläsningar undantogs", "implausible readings were set aside"),
    ("standing", "ställning vid midnatt", "standing at midnight"),
    ("sealed", "avläsningar förseglades", "readings were sealed"),
    ("import", "historik importerades", "history was imported"),
    ("aside", "kom efter låsningen, räknas inte", "came after the lock, not counted"),
];

pub(in crate::report) fn digest(facts: &Summary) -> Table {
    let rows = KINDS.iter().filter_map(|(id, swedish, english)| {
        let of: Vec<&AuditEntry> =
            facts.entries.iter().filter(|entry| kind(&entry.event()) == *id).collect();
        let (first, last) = (of.first()?, of.last()?);
        Some(vec![
            Cell::Term(id, both(swedish, english)),
            Cell::count(of.len() as f64),
            Cell::Moment(first.at),
            Cell::Moment(last.at),
        ])
    });
    let note = facts.entries.last().map(|last| {
        let hash = hex(&last.hash);
        Both(
            format!(
                "Varje händelse som kan ändra ställningen loggas i en kedja av kontrollsummor. \
                 Den sista, post {}, har summan {hash}; skriv den i protokollet, så kan ingen \
                 ändra något i efterhand utan att det syns.",
                last.seq
            ),
            format!(
                "Everything that can move the board is logged in a chain of check sums. The last \
                 one, entry {}, has the sum {hash}; put it into the minutes, and nobody can \
                 change anything afterwards unseen.",
                last.seq
            ),
        )
    });
    Table {
        id: "trail",
        title: both("Loggen i sammandrag", "The audit trail in brief"),
        tab: both("Logg", "Audit trail"),
        note,
        empty: both("Loggen är tom.", "The log is empty."),
        columns: vec![
            Column::new("event", Kind::Words, "Händelse", "AuditEvent"),
            Column::new("entries", Kind::Number(0), "Poster", "Entries"),
            Column::new("first", Kind::Moment, "Första", "First"),
            Column::new("last", Kind::Moment, "Sista", "Last"),
        ],
        rows: rows.collect(),
    }
}

fn kind(event: &AuditEvent) -> &'static str {
    match event {
        AuditEvent::Start { .. } => "start",
        AuditEvent::Configuration { .. } => "configuration",
        AuditEvent::Declaration { .. } => "declaration",
        AuditEvent::Amendment { .. } => "amendment",
        AuditEvent::Lock { .. } => "lock",
        AuditEvent::Result { .. } => "result",
        AuditEvent::Moved { .. } => "moved",
        AuditEvent::Late { .. } => "late",
        AuditEvent::Quarantine(_) => "quarantine",
        AuditEvent::Standing { .. } => "standing",
        AuditEvent::Sealed { .. } => "sealed",
        AuditEvent::Import { .. } => "import",
        AuditEvent::Aside { .. } => "aside",
        _ => "other",
    }
}

/// What was asked for, without role and reason.
fn asked(asked: &DeclarationRequest) -> Both {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let (who, from, until) = (text(&asked.participant), text(&asked.from), text(&asked.until));
    match asked.kind.as_str() {
        "event" | "excluded-hours" => Both(
            format!("{who}: timmarna från {from} fram till {until} räknas inte"),
            format!("{who}: the hours from {from} up to {until} do not count"),
        ),
        "meter-swap" => {
            let (meter, at) = (text(&asked.meter), text(&asked.at));
            let [last, first] = [asked.last_wh, asked.first_wh].map(Option::unwrap_or_default);
            Both(
                format!("mätare {meter} byttes {at}: sista {last} Wh, första {first} Wh"),
                format!("meter {meter} was changed at {at}: last {last} Wh, first {first} Wh"),
            )
        }
        "floor-area" => {
            let m2 = asked.m2.unwrap_or_default();
            Both(format!("{who}: {m2} m² från {from}"), format!("{who}: {m2} m² from {from}"))
        }
        "employees" => {
            let count = asked.count.unwrap_or_default();
            Both(
                format!("{who}: {count} anställda från {from}"),
                format!("{who}: {count} employees from {from}"),
            )
        }
        "activity" => {
            let kind = text(&asked.activity).parse().unwrap_or(ActivityKind::Other);
            let (day, Bilingual { english, swedish }) = (text(&asked.day), kind.names());
            Both(format!("{who}: {swedish}, {day}"), format!("{who}: {english}, {day}"))
        }
        "late-data" => Both(
            format!("{who}: vad som kom efter låsningen räknas"),
            format!("{who}: what came after the lock counts"),
        ),
        "withdraw" => {
            let entry = asked.entry.unwrap_or_default();
            Both(format!("post {entry} gäller inte längre"), format!("entry {entry} holds no more"))
        }
        _ => {
            let all = [who, from, until].into_iter().filter(|it| !it.is_empty());
            let all = all.collect::<Vec<_>>().join(", ");
            Both(format!("{}: {all}", asked.kind), format!("{}: {all}", asked.kind))
        }
    }
}

fn moved(cause: i64, places: &[[BoardPosition; 2]]) -> Both {
    let rank =
        |place: &BoardPosition| place.rank.map_or_else(|| "–".to_owned(), |rank| rank.to_string());
    let each: Vec<String> = places
        .iter()
        .map(|[before, after]| format!("{} {} → {}", after.participant, rank(before), rank(after)))
        .collect();
    match each.is_empty() {
        true => Both(
            format!("post {cause} ändrade inte ställningen"),
            format!("entry {cause} moved nobody on the board"),
        ),
        false => Both(
            format!("post {cause} ändrade ställningen (plats före → efter): {}", each.join(", ")),
            format!("entry {cause} moved the board (rank before → after): {}", each.join(", ")),
        ),
    }
}

//! The organiser's decisions with role and reason, and a digest of the audit log;
//! `wattkampen audit` prints and verifies all of it.
use competition::Bilingual;
use server::{
    audit::{AuditEntry, AuditEvent, AuditEventKind, BoardPosition, Change, Difference, hex},
    text::{DecisionText, bilingual},
};
use wire::Language;

use crate::report::{
    summary::Summary,
    table::{Cell, Column, ColumnKind, Table, both},
};

pub(in crate::report) fn decisions(summary: &Summary) -> Table {
    let rows = summary.entries.iter().filter_map(|entry| {
        let (kind, what, by, reason) = match entry.event() {
            AuditEvent::Declaration { declared } => {
                (both("deklaration", "declaration"), change(summary, &declared.change), declared.by, declared.reason)
            }
            AuditEvent::Amendment { declared } => {
                (both("rättelse", "amendment"), change(summary, &declared.change), declared.by, declared.reason)
            }
            AuditEvent::Lock { by, reason } => {
                (both("låsning", "lock"), both("resultatet låstes", "the result was locked"), by, reason)
            }
            AuditEvent::Moved { cause, places } => (
                both("följd", "effect"),
                moved(summary, cause, &places),
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
                both(
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
            Cell::Time(entry.at),
            Cell::Bilingual(kind),
            Cell::Bilingual(what),
            Cell::text(&by),
            Cell::text(&reason),
        ])
    });
    Table {
        id: "decisions",
        title: both("Arrangörens beslut", "The organiser's decisions"),
        tab: both("Beslut", "Decisions"),
        note: None,
        empty_text: both(
            "Inga beslut har fattats under tävlingens gång.",
            "No decisions were taken during the contest.",
        ),
        columns: vec![
            Column::new("entry", ColumnKind::Number(0), "Post", "Entry"),
            Column::new("at", ColumnKind::Time, "När", "When"),
            Column::new("kind", ColumnKind::Text, "Slag", "Kind"),
            Column::new("what", ColumnKind::Text, "Vad", "What"),
            Column::new("by", ColumnKind::Text, "Av", "By"),
            Column::new("reason", ColumnKind::Remark, "Skäl", "Reason"),
        ],
        rows: rows.collect(),
    }
}

/// A change of the locked result that no decision made but the configuration file.
fn reconfigured(changes: &[Difference]) -> Bilingual {
    let line = |it: &Difference| format!("{}: {} → {}", it.path, it.before, it.after);
    let list = changes.iter().map(line).collect::<Vec<_>>().join("; ");
    both(
        format!("det låsta resultatet räknades om med en annan konfiguration än den låsta: {list}"),
        format!(
            "the locked result was computed again with another configuration than the locked one: {list}"
        ),
    )
}

const KINDS: [(AuditEventKind, &str, &str); 13] = [
    (AuditEventKind::Start, "tjänsten startade", "the service started"),
    (
        AuditEventKind::Configuration,
        "konfigurationen lästes in eller ändrades",
        "the configuration was read or changed",
    ),
    (AuditEventKind::Declaration, "deklaration", "declaration"),
    (AuditEventKind::Amendment, "rättelse av låst resultat", "amendment of the locked result"),
    (AuditEventKind::Lock, "resultatet låstes", "the result was locked"),
    (AuditEventKind::Result, "det låsta resultatet", "the locked result"),
    (AuditEventKind::Moved, "vad ett beslut ändrade", "what a decision changed"),
    (
        AuditEventKind::Late,
        "sena avläsningar ändrade ställningen",
        "late readings changed the standings",
    ),
    (
        AuditEventKind::Quarantine,
        "orimliga avläsningar undantogs",
        "implausible readings were quarantined",
    ),
    (AuditEventKind::Standing, "ställning vid midnatt", "standings at midnight"),
    (AuditEventKind::Sealed, "avläsningar förseglades", "readings were sealed"),
    (AuditEventKind::Import, "historik importerades", "history was imported"),
    (
        AuditEventKind::PostLock,
        "uppgifter efter låsningen, räknas inte",
        "data received after the lock, not counted",
    ),
];

pub(in crate::report) fn digest(summary: &Summary) -> Table {
    let rows = KINDS.iter().filter_map(|(kind, swedish, english)| {
        let of: Vec<&AuditEntry> =
            summary.entries.iter().filter(|entry| entry.event().kind() == *kind).collect();
        let (first, last) = (of.first()?, of.last()?);
        Some(vec![
            Cell::Term(kind.as_str(), both(*swedish, *english)),
            Cell::count(of.len() as f64),
            Cell::Time(first.at),
            Cell::Time(last.at),
        ])
    });
    let note = summary.entries.last().map(|last| {
        let hash = hex(&last.hash);
        both(
            format!(
                "Varje händelse som kan ändra ställningen loggas i en kedja av kontrollsummor. \
                 Den sista, post {}, har summan {hash}. Med summan i protokollet syns varje \
                 ändring i efterhand.",
                last.seq
            ),
            format!(
                "Every event that can change the standings is logged in a chain of checksums. The \
                 last one, entry {}, has the checksum {hash}. With this checksum in the minutes, \
                 every later change is visible.",
                last.seq
            ),
        )
    });
    Table {
        id: "trail",
        title: both("Loggen i sammandrag", "The audit trail in brief"),
        tab: both("Logg", "Audit trail"),
        note,
        empty_text: both("Loggen är tom.", "The log is empty."),
        columns: vec![
            Column::new("event", ColumnKind::Text, "Händelse", "Event"),
            Column::new("entries", ColumnKind::Number(0), "Poster", "Entries"),
            Column::new("first", ColumnKind::Time, "Första", "First"),
            Column::new("last", ColumnKind::Time, "Sista", "Last"),
        ],
        rows: rows.collect(),
    }
}

/// A declaration without its role and reason; a withdrawal with what it withdraws.
fn change(summary: &Summary, change: &Change) -> Bilingual {
    bilingual(|language| {
        let text = DecisionText {
            participants: &summary.participants,
            zone: &summary.competition.timezone,
            language,
        };
        let Change::Withdraw { entry } = change else { return text.sentence(change) };
        let withdrawn = summary.entries.iter().find(|it| it.seq == *entry);
        let withdrawn = match withdrawn.map(AuditEntry::event) {
            Some(AuditEvent::Declaration { declared } | AuditEvent::Amendment { declared }) => {
                format!(" ({})", text.sentence(&declared.change))
            }
            _ => String::new(),
        };
        match language {
            Language::Swedish => format!("post {entry} gäller inte längre{withdrawn}"),
            Language::English => format!("entry {entry} no longer applies{withdrawn}"),
        }
    })
}

fn moved(summary: &Summary, cause: i64, places: &[[BoardPosition; 2]]) -> Bilingual {
    bilingual(|language| {
        let rank = |place: &BoardPosition| {
            let not_ranked = language.pick("utan placering", "not ranked");
            place.rank.map_or_else(|| not_ranked.to_owned(), |rank| rank.to_string())
        };
        let name = |id: &str| {
            let who = summary.participants.iter().find(|who| who.id == id);
            who.map_or_else(|| id.to_owned(), |who| who.municipality.clone())
        };
        let line = |[before, after]: &[BoardPosition; 2]| {
            let (name, before, after) = (name(&after.participant), rank(before), rank(after));
            match before == after {
                true => format!("{name} {}", language.pick("samma plats", "the same rank")),
                false => format!("{name} {before} → {after}"),
            }
        };
        let each: Vec<String> = places.iter().map(line).collect();
        match (language, each.is_empty()) {
            (Language::Swedish, true) => format!("post {cause} ändrade inte ställningen"),
            (Language::English, true) => format!("entry {cause} did not change the standings"),
            (Language::Swedish, false) => format!(
                "post {cause} ändrade ställningen (plats före → efter): {}",
                each.join(", ")
            ),
            (Language::English, false) => format!(
                "entry {cause} changed the standings (rank before → after): {}",
                each.join(", ")
            ),
        }
    })
}

//! Rule for language: words that the project has given up do not return, neither as
//! names nor in comments, messages and documents.
use super::{File, Finding};

/// Retired words, lower case, and what to write instead.
const WORDS: &[(&str, &str)] = &[
    ("aside", "quarantined, excluded, or stored apart"),
    ("came", "arrived, or was received"),
    ("farewell", "will message, or shutdown"),
    ("keeper", "persistence"),
    ("learnt", "fitted"),
    ("linger", "the condition that is waited for"),
    ("lingers", "the condition that is waited for"),
    ("mend", "fix, or hint"),
    ("mended", "fixed"),
    ("mending", "fixing"),
    ("mends", "fixes, or hint"),
    ("mourn", "publish the will message"),
    ("mourns", "publish the will message"),
    ("mouth", "publisher"),
    ("nobody", "the condition itself"),
    ("said", "reported, published, or logged"),
    ("tell", "report, publish, or log"),
    ("telling", "reporting"),
    ("tells", "reports, publishes, or logs"),
    ("told", "reported, published, or logged"),
    ("unjudged", "the bulk writer"),
];

/// Retired names of types.
const TYPES: &[(&str, &str)] = &[
    ("Asked", "DeclarationRequest"),
    ("Both", "Bilingual"),
    ("Complaints", "Rejections"),
    ("Desk", "Decisions"),
    ("Door", "Handshake"),
    ("Edge", "Boundary"),
    ("Habits", "ClockOffsets"),
    ("House", "ParticipantState"),
    ("Knot", "RegisterPoint"),
    ("Lessons", "TrainingHours"),
    ("Made", "CachedBody"),
    ("Measured", "Measurement"),
    ("Nodes", "Knots"),
    ("Obstacle", "Ineligibility"),
    ("Outside", "CrossValidation"),
    ("Own", "LocalPower"),
    ("Refusal", "RejectReason"),
    ("Seat", "ConnectionSlot"),
    ("Stretch", "Period"),
    ("Ticket", "ReadingId"),
    ("Trap", "SavingOpportunity"),
    ("Untimed", "Undated"),
    ("WayIn", "Ingress"),
    ("Wish", "ImportOptions"),
];

/// Retired names of modules.
const MODULES: &[(&str, &str)] = &[
    ("answer", "results"),
    ("ask", "queries"),
    ("away", "wills"),
    ("beside", "offline_decision"),
    ("bridge", "external_broker"),
    ("coding", "varint"),
    ("compare", "reference_baselines"),
    ("decide", "decisions"),
    ("decided", "decision_state"),
    ("habits", "clock_offsets"),
    ("hello", "handshake"),
    ("house", "participant_state"),
    ("ledger", "meter_days"),
    ("measured", "measurement"),
    ("organise", "service_commands"),
    ("remember", "outbox_with_clock"),
    ("take", "apply_readings"),
    ("thread", "event_loop"),
    ("waiting", "pending_acks"),
];

/// Files in which a retired word is right, and why.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("crates/server/src/audit/event.rs", "aside", "the tag of stored entries"),
    ("crates/server/src/audit/kind.rs", "aside", "the tag of stored entries"),
    ("crates/server/src/store/schema.rs", "aside", "a table of a released migration"),
    ("crates/wattkampen/src/report/tables/quality.rs", "aside", "a published column"),
    ("tests/audit.rs", "aside", "a published event of the audit log"),
    ("crates/server/src/web/problem.rs", "mend", "a published field of the API's errors"),
    ("crates/server/src/web/tests/api.rs", "mend", "a published field of the API's errors"),
];

/// Text that people wrote: code, pages and documents.
const KINDS: &[&str] =
    &[".rs", ".md", ".toml", ".js", ".mjs", ".css", ".html", ".conf", ".service", ".yaml", ".yml"];

/// Checks one file; findings name the word and what to write instead.
pub(super) fn check(file: &File) -> Vec<Finding> {
    let File { path, text: Some(text) } = file else { return Vec::new() };
    // The list itself names what it forbids.
    let list = path == "crates/xtask/src/tidy/words.rs";
    if list || !KINDS.iter().any(|kind| path.ends_with(kind)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(n, line)| (n + 1, line)) {
        let mut report = |word: &str, instead: &str| {
            if !ALLOWED.iter().any(|(file, allowed, _)| file == path && *allowed == word) {
                findings.push(Finding::new(
                    path,
                    number,
                    format!("`{word}` is a retired word; write {instead}"),
                ));
            }
        };
        for word in words(line) {
            if let Ok(at) = WORDS.binary_search_by(|(retired, _)| (*retired).cmp(&word)) {
                report(WORDS[at].0, WORDS[at].1);
            }
        }
        if path.ends_with(".rs") {
            for (name, instead) in definitions(line, &["struct", "enum", "trait", "type"], TYPES)
                .chain(definitions(line, &["mod"], MODULES))
            {
                report(name, instead);
            }
        }
        if words(line).windows(2).any(|pair| pair == ["way", "in"]) {
            report("way in", "ingress, or route");
        }
    }
    findings
}

/// The words of a line in lower case; names are taken apart at `_` and at capitals.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in line.chars() {
        if !c.is_alphabetic() || c.is_uppercase() && lower {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if let (true, Some(word)) = (c.is_alphabetic(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The retired names that a line defines behind one of the keywords.
fn definitions<'l>(
    line: &'l str,
    keywords: &'l [&str],
    retired: &'l [(&'static str, &'static str)],
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let code = line.split("//").next().unwrap_or_default();
    let parts: Vec<_> = code
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|part| !part.is_empty())
        .collect();
    let defined: Vec<_> = parts
        .windows(2)
        .filter(|pair| keywords.contains(&pair[0]))
        .flat_map(|pair| retired.iter().filter(move |(name, _)| *name == pair[1]))
        .copied()
        .collect();
    defined.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: Some(text.to_owned()) };
        check(&file).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn the_list_is_in_order() {
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn retired_words_are_found_in_comments_names_strings_and_documents() {
        assert_eq!(whats("crates/wire/src/a.rs", "// The error is told to the log.").len(), 1);
        assert_eq!(whats("crates/wire/src/a.rs", "fn mend(&self) {}").len(), 1);
        assert_eq!(whats("crates/wire/src/a.rs", "fn was_told() { log(\"nobody\") }").len(), 2);
        assert_eq!(whats("crates/wire/src/a.rs", "struct ToldLater;").len(), 1);
        assert_eq!(whats("README.md", "The way in of a reading.").len(), 1);
        assert!(whats("README.md", "The gateway in the topic.").is_empty());
    }

    #[test]
    fn words_that_contain_a_retired_one_are_fine() {
        let text = "// The amendment, the toll and the intell; aside2 recommends.";
        assert_eq!(whats("crates/wire/src/a.rs", text).len(), 1, "a digit ends a word");
        assert!(whats("crates/wire/src/a.rs", "// Amended, untold, satellite, became.").is_empty());
        assert!(whats("tests/a.json", "told").is_empty());
    }

    #[test]
    fn retired_names_are_found_where_they_are_defined() {
        assert_eq!(whats("crates/server/src/a.rs", "pub(super) struct Seat<'a> {").len(), 1);
        assert_eq!(whats("crates/server/src/a.rs", "pub mod bridge;").len(), 1);
        assert!(whats("crates/server/src/a.rs", "// mod bridge of another crate").is_empty());
        assert!(whats("crates/server/src/a.rs", "use other::bridge; Grade::Measured").is_empty());
    }
}

//! Counts of an import's rows by what became of them.
use std::{collections::BTreeMap, fmt};

/// How many line numbers are listed for each reason.
const LISTED_LINES: usize = 5;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// New in the store.
    pub(crate) taken: u64,
    /// In the store already, with the same value.
    pub(crate) repeated: u64,
    /// Stored in place of another value (`--replace`).
    pub(crate) replaced: u64,
    /// Stored intervals of other lengths that made room (`--replace`).
    pub(crate) removed: u64,
    /// Stored without effect, because the result is locked.
    pub(crate) after_lock: u64,
    /// Without a value.
    pub(crate) empty: u64,
    /// Left out as rows of other meters, directions or series, by reason.
    pub(crate) skipped: BTreeMap<String, RefusedRows>,
    /// By reason.
    pub(crate) refused: BTreeMap<String, RefusedRows>,
    /// What is doubtful about the file as a whole.
    pub(crate) findings: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RefusedRows {
    count: u64,
    first_lines: Vec<u64>,
    /// The first text of the kind, as it is printed.
    example: String,
}

impl Tally {
    pub(crate) fn refuse(&mut self, reason: impl fmt::Display, line: u64) {
        count(&mut self.refused, reason.to_string(), "", line);
    }

    /// The same with the text that is refused; each reason shows its first one.
    pub(crate) fn refuse_text(&mut self, reason: impl fmt::Display, text: &str, line: u64) {
        count(&mut self.refused, reason.to_string(), text, line);
    }

    pub(crate) fn skip(&mut self, reason: impl fmt::Display, text: &str, line: u64) {
        count(&mut self.skipped, reason.to_string(), text, line);
    }

    pub(crate) fn refused(&self) -> u64 {
        self.refused.values().map(|rows| rows.count).sum()
    }

    /// What a reader must not overlook: that more than one row in a hundred is refused, and
    /// the reason of most of them.
    pub(crate) fn warning(&self) -> Option<String> {
        let refused = self.refused();
        let all = refused + self.taken + self.repeated + self.replaced + self.after_lock;
        if refused * 100 <= all {
            return None;
        }
        let (reason, rows) = self.refused.iter().max_by_key(|(_, rows)| rows.count)?;
        let stored = all - refused;
        Some(format!(
            "{refused} of {all} rows with a value are refused ({:.0} %), {} of them because: \
             {reason}\n  check the file before these {stored} rows count; \
             import --remove FROM TO --meter ID takes imported rows of a meter back",
            refused as f64 * 100.0 / all as f64,
            rows.count
        ))
    }

    /// Adds the counts of another file.
    pub(crate) fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.repeated += other.repeated;
        self.replaced += other.replaced;
        self.removed += other.removed;
        self.after_lock += other.after_lock;
        self.empty += other.empty;
        for (own, other) in [(&mut self.refused, other.refused), (&mut self.skipped, other.skipped)]
        {
            for (reason, rows) in other {
                own.entry(reason).or_default().count += rows.count;
            }
        }
        self.findings.extend(other.findings);
    }

    /// Whether the file has rows and none of them is in the store.
    pub(crate) fn failed(&self) -> bool {
        self.refused() + self.skipped.values().map(|rows| rows.count).sum::<u64>() > 0
            && self.taken + self.repeated + self.replaced + self.after_lock == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, repeated, replaced, removed, after_lock, empty, refused, .. } = self;
        write!(f, "{taken} taken, {repeated} repeated")?;
        if *replaced > 0 {
            write!(f, ", {replaced} replaced")?;
        }
        if *removed > 0 {
            write!(f, " in place of {removed} of other lengths")?;
        }
        write!(f, ", {empty} empty, {} refused", self.refused())?;
        if *after_lock > 0 {
            write!(
                f,
                "\n  the result is locked: {after_lock} rows are stored and do not count; \
                 `wattkampen amend late-data` includes them"
            )?;
        }
        for (what, rows) in [("refused", refused), ("left out", &self.skipped)] {
            for (reason, RefusedRows { count, first_lines, example }) in rows {
                let example = match example.as_str() {
                    "" => String::new(),
                    text => format!(", as in {text}"),
                };
                let more = if *count > first_lines.len() as u64 { ", …" } else { "" };
                let lines: Vec<_> = first_lines.iter().map(u64::to_string).collect();
                write!(
                    f,
                    "\n  {what} {count}: {reason}{example} (line {}{more})",
                    lines.join(", ")
                )?;
            }
        }
        self.findings.iter().try_for_each(|finding| write!(f, "\n  doubt: {finding}"))
    }
}

fn count(rows: &mut BTreeMap<String, RefusedRows>, reason: String, example: &str, line: u64) {
    let rows = rows
        .entry(reason)
        .or_insert_with(|| RefusedRows { example: example.to_owned(), ..RefusedRows::default() });
    rows.count += 1;
    if rows.first_lines.len() < LISTED_LINES {
        rows.first_lines.push(line);
    }
}

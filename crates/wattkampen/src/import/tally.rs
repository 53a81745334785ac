//! What became of a file's rows, for the one who imports them.
use std::{collections::BTreeMap, fmt};

/// Lines that are told for each reason.
const LINES: usize = 5;

/// Counts of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// New in the store.
    pub taken: u64,
    /// There already.
    pub repeated: u64,
    /// In place of another value, as asked for.
    pub replaced: u64,
    /// Kept, and no part of the result: it is locked.
    pub aside: u64,
    /// Without a value.
    pub missing: u64,
    /// By reason: how many, and the first lines.
    pub refused: BTreeMap<String, (u64, Vec<u64>)>,
}

impl Tally {
    /// A row that is not taken.
    pub fn refuse(&mut self, reason: &str, line: u64) {
        if !self.refused.contains_key(reason) {
            self.refused.insert(reason.to_owned(), (0, Vec::new()));
        }
        if let Some((count, lines)) = self.refused.get_mut(reason) {
            *count += 1;
            if lines.len() < LINES {
                lines.push(line);
            }
        }
    }

    /// All that were refused.
    pub fn refused(&self) -> u64 {
        self.refused.values().map(|(count, _)| count).sum()
    }

    /// Whether rows were refused and none is in the store.
    pub fn failed(&self) -> bool {
        self.refused() > 0 && self.taken + self.repeated + self.replaced + self.aside == 0
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, repeated, replaced, aside, missing, refused } = self;
        write!(f, "{taken} taken, {repeated} repeated")?;
        if *replaced > 0 {
            write!(f, ", {replaced} replaced")?;
        }
        write!(f, ", {missing} empty, {} refused", self.refused())?;
        if *aside > 0 {
            write!(f, "\n  the result is locked: {aside} are kept aside and change nothing; ")?;
            write!(f, "`wattkampen amend late-data` takes them in")?;
        }
        for (reason, (count, lines)) in refused {
            let more = if *count > lines.len() as u64 { ", …" } else { "" };
            let lines: Vec<_> = lines.iter().map(u64::to_string).collect();
            write!(f, "\n  refused {count}: {reason} (line {}{more})", lines.join(", "))?;
        }
        Ok(())
    }
}

//! The words by which exports name their columns, in Swedish, Norwegian, Danish, Finnish
//! and English, and what they say about a column.
mod vocabulary;

pub(super) use vocabulary::{
    END, METER, OFFSETS, RESOLUTION, START, STATUS, SUMMER_TIME, TIME, TIME_OF_DAY, UNIT,
    YEAR_MONTH_DAY,
};
use vocabulary::{
    ENERGY, GENERIC, MISSING, OTHER, OUTDOOR, POWER_WORDS, POWERS, PRICE_WORDS, PRICES, PRODUCED,
    REACTIVE, REGISTERS, SUMS, USED,
};

/// What the name of a column, or the text in a column of directions, says about energy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Energy that the building takes.
    Used,
    /// Energy that the building gives.
    Produced,
    /// Of another carrier, reactive, computed, or a price or a power.
    Other,
    /// An energy without a direction.
    Energy,
    /// A number of something.
    Generic,
    Unknown,
}

/// What a name says.
pub(super) fn flow(name: &str) -> Flow {
    let contains = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let has_word = |known: &[&str]| words(name).any(|word| known.contains(&word));
    if contains(REACTIVE) || contains(PRICES) || has_word(PRICE_WORDS) || name.contains('/') {
        return Flow::Other;
    }
    let unit = unit_of(name).is_some();
    if (contains(POWERS) || has_word(POWER_WORDS)) && !unit {
        return Flow::Other;
    }
    if contains(OTHER) {
        return Flow::Other;
    }
    let used = contains(USED) || name.starts_with("a+");
    match (used, contains(PRODUCED) || name.starts_with("a-")) {
        (true, true) => Flow::Unknown,
        (true, false) => Flow::Used,
        (false, true) => Flow::Produced,
        _ if unit || has_word(ENERGY) => Flow::Energy,
        _ if GENERIC.iter().any(|known| name.starts_with(known)) => Flow::Generic,
        _ => Flow::Unknown,
    }
}

pub(super) fn is_register(name: &str) -> bool {
    REGISTERS.iter().any(|known| name.contains(known))
}

/// Whether a name is for a temperature.
pub(super) fn is_outdoor(name: &str) -> bool {
    let long = |known: &&&str| known.chars().count() > 3;
    OUTDOOR.contains(&name) || OUTDOOR.iter().filter(long).any(|known| name.contains(known))
}

/// Whether a name is for what weather services measure beside the temperature.
pub(super) fn is_weather(name: &str) -> bool {
    vocabulary::WEATHER.iter().any(|known| name.contains(known))
}

/// Whether a name is for a temperature in another unit than °C.
pub(super) fn is_fahrenheit(name: &str) -> bool {
    name.contains("°f") || words(name).any(|word| matches!(word, "fahrenheit" | "f" | "kelvin"))
}

/// The unit in a name: the word `kwh` and not a part of one.
pub(super) fn unit_of(name: &str) -> Option<super::options::Unit> {
    if name.contains("/kwh")
        || name.contains("/ kwh")
        || name.contains("kwh/")
        || name.contains("/mwh")
    {
        return None;
    }
    let mut found = words(name).filter_map(super::options::Unit::from_symbol);
    let first = found.next()?;
    // `kWh (Wh)` names none.
    found.all(|other| other == first).then_some(first)
}

/// The words of a name.
pub(super) fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric() && c != '€').filter(|word| !word.is_empty())
}

/// Whether a name is one of the known ones or begins with the words of one: `starttid`
/// and `start (utc)` begin with `start`.
pub(super) fn begins_with(name: &str, known: &[&str]) -> bool {
    known.iter().any(|known| name.starts_with(known))
}

/// Whether a name is one of the known ones, whatever is between its words.
pub(super) fn is_one_of(name: &str, known: &[&str]) -> bool {
    let plain: Vec<&str> = words(name).collect();
    let plain = plain.join(" ");
    known.iter().any(|known| plain == *known || name == *known)
}

/// Whether the words of a name contain one of the known words.
pub(super) fn has_word(name: &str, known: &[&str]) -> bool {
    words(name).any(|word| known.contains(&word))
}

/// Whether the text of a quality says that the value is missing.
pub(super) fn says_missing(status: &[u8]) -> bool {
    if status.is_empty() {
        return false;
    }
    let status = String::from_utf8_lossy(status).trim().to_lowercase();
    MISSING.iter().any(|known| status.starts_with(known))
}

/// Whether a row with this first text sums others.
pub(super) fn says_sum(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).trim().to_lowercase();
    let text = text.trim_end_matches(':');
    SUMS.iter().any(|known| {
        text.strip_prefix(known).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_which_energy_it_is() {
        for (name, expected) in [
            ("energi uttag kwh", Flow::Used),
            ("energi inmatning kwh", Flow::Produced),
            ("förbrukning", Flow::Used),
            ("kwh", Flow::Energy),
            ("energy_wh", Flow::Energy),
            ("kvantitet", Flow::Generic),
            ("öre/kwh", Flow::Other),
            ("spotpris", Flow::Other),
            ("kostnad kr", Flow::Other),
            ("effekt kw", Flow::Other),
            ("reaktiv energi kvarh", Flow::Other),
            ("fjärrvärme kwh", Flow::Other),
            ("förbrukning normalårskorrigerad kwh", Flow::Other),
            ("förbrukning föregående år (kwh)", Flow::Other),
            ("aktiv uttag", Flow::Used),
            ("kwh 60 forbruk", Flow::Used),
            ("station", Flow::Unknown),
        ] {
            assert_eq!(flow(name), expected, "{name}");
        }
    }

    #[test]
    fn sums_and_missing_values_are_named() {
        assert!(says_sum("Summa".as_bytes()) && says_sum(b"Total: ") && says_sum(b"Sum kWh"));
        assert!(!says_sum(b"Sumatra") && !says_sum(b"2026-01-01"));
        assert!(says_missing(b"Saknas") && says_missing(b"MISSING"));
        assert!(!says_missing("Uppmätt".as_bytes()) && !says_missing(b""));
    }
}

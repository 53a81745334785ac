//! Which column holds what, by the names that utilities and weather services use in
//! Swedish, Norwegian and English.
use super::{
    error::LayoutError,
    options::{ImportOptions, Unit, ValueKind},
};

pub(super) const TIME: &[&str] = &[
    "timestamp",
    "time",
    "datetime",
    "tidpunkt",
    "tidsstämpel",
    "starttid",
    "start",
    "from",
    "från",
    "fra",
    "datum",
    "date",
    "dato",
    "datum och tid",
    "tid",
];
/// The time of day, where the date has a column of its own.
pub(super) const TIME_OF_DAY: &[&str] =
    &["tid", "time", "klockslag", "timme", "hour", "klokkeslett", "kl"];
const ENERGY: &[&str] = &[
    "energy",
    "energi",
    "förbrukning",
    "forbruk",
    "consumption",
    "usage",
    "användning",
    "kwh",
    "wh",
    "mwh",
];
const REGISTER: &[&str] = &["register", "mätarställning", "målerstand", "meter reading"];
const OUTDOOR: &[&str] = &[
    "outdoor_c",
    "outdoor",
    "temperature",
    "temperatur",
    "lufttemperatur",
    "utetemperatur",
    "temp",
    "°c",
];

/// Finds a column by its name or by its number from 1.
pub(super) fn column(names: &[String], wanted: &str) -> Option<usize> {
    let wanted = wanted.trim().to_lowercase();
    let number = || wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    names.iter().position(|name| *name == wanted).or_else(number).filter(|at| *at < names.len())
}

/// Finds the first of the known names; where no column has one, the first column whose
/// name begins with one.
pub(super) fn known_column(names: &[String], known: &[&str]) -> Option<usize> {
    let exact = known.iter().find_map(|known| names.iter().position(|name| name == known));
    exact.or_else(|| {
        known.iter().find_map(|known| names.iter().position(|name| name.starts_with(known)))
    })
}

pub(super) fn value_column(
    names: &[String],
    header: bool,
    time: &[usize],
    options: &ImportOptions,
    temperature: bool,
) -> Result<(usize, ValueKind), LayoutError> {
    let register =
        |at: usize| options.register || REGISTER.iter().any(|name| names[at].starts_with(name));
    let kind = |at: usize| match (temperature, register(at)) {
        (true, _) => ValueKind::Outdoor,
        (false, true) => ValueKind::Register,
        (false, false) => ValueKind::Energy,
    };
    let found = match &options.value_column {
        Some(wanted) => column(names, wanted),
        None if !header => {
            let next = time.iter().max().map_or(1, |at| at + 1);
            (next < names.len()).then_some(next)
        }
        None if temperature => known_column(names, OUTDOOR),
        None if options.register => known_column(names, REGISTER),
        None => match (known_column(names, ENERGY), known_column(names, REGISTER)) {
            (Some(_), Some(_)) => {
                return Err(LayoutError::new(
                    "the file has a column of energies and one of registers",
                    "choose one with --value-column NAME",
                ));
            }
            (energy, register) => energy.or(register),
        },
    };
    found.map(|at| (at, kind(at))).ok_or_else(|| {
        LayoutError::new(
            format!("none of these columns is known to hold values: {}", names.join(", ")),
            "name the column with --value-column NAME or --value-column NUMBER",
        )
    })
}

/// The unit of the values: as stated, or as the column's name has it. It is never
/// assumed, because a wrong unit changes every energy.
pub(super) fn unit(
    options: &ImportOptions,
    header: bool,
    name: &str,
    kind: ValueKind,
) -> Result<Unit, LayoutError> {
    if kind == ValueKind::Outdoor {
        return Ok(Unit::Wh);
    }
    let has = |unit: &str| name.split(|c: char| !c.is_alphanumeric()).any(|word| word == unit);
    let in_name = || {
        [("mwh", Unit::MWh), ("kwh", Unit::KWh), ("wh", Unit::Wh)]
            .into_iter()
            .find_map(|(text, unit)| (header && has(text)).then_some(unit))
    };
    options.unit.or_else(in_name).ok_or_else(|| {
        LayoutError::new(
            "the name of the value column does not contain the unit",
            "state it with --unit Wh, --unit kWh or --unit MWh",
        )
    })
}

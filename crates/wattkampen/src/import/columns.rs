//! Which column is which, by the names that utilities and weather services give them
//! in Swedish, Norwegian and English.
use super::{
    Wish,
    layout::{Kind, Unclear, Unit, unclear},
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
pub(super) const CLOCK: &[&str] =
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

/// By name or by number from 1.
pub(super) fn column(names: &[String], wanted: &str) -> Option<usize> {
    let wanted = wanted.trim().to_lowercase();
    let number = || wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    names.iter().position(|name| *name == wanted).or_else(number).filter(|at| *at < names.len())
}

/// The first of the known names that is there: as it is, else as a beginning.
pub(super) fn known_column(names: &[String], known: &[&str]) -> Option<usize> {
    let exact = known.iter().find_map(|known| names.iter().position(|name| name == known));
    exact.or_else(|| {
        let begins = |known: &str| names.iter().position(|name| name.starts_with(known));
        known.iter().find_map(|known| begins(known))
    })
}

pub(super) fn value_column(
    names: &[String],
    header: bool,
    time: &[usize],
    wish: &Wish,
    temperature: bool,
) -> Result<(usize, Kind), Unclear> {
    let register = |at: usize| wish.register || REGISTER.iter().any(|r| names[at].starts_with(r));
    let kind = |at: usize| match (temperature, register(at)) {
        (true, _) => Kind::Outdoor,
        (false, true) => Kind::Register,
        (false, false) => Kind::Energy,
    };
    let found = match &wish.value_column {
        Some(wanted) => column(names, wanted),
        None if !header => {
            let next = time.iter().max().map_or(1, |at| at + 1);
            (next < names.len()).then_some(next)
        }
        None if temperature => known_column(names, OUTDOOR),
        None if wish.register => known_column(names, REGISTER),
        None => match (known_column(names, ENERGY), known_column(names, REGISTER)) {
            (Some(_), Some(_)) => {
                return unclear(
                    "there is a column of energies and one of registers",
                    "choose one with --value-column NAME",
                );
            }
            (energy, register) => energy.or(register),
        },
    };
    match found {
        Some(at) => Ok((at, kind(at))),
        None => unclear(
            format!("no column of values among: {}", names.join(", ")),
            "name it with --value-column NAME or --value-column NUMBER",
        ),
    }
}

pub(super) fn unit(
    wish: &Wish,
    names: &[String],
    header: bool,
    value: usize,
    kind: Kind,
) -> Result<Unit, Unclear> {
    if kind == Kind::Outdoor {
        return Ok(Unit::Wh);
    }
    if let Some(unit) = wish.unit {
        return Ok(unit);
    }
    let name = &names[value];
    let said = header.then_some(()).and_then(|()| {
        let word = |unit: &str| name.split(|c: char| !c.is_alphanumeric()).any(|word| word == unit);
        [("mwh", Unit::MWh), ("kwh", Unit::KWh), ("wh", Unit::Wh)]
            .into_iter()
            .find_map(|(text, unit)| word(text).then_some(unit))
    });
    match said {
        Some(unit) => Ok(unit),
        None => unclear(
            "the unit of the values does not show in the column's name",
            "say it: --unit Wh, --unit kWh or --unit MWh",
        ),
    }
}

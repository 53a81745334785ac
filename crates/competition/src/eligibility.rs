//! Reasons why a participant is not ranked, as sentences for its administrator in the
//! product's languages. Thresholds: `../shared/fairness.md`, "Baseline".
use jiff::civil::Date;

use crate::Bilingual;

/// Why a participant is not ranked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ineligibility {
    NotBegun {
        start: Date,
    },
    /// `words`: the headline of the largest doubt.
    Doubt {
        share: f64,
        words: Bilingual,
    },
    NoMeter,
    Reference,
    Silent,
    /// `first`: the first complete day, where days before it are missing.
    BaselineDays {
        days: u32,
        needed: u32,
        first: Option<Date>,
    },
    /// The energy of the hours is known from readings that are too far apart to say when in
    /// the day it was used.
    FarApart {
        days: u32,
        needed: u32,
        most: i64,
    },
    /// Days that the organiser excluded are why too few are left.
    ExcludedDays {
        days: u32,
        needed: u32,
        excluded: u32,
    },
    /// A register rises by more than the connection carries.
    Capacity {
        kilowatts: i64,
    },
    /// A meter feeds energy into the grid, and the meters that the rule of the competition
    /// about own production needs are not entered.
    Production {
        meter: String,
        kwh: i64,
    },
    /// One of several meters has nothing before this day.
    MeterWithoutHistory {
        meter: String,
        first: Date,
    },
    /// `because`: the largest doubt about the input, where there is one.
    Fit {
        cv_rmse: f64,
        most: f64,
        because: Option<Bilingual>,
    },
    NoSaving,
    Coverage {
        share: f64,
        needed: f64,
        from: Option<Date>,
    },
    Quarantine {
        share: f64,
        since: Date,
    },
    /// Too few hours are known, because gaps over an edge have `hours` of them.
    GapOverEdge {
        share: f64,
        needed: f64,
        hours: i64,
    },
    /// In so many hours the subtracted meters have more than the others.
    BelowZero {
        hours: i64,
    },
    Nights {
        share: f64,
        needed: f64,
    },
    NoArea,
    NoStaff,
    TooEarly {
        from: Date,
    },
}

pub(crate) const MONTHS: [(&str, &str); 12] = [
    ("January", "januari"),
    ("February", "februari"),
    ("March", "mars"),
    ("April", "april"),
    ("May", "maj"),
    ("June", "juni"),
    ("July", "juli"),
    ("August", "augusti"),
    ("September", "september"),
    ("October", "oktober"),
    ("November", "november"),
    ("December", "december"),
];

/// The day and the month of a date.
pub(crate) fn day_month(date: Date) -> (String, String) {
    let (english, swedish) = MONTHS[date.month() as usize - 1];
    (format!("{} {english}", date.day()), format!("{} {swedish}", date.day()))
}

/// Whole percent, never rounded up to the threshold that was missed.
fn percent(share: f64) -> i64 {
    (share * 100.0).floor() as i64
}

impl Ineligibility {
    /// The reason without what the organiser can do about it.
    pub(crate) fn public_text(self) -> Bilingual {
        let gives_advice = matches!(
            self,
            Self::BaselineDays { .. }
                | Self::FarApart { .. }
                | Self::ExcludedDays { .. }
                | Self::Capacity { .. }
                | Self::Production { .. }
                | Self::MeterWithoutHistory { .. }
                | Self::Coverage { from: None, .. }
                | Self::Quarantine { .. }
                | Self::GapOverEdge { .. }
                | Self::BelowZero { .. }
        );
        let Bilingual { english, swedish } = self.text();
        match gives_advice {
            // It is the last part of the sentence.
            true => Bilingual::new(without_last_part(&english), without_last_part(&swedish)),
            false => Bilingual::new(english, swedish),
        }
    }

    /// The reason, and what the organiser can do about it.
    pub(crate) fn text(self) -> Bilingual {
        let (english, swedish) = match self {
            Self::NotBegun { start } => {
                let (english, swedish) = day_month(start);
                (
                    format!("the contest begins on {english}"),
                    format!("tävlingen börjar den {swedish}"),
                )
            }
            Self::Doubt { share, words } => {
                let share = (share * 100.0).ceil();
                (
                    format!(
                        "not ranked: {share} % of its energy is in doubt: {}; the organiser decides",
                        words.english
                    ),
                    format!(
                        "rangordnas inte: {share} % av husets el är ifrågasatt: {}; arrangören beslutar",
                        words.swedish
                    ),
                )
            }
            Self::NoMeter => {
                ("no meter is entered".to_owned(), "ingen mätare är inlagd".to_owned())
            }
            Self::Reference => (
                "not ranked: this building is a reference and does not compete".to_owned(),
                "rangordnas inte: huset är ett referenshus och tävlar inte".to_owned(),
            ),
            Self::Silent => (
                "no reading of the contest has been received yet".to_owned(),
                "inget mätvärde från tävlingen har kommit ännu".to_owned(),
            ),
            Self::BaselineDays { days, needed, first: Some(first) } => {
                let (english, swedish) = day_month(first);
                (
                    format!(
                        "not ranked: before {english} the hours of the baseline year are missing; {days} days have nine tenths of theirs, {needed} are needed; import the missing history"
                    ),
                    format!(
                        "rangordnas inte: före den {swedish} saknas referensperiodens timmar; {days} dagar har nio tiondelar av sina, {needed} behövs; importera den historik som saknas"
                    ),
                )
            }
            Self::BaselineDays { days, needed, first: None } => (
                format!(
                    "only {days} days of the baseline year have nine tenths of their hours, \
                     {needed} are needed; import the missing history"
                ),
                format!(
                    "bara {days} av referensperiodens dagar har nio tiondelar av sina timmar, \
                     {needed} behövs; importera den historik som saknas"
                ),
            ),
            Self::FarApart { days, needed, most } => (
                format!(
                    "the readings of the baseline period are too far apart: {days} of its days have nine tenths of their hours from readings at most {most} hours apart, {needed} are needed; import hourly values"
                ),
                format!(
                    "referensperiodens mätvärden ligger för långt isär: {days} av dess dagar har nio tiondelar av sina timmar från mätvärden med högst {most} timmar emellan, {needed} behövs; importera timvärden"
                ),
            ),
            Self::ExcludedDays { days, needed, excluded } => (
                format!(
                    "{excluded} days of the baseline period are excluded by declaration, which \
                     leaves {days} days with nine tenths of their hours; {needed} are needed; \
                     withdraw the exclusion, or begin the baseline period earlier"
                ),
                format!(
                    "{excluded} dagar av referensperioden är undantagna genom anmälan, så bara \
                     {days} dagar har nio tiondelar av sina timmar; {needed} behövs; återta \
                     undantaget eller låt referensperioden börja tidigare"
                ),
            ),
            Self::Capacity { kilowatts } => (
                format!(
                    "the register rises by more than the connection of {kilowatts} kW carries, \
                     and those readings do not count; if they are right, set capacity_kw of the \
                     meter and import the refused history again"
                ),
                format!(
                    "mätarställningen stiger mer än anslutningen på {kilowatts} kW kan leverera, \
                     och de avläsningarna räknas inte; stämmer de, ange mätarens capacity_kw och \
                     importera den avvisade historiken igen"
                ),
            ),
            Self::Production { meter, kwh } => (
                format!(
                    "meter {meter} fed {kwh} kWh into the grid, so the building produces \
                     electricity; enter its export and its production as meters (measures = \
                     \"export\" and \"production\"), or set production in the competition"
                ),
                format!(
                    "mätare {meter} matade ut {kwh} kWh på nätet, så huset producerar el; lägg in \
                     utmatning och produktion som mätare (measures = \"export\" och \
                     \"production\"), eller ange production för tävlingen"
                ),
            ),
            Self::MeterWithoutHistory { meter, first } => (
                format!(
                    "meter {meter} has no history before {first}, so the building's energy is not \
                     known; import it, or enter from = \"{first}\" at the meter if it was \
                     installed then"
                ),
                format!(
                    "mätare {meter} har ingen historik före {first}, så husets energi är inte \
                     känd; importera den, eller ange from = \"{first}\" för mätaren om den \
                     installerades då"
                ),
            ),
            Self::Fit { cv_rmse, most, because } => {
                let (is, most) = ((cv_rmse * 100.0).ceil(), percent(most));
                let because = because.map_or_else(
                    || Bilingual::new("", ""),
                    |it| {
                        Bilingual::new(
                            format!("; in doubt: {}", it.english),
                            format!("; ifrågasatt: {}", it.swedish),
                        )
                    },
                );
                (
                    format!(
                        "the baseline describes the building too badly: \
                         CV(RMSE) is {is} %, at most {most} % is allowed{}",
                        because.english
                    ),
                    format!(
                        "referensen beskriver huset för dåligt: \
                         CV(RMSE) är {is} %, högst {most} % är tillåtet{}",
                        because.swedish
                    ),
                )
            }
            Self::NoSaving => (
                "there is no baseline for the contest's hours".to_owned(),
                "det finns ingen referens för tävlingens timmar".to_owned(),
            ),
            Self::Coverage { share, needed, from } => coverage(share, needed, from),
            Self::Quarantine { share, since } => {
                let (share, (english, swedish)) = (percent(share), day_month(since));
                (
                    format!(
                        "only {share} % of the contest's hours are known: a meter's register \
                         is in doubt since {english}; declare the meter change or the reset"
                    ),
                    format!(
                        "bara {share} % av tävlingens timmar är kända: en mätarställning \
                         är ifrågasatt sedan den {swedish}; anmäl mätarbytet eller nollställningen"
                    ),
                )
            }
            Self::GapOverEdge { share, needed, hours } => {
                let (share, needed) = (percent(share), percent(needed));
                (
                    format!(
                        "{share} % of the contest's hours are known, {needed} % are needed: \
                         {hours} hours are part of a gap in the readings that reaches over the \
                         start or the end of what counts, and the energy of the gap may belong \
                         to either side; import the missing hours"
                    ),
                    format!(
                        "{share} % av tävlingens timmar är kända, {needed} % behövs: {hours} timmar \
                         hör till ett avbrott i avläsningarna som går över början eller slutet av \
                         det som räknas, och avbrottets energi kan höra till båda sidor; \
                         importera timmarna som saknas"
                    ),
                )
            }
            Self::BelowZero { hours } => below_zero(hours),
            Self::Nights { share, needed } => {
                let (share, needed) = (percent(share), percent(needed));
                (
                    format!(
                        "{share} % of the nights' hours are measured, {needed} % are needed; \
                         the energy of a gap does not show how much of it was used at night"
                    ),
                    format!(
                        "{share} % av nätternas timmar är mätta, {needed} % behövs; \
                         vad som gick åt i ett avbrott säger inget om dess nätter"
                    ),
                )
            }
            Self::NoArea => {
                ("no floor area is entered".to_owned(), "ingen golvarea är inlagd".to_owned())
            }
            Self::NoStaff => (
                "no number of employees is entered".to_owned(),
                "inget antal anställda är inlagt".to_owned(),
            ),
            Self::TooEarly { from } => {
                let (english, swedish) = day_month(from);
                (
                    format!("two periods can be compared from {english}"),
                    format!("två perioder kan jämföras från den {swedish}"),
                )
            }
        };
        Bilingual::new(english, swedish)
    }
}

/// Hours in which the subtracted meters have more than the others.
pub(crate) fn below_zero(hours: i64) -> (String, String) {
    (
        format!(
            "{hours} hours of the contest are not believed: the meters that are subtracted have \
             more energy than the others; check sign, multiplier and place of each meter"
        ),
        format!(
            "{hours} av tävlingens timmar är inte trovärdiga: mätarna som dras ifrån har mer energi \
             än de övriga; kontrollera varje mätares tecken, multiplikator och plats"
        ),
    )
}

fn without_last_part(text: &str) -> &str {
    text.rsplit_once("; ").map_or(text, |(first, _)| first)
}

fn coverage(share: f64, needed: f64, from: Option<Date>) -> (String, String) {
    let (share, needed) = (percent(share), percent(needed));
    let facts = (
        format!("{share} % of the contest's hours are known, {needed} % are needed"),
        format!("{share} % av tävlingens timmar är kända, {needed} % behövs"),
    );
    match from.map(day_month) {
        Some((english, swedish)) => (
            format!("ranked from {english} if nothing more is missing: {}", facts.0),
            format!("rangordnas från den {swedish} om inget mer saknas: {}", facts.1),
        ),
        None => (
            format!("{}; import what the meter still holds", facts.0),
            format!("{}; importera det som finns kvar i mätaren", facts.1),
        ),
    }
}

#[cfg(test)]
mod tests;

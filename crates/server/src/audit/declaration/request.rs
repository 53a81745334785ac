//! A declaration as it is sent, from a form, a program or the command line; and what
//! it means.
use competition::{Activity, ActivityKind, Epoch, Exclusion, SquareMetres, Time, WattHours};
use jiff::{Timestamp, civil::Date, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Change, DeclarationError, wrong};

/// A declaration as it is sent and stored: `kind` says which of the fields it needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Declaration)]
pub struct DeclarationRequest {
    /// `event`, `excluded-hours`, `meter-swap`, `floor-area`, `employees`, `activity`,
    /// `withdraw`, or, as an amendment, `late-data`.
    pub kind: String,
    /// Role of who declares it, such as `energy coordinator`.
    pub by: String,
    /// Why, for everybody to read; of an `activity` what was done.
    pub reason: String,
    /// Of `event`, `excluded-hours`, `floor-area`, `employees`, `activity`, `late-data`:
    /// its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// Of `meter-swap`: the meter's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// `event`: first day. `floor-area`, `employees`: the day from which it holds.
    /// `excluded-hours`: a moment, RFC 3339 or local.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `event`: the day after the last. `excluded-hours`: a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// `meter-swap`: when the new register took over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `meter-swap`: last value of the old register, Wh as the meter showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_wh: Option<i64>,
    /// `meter-swap`: first value of the new register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_wh: Option<i64>,
    /// `floor-area`: Atemp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub m2: Option<f64>,
    /// `employees`: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// `activity`: its kind, such as `night-walk`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// `activity`: the day it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// `activity`: where in the house, if that is to be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// `withdraw`: the entry of the declaration that is to hold no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<i64>,
}

impl DeclarationRequest {
    /// What it means, without a look at who competes.
    ///
    /// # Errors
    /// The first field that is missing or is nothing.
    pub fn read(&self, zone: &TimeZone) -> Result<Change, DeclarationError> {
        let kind = self.kind.as_str();
        let need = |field: &Option<String>, name: &str, example: &str| {
            let text = field.as_deref().map(str::trim).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| {
                wrong(format!("{kind} needs {name}"), format!("give {name}, such as {example}"))
            })
        };
        let who = || need(&self.participant, "participant", "soderhamn");
        let day = |field: &Option<String>, name: &str| {
            let text = need(field, name, "2027-03-15")?;
            text.parse::<Date>().map_err(|_| {
                wrong(format!("{name} = {text:?} is no date"), "write it as 2027-03-15")
            })
        };
        let moment = |field: &Option<String>, name: &str| {
            moment(&need(field, name, "2027-04-11T09:00:00+02:00")?, name, zone)
        };
        let number = |field: Option<i64>, name: &str| {
            field.ok_or_else(|| wrong(format!("{kind} needs {name}"), "give it in whole Wh"))
        };
        Ok(match kind {
            "event" => {
                let (from, until) = (day(&self.from, "from")?, day(&self.until, "until")?);
                let begin = |day: Date| midnight(day, zone);
                let (from, until) = (begin(from)?, begin(until)?);
                let reason = self.reason.trim().to_owned();
                Change::Excluded(who()?, Exclusion { from, until, reason })
            }
            "excluded-hours" => {
                let (from, until) = (moment(&self.from, "from")?, moment(&self.until, "until")?);
                let reason = self.reason.trim().to_owned();
                Change::Excluded(who()?, Exclusion { from, until, reason })
            }
            "meter-swap" => {
                let meter = need(&self.meter, "meter", "735999100000000001")?;
                let at = moment(&self.at, "at")?;
                let last = WattHours(number(self.last_wh, "last_wh")?);
                let first = WattHours(number(self.first_wh, "first_wh")?);
                Change::Swapped(meter, Epoch { at, last, first })
            }
            "floor-area" => {
                let m2 = self.m2.ok_or_else(|| {
                    wrong("floor-area needs m2", "give Atemp in square metres, such as 6100")
                })?;
                Change::Area(who()?, day(&self.from, "from")?, SquareMetres(m2))
            }
            "employees" => {
                let count = self.count.ok_or_else(|| {
                    wrong("employees needs count", "give how many there are, such as 240")
                })?;
                Change::Staff(who()?, day(&self.from, "from")?, count)
            }
            "activity" => {
                let done = need(&self.activity, "activity", "night-walk")?;
                let kind = done.parse::<ActivityKind>().map_err(|error| {
                    wrong(
                        format!("activity = {done:?} is not known"),
                        format!("one of {}", error.valid.join(", ")),
                    )
                })?;
                let (day, place) = (day(&self.day, "day")?, self.place.as_deref());
                let words = |text: &str| text.trim().to_owned();
                let (place, by) = (words(place.unwrap_or_default()), words(&self.by));
                Change::Done(who()?, Activity { kind, day, place, by, note: words(&self.reason) })
            }
            "late-data" => Change::Late(who()?),
            "withdraw" => Change::Withdrawn(self.entry.ok_or_else(|| {
                wrong("withdraw needs entry", "give the number that the declaration has in the log")
            })?),
            other => {
                return Err(wrong(
                    format!("kind = {other:?} is not known"),
                    "one of event, excluded-hours, meter-swap, floor-area, employees, activity, withdraw, late-data",
                ));
            }
        })
    }
}

pub(super) fn midnight(day: Date, zone: &TimeZone) -> Result<Time, DeclarationError> {
    let zoned = day.to_zoned(zone.clone());
    let zoned = zoned.map_err(|_| wrong(format!("{day} is beyond the calendar"), "correct it"))?;
    Ok(Time(zoned.timestamp().as_second()))
}

/// RFC 3339, or a local time as forms send it where that is one moment.
fn moment(text: &str, name: &str, zone: &TimeZone) -> Result<Time, DeclarationError> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Time(at.as_second()));
    }
    let local = text.parse::<DateTime>().map_err(|_| {
        wrong(format!("{name} = {text:?} is no time"), "write it as 2027-04-11T09:00:00+02:00")
    })?;
    let at = zone.to_ambiguous_timestamp(local).unambiguous().map_err(|_| {
        wrong(
            format!("{name} = {text:?} is not one moment: the clocks change then"),
            "give it with its offset, such as 2027-10-31T02:30:00+01:00",
        )
    })?;
    Ok(Time(at.as_second()))
}

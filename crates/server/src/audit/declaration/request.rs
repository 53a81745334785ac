//! The JSON of a declaration, and its conversion from and to [`Declaration`].
use std::str::FromStr;

use competition::{ActivityKind, DoubtKind, SquareMetres, WattHours};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Change, Declaration, DeclarationError, DeclarationKind, Moment, check_role_and_reason, error,
};

/// A declaration as it is sent and stored: `kind` says which of the fields it needs.
/// Fields of other kinds are ignored, unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Declaration)]
pub struct DeclarationRequest {
    /// Which fields are needed: `event` participant, from, until; `excluded-hours` the
    /// same; `meter-swap` meter, at, last_wh, first_wh; `accept-doubt` participant, doubt,
    /// from; `factor` meter, from, factor; `floor-area` participant, from, m2; `employees` participant, from, count; `activity` participant, activity, day;
    /// `withdraw` entry; `late-data`, as an amendment only, participant.
    #[schema(value_type = DeclarationKind, inline)]
    pub kind: String,
    /// Role of the person who declares it, such as `energy coordinator`.
    pub by: String,
    /// Reason, published; for an `activity` a description of what was done.
    pub reason: String,
    /// Participant id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// Meter id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// `event`: first day. `floor-area`, `employees`: first day on which the value holds.
    /// `excluded-hours`, `accept-doubt`, `factor`: a moment, RFC 3339 or local time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `event`: the day after the last. `excluded-hours`: a moment. `accept-doubt`,
    /// `factor`: a moment; without it for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// `accept-doubt`: its kind, such as `stuck-register`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// `factor`: what the measured energy is multiplied by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// `meter-swap`: the moment when the new register took over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `meter-swap`: last value of the old register in Wh, as the meter showed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_wh: Option<i64>,
    /// `meter-swap`: first value of the new register in Wh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_wh: Option<i64>,
    /// `floor-area`: Atemp in m².
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
    /// `activity`: where in the building, if that is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// `withdraw`: entry of the declaration that is withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<i64>,
}

const MISSING: &str = "Fyll i fältet.";

/// Parses the fields that the kind needs.
///
/// # Errors
/// The first field that is missing or cannot be parsed.
impl TryFrom<DeclarationRequest> for Declaration {
    type Error = DeclarationError;

    fn try_from(request: DeclarationRequest) -> Result<Self, DeclarationError> {
        check_role_and_reason(&request.by, &request.reason)?;
        let kind = DeclarationKind::from_str(&request.kind)?;
        let field = |name, value| Field { kind, name, value };
        let participant = || field("participant", &request.participant).text("soderhamn");
        let from = field("from", &request.from);
        let until = field("until", &request.until);
        let missing = |name: &'static str, hint: &str| {
            error(format!("{} needs {name}", kind.id()), hint).at(name, MISSING)
        };
        let change = match kind {
            DeclarationKind::Event => {
                let (from, until) = (from.date()?, until.date()?);
                Change::Event { participant: participant()?, from, until }
            }
            DeclarationKind::ExcludedHours => {
                let (from, until) = (from.moment()?, until.moment()?);
                Change::ExcludedHours { participant: participant()?, from, until }
            }
            DeclarationKind::MeterSwap => {
                let watt_hours = |name, value: Option<i64>| {
                    value.map(WattHours).ok_or_else(|| missing(name, "give it in whole Wh"))
                };
                Change::MeterSwap {
                    meter: field("meter", &request.meter).text("735999100000000001")?,
                    at: field("at", &request.at).moment()?,
                    last: watt_hours("last_wh", request.last_wh)?,
                    first: watt_hours("first_wh", request.first_wh)?,
                }
            }
            DeclarationKind::AcceptDoubt => {
                let id = field("doubt", &request.doubt).text("stuck-register")?;
                let doubt = id.parse::<DoubtKind>().map_err(|unknown| {
                    error(
                        format!("doubt = {id:?} is not known"),
                        format!("one of {}", unknown.valid.join(", ")),
                    )
                })?;
                let (from, until) = (from.moment()?, until.optional_moment()?);
                Change::AcceptDoubt { participant: participant()?, doubt, from, until }
            }
            DeclarationKind::Factor => {
                let hint = "give what the measured energy is multiplied by, such as 1000";
                Change::Factor {
                    meter: field("meter", &request.meter).text("735999100000000001")?,
                    from: from.moment()?,
                    until: until.optional_moment()?,
                    factor: request.factor.ok_or_else(|| missing("factor", hint))?,
                }
            }
            DeclarationKind::FloorArea => {
                let hint = "give Atemp in square metres, such as 6100";
                let area = SquareMetres(request.m2.ok_or_else(|| missing("m2", hint))?);
                Change::FloorArea { participant: participant()?, from: from.date()?, area }
            }
            DeclarationKind::Employees => {
                let hint = "give how many there are, such as 240";
                let count = request.count.ok_or_else(|| missing("count", hint))?;
                Change::Employees { participant: participant()?, from: from.date()?, count }
            }
            DeclarationKind::Activity => {
                let id = field("activity", &request.activity).text("night-walk")?;
                let activity = id.parse::<ActivityKind>().map_err(|unknown| {
                    error(
                        format!("activity = {id:?} is not known"),
                        format!("one of {}", unknown.valid.join(", ")),
                    )
                })?;
                let day = field("day", &request.day).date()?;
                let place = present(&request.place).map(str::to_owned);
                Change::Activity { participant: participant()?, activity, day, place }
            }
            DeclarationKind::LateData => Change::LateData { participant: participant()? },
            DeclarationKind::Withdraw => {
                let hint = "give the number that the declaration has in the log";
                Change::Withdraw { entry: request.entry.ok_or_else(|| missing("entry", hint))? }
            }
        };
        let DeclarationRequest { by, reason, .. } = request;
        Ok(Self { by: by.trim().to_owned(), reason: reason.trim().to_owned(), change })
    }
}

impl From<Declaration> for DeclarationRequest {
    fn from(Declaration { by, reason, change }: Declaration) -> Self {
        let kind = change.kind().id().to_owned();
        let participant = change.participant().map(str::to_owned);
        let request = Self { kind, by, reason, participant, ..Self::default() };
        match change {
            Change::Event { from, until, .. } => {
                Self { from: Some(from.to_string()), until: Some(until.to_string()), ..request }
            }
            Change::ExcludedHours { from, until, .. } => {
                Self { from: Some(from.to_string()), until: Some(until.to_string()), ..request }
            }
            Change::MeterSwap { meter, at, last, first } => Self {
                meter: Some(meter),
                at: Some(at.to_string()),
                last_wh: Some(last.0),
                first_wh: Some(first.0),
                ..request
            },
            Change::AcceptDoubt { doubt, from, until, .. } => Self {
                doubt: Some(doubt.as_str().to_owned()),
                from: Some(from.to_string()),
                until: until.map(|until| until.to_string()),
                ..request
            },
            Change::Factor { meter, from, until, factor } => Self {
                meter: Some(meter),
                from: Some(from.to_string()),
                until: until.map(|until| until.to_string()),
                factor: Some(factor),
                ..request
            },
            Change::FloorArea { from, area, .. } => {
                Self { from: Some(from.to_string()), m2: Some(area.0), ..request }
            }
            Change::Employees { from, count, .. } => {
                Self { from: Some(from.to_string()), count: Some(count), ..request }
            }
            Change::Activity { activity, day, place, .. } => Self {
                activity: Some(activity.as_str().to_owned()),
                day: Some(day.to_string()),
                place,
                ..request
            },
            Change::LateData { .. } => request,
            Change::Withdraw { entry } => Self { entry: Some(entry), ..request },
        }
    }
}

/// The text without surrounding space, where there is some.
fn present(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A text field of a declaration, with what its errors need.
#[derive(Clone, Copy)]
struct Field<'a> {
    kind: DeclarationKind,
    name: &'static str,
    value: &'a Option<String>,
}

impl Field<'_> {
    fn text(self, example: &str) -> Result<String, DeclarationError> {
        let Self { kind, name, value } = self;
        present(value).map(str::to_owned).ok_or_else(|| {
            error(format!("{} needs {name}", kind.id()), format!("give {name}, such as {example}"))
                .at(name, MISSING)
        })
    }

    fn date(self) -> Result<Date, DeclarationError> {
        let text = self.text("2027-03-15")?;
        text.parse().map_err(|_| {
            error(format!("{} = {text:?} is no date", self.name), "write it as 2027-03-15")
                .at(self.name, format!("”{text}” är inget datum. Skriv det som 2027-03-15."))
        })
    }

    fn optional_moment(self) -> Result<Option<Moment>, DeclarationError> {
        present(self.value).map(|_| self.moment()).transpose()
    }

    fn moment(self) -> Result<Moment, DeclarationError> {
        let text = self.text("2027-04-11T09:00:00+02:00")?;
        text.parse().map_err(|_| {
            let hint = "write it as 2027-04-11T09:00:00+02:00";
            error(format!("{} = {text:?} is no time", self.name), hint).at(
                self.name,
                format!("”{text}” är ingen tidpunkt. Skriv den som 2027-04-11T09:00."),
            )
        })
    }
}

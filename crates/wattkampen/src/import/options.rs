//! What is stated about the layout of files, by the command line, by a saved layout or by
//! a recognised one. What is not stated is detected, or asked for.
use serde::{Deserialize, Serialize};

/// How to read the files of one import, as far as that is stated. Columns are stated by
/// name or by number from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Statements {
    /// Columns whose texts together are the time: a date and a clock, for example.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) time_columns: Vec<String>,
    /// Column of the end of each interval.
    pub(crate) end_column: Option<String>,
    pub(crate) value_column: Option<String>,
    /// Column of each row's meter.
    pub(crate) meter_column: Option<String>,
    /// Column of each row's unit.
    pub(crate) unit_column: Option<String>,
    /// `COLUMN=VALUE`: rows with another text in the column are not of the series.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) only: Vec<String>,
    /// The values are registers, not energies of intervals.
    pub(crate) register: Option<bool>,
    /// Zone of times without an offset.
    pub(crate) zone: Option<String>,
    /// Sheet of a workbook.
    pub(crate) sheet: Option<String>,
    pub(crate) delimiter: Option<char>,
    pub(crate) decimal: Option<Decimal>,
    pub(crate) unit: Option<Unit>,
    /// Unit of temperatures.
    pub(crate) degrees: Option<Degrees>,
    /// Length of an interval, minutes.
    pub(crate) interval: Option<i64>,
    /// What of an interval the times are.
    pub(crate) times: Option<Times>,
    pub(crate) date_order: Option<DateOrder>,
}

impl Statements {
    /// These statements, and those of `other` where these state nothing.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let list = |own: &Vec<String>, other: &Vec<String>| {
            if own.is_empty() { other.clone() } else { own.clone() }
        };
        let text = |own: &Option<String>, other: &Option<String>| own.clone().or(other.clone());
        Self {
            time_columns: list(&self.time_columns, &other.time_columns),
            // An end column belongs to the time columns beside it.
            end_column: if self.time_columns.is_empty() {
                text(&self.end_column, &other.end_column)
            } else {
                self.end_column.clone()
            },
            value_column: text(&self.value_column, &other.value_column),
            meter_column: text(&self.meter_column, &other.meter_column),
            unit_column: text(&self.unit_column, &other.unit_column),
            only: list(&self.only, &other.only),
            register: self.register.or(other.register),
            zone: text(&self.zone, &other.zone),
            sheet: text(&self.sheet, &other.sheet),
            delimiter: self.delimiter.or(other.delimiter),
            decimal: self.decimal.or(other.decimal),
            unit: self.unit.or(other.unit),
            degrees: self.degrees.or(other.degrees),
            interval: self.interval.or(other.interval),
            times: self.times.or(other.times),
            date_order: self.date_order.or(other.date_order),
        }
    }
}

/// What a file's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// Energy of an interval.
    Energy,
    /// A cumulative register.
    Register,
    /// Outdoor temperature, °C.
    Outdoor,
}

/// The character before the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decimal {
    /// 12.5
    Point,
    /// 12,5
    Comma,
}

/// What of an interval its time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Times {
    Starts,
    Ends,
}

/// The order of a date's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DateOrder {
    /// Year, month, day
    Ymd,
    /// Day, month, year
    Dmy,
    /// Month, day, year
    Mdy,
}

impl DateOrder {
    pub(super) const fn option(self) -> &'static str {
        match self {
            Self::Ymd => "--date-order ymd",
            Self::Dmy => "--date-order dmy",
            Self::Mdy => "--date-order mdy",
        }
    }
}

/// Unit of temperatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[value(rename_all = "verbatim")]
pub(crate) enum Degrees {
    /// Degrees Celsius
    C,
    /// Degrees Fahrenheit
    F,
}

impl Degrees {
    /// A ten-thousandth of this unit's degree in hundredths of a degree Celsius, rounded
    /// half away from zero.
    pub(super) const fn hundredths(self, value: i64) -> i64 {
        let (numerator, divisor) = match self {
            Self::C => (value, 100),
            Self::F => (value.saturating_sub(320_000).saturating_mul(5), 900),
        };
        let half = if numerator < 0 { -divisor / 2 } else { divisor / 2 };
        numerator.saturating_add(half) / divisor
    }

    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Self::C => "°C",
            Self::F => "°F",
        }
    }
}

/// Unit of energies and registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[value(rename_all = "verbatim")]
pub(crate) enum Unit {
    /// Watt-hours
    Wh,
    /// Kilowatt-hours
    #[value(name = "kWh")]
    #[serde(rename = "kWh")]
    KWh,
    /// Megawatt-hours
    MWh,
}

impl Unit {
    pub(super) const ALL: [Self; 3] = [Self::Wh, Self::KWh, Self::MWh];

    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Self::Wh => "Wh",
            Self::KWh => "kWh",
            Self::MWh => "MWh",
        }
    }

    /// The unit that a text names, in any case: `KWH`.
    pub(super) fn from_symbol(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| text.trim().eq_ignore_ascii_case(unit.symbol()))
    }

    /// Decimal digits from this unit to a milliwatt-hour.
    pub(super) const fn digits(self) -> u32 {
        match self {
            Self::Wh => 3,
            Self::KWh => 6,
            Self::MWh => 9,
        }
    }
}

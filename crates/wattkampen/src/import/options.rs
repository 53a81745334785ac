//! What the organiser states about the files of an import; the rest is detected.
use jiff::tz::TimeZone;

/// How to read the files of one import.
#[derive(Debug, Clone)]
pub(crate) struct ImportOptions {
    /// Name of the time column, or its number from 1.
    pub(crate) time_column: Option<String>,
    /// Name of the value column, or its number from 1.
    pub(crate) value_column: Option<String>,
    /// The values are registers, not energies of intervals.
    pub(crate) register: bool,
    /// Zone of times without an offset.
    pub(crate) zone: TimeZone,
    pub(crate) delimiter: Option<u8>,
    /// Fractions follow a comma, as in `1,5`.
    pub(crate) decimal_comma: bool,
    /// Unit of energies and registers.
    pub(crate) unit: Option<Unit>,
    /// Length of an interval, minutes.
    pub(crate) interval: Option<i64>,
    /// Times are the ends of intervals, not their starts.
    pub(crate) ends: bool,
}

impl ImportOptions {
    /// Options that state nothing but the zone.
    pub(crate) fn new(zone: TimeZone) -> Self {
        Self {
            time_column: None,
            value_column: None,
            register: false,
            zone,
            delimiter: None,
            decimal_comma: false,
            unit: None,
            interval: None,
            ends: false,
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

/// Unit of energies and registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "verbatim")]
pub(crate) enum Unit {
    /// Watt-hours
    Wh,
    /// Kilowatt-hours
    #[value(name = "kWh")]
    KWh,
    /// Megawatt-hours
    MWh,
}

impl Unit {
    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Self::Wh => "Wh",
            Self::KWh => "kWh",
            Self::MWh => "MWh",
        }
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

//! The tables of the report before they have a form. Every form prints these tables and
//! no others, so text, JSON, CSV, workbook and page agree.
use competition::{Bilingual, Time};
use jiff::civil::Date;

/// The same text in both languages, in the order of [`wire::Language::pick`].
pub(super) fn both(swedish: impl Into<String>, english: impl Into<String>) -> Bilingual {
    Bilingual::new(english, swedish)
}

#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Field in JSON, file name, and argument of `--table`.
    pub(super) id: &'static str,
    pub(super) title: Bilingual,
    /// Name of the workbook's tab: short, without the characters that a tab forbids.
    pub(super) tab: Bilingual,
    pub(super) note: Option<Bilingual>,
    /// Replaces the rows where there are none.
    pub(super) empty_text: Bilingual,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Field in JSON and CSV.
    pub(super) id: &'static str,
    pub(super) heading: Bilingual,
    pub(super) kind: ColumnKind,
}

impl Column {
    pub(super) fn new(id: &'static str, kind: ColumnKind, swedish: &str, english: &str) -> Self {
        Self { id, heading: both(swedish, english), kind }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// A number; JSON and CSV have this many decimals.
    Number(usize),
    /// Percent; the workbook stores a share and shows it as percent.
    Percent,
    /// Lower end of an interval in percent. The next column is the upper end; printed
    /// forms show both as one column.
    IntervalLowPercent,
    IntervalHighPercent,
    /// The same in the unit of the row.
    IntervalLow,
    IntervalHigh,
    Text,
    /// Text that printed forms show below the first text of the row.
    Remark,
    Day,
    Time,
}

impl ColumnKind {
    /// Numbers are aligned to the right.
    pub(super) const fn is_number(self) -> bool {
        !matches!(self, Self::Text | Self::Remark | Self::Day | Self::Time)
    }

    pub(super) const fn is_percent(self) -> bool {
        matches!(self, Self::Percent | Self::IntervalLowPercent | Self::IntervalHighPercent)
    }

    /// Decimals in JSON and CSV.
    pub(super) const fn decimals(self) -> usize {
        match self {
            Self::Number(decimals) => decimals,
            _ => 1,
        }
    }
}

/// A value. What is not known is [`Cell::Unknown`], never 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Unknown,
    /// A text that is the same in every language.
    Text(String),
    /// One of a known set: its identifier for programs, and its name.
    Term(&'static str, Bilingual),
    Bilingual(Bilingual),
    Day(Date),
    Time(Time),
    Number {
        value: f64,
        precision: Precision,
        /// The formula of this cell in the workbook gives the same value.
        is_formula: bool,
    },
}

impl Cell {
    pub(super) fn number(value: Option<f64>, decimals: usize) -> Self {
        Self::with_precision(value, Precision::Decimals(decimals))
    }

    pub(super) fn with_precision(value: Option<f64>, precision: Precision) -> Self {
        // Adding zero turns −0 into 0.
        value.filter(|value| value.is_finite()).map_or(Self::Unknown, |value| Self::Number {
            value: value + 0.0,
            precision,
            is_formula: false,
        })
    }

    pub(super) fn count(value: impl Into<f64>) -> Self {
        Self::number(Some(value.into()), 0)
    }

    /// Marks the cell as a formula if the arithmetic of that formula gives its value.
    pub(super) fn computed_as(self, arithmetic: Option<f64>) -> Self {
        match (self, arithmetic) {
            (Self::Number { value, precision, .. }, Some(other))
                if (value - other).abs() <= 1e-9 * value.abs().max(1.0) =>
            {
                Self::Number { value, precision, is_formula: true }
            }
            (cell, _) => cell,
        }
    }

    pub(super) fn text(text: &str) -> Self {
        match text.is_empty() {
            true => Self::Unknown,
            false => Self::Text(text.to_owned()),
        }
    }
}

/// How precisely a number is printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Precision {
    Decimals(usize),
    /// To a multiple of this step, which is 1 or more.
    Step(f64),
}

impl Precision {
    /// The precision that an interval supports: the power of ten between a twentieth and
    /// a half of its half-width, at least 1.
    pub(super) fn for_interval([low, high]: [f64; 2]) -> Self {
        let half_width = (high - low) / 2.0;
        match half_width.is_finite() && half_width >= 2.0 {
            true => Self::Step(10f64.powf((half_width / 2.0).log10().floor())),
            false => Self::Decimals(0),
        }
    }

    /// The decimals of a constant that was given: two, or three where it has three.
    pub(super) fn of_constant(value: f64) -> Self {
        let hundredths = value * 100.0;
        Self::Decimals(if (hundredths - hundredths.round()).abs() < 1e-9 { 2 } else { 3 })
    }

    /// Two significant digits, for an estimate without an interval.
    pub(super) fn two_significant_digits(value: f64) -> Self {
        let scale = value.abs().log10().floor() - 1.0;
        if scale.is_finite() && scale > 0.0 {
            Self::Step(10f64.powf(scale))
        } else {
            Self::Decimals(0)
        }
    }
}

//! A table of the report before it has a form. Every form prints these tables and no
//! others, so text, JSON, CSV, workbook and page cannot tell different things.
use competition::Time;
use jiff::civil::Date;

/// The same in Swedish and in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Both(pub(super) String, pub(super) String);

/// Both from constants.
pub(super) fn both(swedish: &str, english: &str) -> Both {
    Both(swedish.to_owned(), english.to_owned())
}

/// A table: title, what a reader has to know, columns, rows.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Name in JSON, of a file, and after `--table`.
    pub(super) id: &'static str,
    pub(super) title: Both,
    /// Tab of the workbook: short, without signs that a workbook forbids.
    pub(super) tab: Both,
    pub(super) note: Option<Both>,
    /// Said in place of no rows.
    pub(super) empty: Both,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Field in JSON and CSV.
    pub(super) id: &'static str,
    pub(super) head: Both,
    pub(super) kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number with so many decimals for programs.
    Number(usize),
    /// Percent; a share with a percent format in the workbook.
    Percent,
    /// The lower end of an interval, the next column being the upper: one column
    /// in print.
    Low,
    High,
    /// The same in numbers of the row's own unit.
    LowNumber,
    HighNumber,
    Words,
    /// Words that stand below the row's first words in print.
    Remark,
    Day,
    Moment,
}

impl Kind {
    /// Whether it is set to the right.
    pub(super) const fn is_number(self) -> bool {
        !matches!(self, Self::Words | Self::Remark | Self::Day | Self::Moment)
    }

    pub(super) const fn is_percent(self) -> bool {
        matches!(self, Self::Percent | Self::Low | Self::High)
    }

    /// Decimals for programs.
    pub(super) const fn fine(self) -> usize {
        match self {
            Self::Number(decimals) => decimals,
            _ => 1,
        }
    }
}

/// A value, or nothing where nothing is known: never 0 then.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Unknown,
    /// The same in every language.
    Name(String),
    /// Of a known set: its short name for programs, and words.
    Term(&'static str, Both),
    Words(Both),
    Day(Date),
    Moment(Time),
    Number {
        value: f64,
        shown: Shown,
        /// The workbook's formula gives it from other cells.
        follows: bool,
    },
}

/// How precisely a number is printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shown {
    Decimals(usize),
    /// To a multiple of this, 1 or more.
    Step(f64),
}

impl Shown {
    /// What an interval supports: a tenth to a half of its half-width, in tens, hundreds
    /// and so on; nothing below one.
    pub(super) fn within([low, high]: [f64; 2]) -> Self {
        let half = (high - low) / 2.0;
        match half.is_finite() && half >= 2.0 {
            true => Self::Step(10f64.powf((half / 2.0).log10().floor())),
            false => Self::Decimals(0),
        }
    }

    /// As many decimals as a given number has, two at least and three at most.
    pub(super) fn given(value: f64) -> Self {
        let hundredths = value * 100.0;
        Self::Decimals(if (hundredths - hundredths.round()).abs() < 1e-9 { 2 } else { 3 })
    }

    /// Two digits that count, of an estimate without an interval.
    pub(super) fn roughly(value: f64) -> Self {
        let scale = value.abs().log10().floor() - 1.0;
        if scale.is_finite() && scale > 0.0 {
            Self::Step(10f64.powf(scale))
        } else {
            Self::Decimals(0)
        }
    }
}

impl Cell {
    pub(super) fn number(value: Option<f64>, decimals: usize) -> Self {
        Self::shown(value, Shown::Decimals(decimals))
    }

    pub(super) fn shown(value: Option<f64>, shown: Shown) -> Self {
        // Adding zero turns a negative nothing into nothing.
        value.filter(|value| value.is_finite()).map_or(Self::Unknown, |value| Self::Number {
            value: value + 0.0,
            shown,
            follows: false,
        })
    }

    pub(super) fn count(value: impl Into<f64>) -> Self {
        Self::number(Some(value.into()), 0)
    }

    /// Follows from other cells when their arithmetic gives the same.
    pub(super) fn if_it_is(self, arithmetic: Option<f64>) -> Self {
        match (self, arithmetic) {
            (Self::Number { value, shown, .. }, Some(other))
                if (value - other).abs() <= 1e-9 * value.abs().max(1.0) =>
            {
                Self::Number { value, shown, follows: true }
            }
            (cell, _) => cell,
        }
    }

    pub(super) fn name(text: &str) -> Self {
        match text.is_empty() {
            true => Self::Unknown,
            false => Self::Name(text.to_owned()),
        }
    }
}

impl Column {
    pub(super) fn new(id: &'static str, kind: Kind, swedish: &str, english: &str) -> Self {
        Self { id, head: both(swedish, english), kind }
    }
}

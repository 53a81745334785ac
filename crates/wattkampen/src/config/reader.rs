//! Reads a TOML table key by key and collects all mistakes with their lines, so that an
//! organiser can correct all of them at once.
use std::{cell::RefCell, fmt, str::FromStr};

use competition::UnknownName;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::names::did_you_mean;

/// One mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Diagnostic {
    /// Line of the file, from 1.
    pub(crate) line: usize,
    /// What is wrong.
    pub(crate) message: String,
    /// How to correct it.
    pub(crate) hint: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}\n  {}", self.line, self.message, self.hint)
    }
}

/// The file's text and the mistakes found in it so far.
#[derive(Debug)]
pub(super) struct Source<'a> {
    text: &'a str,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, diagnostics: RefCell::new(Vec::new()) }
    }

    /// The whole file as a section.
    pub(super) fn root<'s>(&'s self, table: &'a Spanned<DeTable<'a>>) -> Section<'s, 'a> {
        Section {
            source: self,
            name: String::new(),
            offset: 0,
            table: table.get_ref(),
            used: RefCell::default(),
        }
    }

    /// Records a mistake at a byte offset of the file.
    pub(super) fn report(
        &self,
        offset: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let line = 1 + self.text[..offset.min(self.text.len())].matches('\n').count();
        self.diagnostics.borrow_mut().push(Diagnostic {
            line,
            message: message.into(),
            hint: hint.into(),
        });
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics.into_inner();
        diagnostics.sort();
        diagnostics.dedup();
        diagnostics
    }
}

/// A value and its byte offset in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Located<T> {
    pub(super) offset: usize,
    pub(super) value: T,
}

/// A table of the file. Dropping it reports the keys that were not read.
pub(super) struct Section<'s, 'a> {
    pub(super) source: &'s Source<'a>,
    /// As messages name it: `[server]`, `participant soderhamn`.
    pub(super) name: String,
    pub(super) offset: usize,
    table: &'s DeTable<'a>,
    used: RefCell<Vec<&'static str>>,
}

impl Drop for Section<'_, '_> {
    fn drop(&mut self) {
        let used = self.used.borrow();
        for key in self.table.keys() {
            if !used.contains(&key.get_ref().as_ref()) {
                let suggestion = did_you_mean(key.get_ref(), used.iter().copied());
                self.source.report(
                    key.span().start,
                    format!("unknown key {:?} in {}{suggestion}", key.get_ref(), self.place()),
                    format!("known keys here are {}", used.join(", ")),
                );
            }
        }
    }
}

impl<'s, 'a> Section<'s, 'a> {
    fn place(&self) -> &str {
        if self.name.is_empty() { "the file" } else { &self.name }
    }

    pub(super) fn value(&self, key: &'static str) -> Option<&'s Spanned<DeValue<'a>>> {
        let mut used = self.used.borrow_mut();
        if !used.contains(&key) {
            used.push(key);
        }
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'a>>, wanted: &str) {
        self.source.report(
            value.span().start,
            format!("{key} in {} has the wrong type, {}", self.place(), value.get_ref().type_str()),
            format!("write {wanted}"),
        );
    }

    fn missing(&self, key: &str, example: &str) {
        self.source.report(
            self.offset,
            format!("{} has no {key}", self.place()),
            format!("add a line such as: {key} = {example}"),
        );
    }

    /// A text, if the key is present.
    pub(super) fn text(&self, key: &'static str) -> Option<Located<&'s str>> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Located { offset: value.span().start, value: text }),
            None => {
                self.wrong_type(key, value, "text in quotation marks");
                None
            }
        }
    }

    /// A list of texts; empty where the key is absent.
    pub(super) fn texts(&self, key: &'static str, wanted: &str) -> Vec<Located<&'s str>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let items = value.get_ref().as_array().map(|items| {
            let text = |item: &'s Spanned<DeValue<'a>>| {
                let value = item.get_ref().as_str()?;
                Some(Located { offset: item.span().start, value })
            };
            items.iter().map(text).collect::<Option<Vec<_>>>()
        });
        items.flatten().unwrap_or_else(|| {
            self.wrong_type(key, value, wanted);
            Vec::new()
        })
    }

    /// A text that must be present and not be empty.
    pub(super) fn required_text(
        &self,
        key: &'static str,
        example: &str,
    ) -> Option<Located<&'s str>> {
        if !self.has(key) {
            self.value(key);
            self.missing(key, &format!("{example:?}"));
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.source.report(
                text.offset,
                format!("{key} is empty"),
                format!("write such as {example:?}"),
            );
            return None;
        }
        Some(text)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.keys().any(|name| name.get_ref() == key)
    }

    /// A text that is parsed as another type, if the key is present.
    pub(super) fn parsed<T: FromStr>(&self, key: &'static str, wanted: &str) -> Option<Located<T>>
    where
        T::Err: fmt::Display,
    {
        let text = self.text(key)?;
        match text.value.parse() {
            Ok(value) => Some(Located { offset: text.offset, value }),
            Err(error) => {
                self.source.report(
                    text.offset,
                    format!("{key} in {} is {:?}: {error}", self.place(), text.value),
                    format!("write {wanted}"),
                );
                None
            }
        }
    }

    /// A text as one of the names of `T`.
    pub(super) fn parse_name<T>(&self, text: Located<&str>, noun: &str) -> Option<T>
    where
        T: FromStr<Err = UnknownName>,
    {
        let parsed = text.value.parse().map_err(|error: UnknownName| {
            self.report_unknown(text, noun, &error.valid);
        });
        parsed.ok()
    }

    /// Reports a text that is none of the known names.
    pub(super) fn report_unknown(&self, text: Located<&str>, noun: &str, known: &[&str]) {
        let suggestion = did_you_mean(text.value, known.iter().copied());
        self.source.report(
            text.offset,
            format!("{noun} {:?} is not known{suggestion}", text.value),
            format!("known are {}", known.join(", ")),
        );
    }

    /// A local date, where it is given.
    pub(super) fn optional_date(&self, key: &'static str) -> Option<Located<jiff::civil::Date>> {
        self.value(key)?;
        self.date(key)
    }

    /// A local date that must be present, as a TOML date or as a text.
    pub(super) fn date(&self, key: &'static str) -> Option<Located<jiff::civil::Date>> {
        let value = match self.value(key) {
            Some(value) => value,
            None => {
                self.missing(key, "\"2027-03-01\"");
                return None;
            }
        };
        let text = match value.get_ref() {
            DeValue::Datetime(bare) => bare.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                self.wrong_type(key, value, "a date such as \"2027-03-01\"");
                return None;
            }
        };
        match text.parse() {
            Ok(date) => Some(Located { offset: value.span().start, value: date }),
            Err(_) => {
                self.source.report(
                    value.span().start,
                    format!("{key} in {} is {text:?}, which is not a date", self.place()),
                    "a date is year-month-day, such as \"2027-03-01\"",
                );
                None
            }
        }
    }

    /// A number within bounds, if the key is present.
    pub(super) fn number(
        &self,
        key: &'static str,
        low: f64,
        high: f64,
        unit: &str,
    ) -> Option<Located<f64>> {
        let value = self.value(key)?;
        let text = match value.get_ref() {
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => {
                self.wrong_type(key, value, &format!("a number ({unit})"));
                return None;
            }
        };
        let offset = value.span().start;
        match text.replace('_', "").parse::<f64>() {
            Ok(number) if (low..=high).contains(&number) => Some(Located { offset, value: number }),
            _ => {
                self.source.report(
                    offset,
                    format!("{key} in {} is {text}", self.place()),
                    format!("write a number from {low} to {high} ({unit})"),
                );
                None
            }
        }
    }

    /// A whole number within bounds, if the key is present.
    pub(super) fn integer(
        &self,
        key: &'static str,
        low: i64,
        high: i64,
        unit: &str,
    ) -> Option<Located<i64>> {
        let number = self.number(key, low as f64, high as f64, unit)?;
        if number.value.fract() != 0.0 {
            self.source.report(
                number.offset,
                format!("{key} in {} is {}", self.place(), number.value),
                format!("write a whole number ({unit})"),
            );
            return None;
        }
        Some(Located { offset: number.offset, value: number.value as i64 })
    }

    /// `true` or `false`; false where the key is absent.
    pub(super) fn flag(&self, key: &'static str) -> bool {
        match self.value(key).map(|value| (value, value.get_ref())) {
            Some((_, DeValue::Boolean(value))) => *value,
            Some((value, _)) => {
                self.wrong_type(key, value, "true or false");
                false
            }
            None => false,
        }
    }

    /// A table inside this one, if the key is present.
    pub(super) fn section(&self, key: &'static str) -> Option<Section<'s, 'a>> {
        let value = self.value(key)?;
        self.table_of(
            value,
            if self.name.is_empty() {
                format!("[{key}]")
            } else {
                format!("{key} of {}", self.name)
            },
        )
    }

    /// A table that must be present.
    pub(super) fn required_section(
        &self,
        key: &'static str,
        example: &str,
    ) -> Option<Section<'s, 'a>> {
        if !self.has(key) {
            self.value(key);
            self.source.report(
                self.offset,
                format!("{} has no {key}", self.place()),
                format!("add {example}"),
            );
            return None;
        }
        self.section(key)
    }

    fn table_of(&self, value: &'s Spanned<DeValue<'a>>, name: String) -> Option<Section<'s, 'a>> {
        match value.get_ref().as_table() {
            Some(table) => Some(Section {
                source: self.source,
                name,
                offset: value.span().start,
                table,
                used: RefCell::default(),
            }),
            None => {
                self.wrong_type(&name, value, "a table");
                None
            }
        }
    }

    /// A list of tables; messages name each by `one` and its number.
    pub(super) fn sections(&self, key: &'static str, one: &str) -> Vec<Section<'s, 'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of tables");
            return Vec::new();
        };
        let name = |index: usize| match self.name.as_str() {
            "" => format!("{one} {}", index + 1),
            of => format!("{one} {} of {of}", index + 1),
        };
        items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.table_of(item, name(index)))
            .collect()
    }
}

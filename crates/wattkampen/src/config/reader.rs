//! Reads a TOML table key by key and collects every mistake with its line, so
//! that an organiser mends a file once and not once for each of them.
use std::{cell::RefCell, fmt, str::FromStr};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// One thing that is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}\n  {}", self.line, self.what, self.mend)
    }
}

/// The file's text, and what was found wrong in it so far.
#[derive(Debug)]
pub(super) struct Source<'a> {
    text: &'a str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, mistakes: RefCell::new(Vec::new()) }
    }

    /// The whole file as a section, syntax errors noted.
    pub(super) fn root<'s>(&'s self, table: &'a Spanned<DeTable<'a>>) -> Section<'s, 'a> {
        Section {
            source: self,
            name: String::new(),
            at: 0,
            table: table.get_ref(),
            used: RefCell::default(),
        }
    }

    pub(super) fn mistake(&self, at: usize, what: impl Into<String>, mend: impl Into<String>) {
        let line = 1 + self.text[..at.min(self.text.len())].matches('\n').count();
        self.mistakes.borrow_mut().push(Mistake { line, what: what.into(), mend: mend.into() });
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort();
        mistakes.dedup();
        mistakes
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<T> {
    pub(super) at: usize,
    pub(super) value: T,
}

/// A table of the file. Dropping it complains of the keys that nobody asked for.
pub(super) struct Section<'s, 'a> {
    pub(super) source: &'s Source<'a>,
    /// As the organiser would say it: `[server]`, `participant soderhamn`.
    pub(super) name: String,
    pub(super) at: usize,
    table: &'s DeTable<'a>,
    used: RefCell<Vec<&'static str>>,
}

impl Drop for Section<'_, '_> {
    fn drop(&mut self) {
        let used = self.used.borrow();
        for key in self.table.keys() {
            if !used.contains(&key.get_ref().as_ref()) {
                let known = used.join(", ");
                self.source.mistake(
                    key.span().start,
                    format!("unknown key {:?} in {}", key.get_ref(), self.place()),
                    format!("known keys here are {known}"),
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
        self.used.borrow_mut().push(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'a>>, wanted: &str) {
        self.source.mistake(
            value.span().start,
            format!("{key} in {} has the wrong type, {}", self.place(), value.get_ref().type_str()),
            format!("it wants {wanted}"),
        );
    }

    fn missing(&self, key: &str, example: &str) {
        self.source.mistake(
            self.at,
            format!("{} has no {key}", self.place()),
            format!("add a line such as: {key} = {example}"),
        );
    }

    /// A text, where given.
    pub(super) fn text(&self, key: &'static str) -> Option<At<&'s str>> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(At { at: value.span().start, value: text }),
            None => {
                self.wrong_type(key, value, "text in quotation marks");
                None
            }
        }
    }

    /// A text that must be there and not be empty.
    pub(super) fn need_text(&self, key: &'static str, example: &str) -> Option<At<&'s str>> {
        if !self.has(key) {
            self.value(key);
            self.missing(key, &format!("{example:?}"));
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.source.mistake(text.at, format!("{key} is empty"), format!("such as {example:?}"));
            return None;
        }
        Some(text)
    }

    fn has(&self, key: &str) -> bool {
        self.table.keys().any(|name| name.get_ref() == key)
    }

    /// A text that is read as something else.
    pub(super) fn parsed<T: FromStr>(&self, key: &'static str, wanted: &str) -> Option<At<T>>
    where
        T::Err: fmt::Display,
    {
        let text = self.text(key)?;
        match text.value.parse() {
            Ok(value) => Some(At { at: text.at, value }),
            Err(error) => {
                self.source.mistake(
                    text.at,
                    format!("{key} in {} is {:?}: {error}", self.place(), text.value),
                    format!("it wants {wanted}"),
                );
                None
            }
        }
    }

    /// A local date: in quotation marks or bare.
    pub(super) fn date(&self, key: &'static str) -> Option<At<jiff::civil::Date>> {
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
            Ok(date) => Some(At { at: value.span().start, value: date }),
            Err(_) => {
                self.source.mistake(
                    value.span().start,
                    format!("{key} in {} is {text:?}, which is no date", self.place()),
                    "a date is year-month-day, such as \"2027-03-01\"",
                );
                None
            }
        }
    }

    /// A number within bounds, where given.
    pub(super) fn number(
        &self,
        key: &'static str,
        low: f64,
        high: f64,
        unit: &str,
    ) -> Option<At<f64>> {
        let value = self.value(key)?;
        let text = match value.get_ref() {
            DeValue::Integer(number) => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => {
                self.wrong_type(key, value, &format!("a number ({unit})"));
                return None;
            }
        };
        let at = value.span().start;
        match text.replace('_', "").parse::<f64>() {
            Ok(number) if (low..=high).contains(&number) => Some(At { at, value: number }),
            _ => {
                self.source.mistake(
                    at,
                    format!("{key} in {} is {text}", self.place()),
                    format!("it wants a number from {low} to {high} ({unit})"),
                );
                None
            }
        }
    }

    /// A whole number within bounds, where given.
    pub(super) fn whole(
        &self,
        key: &'static str,
        low: i64,
        high: i64,
        unit: &str,
    ) -> Option<At<i64>> {
        let number = self.number(key, low as f64, high as f64, unit)?;
        if number.value.fract() != 0.0 {
            self.source.mistake(
                number.at,
                format!("{key} in {} is {}", self.place(), number.value),
                format!("it wants a whole number ({unit})"),
            );
            return None;
        }
        Some(At { at: number.at, value: number.value as i64 })
    }

    /// A table inside this one.
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

    /// A table that must be there.
    pub(super) fn need_section(&self, key: &'static str, example: &str) -> Option<Section<'s, 'a>> {
        if !self.has(key) {
            self.value(key);
            self.source.mistake(
                self.at,
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
                at: value.span().start,
                table,
                used: RefCell::default(),
            }),
            None => {
                self.wrong_type(&name, value, "a table");
                None
            }
        }
    }

    /// A list of tables, each called by what it is one of.
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

//! What is known of a file from its beginning: the columns, the order of dates, the unit
//! and the zone.
use jiff::tz::TimeZone;

use super::{
    columns::Columns,
    context::Context,
    error::{Choice, LayoutError},
    known::OWN,
    layout::{Layout, Stamps},
    number::{NumberFormat, scaled, split_unit},
    options::{DateOrder, Decimal, Degrees, Statements, Times, Unit, ValueKind},
    printable::quoted,
    survey::Survey,
    table::Table,
    time_text::{Moment, TimeForm, parse},
    timestamp::ZoneOffsets,
    value_columns::{degrees, file_of_energies, file_of_temperatures, is_temperature},
    words,
    zone_words::{NamedZone, named_zone},
};

/// What is known of a file before it is read as a whole.
pub(super) struct Draft<'a> {
    pub(super) table: Table,
    /// By the command line.
    pub(super) stated: &'a Statements,
    /// By the command line or a known layout.
    pub(super) statements: Statements,
    pub(super) context: &'a Context<'a>,
    /// By the command line, by a saved layout, or by the file.
    pub(super) zone_is_stated: bool,
    /// The encoding of a text; `None` where the file is a workbook.
    pub(super) encoding: Option<&'static str>,
}

impl Draft<'_> {
    pub(super) fn layout(&mut self, recognised: Option<String>) -> Result<Layout, LayoutError> {
        let Self { table, statements, context, .. } = &*self;
        let mut kind = match (context.temperature, statements.register) {
            (true, _) => ValueKind::Outdoor,
            (false, Some(true)) => ValueKind::Register,
            (false, _) => ValueKind::Energy,
        };
        let columns = Columns::detect(table, statements, kind, &context.meters)?;
        let value = columns.values.first().map(|value| value.at);
        let value_name = value.and_then(|at| table.names.get(at)).map_or("", String::as_str);
        // A recognised layout names its column of values.
        if self.stated.value_column.is_none() {
            if kind != ValueKind::Outdoor && is_temperature(value_name) {
                return Err(file_of_temperatures(&quoted(value_name)));
            }
            if kind == ValueKind::Outdoor && words::unit_of(value_name).is_some() {
                return Err(file_of_energies(&quoted(value_name)));
            }
        }
        let degrees = match kind {
            ValueKind::Outdoor => degrees(value_name, statements)?,
            _ => Degrees::C,
        };
        if kind == ValueKind::Energy && words::is_register(value_name) {
            kind = ValueKind::Register;
        }
        let only = statements
            .only
            .iter()
            .map(|only| {
                let (column, value) = only.split_once('=').unwrap_or((only, ""));
                let at = table.find(column).ok_or_else(|| {
                    LayoutError::new(
                        format!("the file has no column {}", quoted(column)),
                        format!("its columns are {}", table.all_names()),
                    )
                })?;
                Ok((at, value.trim().to_owned()))
            })
            .collect::<Result<_, LayoutError>>()?;
        let (zone, zone_name, zone_is_stated) = self.zone(&columns)?;
        let form = self.form(&columns)?;
        let unit = self.unit(&columns, kind, value_name)?;
        self.zone_is_stated = zone_is_stated;
        Ok(Layout {
            text_form: self.encoding.map(|encoding| (self.table.delimiter, encoding)),
            skip: self.table.skip,
            names: self.table.names.clone(),
            columns,
            kind,
            unit,
            degrees,
            number: NumberFormat::POINT,
            form,
            seconds: self.statements.interval.unwrap_or(60) * 60,
            seconds_stated: self.statements.interval.is_some(),
            stamps: match self.statements.times {
                Some(Times::Ends) => Stamps::Ends,
                _ => Stamps::Starts,
            },
            backwards: false,
            ordinal_hours: false,
            midnight_is_24: false,
            day_is_midnight: true,
            only,
            zone,
            zone_name,
            recognised,
        })
    }

    /// The zone of local times, its name, and whether it is stated.
    fn zone(&self, columns: &Columns) -> Result<(TimeZone, String, bool), LayoutError> {
        let saved = self.context.saved.iter().any(|layout| {
            layout.statements.zone.is_some() && layout.statements.zone == self.statements.zone
        });
        let by_name = |name: &str, stated: bool| {
            let zone = TimeZone::get(name).map_err(|_| {
                LayoutError::new(
                    format!("the zone {} is not known", quoted(name)),
                    "write it as in Europe/Stockholm, UTC or Etc/GMT-1 (one hour before UTC all \
                     year)",
                )
            })?;
            Ok((zone, name.to_owned(), stated))
        };
        if let Some(name) =
            self.stated.zone.as_ref().or_else(|| self.statements.zone.as_ref().filter(|_| saved))
        {
            return by_name(name, true);
        }
        match named_zone(&self.table, &columns.time, self.context.zone) {
            Some(NamedZone::Is(name)) => by_name(&name, true),
            _ => match &self.statements.zone {
                Some(name) => by_name(name, false),
                None => {
                    let name = self.context.zone.iana_name().unwrap_or_default().to_owned();
                    Ok((self.context.zone.clone(), name, false))
                }
            },
        }
    }

    /// The order of the numbers in dates: the one with which all dates of the beginning
    /// exist and follow each other.
    fn form(&self, columns: &Columns) -> Result<TimeForm, LayoutError> {
        if let Some(order) = self.statements.date_order {
            return Ok(TimeForm { order: Some(order), loose: true });
        }
        let texts: Vec<String> = self
            .table
            .body
            .iter()
            .map(|row| {
                let fields = columns.time.iter().filter_map(|at| row.get(*at));
                let fields: Vec<_> =
                    fields.map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect();
                fields.join(" ")
            })
            .collect();
        let read = |order: DateOrder| -> Vec<Option<i64>> {
            let form = TimeForm { order: Some(order), loose: true };
            let at = |text: &String| match parse(text, form)?.start {
                Moment::Local(at) | Moment::Utc(at) => Some(at),
            };
            texts.iter().map(at).collect()
        };
        let orders = [DateOrder::Dmy, DateOrder::Ymd, DateOrder::Mdy];
        let mut found: Vec<(DateOrder, Vec<Option<i64>>)> = Vec::new();
        for order in orders {
            let times = read(order);
            if !found.iter().any(|(_, other)| *other == times) {
                found.push((order, times));
            }
        }
        let form = |order| Ok(TimeForm { order: Some(order), loose: true });
        let understood = |times: &[Option<i64>]| times.iter().flatten().count();
        let most = found.iter().map(|(_, times)| understood(times)).max().unwrap_or(0);
        found.retain(|(_, times)| understood(times) == most);
        // With points and with a year of four digits behind hyphens the day comes first.
        let sample = texts.iter().find(|text| text.contains(|c: char| c.is_ascii_digit()));
        let four_digits = sample.is_some_and(|text| {
            let date = text.split([' ', 'T']).next().unwrap_or_default();
            date.split(['-', '.', '/']).any(|part| part.len() == 4)
        });
        let date_has = |mark: char| {
            sample
                .is_some_and(|text| text.split(' ').next().is_some_and(|date| date.contains(mark)))
        };
        let day_first = (date_has('.') || date_has('-')) && four_digits;
        if found.len() > 1 && (day_first || date_has('.')) {
            found.retain(|(order, _)| *order != DateOrder::Mdy);
        }
        if found.len() > 1 && date_has('.') {
            found.retain(|(order, _)| *order != DateOrder::Ymd);
        }
        if found.len() > 1 {
            // Steps between rows: where days and months are confused, months pass.
            let smooth = |times: &[Option<i64>]| {
                let known: Vec<i64> = times.iter().copied().flatten().collect();
                known.windows(2).all(|pair| (pair[1] - pair[0]).abs() <= 31 * 3600)
            };
            let (first, last) = self.context.range;
            let in_range = |times: &[Option<i64>]| {
                times.iter().flatten().any(|at| (first - 86_400..last + 86_400).contains(at))
            };
            let spans_days = |times: &[Option<i64>]| {
                let mut days: Vec<i64> =
                    times.iter().flatten().map(|at| at.div_euclid(86_400)).collect();
                days.dedup();
                days.len() > 1
            };
            if found.iter().all(|(_, times)| spans_days(times)) {
                let kept: Vec<_> =
                    found.iter().filter(|(_, times)| smooth(times)).cloned().collect();
                if !kept.is_empty() {
                    found = kept;
                }
            }
            let kept: Vec<_> = found.iter().filter(|(_, times)| in_range(times)).cloned().collect();
            if !kept.is_empty() {
                found = kept;
            }
        }
        match &found[..] {
            [] => form(DateOrder::Ymd),
            [(order, _)] => form(*order),
            several => {
                let choices = several.iter().map(|(order, times)| {
                    let first = times.iter().flatten().next().copied().unwrap_or(0);
                    let day = super::timestamp::civil(first)
                        .map_or(String::new(), |at| at.date().to_string());
                    Choice::new(order.option(), format!("the first row is of {day}"))
                });
                Err(LayoutError::question(
                    format!(
                        "the order of day and month does not show: {}",
                        quoted(sample.map_or("", String::as_str))
                    ),
                    "state the order of the numbers in dates",
                    choices.collect(),
                ))
            }
        }
    }

    /// The unit of the values: as stated, or as the column's name, the values or a line
    /// above the table have it. It is never assumed, because a wrong unit changes every
    /// energy.
    fn unit(
        &self,
        columns: &Columns,
        kind: ValueKind,
        value_name: &str,
    ) -> Result<Unit, LayoutError> {
        if kind == ValueKind::Outdoor {
            return Ok(Unit::Wh);
        }
        if let Some(unit) = self.stated.unit.or(self.statements.unit) {
            return Ok(unit);
        }
        let is_key = |key: &str| words::is_one_of(key, words::UNIT);
        let above = self.table.preamble_value(is_key).and_then(|text| Unit::from_symbol(&text));
        let in_name = words::unit_of(value_name);
        let in_values = columns.values.first().and_then(|value| {
            let mut units =
                self.table.column(value.at).map(|field| super::number::split_unit(field).1);
            let first = units.next()??;
            units.all(|unit| unit == Some(first)).then_some(first)
        });
        let by_row = columns.unit.map(|_| Unit::KWh);
        let found: Vec<Unit> = [in_name, above, in_values].into_iter().flatten().collect();
        match found[..] {
            [unit, ..] if found.iter().all(|other| *other == unit) => return Ok(unit),
            [] => {
                if let Some(unit) = by_row {
                    return Ok(unit);
                }
            }
            _ => {}
        }
        let value = columns.values.first().and_then(|value| self.table.column(value.at).next());
        let shown =
            value.map_or(String::new(), |value| String::from_utf8_lossy(value).into_owned());
        let shown = super::printable::Printable(shown.trim()).to_string();
        let possible = self.possible_units(columns, kind);
        let choices = possible.iter().map(|unit| {
            let option = format!("--unit {}", unit.symbol());
            Choice::new(option, format!("the first value is {shown} {}", unit.symbol()))
        });
        let what = if found.is_empty() {
            "the name of the value column does not contain the unit"
        } else {
            "the file names two different units"
        };
        Err(LayoutError::question(
            what,
            format!("state it with {}", listed(&possible)),
            choices.collect(),
        ))
    }

    /// The units in which most values are no more than a connection carries. All of them
    /// where the values can be those of a register.
    fn possible_units(&self, columns: &Columns, kind: ValueKind) -> Vec<Unit> {
        let values: Vec<i64> = columns
            .values
            .first()
            .map_or(Vec::new(), |value| self.table.column(value.at).filter_map(least).collect());
        let rise = |pair: &[i64]| pair[1] - pair[0];
        let largest = values.windows(2).map(rise).max().unwrap_or(0);
        let falls = values.windows(2).any(|pair| rise(pair) < 0);
        let stands_high = values.iter().min().is_some_and(|lowest| *lowest > 10 * largest);
        if kind == ValueKind::Register || (!falls && stands_high && largest > 0) {
            return Unit::ALL.to_vec();
        }
        let fits = |unit: &Unit| {
            let carried = values.iter().filter(|value| self.is_carried(**value, *unit)).count();
            2 * carried >= values.len()
        };
        let possible: Vec<Unit> = Unit::ALL.into_iter().filter(fits).collect();
        if possible.is_empty() { Unit::ALL.to_vec() } else { possible }
    }

    /// Whether a connection carries a value, in thousandths of a unit, in an hour.
    pub(super) fn is_carried(&self, value: i64, unit: Unit) -> bool {
        let mwh = i128::from(value) * 10_i128.pow(unit.digits()) / 1000;
        mwh <= i128::from(self.context.most_watts) * 1000
    }

    pub(super) fn preamble_meter(&self) -> Option<String> {
        let is_key = |key: &str| words::is_one_of(key, words::METER);
        let found = self.table.preamble_values(is_key);
        let mut texts: Vec<String> =
            found.iter().map(|text| super::columns::meter_text(text)).collect();
        texts.retain(|text| !text.is_empty());
        // Several lines may name the building and the meter.
        let known = texts.iter().position(|text| self.context.meters.contains(&text.as_str()));
        (!texts.is_empty()).then(|| texts.swap_remove(known.unwrap_or(0)))
    }

    /// Whether this product's own layout needs no first reading: its times have offsets.
    pub(super) fn leaves_no_choice(&self, layout: &Layout) -> bool {
        let columns = &layout.columns;
        let plain = columns.meter.is_none()
            && columns.directions.is_empty()
            && columns.status.is_none()
            && columns.end.is_none()
            && columns.resolution.is_none();
        let mut text = String::new();
        plain
            && layout.recognised.as_deref() == Some(OWN)
            && self.table.body.iter().all(|row| {
                let mut has_offset = true;
                let read = layout.read(row, &mut text, |entry| {
                    has_offset &= matches!(entry.time.start, Moment::Utc(_));
                });
                read.is_ok() && has_offset
            })
    }

    pub(super) fn survey_of_beginning(&self, layout: &Layout) -> Survey {
        let mut survey = Survey::default();
        let mut offsets = ZoneOffsets::new(layout.zone.clone());
        for row in &self.table.body {
            survey.add(layout, &mut offsets, row, 0);
        }
        survey
    }
}

/// A number in thousandths; the smaller one where `1,234` can be read as two.
fn least(field: &[u8]) -> Option<i64> {
    let (number, _) = split_unit(field);
    let read = |decimal| scaled(number, NumberFormat { decimal, grouped: true }, 3);
    [Decimal::Comma, Decimal::Point].into_iter().filter_map(read).min()
}

/// `--unit Wh, --unit kWh or --unit MWh`.
fn listed(units: &[Unit]) -> String {
    let options: Vec<String> =
        units.iter().map(|unit| format!("--unit {}", unit.symbol())).collect();
    match &options[..] {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        options => options.concat(),
    }
}

//! What the first reading of a file decides about its layout, and what it leaves to ask.
use super::{
    columns::shell,
    draft::Draft,
    error::{Choice, LayoutError},
    layout::Layout,
    number::{NumberFormat, UnclearNumbers},
    options::{Decimal, Unit, ValueKind},
    printable::quoted_bytes,
    series::LENGTHS,
    survey::Survey,
    time_text::DAY,
    words::{Flow, flow, unit_of},
};

impl Draft<'_> {
    /// Completes the layout. `whole`: all rows of the file are surveyed.
    pub(super) fn settle(
        &self,
        layout: &mut Layout,
        survey: &Survey,
        whole: bool,
        findings: &mut Vec<String>,
    ) -> Result<(), LayoutError> {
        rows_are_understood(survey, layout)?;
        layout.number = self.numbers(survey, layout)?;
        layout.backwards = survey.runs_backwards();
        let of_day = layout.columns.values.first().and_then(|value| value.of_day);
        if !whole {
            // A day's sum may stand further down.
            layout.day_is_midnight = false;
        } else if survey.days_alone > 0 && of_day.is_none() {
            // Some exports leave out the clock of midnight; others have sums of days.
            layout.day_is_midnight = survey.midnights == 0;
        }
        self.fractions_are_not_cut_off(layout)?;
        self.values_are_of_the_kind(layout, survey)?;
        self.intervals(layout, survey, of_day)?;
        layout.ordinal_hours = survey.has_hour[25];
        self.stamps(layout, survey)?;
        self.clocks(layout, survey, findings)?;
        self.rows_are_one_series(layout, survey)
    }

    /// Where commas separate the fields, `1,5` is two of them: whole numbers in the column of
    /// the values, and digits in the next one.
    fn fractions_are_not_cut_off(&self, layout: &Layout) -> Result<(), LayoutError> {
        let [value] = &layout.columns.values[..] else { return Ok(()) };
        let next = value.at + 1;
        let digits = |at: usize| {
            self.table.column(at).next().is_some()
                && self.table.column(at).all(|field| field.iter().all(u8::is_ascii_digit))
        };
        let is_text = self.table.names.get(next).is_some_and(|name| {
            unit_of(name).is_none() && !matches!(flow(name), Flow::Generic | Flow::Energy)
        });
        let in_watt_hours = layout.kind != ValueKind::Outdoor && layout.unit == Unit::Wh;
        if self.encoding.is_some()
            && self.table.delimiter == b','
            && self.statements.decimal.is_none()
            && !in_watt_hours
            && is_text
            && digits(value.at)
            && digits(next)
        {
            return Err(LayoutError::question(
                format!(
                    "the values of {} may be cut off at a decimal comma: {} has digits alone",
                    self.table.name(value.at),
                    self.table.name(next)
                ),
                "if they are, export the file with semicolons between the fields; if not:",
                vec![Choice::new("--decimal-point", "the values are whole numbers")],
            ));
        }
        Ok(())
    }

    /// Values that never fall are those of a register; temperatures are of hours.
    fn values_are_of_the_kind(&self, layout: &Layout, survey: &Survey) -> Result<(), LayoutError> {
        let step = survey.step().unwrap_or(0);
        if layout.kind == ValueKind::Outdoor && step > 3 * 3600 {
            return Err(LayoutError::new(
                format!("the temperatures are {} hours apart", step / 3600),
                "give the temperatures of each hour",
            ));
        }
        // A register stands far above what is added to it in one step; one that began at
        // zero, at the start of the year or at a meter swap, only shows by how long it rises.
        let stands_high = survey.lowest.is_some_and(|lowest| lowest > 10 * survey.largest_rise);
        let rises = survey.falls == 0 && survey.rises >= 20 && stands_high
            || survey.rises >= 100 && survey.falls * 100 <= survey.rises;
        if layout.kind == ValueKind::Energy && self.statements.register.is_none() && rises {
            let mut choices =
                vec![Choice::new("--register", "each value is what the meter's register shows")];
            // No interval has more than a connection carries.
            let lowest = survey.lowest.unwrap_or(0);
            if layout.columns.unit.is_some() || self.is_carried(lowest, layout.unit) {
                choices.push(Choice::new("--energies", "each value is the energy of an interval"));
            }
            let what = match survey.falls {
                0 => "no value is below the one before it, as with a register".to_owned(),
                falls => format!(
                    "{} values are above the one before and {falls} below, as with a register",
                    survey.rises
                ),
            };
            return Err(LayoutError::question(what, "state what the values are", choices));
        }
        Ok(())
    }

    pub(super) fn numbers(
        &self,
        survey: &Survey,
        layout: &Layout,
    ) -> Result<NumberFormat, LayoutError> {
        let semicolons = self.table.delimiter != b',';
        let decided = survey.numbers.decide(semicolons);
        if let Some(decimal) = self.statements.decimal {
            return Ok(survey.numbers.with_decimal(decimal));
        }
        let choices = |value: &str| {
            let mark = if value.contains(',') { Decimal::Comma } else { Decimal::Point };
            let [comma, point] = if mark == Decimal::Comma {
                ["a fraction follows the comma", "the comma groups thousands"]
            } else {
                ["the point groups thousands", "a fraction follows the point"]
            };
            vec![
                Choice::new("--decimal-comma", format!("{value}: {comma}")),
                Choice::new("--decimal-point", format!("{value}: {point}")),
            ]
        };
        if let Err(UnclearNumbers::Either { value, alike: true }) = &decided
            && semicolons
            && thousands_are_impossible(layout)
        {
            let decimal = if value.contains(',') { Decimal::Comma } else { Decimal::Point };
            return Ok(NumberFormat { decimal, grouped: false });
        }
        decided.map_err(|unclear| match unclear {
            UnclearNumbers::Mixed => LayoutError::question(
                "some values have a decimal comma and others a decimal point",
                "state which one it is; values in the other notation are refused",
                vec![
                    Choice::new("--decimal-comma", "fractions follow a comma"),
                    Choice::new("--decimal-point", "fractions follow a point"),
                ],
            ),
            UnclearNumbers::Either { value, .. } => {
                let value = super::printable::Printable(&value).to_string();
                LayoutError::question(
                    format!("{value} can be a fraction or a number above a thousand"),
                    "state what the mark is",
                    choices(&value),
                )
            }
        })
    }

    fn intervals(
        &self,
        layout: &mut Layout,
        survey: &Survey,
        of_day: Option<(i64, i64)>,
    ) -> Result<(), LayoutError> {
        if layout.kind != ValueKind::Energy {
            return Ok(());
        }
        if let Some((start, end)) = of_day {
            if !layout.seconds_stated {
                layout.seconds = end - start;
            }
            return Ok(());
        }
        let step = survey.step();
        if let Some(step) = step.filter(|step| *step >= DAY)
            && survey.with_end < survey.rows
        {
            let days = step / DAY;
            let of = match days {
                1 => "each value is the energy of a day".to_owned(),
                7 => "each value is the energy of a week".to_owned(),
                28..=31 => "each value is the energy of a month".to_owned(),
                _ => format!("each value is the energy of {days} days"),
            };
            return Err(LayoutError::new(
                format!("the rows are {} hours apart: {of}", step / 3600),
                "export the values of hours or quarter-hours; sums cannot be divided into them",
            ));
        }
        if layout.seconds_stated {
            return Ok(());
        }
        if let Some(seconds) = step.filter(|step| LENGTHS.contains(step)) {
            layout.seconds = seconds;
            return Ok(());
        }
        // Each row shows its own end.
        if survey.with_end == survey.rows && survey.rows > 0 {
            return Ok(());
        }
        Err(match step {
            Some(step) if step % 3600 == 0 => LayoutError::question(
                format!(
                    "the rows are {} hours apart; intervals are 15, 30 or 60 minutes long",
                    step / 3600
                ),
                format!(
                    "export hourly or quarter-hourly values; only if each value is of one hour, \
                     and not of {} hours:",
                    step / 3600
                ),
                vec![Choice::new(
                    "--interval 60",
                    "each value is of one hour, and the hours between are missing",
                )],
            ),
            Some(step) => LayoutError::new(
                format!("the rows are {step} s apart; intervals are 15, 30 or 60 minutes long"),
                "export hourly or quarter-hourly values",
            ),
            None => LayoutError::question(
                "the file has too few rows to show the length of the intervals",
                "state it in minutes: --interval 60",
                vec![
                    Choice::new("--interval 60", "each row is an hour"),
                    Choice::new("--interval 15", "each row is a quarter-hour"),
                ],
            ),
        })
    }

    /// Rows of one time belong to several series that the file does not keep apart by
    /// meter or direction.
    fn rows_are_one_series(&self, layout: &Layout, survey: &Survey) -> Result<(), LayoutError> {
        let doubled = survey.doubles.count >= 3;
        if !doubled && survey.restarts.count == 0 {
            return Ok(());
        }
        let columns = &layout.columns;
        let mut choices = Vec::new();
        for at in 0..self.table.width() {
            let used = columns.time.contains(&at)
                || columns.values.iter().any(|value| value.at == at)
                || [columns.end, columns.meter, columns.unit, columns.resolution]
                    .contains(&Some(at))
                || layout.only.iter().any(|(only, _)| *only == at);
            if used {
                continue;
            }
            let mut texts: Vec<&[u8]> = self.table.column(at).collect();
            texts.sort_unstable();
            texts.dedup();
            if (2..=6).contains(&texts.len()) {
                choices.extend(texts.iter().map(|text| {
                    let text = String::from_utf8_lossy(text);
                    let only = format!("{}={text}", self.table.option_name(at));
                    Choice::new(
                        format!("--only {}", shell(&only)),
                        format!("{} is {}", self.table.name(at), quoted_bytes(text.as_bytes())),
                    )
                }));
            }
        }
        if choices.is_empty() && !doubled {
            return Ok(());
        }
        let found = if doubled { &survey.doubles } else { &survey.restarts };
        Err(LayoutError::question(
            format!("several rows have one time and different values (line {})", found.line),
            if choices.is_empty() {
                "export one series alone"
            } else {
                "state which rows are the consumption of the building"
            },
            choices,
        ))
    }
}

/// Whether no value can be a thousand or more: a temperature, or an interval of at least a
/// megawatt-hour, which is beyond the connection of a town hall (1 MW unless stated). In Wh
/// and on a register both readings of `1,234` are ordinary.
fn thousands_are_impossible(layout: &Layout) -> bool {
    match layout.kind {
        ValueKind::Outdoor => true,
        ValueKind::Energy => layout.unit != Unit::Wh && layout.columns.unit.is_none(),
        ValueKind::Register => false,
    }
}

fn rows_are_understood(survey: &Survey, layout: &Layout) -> Result<(), LayoutError> {
    let all = survey.rows + survey.not_understood.count + survey.too_wide.count;
    let wide = &survey.too_wide;
    if wide.count * 10 > all {
        return Err(LayoutError::new(
            format!(
                "{} of {all} rows have more fields than the header has names (line {}: {})",
                wide.count, wide.line, wide.text
            ),
            "where numbers have a decimal comma, fields are separated by semicolons or numbers \
             are in quotes; export the file in one of these ways",
        ));
    }
    if survey.other_header.count > 0 {
        return Err(LayoutError::new(
            format!(
                "line {} has the names of a second table, which differ from those of the first",
                survey.other_header.line
            ),
            "divide the file, and import each part",
        ));
    }
    let unknown = &survey.not_understood;
    // A few lines around the table are no sign; many are one of a column that is misread.
    if unknown.count > survey.rows || (unknown.count >= 10 && unknown.count * 10 > all) {
        return Err(LayoutError::new(
            format!(
                "the times of {} of {all} rows are in none of the known formats (line {}: {})",
                unknown.count, unknown.line, unknown.text
            ),
            "name the column of the times with --time-column NAME, twice for a date and a clock \
             in two columns",
        ));
    }
    if survey.rows == 0 && survey.not_used.count > 0 {
        return Err(LayoutError::new(
            format!(
                "all rows are of energy that is not used by the building (line {}: {})",
                survey.not_used.line, survey.not_used.text
            ),
            "export the consumption",
        ));
    }
    if survey.rows == 0 {
        return Err(LayoutError::new(
            "no row has a time that is understood",
            "name the column of the times with --time-column NAME",
        ));
    }
    let bad = &survey.not_a_number;
    if bad.count > survey.numbers_found {
        let name = layout.columns.values.first().map_or(0, |value| value.at) + 1;
        return Err(LayoutError::new(
            format!(
                "most values in column {name} are not numbers (line {}: {})",
                bad.line, bad.text
            ),
            "name the column of the values with --value-column NAME",
        ));
    }
    Ok(())
}

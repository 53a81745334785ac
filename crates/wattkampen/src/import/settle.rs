//! What the first reading of a file decides about its layout, and what it leaves to ask.
use super::{
    clock_changes::{ClockSigns, signs},
    columns::shell,
    draft::Draft,
    error::{Choice, LayoutError},
    layout::{Layout, Stamps},
    number::{NumberFormat, UnclearNumbers},
    options::{Decimal, Times, ValueKind},
    printable::quoted_bytes,
    series::LENGTHS,
    survey::Survey,
    time_columns::ends,
    time_text::DAY,
    timestamp::ZoneOffsets,
    words::{self, START},
    zone_words::{NamedZone, mentioned_zone, named_zone, normal_time},
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
        layout.number = self.numbers(survey)?;
        layout.backwards = survey.runs_backwards();
        let of_day = layout.columns.values.first().and_then(|value| value.of_day);
        if !whole {
            // A day's sum may stand further down.
            layout.day_is_midnight = false;
        } else if survey.days_alone > 0 && of_day.is_none() {
            // Some exports leave out the clock of midnight; others have sums of days.
            layout.day_is_midnight = survey.midnights == 0;
        }
        self.values_are_of_the_kind(layout, survey)?;
        self.intervals(layout, survey, of_day)?;
        layout.ordinal_hours = survey.has_hour[25];
        self.stamps(layout, survey)?;
        self.clocks(layout, survey, findings)?;
        self.rows_are_one_series(layout, survey)
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
        // A register stands far above what is added to it in one step.
        let stands_high = survey.lowest.is_some_and(|lowest| lowest > 10 * survey.largest_rise);
        let rises = survey.falls == 0 && survey.rises >= 20 && stands_high;
        if layout.kind == ValueKind::Energy && self.statements.register.is_none() && rises {
            return Err(LayoutError::question(
                "no value is below the one before it, as with a register",
                "state what the values are",
                vec![
                    Choice::new("--register", "each value is what the meter's register shows"),
                    Choice::new("--energies", "each value is the energy of an interval"),
                ],
            ));
        }
        Ok(())
    }

    pub(super) fn numbers(&self, survey: &Survey) -> Result<NumberFormat, LayoutError> {
        let semicolons = self.table.delimiter != b',';
        let decided = survey.numbers.decide(semicolons);
        if let Some(decimal) = self.statements.decimal {
            let grouped = decided.is_ok_and(|found| found.decimal == decimal && found.grouped);
            return Ok(NumberFormat { decimal, grouped });
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
        decided.map_err(|unclear| match unclear {
            UnclearNumbers::Mixed => LayoutError::question(
                "some values have a decimal comma and others a decimal point",
                "state which one it is; values in the other notation are refused",
                vec![
                    Choice::new("--decimal-comma", "fractions follow a comma"),
                    Choice::new("--decimal-point", "fractions follow a point"),
                ],
            ),
            UnclearNumbers::Either(value) => {
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
        if layout.kind != ValueKind::Energy || layout.seconds_stated {
            return Ok(());
        }
        if let Some((start, end)) = of_day {
            layout.seconds = end - start;
            return Ok(());
        }
        let step = survey.step();
        if let Some(seconds) = step.filter(|step| LENGTHS.contains(step)) {
            layout.seconds = seconds;
            return Ok(());
        }
        // Each row shows its own end.
        if survey.with_end == survey.rows && survey.rows > 0 {
            return Ok(());
        }
        Err(match step {
            Some(step) => LayoutError::new(
                format!("the rows are {step} s apart; intervals are 15, 30 or 60 minutes long"),
                "give hourly or quarter-hourly values; if the rows have gaps, --interval 60",
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

    /// Whether times are starts or ends.
    fn stamps(&self, layout: &mut Layout, survey: &Survey) -> Result<(), LayoutError> {
        if layout.kind != ValueKind::Energy {
            return Ok(());
        }
        let hours = survey.has_hour.iter().any(|has| *has);
        let as_ends = if hours { Stamps::ClockEnds } else { Stamps::Ends };
        match self.statements.times {
            Some(Times::Starts) => {
                layout.stamps = Stamps::Starts;
                return Ok(());
            }
            Some(Times::Ends) => {
                layout.stamps = as_ends;
                return Ok(());
            }
            None => {}
        }
        let of_day = layout.columns.values.first().is_some_and(|value| value.of_day.is_some());
        if layout.columns.end.is_some() || survey.with_end == survey.rows || of_day {
            return Ok(());
        }
        let question = |what: &str| {
            Err(LayoutError::question(
                what,
                "state what of an interval the times are",
                vec![
                    Choice::new("--starts", "each value is of the interval that begins then"),
                    Choice::new("--ends", "each value is of the interval that ends then"),
                ],
            ))
        };
        if hours {
            match (survey.has_hour[0], survey.has_hour[24]) {
                (true, false) => {}
                (false, true) => layout.stamps = Stamps::ClockEnds,
                _ => return question("whether hour 1 begins at 00:00 or at 01:00 does not show"),
            }
            return Ok(());
        }
        if survey.late_midnights > 0 && !layout.backwards {
            layout.stamps = Stamps::Ends;
            layout.midnight_is_24 = true;
            return Ok(());
        }
        let time = layout.columns.time.last().copied().unwrap_or(0);
        let named_end = layout.columns.time.iter().any(|at| ends(&self.table.names, *at));
        let named_start =
            self.table.names.get(time).is_some_and(|name| words::begins_with(name, START));
        if survey.midnights_24 > 0 {
            if survey.midnights > 0 {
                return question("the file has both 00:00 and 24:00");
            }
            layout.stamps = Stamps::Ends;
        } else if named_end {
            layout.stamps = Stamps::Ends;
        } else if !named_start
            && let (Some(first), Some(last)) = (survey.first, survey.last)
            && first.rem_euclid(DAY) == layout.seconds
            && last.rem_euclid(DAY) == 0
        {
            // Whole days, if times are ends; all but one interval of each end, if not.
            return question(
                "the times can be the starts of the intervals or their ends: the first one is an \
                 interval after midnight, and the last one is a midnight",
            );
        }
        Ok(())
    }

    /// Whether local times are those of the zone.
    fn clocks(
        &self,
        layout: &mut Layout,
        survey: &Survey,
        findings: &mut Vec<String>,
    ) -> Result<(), LayoutError> {
        if !survey.has_local_times() || layout.ordinal_hours {
            return Ok(());
        }
        let offsets = ZoneOffsets::new(layout.zone.clone());
        let step = survey.step().filter(|step| LENGTHS.contains(step)).unwrap_or(layout.seconds);
        let energy = layout.kind == ValueKind::Energy;
        let of_day = layout.columns.values.first().is_some_and(|value| value.of_day.is_some());
        let mut found = signs(survey, &offsets, layout.stamps, step, energy);
        if of_day {
            // A row has one column for the hour that clocks show twice.
            found.unchanged.retain(|sign| sign.contains("no clock showed"));
        }
        if found.clock_ends {
            layout.stamps = Stamps::ClockEnds;
        }
        let ClockSigns { unchanged, changed, .. } = found;
        let normal = normal_time(self.context.zone);
        let local = self.context.zone.iana_name().unwrap_or("UTC").to_owned();
        let choices = vec![
            Choice::new(format!("--zone {normal}"), "the times are normal time all year"),
            Choice::new("--zone UTC", "the times are UTC"),
            Choice::new(
                format!("--zone {local}"),
                "the times are those that clocks showed; what no clock showed is refused",
            ),
        ];
        if !unchanged.is_empty() && changed == 0 {
            if self.zone_is_stated {
                findings.push(format!(
                    "the times do not follow the clocks of {}: {}",
                    layout.zone_name,
                    unchanged.join("; ")
                ));
                return Ok(());
            }
            return Err(LayoutError::question(
                format!(
                    "the times do not follow the clocks of {}: {}",
                    layout.zone_name,
                    unchanged.join("; ")
                ),
                "read as local time, the values of half of the year would be an hour off; state \
                 the zone of the times",
                choices,
            ));
        }
        if changed > 0 && !unchanged.is_empty() {
            findings.push(format!(
                "{}; the other changes of the clocks show, and what clocks showed twice is read \
                 as the first time",
                unchanged.join("; ")
            ));
        }
        if self.zone_is_stated || changed > 0 {
            return Ok(());
        }
        let named = named_zone(&self.table, &layout.columns.time, self.context.zone);
        let named_by_file = named.or_else(|| mentioned_zone(&self.table, self.context.zone));
        let differs = match &named_by_file {
            None => false,
            Some(NamedZone::NormalOrLocal) => self.has_summer_time(survey, &offsets),
            Some(NamedZone::Is(zone)) => *zone != layout.zone_name,
        };
        if differs {
            let zone = match named_by_file {
                Some(NamedZone::Is(zone)) => zone,
                _ => "CET".to_owned(),
            };
            return Err(LayoutError::question(
                format!("the file mentions {zone}, and whether its times are of it does not show"),
                "state the zone of the times",
                choices,
            ));
        }
        Ok(())
    }

    fn has_summer_time(&self, survey: &Survey, offsets: &ZoneOffsets) -> bool {
        let (Some(first), Some(last)) = (survey.first, survey.last) else { return false };
        let january = normal_time(self.context.zone);
        let january = jiff::tz::TimeZone::get(&january)
            .map_or(0, |zone| ZoneOffsets::new(zone).local(first) - first);
        let summer = |at: i64| offsets.local(at) - at != january;
        summer(first) || summer(last) || !offsets.changes(first, last).is_empty()
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
    let unknown = &survey.not_understood;
    if unknown.count > survey.rows {
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

//! What the first reading of a file decides about its times: starts or ends, and the zone.
use super::{
    clock_changes::{ClockSigns, signs},
    draft::Draft,
    error::{Choice, LayoutError},
    layout::{Layout, Stamps},
    options::{Times, ValueKind},
    series::LENGTHS,
    survey::Survey,
    time_columns::ends,
    time_text::DAY,
    timestamp::ZoneOffsets,
    words::{self, START},
    zone_words::{NamedZone, mentioned_zone, named_zone, normal_time},
};

impl Draft<'_> {
    /// Whether times are starts or ends.
    pub(super) fn stamps(&self, layout: &mut Layout, survey: &Survey) -> Result<(), LayoutError> {
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
                layout.midnight_is_24 = survey.late_midnights > 0 && !layout.backwards;
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
            && (last.rem_euclid(DAY) == 0 || last - first >= 2 * DAY)
        {
            // Whole days, if times are ends; a first day without its beginning, if not.
            return question(
                "the times can be the starts of the intervals or their ends: the first one is an \
                 interval after midnight",
            );
        }
        Ok(())
    }

    /// Whether local times are those of the zone.
    pub(super) fn clocks(
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
}

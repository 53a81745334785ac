//! Which columns hold the times: by statement, by name, and by what their fields look like.
use super::{
    columns::{Columns, absent, shell},
    error::{Choice, LayoutError},
    number::is_number,
    options::{DateOrder, Statements},
    printable::quoted,
    table::{Table, is_time},
    time_text::{ClockForm, TimeForm, parse, parse_clock},
    words::{self, END, OFFSETS, START, TIME, TIME_OF_DAY, YEAR_MONTH_DAY},
};

/// What kind of time the fields of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TimeLook {
    /// A date with a clock, or a moment.
    Whole,
    /// A date alone.
    Date,
    /// A clock alone, or a range of two.
    Clock,
    /// A number from 0 to 25.
    Hour,
}

impl Columns {
    /// Finds the columns of the times, and one of their offsets beside them.
    pub(super) fn find_times(
        &mut self,
        table: &Table,
        stated: &Statements,
    ) -> Result<(), LayoutError> {
        self.find_dates_and_clocks(table, stated)?;
        if !stated.time_columns.is_empty() || stated.zone.is_some() {
            return Ok(());
        }
        let offsets = (0..table.names.len()).find(|at| {
            !self.time.contains(at)
                && words::is_one_of(&table.names[*at], OFFSETS)
                && table.column(*at).next().is_some()
        });
        let Some(at) = offsets else { return Ok(()) };
        let mut first = table.column(at);
        let first = first.next().map(String::from_utf8_lossy).unwrap_or_default();
        // `+01:00`, `UTC` and `CEST` are read as parts of the time; the name of a zone is
        // that of all times.
        if parse(&format!("2026-01-01 00:00 {first}"), TimeForm { order: None, loose: false })
            .is_some()
        {
            self.time.push(at);
        } else if jiff::tz::TimeZone::get(first.trim()).is_err() {
            let zone = |zone: &str, what: &str| Choice::new(format!("--zone {zone}"), what);
            return Err(LayoutError::question(
                format!("the zone in {} is not known: {}", table.name(at), quoted(&first)),
                "state the zone of the times",
                vec![
                    zone("Etc/GMT-1", "Swedish normal time all year"),
                    zone("UTC", "UTC"),
                    zone("Europe/Stockholm", "the time that clocks show in Sweden"),
                ],
            ));
        }
        Ok(())
    }

    fn find_dates_and_clocks(
        &mut self,
        table: &Table,
        stated: &Statements,
    ) -> Result<(), LayoutError> {
        for name in &stated.time_columns {
            self.time.push(table.find(name).ok_or_else(|| absent(table, name))?);
        }
        if let Some(name) = &stated.end_column {
            self.end = Some(table.find(name).ok_or_else(|| absent(table, name))?);
        }
        let stated_time = !self.time.is_empty();
        if let Some(days) = year_month_day(table)
            && !stated_time
        {
            self.time = days;
            self.time.extend(self.clock_column(table, &[]));
            return Ok(());
        }
        let looks: Vec<Option<TimeLook>> = (0..table.width()).map(|at| look(table, at)).collect();
        if stated_time {
            if let [only] = self.time[..]
                && looks[only] == Some(TimeLook::Date)
            {
                self.time.extend(self.clock_column(table, &looks));
            }
            return Ok(());
        }
        let with = |wanted: TimeLook| -> Vec<usize> {
            (0..looks.len()).filter(|at| looks[*at] == Some(wanted) && varies(table, *at)).collect()
        };
        let mut whole = with(TimeLook::Whole);
        if whole.is_empty() {
            // A file of one row varies in nothing.
            whole = (0..looks.len()).filter(|at| looks[*at] == Some(TimeLook::Whole)).collect();
        }
        if !whole.is_empty() {
            return self.choose_whole(table, &whole);
        }
        let dates: Vec<usize> =
            (0..looks.len()).filter(|at| looks[*at] == Some(TimeLook::Date)).collect();
        let Some(&date) = dates.first() else {
            // Numbers of days, as spreadsheets count them.
            let by_name = (0..table.names.len()).find(|at| {
                let name = table.names[*at].as_str();
                words::is_one_of(name, TIME) || words::begins_with(name, START)
            });
            let Some(at) = by_name else {
                return Err(LayoutError::new(
                    format!("none of these columns is known to hold times: {}", table.all_names()),
                    "name the column with --time-column NAME or --time-column NUMBER; twice for a \
                     date and a clock in two columns",
                ));
            };
            self.time = vec![at];
            self.time.extend(self.clock_column(table, &looks));
            return Ok(());
        };
        self.time = vec![date];
        let mut clocks = with(TimeLook::Clock);
        if clocks.is_empty() {
            // Numbers of hours, from one to the next.
            let name = |at: usize| table.names.get(at).map_or("", String::as_str);
            let is_range =
                |at: &usize| words::begins_with(name(*at), START) || ends(&table.names, *at);
            clocks = with(TimeLook::Hour).into_iter().filter(is_range).collect();
            clocks.truncate(if clocks.len() == 2 { 2 } else { 0 });
        }
        match clocks[..] {
            [start, end] if ends(&table.names, end) && !ends(&table.names, start) => {
                self.time.push(start);
                self.end = Some(end);
            }
            [_, _, ..] if dates.len() == 2 && dates[1] == clocks[0] + 1 => {
                self.time.push(clocks[0]);
                self.end = None;
            }
            [_, _, ..] => {
                let choices = clocks.iter().map(|at| {
                    let option = format!(
                        "--time-column {} --time-column {}",
                        shell(&table.option_name(date)),
                        shell(&table.option_name(*at))
                    );
                    Choice::new(option, format!("the clock is in {}", table.name(*at)))
                });
                return Err(LayoutError::question(
                    "several columns have a clock's times",
                    "state which one has the start of the interval",
                    choices.collect(),
                ));
            }
            _ => self.time.extend(self.clock_column(table, &looks)),
        }
        Ok(())
    }

    /// Of several columns of moments, the start and the end of the intervals.
    fn choose_whole(&mut self, table: &Table, whole: &[usize]) -> Result<(), LayoutError> {
        let name = |at: usize| table.names.get(at).map_or("", String::as_str);
        let (end, start): (Vec<usize>, Vec<usize>) =
            whole.iter().partition(|at| ends(&table.names, **at));
        let chosen = match (start[..].len(), end[..].len()) {
            (1, 0 | 1) => Some((start[0], end.first().copied())),
            (0, 1) => Some((end[0], None)),
            _ => {
                // The same moment in UTC and in local time.
                let utc: Vec<usize> = start
                    .iter()
                    .copied()
                    .filter(|at| words::has_word(name(*at), &["utc", "gmt"]))
                    .collect();
                let begins: Vec<usize> = start
                    .iter()
                    .copied()
                    .filter(|at| words::begins_with(name(*at), START))
                    .collect();
                match (utc[..].first(), &begins[..], end.len()) {
                    (Some(at), _, 0) if utc.len() == 1 => Some((*at, None)),
                    (_, [at], 0 | 1) => Some((*at, end.first().copied())),
                    _ => None,
                }
            }
        };
        let Some((time, end)) = chosen else {
            let choices = whole.iter().map(|at| {
                let option = format!("--time-column {}", shell(&table.option_name(*at)));
                Choice::new(option, format!("the times are in {}", table.name(*at)))
            });
            return Err(LayoutError::question(
                "several columns have times",
                "state which one has the start of the interval",
                choices.collect(),
            ));
        };
        (self.time, self.end) = (vec![time], end);
        Ok(())
    }

    /// The column of the time of day, for dates without one.
    fn clock_column(&self, table: &Table, looks: &[Option<TimeLook>]) -> Option<usize> {
        let free = |at: &usize| !self.time.contains(at);
        let look_at = |at: usize| looks.get(at).copied().unwrap_or_else(|| look(table, at));
        let by_look =
            (0..table.width()).filter(free).find(|at| look_at(*at) == Some(TimeLook::Clock));
        by_look.or_else(|| {
            (0..table.names.len()).filter(free).find(|at| {
                look_at(*at) == Some(TimeLook::Hour)
                    && words::unit_of(&table.names[*at]).is_none()
                    && (words::is_one_of(&table.names[*at], TIME_OF_DAY)
                        || words::words(&table.names[*at])
                            .next()
                            .is_some_and(|word| TIME_OF_DAY.contains(&word)))
            })
        })
    }
}

/// Whether a column's name is one of the end of an interval.
pub(super) fn ends(names: &[String], at: usize) -> bool {
    names.get(at).is_some_and(|name| {
        let end = |word: &str| {
            END.contains(&word)
                || ["slut", "till_", "til_", "end", "stopp", "loppu"]
                    .iter()
                    .any(|known| word.starts_with(known))
        };
        words::words(name).any(end) && !words::begins_with(name, START)
    })
}

fn varies(table: &Table, at: usize) -> bool {
    let mut fields = table.column(at);
    let first = fields.next();
    fields.any(|field| Some(field) != first)
}

fn look(table: &Table, at: usize) -> Option<TimeLook> {
    let (mut all, mut whole, mut dates, mut clocks, mut hours) = (0, 0, 0, 0, 0);
    for field in table.column(at) {
        all += 1;
        let Ok(text) = std::str::from_utf8(field) else { continue };
        if is_time(field) {
            let time = [DateOrder::Dmy, DateOrder::Ymd, DateOrder::Mdy]
                .into_iter()
                .find_map(|order| parse(text, TimeForm { order: Some(order), loose: false }));
            if time.is_some_and(|time| time.clock == ClockForm::None) {
                dates += 1;
            } else {
                whole += 1;
            }
        } else if let Some(clock) = parse_clock(text) {
            match clock.form {
                ClockForm::Hour(_) => hours += 1,
                _ => clocks += 1,
            }
        }
    }
    let most = |count: usize| all > 0 && 2 * count > all;
    if most(whole) || (whole > 0 && most(whole + dates)) {
        Some(TimeLook::Whole)
    } else if most(dates) {
        Some(TimeLook::Date)
    } else if most(clocks) {
        // Numbers are clocks only where all of them are and the name is one: 0100 and 1.15
        // are numbers too.
        let numbers = table.column(at).all(is_number);
        let name = table.names.get(at).map_or("", String::as_str);
        let is_named = words::unit_of(name).is_none() && words::has_word(name, TIME_OF_DAY);
        let padded = table.column(at).all(|field| field.len() == 4);
        let all_clocks = clocks == all;
        (!numbers || (all_clocks && is_named) || (padded && all_clocks && table.names.is_empty()))
            .then_some(TimeLook::Clock)
    } else if most(hours) {
        Some(TimeLook::Hour)
    } else {
        None
    }
}

fn year_month_day(table: &Table) -> Option<Vec<usize>> {
    YEAR_MONTH_DAY
        .iter()
        .map(|known| table.names.iter().position(|name| words::is_one_of(name, known)))
        .collect()
}

//! Which column holds the values, or which columns do: by statement, and by names where
//! one says more than all others.
use super::{
    columns::{Columns, ValueColumn, absent, shell},
    error::{Choice, LayoutError},
    number::is_number,
    options::{Degrees, Statements, ValueKind},
    printable::quoted,
    table::Table,
    time_text::{ClockForm, ClockText, DAY, parse_clock},
    words::{self, Flow, flow},
};

impl Columns {
    pub(super) fn find_values(
        &mut self,
        table: &Table,
        stated: &Statements,
        kind: ValueKind,
        meters: &[&str],
    ) -> Result<(), LayoutError> {
        if let Some(name) = &stated.value_column {
            let at = table.find(name).ok_or_else(|| absent(table, name))?;
            self.values = vec![ValueColumn::plain(at)];
            return Ok(());
        }
        let taken = [self.end, self.meter, self.unit, self.status, self.resolution];
        let free = |at: &usize| !self.time.contains(at) && !taken.contains(&Some(*at));
        let numeric = |at: usize| {
            let (mut numbers, mut all) = (0, 0);
            for field in table.column(at) {
                all += 1;
                numbers += usize::from(is_number(field));
            }
            all == 0 || 2 * numbers > all
        };
        let candidates: Vec<usize> =
            (0..table.width()).filter(free).filter(|at| numeric(*at)).collect();
        if kind == ValueKind::Energy {
            self.values = hours_of_day(table, &candidates);
            if self.values.is_empty() {
                not_a_part_of_a_day(table, &candidates)?;
                self.values = columns_of_meters(table, &candidates, meters);
            }
            if !self.values.is_empty() {
                return Ok(());
            }
        }
        let at = if table.names.is_empty() {
            // Without names only a single column leaves no choice.
            match candidates[..] {
                [at] => Some(at),
                _ => None,
            }
        } else {
            by_name(table, &candidates, kind, stated.register == Some(true))?
        };
        let name = |at: &usize| table.names.get(*at).map_or("", String::as_str);
        let temperature = |at: &&usize| is_temperature(name(at));
        let weather = |at: &usize| is_temperature(name(at)) || words::is_weather(name(at));
        if kind != ValueKind::Outdoor
            && at.as_ref().map_or_else(|| candidates.iter().all(weather), weather)
            && let Some(at) = candidates.iter().find(temperature)
        {
            return Err(file_of_temperatures(&table.name(*at)));
        }
        let energy = |at: &&usize| words::unit_of(name(at)).is_some();
        if kind == ValueKind::Outdoor
            && at.is_none()
            && let Some(at) = candidates.iter().find(energy)
        {
            return Err(file_of_energies(&table.name(*at)));
        }
        let Some(at) = at else {
            let choices = candidates.iter().map(|at| {
                let option = format!("--value-column {}", shell(&table.option_name(*at)));
                Choice::new(option, format!("the values are in {}", table.name(*at)))
            });
            return Err(LayoutError::question(
                format!("none of these columns is known to hold values: {}", table.all_names()),
                "name the column with --value-column NAME or --value-column NUMBER",
                choices.collect(),
            ));
        };
        self.values = vec![ValueColumn::plain(at)];
        Ok(())
    }
}

/// Whether a column is of temperatures and not of an energy that depends on them.
pub(super) fn is_temperature(name: &str) -> bool {
    words::is_outdoor(name) && words::unit_of(name).is_none() && flow(name) == Flow::Unknown
}

/// The unit of temperatures, as stated; asked for where the column's name is for another
/// one than °C.
pub(super) fn degrees(name: &str, stated: &Statements) -> Result<Degrees, LayoutError> {
    match stated.degrees {
        Some(degrees) => Ok(degrees),
        None if !words::is_fahrenheit(name) => Ok(Degrees::C),
        None if name.contains("kelvin") => Err(LayoutError::new(
            format!("the temperatures of {} are not in °C", quoted(name)),
            "export them in °C or °F",
        )),
        None => Err(LayoutError::question(
            format!("the temperatures of {} are not in °C", quoted(name)),
            "state their unit",
            vec![
                Choice::new("--unit F", "the values are °F and are stored in °C"),
                Choice::new("--unit C", "the values are °C, whatever the name says"),
            ],
        )),
    }
}

/// A file of temperatures that is given as one of readings.
pub(super) fn file_of_temperatures(column: &str) -> LayoutError {
    LayoutError::new(
        format!("this is a file of temperatures: {column}"),
        "import it as temperature and not as readings: import temperature",
    )
}

/// A file of energies that is given as one of temperatures.
pub(super) fn file_of_energies(column: &str) -> LayoutError {
    LayoutError::new(
        format!("this is a file of energies: {column}"),
        "import it as readings and not as temperature: import readings",
    )
}

/// The columns of a table with a row for each day and a column for each hour.
fn hours_of_day(table: &Table, candidates: &[usize]) -> Vec<ValueColumn> {
    let clocks: Vec<_> =
        candidates.iter().filter_map(|at| Some((*at, clock_in(table.names.get(*at)?)?))).collect();
    // Numbers to 96 are of quarter-hours.
    let numbers: Vec<(usize, i64)> = candidates
        .iter()
        .filter_map(|at| Some((*at, table.names.get(*at)?.parse().ok()?)))
        .collect();
    let counted = numbers.iter().zip(1..).all(|((_, number), expected)| *number == expected);
    if numbers.len() >= 92 && counted {
        let quarter = |(at, number): (usize, i64)| {
            let of_day = Some(((number - 1) * 900, number * 900));
            ValueColumn { at, meter: None, of_day }
        };
        return numbers.into_iter().map(quarter).collect();
    }
    // Ranges leave no doubt, however few they are.
    let ranges = clocks.len() >= 2 && clocks.iter().all(|(_, clock)| clock.end.is_some());
    if !ranges && (clocks.len() < 20 || numbers.len() > 24) {
        return Vec::new();
    }
    let first = clocks[0].1;
    let step = clocks[1].1.seconds - first.seconds;
    // Numbers from 1, or times from the end of the first interval.
    let ends = first.end.is_none() && first.seconds == step;
    clocks
        .into_iter()
        .map(|(at, clock)| {
            let start = if ends { clock.seconds - step } else { clock.seconds };
            let start = if start < 0 { start + 86_400 } else { start };
            let of_day = Some((start, clock.end.unwrap_or(start + step)));
            ValueColumn { at, meter: None, of_day }
        })
        .collect()
}

/// The clock in the name of a column, beside which its unit may stand.
fn clock_in(name: &str) -> Option<ClockText> {
    let name = match words::unit_of(name).map(|unit| unit.symbol().to_lowercase()) {
        Some(unit) => name.replace(&unit, ""),
        None => name.to_owned(),
    };
    parse_clock(name.trim_matches([' ', '(', ')', '[', ']']))
}

/// Refuses a table whose columns are some hours of a day, of which none is the series.
fn not_a_part_of_a_day(table: &Table, candidates: &[usize]) -> Result<(), LayoutError> {
    let is_clock = |at: &&usize| {
        let clock = table.names.get(**at).and_then(|name| clock_in(name));
        clock.is_some_and(|clock| !matches!(clock.form, ClockForm::Hour(_)) || clock.seconds < DAY)
    };
    let clocks = candidates.iter().filter(is_clock).count();
    if clocks < 3 {
        return Ok(());
    }
    Err(LayoutError::new(
        "the table has a row for each day and columns for some of its hours",
        "export a row for each hour, or the columns of all hours of the day",
    ))
}

/// Columns that are named after meters of the configuration.
fn columns_of_meters(table: &Table, candidates: &[usize], meters: &[&str]) -> Vec<ValueColumn> {
    let meter = |at: usize| {
        let name = table.names.get(at)?;
        // A meter may have a column of what it delivers, too.
        if matches!(flow(name), Flow::Produced | Flow::Other) {
            return None;
        }
        let is_named = |meter: &&&str| {
            meter.chars().count() >= 4
                && words::words(name).any(|word| word == meter.to_lowercase())
                || *name == meter.to_lowercase()
        };
        meters.iter().find(is_named).map(|meter| (*meter).to_owned())
    };
    candidates
        .iter()
        .filter_map(|at| Some(ValueColumn { at: *at, meter: Some(meter(*at)?), of_day: None }))
        .collect()
}

/// The column of values by its name, if one name says more than all others.
fn by_name(
    table: &Table,
    candidates: &[usize],
    kind: ValueKind,
    register: bool,
) -> Result<Option<usize>, LayoutError> {
    let name = |at: usize| table.names.get(at).map_or("", String::as_str);
    if kind == ValueKind::Outdoor {
        let of = |at: &&usize| words::is_outdoor(name(**at));
        let found: Vec<usize> = candidates.iter().filter(of).copied().collect();
        let extreme = |at: &usize| {
            words::has_word(name(*at), &["min", "max", "minimum", "maximum", "dagg", "dew", "mark"])
                || name(*at).contains("daggpunkt")
        };
        let plain: Vec<usize> = found.iter().copied().filter(|at| !extreme(at)).collect();
        let chosen = if plain.is_empty() { found } else { plain };
        return one_of(table, &chosen, "temperatures");
    }
    // A register that no row has is no series.
    let has_values = |at: usize| table.column(at).next().is_some();
    let any_values = candidates.iter().any(|at| !words::is_register(name(*at)) && has_values(*at));
    let is_series = |at: &usize| !words::is_register(name(*at)) || has_values(*at) || !any_values;
    let candidates: Vec<usize> = candidates.iter().copied().filter(is_series).collect();
    let registers: Vec<usize> =
        candidates.iter().copied().filter(|at| words::is_register(name(*at))).collect();
    if register {
        return one_of(table, &registers, "registers");
    }
    let energies = |wanted: &[Flow]| -> Vec<usize> {
        candidates
            .iter()
            .copied()
            .filter(|at| !registers.contains(at) && wanted.contains(&flow(name(*at))))
            .collect()
    };
    let used = energies(&[Flow::Used]);
    let unnamed = energies(&[Flow::Energy]);
    let energies_too = !used.is_empty() || !unnamed.is_empty();
    if energies_too && !registers.is_empty() {
        let choices = registers.iter().chain(&used).chain(&unnamed).map(|at| {
            let register = if registers.contains(at) { " --register" } else { "" };
            let option = format!("--value-column {}{register}", shell(&table.option_name(*at)));
            Choice::new(option, format!("the values are in {}", table.name(*at)))
        });
        return Err(LayoutError::question(
            "the file has a column of energies and one of registers",
            "choose one with --value-column NAME",
            choices.collect(),
        ));
    }
    let exact = |names: &[&str]| candidates.iter().copied().find(|at| names.contains(&name(*at)));
    if let Some(at) = exact(&["energy_wh", "energy_kwh", "register_wh", "register_kwh"]) {
        return Ok(Some(at));
    }
    // A used energy whose unit shows comes before one without, and before any other.
    let with_unit: Vec<usize> =
        used.iter().copied().filter(|at| words::unit_of(name(*at)).is_some()).collect();
    for found in [&registers, &with_unit, &used, &unnamed] {
        if !found.is_empty() {
            return one_of(table, found, "energies");
        }
    }
    let produced = energies(&[Flow::Produced]);
    if !produced.is_empty() {
        let choices = produced.iter().map(|at| {
            let option = format!("--value-column {}", shell(&table.option_name(*at)));
            Choice::new(
                option,
                format!("the values of {} are energy that was used", table.name(*at)),
            )
        });
        return Err(LayoutError::question(
            format!(
                "{} is energy that the building delivers, not energy that it uses",
                table.name(produced[0])
            ),
            "export the consumption; or state the column, if its name misleads",
            choices.collect(),
        ));
    }
    one_of(table, &energies(&[Flow::Generic]), "values")
}

fn one_of(table: &Table, found: &[usize], what: &str) -> Result<Option<usize>, LayoutError> {
    match found {
        [] => Ok(None),
        [at] => Ok(Some(*at)),
        several => {
            let choices = several.iter().map(|at| {
                let option = format!("--value-column {}", shell(&table.option_name(*at)));
                Choice::new(option, format!("the {what} are in {}", table.name(*at)))
            });
            let names: Vec<String> = several.iter().map(|at| table.name(*at)).collect();
            Err(LayoutError::question(
                format!("several columns can hold the {what}: {}", names.join(", ")),
                "name the one that is meant",
                choices.collect(),
            ))
        }
    }
}

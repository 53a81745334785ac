//! Prints the placebo bench's tables for a directory of hourly CSV files:
//! `timestamp,energy_wh,outdoor_c`, times in UTC, an empty field is missing;
//! `.csv` or `.csv.gz`. `cargo xtask placebo DIR` calls it.
mod read;
mod readings;

use std::error::Error;

use competition::{
    Baseline, Method,
    placebo::{
        Building, Candidate, Case, Criterion, Location, Season, bar, candidates, compare, groups,
        score, score_first_days, steps, summarize, waste_gain,
    },
};
use jiff::tz::TimeZone;

const USAGE: &str = "usage: placebo DIR [TIMEZONE [COUNTRY]]   (Europe/Oslo NO)";

/// Daily CV(RMSE) up to which a building counts as well measurable.
const MEASURABLE: f64 = 0.12;
/// The waste whose gain is printed, a share.
const WASTE: f64 = 0.1;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or(USAGE)?;
    let location = Location {
        timezone: TimeZone::get(&arguments.next().unwrap_or("Europe/Oslo".to_owned()))?,
        holidays: Some(arguments.next().as_deref().unwrap_or("NO").parse()?),
    };
    let buildings = read::directory(directory.as_ref())?;
    if buildings.is_empty() {
        return Err(format!("{directory} holds no .csv and no .csv.gz file; {USAGE}").into());
    }
    println!("Placebo: no building competed, so every saving is an error of the method.");
    println!("Fitted on 12 months, scored on the next 3, from every month that the data allow.");
    println!("The score is that of the interval (Winkler): less is better.\n");
    let scored = |candidates: Vec<Candidate>| -> Vec<(&str, Vec<Case>)> {
        let cases = |it: &Candidate| {
            let cases = score(&buildings, &location, it.method);
            if it.compared { compare(&cases) } else { cases }
        };
        candidates.iter().map(|it| (it.name, cases(it))).collect()
    };
    print(&scored(candidates()))?;
    println!("\nThe default with and without each of its steps:\n");
    print(&scored(steps()))?;
    let default = score(&buildings, &location, Method::default());
    let season = score(&buildings, &location, Method::of(Baseline::Season));
    println!("\nBy season, the default and the blend with the season:\n");
    print(&by_season(&default, &season))?;
    println!("\nThe first days of each window, the default:\n");
    let first = |days: u16| {
        let cases = score_first_days(&buildings, &location, Method::default(), days);
        (format!("{days} days"), cases)
    };
    print(&[1, 7, 14, 30, 60].map(first))?;
    println!("\nBy the spread of the days, the default:\n");
    let (calm, unrest): (Vec<Case>, Vec<Case>) =
        default.iter().partition(|it| it.cv_rmse_daily.is_some_and(|it| it <= MEASURABLE));
    print(&[("daily CV(RMSE) at most 12 %", calm), ("daily CV(RMSE) above 12 %", unrest)])?;
    println!();
    bar_of(&default);
    waste(&buildings, &location);
    println!("\nThe default, of buildings that are read at other times:\n");
    let at_other_times = readings::READINGS.map(|(name, every, offset)| {
        let read = |building: &Building| readings::read(building, every, offset);
        let buildings: Vec<Building> = buildings.iter().map(read).collect();
        (name, score(&buildings, &location, Method::default()))
    });
    print(&at_other_times)?;
    Ok(())
}

fn by_season(default: &[Case], season: &[Case]) -> Vec<(String, Vec<Case>)> {
    let of = |name: &str, cases: &[Case], it: Season| {
        let cases = cases.iter().copied().filter(|case| case.season == it).collect();
        (format!("{}: {name}", it.name()), cases)
    };
    Season::ALL
        .into_iter()
        .flat_map(|it| [of("the default", default, it), of("season blend", season, it)])
        .collect()
}

fn bar_of(cases: &[Case]) {
    println!("The bar, for buildings that the method was not chosen on:\n");
    println!("| criterion | found | needed | |");
    println!("|---|---:|---:|---|");
    for criterion in bar(cases) {
        let Criterion { name, found, needed } = &criterion;
        let found = found.map_or("–".to_owned(), |found| format!("{found:.1}"));
        let met = match criterion.is_met() {
            Some(true) => "met",
            Some(false) => "missed",
            None => "no such data",
        };
        println!("| {name} | {found} | {:.1} to {:.1} | {met} |", needed.start(), needed.end());
    }
    let (windows, cut) = groups(cases);
    println!("\n{cut} of {windows} windows have more than one group.");
}

fn waste(buildings: &[Building], location: &Location) {
    println!("\nWhat 10 % waste in the last twelve weeks gains, the expected energy raised by:\n");
    println!("| method | median | 90th pct | most |");
    println!("|---|---:|---:|---:|");
    for Candidate { name, method, compared } in steps() {
        let mut gains = waste_gain(buildings, location, method, WASTE);
        gains.sort_unstable_by(f64::total_cmp);
        let Some(last) = gains.len().checked_sub(1).filter(|_| !compared) else { continue };
        let at = |share: f64| gains[(last as f64 * share).round() as usize] * 100.0;
        println!("| {name} | {:.1} % | {:.1} % | {:.1} % |", at(0.5), at(0.9), at(1.0));
    }
}

fn print<N: AsRef<str>>(scored: &[(N, Vec<Case>)]) -> Result<(), Box<dyn Error>> {
    println!(
        "| method | cases | windows | median | 90th pct | std | off > 5 % | median by window | SD by window | interval holds 0 | half-width | score |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut any = false;
    for (name, cases) in scored {
        let Some(line) = summarize(cases) else { continue };
        any = true;
        let percent = |value: Option<f64>, scale: f64| {
            value.map_or("–".to_owned(), |value| format!("{:.1} %", value * scale))
        };
        println!(
            "| {} | {} | {} | {:.1} % | {:.1} % | {:.1} % | {:.0} % | {} | {} | {} | {} | {} |",
            name.as_ref(),
            line.cases,
            line.windows,
            line.median,
            line.percentile_90,
            line.deviation,
            line.large * 100.0,
            percent(line.window_median, 1.0),
            percent(line.window_deviation, 1.0),
            percent(line.covered, 100.0),
            percent(line.half_width, 1.0),
            percent(line.interval_score, 1.0),
        );
    }
    if any { Ok(()) } else { Err("no building has 12 months and the 3 that follow".into()) }
}

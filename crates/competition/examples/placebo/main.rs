//! Prints the placebo bench's table for a directory of hourly CSV files:
//! `timestamp,energy_wh,outdoor_c`, times in UTC, an empty field is missing;
//! `.csv` or `.csv.gz`. `cargo xtask placebo DIR` calls it.
mod read;

use std::error::Error;

use competition::placebo::{Case, Location, candidates, score, summarize};
use jiff::{Timestamp, tz::TimeZone};

const USAGE: &str = "usage: placebo DIR [TIMEZONE [COUNTRY]]   (Europe/Oslo NO)";

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
    println!("Fitted on 12 months, scored on the next 3, from every month that the data allow.\n");
    let scored: Vec<_> = candidates()
        .into_iter()
        .map(|candidate| (candidate.name, score(&buildings, &location, candidate.method)))
        .collect();
    print(&scored, |_| true)?;
    // Methods are chosen on one half of the windows and evaluated on the other.
    let odd = |case: &Case| {
        let at = Timestamp::from_second(case.from.0).unwrap_or(Timestamp::UNIX_EPOCH);
        location.timezone.to_datetime(at).month() % 2 == 1
    };
    println!("\nWindows that begin in odd months, on which the default was chosen:\n");
    print(&scored, odd)?;
    println!("\nWindows that begin in even months, held out from the choice:\n");
    print(&scored, |case| !odd(case))?;
    let rivals: Vec<Scored> =
        scored.into_iter().filter(|(name, _)| [RIVAL, DEFAULT].contains(name)).collect();
    for (number, building) in buildings.iter().enumerate() {
        let without = |case: &Case| case.building != number;
        if rivals.iter().all(|(_, cases)| cases.iter().all(without)) {
            println!("\n{} has no window.", building.name);
            continue;
        }
        println!("\nWithout {}, on which nothing may hang:\n", building.name);
        print(&rivals, without)?;
    }
    Ok(())
}

/// As the table calls them: the rule of 2011, and ours.
const RIVAL: &str = "same months last year";
const DEFAULT: &str = "the default";

type Scored = (&'static str, Vec<Case>);

fn print(scored: &[Scored], choose: impl Fn(&Case) -> bool) -> Result<(), Box<dyn Error>> {
    println!(
        "| method | cases | median | 90th pct | std | off > 5 % | interval holds 0 | half-width |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for (name, cases) in scored {
        let cases: Vec<Case> = cases.iter().copied().filter(&choose).collect();
        let Some(line) = summarize(&cases) else {
            return Err("no building has 12 months and the 3 that follow".into());
        };
        let share = |value: Option<f64>, scale: f64| {
            value.map_or("–".to_owned(), |value| format!("{:.1} %", value * scale))
        };
        println!(
            "| {name} | {} | {:.1} % | {:.1} % | {:.1} % | {:.0} % | {} | {} |",
            line.cases,
            line.median,
            line.percentile_90,
            line.deviation,
            line.large * 100.0,
            share(line.covered, 100.0),
            share(line.half_width, 1.0),
        );
    }
    Ok(())
}

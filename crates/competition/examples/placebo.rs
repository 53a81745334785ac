//! Prints the placebo bench's table for a directory of hourly CSV files:
//! `timestamp,energy_wh,outdoor_c`, times in UTC, an empty field is missing;
//! `.csv` or `.csv.gz`. `cargo xtask placebo DIR` calls it.
use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use competition::{
    Time,
    placebo::{Building, Case, Place, candidates, score, table},
};
use flate2::read::MultiGzDecoder;
use jiff::{Timestamp, tz::TimeZone};

const USAGE: &str = "usage: placebo DIR [TIMEZONE [COUNTRY]]   (Europe/Oslo NO)";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or(USAGE)?;
    let place = Place {
        timezone: TimeZone::get(&arguments.next().unwrap_or("Europe/Oslo".to_owned()))?,
        holidays: arguments.next().unwrap_or("NO".to_owned()),
    };
    let mut paths: Vec<_> = std::fs::read_dir(&directory)?
        .map(|it| it.map(|it| it.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let mut buildings = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".csv") || name.ends_with(".csv.gz") {
            buildings
                .push(read(&path, name).map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    if buildings.is_empty() {
        return Err(format!("{directory} holds no .csv and no .csv.gz file; {USAGE}").into());
    }
    println!("Placebo: nobody competed, so every saving is the method's error.");
    println!("Fitted on 12 months, scored on the next 3, from every month that the data allow.\n");
    let scored: Vec<_> = candidates()
        .into_iter()
        .map(|candidate| (candidate.name, score(&buildings, &place, candidate.method)))
        .collect();
    print(&scored, |_| true)?;
    // Methods are chosen on one half of the windows and believed on the other.
    let odd = |case: &Case| {
        let at = Timestamp::from_second(case.from.0).unwrap_or(Timestamp::UNIX_EPOCH);
        place.timezone.to_datetime(at).month() % 2 == 1
    };
    println!("\nWindows that begin in odd months, on which the default was chosen:\n");
    print(&scored, odd)?;
    println!("\nWindows that begin in even months, held out from the choice:\n");
    print(&scored, |case| !odd(case))
}

type Scored = (&'static str, Vec<Case>);

fn print(scored: &[Scored], choose: impl Fn(&Case) -> bool) -> Result<(), Box<dyn Error>> {
    println!(
        "| method | cases | median | 90th pct | std | off > 5 % | interval holds 0 | half-width |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for (name, cases) in scored {
        let cases: Vec<Case> = cases.iter().copied().filter(&choose).collect();
        let Some(line) = table(&cases) else {
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
            line.off * 100.0,
            share(line.covered, 100.0),
            share(line.half_width, 1.0),
        );
    }
    Ok(())
}

fn read(path: &Path, name: String) -> Result<Building, Box<dyn Error>> {
    let file = File::open(path)?;
    let input: Box<dyn Read> = match name.ends_with(".gz") {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    let mut start: Option<i64> = None;
    let mut hours = Vec::new();
    for (number, line) in BufReader::new(input).lines().enumerate().skip(1) {
        let line = line?;
        let mut fields = line.split(',');
        let at: Timestamp = fields
            .next()
            .unwrap_or_default()
            .parse()
            .map_err(|error| format!("line {}: {error}", number + 1))?;
        let mut value = || fields.next().and_then(|field| field.trim().parse::<f64>().ok());
        let (energy, outdoor) = (value().map(|energy| energy / 1000.0), value());
        let hour = at.as_second().div_euclid(3600);
        let index = usize::try_from(hour - *start.get_or_insert(hour))?;
        if index >= hours.len() {
            hours.resize(index + 1, (None, None));
        }
        hours[index] = (energy, outdoor);
    }
    Ok(Building { name, start: Time(start.unwrap_or(0) * 3600), hours })
}

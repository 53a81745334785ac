//! What ours expects in two windows of each building (first and last), for
//! `cargo xtask opendsm DIR`, which sets another model's beside it. A line
//! `window,file,from,until,ms,warm`, with the time of a whole case (calendar, fit,
//! interval, prediction) and whether temperature stayed in the model, and for each known hour of its training year and its
//! three months a line `hour,at,kWh,by the default,without the season,without holidays`.
#[path = "placebo/read.rs"]
mod read;

use std::{
    error::Error,
    io::{BufWriter, Write, stdout},
    slice::from_ref,
    time::Instant,
};

use competition::{
    Baseline, Country, Method,
    placebo::{Location, score, window_details},
};
use jiff::tz::TimeZone;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: windows DIR")?;
    let location =
        Location { timezone: TimeZone::get("Europe/Oslo")?, holidays: Some(Country::Norway) };
    let working = Location { holidays: None, ..location.clone() };
    let mut out = BufWriter::new(stdout().lock());
    for building in read::directory(directory.as_ref())? {
        let began = Instant::now();
        let cases = score(from_ref(&building), &location, Method::default());
        let taken = began.elapsed().as_secs_f64() * 1000.0 / cases.len().max(1) as f64;
        let warm = Method::of(Baseline::HoursTemperature);
        let by = [(&location, Method::default()), (&location, warm), (&working, warm)]
            .map(|(location, method)| window_details(&building, location, method));
        let mut ends = vec![0, cases.len().saturating_sub(1)];
        ends.dedup();
        for number in ends {
            let [Some(ours), Some(plain), Some(working)] = by.each_ref().map(|it| it.get(number))
            else {
                continue;
            };
            let (name, from, until) = (&building.name, ours.from.0, ours.until.0);
            writeln!(out, "window,{name},{from},{until},{taken},{}", ours.uses_temperature)?;
            let hours = ours.hours.iter().zip(&plain.hours).zip(&working.hours);
            for ((ours, plain), working) in hours {
                let (at, energy, by_default) = (ours.at.0, ours.energy, ours.predicted);
                let (plain, working) = (plain.predicted, working.predicted);
                writeln!(out, "hour,{at},{energy},{by_default},{plain},{working}")?;
            }
        }
    }
    Ok(())
}

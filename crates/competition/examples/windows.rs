//! Our saving and fit time in two windows of each building (first and last), as
//! lines `file,start,hours,saving,ms`; `cargo xtask opendsm DIR` sets another
//! model's beside them. The time is of the whole case: calendar, fit, prediction.
#[path = "placebo/read.rs"]
mod read;

use std::{error::Error, slice::from_ref, time::Instant};

use competition::{
    Method,
    placebo::{Place, score},
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: windows DIR")?;
    let place = Place { timezone: TimeZone::get("Europe/Oslo")?, holidays: "NO".to_owned() };
    for building in read::directory(directory.as_ref())? {
        let began = Instant::now();
        let cases = score(from_ref(&building), &place, Method::default());
        let taken = began.elapsed().as_secs_f64() * 1000.0 / cases.len().max(1) as f64;
        let ends = [cases.first(), cases.last().filter(|_| cases.len() > 1)];
        for case in ends.into_iter().flatten() {
            let from = Timestamp::from_second(case.from.0)?.to_zoned(place.timezone.clone());
            let until = from.checked_add(3.months())?.timestamp().as_second();
            let hours = (until - case.from.0) / 3600;
            println!("{},{},{hours},{},{taken}", building.name, case.from.0, case.saving);
        }
    }
    Ok(())
}

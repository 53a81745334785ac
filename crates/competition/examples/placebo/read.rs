//! Hourly CSV files, plain or gz, to buildings; the test of the placebo bench reads
//! them the same way.
use std::{
    error::Error,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use competition::{
    Celsius, Time,
    placebo::{Building, BuildingHour},
};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;

/// All `.csv` and `.csv.gz` of a directory, by name.
pub(crate) fn directory(path: &Path) -> Result<Vec<Building>, Box<dyn Error>> {
    let entries = std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    let mut buildings = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".csv") || name.ends_with(".csv.gz") {
            let building = read(&path, name);
            buildings.push(building.map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    Ok(buildings)
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
        let (energy, outdoor) = (value().map(|energy| energy / 1000.0), value().map(Celsius));
        let hour = at.as_second().div_euclid(3600);
        let index = usize::try_from(hour - *start.get_or_insert(hour))?;
        if index >= hours.len() {
            hours.resize(index + 1, BuildingHour::default());
        }
        hours[index] = BuildingHour { energy, outdoor };
    }
    Ok(Building { name, start: Time(start.unwrap_or(0) * 3600), hours })
}

//! `import --remove FROM TO --meter ID`: takes imported intervals back, while the service
//! runs or not. Readings of registers are what the meter sent, and stay.
use competition::Time;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use server::{
    store::{Importer, RemovedRows},
    text::iso_minute,
};

use crate::{
    command::{Failure, output},
    config::Config,
    import::ImportError,
};

/// The options of `import` that take rows back.
#[derive(Debug, clap::Args)]
pub(in super::super) struct RemoveArgs {
    /// Take back the imported intervals of a meter that begin from FROM until before TO,
    /// local dates or RFC 3339
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], requires = "meter")]
    remove: Option<Vec<String>>,
    /// The meter whose intervals are taken back
    #[arg(long, value_name = "ID", requires = "remove")]
    meter: Option<String>,
    /// Show what would be taken back or imported, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl RemoveArgs {
    /// Whether rows are to be taken back.
    pub(super) const fn is_stated(&self) -> bool {
        self.remove.is_some()
    }

    /// Takes the rows back that the arguments name; `None` where they name none.
    pub(super) fn run(&self, config: &Config) -> Option<Result<(), Failure>> {
        let [from, until] = self.remove.as_deref()? else { return None };
        let meter = self.meter.as_deref()?;
        Some(remove(config, meter, [from, until], self.dry_run))
    }
}

fn remove(
    config: &Config,
    meter: &str,
    [from, until]: [&String; 2],
    dry_run: bool,
) -> Result<(), Failure> {
    let meter = config.meter_named(meter)?.id.as_str();
    let zone = &config.competition.timezone;
    let (from, until) = (time(from, zone)?, time(until, zone)?);
    if until <= from {
        return Err(Failure::usage(
            "--remove ends before it begins",
            "give the first day and the day after the last",
        ));
    }
    let failed = |error| Failure::Failed(ImportError::Store(error).into());
    let meters: Vec<&str> = config.meters().map(|meter| meter.id.as_str()).collect();
    let mut importer = Importer::open(&config.data, &meters, false).map_err(failed)?;
    let range = from..until;
    let found = match dry_run {
        true => importer.intervals_in(meter, &range),
        false => importer.remove_intervals(meter, &range),
    }
    .map_err(failed)?;
    let RemovedRows { rows, energy, range: Some([first, last]) } = found else {
        return Err(Failure::failed(
            format!("meter {meter} has no imported interval in this range"),
            "give the range as in: --remove 2026-03-01 2026-04-01; readings of registers stay",
        ));
    };
    let taken = if dry_run { "would be taken back" } else { "taken back" };
    output::line(format_args!(
        "{meter}: {rows} intervals {taken}, {:.1} kWh, the first of {}, the last of {}",
        energy.kwh(),
        iso_minute(first, zone),
        iso_minute(last, zone),
    ))
}

/// A local date, which is its midnight, or a time.
fn time(text: &str, zone: &TimeZone) -> Result<Time, Failure> {
    let date = || text.parse::<Date>().ok()?.to_zoned(zone.clone()).ok();
    let at = text.parse::<Timestamp>().ok().or_else(|| Some(date()?.timestamp()));
    at.map(|at| Time(at.as_second())).ok_or_else(|| {
        Failure::usage(
            format!("--remove: {text:?} is neither a date nor a time"),
            "write it as in 2026-03-01 or 2026-03-01T00:00:00Z",
        )
    })
}

//! `[competition]`: name, calendar, periods, rule, thresholds and factors.
use competition::{
    Competition, Country, DoubtThresholds, Factors, KgCo2PerKwh, Period, Production, Rule,
    SekPerKwh, Thresholds,
};
use jiff::{ToSpan, civil::Date, tz::TimeZone};

use super::{
    days,
    reader::{Located, Section},
};

pub(super) fn read(section: &Section<'_, '_>) -> Option<Competition> {
    let name = section.required_text("name", "Energispartävling 2027");
    let zone = section.text("timezone").map_or_else(
        || TimeZone::get("Europe/Stockholm").ok(),
        |text| {
            TimeZone::get(text.value)
                .inspect_err(|_| {
                    section.source.report(
                        text.offset,
                        format!("timezone {:?} is not known", text.value),
                        "use a name of the IANA list, such as \"Europe/Stockholm\"",
                    );
                })
                .ok()
        },
    );
    let holidays = section
        .text("holidays")
        .and_then(|text| section.parse_name::<Country>(text, "country of the holidays"));
    let baseline = period(section, "baseline");
    let contest = period(section, "contest");
    if let (Some(baseline), Some(contest)) = (baseline, contest)
        && contest.start < baseline.end
    {
        section.source.report(
            section.offset,
            "the contest begins before the baseline ends",
            "set contest.start to baseline.end or later: no day may belong to both periods",
        );
    }
    let reference_until = reference_until(section, baseline);
    let rule =
        section.text("rule").map_or(Some(Rule::default()), |text| section.parse_name(text, "rule"));
    let production = section
        .text("production")
        .and_then(|text| section.parse_name::<Production>(text, "rule about own production"))
        .unwrap_or_default();
    let defaults = Thresholds::default();
    let thresholds = section.section("thresholds").map_or(defaults, |table| thresholds(&table));
    let special_days = days::read(section);
    let factors = section.section("factors").map_or_else(Factors::default, |table| factors(&table));
    let (name, zone, baseline, contest, rule) = (name?, zone?, baseline?, contest?, rule?);
    let mut competition = Competition::new(name.value, zone, baseline, contest);
    competition.rule = rule;
    competition.reference_until = reference_until;
    competition.thresholds = thresholds;
    competition.special_days = special_days;
    competition.production = production;
    competition.factors = factors;
    competition.holidays = holidays.or(competition.holidays);
    Some(competition)
}

/// `reference_until`: from this date on no hour teaches the baseline.
fn reference_until(section: &Section<'_, '_>, baseline: Option<Period>) -> Option<Date> {
    section.value("reference_until")?;
    let until = section.date("reference_until")?;
    if let Some(baseline) = baseline
        && !(baseline.start.saturating_add(FEWEST_DAYS.days())..=baseline.end)
            .contains(&until.value)
    {
        section.source.report(
            until.offset,
            format!("reference_until is {}, which leaves no baseline to end there", until.value),
            format!(
                "write a date at least {FEWEST_DAYS} days after the baseline's start {} and not \
                 after its end {}",
                baseline.start, baseline.end
            ),
        );
    }
    Some(until.value)
}

/// Days that a baseline needs at least.
const FEWEST_DAYS: i64 = 28;

/// `[competition.thresholds]`: what a participant needs to be ranked.
fn thresholds(table: &Section<'_, '_>) -> Thresholds {
    let mut thresholds = Thresholds::default();
    if let Some(days) = table.integer("baseline_days", 28, 366, "days") {
        thresholds.baseline_days = days.value as u32;
    }
    if let Some(coverage) = table.number("coverage", 0.5, 1.0, "share of the hours") {
        thresholds.coverage = coverage.value;
    }
    if let Some(cv_rmse) = table.number("cv_rmse", 0.05, 2.0, "share of the mean") {
        thresholds.cv_rmse = cv_rmse.value;
    }
    thresholds
}

/// `[doubts]`: when input is doubted.
pub(super) fn doubts(table: &Section<'_, '_>) -> DoubtThresholds {
    let mut limits = DoubtThresholds::default();
    if let Some(hours) = table.integer("zero_hours", 2, 8784, "hours") {
        limits.zero_hours = hours.value as u32;
    }
    if let Some(hours) = table.integer("constant_hours", 6, 8784, "hours") {
        limits.constant_hours = hours.value as u32;
    }
    if let Some(factor) = table.number("spike_factor", 1.5, 1000.0, "times") {
        limits.spike_factor = factor.value;
    }
    if let Some(factor) = table.number("step_factor", 4.0, 1000.0, "times") {
        limits.step_factor = factor.value;
    }
    if let Some(hours) = table.integer("step_hours", 6, 8784, "hours") {
        limits.step_hours = hours.value as u32;
    }
    if let Some(share) = table.number("closure", 0.0, 1.0, "share of the lowest week") {
        limits.closure = share.value;
    }
    if let Some(factor) = table.number("raised", 1.2, 1000.0, "times") {
        limits.raised = factor.value;
    }
    if let Some(percent) = table.number("saving", 5.0, 100.0, "percent") {
        limits.saving = percent.value;
    }
    if let Some(share) = table.number("material", 0.0, 1.0, "share of the energy") {
        limits.material = share.value;
    }
    limits
}

/// `[competition.factors]`: what a saved kilowatt-hour is worth. A figure needs its source,
/// because reports print both.
fn factors(table: &Section<'_, '_>) -> Factors {
    let mut factors = Factors::default();
    let price = table.number("sek_per_kwh", 0.0, 100.0, "SEK per kWh");
    let emission = table.number("kg_co2_per_kwh", 0.0, 5.0, "kg CO2e per kWh");
    if let (Some(price), Some(source)) = with_source(table, price, "price_source") {
        (factors.price, factors.price_source) = (SekPerKwh(price), source);
    }
    if let (Some(emission), Some(source)) = with_source(table, emission, "co2_source") {
        (factors.emission, factors.emission_source) = (KgCo2PerKwh(emission), source);
    }
    factors
}

fn with_source(
    table: &Section<'_, '_>,
    figure: Option<Located<f64>>,
    source_key: &'static str,
) -> (Option<f64>, Option<String>) {
    let source = table.text(source_key).map(|text| text.value.to_owned());
    if let (Some(figure), None) = (&figure, &source) {
        table.source.report(
            figure.offset,
            format!("{} has a figure without {source_key}", table.name),
            format!("add: {source_key} = \"our electricity contract of 2027\""),
        );
    }
    (figure.map(|figure| figure.value), source)
}

fn period(section: &Section<'_, '_>, key: &'static str) -> Option<Period> {
    let table = section.required_section(
        key,
        &format!("a line such as: {key} = {{ start = \"2027-03-01\", end = \"2027-06-01\" }}"),
    )?;
    let (start, end) = (table.date("start"), table.date("end"));
    let (start, end) = (start?, end?);
    if end.value <= start.value {
        section.source.report(
            end.offset,
            format!("{key} ends on {}, which is not after its start {}", end.value, start.value),
            "start is the first day, end the day after the last",
        );
        return None;
    }
    Some(Period { start: start.value, end: end.value })
}

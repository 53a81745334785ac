//! `[competition]`: name, calendar, periods, rule, thresholds.
use competition::{Competition, Country, Factors, KgCo2PerKwh, Period, Rule, SekPerKwh};
use jiff::tz::TimeZone;

use super::{days, reader::Section};

pub(super) fn read(section: &Section<'_, '_>) -> Option<Competition> {
    let name = section.need_text("name", "Energispartävling 2027");
    let zone = section.text("timezone").map_or_else(
        || TimeZone::get("Europe/Stockholm").ok(),
        |text| {
            TimeZone::get(text.value)
                .inspect_err(|_| {
                    section.source.mistake(
                        text.at,
                        format!("timezone {:?} is not known", text.value),
                        "use a name of the IANA list, such as \"Europe/Stockholm\"",
                    );
                })
                .ok()
        },
    );
    let holidays = section.text("holidays").map(|country| {
        country.value.parse::<Country>().map_err(|error| {
            section.source.mistake(
                country.at,
                format!("holidays of {:?} are not known", country.value),
                format!("known are {}", error.valid.join(", ")),
            );
        })
    });
    let baseline = period(section, "baseline");
    let contest = period(section, "contest");
    if let (Some(baseline), Some(contest)) = (baseline, contest)
        && contest.start < baseline.end
    {
        section.source.mistake(
            section.at,
            "the contest begins before the baseline ends",
            "let contest.start be baseline.end or later: a day is either learnt from or counted",
        );
    }
    let rule = section.text("rule").map_or(Some(Rule::default()), |text| {
        let rule = text.value.parse::<Rule>().map_err(|error| {
            section.source.mistake(
                text.at,
                format!("rule {:?} is not known", text.value),
                format!("known are {}", error.valid.join(", ")),
            );
        });
        rule.ok()
    });
    let thresholds = thresholds(section);
    let special_days = days::read(section);
    let factors = section.section("factors").map_or_else(Factors::default, |table| factors(&table));
    let (name, zone, baseline, contest, rule) = (name?, zone?, baseline?, contest?, rule?);
    let mut competition = Competition::new(name.value, zone, baseline, contest);
    competition.rule = rule;
    competition.special_days = special_days;
    competition.factors = factors;
    if let Some(Ok(country)) = holidays {
        competition.holidays = Some(country);
    }
    if let Some((days, coverage, cv_rmse)) = thresholds {
        let kept = &mut competition.thresholds;
        kept.baseline_days = days.unwrap_or(kept.baseline_days);
        kept.coverage = coverage.unwrap_or(kept.coverage);
        kept.cv_rmse = cv_rmse.unwrap_or(kept.cv_rmse);
    }
    Some(competition)
}

type Thresholds = (Option<u32>, Option<f64>, Option<f64>);

fn thresholds(section: &Section<'_, '_>) -> Option<Thresholds> {
    let table = section.section("thresholds")?;
    let days = table.whole("baseline_days", 28, 366, "days").map(|days| days.value as u32);
    let coverage =
        table.number("coverage", 0.5, 1.0, "share of the hours").map(|share| share.value);
    let cv_rmse = table.number("cv_rmse", 0.05, 2.0, "share of the mean").map(|share| share.value);
    Some((days, coverage, cv_rmse))
}

/// What a saved kilowatt-hour is worth. Who gives a figure gives its source: both
/// are printed.
fn factors(table: &Section<'_, '_>) -> Factors {
    let mut factors = Factors::default();
    let price = table.number("sek_per_kwh", 0.0, 100.0, "SEK per kWh");
    let emission = table.number("kg_co2_per_kwh", 0.0, 5.0, "kg CO2e per kWh");
    let sources = ["price_source", "co2_source"].map(|key| table.text(key));
    for (figure, source, name) in
        [(&price, sources[0], "price_source"), (&emission, sources[1], "co2_source")]
    {
        if let (Some(figure), None) = (figure, source) {
            table.source.mistake(
                figure.at,
                format!("{} gives a figure and no {name}", table.name),
                format!("add: {name} = \"our electricity contract of 2027\""),
            );
        }
    }
    if let (Some(price), Some(source)) = (price, sources[0]) {
        factors.price = SekPerKwh(price.value);
        source.value.clone_into(&mut factors.price_source);
    }
    if let (Some(emission), Some(source)) = (emission, sources[1]) {
        factors.emission = KgCo2PerKwh(emission.value);
        source.value.clone_into(&mut factors.emission_source);
    }
    factors
}

fn period(section: &Section<'_, '_>, key: &'static str) -> Option<Period> {
    let table = section.need_section(
        key,
        &format!("a line such as: {key} = {{ start = \"2027-03-01\", end = \"2027-06-01\" }}"),
    )?;
    let (start, end) = (table.date("start"), table.date("end"));
    let (start, end) = (start?, end?);
    if end.value <= start.value {
        section.source.mistake(
            end.at,
            format!("{key} ends on {}, which is not after its start {}", end.value, start.value),
            "start is the first day, end the day after the last",
        );
        return None;
    }
    Some(Period { start: start.value, end: end.value })
}

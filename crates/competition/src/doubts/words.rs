//! A finding in words: what was found, the evidence, and what to do.
use super::{Consequence, Doubt, DoubtKind, finding::Finding, span::Span};
use crate::Bilingual;

/// A meter as its town hall says it: with its id where there are several.
fn meter(finding: &Finding, only: bool) -> Bilingual {
    match only {
        true => Bilingual::new("the meter", "mätaren"),
        false => {
            Bilingual::new(format!("meter {}", finding.name), format!("mätare {}", finding.name))
        }
    }
}

/// What was found; `only_meter`: the participant has no other meter.
pub(super) fn headline(finding: &Finding, span: &Span<'_>, only_meter: bool) -> Bilingual {
    let Bilingual { english: when, swedish: när } = span.text();
    let Finding { factor, zero_quarters, .. } = finding;
    let Bilingual { english: meter, swedish: mätare } = meter(finding, only_meter);
    let hours = finding.hour_count();
    let Bilingual { english: kwh_en, swedish: kwh_sv } =
        Bilingual::number(finding.kwh.unwrap_or(0.0), 0);
    let Bilingual { english: factor_en, swedish: factor_sv } = Bilingual::number(*factor, 0);
    let Bilingual { english: tenths_en, swedish: tenths_sv } = Bilingual::number(*factor, 1);
    let percent = factor * 100.0;
    let (runs, perioder) = match finding.parts.len() {
        1 => (String::new(), String::new()),
        many => (format!(" in {many} runs"), format!(" i {many} perioder")),
    };
    let (english, swedish) = match finding.kind {
        DoubtKind::StuckRegister | DoubtKind::ZeroRun if *zero_quarters > 0 => (
            format!(
                "{meter} has {zero_quarters} quarter-hours of zero {when} (in {hours} h{runs}), where {kwh_en} kWh are usual in these hours"
            ),
            format!(
                "{mätare} har {zero_quarters} kvartar med noll {när} (i {hours} h{perioder}), där {kwh_sv} kWh är det vanliga"
            ),
        ),
        DoubtKind::StuckRegister => (
            format!(
                "the register of {meter} stays at one value {when} ({hours} h{runs}), where {kwh_en} kWh are usual"
            ),
            format!(
                "{mätare} står på samma mätarställning {när} ({hours} h{perioder}), där {kwh_sv} kWh är det vanliga"
            ),
        ),
        DoubtKind::ZeroRun => (
            format!(
                "{meter} has nothing but zeros {when} ({hours} h{runs}), where {kwh_en} kWh are usual"
            ),
            format!(
                "{mätare} har bara nollor {när} ({hours} h{perioder}), där {kwh_sv} kWh är det vanliga"
            ),
        ),
        DoubtKind::ConstantLoad => (
            format!("the load of {meter} is the same to the last digit {when} ({hours} h)"),
            format!("lasten på {mätare} är densamma till sista siffran {när} ({hours} h)"),
        ),
        DoubtKind::RepeatedDays => (
            format!(
                "{meter} repeats the values of earlier days to the last digit {when} ({hours} h{runs})"
            ),
            format!(
                "{mätare} upprepar tidigare dagars värden till sista siffran {när} ({hours} h{perioder})"
            ),
        ),
        DoubtKind::Spike => (
            format!(
                "{meter} has {factor_en} times its highest ordinary hours {when} ({hours} h{runs})"
            ),
            format!(
                "{mätare} har {factor_sv} gånger sina högsta vanliga timmar {när} ({hours} h{perioder})"
            ),
        ),
        DoubtKind::Ceiling => (
            format!(
                "{meter} measures exactly {tenths_en} kWh and not more in {hours} h {when}, where it ordinarily reaches more"
            ),
            format!(
                "{mätare} mäter exakt {tenths_sv} kWh och inte mer i {hours} h {när}, där den annars når högre"
            ),
        ),
        DoubtKind::LevelStep => {
            let (english, swedish) = times(*factor);
            (
                format!("{meter} measures {english} what it measures otherwise {when}"),
                format!("{mätare} mäter {swedish} det den mäter annars {när}"),
            )
        }
        DoubtKind::SubmeterAboveMain => (
            format!(
                "the meters that are subtracted measure more than those they are subtracted from {when}"
            ),
            format!("de mätare som dras av mäter mer än dem de dras av från {när}"),
        ),
        DoubtKind::Closure => (
            format!(
                "the building uses so little {when} that it seems closed, {kwh_en} kWh below its ordinary weeks"
            ),
            format!(
                "huset använder så lite {när} att det verkar stängt, {kwh_sv} kWh under sina vanliga veckor"
            ),
        ),
        DoubtKind::RaisedUse => (
            format!(
                "the building uses {tenths_en} times as much {when} as before and after, {kwh_en} kWh more"
            ),
            format!(
                "huset använder {tenths_sv} gånger så mycket {när} som före och efter, {kwh_sv} kWh mer"
            ),
        ),
        DoubtKind::ProductionLow => (
            format!(
                "production meter {} measures {percent:.0} % of what it ordinarily does {when}, and the building seems to use as much less as is missing, {kwh_en} kWh",
                finding.name
            ),
            format!(
                "produktionsmätare {} mäter {percent:.0} % av det vanliga {när}, och huset verkar använda lika mycket mindre som det som saknas, {kwh_sv} kWh",
                finding.name
            ),
        ),
        DoubtKind::UndeclaredProduction => (
            format!(
                "the use around noon is {percent:.0} % below that of the year before {when}, on working days and on others alike, {kwh_en} kWh: it looks like solar panels whose meters are not entered"
            ),
            format!(
                "användningen mitt på dagen är {percent:.0} % lägre än året före {när}, lika mycket på arbetsdagar som på lediga dagar, {kwh_sv} kWh: det ser ut som solceller vars mätare inte är inlagda"
            ),
        ),
        DoubtKind::ExportHigh => (
            format!(
                "{meter} measures more export than own production explains {when}, {kwh_en} kWh"
            ),
            format!(
                "{mätare} mäter mer inmatning än den egna produktionen förklarar {när}, {kwh_sv} kWh"
            ),
        ),
        // It has no finding, see `of_saving`.
        DoubtKind::ImplausibleSaving => (String::new(), String::new()),
        DoubtKind::TemperatureConstant => (
            format!("the outdoor temperature stays at {tenths_en} °C {when} ({hours} h)"),
            format!("utetemperaturen står på {tenths_sv} °C {när} ({hours} h)"),
        ),
        DoubtKind::TemperatureShift => (
            format!("the outdoor temperature is off by about {factor_en} h {when}"),
            format!("utetemperaturen är förskjuten med ungefär {factor_sv} h {när}"),
        ),
        DoubtKind::TemperatureUnit => (
            format!("the outdoor temperature seems to be in °F {when}"),
            format!("utetemperaturen verkar vara i °F {när}"),
        ),
        DoubtKind::TemperatureLevel => (
            format!(
                "the outdoor temperature is off from that of the same weeks of the year before by {factor_en} °C {when}, more than the weather of eight weeks differs"
            ),
            format!(
                "utetemperaturen skiljer sig med {factor_sv} °C från samma veckor året före {när}, mer än vädret skiljer under åtta veckor"
            ),
        ),
        DoubtKind::TemperaturePlace => (
            format!(
                "the outdoor temperature is off from that of the other town halls by {factor_en} °C {when}, unlike before: it seems to be of another place"
            ),
            format!(
                "utetemperaturen skiljer sig med {factor_sv} °C från de andra rådhusens {när}, till skillnad från tidigare: den verkar vara från en annan ort"
            ),
        ),
    };
    Bilingual::new(english, swedish)
}

/// Headline and words of a saving of so many percent.
pub(super) fn of_saving(percent: f64) -> (Bilingual, Bilingual) {
    let headline = Bilingual::new(
        format!("the saving of {percent:.0} % is beyond what measures reach"),
        format!("besparingen på {percent:.0} % är större än vad åtgärder brukar ge"),
    );
    let words = with_consequence(DoubtKind::ImplausibleSaving, Consequence::Flagged, &headline);
    (headline, words)
}

/// The headline, what follows, and what to do.
pub(super) fn words(finding: &Finding, headline: &Bilingual) -> Bilingual {
    with_consequence(finding.kind, finding.consequence, headline)
}

fn with_consequence(kind: DoubtKind, consequence: Consequence, headline: &Bilingual) -> Bilingual {
    let follows = match (consequence, kind.is_temperature()) {
        (Consequence::Flagged, _) => {
            Bilingual::fixed("the hours count as they are", "timmarna räknas som de är")
        }
        (Consequence::Quarantined, _) => until_decided(kind, consequence),
    };
    let to_do = to_do(kind);
    Bilingual::new(
        format!("{}; {}; {}", headline.english, follows.english, to_do.english),
        format!("{}; {}; {}", headline.swedish, follows.swedish, to_do.swedish),
    )
}

impl Doubt {
    /// What was found and what follows, for every reader; what to do about it is for the
    /// organiser, see [`Self::words`].
    pub fn notice(&self) -> Bilingual {
        let follows = until_decided(self.kind, self.consequence);
        Bilingual::new(
            format!("{}; {}", self.headline.english, follows.english),
            format!("{}; {}", self.headline.swedish, follows.swedish),
        )
    }
}

/// What follows of a doubt until the organiser decides.
fn until_decided(kind: DoubtKind, consequence: Consequence) -> Bilingual<&'static str> {
    match (consequence, kind.is_temperature()) {
        (Consequence::Quarantined, false) => Bilingual::fixed(
            "these hours count as unknown until the organiser decides",
            "timmarna räknas som okända tills arrangören beslutar",
        ),
        (Consequence::Quarantined, true) => Bilingual::fixed(
            "these temperatures count as missing until the organiser decides",
            "temperaturerna räknas som saknade tills arrangören beslutar",
        ),
        (Consequence::Flagged, _) => Bilingual::fixed(
            "the hours count as they are unless the organiser decides otherwise",
            "timmarna räknas som de är om inte arrangören beslutar något annat",
        ),
    }
}

fn to_do(kind: DoubtKind) -> Bilingual<&'static str> {
    match kind {
        DoubtKind::StuckRegister => Bilingual::fixed(
            "check the meter and its gateway; accept the zero, or exclude the hours",
            "kontrollera mätaren och dess gateway; godta nollan eller undanta timmarna",
        ),
        DoubtKind::ZeroRun => Bilingual::fixed(
            "ask the utility for the hours and import them again; accept the zeros, or exclude the hours",
            "begär timmarna av nätbolaget och importera dem på nytt; godta nollorna eller undanta timmarna",
        ),
        DoubtKind::ConstantLoad | DoubtKind::RepeatedDays => Bilingual::fixed(
            "find out where the values are from; accept them, or exclude the hours",
            "ta reda på varifrån värdena kommer; godta dem eller undanta timmarna",
        ),
        DoubtKind::Ceiling => Bilingual::fixed(
            "check the range of the meter and its transformers, and ask the utility for the hours; accept the values, or exclude the hours",
            "kontrollera mätarens och strömtransformatorernas mätområde och begär timmarna av nätbolaget; godta värdena eller undanta timmarna",
        ),
        DoubtKind::Spike => Bilingual::fixed(
            "ask the utility for the hours and import them again; accept the values, or exclude the hours",
            "begär timmarna av nätbolaget och importera dem på nytt; godta värdena eller undanta timmarna",
        ),
        DoubtKind::LevelStep => Bilingual::fixed(
            "a unit, a multiplier, a transformer ratio or a phase: correct the factor from that date on, accept the values, or exclude the hours",
            "det kan bero på fel enhet, fel omsättningstal eller en fas som inte mäts: rätta faktorn från den dagen, godta värdena eller undanta timmarna",
        ),
        DoubtKind::UndeclaredProduction => Bilingual::fixed(
            "ask whether the building has new solar panels: enter the meters of export and production, or accept the values",
            "fråga om huset har fått solceller: lägg in mätarna för inmatning och produktion, eller godta värdena",
        ),
        DoubtKind::ProductionLow | DoubtKind::ExportHigh => Bilingual::fixed(
            "check the meters of production and export: correct a factor from a date on, exclude the hours, or accept the values",
            "kontrollera mätarna för produktion och inmatning: rätta en faktor från ett datum, undanta timmarna eller godta värdena",
        ),
        DoubtKind::SubmeterAboveMain => Bilingual::fixed(
            "check multiplier and wiring of the sub-meter: correct its factor from a date on, or exclude the hours",
            "kontrollera undermätarens multiplikator och inkoppling: rätta dess faktor från ett datum eller undanta timmarna",
        ),
        DoubtKind::Closure => Bilingual::fixed(
            "declare an event for these days, so that they count on neither side, or accept the values",
            "anmäl en händelse för dagarna, så att de inte räknas på någondera sidan, eller godta värdena",
        ),
        DoubtKind::RaisedUse => Bilingual::fixed(
            "find out what it was: declare an event for these days, so that they count on neither side, or accept the values",
            "ta reda på vad det var: anmäl en händelse för dagarna, så att de inte räknas på någondera sidan, eller godta värdena",
        ),
        DoubtKind::ImplausibleSaving => Bilingual::fixed(
            "find out what the building did, and whether its meters are right: accept the saving with that reason, or exclude hours",
            "ta reda på vad huset har gjort och om mätarna stämmer: godta besparingen med det skälet eller undanta timmar",
        ),
        DoubtKind::TemperatureConstant
        | DoubtKind::TemperatureShift
        | DoubtKind::TemperatureUnit
        | DoubtKind::TemperaturePlace
        | DoubtKind::TemperatureLevel => Bilingual::fixed(
            "import the temperatures of the place again, in °C and with their time zone (wattkampen import temperature --replace), or accept them",
            "importera ortens temperaturer på nytt, i °C och med deras tidszon (wattkampen import temperature --replace), eller godta dem",
        ),
    }
}

/// Factors that phases, units and transformers make.
const ROUND: [f64; 10] = [2.0, 3.0, 10.0, 20.0, 30.0, 40.0, 60.0, 100.0, 1000.0, 1e6];

/// A factor as people say it: a round one where it is near to one.
fn times(factor: f64) -> (String, String) {
    let near = |round: f64| (0.8..=1.25).contains(&(factor / round));
    if (0.6..0.75).contains(&factor) {
        return ("two thirds of".to_owned(), "två tredjedelar av".to_owned());
    }
    let nearest = ROUND.into_iter().flat_map(|round| [round, 1.0 / round]).find(|it| near(*it));
    let factor = nearest.unwrap_or(factor);
    if factor >= 1.0 {
        let many = round(factor);
        return (format!("{many} times"), format!("{} gånger", many.replace('.', ",")));
    }
    let part = round(1.0 / factor);
    (format!("1/{part} of"), format!("1/{} av", part.replace('.', ",")))
}

/// Two digits.
fn round(value: f64) -> String {
    let unit = 10_f64.powf((value.abs().log10().floor() - 1.0).max(-1.0));
    let rounded = (value / unit).round() * unit;
    if rounded.fract().abs() < 1e-9 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};

    use super::*;
    use crate::{MeterIndex, Time};

    fn stuck(days: [i8; 2], only_meter: bool) -> Bilingual {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let at = |day: i8| {
            let zoned = date(2026, 2, day).to_zoned(zone.clone()).expect("a day");
            Time(zoned.timestamp().as_second())
        };
        let finding = Finding {
            meter: Some(MeterIndex(0)),
            name: "735999100000000001".to_owned(),
            kwh: Some(-6109.4),
            ..Finding::quarantined(DoubtKind::ZeroRun, 0..336)
        };
        let (from, until) = (at(days[0]), at(days[1]));
        headline(&finding, &Span { from, until, open: false, zone: &zone }, only_meter)
    }

    #[test]
    fn an_end_at_midnight_is_that_of_the_last_day() {
        let both = stuck([8, 22], true);
        insta::assert_snapshot!(both.swedish, @"mätaren har bara nollor från den 8 februari till och med den 21 februari 2026 (336 h), där −6 109 kWh är det vanliga");
        insta::assert_snapshot!(both.english, @"the meter has nothing but zeros from 8 February to the end of 21 February 2026 (336 h), where −6,109 kWh are usual");
        let day = stuck([8, 9], false);
        assert!(
            day.swedish
                .starts_with("mätare 735999100000000001 har bara nollor den 8 februari 2026 (")
        );
        assert!(day.english.contains("zeros on 8 February 2026 ("));
    }
}

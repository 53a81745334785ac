//! The final report to print: one file without scripts or foreign resources, in
//! Swedish or English. It has the line that the report of 2011 left empty, the
//! total saving in the project.
mod chart;
mod tables;

use competition::{Baseline, Status};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{summary::Summary, words::Words};

const STYLE: &str = include_str!("style.css");

pub(super) fn render(facts: &Summary, w: Words) -> String {
    let competition = &facts.competition;
    let zone = &competition.timezone;
    let lang = w.t("sv", "en");
    let page = html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (competition.name) " – " (w.t("slutrapport", "final report")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (competition.name) }
                p.lead {
                    (title(facts, w)) " · " (w.t("tävlingen", "contest")) " " (competition.contest.start) " "
                    (w.t("till", "until")) " " (competition.contest.end) " "
                    (w.t("(sista dagen räknas inte)", "(last day not included)")) " · "
                    (w.t("läget", "as of")) " " (w.moment(facts.board.as_of, zone)) " · "
                    (w.t("rangordnat efter", "ranked by")) " " (w.rule(facts.board.rule))
                }
                (total(facts, w))
                h2 { (w.t("Ställning", "Standings")) }
                (tables::board(facts, w))
                @if facts.by_saving() {
                    section.picture {
                        h2 { (w.t("Besparing med osäkerhet", "Savings and how sure they are")) }
                        p.note { (w.t(
                            "Stapeln är besparingen, strecket det intervall som den sanna besparingen ligger i med 90 % säkerhet. Når strecket noll går besparingen inte att skilja från ingen alls.",
                            "The bar is the saving, the line the interval that holds the true saving with 90 % certainty. Where the line reaches zero, the saving cannot be told from none.")) }
                        (chart::savings(facts, w))
                    }
                }
                section.picture {
                    h2 { (w.t("Projektet vecka för vecka", "The project week by week")) }
                    (chart::weeks(facts, w))
                }
                h2 { (w.t("Kluster", "Clusters")) }
                (tables::clusters(facts, w))
                h2 { (w.t("Deltagare", "Participants")) }
                (tables::participants(facts, w))
                h2 { (w.t("Aktiviteter och deras effekt", "Activities and their effect")) }
                (tables::activities(facts, w))
                h2 { (w.t("Energifällor", "Energy traps")) }
                (tables::traps(facts, w))
                h2 { (w.t("Mätdatas kvalitet", "Quality of the data")) }
                (tables::quality(facts, w))
                h2 { (w.t("Så räknade vi", "How it was computed")) }
                (method(facts, w))
            }
        }
    };
    page.into_string()
}

fn title(facts: &Summary, w: Words) -> &'static str {
    match facts.board.status {
        Status::Upcoming => w.t("Tävlingen har inte börjat", "The contest has not begun"),
        Status::Running => w.t("Lägesrapport, tävlingen pågår", "Interim report, the contest runs"),
        Status::Ended => w.t("Slutrapport, resultatet är inte låst", "Final report, not locked"),
        Status::Locked => {
            w.t("Slutrapport, resultatet är låst", "Final report, the result is locked")
        }
    }
}

/// The line that the report of 2011 left empty.
fn total(facts: &Summary, w: Words) -> Markup {
    let factors = &facts.competition.factors;
    let Some(kwh) = facts.total_kwh() else {
        return html! { div.total { h2 { (w.t("Total besparing i projektet", "Total saving in the project")) }
        p { (w.t("Inte känd än.", "Not known yet.")) } } };
    };
    html! {
        div.total {
            h2 { (w.t("Total besparing i projektet", "Total saving in the project")) }
            div { b { (w.number(kwh, 0)) " kWh" } (w.t("el, summan av", "of electricity, the sum of")) " " (facts.ranked()) " "
                (w.t("rangordnade deltagare", "ranked participants")) }
            div { b { (w.number(kwh * factors.price.0, 0)) " SEK" } (w.number(factors.price.0, 2)) " SEK/kWh" }
            div { b { (w.number(kwh * factors.emission.0, 0)) " kg CO₂" } (w.number(factors.emission.0, 3)) " kg CO₂e/kWh" }
        }
        p.note { (w.t("Källor.", "Sources.")) " " (w.t("Pris:", "Price:")) " " (factors.price_source) ". "
            (w.t("Utsläpp:", "Emissions:")) " " (factors.emission_source) "." }
    }
}

/// In plain words; what differs by configuration is told from it.
fn method(facts: &Summary, w: Words) -> Markup {
    let competition = &facts.competition;
    let limits = &competition.thresholds;
    let baseline = match competition.method.baseline {
        Baseline::LastYear => w.t(
            "Det förväntade är vad huset använde samma datum året före.",
            "What is expected is what the house used on the same dates of the year before."),
        Baseline::ThreeWeeksBefore => w.t(
            "Det förväntade är medelvärdet per veckodag och timme under de tre veckorna före tävlingen.",
            "What is expected is the mean by weekday and hour of the three weeks before the contest."),
        Baseline::Hours => w.t(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och helgdag, gånger dygnets 24 timmar), lärt av basåret.",
            "What is expected is the house's mean load of each kind of hour (weekday, Saturday, Sunday or holiday, times 24 hours), learnt from the baseline year."),
        Baseline::HoursTemperature => w.t(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och helgdag, gånger dygnets 24 timmar) och vad utetemperaturen lägger till, lärt av basåret.",
            "What is expected is the house's mean load of each kind of hour (weekday, Saturday, Sunday or holiday, times 24 hours) and what the outdoor temperature adds, learnt from the baseline year."),
        _ => w.t(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och helgdag, gånger dygnets 24 timmar) och vad utetemperaturen lägger till där den är känd, lärt av basåret och draget mot samma årstid i basåret.",
            "What is expected is the house's mean load of each kind of hour (weekday, Saturday, Sunday or holiday, times 24 hours) and what the outdoor temperature adds where it is known, learnt from the baseline year and drawn towards the same season of that year."),
    };
    html! {
        p { (w.t(
            "Besparing = 1 − använt ÷ förväntat, över tävlingens timmar där båda är kända. Använt är skillnaden mellan två mätarställningar, exakt även när avläsningar saknas däremellan; det som saknas räknas aldrig som noll.",
            "Saving = 1 − used ÷ expected, over the contest's hours in which both are known. Used is the difference of two meter registers, exact even where readings between them are missing; what is missing is never counted as zero.")) }
        p { (baseline) " " (w.t("Basåret:", "Baseline year:")) " " (competition.baseline.start) " " (w.t("till", "until")) " " (competition.baseline.end) "." }
        p { (w.t(
            "Intervallet kommer ur husets egna fel när modellen fick gissa månader den inte hade sett; den sanna besparingen ligger i det i ungefär nio fall av tio. Deltagare i samma grupp går inte att skilja åt, hur deras siffror än står. Inga decimaler visas som intervallet inte bär.",
            "The interval comes from the house's own errors when the model had to guess months it had not seen; it holds the true saving in about nine cases of ten. Participants of one group cannot be told apart, whatever their figures. No decimal is shown that the interval does not support.")) }
        p { (w.t("Rangordnad är den som har minst", "Ranked is who has at least")) " " (limits.baseline_days) " "
            (w.t("dygn av basåret, minst", "days of the baseline year, at least")) " " (w.percent(limits.coverage * 100.0, 0)) " "
            (w.t("av tävlingens timmar och en modell med CV(RMSE) högst", "of the contest's hours and a model with a CV(RMSE) of at most")) " "
            (w.percent(limits.cv_rmse * 100.0, 0)) " " (w.t("(ASHRAE Guideline 14). Övriga visas med skälet.", "(ASHRAE Guideline 14). The others are shown with the reason.")) }
        p { (w.t(
            "En aktivitets effekt är besparingen de två veckorna efter minus de två veckorna före, med 90 % intervall. Går den inte att skilja från det som ändå varierar står det så.",
            "The effect of an activity is the saving of the two weeks after minus that of the two weeks before, with its 90 % interval. Where it cannot be told from what varies anyway, it says so.")) }
        p { (w.t(
            "En energifälla är en last värd att undersöka, funnen i de senaste fyra veckornas timmar (en ökning en viss dag: i tolv veckors dygn). Dess kilowattimmar är den del som kunde försvinna, det som ligger över vad som står vid fällan, under ett år om lasten består; fällor överlappar varandra och ska inte summeras.",
            "An energy trap is a load worth looking into, found in the hours of the last four weeks (a rise on one day: in the days of twelve weeks). Its kilowatt-hours are the part that could go, what is above that which stands with the trap, in a year if the load stays; traps overlap and are not to be summed.")) }
    }
}

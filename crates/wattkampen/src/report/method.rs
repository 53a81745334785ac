//! How it was computed, in plain words; what differs by configuration is told from it.
use competition::{Baseline, Bilingual};
use server::text::FormatNumber;
use wire::Language;

use super::{
    summary::Summary,
    table::{Cell, Column, ColumnKind, Table, both},
};

/// A row for each question.
pub(super) fn table(summary: &Summary) -> Table {
    let rows = paragraphs(summary)
        .into_iter()
        .map(|(topic, text)| vec![Cell::Bilingual(topic), Cell::Bilingual(text)]);
    Table {
        id: "method",
        title: both("Så räknade vi", "How it was computed"),
        tab: both("Metod", "Method"),
        note: None,
        empty_text: both("", ""),
        columns: vec![
            Column::new("topic", ColumnKind::Text, "Fråga", "Question"),
            Column::new("text", ColumnKind::Text, "Svar", "Answer"),
        ],
        rows: rows.collect(),
    }
}

fn paragraphs(summary: &Summary) -> Vec<(Bilingual, Bilingual)> {
    let competition = &summary.competition;
    let limits = &competition.thresholds;
    let (start, end) = (competition.baseline.start, competition.baseline.end);
    let expected = expected(competition.method.baseline);
    let comparison = match competition.method.comparison_group {
        true => both(
            " Det som alla andra ändrades i (medianen) är avdraget, så en mild vår är ingens förtjänst.",
            " What all others changed by (the median) is taken off, so a mild spring is nobody's merit.",
        ),
        false => both("", ""),
    };
    let ranked = |language: Language| {
        let share = |value: f64| language.number(value * 100.0, 0);
        let (days, hours, fit) =
            (limits.baseline_days, share(limits.coverage), share(limits.cv_rmse));
        match language {
            Language::Swedish => format!(
                "Den som har minst {days} dygn av basåret, minst {hours} % av tävlingens timmar och \
                 en modell vars spridning, CV(RMSE), är högst {fit} % (ASHRAE Guideline 14). \
                 Övriga visas med skälet."
            ),
            Language::English => format!(
                "Who has at least {days} days of the baseline year, at least {hours} % of the \
                 contest's hours and a model whose spread, CV(RMSE), is at most {fit} % (ASHRAE \
                 Guideline 14). The others are shown with the reason."
            ),
        }
    };
    vec![
        (
            both("Vad är en besparing?", "What is a saving?"),
            both(
                "Besparing = 1 − använt ÷ förväntat, över tävlingens timmar där båda är kända. \
                 Använt är skillnaden mellan två mätarställningar, exakt även när avläsningar \
                 saknas däremellan; det som saknas räknas aldrig som noll.",
                "Saving = 1 − used ÷ expected, over the contest's hours in which both are known. \
                 Used is the difference of two meter registers, exact even where readings between \
                 them are missing; what is missing is never counted as zero.",
            ),
        ),
        (
            both("Vad är det förväntade?", "What is the expected use?"),
            both(
                format!(
                    "{}{} Basåret: {start} till {end}, sista dagen oräknad.",
                    expected.swedish, comparison.swedish
                ),
                format!(
                    "{}{} Baseline year: {start} to {end}, the last day not included.",
                    expected.english, comparison.english
                ),
            ),
        ),
        (
            both("Hur säkert är det?", "How sure is it?"),
            both(
                "Intervallet kommer ur husets egna fel när modellen fick gissa månader den inte \
                 hade sett; den sanna besparingen ligger i det i ungefär nio fall av tio. \
                 Projektets intervall kommer på samma sätt ur alla husens fel tillsammans. \
                 Deltagare i samma grupp går inte att skilja åt, hur deras siffror än står. Inga \
                 siffror visas som intervallet inte bär.",
                "The interval comes from the house's own errors when the model had to guess months \
                 it had not seen; it holds the true saving in about nine cases of ten. The \
                 project's comes in the same way from the errors of all houses together. \
                 Participants of one group cannot be told apart, whatever their figures. No digit \
                 is shown that the interval does not support.",
            ),
        ),
        (
            both("Vem rangordnas?", "Who is ranked?"),
            both(ranked(Language::Swedish), ranked(Language::English)),
        ),
        (
            both("Vad gjorde en aktivitet?", "What did an activity do?"),
            both(
                "Effekten är besparingen de två veckorna efter minus de två veckorna före, med \
                 90 % intervall. Går den inte att skilja från det som ändå varierar står det så.",
                "The effect is the saving of the two weeks after minus that of the two weeks \
                 before, with its 90 % interval. Where it cannot be told from what varies anyway, \
                 it says so.",
            ),
        ),
        (
            both("Vad är en energifälla?", "What is an energy trap?"),
            both(
                "En last värd att undersöka, funnen i de senaste fyra veckornas timmar (en ökning en \
                 viss dag: i tolv veckors dygn). Dess kilowattimmar är den del som kunde \
                 försvinna, det som ligger över vad som står vid fällan, under ett år om lasten \
                 består; fällor överlappar varandra och ska inte läggas ihop.",
                "A load worth looking into, found in the hours of the last four weeks (a rise on \
                 one day: in the days of twelve weeks). Its kilowatt-hours are the part that \
                 could go, what is above that which stands with the trap, in a year if the load \
                 stays; traps overlap and are not to be added up.",
            ),
        ),
    ]
}

fn expected(baseline: Baseline) -> Bilingual {
    match baseline {
        Baseline::LastYear => both(
            "Det förväntade är vad huset använde samma datum året före.",
            "What is expected is what the house used on the same dates of the year before.",
        ),
        Baseline::ThreeWeeksBefore => both(
            "Det förväntade är medelvärdet per veckodag och timme under de tre veckorna före tävlingen.",
            "What is expected is the mean by weekday and hour of the three weeks before the contest.",
        ),
        Baseline::Hours => both(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och \
             helgdag, gånger dygnets 24 timmar), lärt av basåret.",
            "What is expected is the house's mean load of each kind of hour (weekday, Saturday, \
             Sunday or holiday, times 24 hours), learnt from the baseline year.",
        ),
        Baseline::HoursTemperature => both(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och \
             helgdag, gånger dygnets 24 timmar) och vad utetemperaturen lägger till, lärt av basåret.",
            "What is expected is the house's mean load of each kind of hour (weekday, Saturday, \
             Sunday or holiday, times 24 hours) and what the outdoor temperature adds, learnt from \
             the baseline year.",
        ),
        Baseline::Season => both(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och \
             helgdag, gånger dygnets 24 timmar) och vad utetemperaturen lägger till där den är \
             känd, lärt av basåret och draget mot samma årstid i basåret.",
            "What is expected is the house's mean load of each kind of hour (weekday, Saturday, \
             Sunday or holiday, times 24 hours) and what the outdoor temperature adds where it is \
             known, learnt from the baseline year and drawn towards the same season of that year.",
        ),
    }
}

//! How the result was computed, as questions and answers that follow the configuration.
use competition::{Baseline, Bilingual};
use server::text::FormatNumber;
use wire::Language;

use super::{
    summary::Summary,
    table::{Cell, Column, ColumnKind, Table, both},
};

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
            " Den ändring som de andra har gemensamt (medianen) är avdragen, så att en mild vår inte räknas som besparing.",
            " The change that the others have in common (the median) is subtracted, so that a mild spring does not count as a saving.",
        ),
        false => both("", ""),
    };
    let ranked = |language: Language| {
        let share = |value: f64| language.number(value * 100.0, 0);
        let (days, hours, fit) =
            (limits.baseline_days, share(limits.coverage), share(limits.cv_rmse));
        match language {
            Language::Swedish => format!(
                "Den som har minst {days} dygn av referensperioden, minst {hours} % av tävlingens timmar och \
                 en modell vars spridning, CV(RMSE), är högst {fit} % (ASHRAE Guideline 14). \
                 Övriga visas med skälet."
            ),
            Language::English => format!(
                "Every participant with at least {days} days of the baseline period, at least {hours} % \
                 of the contest's hours and a model whose spread, CV(RMSE), is at most {fit} % \
                 (ASHRAE Guideline 14). The others are shown with the reason."
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
                 Used is the difference of two meter registers, which is exact even if readings between \
                 them are missing. Missing data never count as zero.",
            ),
        ),
        (
            both("Vad är det förväntade?", "What is the expected use?"),
            both(
                format!(
                    "{}{} Referensperioden: från {start} till {end}; slutdatumet ingår inte.",
                    expected.swedish, comparison.swedish
                ),
                format!(
                    "{}{} Baseline period: from {start} to {end}; the end date is not included.",
                    expected.english, comparison.english
                ),
            ),
        ),
        (
            both("Hur säkert är det?", "How certain is it?"),
            both(
                "Intervallet följer av modellens fel när den förutsäger månader av huset som den inte \
                 har anpassats till (korsvalidering). Den sanna besparingen ligger i det i ungefär \
                 nio fall av tio. Projektets intervall följer på samma sätt av felen för alla hus \
                 tillsammans. Deltagare i samma grupp går inte att skilja åt, vilka siffror de än \
                 har. Inga siffror visas som intervallet inte bär.",
                "The interval follows from the errors of the model when it predicts months of the \
                 building that it was not fitted to (cross-validation). It contains the true saving \
                 in about nine cases of ten. The interval of the project follows in the same way \
                 from the errors of all buildings together. Participants of one group cannot be \
                 distinguished, whatever their figures. No digit is shown that the interval does \
                 not support.",
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
                "The effect is the saving of the two weeks after the activity minus that of the two \
                 weeks before, with its 90 % interval. An effect that cannot be distinguished from \
                 ordinary variation is marked.",
            ),
        ),
        (
            both("Vad är en energifälla?", "What is an energy trap?"),
            both(
                "En last värd att undersöka, funnen i de senaste fyra veckornas timmar (en ökning en \
                 viss dag: i tolv veckors dygn). Dess kilowattimmar är den del som ligger \
                 över den jämförelse som står vid fällan, under ett år om lasten består. Fällor \
                 överlappar varandra och ska inte läggas ihop.",
                "A load worth examining, found in the hours of the last four weeks (a rise on one \
                 day: in the days of twelve weeks). Its kilowatt-hours are the part above the \
                 reference that is named with the trap, for one year if the load stays. Traps \
                 overlap and must not be added up.",
            ),
        ),
    ]
}

fn expected(baseline: Baseline) -> Bilingual {
    match baseline {
        Baseline::LastYear => both(
            "Det förväntade är vad huset använde samma datum året före.",
            "The expected use is what the building used on the same dates of the year before.",
        ),
        Baseline::ThreeWeeksBefore => both(
            "Det förväntade är medelvärdet per veckodag och timme under de tre veckorna före tävlingen.",
            "The expected use is the mean by weekday and hour of the three weeks before the contest.",
        ),
        Baseline::Hours => both(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och \
             helgdag, gånger dygnets 24 timmar), anpassat till referensperioden.",
            "The expected use is the building's mean load of each kind of hour (weekday, Saturday, \
             Sunday or holiday, times 24 hours), fitted to the baseline period.",
        ),
        Baseline::HoursTemperature => both(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och \
             helgdag, gånger dygnets 24 timmar) och vad utetemperaturen lägger till, anpassat till referensperioden.",
            "The expected use is the building's mean load of each kind of hour (weekday, Saturday, \
             Sunday or holiday, times 24 hours) and what the outdoor temperature adds, fitted to \
             the baseline period.",
        ),
        Baseline::Season => both(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och \
             helgdag, gånger dygnets 24 timmar) och vad utetemperaturen lägger till där den är \
             känd, anpassat till referensperioden och viktat mot samma årstid.",
            "The expected use is the building's mean load of each kind of hour (weekday, Saturday, \
             Sunday or holiday, times 24 hours) and what the outdoor temperature adds where it is \
             known, fitted to the baseline period and weighted towards the same season.",
        ),
    }
}

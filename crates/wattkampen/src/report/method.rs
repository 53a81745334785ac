//! How the result was computed, as questions and answers that follow the configuration.
use competition::{Baseline, Bilingual, Production};
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
    let references = summary.participants.iter().filter(|who| who.reference).count();
    let comparison = match competition.method.comparison_group && references >= 3 {
        true => both(
            format!(
                " Det som ändrade {references} referenshus, som inte tävlar, lika mycket (medianen) \
                 är avdraget i ställningen, så att en mild vår inte räknas som besparing; de \
                 tävlande rättar aldrig varandra."
            ),
            format!(
                " What shifted {references} reference buildings, which do not compete, alike (the \
                 median) is subtracted in the standings, so that a mild spring does not count as a \
                 saving. Competitors never correct each other."
            ),
        ),
        false => both("", ""),
    };
    let reference_until = competition.reference_until.map_or(both("", ""), |date| {
        both(
            format!(" Från och med {date} lär ingen timme modellen något."),
            format!(" From {date} on no hour teaches the model."),
        )
    });
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
                 saknas däremellan; det som saknas räknas aldrig som noll. Går ett avbrott i avläsningarna \
                 över början eller slutet av det som räknas är dess timmar okända på båda sidor.",
                "Saving = 1 − used ÷ expected, over the contest's hours in which both are known. \
                 Used is the difference of two meter registers, which is exact even if readings between \
                 them are missing. Missing data never count as zero. Where a gap in the readings reaches \
                 over the start or the end of what counts, its hours are unknown on both sides.",
            ),
        ),
        (
            both("Vad är det förväntade?", "What is the expected use?"),
            both(
                format!(
                    "{}{} Referensperioden: från {start} till {end}; slutdatumet ingår inte.{}",
                    expected.swedish, comparison.swedish, reference_until.swedish
                ),
                format!(
                    "{}{} Baseline period: from {start} to {end}; the end date is not included.{}",
                    expected.english, comparison.english, reference_until.english
                ),
            ),
        ),
        (
            both("Hur säkert är det?", "How certain is it?"),
            both(
                "Intervallet följer av husets egna fel: hur fel modellen har när den förutsäger \
                 tävlingens månader i referensperioden utan att ha sett dem, hur mycket dygnen \
                 varierar och hur långt de sista tolv veckorna låg från det väntade. Den sanna \
                 besparingen ligger i det i ungefär nio fall av tio. I projektets intervall tar \
                 husens egna fel delvis ut varandra; ett fel som alla har gemensamt står kvar. En \
                 ny grupp börjar bara där alla intervall ovanför ligger över alla intervall \
                 nedanför. Deltagare i samma grupp går inte att skilja åt, vilka siffror de än \
                 har. Inga siffror visas som intervallet inte bär.",
                "The interval follows from the building's own errors: how wrong the model is when \
                 it predicts the contest's months of the baseline period without having seen them, \
                 how much the days vary, and how far the last twelve weeks were from what was \
                 expected. It contains the true saving in about nine cases of ten. In the interval \
                 of the project, own errors cancel in part, and an error that all have in common \
                 stays. A new group begins only where all intervals above lie over all intervals \
                 below. Participants of one group cannot be distinguished, whatever their figures. \
                 No digit is shown that the interval does not support.",
            ),
        ),
        (
            both(
                "Vad räknas om huset producerar el?",
                "What if the building produces electricity?",
            ),
            production(competition.production),
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

fn production(production: Production) -> Bilingual {
    match production {
        Production::OwnUseCounts => both(
            "Det huset använder räknas, vem som än producerat det: inköp plus egen produktion minus \
             utmatning. Nya solceller är ingen besparing.",
            "What the building uses counts, whoever produced it: purchase plus own production \
             minus export. New solar panels are no saving.",
        ),
        Production::Net => both(
            "Inköp minus utmatning räknas. Nya solceller räknas som en besparing.",
            "Purchase minus export counts. New solar panels count as a saving.",
        ),
        Production::NotCounted => both(
            "Bara inköp räknas. Det huset använder av egen el räknas som en besparing.",
            "Only purchase counts. What the building uses of its own electricity counts as a saving.",
        ),
    }
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
        Baseline::Level => both(
            "Det förväntade är husets medellast för varje slags timme (vardag, lördag, sön- och \
             helgdag, gånger dygnets 24 timmar) och vad utetemperaturen, utjämnad över ett dygn, \
             lägger till där den är känd, anpassat till referensperioden. De senaste månaderna \
             väger mest: en timmes vikt halveras på 180 dygn. Till sist följer det förväntade \
             sju tiondelar av nivån de sista tolv veckorna (använt ÷ förväntat), högst 16 % upp \
             eller 14 % ned; varje hus nivå står i tabellen Kvalitet.",
            "The expected use is the building's mean load of each kind of hour (weekday, Saturday, \
             Sunday or holiday, times 24 hours) and what the outdoor temperature, smoothed over a \
             day, adds where it is known, fitted to the baseline period. Recent months weigh \
             most: the weight of an hour halves in 180 days. Last, the expected use follows \
             seven tenths of the level of the last twelve weeks (used ÷ expected), at most 16 % \
             up or 14 % down. The level of each building is in the table Quality.",
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

//! The organiser's decisions as people read them: names in place of ids, local dates in
//! place of times in UTC.
use competition::{DoubtKind, Participant, Time, WattHours};
use jiff::{civil::Date, tz::TimeZone};
use wire::Language;

use super::{ChooseText, FormatDate, FormatNumber};
use crate::audit::{Change, DeclarationKind, Moment};

/// The name of a kind of doubt.
pub fn doubt_name(kind: DoubtKind, l: Language) -> &'static str {
    match kind {
        DoubtKind::StuckRegister => l.pick("Mätarställningen står still", "The register stays"),
        DoubtKind::ZeroRun => l.pick("Nollor i rad", "Zeros in a row"),
        DoubtKind::ConstantLoad => l.pick("Lasten är konstant", "The load is constant"),
        DoubtKind::RepeatedDays => l.pick("Dagar upprepas", "Days are repeated"),
        DoubtKind::Spike => l.pick("Orimligt hög timme", "An hour is too high"),
        DoubtKind::LevelStep => l.pick("Nivån ändrades", "The level changed"),
        DoubtKind::SubmeterAboveMain => {
            l.pick("Undermätaren mäter mer än huvudmätaren", "The sub-meter exceeds the main meter")
        }
        DoubtKind::Closure => l.pick("Huset verkar stängt", "The building seems closed"),
        DoubtKind::Ceiling => {
            l.pick("De högsta värdena är kapade", "The highest values are cut off")
        }
        DoubtKind::UndeclaredProduction => {
            l.pick("Solceller som inte är inlagda?", "Solar panels that are not entered?")
        }
        DoubtKind::ProductionLow => {
            l.pick("Produktionsmätaren mäter för lite", "The production meter measures too little")
        }
        DoubtKind::ExportHigh => l.pick("Inmatningen är för hög", "The export is too high"),
        DoubtKind::RaisedUse => l.pick("Tillfälligt hög användning", "The use is high for a time"),
        DoubtKind::ImplausibleSaving => {
            l.pick("Osannolikt stor besparing", "An implausible saving")
        }
        DoubtKind::TemperatureConstant => {
            l.pick("Temperaturen står still", "The temperature stays")
        }
        DoubtKind::TemperatureShift => {
            l.pick("Temperaturen är förskjuten i tid", "The temperature is shifted in time")
        }
        DoubtKind::TemperatureUnit => {
            l.pick("Temperaturen har fel enhet", "The temperature is in another unit")
        }
        DoubtKind::TemperatureLevel => l.pick(
            "Temperaturen är långt från fjolårets",
            "The temperature is far from last year's",
        ),
        DoubtKind::TemperaturePlace => {
            l.pick("Temperaturen är från en annan ort", "The temperature is of another place")
        }
    }
}

/// The name of a kind of declaration.
pub const fn declaration_name(kind: DeclarationKind, l: Language) -> &'static str {
    match kind {
        DeclarationKind::Event => l.pick("Ovanlig händelse", "Non-routine event"),
        DeclarationKind::ExcludedHours => l.pick("Undantagna timmar", "Excluded hours"),
        DeclarationKind::MeterSwap => l.pick("Mätarbyte", "Meter change"),
        DeclarationKind::AcceptDoubt => l.pick("Godtagna värden", "Accepted values"),
        DeclarationKind::Factor => l.pick("Rättad faktor", "Corrected factor"),
        DeclarationKind::FloorArea => l.pick("Golvyta", "Floor area"),
        DeclarationKind::Employees => l.pick("Anställda", "Employees"),
        DeclarationKind::Activity => l.pick("Aktivitet", "Activity"),
        DeclarationKind::LateData => l.pick("Sent inkomna mätvärden", "Late readings"),
        DeclarationKind::Withdraw => l.pick("Återtaget beslut", "Withdrawn decision"),
    }
}

/// Writes decisions in a language, with the names and the time zone of a competition.
#[derive(Debug, Clone, Copy)]
pub struct DecisionText<'a> {
    /// The participants that decisions name by their id or that of a meter.
    pub participants: &'a [Participant],
    /// The competition's time zone.
    pub zone: &'a TimeZone,
    /// The reader's language.
    pub language: Language,
}

impl DecisionText<'_> {
    /// The participant that a change is about, also where it names a meter.
    pub fn participant(&self, change: &Change) -> Option<&Participant> {
        let id = change.participant();
        let meter = change.meter();
        self.participants.iter().find(|who| {
            id.is_some_and(|id| who.id == id)
                || meter.is_some_and(|meter| who.meters.iter().any(|it| it.id == meter))
        })
    }

    /// The municipality that a change is about, with the meter where it has several.
    pub fn subject(&self, change: &Change) -> String {
        match (self.participant(change), change.meter()) {
            (Some(who), Some(meter)) if who.meters.len() > 1 => {
                format!("{} ({meter})", who.municipality)
            }
            (Some(who), _) => who.municipality.clone(),
            (None, Some(meter)) => meter.to_owned(),
            (None, None) => change.participant().unwrap_or_default().to_owned(),
        }
    }

    /// What a change sets, and for which time; empty where its kind says all.
    pub fn value(&self, change: &Change) -> String {
        let l = self.language;
        match change {
            Change::Event { from, until, .. } => {
                l.days(*from, until.yesterday().unwrap_or(*until).max(*from))
            }
            Change::ExcludedHours { from, until, .. } => self.span(from, Some(until)),
            Change::MeterSwap { at, last, first, .. } => {
                let kwh = |wh: WattHours| l.number(wh.0 as f64 / 1000.0, 0);
                format!("{}: {} → {} kWh", self.moment(at), kwh(*last), kwh(*first))
            }
            Change::AcceptDoubt { doubt, from, until, .. } => {
                format!("{}, {}", doubt_name(*doubt, l), self.span(from, until.as_ref()))
            }
            Change::Factor { from, until, factor, .. } => {
                format!("{}: × {}", self.span(from, until.as_ref()), l.significant(*factor))
            }
            Change::FloorArea { from, area, .. } => {
                format!("{}: {} m²", self.on_and_after(*from), l.number(area.0, 0))
            }
            Change::Employees { from, count, .. } => {
                format!("{}: {}", self.on_and_after(*from), l.number((*count).into(), 0))
            }
            Change::Activity { activity, day, .. } => {
                format!("{}: {}", l.date(*day), l.text(&activity.names()))
            }
            Change::LateData { .. } | Change::Withdraw { .. } => String::new(),
        }
    }

    /// Kind and value: `Godtagna värden, dagar upprepas, 13–19 april 2026`.
    pub fn heading(&self, change: &Change) -> String {
        let name = declaration_name(change.kind(), self.language);
        let value = self.value(change);
        let glue = if value.is_empty() { "" } else { ", " };
        format!("{name}{glue}{}", lowercase_first(&value))
    }

    /// Subject, kind and value in a line.
    pub fn sentence(&self, change: &Change) -> String {
        format!("{}: {}", self.subject(change), lowercase_first(&self.heading(change)))
    }

    fn on_and_after(&self, day: Date) -> String {
        format!("{} {}", self.language.pick("från", "from"), self.language.date(day))
    }

    fn moment(&self, at: &Moment) -> String {
        self.resolve(at).map_or_else(|| at.to_string(), |at| self.language.date_time(at, self.zone))
    }

    fn span(&self, from: &Moment, until: Option<&Moment>) -> String {
        let end = until.map(|until| self.resolve(until).ok_or(until));
        match (self.resolve(from), end) {
            (Some(from), None) => self.language.span(from, None, self.zone),
            (Some(from), Some(Ok(until))) => self.language.span(from, Some(until), self.zone),
            (_, None) => format!("{from} –"),
            (_, Some(_)) => {
                format!("{from} – {}", until.map_or_else(String::new, Moment::to_string))
            }
        }
    }

    /// `None` for a local time that does not exist, or exists twice.
    fn resolve(&self, at: &Moment) -> Option<Time> {
        at.resolve("at", self.zone).ok()
    }
}

/// A role or a reason for every reader: without addresses of e-mail, telephone numbers and
/// the ids of meters.
pub fn without_contacts(text: &str) -> String {
    const REMOVED: &str = "[…]";
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let is_numeric = |word: &str| {
        word.chars().any(|c| c.is_ascii_digit())
            && word.chars().all(|c| c.is_ascii_digit() || "+-–()/.,;".contains(c))
    };
    let mut words: Vec<&str> = Vec::new();
    let mut rest = text.split_whitespace().peekable();
    while let Some(word) = rest.next() {
        // A telephone number may be written in several parts.
        let begins_as_telephone = is_numeric(word) && word.starts_with(['0', '+', '(']);
        let mut parts = vec![word];
        while begins_as_telephone && rest.peek().is_some_and(|next| is_numeric(next)) {
            parts.extend(rest.next());
        }
        let count: usize = parts.iter().copied().map(digits).sum();
        if word.contains('@') || begins_as_telephone && count >= 7 || digits(word) >= 15 {
            words.push(REMOVED);
        } else {
            words.append(&mut parts);
        }
    }
    words.join(" ")
}

/// For the middle of a sentence.
fn lowercase_first(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_lowercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use competition::Meter;

    fn change(json: &str) -> Change {
        let declared: crate::audit::Declaration =
            serde_json::from_str(json).expect("a declaration");
        declared.change
    }

    #[test]
    fn decisions_have_names_and_local_dates() {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let who = |id: &str, municipality: &str, meters: &[&str]| Participant {
            id: id.to_owned(),
            municipality: municipality.to_owned(),
            meters: meters.iter().map(|id| Meter::new(id)).collect(),
            ..Participant::default()
        };
        let participants = [who("orebro", "Örebro", &["1"]), who("vaxjo", "Växjö", &["2", "3"])];
        for (json, swedish, english) in [
            (
                r#"{"kind":"factor","by":"jury","reason":"kWh as Wh","meter":"1","from":"2026-02-28T23:00:00Z","factor":1392.576932}"#,
                "Örebro: rättad faktor, från 1 mars 2026: × 1\u{a0}392,6",
                "Örebro: corrected factor, from 1 March 2026: × 1,392.6",
            ),
            (
                r#"{"kind":"factor","by":"jury","reason":"a phase","meter":"3","from":"2026-03-01T10:00","until":"2026-03-01T16:00","factor":1.5}"#,
                "Växjö (3): rättad faktor, 1 mars 2026 10:00–16:00: × 1,5",
                "Växjö (3): corrected factor, 1 March 2026 10:00–16:00: × 1.5",
            ),
            (
                r#"{"kind":"accept-doubt","by":"jury","reason":"it is right","participant":"orebro","doubt":"repeated-days","from":"2026-04-12T22:00:00Z","until":"2026-04-19T22:00:00Z"}"#,
                "Örebro: godtagna värden, dagar upprepas, 13–19 april 2026",
                "Örebro: accepted values, days are repeated, 13–19 April 2026",
            ),
            (
                r#"{"kind":"event","by":"jury","reason":"election","participant":"vaxjo","from":"2026-03-15","until":"2026-03-16"}"#,
                "Växjö: ovanlig händelse, 15 mars 2026",
                "Växjö: non-routine event, 15 March 2026",
            ),
            (
                r#"{"kind":"late-data","by":"jury","reason":"it is right","participant":"vaxjo"}"#,
                "Växjö: sent inkomna mätvärden",
                "Växjö: late readings",
            ),
        ] {
            let change = change(json);
            for (language, words) in [(Language::Swedish, swedish), (Language::English, english)] {
                let text = DecisionText { participants: &participants, zone: &zone, language };
                assert_eq!(text.sentence(&change), words);
            }
        }
    }

    #[test]
    fn public_texts_have_no_contacts() {
        for (text, public) in [
            ("counted anew on 2026-03-01 10:00", "counted anew on 2026-03-01 10:00"),
            ("ring 070-123 45 67, eller Lena", "ring […] eller Lena"),
            ("call +46 70 123 45 67", "call […]"),
            ("lena@example.se vet", "[…] vet"),
            ("mätare 735999100000000001 är bytt", "mätare […] är bytt"),
            ("1 392 577 kWh, faktor 0,001", "1 392 577 kWh, faktor 0,001"),
        ] {
            assert_eq!(without_contacts(text), public);
        }
    }
}

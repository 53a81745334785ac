//! `special_days` of the competition and of a participant: bridge days, half days,
//! and holidays on which a house is open after all.
use competition::DayKind;
use jiff::civil::Date;

use super::reader::Section;

/// Kinds by the names that organisers use.
const KINDS: [(&str, DayKind); 4] = [
    ("closed", DayKind::Holiday),
    ("half", DayKind::Half),
    ("saturday", DayKind::Saturday),
    ("open", DayKind::Weekday),
];

pub(super) fn read(section: &Section<'_, '_>) -> Vec<(Date, DayKind)> {
    let mut days: Vec<(Date, DayKind)> = Vec::new();
    for table in section.sections("special_days", "special day") {
        let date = table.date("date");
        let kind = table.need_text("kind", "closed").and_then(|text| {
            let known = KINDS.iter().find(|(name, _)| *name == text.value).map(|(_, kind)| *kind);
            if known.is_none() {
                table.source.mistake(
                    text.at,
                    format!("a day of kind {:?} is not known", text.value),
                    format!("known are {}", KINDS.map(|(name, _)| name).join(", ")),
                );
            }
            known
        });
        let (Some(date), Some(kind)) = (date, kind) else { continue };
        if days.iter().any(|(day, _)| *day == date.value) {
            table.source.mistake(
                date.at,
                format!("{} stands twice among the special days", date.value),
                "keep one of them",
            );
        }
        days.push((date.value, kind));
    }
    days
}

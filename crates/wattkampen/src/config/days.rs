//! `special_days` of the competition and of a participant: bridge days, half days, and
//! holidays on which a town hall is open.
use competition::DayKind;
use jiff::civil::Date;

use super::reader::Section;

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
        let kind = table.required_text("kind", "closed").and_then(|text| {
            let known = KINDS.iter().find(|(name, _)| *name == text.value).map(|(_, kind)| *kind);
            if known.is_none() {
                table.report_unknown(text, "kind of day", &KINDS.map(|(name, _)| name));
            }
            known
        });
        let (Some(date), Some(kind)) = (date, kind) else { continue };
        if days.iter().any(|(day, _)| *day == date.value) {
            table.source.report(
                date.offset,
                format!("{} is listed twice in special_days", date.value),
                "remove one of the two",
            );
        }
        days.push((date.value, kind));
    }
    days
}

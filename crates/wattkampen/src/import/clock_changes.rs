//! Whether local times are those that clocks show. A series in normal time, or in UTC, has
//! an hour on the day in spring that no clock showed, and the hour that clocks showed
//! twice in autumn only once. Either alone is a sign: read as local time, such a series is
//! off by an hour for half of the year.
use super::{
    layout::Stamps,
    survey::Survey,
    time_text::DAY,
    timestamp::{ZoneOffsets, civil},
};

/// What the changes of the clocks within a file show.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ClockSigns {
    /// Signs that clocks were not changed, in words.
    pub(super) unchanged: Vec<String>,
    /// How many changes the times show.
    pub(super) changed: u32,
    /// Ends of intervals are their starts and their length, not what a clock shows then.
    pub(super) clock_ends: bool,
}

/// Reads the signs at all changes within the file. `step`: seconds between rows.
pub(super) fn signs(
    survey: &Survey,
    offsets: &ZoneOffsets,
    stamps: Stamps,
    step: i64,
    must_have_energy: bool,
) -> ClockSigns {
    let mut found = ClockSigns::default();
    let (Some(first), Some(last)) = (survey.first, survey.last) else { return found };
    // Numbers of hours from 1 are the ends of the hours on the clock.
    let shift = if stamps == Stamps::ClockEnds { step } else { 0 };
    let rows = |local: i64| survey.near(local + shift);
    for (change, by) in offsets.changes(first - 2 * DAY, last + 2 * DAY) {
        let clock = offsets.local(change - 1) + 1;
        let (from, until) = if by > 0 { (clock, clock + by) } else { (clock + by, clock) };
        if rows(from - step).0 == 0 || rows(until + step).0 == 0 {
            continue;
        }
        let stamps_inside: Vec<i64> =
            (from..until).step_by(usize::try_from(step).unwrap_or(3600)).collect();
        let day = civil(from).map_or(String::new(), |at| at.date().to_string());
        let hour =
            |at: i64| civil(at).map_or(String::new(), |at| at.time().strftime("%H:%M").to_string());
        let range = format!("{} to {}", hour(from), hour(until));
        let ends = stamps == Stamps::Ends;
        if by > 0 {
            let has = |at: i64| rows(at).0 > 0 && (rows(at).1 || !must_have_energy);
            let inside = if ends {
                stamps_inside[1..].iter().any(|at| has(*at)) || (has(from) && rows(until).0 > 0)
            } else {
                stamps_inside.iter().any(|at| has(*at))
            };
            if inside {
                found.unchanged.push(format!("{day} has {range}, which no clock showed"));
            } else {
                found.changed += 1;
                found.clock_ends |= ends && has(from) && rows(until).0 == 0;
            }
        } else {
            let mut counts: Vec<u8> = stamps_inside.iter().map(|at| rows(*at).0).collect();
            if ends {
                counts.push(rows(until).0);
            }
            if counts.iter().any(|count| *count >= 2) {
                found.changed += 1;
                found.clock_ends |= ends && rows(until).0 >= 2 && rows(from).0 < 2;
            } else if counts.iter().all(|count| *count == 1) {
                found.unchanged.push(format!("{day} has {range} once, which clocks showed twice"));
            }
        }
    }
    found
}

//! Notices: what a reader of a participant's figures has to know about the energy that
//! they are made of, and what settles it.
use super::Standings;
use crate::{
    Bilingual, MilliWattHours, ParticipantIndex, Time,
    eligibility::{self, day_month},
    gaps::Gap,
    meter_days::MeterDays,
    participant_state::ParticipantState,
    time::{Hour, each_hour, each_quarter},
};

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// Hours of the contest are unknown, because a gap in the readings reaches over an
    /// edge of what counts.
    GapOverEdge,
    /// Hours of the contest are unknown, because the meters that are subtracted have more
    /// than the others.
    BelowZero,
    /// Imported intervals in a gap do not add up to what the register moved in it.
    ImportDisagrees,
    /// A meter was added or taken down between the start of the baseline and the end of
    /// the contest.
    MeterSet,
}

impl NoticeKind {
    /// Its name in answers for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GapOverEdge => "gap-over-edge",
            Self::BelowZero => "below-zero",
            Self::ImportDisagrees => "import-disagrees",
            Self::MeterSet => "meter-set",
        }
    }
}

/// A notice about a participant's energy.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// When it begins and ends, where it is about one stretch of time.
    pub range: Option<[Time; 2]>,
    /// Hours of the contest that are concerned.
    pub hours: i64,
    /// Energy that is concerned, where it is known.
    pub energy: Option<MilliWattHours>,
    /// The notice as a sentence.
    pub text: Bilingual,
}

fn kwh(energy: MilliWattHours) -> String {
    format!("{:.0}", energy.kwh())
}

impl Standings {
    /// Notices about a participant's energy, the gaps first.
    pub fn notices(&self, who: ParticipantIndex) -> Vec<Notice> {
        let state = &self.states[who.0 as usize];
        let mut notices = Vec::new();
        for meter in state.meters.clone() {
            let days = &self.meter_days[meter];
            let name = &self.participants[who.0 as usize].meters[meter - state.meters.start].id;
            notices.extend(days.gaps().filter_map(|gap| over_edge(state, days, gap, name)));
            notices.extend(days.gaps().filter_map(|gap| disagreement(state, gap, name)));
            notices.extend(self.meter_set(who, meter));
        }
        let below = state.totals().below_zero_hours;
        notices.extend((below > 0).then(|| below_zero(below)));
        notices
    }
}

/// The hours of the contest in a gap, without excluded ones.
fn contest_hours<'a>(
    state: &'a ParticipantState,
    gap: &Gap,
) -> impl Iterator<Item = Hour> + use<'a> {
    let contest = &state.calendar.contest;
    let (first, last) = (gap.quarters.start.hour(), (gap.quarters.end - 1).hour() + 1);
    let hours = first.max(contest.start)..last.min(contest.end);
    each_hour(&hours).filter(|hour| !state.is_excluded(*hour))
}

fn range(gap: &Gap) -> [Time; 2] {
    [gap.quarters.start.start(), gap.quarters.end.start()]
}

/// First and last day of a gap.
fn days(state: &ParticipantState, gap: &Gap) -> ((String, String), (String, String)) {
    let [from, until] = range(gap);
    let date = |at: Time| day_month(state.calendar.date(at));
    (date(from), date(until))
}

fn over_edge(state: &ParticipantState, meter: &MeterDays, gap: &Gap, name: &str) -> Option<Notice> {
    let unplaced = |hour: &Hour| {
        let mut quarters = hour.quarters().into_iter();
        quarters.any(|it| meter.quarter(it).is_some_and(|value| value.is_unplaced()))
    };
    let hours = contest_hours(state, gap).filter(unplaced).count() as i64;
    let ((from_en, from_sv), (until_en, until_sv)) = days(state, gap);
    let open = each_quarter(&gap.quarters).filter_map(|it| gap.get(it));
    let energy = open.filter(|it| it.is_unplaced()).map(|it| it.energy).sum();
    (hours > 0).then(|| Notice {
        kind: NoticeKind::GapOverEdge,
        range: Some(range(gap)),
        hours,
        energy: Some(energy),
        text: Bilingual::new(
            format!(
                "{hours} hours of the contest are unknown: the readings of meter {name} from \
                 {from_en} to {until_en} are missing, and their {} kWh may belong to either side \
                 of an edge of what counts; import the missing hours",
                kwh(energy)
            ),
            format!(
                "{hours} av tävlingens timmar är okända: avläsningar av mätare {name} från \
                 {from_sv} till {until_sv} saknas, och deras {} kWh kan höra till båda sidor av en \
                 gräns för det som räknas; importera timmarna som saknas",
                kwh(energy)
            ),
        ),
    })
}

fn disagreement(state: &ParticipantState, gap: &Gap, name: &str) -> Option<Notice> {
    let found = gap.disagreement?;
    let ((from_en, from_sv), (until_en, until_sv)) = days(state, gap);
    let (register, imported) = (kwh(found.register), kwh(found.imported));
    Some(Notice {
        kind: NoticeKind::ImportDisagrees,
        range: Some(range(gap)),
        hours: contest_hours(state, gap).count() as i64,
        energy: Some(found.imported - found.register),
        text: Bilingual::new(
            format!(
                "the register of meter {name} moved {register} kWh from {from_en} to {until_en}, \
                 and the imported intervals are {imported} kWh of it; the register counts: check \
                 meter, unit and multiplier of the import, and take it back with import --remove \
                 where it is wrong"
            ),
            format!(
                "mätarställningen för mätare {name} ökade med {register} kWh från {from_sv} till \
                 {until_sv}, och de importerade intervallen är {imported} kWh av det; \
                 mätarställningen gäller: kontrollera importens mätare, enhet och multiplikator, \
                 och ta bort den med import --remove om den är fel"
            ),
        ),
    })
}

fn below_zero(hours: i64) -> Notice {
    let (english, swedish) = eligibility::below_zero(hours);
    Notice {
        kind: NoticeKind::BelowZero,
        range: None,
        hours,
        energy: None,
        text: Bilingual::new(english, swedish),
    }
}

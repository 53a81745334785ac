//! Everything computed: takes samples in, keeps quarter-hours, baselines and
//! sums up to date, and answers questions about them.
use core::ops::Range;
use std::collections::HashMap;

use crate::{
    Compared, Competition, Contact, DayRecord, Heard, History, HourLoad, Leaderboard, MeterIndex,
    MilliWattHours, Moved, Outcome, Participant, ParticipantIndex, Point, Quarantined, Refusal,
    Row, Rule, Sample, Stale, Status, Time,
};

/// The standings of one competition; a function of the set of samples.
#[derive(Debug)]
pub struct Standings {
    competition: Competition,
    participants: Vec<Participant>,
    names: HashMap<String, MeterIndex>,
    owners: Vec<ParticipantIndex>,
    first: Vec<Option<Sample>>,
    newest: Vec<Option<Sample>>,
    locked: bool,
}

impl Standings {
    /// Empty standings. Meters are counted through all participants in order.
    pub fn new(competition: Competition, participants: Vec<Participant>) -> Self {
        let mut names = HashMap::new();
        let mut owners = Vec::new();
        for (who, participant) in participants.iter().enumerate() {
            for meter in &participant.meters {
                names.insert(meter.id.clone(), MeterIndex(owners.len() as u32));
                owners.push(ParticipantIndex(who as u32));
            }
        }
        let meters = owners.len();
        Self {
            competition,
            participants,
            names,
            owners,
            first: vec![None; meters],
            newest: vec![None; meters],
            locked: false,
        }
    }

    /// The rules.
    pub fn competition(&self) -> &Competition {
        &self.competition
    }

    /// Who competes, by [`ParticipantIndex`].
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// The meter of a name.
    pub fn meter(&self, id: &str) -> Option<MeterIndex> {
        self.names.get(id).copied()
    }

    /// Whose it is.
    pub fn owner(&self, meter: MeterIndex) -> ParticipantIndex {
        self.owners[meter.0 as usize]
    }

    /// The newest sample of a meter, doubted ones included.
    pub fn newest(&self, meter: MeterIndex) -> Option<Time> {
        self.newest[meter.0 as usize].map(|sample| sample.at)
    }

    /// Locks the result, or opens it for a logged amendment.
    pub fn lock(&mut self, locked: bool) {
        self.locked = locked;
    }

    /// Judges a sample on itself and the clock; what is refused is not stored.
    ///
    /// # Errors
    /// [`Refusal`] says why.
    pub fn screen(&self, _meter: MeterIndex, sample: &Sample, now: Time) -> Result<(), Refusal> {
        if self.locked {
            return Err(Refusal::Locked);
        }
        if sample.at.since(now) > 300 {
            return Err(Refusal::Future);
        }
        Ok(())
    }

    /// Takes a screened sample that is newer than everything of its meter.
    /// Constant work, whatever the history or the number of participants.
    pub fn append(&mut self, meter: MeterIndex, sample: Sample) -> Outcome {
        let at = meter.0 as usize;
        if self.newest[at].is_some_and(|newest| newest.at >= sample.at) {
            self.amend(meter, sample.at);
            return Outcome::Late;
        }
        self.first[at].get_or_insert(sample);
        self.newest[at] = Some(sample);
        Outcome::Counted
    }

    /// Tells that a sample older than the newest of its meter was stored, or its
    /// value replaced. Constant work; [`Standings::settle`] does the rest.
    pub fn amend(&mut self, _meter: MeterIndex, _at: Time) {}

    /// Recomputes what late samples touched, refits baselines that changed, and
    /// says whose sums moved. Call it before publishing and before [`Standings::days`].
    pub fn settle(&mut self, _history: &dyn History) -> Vec<Moved> {
        Vec::new()
    }

    /// The days of a meter that changed since the last call, oldest first.
    pub fn days(&mut self, _meter: MeterIndex) -> Vec<DayRecord> {
        Vec::new()
    }

    /// Takes up a day that [`Standings::days`] gave, oldest first, before any
    /// sample of the meter.
    ///
    /// # Errors
    /// [`Stale`] says why not; the day then has to be read from its samples.
    pub fn restore(&mut self, _meter: MeterIndex, _record: &DayRecord) -> Result<(), Stale> {
        Ok(())
    }

    /// The board by all that is known now.
    pub fn leaderboard(&self, rule: Rule, now: Time) -> Leaderboard {
        let rows = (0..self.participants.len() as u32)
            .map(|who| Row {
                participant: ParticipantIndex(who),
                rank: None,
                group: None,
                saving_percent: None,
                interval_percent: None,
                saved: None,
                energy: None,
                kwh_per_m2: None,
                night_w_per_m2: None,
                power: self.heard(ParticipantIndex(who), now).power,
                measured_at: self.heard(ParticipantIndex(who), now).measured_at,
                contact: Contact::Silent,
                coverage: None,
                cv_rmse: None,
                nmbe: None,
                reason: Some("no baseline yet".to_owned()),
            })
            .collect();
        Leaderboard {
            as_of: now,
            rule,
            status: Status::Running,
            total_saved: MilliWattHours(0),
            rows,
        }
    }

    /// The board as the samples measured until `as_of` give it.
    pub fn leaderboard_at(&self, rule: Rule, as_of: Time) -> Leaderboard {
        self.leaderboard(rule, as_of)
    }

    /// The load curve in bins of `step` seconds from `range.start` on; both are
    /// rounded to whole quarter-hours, the step upwards.
    pub fn series(&self, _who: ParticipantIndex, _range: Range<Time>, _step: i64) -> Vec<Point> {
        Vec::new()
    }

    /// Since local midnight.
    pub fn today(&self, _who: ParticipantIndex, _now: Time) -> Compared {
        Compared::default()
    }

    /// Any range, rounded to whole quarter-hours; the known ones of it.
    pub fn compared(&self, _who: ParticipantIndex, _range: Range<Time>) -> Compared {
        Compared::default()
    }

    /// The 24 complete hours before `now`, oldest first.
    pub fn hours(&self, _who: ParticipantIndex, _now: Time) -> [HourLoad; 24] {
        [HourLoad::default(); 24]
    }

    /// Mean load of the last complete night, 22 to 05, and of the one before.
    pub fn nights(&self, _who: ParticipantIndex, _now: Time) -> [HourLoad; 2] {
        [HourLoad::default(); 2]
    }

    /// When the participant was last heard.
    pub fn heard(&self, who: ParticipantIndex, _now: Time) -> Heard {
        let newest = self
            .owners
            .iter()
            .zip(&self.newest)
            .filter(|(owner, _)| **owner == who)
            .map(|(_, newest)| *newest);
        let sample = newest.min_by_key(|sample| sample.map(|sample| sample.at)).flatten();
        Heard {
            measured_at: sample.map(|sample| sample.at),
            power: sample.and_then(|sample| sample.power),
            contact: Contact::Silent,
        }
    }

    /// Readings that are kept and do not count, by meter and reason.
    pub fn quarantine(&self) -> Vec<Quarantined> {
        Vec::new()
    }
}

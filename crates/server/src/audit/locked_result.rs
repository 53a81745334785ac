//! The locked result, as the audit log keeps it: later readings and a changed
//! configuration do not change it.
use competition::{
    Bilingual, ConfidenceInterval, Consequence, Doubt, Leaderboard, Level, MilliWattHours,
    Participant, ParticipantIndex, Row, Rule, Score, Standings, Status, Time,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::text;

/// The official leaderboard at the moment it was locked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LockedResult {
    /// Seconds since 1970.
    as_of: i64,
    rule: String,
    total_saved_mwh: i64,
    rows: Vec<LockedRow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LockedRow {
    participant: String,
    rank: Option<u32>,
    group: Option<u32>,
    /// What ranked; absent in results that were locked before rows had a score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<LockedScore>,
    saving_percent: Option<f64>,
    interval_percent: Option<[f64; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    improvement_points: Option<f64>,
    saved_mwh: Option<i64>,
    energy_mwh: Option<i64>,
    #[serde(default)]
    expected_mwh: Option<i64>,
    kwh_per_m2: Option<f64>,
    night_w_per_m2: Option<f64>,
    coverage: Option<f64>,
    cv_rmse: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cv_rmse_daily: Option<f64>,
    /// The level that the baseline follows, with its hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    level: Option<LockedLevel>,
    nmbe: Option<f64>,
    /// Absent in results that were locked before input was doubted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<LockedDoubt>,
    /// English and Swedish.
    reason: Option<[String; 2]>,
    /// Absent in results that were locked before reasons had a public part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_reason: Option<[String; 2]>,
}

/// A doubt that was open when the result was locked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LockedDoubt {
    kind: String,
    from: i64,
    until: i64,
    kwh: Option<f64>,
    quarantined: bool,
    share: f64,
    /// English and Swedish.
    headline: [String; 2],
    words: [String; 2],
}

/// English and Swedish.
fn both(text: &Bilingual) -> [String; 2] {
    [text.english.clone(), text.swedish.clone()]
}

fn bilingual([english, swedish]: &[String; 2]) -> Bilingual {
    Bilingual::new(english, swedish)
}

impl LockedDoubt {
    fn new(doubt: &Doubt) -> Self {
        Self {
            kind: doubt.kind.to_string(),
            from: doubt.from.0,
            until: doubt.until.0,
            kwh: doubt.kwh,
            quarantined: doubt.consequence == Consequence::Quarantined,
            share: doubt.share,
            headline: both(&doubt.headline),
            words: both(&doubt.words),
        }
    }

    /// `None` for a kind that this version does not know.
    fn doubt(&self) -> Option<Doubt> {
        Some(Doubt {
            kind: self.kind.parse().ok()?,
            meter: None,
            from: Time(self.from),
            until: Time(self.until),
            kwh: self.kwh,
            consequence: match self.quarantined {
                true => Consequence::Quarantined,
                false => Consequence::Flagged,
            },
            open: false,
            correction: None,
            headline: bilingual(&self.headline),
            words: bilingual(&self.words),
            share: self.share,
        })
    }
}

/// L = ln(used ÷ expected) over the last twelve weeks of the baseline; seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct LockedLevel {
    log_ratio: f64,
    from: i64,
    until: i64,
    hours: u32,
}

impl From<Level> for LockedLevel {
    fn from(level: Level) -> Self {
        let Level { log_ratio, from, until, hours } = level;
        Self { log_ratio, from: from.0, until: until.0, hours }
    }
}

impl From<LockedLevel> for Level {
    fn from(level: LockedLevel) -> Self {
        let LockedLevel { log_ratio, from, until, hours } = level;
        Self { log_ratio, from: Time(from), until: Time(until), hours }
    }
}

/// The unit is that of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct LockedScore {
    value: Option<f64>,
}

impl LockedRow {
    /// The score as it was locked. Where it was not stored, it is computed from the
    /// stored figures; the saving per employee then divides by the employees on the day
    /// of the result, as the board did that showed it.
    fn score(&self, rule: Rule, who: &Participant, day: Date) -> Score {
        let derived = || match rule {
            Rule::Saving => self.saving_percent,
            Rule::Intensity => self.kwh_per_m2,
            Rule::Night => self.night_w_per_m2,
            Rule::SavingPerEmployee => {
                let employees = who.employees.at(day).filter(|count| *count > 0);
                let saved = self.saved_mwh.map(|it| MilliWattHours(it).kwh());
                saved.zip(employees).map(|(saved, count)| saved / f64::from(count))
            }
            Rule::MostImproved => self.improvement_points,
        };
        let value = self.score.map_or_else(derived, |score| score.value);
        let interval = self.interval_percent.filter(|_| rule == Rule::Saving);
        Score { value, unit: rule.unit(), interval: interval.map(ConfidenceInterval::from) }
    }
}

impl LockedResult {
    /// Keeps what is final of a leaderboard; power and contact are not.
    pub fn new(board: &Leaderboard, participants: &[Participant]) -> Self {
        let rows = board.rows.iter().filter_map(|row| {
            Some(LockedRow {
                participant: participants.get(row.participant.0 as usize)?.id.clone(),
                rank: row.rank,
                group: row.group,
                score: Some(LockedScore { value: row.score.value }),
                saving_percent: row.saving_percent,
                interval_percent: row.interval_percent.map(ConfidenceInterval::ends),
                improvement_points: row.improvement_points,
                saved_mwh: row.saved.map(|it| it.0),
                energy_mwh: row.energy.map(|it| it.0),
                expected_mwh: row.expected.map(|it| it.0),
                kwh_per_m2: row.kwh_per_m2,
                night_w_per_m2: row.night_w_per_m2,
                coverage: row.coverage,
                cv_rmse: row.cv_rmse,
                cv_rmse_daily: row.cv_rmse_daily,
                level: row.level.map(LockedLevel::from),
                nmbe: row.nmbe,
                doubts: row.doubts.iter().map(LockedDoubt::new).collect(),
                reason: row.reason.as_ref().map(both),
                public_reason: row.public_reason.as_ref().map(both),
            })
        });
        Self {
            as_of: board.as_of.0,
            rule: board.rule.to_string(),
            total_saved_mwh: board.total_saved.0,
            rows: rows.collect(),
        }
    }

    /// The level of each participant whose baseline follows one.
    pub fn levels(&self) -> impl Iterator<Item = (&str, Level)> {
        self.rows.iter().filter_map(|row| Some((row.participant.as_str(), row.level?.into())))
    }

    /// When it was computed.
    pub const fn as_of(&self) -> Time {
        Time(self.as_of)
    }

    /// The leaderboard, with the participants' power and contact of now. A participant that
    /// is no longer configured has no row.
    pub fn board(&self, standings: &Standings, now: Time) -> Leaderboard {
        let participants = standings.participants();
        let rule = self.rule.parse().unwrap_or(Rule::Saving);
        let day = text::local(Time(self.as_of), &standings.competition().timezone).date();
        let rows = self.rows.iter().filter_map(|row| {
            let index = participants.iter().position(|who| who.id == row.participant)?;
            let participant = ParticipantIndex(index as u32);
            let heard = standings.latest_reading(participant, now);
            Some(Row {
                participant,
                rank: row.rank,
                group: row.group,
                score: row.score(rule, &participants[index], day),
                saving_percent: row.saving_percent,
                interval_percent: row.interval_percent.map(ConfidenceInterval::from),
                improvement_points: row.improvement_points,
                saved: row.saved_mwh.map(MilliWattHours),
                energy: row.energy_mwh.map(MilliWattHours),
                // Results locked by earlier versions lack it; all their hours had a baseline.
                expected: row
                    .expected_mwh
                    .or(row.saved_mwh.zip(row.energy_mwh).map(|(saved, used)| saved + used))
                    .map(MilliWattHours),
                kwh_per_m2: row.kwh_per_m2,
                night_w_per_m2: row.night_w_per_m2,
                power: heard.power,
                measured_at: heard.measured_at,
                contact: heard.contact,
                coverage: row.coverage,
                cv_rmse: row.cv_rmse,
                cv_rmse_daily: row.cv_rmse_daily,
                level: row.level.map(Level::from),
                nmbe: row.nmbe,
                doubts: row.doubts.iter().filter_map(LockedDoubt::doubt).collect(),
                reason: row.reason.as_ref().map(bilingual),
                public_reason: row.public_reason.as_ref().or(row.reason.as_ref()).map(bilingual),
            })
        });
        let summed = self.rows.iter().filter(|row| row.rank.is_some() && row.saved_mwh.is_some());
        Leaderboard {
            as_of: Time(self.as_of),
            rule,
            status: Status::Locked,
            total_saved: MilliWattHours(self.total_saved_mwh),
            total_participants: summed.count(),
            rows: rows.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use competition::{Competition, Dated, Period};
    use jiff::{civil::date, tz::TimeZone};

    use super::*;
    use crate::audit::{AuditEvent, describe};

    fn standings() -> Standings {
        let competition = Competition::new(
            "test",
            TimeZone::get("Europe/Stockholm").unwrap(),
            Period { start: date(2026, 3, 1), end: date(2027, 3, 1) },
            Period { start: date(2027, 3, 1), end: date(2027, 6, 1) },
        );
        let employees = vec![(date(2026, 1, 1), 10), (date(2027, 4, 24), 100)];
        let who = Participant {
            id: "grows".to_owned(),
            employees: Dated(employees),
            ..Participant::default()
        };
        Standings::new(competition, vec![who])
    }

    /// A result of 1 June 2027; `score` is what is stored of it.
    fn score_of(rule: &str, score: &str) -> Score {
        let stored = format!(
            r#"{{"as_of":1811800800,"rule":"{rule}","total_saved_mwh":0,"rows":[{{
                "participant":"grows","rank":1,"group":1,{score}"saving_percent":10.0,
                "interval_percent":[8.0,12.0],"saved_mwh":1440000000,"energy_mwh":null,
                "kwh_per_m2":2.5,"night_w_per_m2":1.5,"coverage":1.0,"cv_rmse":0.1,"nmbe":0.0,
                "reason":null}}]}}"#
        );
        let result: LockedResult = serde_json::from_str(&stored).unwrap();
        let board = result.board(&standings(), Time(1_811_800_800));
        let again = LockedResult::new(&board, standings().participants());
        assert_eq!(again.board(&standings(), board.as_of).rows[0].score, board.rows[0].score);
        board.rows[0].score
    }

    #[test]
    fn a_result_stored_without_scores_shows_what_it_showed() {
        let values = ["saving", "intensity", "night", "saving-per-employee"]
            .map(|rule| score_of(rule, "").value);
        assert_eq!(values, [Some(10.0), Some(2.5), Some(1.5), Some(14.4)]);
        assert!(score_of("saving", "").interval.is_some());
        assert!(score_of("night", "").interval.is_none());
    }

    #[test]
    fn a_stored_score_is_shown_whatever_the_number_of_employees() {
        let score = score_of("saving-per-employee", r#""score":{"value":113.76},"#);
        assert_eq!(score.value, Some(113.76));
        assert_eq!(score_of("night", r#""score":{"value":null},"#).value, None);
    }

    /// What a level was is part of the decision: it stays in the log, in words, too.
    #[test]
    fn the_level_of_each_participant_is_locked_and_in_the_trail() {
        let stored = r#"{"as_of":1811800800,"rule":"saving","total_saved_mwh":1440000000,"rows":[{
            "participant":"grows","rank":1,"group":null,"saving_percent":10.0,
            "interval_percent":[8.0,12.0],"saved_mwh":1440000000,"energy_mwh":null,
            "kwh_per_m2":2.5,"night_w_per_m2":1.5,"coverage":1.0,"cv_rmse":0.1,
            "cv_rmse_daily":0.07,"level":{"log_ratio":0.1,"from":1796598000,
            "until":1803855600,"hours":2016},"nmbe":0.0,"reason":null}]}"#;
        let result: LockedResult = serde_json::from_str(stored).unwrap();
        let board = result.board(&standings(), Time(1_811_800_800));
        let level = board.rows[0].level.unwrap();
        assert_eq!((level.log_ratio, level.hours), (0.1, 2016));
        assert_eq!((board.rows[0].cv_rmse_daily, board.total_participants), (Some(0.07), 1));
        assert_eq!(LockedResult::new(&board, standings().participants()), {
            let mut same = result.clone();
            same.rows[0].score = Some(LockedScore { value: Some(10.0) });
            same.rows[0].expected_mwh = board.rows[0].expected.map(|it| it.0);
            same
        });
        let event = AuditEvent::Result { cause: 7, board: result, changes: Vec::new() };
        let words = describe(&event);
        assert!(words.contains("grows: +10.5 % from 2026-12-06T23:00:00"), "{words}");
        assert!(words.contains("2016 hours known; baseline +7.3 %"), "{words}");
    }
}

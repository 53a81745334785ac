//! The configuration in a canonical form: its hash, and its differences from another one.
use std::collections::BTreeMap;

use competition::{Competition, Country, Measures, Participant, Production, Sign};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The part of a configuration that can change the leaderboard.
#[derive(Debug, Clone, PartialEq)]
pub struct CanonicalConfig(Value);

/// A value that differs between two configurations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Its path, such as `participants.soderhamn.floor_area`.
    pub path: String,
    /// The value before; null where there was none.
    pub before: Value,
    /// The value now; null where there is none.
    pub after: Value,
}

impl CanonicalConfig {
    /// The configuration that a service is started with, without declarations.
    pub fn new(competition: &Competition, participants: &[Participant]) -> Self {
        let period = |it: competition::Period| json!([it.start.to_string(), it.end.to_string()]);
        let special = |days: &[(jiff::civil::Date, competition::DayKind)]| -> Vec<Value> {
            days.iter().map(|(date, kind)| json!([date.to_string(), format!("{kind:?}")])).collect()
        };
        let people: Map<String, Value> = participants
            .iter()
            .map(|who| {
                let meters: Map<String, Value> = who.meters.iter().map(meter).collect();
                let dated = |list: Vec<(String, Value)>| json!(list);
                let area = who.floor_area.0.iter().map(|(d, v)| (d.to_string(), json!(v.0)));
                let staff = who.employees.0.iter().map(|(d, v)| (d.to_string(), json!(v)));
                let excluded: Vec<Value> = who
                    .exclusions
                    .iter()
                    .map(|it| json!([it.from.0, it.until.0, it.reason]))
                    .collect();
                let value = json!({
                    "municipality": who.municipality,
                    "cluster": who.cluster,
                    "floor_area": dated(area.collect()),
                    "employees": dated(staff.collect()),
                    "special_days": special(&who.special_days),
                    "excluded": excluded,
                    "meters": meters,
                    // Absent and false are the same.
                    "reference": who.reference.then_some(true),
                });
                (who.id.clone(), value)
            })
            .collect();
        let method = &competition.method;
        let (limits, doubts) = (&competition.thresholds, &competition.doubts);
        Self(json!({
            "competition": {
                "name": competition.name,
                "timezone": competition.timezone.iana_name(),
                "holidays": competition.holidays.map_or("", Country::as_str),
                "baseline": period(competition.baseline),
                "contest": period(competition.contest),
                "reference_until": competition.reference_until.map(|it| it.to_string()),
                "rule": competition.rule.as_str(),
                "production": (competition.production != Production::default())
                    .then(|| competition.production.as_str()),
                "method": {
                    "baseline": format!("{:?}", method.baseline),
                    "select_temperature": method.select_temperature,
                    "smoothing_hours": method.smoothing,
                    "half_life_days": method.half_life,
                    "level": method.level,
                    "comparison_group": method.comparison_group,
                },
                "thresholds": {
                    "baseline_days": limits.baseline_days,
                    "coverage": limits.coverage,
                    "cv_rmse": limits.cv_rmse,
                },
                "doubts": {
                    "zero_hours": doubts.zero_hours,
                    "constant_hours": doubts.constant_hours,
                    "spike_factor": doubts.spike_factor,
                    "step_factor": doubts.step_factor,
                    "step_hours": doubts.step_hours,
                    "closure": doubts.closure,
                    "raised": doubts.raised,
                    "saving_percent": doubts.saving,
                    "material": doubts.material,
                },
                "special_days": special(&competition.special_days),
            },
            "participants": people,
        }))
    }

    /// From the content of a log entry.
    pub const fn from_content(content: Value) -> Self {
        Self(content)
    }

    /// Its content, for the log.
    pub fn content(&self) -> Value {
        self.0.clone()
    }

    /// SHA-256 over `path = value` lines, sorted by path; hexadecimal.
    pub fn hash(&self) -> String {
        let (mut values, mut hash) = (BTreeMap::new(), Sha256::new());
        flatten("", &self.0, &mut values);
        for (path, value) in values {
            hash.update(format!("{path} = {value}\n"));
        }
        hex(&hash.finalize())
    }

    /// Values that differ from `before`, by path.
    pub fn differences(&self, before: &Self) -> Vec<Difference> {
        let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
        flatten("", &before.0, &mut old);
        flatten("", &self.0, &mut new);
        let mut paths: Vec<&String> = old.keys().chain(new.keys()).collect();
        paths.sort_unstable();
        paths.dedup();
        let value = |map: &BTreeMap<String, Value>, path: &String| {
            map.get(path).cloned().unwrap_or(Value::Null)
        };
        paths
            .into_iter()
            .map(|path| Difference {
                path: path.clone(),
                before: value(&old, path),
                after: value(&new, path),
            })
            .filter(|difference| difference.before != difference.after)
            .collect()
    }
}

fn meter(meter: &competition::Meter) -> (String, Value) {
    let epochs: Vec<Value> =
        meter.epochs.iter().map(|it| json!([it.at.0, it.last.0, it.first.0])).collect();
    let value = json!({
        "multiplier": meter.multiplier,
        "sign": if meter.sign == Sign::Minus { -1 } else { 1 },
        "capacity_w": meter.capacity.0,
        "rollover_wh": meter.rollover.map(|it| it.0),
        "changes": epochs,
        "measures": (meter.measures != Measures::Use).then(|| meter.measures.as_str()),
        "export_of": meter.export_of,
        "from": meter.from.map(|date| date.to_string()),
        "until": meter.until.map(|date| date.to_string()),
    });
    (meter.id.clone(), value)
}

/// Collects the values of nested objects by their paths.
fn flatten(path: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, out);
            }
        }
        // An empty value is the same as an absent one.
        Value::Null => {}
        Value::Array(list) if list.is_empty() => {}
        Value::Object(_) => {}
        other => {
            out.insert(path.to_owned(), other.clone());
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use jiff::{civil::date, tz::TimeZone};

    use super::*;
    use competition::{Dated, Meter, Period, SquareMetres};

    fn canonical_config(area: f64) -> CanonicalConfig {
        let competition = Competition::new(
            "test",
            TimeZone::UTC,
            Period { start: date(2026, 3, 1), end: date(2027, 3, 1) },
            Period { start: date(2027, 3, 1), end: date(2027, 6, 1) },
        );
        let who = Participant {
            id: "a".to_owned(),
            floor_area: Dated(vec![(date(2026, 1, 1), SquareMetres(area))]),
            meters: vec![Meter::new("m")],
            ..Participant::default()
        };
        CanonicalConfig::new(&competition, &[who])
    }

    #[test]
    fn a_changed_area_is_the_only_difference() {
        let (old, new) = (canonical_config(6200.0), canonical_config(6100.5));
        assert_eq!(old.hash(), canonical_config(6200.0).hash());
        assert_ne!(old.hash(), new.hash());
        let differences = new.differences(&old);
        assert_eq!(differences.len(), 1);
        assert_eq!(differences[0].path, "participants.a.floor_area");
        assert_eq!(differences[0].after.to_string(), r#"[["2026-01-01",6100.5]]"#);
        assert!(new.differences(&CanonicalConfig::from_content(new.content())).is_empty());
    }
}

//! The query of an address. A mistake is reported with the fix; no value is guessed.
use competition::Time;

use super::problem::Problem;
use crate::engine::SeriesStep;

/// Names and values of the query, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct QueryParams(Vec<(String, String)>);

impl QueryParams {
    /// Reads every parameter, known or not, as pages and forms need it.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// Refuses unknown and repeated parameters, as the API does.
    pub(super) fn parse_strict(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let params = Self::parse(query);
        for (i, (name, _)) in params.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                return Err(Problem::bad_request(
                    format!("the parameter {name:?} is not known here"),
                    format!("known parameters: {known}"),
                ));
            }
            if params.0[..i].iter().any(|(other, _)| other == name) {
                return Err(Problem::bad_request(
                    format!("the parameter {name:?} is given more than once"),
                    "give it once",
                ));
            }
        }
        Ok(params)
    }

    /// The trimmed value; `None` also where it is empty, as forms send empty fields.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether it is sent, be it empty.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// The value as it was sent, such as a password; `None` where there is none.
    pub(super) fn untrimmed(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// An RFC 3339 time.
    pub(super) fn time(&self, name: &str) -> Result<Option<Time>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        // A plus sign that was not escaped arrives as a space.
        let time: wire::Time = text.replace(' ', "+").parse().map_err(|error| {
            Problem::bad_request(
                format!("{name}={text} is not a time: {error}"),
                format!("write it as {name}=2027-04-11T10:00:00Z"),
            )
        })?;
        Ok(Some(Time(time.unix())))
    }

    /// The step of a load curve: seconds, a duration such as `15m`, `1h` or `PT1H`, or
    /// local days such as `1d`.
    pub(super) fn step(&self, name: &str) -> Result<Option<SeriesStep>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let days = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok());
        let seconds = || {
            let duration = || text.parse::<jiff::SignedDuration>().map(|it| it.as_secs());
            text.parse().or_else(|_| duration()).map(SeriesStep::Seconds)
        };
        let step = days.map_or_else(seconds, |days| Ok(SeriesStep::LocalDays(days)));
        step.map(Some).map_err(|_| {
            Problem::bad_request(
                format!("{name}={text} is not a duration"),
                format!("write {name}=15m, {name}=1h, {name}=1d or a number of seconds"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_query_is_explained() {
        let problem =
            QueryParams::parse_strict(Some("rul=saving"), &["rule", "as_of"]).expect_err("a typo");
        assert!(problem.detail.contains("\"rul\"") && problem.hint.contains("rule, as_of"));
        assert!(QueryParams::parse_strict(Some("rule=a&rule=b"), &["rule"]).is_err());
        assert_eq!(QueryParams::parse(Some("rule=")).get("rule"), None);
        assert_eq!(QueryParams::parse(Some("q=%C3%84lv")).get("q"), Some("Älv"));
    }

    #[test]
    fn times_and_durations_are_parsed() {
        let time = |q| QueryParams::parse(Some(q)).time("t");
        assert_eq!(time("t=1970-01-01T00:01:00Z").expect("a time"), Some(Time(60)));
        assert_eq!(time("t=1970-01-01T02:01:00+02:00").expect("a plus"), Some(Time(60)));
        assert!(time("t=yesterday").expect_err("words").hint.contains("t=2027"));
        let step = |q| QueryParams::parse(Some(q)).step("step");
        for (query, expected) in [
            ("step=900", SeriesStep::Seconds(900)),
            ("step=15m", SeriesStep::Seconds(900)),
            ("step=PT1H", SeriesStep::Seconds(3600)),
            ("step=86400", SeriesStep::Seconds(86_400)),
            ("step=1d", SeriesStep::LocalDays(1)),
        ] {
            assert_eq!(step(query).expect("a duration"), Some(expected), "{query}");
        }
        assert!(step("step=often").is_err());
    }
}

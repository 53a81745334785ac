//! `token`: API tokens of scripts, with or without a running service.
use competition::Time;
use jiff::{SignedDuration, Timestamp, civil::Date};
use server::text::rfc3339;

use super::{
    Failure, output,
    user::{BY, Place, RoleArgs, open, words},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Add a token and print it, once; a script sends it as `Authorization: Bearer TOKEN`
    Add {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        role: RoleArgs,
        /// When it expires, at most three years ahead: 90d, 12h, or the date from which on it
        /// is void
        #[arg(long, value_name = "TIME")]
        expires: String,
    },
    /// List the tokens, without their texts
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Remove a token; it is void at once
    Remove {
        #[command(flatten)]
        place: Place,
        /// Its number
        #[arg(value_name = "NUMBER")]
        number: i64,
    },
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Add { place, role, expires } => {
            let (config, accounts) = open(&place.config)?;
            let role = role.role(&config)?;
            let zone = &config.competition.timezone;
            let until = expiry(expires, Timestamp::now(), zone)?;
            let (number, token) = accounts.add_token(&role, until, BY)?;
            output::stderr_line(format_args!(
                "token {number} is added as {}, valid until {}; it is not shown again",
                words(&role),
                rfc3339(Time(until))
            ));
            output::line(token.reveal())
        }
        Command::List { place } => {
            let (_, accounts) = open(&place.config)?;
            for token in accounts.tokens()? {
                let until = rfc3339(Time(token.expires));
                output::line(format_args!("{}\t{}\tuntil {until}", token.id, words(&token.role)))?;
            }
            Ok(())
        }
        Command::Remove { place, number } => {
            let (_, accounts) = open(&place.config)?;
            accounts.remove_token(*number, BY)?;
            output::line(format_args!("token {number} is removed"))
        }
    }
}

/// A duration from now, or a local date's midnight, in Unix seconds.
fn expiry(text: &str, now: Timestamp, zone: &jiff::tz::TimeZone) -> Result<i64, Failure> {
    let days = || {
        let days: i64 = text.strip_suffix('d')?.parse().ok()?;
        days.checked_mul(86_400)
    };
    let duration = || text.parse::<SignedDuration>().ok().map(|it| it.as_secs());
    if let Some(seconds) = days().or_else(duration) {
        return Ok(now.as_second().saturating_add(seconds));
    }
    let date = text.parse::<Date>().ok().and_then(|date| date.to_zoned(zone.clone()).ok());
    date.map(|date| date.timestamp().as_second()).ok_or_else(|| {
        Failure::usage(
            format!("--expires: {text:?} is neither a duration nor a date"),
            "write it as in 90d, 12h or 2027-07-01",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_expires_after_a_duration_or_on_a_date() {
        let now: Timestamp = "2027-03-01T10:00:00Z".parse().expect("a time");
        let zone = jiff::tz::TimeZone::get("Europe/Stockholm").expect("a zone");
        let at = |text| expiry(text, now, &zone).map(|at| rfc3339(Time(at)));
        assert_eq!(at("90d").expect("days"), "2027-05-30T10:00:00Z");
        assert_eq!(at("12h").expect("hours"), "2027-03-01T22:00:00Z");
        assert_eq!(at("2027-07-01").expect("a date"), "2027-06-30T22:00:00Z");
        assert!(at("soon").is_err());
    }
}

//! What goes wrong in meter cupboards, to order.
use std::{ops::Range, str::FromStr};

use crate::noise;

/// Faults of one house; none by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    /// Share of telegrams with flipped bits, missing tails or rubbish in front.
    pub noise: f64,
    /// The gateway has no connection then (seconds of UTC); it delivers later.
    pub offline: Vec<Range<i64>>,
    /// Each reading is published twice.
    pub repeat: bool,
    /// The register starts again at zero when it reaches this, Wh.
    pub rollover_wh: Option<u64>,
    /// At this moment (seconds of UTC) a new meter takes over, from zero.
    pub swap: Option<i64>,
    /// The register moves only once an hour.
    pub hourly: bool,
    /// The meter's clock keeps summer time and says so.
    pub summer_clock: bool,
}

/// One fault as given on a command line.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// `noise=0.02`
    Noise(f64),
    /// `offline=2027-04-21T08:00:00Z/2027-04-21T14:00:00Z`
    Offline(Range<i64>),
    /// `repeat`
    Repeat,
    /// `rollover=99999999999` (Wh)
    Rollover(u64),
    /// `swap=2027-04-21T10:00:00Z`
    Swap(i64),
    /// `hourly`
    Hourly,
    /// `summer-clock`
    SummerClock,
}

/// Why a text is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The name is none of ours.
    #[error(
        "unknown fault {0:?}; there are noise=SHARE, offline=FROM/TO, repeat, rollover=WH, \
         swap=TIME, hourly and summer-clock"
    )]
    Unknown(String),
    /// The value does not fit the name.
    #[error("fault {name} wants {wanted}, not {found:?}")]
    Value {
        /// Which fault.
        name: &'static str,
        /// What it takes.
        wanted: &'static str,
        /// What was given.
        found: String,
    },
}

fn time(name: &'static str, text: &str) -> Result<i64, FaultError> {
    let wanted = "RFC 3339 times";
    text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).map_err(|_| FaultError::Value {
        name,
        wanted,
        found: text.to_owned(),
    })
}

impl FromStr for Fault {
    type Err = FaultError;
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let bad = |name, wanted| FaultError::Value { name, wanted, found: value.to_owned() };
        match name {
            "noise" => match value.parse() {
                Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self::Noise(share)),
                _ => Err(bad("noise", "a share from 0 to 1")),
            },
            "offline" => {
                let (from, to) = value.split_once('/').ok_or_else(|| bad("offline", "FROM/TO"))?;
                let range = time("offline", from)?..time("offline", to)?;
                if range.is_empty() {
                    Err(bad("offline", "a FROM before TO"))
                } else {
                    Ok(Self::Offline(range))
                }
            }
            "repeat" => Ok(Self::Repeat),
            "rollover" => match value.parse() {
                Ok(wh) if wh > 0 => Ok(Self::Rollover(wh)),
                _ => Err(bad("rollover", "watt-hours above 0")),
            },
            "swap" => time("swap", value).map(Self::Swap),
            "hourly" => Ok(Self::Hourly),
            "summer-clock" => Ok(Self::SummerClock),
            _ => Err(FaultError::Unknown(name.to_owned())),
        }
    }
}

impl Faults {
    /// Adds one.
    pub fn add(&mut self, fault: Fault) {
        match fault {
            Fault::Noise(share) => self.noise = share,
            Fault::Offline(range) => self.offline.push(range),
            Fault::Repeat => self.repeat = true,
            Fault::Rollover(wh) => self.rollover_wh = Some(wh),
            Fault::Swap(at) => self.swap = Some(at),
            Fault::Hourly => self.hourly = true,
            Fault::SummerClock => self.summer_clock = true,
        }
    }

    /// Whether the gateway has a connection then, and if not, until when.
    pub fn offline_until(&self, at: i64) -> Option<i64> {
        self.offline.iter().find(|range| range.contains(&at)).map(|range| range.end)
    }

    /// When the next lack of connection begins.
    pub fn next_offline(&self, at: i64) -> Option<i64> {
        self.offline.iter().map(|range| range.start).filter(|&start| start > at).min()
    }

    /// Spoils the telegram that begins at `begin` as a bad cable would.
    pub fn spoil(&self, seed: u64, at: i64, out: &mut Vec<u8>, begin: usize) {
        if self.noise == 0.0 || noise::unit(seed, 20, at) >= self.noise {
            return;
        }
        let place = noise::hash(seed, 21, at) as usize;
        let length = out.len() - begin;
        match place % 3 {
            0 => out[begin + place / 3 % length] ^= 1 << (place % 7),
            1 => out.truncate(begin + place / 3 % length),
            _ => {
                let rubbish: Vec<u8> = (0..place / 3 % 90)
                    .map(|i| noise::hash(seed, 22, at + i as i64) as u8)
                    .collect();
                out.splice(begin..begin, rubbish);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_and_mistakes_explained() {
        assert_eq!("repeat".parse(), Ok(Fault::Repeat));
        assert_eq!("noise=0.5".parse(), Ok(Fault::Noise(0.5)));
        let offline = "offline=2027-04-21T08:00:00Z/2027-04-21T14:00:00Z".parse();
        assert_eq!(offline, Ok(Fault::Offline(1_808_294_400..1_808_316_000)));
        for wrong in ["", "nois=1", "noise=2", "offline=now", "swap=", "rollover=-1"] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}

//! Faults of meters, cables and connections that a simulation can inject.
use std::{ops::Range, str::FromStr};

use crate::noise;

/// Faults of one town hall; none by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    /// Share of telegrams that are corrupted: a flipped bit, a missing end, or noise before them.
    pub noise: f64,
    /// Outages of the connection to the broker, Unix seconds.
    pub offline: Vec<Range<i64>>,
    /// Each reading is published twice.
    pub repeat: bool,
    /// The register rolls over to zero at this value, Wh.
    pub rollover_wh: Option<u64>,
    /// At this time, in Unix seconds, a new meter with a register of zero replaces the meter.
    pub swap: Option<i64>,
    /// The register advances only once an hour.
    pub hourly: bool,
    /// The meter's clock follows summer time and marks it with `S`.
    pub summer_clock: bool,
}

/// One fault as written on a command line.
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

/// Why a text does not describe a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no fault of this name.
    #[error(
        "unknown fault {0:?}; the faults are noise=SHARE, offline=FROM/TO, repeat, rollover=WH, \
         swap=TIME, hourly and summer-clock"
    )]
    Unknown(String),
    /// The value is invalid for this fault.
    #[error("fault {name} takes {expected}, not {found:?}")]
    Value {
        /// The fault.
        name: &'static str,
        /// The form of its value.
        expected: &'static str,
        /// The value found.
        found: String,
    },
}

fn time(name: &'static str, text: &str) -> Result<i64, FaultError> {
    let expected = "RFC 3339 times";
    text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).map_err(|_| FaultError::Value {
        name,
        expected,
        found: text.to_owned(),
    })
}

impl FromStr for Fault {
    type Err = FaultError;
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let invalid =
            |name, expected| FaultError::Value { name, expected, found: value.to_owned() };
        match name {
            "noise" => match value.parse() {
                Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self::Noise(share)),
                _ => Err(invalid("noise", "a share from 0 to 1")),
            },
            "offline" => {
                let (from, to) =
                    value.split_once('/').ok_or_else(|| invalid("offline", "FROM/TO"))?;
                let range = time("offline", from)?..time("offline", to)?;
                if range.is_empty() {
                    Err(invalid("offline", "a FROM before TO"))
                } else {
                    Ok(Self::Offline(range))
                }
            }
            "repeat" => Ok(Self::Repeat),
            "rollover" => match value.parse() {
                Ok(wh) if wh > 0 => Ok(Self::Rollover(wh)),
                _ => Err(invalid("rollover", "watt-hours above 0")),
            },
            "swap" => time("swap", value).map(Self::Swap),
            "hourly" => Ok(Self::Hourly),
            "summer-clock" => Ok(Self::SummerClock),
            _ => Err(FaultError::Unknown(name.to_owned())),
        }
    }
}

impl Faults {
    /// Adds a fault; a later value of the same fault replaces the earlier one.
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

    /// Whether there is an outage at this time (Unix seconds).
    pub fn is_offline(&self, at: i64) -> bool {
        self.offline.iter().any(|range| range.contains(&at))
    }

    /// When the next outage after this time begins (Unix seconds).
    pub fn next_outage(&self, at: i64) -> Option<i64> {
        self.offline.iter().map(|range| range.start).filter(|&start| start > at).min()
    }

    /// Corrupts the telegram from `begin` to the end of `out` as a bad cable would, with
    /// the probability [`Self::noise`].
    pub fn corrupt(&self, seed: u64, at: i64, out: &mut Vec<u8>, begin: usize) {
        if self.noise == 0.0 || noise::unit(seed, 20, at) >= self.noise {
            return;
        }
        let place = noise::hash(seed, 21, at) as usize;
        let length = out.len() - begin;
        match place % 3 {
            0 => out[begin + place / 3 % length] ^= 1 << (place % 7),
            1 => out.truncate(begin + place / 3 % length),
            _ => {
                let noise: Vec<u8> = (0..place / 3 % 90)
                    .map(|i| noise::hash(seed, 22, at + i as i64) as u8)
                    .collect();
                out.splice(begin..begin, noise);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_parsed_and_invalid_ones_rejected() {
        assert_eq!("repeat".parse(), Ok(Fault::Repeat));
        assert_eq!("noise=0.5".parse(), Ok(Fault::Noise(0.5)));
        let offline = "offline=2027-04-21T08:00:00Z/2027-04-21T14:00:00Z".parse();
        assert_eq!(offline, Ok(Fault::Offline(1_808_294_400..1_808_316_000)));
        for wrong in ["", "nois=1", "noise=2", "offline=now", "swap=", "rollover=-1"] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}

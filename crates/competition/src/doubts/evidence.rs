//! What doubts are derived from: the hours of each meter, by position after the first hour
//! of the competition, and what is ordinary for them.
use core::ops::Range;

use crate::{
    MeterIndex,
    calendar::{BINS, Calendar},
    time::Hour,
};

/// Hours with use that a meter needs before anything is ordinary for it: two weeks.
pub(crate) const ENOUGH: usize = 14 * 24;

/// An hour of a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MeterHour {
    /// Energy, mWh; not signed.
    pub(crate) energy: i64,
    /// Measured in this very hour.
    pub(crate) measured: bool,
    /// By readings of the register, not by an imported interval.
    pub(crate) by_register: bool,
    /// How many of its quarter-hours are zero; `None` where they are equal parts of it.
    pub(crate) zero_quarters: Option<u8>,
}

/// The hours of one meter.
#[derive(Debug)]
pub(crate) struct MeterHours<'a> {
    pub(crate) meter: MeterIndex,
    pub(crate) id: &'a str,
    /// 1, or −1 for a meter that is subtracted.
    pub(crate) sign: i64,
    /// The positions of the hours in which the building has the meter.
    pub(crate) active: Range<usize>,
    /// `None` where nothing is known, or the hour is excluded.
    pub(crate) hours: Vec<Option<MeterHour>>,
}

/// The hours of a participant.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    pub(crate) calendar: &'a Calendar,
    /// The hour of position 0.
    pub(crate) first: Hour,
    pub(crate) meters: Vec<MeterHours<'a>>,
    /// Own use counts, so that new solar panels save nothing.
    pub(crate) own_use_counts: bool,
    /// The meters of own production and of export (sign −1), where they are part of the use.
    pub(crate) own_production: Vec<MeterHours<'a>>,
    /// Outdoor temperature, °C.
    pub(crate) outdoor: Vec<Option<f64>>,
    /// The median of the outdoor temperatures of all participants, where there are three.
    pub(crate) peers: Option<&'a [Option<f64>]>,
    /// How many participants have temperatures.
    pub(crate) peer_count: usize,
}

impl Evidence<'_> {
    pub(crate) fn hour(&self, index: usize) -> Hour {
        self.first + index as i64
    }

    pub(crate) fn bin(&self, index: usize) -> usize {
        self.calendar.time_of_week(self.hour(index)).map_or(0, |time| time.bin())
    }

    pub(crate) fn in_contest(&self, index: usize) -> bool {
        self.calendar.contest.contains(&self.hour(index))
    }

    pub(crate) fn in_baseline(&self, index: usize) -> bool {
        self.calendar.baseline.contains(&self.hour(index))
    }

    /// Hours of which all meters have a position.
    pub(crate) fn hour_count(&self) -> usize {
        self.meters.iter().map(|meter| meter.hours.len()).min().unwrap_or(0)
    }

    /// Energy of the building in an hour, mWh; `None` where a meter's is not known.
    pub(crate) fn energy(&self, index: usize) -> Option<f64> {
        self.meters.iter().map(|meter| Some(meter.signed(index)? as f64)).sum()
    }

    /// The positions of the local days among the first `count` hours: 23 to 25 hours each,
    /// and a part of the last.
    pub(crate) fn local_days(&self, count: usize) -> Vec<Range<usize>> {
        let is_midnight = |index: &usize| self.bin(*index).is_multiple_of(24);
        let mut midnights: Vec<usize> = (0..count).filter(is_midnight).collect();
        midnights.push(count);
        midnights.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }
}

impl MeterHours<'_> {
    /// Its part in the energy of the building, mWh: signed, and 0 while the building does not
    /// have the meter.
    pub(crate) fn signed(&self, index: usize) -> Option<i64> {
        if !self.active.contains(&index) {
            return Some(0);
        }
        Some(self.sign * self.hours[index]?.energy)
    }

    /// Energy of an hour above zero, mWh.
    pub(crate) fn use_of(&self, index: usize) -> Option<f64> {
        self.hours[index].filter(|hour| hour.energy > 0).map(|hour| hour.energy as f64)
    }

    /// Takes hours out of what follows: they are in doubt already.
    pub(crate) fn remove(&mut self, range: Range<usize>) {
        self.hours[range].fill(None);
    }
}

/// The ordinary energy of each bin of a meter, mWh: the median of its hours with use in
/// the baseline period, or of all where that has fewer than two weeks of them.
#[derive(Debug)]
pub(crate) struct Ordinary([f64; BINS]);

impl Ordinary {
    pub(crate) fn of(meter: &MeterHours<'_>, evidence: &Evidence<'_>) -> Option<Self> {
        let uses = |keep: &dyn Fn(usize) -> bool| -> Vec<(usize, f64)> {
            let indices = (0..meter.hours.len()).filter(|index| keep(*index));
            indices.filter_map(|i| Some((evidence.bin(i), meter.use_of(i)?))).collect()
        };
        let mut known = uses(&|index| evidence.in_baseline(index));
        if known.len() < ENOUGH {
            known = uses(&|_| true);
        }
        if known.len() < ENOUGH {
            return None;
        }
        let all = median(known.iter().map(|(_, energy)| *energy).collect())?;
        let mut bins: Vec<Vec<f64>> = vec![Vec::new(); BINS];
        for (bin, energy) in known {
            bins[bin].push(energy);
        }
        let mut medians = [all; BINS];
        for (bin, energies) in bins.into_iter().enumerate() {
            medians[bin] = median(energies).unwrap_or(all);
        }
        Some(Self(medians))
    }

    pub(crate) fn get(&self, bin: usize) -> f64 {
        self.0[bin]
    }

    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / BINS as f64
    }
}

/// The upper median.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (_, median, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median)
}

/// The runs of positions for which `keep` holds, in order.
pub(crate) fn runs(count: usize, keep: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = None;
    for index in 0..=count {
        match (start, index < count && keep(index)) {
            (None, true) => start = Some(index),
            (Some(from), false) => {
                runs.push(from..index);
                start = None;
            }
            _ => {}
        }
    }
    runs
}

//! One reading of one meter.
use serde::{Deserialize, Serialize};

use crate::{MeterId, Time};

/// Values of a meter at one time, in primary values (multiplier applied).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The meter.
    pub meter: MeterId,
    /// Time of the measurement.
    pub t: Time,
    /// Register of energy taken from the grid, Wh.
    pub import_wh: u64,
    /// Register of energy fed into the grid, Wh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_wh: Option<u64>,
    /// Active power, W; negative while export exceeds import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_w: Option<i64>,
    /// Values of each phase, if the meter shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<Phases>,
    /// Number of the reading since that start, from 1; 0 where the gateway does not count.
    #[serde(default)]
    pub seq: u32,
    /// How often the gateway has started; 0 where it does not count.
    #[serde(default)]
    pub boot: u32,
}

/// Values of L1, L2, L3; a value that the meter does not show is `null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// Active power, W; negative for export.
    #[serde(default)]
    pub power_w: [Option<i32>; 3],
    /// Voltage, mV.
    #[serde(default)]
    pub voltage_mv: [Option<i32>; 3],
    /// Current, mA.
    #[serde(default)]
    pub current_ma: [Option<i32>; 3],
}

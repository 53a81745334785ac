//! One reading of one meter.
use serde::{Deserialize, Serialize};

use crate::{MeterId, Time};

/// What a meter held at a moment, in primary values (multiplier applied).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which meter.
    pub meter: MeterId,
    /// When the meter held it.
    pub t: Time,
    /// Register of energy taken from the grid, Wh.
    pub import_wh: u64,
    /// Register of energy fed into the grid, Wh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_wh: Option<u64>,
    /// Active power, W; negative while more is fed in than taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_w: Option<i64>,
    /// Per phase, where the meter tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<Phases>,
    /// Number of the reading since `boot`.
    pub seq: u32,
    /// How often the gateway has started.
    pub boot: u32,
}

/// L1, L2, L3; what the meter does not tell is `null`.
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

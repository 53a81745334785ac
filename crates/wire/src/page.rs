//! The content of a town hall's panel: numbers and text, not pixels.
use serde::{Deserialize, Serialize};

use crate::{Language, Text, Time};

/// Whether readings of the participant arrive, judged by the time of the newest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contact {
    /// Readings arrive.
    Live,
    /// None for some minutes; `since` is the time of the newest one.
    Stale,
    /// None for hours, or none at all.
    Silent,
}

/// Trend of the saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The saving increases.
    Up,
    /// There is no significant trend.
    Level,
    /// The saving decreases.
    Down,
}

/// Everything that a panel needs to draw its views. Unknown values are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// When the server published the page.
    pub t: Time,
    /// Municipality.
    pub name: Text<32>,
    /// Whether readings arrive.
    pub contact: Contact,
    /// Time of the last reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Offset of local time from UTC, minutes.
    pub utc_offset_min: i16,
    /// Present power, W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_w: Option<i64>,
    /// The latest step of the power, W; positive when a load was switched on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_w: Option<i64>,
    /// Time of the step; a panel shows it for some seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_at: Option<Time>,
    /// Energy since local midnight, Wh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today_wh: Option<i64>,
    /// Baseline energy of the same hours, Wh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today_baseline_wh: Option<i64>,
    /// Saving since the contest began, tenths of a percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saving_permille: Option<i16>,
    /// Trend of the saving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Rank, from 1; absent while unranked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u16>,
    /// Number of participants.
    pub of: u16,
    /// Intensity since the contest began, Wh/m².
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wh_per_m2: Option<u32>,
    /// Mean load of the last night (22 to 05), W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub night_w: Option<u32>,
    /// Mean power of the last 24 hours, oldest first, W.
    pub hours_w: [Option<u32>; 24],
    /// Text that scrolls across the panel.
    pub ticker: Text<160>,
    /// Whether the panel is dimmed because it is night.
    pub night: bool,
    /// Language of the words.
    pub language: Language,
}

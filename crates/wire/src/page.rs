//! What a town hall's panel shows: numbers and text, not pixels.
use serde::{Deserialize, Serialize};

use crate::{Language, Text, Time};

/// How the house is heard, judged by the time its meter measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contact {
    /// Readings come.
    Live,
    /// None for some minutes: `since` tells from when.
    Stale,
    /// None for hours, or never.
    Silent,
}

/// Where the saving is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The saving grows.
    Up,
    /// It neither grows nor shrinks as far as can be told.
    Level,
    /// It shrinks.
    Down,
}

/// All that a panel needs to draw its pages. What is not known is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// When the server wrote this.
    pub t: Time,
    /// Municipality.
    pub name: Text<32>,
    /// How the house is heard.
    pub contact: Contact,
    /// Time of the last reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// The house's offset from UTC in minutes, so that a panel shows local time.
    pub utc_offset_min: i16,
    /// Power now, W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_w: Option<i64>,
    /// A step of the power that just happened, W (positive: switched on).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_w: Option<i64>,
    /// When it happened; a panel shows it for some seconds from its arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_at: Option<Time>,
    /// Energy since local midnight, Wh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today_wh: Option<i64>,
    /// What the baseline expects for the same hours, Wh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today_baseline_wh: Option<i64>,
    /// Saving since the contest began, tenths of a percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saving_permille: Option<i16>,
    /// Where the saving is going.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Rank, 1 is best; absent while unranked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u16>,
    /// Participants in the competition.
    pub of: u16,
    /// Intensity since the contest began, Wh/m².
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wh_per_m2: Option<u32>,
    /// Mean load of the last night (22 to 05), W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub night_w: Option<u32>,
    /// Mean power of the last 24 hours, oldest first, W.
    pub hours_w: [Option<u32>; 24],
    /// A line that runs along the panel.
    pub ticker: Text<160>,
    /// Dark mode: the hours in which nobody looks.
    pub night: bool,
    /// Language of the words.
    pub language: Language,
}

//! The power of a panel's own meter on the server's page, also without a server.
use wire::{Contact, Direction, Language, Page, Text, Time};

use crate::freshness::{LocalTime, PAGE_MAX_AGE_S};

/// Power of the panel's own meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalPower {
    /// Time of the measurement.
    pub at: Time,
    /// Power, W.
    pub power_w: i64,
    /// A step of the power: its time, and its size in W.
    pub step: Option<(Time, i64)>,
}

/// The page before the first one of the server: no contact, since an unknown time.
pub fn page_without_contact(language: Language) -> Page {
    Page {
        t: Time::default(),
        name: Text::default(),
        contact: Contact::Silent,
        since: None,
        utc_offset_min: 0,
        power_w: None,
        step_w: None,
        step_at: None,
        today_wh: None,
        today_baseline_wh: None,
        saving_permille: None,
        direction: None::<Direction>,
        rank: None,
        of: 0,
        wh_per_m2: None,
        night_w: None,
        hours_w: [None; 24],
        ticker: Text::default(),
        night: false,
        language,
    }
}

/// The server's page with the local power. A page with a later reading is returned unchanged.
/// From a page older than [`PAGE_MAX_AGE_S`] only name, language and time zone are used.
pub fn with_local_power(page: Page, local: LocalPower) -> Page {
    if page.since.is_some_and(|since| since > local.at) {
        return page;
    }
    let page = if local.at.unix() - page.t.unix() < PAGE_MAX_AGE_S {
        page
    } else {
        // Without the server the local time decides whether it is night.
        let hour = LocalTime::new(local.at, page.utc_offset_min).hour();
        Page {
            name: page.name,
            utc_offset_min: page.utc_offset_min,
            night: !(6..22).contains(&hour),
            ..page_without_contact(page.language)
        }
    };
    Page {
        t: page.t.max(local.at),
        contact: Contact::Live,
        since: Some(local.at),
        power_w: Some(local.power_w),
        step_w: local.step.map(|(_, watts)| watts).or(page.step_w),
        step_at: local.step.map(|(at, _)| at).or(page.step_at),
        ..page
    }
}

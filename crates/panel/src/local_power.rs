//! A panel that hangs beside its meter: what the meter just said goes on the page,
//! with or without a broker. What only the server knows goes when it is old.
use wire::{Contact, Direction, Language, Page, Text, Time};

use crate::contact::{Local, PAGE_MAX_AGE_S};

/// What the house's local meter just said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalPower {
    /// When it measured.
    pub at: Time,
    /// Power, W.
    pub power_w: i64,
    /// A step of the power and when it happened, W.
    pub step: Option<(Time, i64)>,
}

/// The page before any has come: no contact, and not since when.
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

/// The server's page with the house's local power on it. Where the server knows a
/// later reading, the page stays as it is; where the server has not been heard for
/// [`PAGE_MAX_AGE_S`], only name, language and the local power remain.
pub fn with_local_power(page: Page, local: LocalPower) -> Page {
    if page.since.is_some_and(|since| since > local.at) {
        return page;
    }
    let page = if local.at.unix() - page.t.unix() < PAGE_MAX_AGE_S {
        page
    } else {
        // Nobody says when it is night, but the clock.
        let hour = Local::new(local.at, page.utc_offset_min).hour();
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

//! A panel that hangs beside its meter: what the meter just said goes on the page,
//! with or without a broker. What only the server knows goes when it is old.
use wire::{Contact, Direction, Language, Page, Text, Time};

use crate::contact::{Local, NEWS_LAST_S};

/// What the house's own meter just said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// When it measured.
    pub at: Time,
    /// Power, W.
    pub power_w: i64,
    /// A step of the power and when it happened, W.
    pub step: Option<(Time, i64)>,
}

/// The page before any has come: no contact, and not since when.
pub fn unheard(language: Language) -> Page {
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

/// The server's page with the house's own power on it. Where the server knows a
/// later reading, the page stays as it is; where the server has not been heard for
/// [`NEWS_LAST_S`], only name, language and the own power remain.
pub fn with_own(page: Page, own: Own) -> Page {
    if page.since.is_some_and(|since| since > own.at) {
        return page;
    }
    let page = if own.at.unix() - page.t.unix() < NEWS_LAST_S {
        page
    } else {
        // Nobody says when it is night, but the clock.
        let hour = Local::new(own.at, page.utc_offset_min).hour();
        Page {
            name: page.name,
            utc_offset_min: page.utc_offset_min,
            night: !(6..22).contains(&hour),
            ..unheard(page.language)
        }
    };
    Page {
        t: page.t.max(own.at),
        contact: Contact::Live,
        since: Some(own.at),
        power_w: Some(own.power_w),
        step_w: own.step.map(|(_, watts)| watts).or(page.step_w),
        step_at: own.step.map(|(at, _)| at).or(page.step_at),
        ..page
    }
}

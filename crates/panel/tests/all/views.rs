//! The view of each second, and when a number is too old to be shown.
use crate::pages::{NOW, page, time};
use panel::{
    LocalPower, Moment, NO_CONTACT_NAME_MS, NO_CONTACT_ROTATION_MS, PAGE_MAX_AGE_S, ROTATION_MS,
    STEP_MAX_AHEAD_S, STEP_SHOWN_S, Size, View, page_without_contact, view, with_local_power,
};
use wire::{Contact, Language, Page, Text, Time};

fn later(seconds: i64) -> Time {
    Time::from_unix(time(NOW).unix() + seconds).expect("a time")
}

fn at(page: &Page, now: i64, elapsed_ms: u64) -> View {
    let seen = Size::ALL.map(|size| view(page, size, Moment { now: later(now), elapsed_ms }));
    assert_eq!(seen[0], seen[1], "the sizes differ only in how long the ticker takes");
    seen[0]
}

#[test]
fn a_rotation_shows_each_view_once_and_the_power_between() {
    let mut round = Vec::new();
    for second in 0..ROTATION_MS / 1000 {
        let now = view(&page(), Size::W64H32, Moment { now: later(0), elapsed_ms: second * 1000 });
        if round.last() != Some(&now) {
            round.push(now);
        }
    }
    let ends = [View::Name, View::Ticker, View::Power];
    let begins = [View::Power, View::Today, View::Saving, View::Rank];
    let between = [View::Power, View::Day, View::Intensity, View::LastNight];
    assert_eq!(round, [&begins[..], &between, &ends].concat());
    assert_eq!(at(&page(), 0, 5 * ROTATION_MS + 8_000), View::Today, "and again");
}

#[test]
fn a_view_without_its_number_falls_back_to_the_power() {
    let full = page();
    for (second, without) in [
        (8, Page { today_wh: None, ..full.clone() }),
        (14, Page { saving_permille: None, ..full.clone() }),
        (20, Page { rank: None, ..full.clone() }),
        (32, Page { hours_w: [None; 24], ..full.clone() }),
        (38, Page { wh_per_m2: None, ..full.clone() }),
        (44, Page { night_w: None, ..full.clone() }),
        (50, Page { name: Text::truncated(" "), ..full.clone() }),
        (54, Page { ticker: Text::truncated(""), ..full.clone() }),
    ] {
        assert_ne!(at(&full, 0, second * 1000), View::Power);
        assert_eq!(at(&without, 0, second * 1000), View::Power, "{second} s");
        let neither = Page { power_w: None, name: Text::truncated("Sala"), ..without };
        assert_eq!(at(&neither, 0, second * 1000), View::Name, "{second} s");
    }
}

#[test]
fn the_longest_ticker_ends_with_the_rotation() {
    for text in ["W".repeat(160), "Å".repeat(80), "i".repeat(160)] {
        let long = Page { ticker: Text::truncated(&text), ..page() };
        assert_eq!(at(&long, 0, 70_000), View::Ticker);
        assert_eq!(at(&long, 0, ROTATION_MS), View::Power);
    }
}

#[test]
fn no_number_is_live_without_contact_to_the_server() {
    for second in 0..ROTATION_MS / 1000 {
        let live = at_large(&page(), PAGE_MAX_AGE_S - 1, second);
        assert!(live != View::NoContact, "{second} s");
        for age in [PAGE_MAX_AGE_S, 3600, 1_000_000, -PAGE_MAX_AGE_S] {
            let seen = at(&page(), age, second * 1000);
            assert!(matches!(seen, View::NoContact | View::Name), "{seen:?} after {age} s");
        }
        for contact in [Contact::Stale, Contact::Silent] {
            let lost = Page { contact, step_w: Some(2000), step_at: Some(later(0)), ..page() };
            let seen = at(&lost, 0, second * 1000);
            assert!(matches!(seen, View::NoContact | View::Name), "{seen:?} when {contact:?}");
        }
    }
}

fn at_large(page: &Page, now: i64, second: u64) -> View {
    view(page, Size::W128H64, Moment { now: later(now), elapsed_ms: second * 1000 })
}

#[test]
fn no_contact_alternates_with_the_name() {
    let lost = Page { contact: Contact::Silent, ..page() };
    let name = NO_CONTACT_ROTATION_MS - NO_CONTACT_NAME_MS;
    assert_eq!(at(&lost, 0, name - 1), View::NoContact);
    assert_eq!(at(&lost, 0, name), View::Name);
    assert_eq!(at(&lost, 0, NO_CONTACT_ROTATION_MS), View::NoContact);
    for page in [Page { night: true, ..lost.clone() }, Page { name: Text::truncated(""), ..lost }] {
        assert_eq!(at(&page, 0, name), View::NoContact);
    }
}

#[test]
fn a_step_is_shown_for_some_seconds() {
    let step = Page { step_w: Some(-1500), step_at: Some(later(0)), ..page() };
    for (now, up) in [
        (-STEP_MAX_AHEAD_S - 1, false),
        (-STEP_MAX_AHEAD_S, true),
        (0, true),
        (STEP_SHOWN_S - 1, true),
        (STEP_SHOWN_S, false),
    ] {
        for (elapsed_ms, night) in [(0, false), (14_000, false), (54_000, true)] {
            let page = Page { night, ..step.clone() };
            assert_eq!(at(&page, now, elapsed_ms) == View::Step, up, "{now} s");
        }
    }
    assert_ne!(at(&Page { step_w: Some(0), ..step }, 0, 0), View::Step);
}

#[test]
fn night_shows_the_power_and_nothing_else() {
    for elapsed_ms in (0..ROTATION_MS).step_by(500) {
        assert_eq!(at(&Page { night: true, ..page() }, 0, elapsed_ms), View::Dark);
    }
}

#[test]
fn local_power_is_shown_with_and_without_a_server() {
    let own = |after: i64| LocalPower { at: later(after), power_w: 700, step: None };
    let fresh = with_local_power(page(), own(10));
    assert_eq!((fresh.power_w, fresh.rank, fresh.since), (Some(700), Some(1), Some(later(10))));
    let older = with_local_power(page(), own(-20));
    assert_eq!(older, page(), "the server knows a later reading");
    for (name, alone) in [
        ("Söderhamn", with_local_power(page(), own(PAGE_MAX_AGE_S))),
        ("", with_local_power(page_without_contact(Language::Swedish), own(PAGE_MAX_AGE_S))),
    ] {
        assert_eq!((alone.power_w, alone.name.as_str()), (Some(700), name));
        assert_eq!((alone.rank, alone.today_wh, alone.saving_permille), (None, None, None));
        assert_eq!((alone.ticker.as_str(), alone.hours_w), ("", [None; 24]));
        assert_eq!(at(&alone, PAGE_MAX_AGE_S, 20_000), View::Power);
        // The panel itself notices when its own meter falls silent.
        assert_eq!(at(&alone, 2 * PAGE_MAX_AGE_S, 20_000 % NO_CONTACT_NAME_MS), View::NoContact);
    }
    // 23:00 in Sweden, long after the server was last heard.
    assert!(with_local_power(page(), own(11 * 3600)).night);
    assert!(!with_local_power(page(), own(24 * 3600)).night);
    let step = LocalPower { step: Some((later(10), 2000)), ..own(10) };
    assert_eq!(at(&with_local_power(page(), step), 12, 0), View::Step);
}

#[test]
fn before_the_first_page_there_is_no_contact() {
    for language in [Language::Swedish, Language::English] {
        for elapsed_ms in (0..ROTATION_MS).step_by(1000) {
            assert_eq!(at(&page_without_contact(language), 0, elapsed_ms), View::NoContact);
        }
    }
}

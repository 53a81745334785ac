//! Pages of participants in all states, and the moments at which they are shown.
use panel::{Moment, View};
use wire::{Contact, Direction, Language, Page, Text, Time};

/// A page, the moment at which it is shown, and its view at that moment.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) page: Page,
    pub(crate) moment: Moment,
    pub(crate) view: View,
}

/// A Tuesday in the contest, 12:00 in Sweden.
pub(crate) const NOW: &str = "2027-04-20T10:00:00Z";

pub(crate) fn time(text: &str) -> Time {
    text.parse().expect("a time")
}

/// An office building in the middle of a day.
pub(crate) fn page() -> Page {
    let kw = [5, 5, 5, 5, 5, 6, 8, 14, 19, 22, 23, 22, 19, 22, 23, 21, 17, 12, 8, 7, 6, 5, 5, 5];
    let mut hours_w = kw.map(|kw| Some(kw * 1000 + 300));
    hours_w.rotate_left(12);
    Page {
        t: time(NOW),
        name: Text::truncated("Söderhamn"),
        contact: Contact::Live,
        since: Some(time("2027-04-20T09:59:50Z")),
        utc_offset_min: 120,
        power_w: Some(18_249),
        step_w: None,
        step_at: None,
        today_wh: Some(142_300),
        today_baseline_wh: Some(155_000),
        saving_permille: Some(224),
        direction: Some(Direction::Up),
        rank: Some(1),
        of: 24,
        wh_per_m2: Some(2870),
        night_w: Some(6200),
        hours_w,
        ticker: Text::truncated("Piteå närmar sig: 18,9 %. Släck när du går!"),
        night: false,
        language: Language::Swedish,
    }
}

/// A second of the rotation at which a view is shown.
pub(crate) fn second(view: View) -> u64 {
    match view {
        View::Power | View::Step | View::NoContact | View::Dark => 0,
        View::Today => 8,
        View::Saving => 14,
        View::Rank => 20,
        View::Day => 32,
        View::Intensity => 38,
        View::LastNight => 44,
        View::Name => 50,
        View::Ticker => 54,
    }
}

fn at(view: View) -> Moment {
    Moment { now: time(NOW), elapsed_ms: second(view) * 1000 }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |name: &str, view: View, change: &dyn Fn(&mut Page)| {
        let mut page = page();
        change(&mut page);
        cases.push(Case { name: name.to_owned(), page, moment: at(view), view });
    };
    measures(&mut case);
    notices(&mut case);
    fallbacks(&mut case);
    for (name, ms) in [("ticker-enters", 54_400), ("ticker", 57_500), ("ticker-runs", 61_000)] {
        let moment = Moment { now: time(NOW), elapsed_ms: ms };
        cases.push(Case { name: name.to_owned(), page: page(), moment, view: View::Ticker });
    }
    for (name, ms) in [("no-contact-name", 9_000), ("no-contact-again", 12_000)] {
        let moment = Moment { now: time(NOW), elapsed_ms: ms };
        let page = Page { contact: Contact::Stale, ..page() };
        let view = if ms < 12_000 { View::Name } else { View::NoContact };
        cases.push(Case { name: name.to_owned(), page, moment, view });
    }
    for (name, later) in
        [("unheard-server", 300), ("unheard-server-days", 200_000), ("clock-behind", -86_400)]
    {
        let now = Time::from_unix(time(NOW).unix() + later).expect("a time");
        let moment = Moment { now, elapsed_ms: 0 };
        cases.push(Case { name: name.to_owned(), page: page(), moment, view: View::NoContact });
    }
    cases
}

type Add<'a> = dyn FnMut(&str, View, &dyn Fn(&mut Page)) + 'a;

fn measures(case: &mut Add<'_>) {
    for (name, watts) in [
        ("power", 18_249),
        ("power-zero", 0),
        ("power-small", 1727),
        ("power-export", -12_000),
        ("power-hundred", 125_400),
        ("power-large", 1_250_000),
        ("power-absurd", i64::MIN),
    ] {
        case(name, View::Power, &|page| page.power_w = Some(watts));
    }
    case("power-english", View::Power, &|page| page.language = Language::English);
    for (name, today, usual) in [
        ("today", 142_300, Some(155_000)),
        ("today-above", 171_000, Some(155_000)),
        ("today-far-above", 1_571_000, Some(55_000)),
        ("today-equal", 155_000, Some(155_000)),
        ("today-zero", 0, Some(155_000)),
        ("today-midnight", 0, Some(0)),
        ("today-export", -3_000, Some(155_000)),
        ("today-no-baseline", 142_300, None),
        ("today-large", 12_423_000, Some(13_550_000)),
    ] {
        case(name, View::Today, &|page| {
            page.today_wh = Some(today);
            page.today_baseline_wh = usual;
        });
    }
    for (name, permille, direction) in [
        ("saving", 224, Some(Direction::Up)),
        ("saving-level", 84, Some(Direction::Level)),
        ("saving-down", 189, Some(Direction::Down)),
        ("saving-unknown-direction", 84, None),
        ("saving-whole", 80, Some(Direction::Up)),
        ("saving-negative", -352, Some(Direction::Down)),
        ("saving-over", 1010, Some(Direction::Up)),
        ("saving-absurd", i16::MIN, Some(Direction::Level)),
        ("saving-zero", 0, Some(Direction::Level)),
    ] {
        case(name, View::Saving, &|page| {
            page.saving_permille = Some(permille);
            page.direction = direction;
        });
    }
    for (name, rank, of) in [
        ("rank", 1, 24),
        ("rank-middle", 17, 24),
        ("rank-last", 290, 290),
        ("rank-absurd", u16::MAX, u16::MAX),
    ] {
        case(name, View::Rank, &|page| (page.rank, page.of) = (Some(rank), of));
    }
    for (name, wh) in [
        ("intensity", 2870),
        ("intensity-large", 14_249),
        ("intensity-hundred", 123_000),
        ("intensity-absurd", u32::MAX),
    ] {
        case(name, View::Intensity, &|page| page.wh_per_m2 = Some(wh));
    }
    case("day", View::Day, &|_| ());
    case("day-gaps", View::Day, &|page| {
        page.hours_w[3..7].fill(None);
        page.hours_w[12] = Some(0);
    });
    case("day-flat", View::Day, &|page| page.hours_w = [Some(u32::MAX); 24]);
    case("day-one", View::Day, &|page| {
        page.hours_w = [None; 24];
        page.hours_w[23] = Some(0);
    });
    for (name, watts) in [("last-night", 6200), ("last-night-large", 1_640_000)] {
        case(name, View::LastNight, &|page| page.night_w = Some(watts));
    }
    for view in [View::Today, View::Saving, View::Rank, View::Intensity, View::Day, View::LastNight]
    {
        let name = format!("english-{view:?}").to_lowercase();
        case(&name, view, &|page| page.language = Language::English);
    }
}

fn notices(case: &mut Add<'_>) {
    for name in [
        "Söderhamn",
        "Sala",
        "Mora",
        "Örnsköldsvik",
        "Älvdalen",
        "Västerås",
        "Lindesberg",
        "Upplands Väsby",
        "Upplands-Bro",
        "Malung-Sälen",
        "Skinnskatteberg",
        "Östra Göinge",
        "Dals-Ed",
        "Gällivare – Jiellevárri – Váhtj",
        "Åé",
        "MMMMMMMMMMMMMMMMMMMMMMMMMMMMMMMM",
    ] {
        let file: String = name
            .chars()
            .map(|c| match c {
                'å' | 'ä' | 'Å' | 'Ä' | 'á' => 'a',
                'ö' | 'Ö' => 'o',
                'é' => 'e',
                c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
                _ => '-',
            })
            .collect();
        case(&format!("name-{file}"), View::Name, &|page| page.name = Text::truncated(name));
    }
    for (name, watts) in [
        ("step-on", 2_400),
        ("step-off", -2_400),
        ("step-small", 800),
        ("step-large", 125_000),
        ("step-off-large", -43_200),
        ("step-absurd", i64::MIN),
    ] {
        case(name, View::Step, &|page| {
            page.step_w = Some(watts);
            page.step_at = Some(time("2027-04-20T09:59:50Z"));
        });
    }
    case("step-night-english", View::Step, &|page| {
        page.step_w = Some(-2_400);
        page.step_at = Some(time("2027-04-20T09:59:50Z"));
        (page.night, page.language) = (true, Language::English);
    });
    for (name, watts) in
        [("dark", Some(5_300)), ("dark-unknown", None), ("dark-large", Some(1_250_000))]
    {
        case(name, View::Dark, &|page| (page.night, page.power_w) = (true, watts));
    }
    for (state, contact) in [("stale", Contact::Stale), ("silent", Contact::Silent)] {
        for (when, since) in [
            ("today", Some("2027-04-20T09:32:10Z")),
            ("days", Some("2027-04-03T04:15:00Z")),
            ("never", None),
        ] {
            case(&format!("{state}-{when}"), View::NoContact, &|page| {
                (page.contact, page.since) = (contact, since.map(time));
            });
        }
    }
    case("stale-english", View::NoContact, &|page| {
        (page.contact, page.language) = (Contact::Stale, Language::English);
    });
    case("stale-night", View::NoContact, &|page| {
        (page.contact, page.night) = (Contact::Stale, true);
    });
}

/// A view without its number is replaced by the power, and that by the name.
fn fallbacks(case: &mut Add<'_>) {
    let bare = |page: &mut Page| {
        (page.power_w, page.today_wh, page.saving_permille, page.rank) = (None, None, None, None);
        (page.wh_per_m2, page.night_w, page.hours_w) = (None, None, [None; 24]);
        page.ticker = Text::truncated("");
    };
    case("bare", View::Name, &bare);
    case("bare-nameless", View::Power, &|page| {
        bare(page);
        page.name = Text::truncated("");
    });
    case("english-night-export", View::Dark, &|page| {
        (page.language, page.night, page.power_w) = (Language::English, true, Some(-800));
    });
}

//! The layout of any page at any moment: nothing is outside the panel, overlaps or is
//! truncated.
use std::{collections::HashSet, convert::Infallible, format, string::String, vec::Vec};

use embedded_graphics::{
    Pixel,
    pixelcolor::Rgb888,
    prelude::{Dimensions, DrawTarget, Point, RgbColor},
    primitives::Rectangle,
};
use proptest::prelude::*;
use wire::{Contact, Direction, Language, Page, Text, Time};

use super::scene;
use crate::{
    Moment, Size, View,
    geometry::area,
    scene::{Content, Item, Scene},
    view,
};

/// Records the pixels drawn, and panics where one is drawn twice.
struct Probe {
    panel: Rectangle,
    drawn: HashSet<(i32, i32)>,
}

impl Dimensions for Probe {
    /// Larger than the panel, so that clipping does not hide a fault.
    fn bounding_box(&self) -> Rectangle {
        area(-4000, -4000, 8000, 8000)
    }
}

impl DrawTarget for Probe {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(Point { x, y }, color) in pixels {
            assert!(self.panel.contains(Point::new(x, y)), "outside: {x},{y}");
            assert!(self.drawn.insert((x, y)), "twice: {x},{y}");
            // At six bits and a gamma of 2.2, half of what is left at 64 is dark.
            for part in [color.r(), color.g(), color.b()] {
                assert!(part == 0 || part >= 64, "too dark for an LED: {color:?}");
            }
        }
        Ok(())
    }
}

fn panel(size: Size) -> Rectangle {
    area(0, 0, size.width() as i32, size.height() as i32)
}

fn check(page: &Page, size: Size, moment: Moment) {
    let scene = scene(page, size, moment);
    let Scene { items } = &scene;
    for (i, Item { area, content, .. }) in items.iter().enumerate() {
        assert_eq!(area.intersection(&panel(size)), *area, "leaves the panel: {content:?}");
        for other in &items[..i] {
            let both = area.intersection(&other.area);
            assert!(both.is_zero_sized(), "{content:?} over {:?}", other.content);
        }
        let mut probe = Probe { panel: *area, drawn: HashSet::new() };
        let alone = Scene { items: [items[i].clone()].into_iter().collect() };
        let Ok(()) = alone.draw(&mut probe);
    }
    if let Some(wanted) = required_texts(page, size, moment) {
        let texts: Vec<String> = items.iter().filter_map(|item| text(&item.content)).collect();
        let all = squeezed(&texts.concat());
        for word in wanted {
            assert!(all.contains(&squeezed(&word)), "{word:?} is truncated in {texts:?}");
        }
    }
}

/// The text without the characters that a line break may remove.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn text(content: &Content<'_>) -> Option<String> {
    match content {
        Content::Text { text, .. } => Some(text.as_str().into()),
        Content::Figure { text, .. } => Some(text.as_str().into()),
        Content::Ticker { text, .. } => Some((*text).into()),
        Content::Shape(_) => None,
    }
}

/// Texts that must be shown complete.
fn required_texts(page: &Page, size: Size, moment: Moment) -> Option<Vec<String>> {
    let sv = page.language == Language::Swedish;
    let name: String = page.name.as_str().trim().into();
    Some(match view(page, size, moment) {
        View::Name => std::vec![name],
        View::Ticker => std::vec![page.ticker.as_str().trim().into()],
        View::Rank => std::vec![format!("{}", page.rank?), format!("{}", page.of)],
        View::Saving => {
            std::vec![String::from(if sv { "Besparing" } else { "Saving" }), "%".into()]
        }
        View::NoContact => std::vec![String::from(if sv { "Ingenkontakt" } else { "Nocontact" })],
        View::Power => std::vec![String::from("W")],
        View::Intensity => std::vec![String::from("Wh"), "/m²".into()],
        View::Today if page.today_wh? < 0 => std::vec![String::from("Wh")],
        _ => return None,
    })
}

/// Round numbers and limits are as likely as all others.
fn watts() -> impl Strategy<Value = i64> {
    const COMMON: &[i64] = &[0, 30, 999, 9_950, 99_949, 99_951, 1_250_000, 9_999_499, 9_999_500];
    prop_oneof![
        any::<i64>(),
        -2_000_000_i64..20_000_000,
        prop::sample::select(COMMON),
        Just(i64::MIN),
        Just(i64::MAX),
    ]
}

fn moment() -> impl Strategy<Value = (i64, u64)> {
    (-400_i64..400, prop_oneof![0_u64..80_000, any::<u64>()])
}

prop_compose! {
    fn numbers()(
        power_w in prop::option::of(watts()),
        step_w in prop::option::of(watts()),
        today_wh in prop::option::of(watts()),
        today_baseline_wh in prop::option::of(watts()),
        saving_permille in prop::option::of(any::<i16>()),
        direction in prop::option::of(prop::sample::select(&[Direction::Up, Direction::Level, Direction::Down][..])),
        rank in prop::option::of(any::<u16>()),
        of in any::<u16>(),
        wh_per_m2 in prop::option::of(any::<u32>()),
        night_w in prop::option::of(any::<u32>()),
        hours_w in prop::array::uniform24(prop::option::of(prop_oneof![any::<u32>(), 0_u32..30_000])),
    ) -> Page {
        Page {
            t: Time::default(), name: Text::truncated(""), contact: Contact::Live, since: None,
            utc_offset_min: 0, power_w, step_w, step_at: None, today_wh, today_baseline_wh,
            saving_permille, direction, rank, of, wh_per_m2, night_w, hours_w,
            ticker: Text::truncated(""), night: false, language: Language::Swedish,
        }
    }
}

prop_compose! {
    fn page()(
        numbers in numbers(),
        t in 1_000_000_i64..4_000_000_000,
        name in "\\PC{0,32}|[A-ZÅÄÖ][a-zåäöé]{1,14}([ -][A-ZÅÄÖ][a-zåäö]{1,14})?|[MW]{0,32}",
        contact in prop::sample::select(&[Contact::Live, Contact::Live, Contact::Live, Contact::Stale, Contact::Silent][..]),
        since in prop::option::of(0_i64..4_000_000_000),
        utc_offset_min in any::<i16>(),
        step_ago in prop::option::of(-60_i64..60),
        ticker in "\\PC{0,160}|[a-zåäö %0-9]{0,80}",
        night in prop::bool::weighted(0.2),
        english in any::<bool>(),
    ) -> Page {
        let time = |seconds| Time::from_unix(seconds).expect("a time");
        Page {
            t: time(t), name: Text::truncated(&name), contact, since: since.map(time), utc_offset_min,
            step_at: step_ago.map(|ago| time(t - ago)), ticker: Text::truncated(&ticker), night,
            language: if english { Language::English } else { Language::Swedish }, ..numbers
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_page_fits_its_panel(page in page(), (ago, elapsed_ms) in moment()) {
        let now = Time::from_unix(page.t.unix() + ago).expect("a time");
        for size in Size::ALL {
            check(&page, size, Moment { now, elapsed_ms });
        }
    }

    /// Tests every view, independent of the random moment.
    #[test]
    fn any_page_fits_its_panel_in_every_view(page in page(), ms in 0_u64..8_000) {
        let page = Page { contact: Contact::Live, night: false, step_w: None, ..page };
        for second in (0..80).step_by(6) {
            let moment = Moment { now: page.t, elapsed_ms: second * 1000 + ms };
            for size in Size::ALL {
                check(&page, size, moment);
            }
        }
    }
}

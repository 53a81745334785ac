//! The views without a measured value of their own: name, ticker, step, no contact, night.
use embedded_graphics::pixelcolor::Rgb888;
use wire::{Direction, Page};

use super::{Layout, figure::Figure, footer, label};
use crate::{
    Moment,
    freshness::{Freshness, LocalTime, freshness},
    geometry::area,
    labels, palette, quantity,
    scene::{Content, Scene},
    shapes::Shape,
    text::{BOLD, Face, GIANT, LARGE, NARROW, PLAIN, TINY},
    ticker, view,
};

/// Faces of a name, largest first.
const NAMES: [Face; 6] = [GIANT, LARGE, BOLD, PLAIN, NARROW, TINY];

/// Lines in the middle of the panel, in the largest face that takes them without
/// breaking a word; a word too long even for the smallest is broken.
fn lines(scene: &mut Scene<'_>, layout: Layout, text: &str, color: Rgb888) {
    let limit = layout.width - 2;
    let high = |face: Face, lines: &Lines<'_>| {
        // Room for an accent above and a tail below.
        face.cap + (lines.len() as i32 - 1) * pitch(face) + face.cap / 2 + 1
    };
    let whole = NAMES.into_iter().find_map(|face| {
        let lines = wrap(text, face, limit, false)?;
        (high(face, &lines) <= layout.height).then_some((face, lines))
    });
    let Some((face, lines)) = whole.or_else(|| Some((TINY, wrap(text, TINY, limit, true)?))) else {
        return;
    };
    let rest = (lines.len() as i32 - 1) * pitch(face);
    let mut baseline = (layout.height + face.cap - rest + 1) / 2;
    for line in lines {
        scene.text(face, line, ((layout.width - face.width(line)) / 2, baseline), color);
        baseline += pitch(face);
    }
}

/// From baseline to baseline.
fn pitch(face: Face) -> i32 {
    face.cap + face.cap / 2 + 2
}

/// 32 of the widest letters take four lines of the small panel.
type Lines<'a> = heapless::Vec<&'a str, 4>;

/// Lines of at most `limit` pixels, broken at spaces and behind hyphens or, if
/// `anywhere`, where they are full. Nothing if that is not possible.
fn wrap(text: &str, face: Face, limit: i32, anywhere: bool) -> Option<Lines<'_>> {
    let mut lines = Lines::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let ends = rest.char_indices().map(|(at, c)| (at + c.len_utf8(), c));
        let (end, _) = ends
            .filter(|(end, c)| anywhere || *c == ' ' || *c == '-' || *end == rest.len())
            .take_while(|(end, _)| face.width(rest[..*end].trim_end()) <= limit)
            .last()?;
        lines.push(rest[..end].trim_end()).ok()?;
        rest = rest[end..].trim_start();
    }
    Some(lines)
}

pub(super) fn name(scene: &mut Scene<'_>, layout: Layout, page: &Page, moment: Moment) {
    let color = match freshness(page, moment.now) {
        Freshness::Current => palette::FIGURE,
        Freshness::Lost { silent, .. } => no_contact_color(page, silent),
    };
    lines(scene, layout, page.name.as_str(), color);
}

pub(super) fn ticker<'a>(scene: &mut Scene<'a>, layout: Layout, page: &'a Page, moment: Moment) {
    label(scene, layout, page.name.as_str().trim(), palette::LABEL);
    let text = page.ticker.as_str().trim();
    let face = ticker::face(layout.size);
    let extent = face.extent(text);
    let left = ticker::left(text, layout.size, view::ticker_ms(moment));
    let baseline = (layout.top + layout.height + face.cap) / 2;
    let place = area(0, baseline - extent.above, layout.width, extent.above + extent.below);
    scene.add(place, Content::Ticker { face, text, left, above: extent.above }, palette::RANK);
}

pub(super) fn step(scene: &mut Scene<'_>, layout: Layout, page: &Page, moment: Moment) {
    let Some(watts) = view::step(page, moment.now) else { return };
    let (word, color, direction) = if watts > 0 {
        (labels::SWITCHED_ON, palette::MORE, Direction::Up)
    } else {
        (labels::SWITCHED_OFF, palette::LESS, Direction::Down)
    };
    label(scene, layout, word.of(page.language), color);
    let amount = quantity::signed(quantity::power(watts, page.language), watts > 0);
    let figure = Figure {
        text: &amount.digits,
        color,
        unit: amount.unit,
        unit_color: color,
        lead: "",
        arrow: Some(direction),
    };
    figure.place(scene, layout, layout.top, layout.bottom);
    footer(scene, layout, &page.name, palette::LABEL);
}

/// Colour of text without contact.
fn no_contact_color(page: &Page, silent: bool) -> Rgb888 {
    match (page.night, silent) {
        (true, _) => palette::DARK,
        (false, true) => palette::FAINT,
        (false, false) => palette::WARNING,
    }
}

pub(super) fn no_contact(scene: &mut Scene<'_>, layout: Layout, page: &Page, moment: Moment) {
    let Freshness::Lost { since, silent } = freshness(page, moment.now) else { return };
    let color = no_contact_color(page, silent);
    let Some(since) = since else {
        return lines(scene, layout, labels::NO_CONTACT.of(page.language), color);
    };
    label(scene, layout, labels::NO_CONTACT.of(page.language), color);
    let (top, bottom) = if page.night { dim(layout) } else { (layout.top, layout.bottom) };
    if !page.night {
        footer(scene, layout, &page.name, color);
    }
    let [since, now] = [since, moment.now].map(|time| LocalTime::new(time, page.utc_offset_min));
    let word = labels::SINCE.of(page.language);
    if since.same_day(&now) {
        let figure = Figure {
            text: &since.clock(),
            color,
            unit: "",
            unit_color: color,
            lead: word,
            arrow: None,
        };
        return figure.place(scene, layout, top, bottom);
    }
    let date = since.date(page.language);
    let pairs = [(LARGE, GIANT), (BOLD, LARGE), (NARROW, BOLD), (NARROW, PLAIN), (TINY, NARROW)];
    let width =
        |(small, large): (Face, Face)| small.width(word) + large.cap / 2 + large.width(&date);
    if let Some(pair) = pairs.into_iter().find(|pair| width(*pair) <= layout.width - 2) {
        let baseline = (top + bottom + pair.1.cap) / 2;
        let left = (layout.width - width(pair)) / 2;
        scene.text(pair.0, word, (left, baseline), color);
        let left = left + width(pair) - pair.1.width(&date);
        scene.text(pair.1, &date, (left, baseline), color);
    }
}

/// The rows that are used at night.
const fn dim(layout: Layout) -> (i32, i32) {
    if layout.small() { (11, 29) } else { (23, 41) }
}

pub(super) fn dark(scene: &mut Scene<'_>, layout: Layout, page: &Page) {
    let Some(watts) = page.power_w else {
        let place = area(layout.width / 2 - 4, layout.height / 2 - 4, 8, 8);
        return scene.shape(place, Shape::Moon, palette::DARK);
    };
    let amount = quantity::power(watts, page.language);
    let figure = Figure {
        text: &amount.digits,
        color: palette::DARK,
        unit: amount.unit,
        unit_color: palette::DARK,
        lead: "",
        arrow: None,
    };
    let (top, bottom) = dim(layout);
    figure.place(scene, layout, top, bottom);
}

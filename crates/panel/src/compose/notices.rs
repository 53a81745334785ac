//! The views that tell: whose panel it is, the ticker, a step, no contact, the dark.
use embedded_graphics::pixelcolor::Rgb888;
use wire::{Direction, Page};

use super::{Sheet, figure::Figure, footer, label};
use crate::{
    Moment,
    contact::{Heard, Local, heard},
    ink, number,
    scene::{Scene, What, area},
    shapes::Shape,
    text::{BOLD, Face, GIANT, LARGE, NARROW, PLAIN, TINY},
    ticker, view, words,
};

/// Faces of a name, largest first.
const NAMES: [Face; 6] = [GIANT, LARGE, BOLD, PLAIN, NARROW, TINY];

/// Lines in the middle of the panel, in the largest face that takes them without
/// breaking a word; a word too long even for the smallest is broken.
fn lines(scene: &mut Scene<'_>, sheet: Sheet, text: &str, color: Rgb888) {
    let limit = sheet.width - 2;
    let high = |face: Face, lines: &Lines<'_>| {
        // Room for an accent above and a tail below.
        face.cap + (lines.len() as i32 - 1) * pitch(face) + face.cap / 2 + 1
    };
    let whole = NAMES.into_iter().find_map(|face| {
        let lines = wrap(text, face, limit, false)?;
        (high(face, &lines) <= sheet.height).then_some((face, lines))
    });
    let Some((face, lines)) = whole.or_else(|| Some((TINY, wrap(text, TINY, limit, true)?))) else {
        return;
    };
    let rest = (lines.len() as i32 - 1) * pitch(face);
    let mut baseline = (sheet.height + face.cap - rest + 1) / 2;
    for line in lines {
        scene.text(face, line, ((sheet.width - face.width(line)) / 2, baseline), color);
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

pub(super) fn name(scene: &mut Scene<'_>, sheet: Sheet, page: &Page, moment: Moment) {
    let color = match heard(page, moment.now) {
        Heard::Now => ink::FIGURE,
        Heard::Lost { silent, .. } => lost(page, silent),
    };
    lines(scene, sheet, page.name.as_str(), color);
}

pub(super) fn ticker<'a>(scene: &mut Scene<'a>, sheet: Sheet, page: &'a Page, moment: Moment) {
    label(scene, sheet, page.name.as_str().trim(), ink::LABEL);
    let text = page.ticker.as_str().trim();
    let face = ticker::face(sheet.size);
    let extent = face.extent(text);
    let left = ticker::left(text, sheet.size, view::ticker_ms(moment));
    let baseline = (sheet.top + sheet.height + face.cap) / 2;
    let place = area(0, baseline - extent.above, sheet.width, extent.above + extent.below);
    scene.add(place, What::Ticker { face, text, left, above: extent.above }, ink::RANK);
}

pub(super) fn step(scene: &mut Scene<'_>, sheet: Sheet, page: &Page, moment: Moment) {
    let Some(watts) = view::step(page, moment.now) else { return };
    let (word, color, direction) = if watts > 0 {
        (words::SWITCHED_ON, ink::MORE, Direction::Up)
    } else {
        (words::SWITCHED_OFF, ink::LESS, Direction::Down)
    };
    label(scene, sheet, word.of(page.language), color);
    let amount = number::signed(number::power(watts, page.language), watts > 0);
    let figure = Figure {
        text: &amount.digits,
        color,
        unit: amount.unit,
        unit_color: color,
        lead: "",
        arrow: Some(direction),
    };
    figure.place(scene, sheet, sheet.top, sheet.bottom);
    footer(scene, sheet, &page.name, ink::LABEL);
}

/// The colour of what is said while nothing is heard.
fn lost(page: &Page, silent: bool) -> Rgb888 {
    match (page.night, silent) {
        (true, _) => ink::DARK,
        (false, true) => ink::FAINT,
        (false, false) => ink::WARNING,
    }
}

pub(super) fn no_contact(scene: &mut Scene<'_>, sheet: Sheet, page: &Page, moment: Moment) {
    let Heard::Lost { since, silent } = heard(page, moment.now) else { return };
    let color = lost(page, silent);
    let Some(since) = since else {
        return lines(scene, sheet, words::NO_CONTACT.of(page.language), color);
    };
    label(scene, sheet, words::NO_CONTACT.of(page.language), color);
    let (top, bottom) = if page.night { dim(sheet) } else { (sheet.top, sheet.bottom) };
    if !page.night {
        footer(scene, sheet, &page.name, color);
    }
    let [since, now] = [since, moment.now].map(|time| Local::new(time, page.utc_offset_min));
    let word = words::SINCE.of(page.language);
    if since.same_day(&now) {
        let figure = Figure {
            text: &since.clock(),
            color,
            unit: "",
            unit_color: color,
            lead: word,
            arrow: None,
        };
        return figure.place(scene, sheet, top, bottom);
    }
    let date = since.date(page.language);
    let pairs = [(LARGE, GIANT), (BOLD, LARGE), (NARROW, BOLD), (NARROW, PLAIN), (TINY, NARROW)];
    let width =
        |(small, large): (Face, Face)| small.width(word) + large.cap / 2 + large.width(&date);
    if let Some(pair) = pairs.into_iter().find(|pair| width(*pair) <= sheet.width - 2) {
        let baseline = (top + bottom + pair.1.cap) / 2;
        let left = (sheet.width - width(pair)) / 2;
        scene.text(pair.0, word, (left, baseline), color);
        let left = left + width(pair) - pair.1.width(&date);
        scene.text(pair.1, &date, (left, baseline), color);
    }
}

/// The few rows that are used at night.
const fn dim(sheet: Sheet) -> (i32, i32) {
    if sheet.small() { (11, 29) } else { (23, 41) }
}

pub(super) fn dark(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let Some(watts) = page.power_w else {
        let place = area(sheet.width / 2 - 4, sheet.height / 2 - 4, 8, 8);
        return scene.shape(place, Shape::Moon, ink::DARK);
    };
    let amount = number::power(watts, page.language);
    let figure = Figure {
        text: &amount.digits,
        color: ink::DARK,
        unit: amount.unit,
        unit_color: ink::DARK,
        lead: "",
        arrow: None,
    };
    let (top, bottom) = dim(sheet);
    figure.place(scene, sheet, top, bottom);
}

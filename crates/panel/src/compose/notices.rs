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

/// One or two lines in the middle of the panel, in the largest face that takes them.
fn lines(scene: &mut Scene<'_>, sheet: Sheet, text: &str, color: Rgb888) {
    for face in NAMES {
        let pitch = face.cap + face.cap / 2 + 2;
        for (first, second) in splits(text) {
            let count = if second.is_empty() { 1 } else { 2 };
            let widest = face.width(first).max(face.width(second));
            // Room for an accent above and a tail below.
            let high = face.cap + (count - 1) * pitch + face.cap / 2 + 1;
            if widest > sheet.width - 2 || high > sheet.height {
                continue;
            }
            let mut baseline = (sheet.height + face.cap - (count - 1) * pitch + 1) / 2;
            for line in [first, second] {
                let left = (sheet.width - face.width(line)) / 2;
                scene.text(face, line, (left, baseline), color);
                baseline += pitch;
            }
            return;
        }
    }
}

/// A text whole, then in two at each space or hyphen, the evenest first, then
/// simply in the middle.
fn splits(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let text = text.trim();
    let middle = text.len() / 2;
    let even = |at: &usize| at.abs_diff(middle);
    let gap = text
        .match_indices([' ', '-'])
        .map(|(at, sign)| at + sign.len())
        .filter(|at| *at < text.len())
        .min_by_key(even);
    let anywhere = text.char_indices().map(|(at, _)| at).min_by_key(even);
    let cut = move |at: usize| {
        let (first, second) = text.split_at(at);
        (first.trim_end(), second.trim_start())
    };
    core::iter::once((text, "")).chain(gap.map(cut)).chain(anywhere.map(cut))
}

pub(super) fn name(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    lines(scene, sheet, page.name.as_str(), ink::FIGURE);
}

pub(super) fn ticker<'a>(scene: &mut Scene<'a>, sheet: Sheet, page: &'a Page, moment: Moment) {
    label(scene, sheet, page.name.as_str().trim(), ink::LABEL);
    let text = page.ticker.as_str().trim();
    let face = ticker::face(sheet.size);
    let extent = face.extent(text);
    let high = extent.above + extent.below;
    let left = ticker::left(text, sheet.size, view::ticker_ms(moment));
    let place = area(0, sheet.height - high - 1, sheet.width, high);
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
        arrow: Some(direction),
    };
    let (top, bottom) = if sheet.small() { (11, 32) } else { (16, 50) };
    figure.place(scene, sheet, top, bottom);
    footer(scene, sheet, &page.name, ink::LABEL);
}

pub(super) fn no_contact(scene: &mut Scene<'_>, sheet: Sheet, page: &Page, moment: Moment) {
    let Heard::Lost { since, silent } = heard(page, moment.now) else { return };
    let color = match (page.night, silent) {
        (true, _) => ink::DARK,
        (false, true) => ink::FAINT,
        (false, false) => ink::WARNING,
    };
    let Some(since) = since else {
        return lines(scene, sheet, words::NO_CONTACT.of(page.language), color);
    };
    let (since, now) =
        (Local::new(since, page.utc_offset_min), Local::new(moment.now, page.utc_offset_min));
    label(scene, sheet, words::NO_CONTACT.of(page.language), color);
    let row = if sheet.small() { 18 } else { 28 };
    if let Some(face) = sheet.fit(sheet.labels, words::SINCE.of(page.language), sheet.width - 2) {
        scene.text(face, words::SINCE.of(page.language), (1, row), color);
    }
    if since.same_day(&now) {
        let figure =
            Figure { text: &since.clock(), color, unit: "", unit_color: color, arrow: None };
        figure.place(scene, sheet, row + 1, sheet.height);
    } else {
        let date = since.date(page.language);
        let faces = if sheet.small() { &NAMES[2..] } else { &NAMES[1..] };
        if let Some(face) = sheet.fit(faces, &date, sheet.width - 2) {
            let left = (sheet.width - face.width(&date)) / 2;
            scene.text(face, &date, (left, sheet.height - 2), color);
        }
    }
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
        arrow: None,
    };
    let middle = sheet.height / 2;
    figure.place(scene, sheet, middle - 9, middle + 9);
}

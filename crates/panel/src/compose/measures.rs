//! The views that measure: power, today, saving, rank, intensity, a day, a night.
use embedded_graphics::pixelcolor::Rgb888;
use wire::{Direction, Page};

use super::{Sheet, figure::Figure, footer, label, label_within, remark};
use crate::{
    contact::Local,
    ink,
    number::{self, Amount},
    scene::{Scene, area},
    shapes::{Shape, share},
    words::{self, short},
};

/// A figure below the label row, above `bottom`.
fn amount(scene: &mut Scene<'_>, sheet: Sheet, amount: &Amount, color: Rgb888, bottom: i32) {
    let figure = Figure {
        text: &amount.digits,
        color,
        unit: amount.unit,
        unit_color: ink::LABEL,
        arrow: None,
    };
    figure.place(scene, sheet, top(sheet), bottom);
}

/// First row below the label.
fn top(sheet: Sheet) -> i32 {
    if sheet.small() { 11 } else { 16 }
}

/// First row of the footer, or the end.
fn bottom(sheet: Sheet) -> i32 {
    if sheet.small() { 32 } else { 50 }
}

pub(super) fn power(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let Some(watts) = page.power_w else { return };
    let (word, color) =
        if watts < 0 { (words::EXPORT, ink::LESS) } else { (words::POWER, ink::FIGURE) };
    label(scene, sheet, word.of(page.language), ink::LABEL);
    amount(scene, sheet, &number::power(watts, page.language), color, bottom(sheet));
    footer(scene, sheet, &page.name, ink::LABEL);
}

pub(super) fn today(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let Some(today) = page.today_wh else { return };
    let after = label(scene, sheet, words::TODAY.of(page.language), ink::LABEL);
    let usual = page.today_baseline_wh.filter(|usual| *usual > 0);
    let percent = usual.and_then(|usual| number::against(today, usual));
    let color = match percent {
        None | Some(0) => ink::FIGURE,
        Some(..0) => ink::LESS,
        Some(_) => ink::MORE,
    };
    if let Some(percent) = percent {
        let sign = if percent > 0 { "+" } else { "" };
        remark(scene, sheet, after, &short::<12>(format_args!("{sign}{percent} %")), color);
        let word = match percent {
            0 => words::AS_USUAL,
            ..0 => words::BELOW_USUAL,
            _ => words::ABOVE_USUAL,
        };
        let _ = word;
    }
    let (thick, edge) = if sheet.small() { (3, 1) } else { (7, 3) };
    let bar = area(edge, sheet.height - thick - edge, sheet.width - 2 * edge, thick);
    let long = bar.size.width as i32;
    let most = usual.unwrap_or(today).max(today);
    let filled = share(today, most, long);
    scene.shape(bar, Shape::Bar { filled, usual: usual.map(|u| share(u, most, long)) }, color);
    let energy = number::energy(today, page.language);
    amount(scene, sheet, &energy, ink::FIGURE, sheet.height - thick - 2 * edge);
}

pub(super) fn saving(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let Some(permille) = page.saving_permille else { return };
    let color = match permille {
        0 => ink::FIGURE,
        ..0 => ink::MORE,
        _ => ink::LESS,
    };
    label(scene, sheet, words::SAVING.of(page.language), ink::LABEL);
    let saving = number::percent(permille, page.language);
    let figure = Figure {
        text: &saving.digits,
        color,
        unit: saving.unit,
        unit_color: color,
        arrow: page.direction,
    };
    figure.place(scene, sheet, top(sheet), bottom(sheet));
    if let Some(direction) = page.direction {
        let word = match direction {
            Direction::Up => words::RISING,
            Direction::Level => words::STEADY,
            Direction::Down => words::FALLING,
        };
        footer(scene, sheet, word.of(page.language), ink::LABEL);
    }
}

pub(super) fn rank(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let Some(rank) = page.rank else { return };
    label(scene, sheet, words::RANK.of(page.language), ink::LABEL);
    let of = words::OF.of(page.language);
    let figure = Figure {
        text: &short(format_args!("{rank}")),
        color: ink::RANK,
        unit: &short::<16>(format_args!("{of}\n{}", page.of)),
        unit_color: ink::LABEL,
        arrow: None,
    };
    figure.place(scene, sheet, top(sheet), bottom(sheet));
    footer(scene, sheet, &page.name, ink::LABEL);
}

pub(super) fn intensity(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let Some(watt_hours) = page.wh_per_m2 else { return };
    label(scene, sheet, words::INTENSITY.of(page.language), ink::LABEL);
    let intensity = number::intensity(watt_hours, page.language);
    let figure = Figure {
        text: &intensity.digits,
        color: ink::FIGURE,
        unit: &short::<12>(format_args!("{}\n/m²", intensity.unit)),
        unit_color: ink::LABEL,
        arrow: None,
    };
    figure.place(scene, sheet, top(sheet), bottom(sheet));
    footer(scene, sheet, words::SINCE_START.of(page.language), ink::LABEL);
}

pub(super) fn day<'a>(scene: &mut Scene<'a>, sheet: Sheet, page: &'a Page) {
    let after =
        label_within(scene, sheet, words::DAY.of(page.language), sheet.width - 2, ink::LABEL);
    let most = page.hours_w.iter().flatten().max().copied().unwrap_or(0);
    let peak = number::power(i64::from(most), page.language);
    if !sheet.small() {
        let word = words::PEAK.of(page.language);
        let text = short::<24>(format_args!("{word} {} {}", peak.digits, peak.unit));
        remark(scene, sheet, after, &text, ink::FIGURE);
    }
    let (step, gap) = if sheet.small() { (2, 0) } else { (5, 1) };
    let wide = 24 * step - gap;
    let top = top(sheet);
    let place = area((sheet.width - wide) / 2, top, 24 * step, sheet.height - top - 1);
    // The last of them is the last complete one.
    let hour = (Local::new(page.t, page.utc_offset_min).hour() + 23) % 24;
    scene.shape(place, Shape::Curve { hours: &page.hours_w, hour, gap }, ink::RANK);
}

pub(super) fn last_night(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let Some(watts) = page.night_w else { return };
    label(scene, sheet, words::LAST_NIGHT.of(page.language), ink::LABEL);
    let moon = if sheet.small() { 8 } else { 12 };
    let place = area(sheet.width - moon - 1, 1, moon, moon);
    scene.shape(place, Shape::Moon, ink::NIGHT);
    let power = number::power(i64::from(watts), page.language);
    amount(scene, sheet, &power, ink::NIGHT, bottom(sheet));
    footer(scene, sheet, words::LEFT_ON.of(page.language), ink::LABEL);
}

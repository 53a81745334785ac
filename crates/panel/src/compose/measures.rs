//! The views that measure: power, today, saving, rank, intensity, a day, a night.
use core::cmp::Ordering;

use embedded_graphics::pixelcolor::Rgb888;
use wire::{Direction, Page};

use super::{Sheet, figure::Figure, footer, label, remark};
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
        lead: "",
        arrow: None,
    };
    figure.place(scene, sheet, sheet.top, bottom);
}

/// Also stands in for everything else: a panel that works is never all dark by day.
pub(super) fn power(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let (word, color) = match page.power_w {
        Some(..0) => (words::EXPORT, ink::LESS),
        Some(_) => (words::POWER, ink::FIGURE),
        None => (words::POWER, ink::FAINT),
    };
    label(scene, sheet, word.of(page.language), ink::LABEL);
    let power = match page.power_w {
        Some(watts) => number::power(watts, page.language),
        None => Amount { digits: short(format_args!("-")), unit: "kW" },
    };
    amount(scene, sheet, &power, color, sheet.bottom);
    footer(scene, sheet, &page.name, ink::LABEL);
}

pub(super) fn today(scene: &mut Scene<'_>, sheet: Sheet, page: &Page) {
    let Some(today) = page.today_wh else { return };
    let after = label(scene, sheet, words::TODAY.of(page.language), ink::LABEL);
    let usual = page.today_baseline_wh.filter(|usual| *usual > 0);
    let percent = usual.and_then(|usual| number::against(today, usual));
    let color = match usual.map(|usual| today.cmp(&usual)) {
        None | Some(Ordering::Equal) => ink::FIGURE,
        Some(Ordering::Less) => ink::LESS,
        Some(Ordering::Greater) => ink::MORE,
    };
    if let Some(percent) = percent {
        let sign = if percent > 0 { "+" } else { "" };
        remark(scene, sheet, after, &short::<12>(format_args!("{sign}{percent} %")), color);
    }
    let (thick, edge, end) = if sheet.small() { (3, 1, 32) } else { (7, 3, 62) };
    let bar = area(edge, end - thick, sheet.width - 2 * edge, thick);
    let long = bar.size.width as i32;
    let most = usual.unwrap_or(today).max(today);
    let filled = share(today, most, long);
    scene.shape(bar, Shape::Bar { filled, usual: usual.map(|u| share(u, most, long)) }, color);
    let energy = number::energy(today, page.language);
    amount(scene, sheet, &energy, ink::FIGURE, end - thick - edge / 2);
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
        lead: "",
        arrow: page.direction,
    };
    figure.place(scene, sheet, sheet.top, sheet.bottom);
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
        lead: "",
        arrow: None,
    };
    figure.place(scene, sheet, sheet.top, sheet.bottom);
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
        lead: "",
        arrow: None,
    };
    figure.place(scene, sheet, sheet.top, sheet.bottom);
    footer(scene, sheet, words::SINCE_START.of(page.language), ink::LABEL);
}

pub(super) fn day<'a>(scene: &mut Scene<'a>, sheet: Sheet, page: &'a Page) {
    let after = label(scene, sheet, words::DAY.of(page.language), ink::LABEL);
    let most = page.hours_w.iter().flatten().max().copied().unwrap_or(0);
    let peak = number::power(i64::from(most), page.language);
    if !sheet.small() {
        let word = words::PEAK.of(page.language);
        let text = short::<24>(format_args!("{word} {} {}", peak.digits, peak.unit));
        remark(scene, sheet, after, &text, ink::FIGURE);
    }
    let (step, gap) = if sheet.small() { (2, 0) } else { (5, 1) };
    let wide = 24 * step - gap;
    let top = sheet.top;
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
    amount(scene, sheet, &power, ink::NIGHT, sheet.bottom);
    footer(scene, sheet, words::NIGHT_HOURS.of(page.language), ink::LABEL);
}

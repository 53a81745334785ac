//! The views that measure: power, today, saving, rank, intensity, a day, a night.
use core::cmp::Ordering;

use embedded_graphics::pixelcolor::Rgb888;
use wire::{Direction, Page};

use super::{Layout, figure::Figure, footer, label, remark};
use crate::{
    freshness::LocalTime,
    geometry::area,
    labels::{self, short},
    palette,
    quantity::{self, FormattedQuantity},
    scene::Scene,
    shapes::{Shape, share},
};

/// A figure below the label row, above `bottom`.
fn amount(
    scene: &mut Scene<'_>,
    layout: Layout,
    amount: &FormattedQuantity,
    color: Rgb888,
    bottom: i32,
) {
    let figure = Figure {
        text: &amount.digits,
        color,
        unit: amount.unit,
        unit_color: palette::LABEL,
        lead: "",
        arrow: None,
    };
    figure.place(scene, layout, layout.top, bottom);
}

/// Also replaces views without a value, so that a working panel is never dark by day.
pub(super) fn power(scene: &mut Scene<'_>, layout: Layout, page: &Page) {
    let (word, color) = match page.power_w {
        Some(..0) => (labels::EXPORT, palette::LESS),
        Some(_) => (labels::POWER, palette::FIGURE),
        None => (labels::POWER, palette::FAINT),
    };
    label(scene, layout, word.of(page.language), palette::LABEL);
    let power = match page.power_w {
        Some(watts) => quantity::power(watts, page.language),
        None => FormattedQuantity { digits: short(format_args!("-")), unit: "kW" },
    };
    amount(scene, layout, &power, color, layout.bottom);
    footer(scene, layout, &page.name, palette::LABEL);
}

pub(super) fn today(scene: &mut Scene<'_>, layout: Layout, page: &Page) {
    let Some(today) = page.today_wh else { return };
    let after = label(scene, layout, labels::TODAY.of(page.language), palette::LABEL);
    let usual = page.today_baseline_wh.filter(|usual| *usual > 0);
    let percent = usual.and_then(|usual| quantity::percent_of_baseline(today, usual));
    let color = match usual.map(|usual| today.cmp(&usual)) {
        None | Some(Ordering::Equal) => palette::FIGURE,
        Some(Ordering::Less) => palette::LESS,
        Some(Ordering::Greater) => palette::MORE,
    };
    if let Some(percent) = percent {
        let sign = if percent > 0 { "+" } else { "" };
        remark(scene, layout, after, &short::<12>(format_args!("{sign}{percent} %")), color);
    }
    let (thick, edge, end) = if layout.small() { (3, 1, 32) } else { (7, 3, 62) };
    let bar = area(edge, end - thick, layout.width - 2 * edge, thick);
    let long = bar.size.width as i32;
    let most = usual.unwrap_or(today).max(today);
    let filled = share(today, most, long);
    scene.shape(bar, Shape::Bar { filled, usual: usual.map(|u| share(u, most, long)) }, color);
    let energy = quantity::energy(today, page.language);
    amount(scene, layout, &energy, palette::FIGURE, end - thick - edge / 2);
}

pub(super) fn saving(scene: &mut Scene<'_>, layout: Layout, page: &Page) {
    let Some(permille) = page.saving_permille else { return };
    let color = match permille {
        0 => palette::FIGURE,
        ..0 => palette::MORE,
        _ => palette::LESS,
    };
    label(scene, layout, labels::SAVING.of(page.language), palette::LABEL);
    let saving = quantity::percent(permille, page.language);
    let figure = Figure {
        text: &saving.digits,
        color,
        unit: saving.unit,
        unit_color: color,
        lead: "",
        arrow: page.direction,
    };
    figure.place(scene, layout, layout.top, layout.bottom);
    if let Some(direction) = page.direction {
        let word = match direction {
            Direction::Up => labels::RISING,
            Direction::Level => labels::STEADY,
            Direction::Down => labels::FALLING,
        };
        footer(scene, layout, word.of(page.language), palette::LABEL);
    }
}

pub(super) fn rank(scene: &mut Scene<'_>, layout: Layout, page: &Page) {
    let Some(rank) = page.rank else { return };
    label(scene, layout, labels::RANK.of(page.language), palette::LABEL);
    let of = labels::OF.of(page.language);
    let figure = Figure {
        text: &short(format_args!("{rank}")),
        color: palette::RANK,
        unit: &short::<16>(format_args!("{of}\n{}", page.of)),
        unit_color: palette::LABEL,
        lead: "",
        arrow: None,
    };
    figure.place(scene, layout, layout.top, layout.bottom);
    footer(scene, layout, &page.name, palette::LABEL);
}

pub(super) fn intensity(scene: &mut Scene<'_>, layout: Layout, page: &Page) {
    let Some(watt_hours) = page.wh_per_m2 else { return };
    label(scene, layout, labels::INTENSITY.of(page.language), palette::LABEL);
    let intensity = quantity::intensity(watt_hours, page.language);
    let figure = Figure {
        text: &intensity.digits,
        color: palette::FIGURE,
        unit: &short::<12>(format_args!("{}\n/m²", intensity.unit)),
        unit_color: palette::LABEL,
        lead: "",
        arrow: None,
    };
    figure.place(scene, layout, layout.top, layout.bottom);
    footer(scene, layout, labels::SINCE_START.of(page.language), palette::LABEL);
}

pub(super) fn day<'a>(scene: &mut Scene<'a>, layout: Layout, page: &'a Page) {
    let after = label(scene, layout, labels::DAY.of(page.language), palette::LABEL);
    let most = page.hours_w.iter().flatten().max().copied().unwrap_or(0);
    let peak = quantity::power(i64::from(most), page.language);
    if !layout.small() {
        let word = labels::PEAK.of(page.language);
        let text = short::<24>(format_args!("{word} {} {}", peak.digits, peak.unit));
        remark(scene, layout, after, &text, palette::FIGURE);
    }
    let (step, gap) = if layout.small() { (2, 0) } else { (5, 1) };
    let wide = 24 * step - gap;
    let top = layout.top;
    let place = area((layout.width - wide) / 2, top, 24 * step, layout.height - top - 1);
    // The last of them is the last complete one.
    let hour = (LocalTime::new(page.t, page.utc_offset_min).hour() + 23) % 24;
    scene.shape(place, Shape::Curve { hours: &page.hours_w, hour, gap }, palette::RANK);
}

pub(super) fn last_night(scene: &mut Scene<'_>, layout: Layout, page: &Page) {
    let Some(watts) = page.night_w else { return };
    label(scene, layout, labels::LAST_NIGHT.of(page.language), palette::LABEL);
    let moon = if layout.small() { 8 } else { 12 };
    let place = area(layout.width - moon - 1, 1, moon, moon);
    scene.shape(place, Shape::Moon, palette::NIGHT);
    let power = quantity::power(i64::from(watts), page.language);
    amount(scene, layout, &power, palette::NIGHT, layout.bottom);
    footer(scene, layout, labels::NIGHT_HOURS.of(page.language), palette::LABEL);
}

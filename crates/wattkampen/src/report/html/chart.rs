//! The charts of the printed report as inline SVG: savings with their intervals, and the
//! project's weeks with their expected use. They are readable in grey as well.
use competition::ConfidenceInterval;
use maud::{Markup, html};
use server::text::FormatNumber;
use wire::Language;

use crate::report::summary::Summary;

/// Width of a chart, of its column of names, and height of a bar with its gap, in SVG units.
const WIDTH: f64 = 720.0;
const NAME: f64 = 150.0;
const LINE: f64 = 17.0;
/// Participants in one chart. A chart is not split between pages.
const ROWS_PER_PAGE: usize = 50;

/// A bar for each ranked participant, its 90 % interval as a whisker.
pub(super) fn savings(summary: &Summary, language: Language) -> Markup {
    let rows: Vec<_> = summary
        .board
        .rows
        .iter()
        .filter(|row| row.rank.is_some())
        .filter_map(|row| {
            let saving = row.saving_percent?;
            let ends = row.interval_percent.map_or([saving; 2], ConfidenceInterval::ends);
            Some((summary.participant(row.participant)?, saving, ends, row.saving().decimals()))
        })
        .collect();
    if rows.is_empty() {
        return html! { p { (language.pick("Ingen är rangordnad än.", "No participant is ranked yet.")) } };
    }
    let low = rows.iter().map(|row| row.2[0].min(row.1)).fold(0.0, f64::min);
    let high = rows.iter().map(|row| row.2[1].max(row.1)).fold(1.0, f64::max);
    let (left, right) = (NAME, WIDTH - 50.0);
    let x = |value: f64| left + (value - low) / (high - low) * (right - left);
    let ticks = ticks(low, high);
    html! { @for rows in rows.chunks(ROWS_PER_PAGE) {
        @let height = LINE * rows.len() as f64 + 24.0;
        svg viewBox={ "0 0 " (WIDTH) " " (round(height)) } role="img"
            aria-label=(language.pick("Besparing i procent med 90 % intervall", "Saving in percent with its 90 % interval")) {
            @for tick in &ticks {
                line.grid x1=(round(x(*tick))) x2=(round(x(*tick))) y1="0" y2=(round(height - 20.0)) {}
                text.tick x=(round(x(*tick))) y=(round(height - 6.0)) text-anchor="middle" { (language.percent(*tick, 0)) }
            }
            line.axis x1=(round(x(0.0))) x2=(round(x(0.0))) y1="0" y2=(round(height - 20.0)) {}
            @for (line, (who, saving, ends, decimals)) in rows.iter().enumerate() {
                @let top = LINE * line as f64 + 2.0;
                @let middle = top + LINE / 2.0 - 1.0;
                text.name x=(NAME - 6.0) y=(round(top + 11.0)) text-anchor="end" { (who.municipality) }
                rect.saved x=(round(x(saving.min(0.0)))) y=(round(top + 1.0)) height=(LINE - 6.0)
                    width=(round((x(*saving) - x(0.0)).abs())) {}
                path.whisker d={ "M" (round(x(ends[0]))) " " (round(middle)) "H" (round(x(ends[1])))
                    "M" (round(x(ends[0]))) " " (round(middle - 4.0)) "v8M" (round(x(ends[1]))) " " (round(middle - 4.0)) "v8" } {}
                text.value x=(WIDTH) y=(round(top + 11.0)) text-anchor="end" { (language.percent(*saving, *decimals)) }
            }
        }
    } }
}

/// Two bars for each week: expected and used electricity, MWh.
pub(super) fn weeks(summary: &Summary, language: Language) -> Markup {
    let most =
        summary.weeks.iter().map(|it| it.expected.0.max(it.used.0)).max().unwrap_or(0) as f64;
    if most <= 0.0 {
        return html! { p { (language.pick("Ingen vecka är hel än.", "No week is complete yet.")) } };
    }
    let mwh = |energy: f64| energy / 1e9;
    let (ground, ceiling, left) = (170.0, 12.0, 46.0);
    // The uppermost grid line is above every bar.
    let steps = ticks(0.0, mwh(most));
    let step = steps.get(1).copied().unwrap_or(1.0);
    let top = (mwh(most) / step).ceil().max(1.0) * step;
    let ticks = ticks(0.0, top);
    let y = |energy: f64| ground - energy / top * (ground - ceiling);
    let each = (WIDTH - left) / summary.weeks.len() as f64;
    html! {
        svg viewBox={ "0 0 " (WIDTH) " 192" } role="img"
            aria-label=(language.pick("Använd och förväntad el per vecka, MWh", "Used and expected electricity by week, MWh")) {
            @for tick in &ticks {
                line.grid x1=(left) x2=(WIDTH) y1=(round(y(*tick))) y2=(round(y(*tick))) {}
                text.tick x=(left - 5.0) y=(round(y(*tick) + 4.0)) text-anchor="end" { (language.number(*tick, 0)) }
            }
            @for (number, week) in summary.weeks.iter().enumerate() {
                @let x = left + each * number as f64 + each * 0.1;
                @let (expected, used) = (y(mwh(week.expected.0 as f64)), y(mwh(week.used.0 as f64)));
                rect.expected x=(round(x)) y=(round(expected)) width=(round(each * 0.4)) height=(round(ground - expected)) {}
                rect.saved x=(round(x + each * 0.4)) y=(round(used)) width=(round(each * 0.4)) height=(round(ground - used)) {}
                text.tick x=(round(x + each * 0.4)) y="188" text-anchor="middle" {
                    (week.start.strftime(language.pick("%-d/%-m", "%-d %b")).to_string()) }
            }
        }
        p.key { span.box.expected {} (language.pick("förväntat", "expected")) " " span.box.saved {} (language.pick("använt", "used"))
            " · " (language.pick("MWh per vecka, från datumet under stapeln; sista veckan kan vara kortare",
                "MWh a week, from the date below the bar; the last week may be shorter")) }
    }
}

/// About six multiples of 1, 2 or 5 times a power of ten between `low` and `high`.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let raw = (high - low).max(1e-9) / 6.0;
    let scale = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|it| it * scale).into_iter().find(|it| *it >= raw);
    let step = step.unwrap_or(raw).max(1.0);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|it| it as f64 * step).collect()
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

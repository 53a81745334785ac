//! A load curve and its baseline as inline SVG: energy used is a line, the baseline an
//! area, and unknown values a gap.
use core::ops::Range;

use competition::{MilliWattHours, Time};
use jiff::{civil::Weekday, tz::TimeZone};
use maud::{Markup, PreEscaped, html};
use wire::Language;

use super::bar::step;
use crate::engine::Point;
use crate::text::{FormatDate, FormatNumber, UNKNOWN, hour_minute, local};

/// The coordinates of a chart. Each size is drawn on its own, because scaling one
/// drawing would scale its letters too.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChartSize {
    name: &'static str,
    width: f64,
    height: f64,
    letter: f64,
}

/// For desktop screens.
pub(super) const WIDE: ChartSize =
    ChartSize { name: "wide", width: 1100.0, height: 320.0, letter: 14.0 };
/// For phones.
pub(super) const NARROW: ChartSize =
    ChartSize { name: "narrow", width: 360.0, height: 230.0, letter: 13.0 };
/// For a doubt, on desktop screens.
const DOUBT_WIDE: ChartSize = ChartSize { name: "wide", width: 900.0, height: 200.0, letter: 13.0 };
/// For a doubt, on phones.
const DOUBT_NARROW: ChartSize =
    ChartSize { name: "narrow", width: 360.0, height: 180.0, letter: 13.0 };
/// For the kiosk's television.
pub(super) const LARGE: ChartSize =
    ChartSize { name: "large", width: 1720.0, height: 318.0, letter: 24.0 };

/// A load curve in bins of equal length, oldest first.
#[derive(Debug, Clone)]
pub(in crate::web) struct LoadCurve {
    pub(in crate::web) from: Time,
    pub(in crate::web) until: Time,
    /// Length of a bin, seconds.
    pub(in crate::web) step: i64,
    pub(in crate::web) points: Vec<Point>,
}

impl LoadCurve {
    fn kilowatts(&self, energy: MilliWattHours) -> f64 {
        energy.kwh() * 3600.0 / self.step as f64
    }

    /// Whether any energy is known.
    pub(in crate::web) fn has_values(&self) -> bool {
        self.points.iter().any(|point| point.energy.is_some())
    }

    fn used(&self) -> impl Iterator<Item = (f64, Time)> {
        self.points.iter().filter_map(|p| Some((self.kilowatts(p.energy?), p.at)))
    }
}

/// The mapping from time and power to coordinates.
struct Plot<'c> {
    curve: &'c LoadCurve,
    size: ChartSize,
    /// Power at the upper edge, kW.
    max_kw: f64,
}

impl Plot<'_> {
    fn left(&self) -> f64 {
        self.size.letter * 3.4
    }

    fn right(&self) -> f64 {
        self.size.width - self.size.letter * 0.6
    }

    fn top(&self) -> f64 {
        self.size.letter * 1.7
    }

    fn bottom(&self) -> f64 {
        self.size.height - self.size.letter * 2.2
    }

    fn x(&self, at: Time) -> f64 {
        let whole = self.curve.until.since(self.curve.from).max(1) as f64;
        self.left() + at.since(self.curve.from) as f64 / whole * (self.right() - self.left())
    }

    fn y(&self, kilowatts: f64) -> f64 {
        self.bottom() - kilowatts.max(0.0) / self.max_kw * (self.bottom() - self.top())
    }

    /// The area between the curve and the baseline, where the curve is below it
    /// (`saved`) or above.
    fn difference_path(&self, saved: bool) -> String {
        let mut path = String::new();
        for point in &self.curve.points {
            let Some((used, normal)) = point.energy.zip(point.baseline) else { continue };
            if (used < normal) != saved || used == normal {
                continue;
            }
            let (from, until) = (self.x(point.at), self.x(Time(point.at.0 + self.curve.step)));
            let (a, b) = (self.curve.kilowatts(used), self.curve.kilowatts(normal));
            path.push_str(&format!(
                "M{from:.1} {:.1}H{until:.1}V{:.1}H{from:.1}Z",
                self.y(a),
                self.y(b)
            ));
        }
        path
    }

    /// A step line through consecutive bins.
    fn step_path(&self, run: &[(Time, f64)]) -> String {
        let mut path = String::new();
        for (i, (at, value)) in run.iter().enumerate() {
            let (from, until) = (self.x(*at), self.x(Time(at.0 + self.curve.step)));
            let y = self.y(*value);
            let verb = if i == 0 { 'M' } else { 'L' };
            path.push_str(&format!("{verb}{from:.1} {y:.1}H{until:.1}"));
        }
        path
    }

    /// Consecutive bins whose value is known; a gap begins a new run.
    fn known_runs(&self, value: impl Fn(&Point) -> Option<f64>) -> Vec<Vec<(Time, f64)>> {
        let mut runs: Vec<Vec<(Time, f64)>> = Vec::new();
        let mut last: Option<Time> = None;
        for point in &self.curve.points {
            let Some(v) = value(point) else {
                last = None;
                continue;
            };
            if last.is_none_or(|at| at.0 + self.curve.step != point.at.0) {
                runs.push(Vec::new());
            }
            if let Some(run) = runs.last_mut() {
                run.push((point.at, v));
            }
            last = Some(point.at);
        }
        runs
    }
}

/// The chart for desktop screens and for phones; the style sheet shows one of them.
pub(super) fn chart(curve: &LoadCurve, zone: &TimeZone, l: Language) -> Markup {
    html! { (draw(curve, zone, l, WIDE)) (draw(curve, zone, l, NARROW)) }
}

/// The chart of a doubt for desktop screens and for phones, its hours marked.
pub(super) fn doubted_chart(
    curve: &LoadCurve,
    doubted: &Range<Time>,
    zone: &TimeZone,
    l: Language,
) -> Markup {
    let description = doubted_description(curve, doubted, zone, l);
    html! { @for size in [DOUBT_WIDE, DOUBT_NARROW] {
    (draw_with(curve, Some(doubted), &description, zone, l, size)) } }
}

/// One chart. Its time axis has hours where it covers up to three days, and days where
/// it covers more.
pub(super) fn draw(curve: &LoadCurve, zone: &TimeZone, l: Language, size: ChartSize) -> Markup {
    draw_with(curve, None, &description(curve, zone, l), zone, l, size)
}

fn draw_with(
    curve: &LoadCurve,
    doubted: Option<&Range<Time>>,
    description: &str,
    zone: &TimeZone,
    l: Language,
    size: ChartSize,
) -> Markup {
    let known = |p: &Point| {
        [p.energy, p.baseline].into_iter().flatten().map(|e| curve.kilowatts(e)).fold(0.0, f64::max)
    };
    let most = curve.points.iter().map(known).fold(0.0, f64::max);
    if most <= 0.0 {
        return html! { p.nothing.(size.name) { (l.pick("Det finns inga mätvärden för den här tiden.", "There are no measurements for this time.")) } };
    }
    let tick = step(most);
    let plot = Plot { curve, size, max_kw: (most / tick).ceil() * tick };
    html! {
        svg.chart.(size.name) viewBox={ "0 0 " (size.width) " " (size.height) } font-size=(size.letter)
            role="img" aria-label=(description) {
            (grid(&plot, tick, zone, l))
            @for run in plot.known_runs(|p| p.baseline.map(|e| curve.kilowatts(e))) {
                path.normal d=(PreEscaped(area(&plot, &run))) {}
            }
            @if let Some(doubted) = doubted {
                @let (from, until) = (plot.x(doubted.start.max(curve.from)), plot.x(doubted.end.min(curve.until)));
                rect.doubted x=(px(from)) y=(px(plot.top())) width=(px((until - from).max(2.0))) height=(px(plot.bottom() - plot.top())) {}
            }
            path.less d=(PreEscaped(plot.difference_path(true))) {}
            path.more d=(PreEscaped(plot.difference_path(false))) {}
            @for run in plot.known_runs(|p| p.energy.map(|e| curve.kilowatts(e))) {
                path.used d=(PreEscaped(plot.step_path(&run))) {}
            }
            @for run in plot.known_runs(|p| p.energy.filter(|_| p.estimated).map(|e| curve.kilowatts(e))) {
                path.estimated d=(PreEscaped(plot.step_path(&run))) {}
            }
        }
    }
}

fn grid(plot: &Plot, tick: f64, zone: &TimeZone, l: Language) -> Markup {
    let letter = plot.size.letter;
    let decimals = usize::from(tick < 1.0);
    let ticks: Vec<f64> =
        (0..).map(|i| f64::from(i) * tick).take_while(|v| *v <= plot.max_kw + tick / 2.0).collect();
    html! {
        g.grid {
            text x=(px(letter * 0.6)) y=(px(letter * 1.1)) { "kW" }
            @for value in &ticks {
                line x1=(px(plot.left())) x2=(px(plot.right())) y1=(px(plot.y(*value))) y2=(px(plot.y(*value))) {}
                text x=(px(plot.left() - letter * 0.5)) y=(px(plot.y(*value) + letter * 0.35)) text-anchor="end" {
                    (l.number(*value, decimals)) }
            }
            @for (at, label, strong) in time_ticks(plot, zone, l) {
                line.strong[strong] x1=(px(plot.x(at))) x2=(px(plot.x(at))) y1=(px(plot.top())) y2=(px(plot.bottom())) {}
                text x=(px(plot.x(at) + letter * 0.3)) y=(px(plot.bottom() + letter * 1.4)) { (label) }
            }
        }
    }
}

fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn area(plot: &Plot, run: &[(Time, f64)]) -> String {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return String::new() };
    let (left, right) = (plot.x(first.0), plot.x(Time(last.0.0 + plot.curve.step)));
    let ground = plot.y(0.0);
    format!("{}L{right:.1} {ground:.1}H{left:.1}Z", plot.step_path(run))
}

/// The ticks of the time axis: every sixth local hour of a short curve, with midnight
/// emphasised, and every midnight of a long one.
fn time_ticks(plot: &Plot, zone: &TimeZone, l: Language) -> Vec<(Time, String, bool)> {
    let curve = plot.curve;
    let days = curve.until.since(curve.from) / 86_400;
    let long = days > 3;
    // Where the label before ends.
    let mut taken = f64::MIN;
    let hours =
        (curve.from.0.div_euclid(3600) + 1..=curve.until.0.div_euclid(3600)).map(|h| h * 3600);
    hours
        .filter_map(|second| {
            let at = local(Time(second), zone);
            match (long, at.hour()) {
                // A week, or a month, has one label.
                (true, 0) if days > 35 => (at.day() == 1).then(|| {
                    // The first of a month is one digit.
                    let month: String = l.day(at.date()).chars().skip(2).take(3).collect();
                    (Time(second), month, true)
                }),
                (true, 0) if days > 10 => (at.weekday() == Weekday::Monday)
                    .then(|| (Time(second), l.day(at.date()), true)),
                (true, 0) => {
                    let day: String = l.weekday(at.weekday()).chars().take(3).collect();
                    Some((Time(second), format!("{day} {}", at.day()), true))
                }
                (false, hour) if hour % 6 == 0 => Some((Time(second), hour_minute(&at), hour == 0)),
                _ => None,
            }
        })
        .map(|(at, label, strong)| match plot.size.name {
            // A phone has no room for the date.
            "narrow" if long && days <= 10 => (at, label.chars().take(3).collect(), strong),
            _ => (at, label, strong),
        })
        // A label near the edge would be cut.
        .filter(|(at, label, _)| {
            plot.x(*at) + plot.size.letter * 0.6 * label.chars().count() as f64 <= plot.right()
        })
        // Its line stays where a label would run into the one before.
        .map(|(at, label, strong)| {
            let from = plot.x(at);
            if from < taken {
                return (at, String::new(), strong);
            }
            taken = from + plot.size.letter * 0.65 * label.chars().count() as f64;
            (at, label, strong)
        })
        .collect()
}

/// What was used and what is normal in the hours in doubt.
fn doubted_description(
    curve: &LoadCurve,
    doubted: &Range<Time>,
    zone: &TimeZone,
    l: Language,
) -> String {
    let within =
        |point: &&Point| point.at < doubted.end && doubted.start.0 < point.at.0 + curve.step;
    let points: Vec<&Point> = curve.points.iter().filter(within).collect();
    let kwh = |energy: fn(&Point) -> Option<MilliWattHours>| {
        let known = points.iter().filter_map(|point| energy(point));
        known.reduce(|sum, it| sum + it).map_or_else(|| UNKNOWN.to_owned(), |sum| l.kwh(sum))
    };
    let (used, normal) = (kwh(|point| point.energy), kwh(|point| point.baseline));
    let period = l.span(doubted.start, Some(doubted.end), zone);
    match l {
        Language::Swedish => {
            format!("Lastkurva. Ifrågasatt {period}: använt {used}, normalt {normal}")
        }
        Language::English => {
            format!("Load curve. In doubt {period}: used {used}, normal {normal}")
        }
    }
}

/// The chart's text alternative.
fn description(curve: &LoadCurve, zone: &TimeZone, l: Language) -> String {
    let by_power = |a: &(f64, Time), b: &(f64, Time)| a.0.total_cmp(&b.0);
    let (Some(least), Some(most)) = (curve.used().min_by(by_power), curve.used().max_by(by_power))
    else {
        return l.pick("Lastkurva utan mätvärden", "Load curve without measurements").into();
    };
    let at_power = |(value, at): (f64, Time)| {
        format!("{} kW {}", l.number(value, 1), l.moment(at, curve.until, zone))
    };
    match l {
        Language::Swedish => {
            format!("Lastkurva: högst {}, lägst {}", at_power(most), at_power(least))
        }
        Language::English => {
            format!("Load curve: highest {}, lowest {}", at_power(most), at_power(least))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_no_room_where_the_one_before_reaches() {
        let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
        let midnight = |day: jiff::civil::Date| {
            let zoned = day.to_zoned(zone.clone()).expect("a day");
            Time(zoned.timestamp().as_second())
        };
        let (from, until) =
            (midnight(jiff::civil::date(2026, 9, 14)), midnight(jiff::civil::date(2026, 10, 12)));
        let curve = LoadCurve { from, until, step: 3600, points: vec![] };
        let labels = |size: ChartSize| {
            let plot = Plot { curve: &curve, size, max_kw: 10.0 };
            let ticks = time_ticks(&plot, &zone, Language::Swedish).into_iter();
            ticks.map(|(_, label, _)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels(DOUBT_WIDE), ["21 september", "28 september", "5 oktober"]);
        assert_eq!(labels(DOUBT_NARROW), ["21 september", "", "5 oktober"]);
    }
}

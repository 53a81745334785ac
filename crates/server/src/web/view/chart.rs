//! A load curve against its baseline as inline SVG: what was used is a line, what
//! is normal an area, and what is not known a gap.
use competition::Time;
use jiff::tz::TimeZone;
use maud::{Markup, PreEscaped, html};
use wire::Language;

use super::bar::step;
use crate::engine::Point;
use crate::text::{FormatDate, FormatNumber, hour_minute, local};

/// The picture's own coordinates: a picture shrinks, its letters must not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    name: &'static str,
    width: f64,
    height: f64,
    letter: f64,
}

/// On a desk.
pub(super) const WIDE: Size = Size { name: "wide", width: 1100.0, height: 320.0, letter: 14.0 };
/// In a hand.
pub(super) const NARROW: Size = Size { name: "narrow", width: 360.0, height: 230.0, letter: 13.0 };
/// On a wall.
pub(super) const LARGE: Size = Size { name: "large", width: 1720.0, height: 318.0, letter: 24.0 };

/// Bins of equal length, oldest first, and what to call the picture.
#[derive(Debug, Clone)]
pub(in crate::web) struct LoadCurve {
    pub(in crate::web) from: Time,
    pub(in crate::web) until: Time,
    /// Seconds of a bin.
    pub(in crate::web) step: i64,
    pub(in crate::web) points: Vec<Point>,
}

impl LoadCurve {
    fn kilowatts(&self, energy: competition::MilliWattHours) -> f64 {
        energy.kwh() * 3600.0 / self.step as f64
    }

    fn used(&self) -> impl Iterator<Item = (f64, Time)> {
        self.points.iter().filter_map(|p| Some((self.kilowatts(p.energy?), p.at)))
    }
}

struct Frame<'c> {
    curve: &'c LoadCurve,
    size: Size,
    /// kW at the upper edge.
    top: f64,
}

impl Frame<'_> {
    fn left(&self) -> f64 {
        self.size.letter * 3.4
    }

    fn right(&self) -> f64 {
        self.size.width - self.size.letter * 0.6
    }

    fn ceiling(&self) -> f64 {
        self.size.letter * 1.7
    }

    fn ground(&self) -> f64 {
        self.size.height - self.size.letter * 2.2
    }

    fn x(&self, at: Time) -> f64 {
        let whole = self.curve.until.since(self.curve.from).max(1) as f64;
        self.left() + at.since(self.curve.from) as f64 / whole * (self.right() - self.left())
    }

    fn y(&self, kilowatts: f64) -> f64 {
        self.ground() - kilowatts.max(0.0) / self.top * (self.ground() - self.ceiling())
    }

    /// Boxes between what was used and what is normal, where the first is less
    /// (`saved`) or more.
    fn between(&self, saved: bool) -> String {
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

    /// Stairs through neighbouring bins whose value is known.
    fn stairs(&self, run: &[(Time, f64)]) -> String {
        let mut path = String::new();
        for (i, (at, value)) in run.iter().enumerate() {
            let (from, until) = (self.x(*at), self.x(Time(at.0 + self.curve.step)));
            let y = self.y(*value);
            let verb = if i == 0 { 'M' } else { 'L' };
            path.push_str(&format!("{verb}{from:.1} {y:.1}H{until:.1}"));
        }
        path
    }

    fn runs(&self, value: impl Fn(&Point) -> Option<f64>) -> Vec<Vec<(Time, f64)>> {
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

/// The picture for a desk and for a hand; the style sheet shows one of them.
pub(super) fn chart(curve: &LoadCurve, zone: &TimeZone, l: Language) -> Markup {
    html! { (draw(curve, zone, l, WIDE)) (draw(curve, zone, l, NARROW)) }
}

/// One picture. Hours stand below it where it is a day, days where it is longer.
pub(super) fn draw(curve: &LoadCurve, zone: &TimeZone, l: Language, size: Size) -> Markup {
    let known = |p: &Point| {
        [p.energy, p.baseline].into_iter().flatten().map(|e| curve.kilowatts(e)).fold(0.0, f64::max)
    };
    let most = curve.points.iter().map(known).fold(0.0, f64::max);
    if most <= 0.0 {
        return html! { p.nothing.(size.name) { (l.pick("Ingen mätning är känd för den här tiden.", "No measurement is known for this time.")) } };
    }
    let tick = step(most);
    let frame = Frame { curve, size, top: (most / tick).ceil() * tick };
    html! {
        svg.chart.(size.name) viewBox={ "0 0 " (size.width) " " (size.height) } font-size=(size.letter)
            role="img" aria-label=(words(curve, zone, l)) {
            (grid(&frame, tick, zone, l))
            @for run in frame.runs(|p| p.baseline.map(|e| curve.kilowatts(e))) {
                path.normal d=(PreEscaped(area(&frame, &run))) {}
            }
            path.less d=(PreEscaped(frame.between(true))) {}
            path.more d=(PreEscaped(frame.between(false))) {}
            @for run in frame.runs(|p| p.energy.map(|e| curve.kilowatts(e))) {
                path.used d=(PreEscaped(frame.stairs(&run))) {}
            }
            @for run in frame.runs(|p| p.energy.filter(|_| p.estimated).map(|e| curve.kilowatts(e))) {
                path.estimated d=(PreEscaped(frame.stairs(&run))) {}
            }
        }
    }
}

fn grid(frame: &Frame, tick: f64, zone: &TimeZone, l: Language) -> Markup {
    let letter = frame.size.letter;
    let decimals = usize::from(tick < 1.0);
    let ticks: Vec<f64> =
        (0..).map(|i| f64::from(i) * tick).take_while(|v| *v <= frame.top + tick / 2.0).collect();
    html! {
        g.grid {
            text x=(px(letter * 0.6)) y=(px(letter * 1.1)) { "kW" }
            @for value in &ticks {
                line x1=(px(frame.left())) x2=(px(frame.right())) y1=(px(frame.y(*value))) y2=(px(frame.y(*value))) {}
                text x=(px(frame.left() - letter * 0.5)) y=(px(frame.y(*value) + letter * 0.35)) text-anchor="end" {
                    (l.number(*value, decimals)) }
            }
            @for (at, label, strong) in marks(frame, zone, l) {
                line.strong[strong] x1=(px(frame.x(at))) x2=(px(frame.x(at))) y1=(px(frame.ceiling())) y2=(px(frame.ground())) {}
                text x=(px(frame.x(at) + letter * 0.3)) y=(px(frame.ground() + letter * 1.4)) { (label) }
            }
        }
    }
}

fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn area(frame: &Frame, run: &[(Time, f64)]) -> String {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return String::new() };
    let (left, right) = (frame.x(first.0), frame.x(Time(last.0.0 + frame.curve.step)));
    let ground = frame.y(0.0);
    format!("{}L{right:.1} {ground:.1}H{left:.1}Z", frame.stairs(run))
}

/// Every sixth local hour of a short curve with midnight strong; every midnight
/// of a long one.
fn marks(frame: &Frame, zone: &TimeZone, l: Language) -> Vec<(Time, String, bool)> {
    let curve = frame.curve;
    let long = curve.until.since(curve.from) > 3 * 86_400;
    let hours =
        (curve.from.0.div_euclid(3600) + 1..=curve.until.0.div_euclid(3600)).map(|h| h * 3600);
    hours
        .filter_map(|second| {
            let at = local(Time(second), zone);
            match (long, at.hour()) {
                (true, 0) => {
                    let day: String = l.weekday(at.weekday()).chars().take(3).collect();
                    Some((Time(second), format!("{day} {}", at.day()), true))
                }
                (false, hour) if hour % 6 == 0 => Some((Time(second), hour_minute(&at), hour == 0)),
                _ => None,
            }
        })
        .map(|(at, label, strong)| match frame.size.name {
            // There is no room for the date in a hand.
            "narrow" if long => (at, label.chars().take(3).collect(), strong),
            _ => (at, label, strong),
        })
        // A label near the edge would leave the picture.
        .filter(|(at, label, _)| {
            frame.x(*at) + frame.size.letter * 0.6 * label.chars().count() as f64 <= frame.right()
        })
        .collect()
}

/// The picture in words.
fn words(curve: &LoadCurve, zone: &TimeZone, l: Language) -> String {
    let by_power = |a: &(f64, Time), b: &(f64, Time)| a.0.total_cmp(&b.0);
    let (Some(least), Some(most)) = (curve.used().min_by(by_power), curve.used().max_by(by_power))
    else {
        return l.pick("Lastkurva utan mätvärden", "Load curve without measurements").into();
    };
    let tell = |(value, at): (f64, Time)| {
        format!("{} kW {}", l.number(value, 1), l.moment(at, curve.until, zone))
    };
    match l {
        Language::Swedish => format!("Lastkurva: högst {}, lägst {}", tell(most), tell(least)),
        Language::English => format!("Load curve: highest {}, lowest {}", tell(most), tell(least)),
    }
}

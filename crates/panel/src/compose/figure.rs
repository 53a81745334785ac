//! The large figure of a view, with its unit and perhaps an arrow, as large as fits.
use embedded_graphics::pixelcolor::Rgb888;
use heapless::String;
use wire::Direction;

use super::Layout;
use crate::{
    digits::Digits,
    geometry::area,
    scene::Scene,
    shapes::Shape,
    text::{BOLD, Extent, Face, LARGE, NARROW, PLAIN, TINY},
};

/// Figures and the face of their unit, largest first.
const LADDER: [(Digits, Face); 9] = [
    (Digits::new(33, 19, 5), LARGE),
    (Digits::new(29, 17, 5), LARGE),
    (Digits::new(26, 15, 4), LARGE),
    (Digits::new(22, 13, 4), BOLD),
    (Digits::new(19, 11, 3), PLAIN),
    (Digits::new(16, 9, 3), PLAIN),
    (Digits::new(13, 7, 2), NARROW),
    (Digits::new(11, 6, 2), NARROW),
    (Digits::new(9, 5, 2), TINY),
];

/// A figure and all that stands beside it.
pub(super) struct Figure<'a> {
    pub(super) text: &'a String<12>,
    pub(super) color: Rgb888,
    /// Behind it; two lines where there is a line break.
    pub(super) unit: &'a str,
    pub(super) unit_color: Rgb888,
    /// Before it, as the unit is.
    pub(super) lead: &'a str,
    /// Before it.
    pub(super) arrow: Option<Direction>,
}

impl Figure<'_> {
    /// Puts it in the middle of the rows `top..bottom`.
    pub(super) fn place(&self, scene: &mut Scene<'_>, layout: Layout, top: i32, bottom: i32) {
        let fits = |(digits, face): &&(Digits, Face)| {
            self.width(*digits, *face) <= layout.width - 2
                && digits.height + self.below(*digits, *face) <= bottom - top
        };
        let Some(&(digits, face)) = LADDER.iter().find(fits) else {
            return;
        };
        let spare = bottom - top - digits.height - self.below(digits, face);
        let mut left = (layout.width - self.width(digits, face)) / 2;
        let top = top + spare / 2;
        if let Some(direction) = self.arrow {
            let (width, height) = arrow(digits, direction);
            let place = area(left, top + (digits.height - height) / 2, width, height);
            scene.shape(place, Shape::Arrow(direction), self.color);
            left += width + space(digits);
        }
        if !self.lead.is_empty() {
            let baseline = (left, top + digits.height);
            left += scene.text(face, self.lead, baseline, self.unit_color) + space(digits);
        }
        left += scene.figure(digits, self.text, (left, top), self.color) + space(digits);
        let mut baseline = top + digits.height;
        for line in self.unit.rsplit('\n') {
            scene.text(face, line, (left, baseline), self.unit_color);
            baseline -= face.cap + 3;
        }
    }

    fn unit_extent(&self, face: Face) -> Extent {
        self.unit.split('\n').map(|line| face.extent(line)).fold(Extent::default(), |a, b| Extent {
            width: a.width.max(b.width),
            above: a.above.max(b.above),
            below: a.below.max(b.below),
        })
    }

    /// Rows below the figures.
    fn below(&self, digits: Digits, face: Face) -> i32 {
        digits.drop().max(self.unit_extent(face).below)
    }

    fn width(&self, digits: Digits, face: Face) -> i32 {
        let unit = match self.unit_extent(face).width {
            0 => 0,
            unit => unit + space(digits),
        };
        let arrow = self.arrow.map_or(0, |direction| arrow(digits, direction).0 + space(digits));
        let lead = match face.width(self.lead) {
            0 => 0,
            lead => lead + space(digits),
        };
        arrow + lead + digits.width(self.text) + unit
    }
}

fn space(digits: Digits) -> i32 {
    1 + digits.height / 9
}

/// Width and height.
fn arrow(digits: Digits, direction: Direction) -> (i32, i32) {
    let long = digits.height * 7 / 10;
    let wide = long * 3 / 4 / 2 * 2 + 1;
    match direction {
        Direction::Level => (long, wide),
        Direction::Up | Direction::Down => (wide, long),
    }
}

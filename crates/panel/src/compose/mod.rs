//! The layout of each view: a large figure and small labels. Text that does not fit gets the
//! next smaller typeface.
mod figure;
mod measures;
mod notices;
#[cfg(test)]
mod tests;

use core::fmt::Display;

use embedded_graphics::pixelcolor::Rgb888;
use wire::Page;

use crate::{
    Moment, Size, View,
    scene::Scene,
    text::{BOLD, Face, NARROW, PLAIN, TINY},
    view::view,
};

/// Geometry and typefaces of a panel size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    size: Size,
    width: i32,
    height: i32,
    /// Faces for labels, largest first.
    labels: &'static [Face],
    /// Baseline of the label row.
    label_at: i32,
    /// First row below the label.
    top: i32,
    /// Row below what stands above the footer, or below the panel.
    bottom: i32,
}

impl Layout {
    const fn new(size: Size) -> Self {
        let (width, height) = (size.width() as i32, size.height() as i32);
        match size {
            Size::W64H32 => Self {
                size,
                width,
                height,
                labels: &[PLAIN, NARROW, TINY],
                label_at: 8,
                top: 11,
                bottom: 32,
            },
            Size::W128H64 => Self {
                size,
                width,
                height,
                labels: &[BOLD, PLAIN, NARROW, TINY],
                label_at: 12,
                top: 15,
                bottom: 49,
            },
        }
    }

    /// The largest of the faces in which a text is at most so wide.
    fn fit(self, faces: &[Face], text: &str, width: i32) -> Option<Face> {
        faces.iter().copied().find(|face| face.width(text) <= width)
    }

    const fn small(self) -> bool {
        matches!(self.size, Size::W64H32)
    }
}

/// The scene of a panel.
pub(crate) fn scene<'a>(page: &'a Page, size: Size, moment: Moment) -> Scene<'a> {
    let mut scene = Scene::default();
    let layout = Layout::new(size);
    match view(page, size, moment) {
        View::Power => measures::power(&mut scene, layout, page),
        View::Today => measures::today(&mut scene, layout, page),
        View::Saving => measures::saving(&mut scene, layout, page),
        View::Rank => measures::rank(&mut scene, layout, page),
        View::Intensity => measures::intensity(&mut scene, layout, page),
        View::Day => measures::day(&mut scene, layout, page),
        View::LastNight => measures::last_night(&mut scene, layout, page),
        View::Name => notices::name(&mut scene, layout, page, moment),
        View::Ticker => notices::ticker(&mut scene, layout, page, moment),
        View::Step => notices::step(&mut scene, layout, page, moment),
        View::NoContact => notices::no_contact(&mut scene, layout, page, moment),
        View::Dark => notices::dark(&mut scene, layout, page),
    }
    scene
}

/// A label at the left of the top row. Returns where it ends.
fn label(scene: &mut Scene<'_>, layout: Layout, text: &str, color: Rgb888) -> i32 {
    match layout.fit(layout.labels, text, layout.width - 2) {
        Some(face) => 1 + scene.text(face, text, (1, layout.label_at), color),
        None => 0,
    }
}

/// A remark at the right of the top row, if there is room beside the label.
fn remark(scene: &mut Scene<'_>, layout: Layout, after: i32, text: &str, color: Rgb888) {
    let width = layout.width - 1 - after - 3;
    if let Some(face) = layout.fit(layout.labels, text, width) {
        let left = layout.width - 1 - face.width(text);
        scene.text(face, text, (left, layout.label_at), color);
    }
}

/// A line in the middle of the bottom row; only the large panel has one.
fn footer(scene: &mut Scene<'_>, layout: Layout, text: impl Display, color: Rgb888) {
    let text = crate::labels::short::<40>(format_args!("{text}"));
    if layout.small() {
        return;
    }
    if let Some(face) = layout.fit(&[BOLD, PLAIN, NARROW, TINY], &text, layout.width - 2) {
        let left = (layout.width - face.width(&text)) / 2;
        scene.text(face, &text, (left, layout.height - 2), color);
    }
}

//! Colours for LEDs: saturated, with each component 0 or at least 64, because smaller ones
//! are dark or flicker after gamma correction with six bits a channel. A colour is never
//! the only information: a sign, an arrow or a word has the same meaning.
use embedded_graphics::{pixelcolor::Rgb888, prelude::RgbColor};

/// Current values.
pub(crate) const FIGURE: Rgb888 = Rgb888::WHITE;
/// Labels and units.
pub(crate) const LABEL: Rgb888 = Rgb888::new(112, 176, 255);
/// Frames, tracks and missing values.
pub(crate) const FAINT: Rgb888 = Rgb888::new(72, 80, 96);
/// Less energy than usual, or switched off.
pub(crate) const LESS: Rgb888 = Rgb888::new(0, 255, 80);
/// More energy than usual, or switched on.
pub(crate) const MORE: Rgb888 = Rgb888::new(255, 128, 0);
/// No contact.
pub(crate) const WARNING: Rgb888 = Rgb888::new(255, 176, 0);
/// Rank.
pub(crate) const RANK: Rgb888 = Rgb888::new(255, 216, 0);
/// The hours from 22 to 05 and their load.
pub(crate) const NIGHT: Rgb888 = Rgb888::new(128, 128, 255);
/// Everything at night.
pub(crate) const DARK: Rgb888 = Rgb888::new(104, 64, 0);

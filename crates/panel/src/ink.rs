//! Colours that LEDs show well. Saturated ones, and no component between nothing
//! and 64: through the gamma of an LED matrix with six bits a channel, less than
//! that is dark or flickers. A colour never stands alone: a sign, an arrow or a
//! word says the same.
use embedded_graphics::{pixelcolor::Rgb888, prelude::RgbColor};

/// The figures of now.
pub(crate) const FIGURE: Rgb888 = Rgb888::WHITE;
/// Labels and units.
pub(crate) const LABEL: Rgb888 = Rgb888::new(112, 176, 255);
/// Frames, tracks, what is missing.
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
/// Everything, in the hours in which nobody looks.
pub(crate) const DARK: Rgb888 = Rgb888::new(104, 64, 0);

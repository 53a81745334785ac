//! Supported panel sizes.
use core::fmt;
use core::str::FromStr;

/// Width and height of a panel, in LEDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// 64 × 32
    W64H32,
    /// 128 × 64
    W128H64,
}

impl Size {
    /// Every size.
    pub const ALL: [Self; 2] = [Self::W64H32, Self::W128H64];

    /// LEDs in a row.
    pub const fn width(self) -> u32 {
        match self {
            Self::W64H32 => 64,
            Self::W128H64 => 128,
        }
    }

    /// Rows.
    pub const fn height(self) -> u32 {
        self.width() / 2
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width(), self.height())
    }
}

/// The text is neither `64x32` nor `128x64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSize;

impl fmt::Display for UnknownSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a panel is 64x32 or 128x64")
    }
}

impl core::error::Error for UnknownSize {}

impl FromStr for Size {
    type Err = UnknownSize;
    fn from_str(text: &str) -> Result<Self, UnknownSize> {
        match text {
            "64x32" => Ok(Self::W64H32),
            "128x64" => Ok(Self::W128H64),
            _ => Err(UnknownSize),
        }
    }
}

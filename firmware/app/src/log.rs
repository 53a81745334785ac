//! Lines for a probe on the board's debug pins, by `defmt`: the texts stay on the computer
//! that reads them. Without the feature `defmt` there are none, and nothing of them is in
//! the flash.

/// `log!(info, "text {}", value …)`, with values that are [`Display`](core::fmt::Display).
#[macro_export]
macro_rules! log {
    ($level:ident, $text:literal $(, $value:expr)* $(,)?) => {{
        #[cfg(feature = "defmt")]
        ::defmt::$level!($text $(, ::defmt::Display2Format(&($value)))*);
        #[cfg(not(feature = "defmt"))]
        {
            $(let _ = &$value;)*
        }
    }};
}

//! Log lines for a probe on the board's debug pins, by `defmt`: the texts stay on the
//! computer that reads them. Without the feature `defmt` the macro expands to nothing, and
//! takes no flash.

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

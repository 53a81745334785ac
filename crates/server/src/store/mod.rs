//! The embedded store: the only SQL of the product.

/// What survives what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Every acknowledged reading survives a power cut.
    #[default]
    Full,
    /// Every acknowledged reading survives a kill of the process; a power cut
    /// may take the last seconds.
    Normal,
}

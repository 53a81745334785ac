//! Why an import fails.
use server::store::StoreError;

/// Why an import ended early. Committed rows stay in the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(
        "{path} cannot be read: {error}\n  check that the file is complete and repeat the import; rows that are stored already are not stored twice"
    )]
    Read { path: String, error: String },
    #[error("{path}: {error}")]
    Layout { path: String, error: LayoutError },
    #[error("{0}\n  {hint}", hint = .0.hint())]
    Store(#[from] StoreError),
    /// Only the service writes the current set of registers while it runs.
    #[error(
        "a wattkampen service uses this data directory, and registers cannot be imported while it runs\n  stop the service, import, and start it again; or import energies of intervals, which is possible at any time"
    )]
    ServiceRunning,
}

/// What is not clear about a file's layout, and which option states it.
#[derive(Debug, thiserror::Error)]
#[error("{what}\n  {hint}")]
pub(crate) struct LayoutError {
    what: String,
    hint: String,
}

impl LayoutError {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

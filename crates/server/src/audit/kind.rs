//! The kinds of events as the store indexes them.
use super::event::AuditEvent;

/// The tag of an [`AuditEvent`]: the field `event` of an entry's body, and the column `kind`
/// of the store's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditEventKind {
    /// [`AuditEvent::Start`]
    Start,
    /// [`AuditEvent::Configuration`]
    Configuration,
    /// [`AuditEvent::Declaration`]
    Declaration,
    /// [`AuditEvent::Amendment`]
    Amendment,
    /// [`AuditEvent::Lock`]
    Lock,
    /// [`AuditEvent::Result`]
    Result,
    /// [`AuditEvent::Moved`]
    Moved,
    /// [`AuditEvent::Late`]
    Late,
    /// [`AuditEvent::Quarantine`]
    Quarantine,
    /// [`AuditEvent::Standing`]
    Standing,
    /// [`AuditEvent::Sealed`]
    Sealed,
    /// [`AuditEvent::Import`]
    Import,
    /// [`AuditEvent::PostLock`]
    PostLock,
    /// [`AuditEvent::Tampered`]
    Tampered,
    /// [`AuditEvent::Access`]
    Access,
    /// [`AuditEvent::Unknown`]; never written.
    Unknown,
}

impl AuditEventKind {
    /// The tag as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Configuration => "configuration",
            Self::Declaration => "declaration",
            Self::Amendment => "amendment",
            Self::Lock => "lock",
            Self::Result => "result",
            Self::Moved => "moved",
            Self::Late => "late",
            Self::Quarantine => "quarantine",
            Self::Standing => "standing",
            Self::Sealed => "sealed",
            Self::Import => "import",
            Self::PostLock => "aside",
            Self::Tampered => "tampered",
            Self::Access => "access",
            Self::Unknown => "unknown",
        }
    }

    /// The tag at the beginning of a stored body, also of a kind that only a later
    /// version knows; empty where the body has none.
    pub(crate) fn tag_of(body: &str) -> &str {
        let tag = body.strip_prefix(r#"{"event":""#).and_then(|rest| rest.split_once('"'));
        tag.map_or("", |(tag, _)| tag)
    }
}

impl AuditEvent {
    /// Its tag.
    pub const fn kind(&self) -> AuditEventKind {
        match self {
            Self::Start { .. } => AuditEventKind::Start,
            Self::Configuration { .. } => AuditEventKind::Configuration,
            Self::Declaration { .. } => AuditEventKind::Declaration,
            Self::Amendment { .. } => AuditEventKind::Amendment,
            Self::Lock { .. } => AuditEventKind::Lock,
            Self::Result { .. } => AuditEventKind::Result,
            Self::Moved { .. } => AuditEventKind::Moved,
            Self::Late { .. } => AuditEventKind::Late,
            Self::Quarantine(_) => AuditEventKind::Quarantine,
            Self::Standing { .. } => AuditEventKind::Standing,
            Self::Sealed { .. } => AuditEventKind::Sealed,
            Self::Import { .. } => AuditEventKind::Import,
            Self::PostLock { .. } => AuditEventKind::PostLock,
            Self::Tampered { .. } => AuditEventKind::Tampered,
            Self::Access(_) => AuditEventKind::Access,
            Self::Unknown => AuditEventKind::Unknown,
        }
    }
}

//! Why a finding does not count.

use crate::{Date, Location};

/// The exception that covers a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// Which mark it is, ours or a peer's.
    pub source: AcceptanceSource,
    /// Why. Ours always have one; a peer's mark may not.
    pub reason: Option<String>,
    /// Whose decision it is.
    pub owner: Option<String>,
    /// Last day (UTC) on which it covers anything.
    pub until: Option<Date>,
    /// Where it is written; `None` for a baseline.
    pub location: Option<Location>,
}

/// The mark by which an exception was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptanceSource {
    /// A `ringwall: ignore[...]` comment.
    Comment,
    /// A `ringwall.dev/ignore.<id>` annotation.
    Annotation,
    /// An entry of `ringwall.toml`.
    Config,
    /// The finding was there when the baseline was written.
    Baseline,
    /// A peer's own mark; the peer's name in lower case, such as `checkov`.
    Peer(&'static str),
}

impl AcceptanceSource {
    /// The word used in every output format.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Annotation => "annotation",
            Self::Config => "config",
            Self::Baseline => "baseline",
            Self::Peer(name) => name,
        }
    }
}

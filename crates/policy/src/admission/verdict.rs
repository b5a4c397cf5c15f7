//! What a policy says about a request.

use serde_json::Value;

/// What follows from a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The request is refused.
    Deny,
    /// The client sees a warning.
    Warn,
    /// It is only recorded: Gatekeeper's `dryrun`, `Audit` of a `ValidatingAdmissionPolicy`.
    Audit,
}

impl Action {
    /// The word used in logs, records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Warn => "warn",
            Self::Audit => "audit",
        }
    }
}

/// Which engine a policy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A constraint of a `ConstraintTemplate`.
    Gatekeeper,
    /// A `ValidatingAdmissionPolicy` with a binding.
    ValidatingAdmissionPolicy,
    /// A `MutatingAdmissionPolicy` with a binding.
    MutatingAdmissionPolicy,
    /// Rego in conftest's namespaces.
    Conftest,
    /// A Pod Security level.
    PodSecurity,
    /// A check of ringwall's own.
    Check,
    /// The image policy.
    ImagePolicy,
}

impl Source {
    /// The word used in logs, records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gatekeeper => "gatekeeper",
            Self::ValidatingAdmissionPolicy => "validating-admission-policy",
            Self::MutatingAdmissionPolicy => "mutating-admission-policy",
            Self::Conftest => "conftest",
            Self::PodSecurity => "pod-security",
            Self::Check => "check",
            Self::ImagePolicy => "image-policy",
        }
    }
}

/// HTTP status of a refusal, in the words of `metav1.Status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// HTTP code, such as 403.
    pub code: u16,
    /// Reason, such as `Forbidden`.
    pub reason: &'static str,
}

/// One thing that a policy forbids.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// The engine.
    pub source: Source,
    /// The policy as people know it: `<kind of constraint>/<name>`, the name of an admission policy, a package, a check id.
    pub policy: String,
    /// The binding, for admission policies.
    pub binding: Option<String>,
    /// What follows.
    pub action: Action,
    /// What the policy says.
    pub message: String,
    /// What it says besides, such as Gatekeeper's `details`; `Null` if nothing.
    pub details: Value,
    /// Paths into the object that the verdict rests on, as JSON pointers (RFC 6901), the closest first; may be empty.
    pub paths: Vec<String>,
    /// How the refusal is answered; `None` leaves it to the server (403).
    pub status: Option<Status>,
    /// Whether the policy failed to give an answer, so that its failure policy speaks here.
    pub is_error: bool,
}

/// What all policies together say about one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Everything that is forbidden, in the order of the policies.
    pub violations: Vec<Violation>,
    /// Audit annotations that policies set, by key.
    pub audit_annotations: Vec<(String, String)>,
}

impl Violation {
    /// A violation with a message, and nothing else said.
    pub fn new(
        source: Source,
        policy: impl Into<String>,
        action: Action,
        message: impl Into<String>,
    ) -> Self {
        Self {
            source,
            policy: policy.into(),
            binding: None,
            action,
            message: message.into(),
            details: Value::Null,
            paths: Vec::new(),
            status: None,
            is_error: false,
        }
    }
}

impl Verdict {
    /// Whether the request goes through.
    pub fn is_allowed(&self) -> bool {
        !self
            .violations
            .iter()
            .any(|violation| violation.action == Action::Deny)
    }
}

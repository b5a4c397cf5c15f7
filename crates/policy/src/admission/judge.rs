//! What every engine offers to whoever has a request: a verdict, a changed object, and what it loaded.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::{AdmissionRequest, ChangedPlace, Source, Verdict, Violation};

/// The time that an answer may still take. Policies own no clock: whoever has one hands it in.
pub trait Deadline: Sync {
    /// How much of it is left; `None` where there is no end.
    fn left(&self) -> Option<Duration>;

    /// Whether an answer would come too late, so that the judge gives up and says so.
    fn is_over(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }
}

/// What a policy says that was not asked, or not to the end, for want of time.
pub const LATE: &str = "not judged: the time for an answer is over";

/// No end: for scans, suites and replays.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDeadline;

impl Deadline for NoDeadline {
    fn left(&self) -> Option<Duration> {
        None
    }
}

/// What mutating policies make of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mutation {
    /// The object as it should be; `None` where nothing changes.
    pub object: Option<Value>,
    /// What policies refuse, or could not do; an error that must stop the request has [`Action::Deny`](super::Action::Deny).
    pub violations: Vec<Violation>,
    /// Audit annotations that policies set, by key.
    pub audit_annotations: Vec<(String, String)>,
}

/// What became of one policy at a request that somebody wants to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The policy as violations name it.
    pub policy: String,
    /// Whether it was asked, why not, and what it said, in one line.
    pub outcome: String,
}

/// A policy that is loaded, or one that could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStatus {
    /// The engine.
    pub source: Source,
    /// The policy as violations name it.
    pub policy: String,
    /// The file it came from, where it came from one.
    pub file: Option<String>,
    /// Why it does not judge, or not as it is written; `None` where all is well.
    pub problem: Option<String>,
}

/// One engine with its policies; what was loaded never changes.
///
/// Judging is pure: the same request gives the same answer, on any thread.
pub trait Judge: Send + Sync {
    /// Judges a request.
    ///
    /// A policy that cannot give an answer, for want of time too, is a violation with
    /// [`is_error`](Violation::is_error); silence means that every policy was asked and had nothing to say.
    fn review(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Verdict;

    /// A quick look: what these policies say, named as violations name them.
    ///
    /// Others may be asked too, and violations may lack their paths: for whoever has to know whether some policies
    /// still refuse a changed object, and would ask all of them often. With places, none of them had refused the
    /// object before it changed there: whoever the change cannot matter to may be left out.
    fn review_by(
        &self,
        _policies: &BTreeSet<&str>,
        _changed: Option<&[ChangedPlace<'_>]>,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Verdict {
        self.review(request, deadline)
    }

    /// The same of all policies after an object has changed at these places, when nobody had refused it before but these
    /// policies.
    ///
    /// Whoever is none of them may be left out where the change cannot matter to it.
    fn review_changed(
        &self,
        _refusing: &BTreeSet<&str>,
        _changed: &[ChangedPlace<'_>],
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Verdict {
        self.review(request, deadline)
    }

    /// Changes the object of a request; most engines change nothing.
    fn mutate(&self, _request: &AdmissionRequest, _deadline: &dyn Deadline) -> Mutation {
        Mutation::default()
    }

    /// What became of each policy, of requests that its configuration wants to follow; nothing of all others.
    fn trace(&self, _request: &AdmissionRequest, _deadline: &dyn Deadline) -> Vec<Trace> {
        Vec::new()
    }

    /// Whether a policy of this engine, named as violations name it, is about a request.
    fn covers(&self, _policy: &str, _request: &AdmissionRequest) -> bool {
        false
    }

    /// Every policy that was loaded or should have been.
    fn status(&self) -> Vec<PolicyStatus>;
}

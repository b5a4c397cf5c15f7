//! From the body of a request to the body of its answer; runs on a worker.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::StatusCode;
use ringwall_policy::{
    admission::{Action, AdmissionRequest, Operation, Trace, Violation, patch},
    bundle::Needed,
    image::BROKEN_GLASS,
};
use serde_json::json;

use crate::{
    BrokenGlass, Change, Decision, FailurePolicy, ImageDecision, Policies, PolicySet, Route, Rules,
    deadline::{Deadline, wait},
    metrics::Metrics,
    pool::outside,
    pushed::{self, Pushed, Taken},
    record::{Entry, Recorder},
    review::{OutOfTime, caught, policies_of},
    seen::Seen,
    wire::{
        WireError,
        admission_review::{self, Answer, Identity},
        event_list::{self, Event},
        image_review, notification, one_line,
    },
};

/// The longest that a review waits for an image to be scanned, whatever its sender allows.
const LONGEST_SCAN: Duration = Duration::from_secs(30);

/// How long whoever refused a request looks for a patch before going on to the next one. Most are found within, and
/// to hand them over would have both wait for each other.
const AT_ONCE: Duration = Duration::from_millis(5);

/// Longest outcome of one policy in a trace, in bytes.
const MAX_OUTCOME: usize = 4_096;

/// What a request is answered with.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: StatusCode,
    pub(crate) body: Vec<u8>,
    /// The word for metrics.
    pub(crate) outcome: &'static str,
}

impl Reply {
    fn ok(body: Vec<u8>, outcome: &'static str) -> Self {
        Self {
            code: StatusCode::OK,
            body,
            outcome,
        }
    }

    /// An error of HTTP, told in the words of `metav1.Status`, which API servers show.
    pub(crate) fn error(code: StatusCode, message: &str) -> Self {
        let reason = match code {
            StatusCode::BAD_REQUEST => "BadRequest",
            StatusCode::UNAUTHORIZED => "Unauthorized",
            StatusCode::FORBIDDEN => "Forbidden",
            StatusCode::NOT_FOUND => "NotFound",
            StatusCode::METHOD_NOT_ALLOWED => "MethodNotAllowed",
            StatusCode::REQUEST_TIMEOUT => "Timeout",
            StatusCode::PAYLOAD_TOO_LARGE => "RequestEntityTooLarge",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "UnsupportedMediaType",
            StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailable",
            _ => "InternalError",
        };
        let status = json!({
            "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code.as_u16(),
        });
        Self {
            code,
            body: status.to_string().into_bytes(),
            outcome: "error",
        }
    }

    fn malformed(error: &WireError) -> Self {
        Self::error(StatusCode::BAD_REQUEST, &error.to_string())
    }
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no room to wait.
    Overloaded,
    /// The time is over.
    Late,
    /// A bug of ours.
    Bug,
}

impl Failure {
    const fn message(self) -> &'static str {
        match self {
            Self::Overloaded => "ringwall is overloaded and did not judge the request",
            Self::Late => "ringwall could not judge the request in time",
            Self::Bug => "ringwall failed while judging the request; this is a bug",
        }
    }

    const fn outcome(self) -> &'static str {
        match self {
            Self::Overloaded => "overloaded",
            Self::Late => "late",
            Self::Bug => "failed",
        }
    }
}

/// What answers rest on.
pub(crate) struct Evaluator {
    pub(crate) policies: Arc<Policies>,
    pub(crate) rules: Rules,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) seen: Seen,
    pub(crate) pushed: Option<Arc<Pushed>>,
    /// Whether there is a cluster, or objects that stand for one.
    pub(crate) has_inventory: bool,
    /// Whether all that policies ask for of a cluster was listed once; `None` without a cluster.
    pub(crate) is_listed: Option<Arc<AtomicBool>>,
    /// Why the certificates of now are not in use.
    pub(crate) certificate_problem: Mutex<Option<String>>,
}

/// The outcome of an evaluation.
pub(crate) enum Evaluated {
    Reply(Reply),
    /// Events that are to be kept before there is an answer.
    Events(Vec<Event>),
    /// A verdict that is to be told, with more in it where there is time for that.
    Refused(Box<Judged>),
}

/// A request with its verdict.
pub(crate) struct Judged {
    route: Route,
    identity: Identity,
    request: AdmissionRequest,
    policies: Arc<PolicySet>,
    decision: Decision,
    deadline: Deadline,
    start: Instant,
    took: Duration,
}

impl Judged {
    /// How long a patch may be looked for.
    fn mended_until(&self, evaluator: &Evaluator) -> Instant {
        self.start + self.took + evaluator.rules.suggestion_time
    }
}

impl Evaluator {
    /// Judges the body of a request.
    pub(crate) fn evaluate(&self, route: Route, body: &Bytes, deadline: Deadline) -> Evaluated {
        Evaluated::Reply(match route {
            Route::Validate | Route::Mutate => match self.judge(route, body, deadline) {
                Ok(judged) if self.may_be_mended(&judged) => {
                    return Evaluated::Refused(Box::new(judged));
                }
                Ok(judged) => self.tell(judged),
                Err(error) => Reply::malformed(&error),
            },
            Route::Images => self.images(body, deadline),
            Route::Registry => self.registry(body),
            Route::Audit => match event_list::parse(body) {
                Ok(events) => return self.events(events),
                Err(error) => Reply::malformed(&error),
            },
        })
    }

    /// Takes over what changed in the files of policies, and in the reports that they rest on.
    pub(crate) fn look(&self) {
        let before = self.policies.current();
        if self.policies.reload() == Change::None {
            return;
        }
        let now = self.policies.current();
        self.metrics.policy_reloads.add(1);
        if now.digest != before.digest {
            tracing::info!(digest = now.digest, "policies were taken over");
        }
        let broken = now.broken.iter();
        for problem in broken.filter(|problem| !before.broken.contains(problem)) {
            tracing::error!(
                file = problem.file,
                reason = problem.reason,
                "policies were not taken over; what judged before stays"
            );
        }
    }

    /// Whether requests can be judged by all that policies ask for.
    pub(crate) fn is_informed(&self) -> bool {
        let is_listed = self.is_listed.as_ref();
        is_listed.is_none_or(|it| it.load(Ordering::Relaxed))
    }

    /// Policies that compare with other objects where nobody gives any: they admit what they should refuse.
    pub(crate) fn without_inventory(&self) -> Vec<String> {
        let policies = self.policies.current();
        let needs = policies.needs.iter().filter(|_| !self.has_inventory);
        let needs = needs.filter(|need| need.needed == Needed::Inventory);
        needs.map(|need| need.policy.clone()).collect()
    }

    pub(crate) fn certificates_are(&self, problem: Option<String>) {
        *self.problem_of_certificates() = problem;
    }

    pub(crate) fn problem_of_certificates(&self) -> MutexGuard<'_, Option<String>> {
        let problem = self.certificate_problem.lock();
        problem.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether reviews wait for images that nobody looked at.
    fn is_on_demand(&self) -> bool {
        self.pushed.as_ref().is_some_and(|it| it.is_on_demand())
    }

    /// The policies of now, and what is known of these images once those that nobody looked at were scanned, as far as
    /// that comes in time.
    fn informed<'i>(
        &self,
        images: impl Iterator<Item = &'i str>,
        deadline: Deadline,
    ) -> Arc<PolicySet> {
        let current = self.policies.current();
        let (Some(pushed), Some(judge)) = (&self.pushed, &current.images) else {
            return current;
        };
        let unassessed: BTreeSet<_> = images
            .filter_map(|image| judge.policy.unassessed(image))
            .collect();
        let unassessed: Vec<_> = unassessed.into_iter().collect();
        if unassessed.is_empty() {
            return current;
        }
        let within = wait(&deadline, LONGEST_SCAN);
        if outside(|| pushed.demand(&unassessed, within)) {
            self.look();
        }
        self.policies.current()
    }

    fn judge(&self, route: Route, body: &[u8], deadline: Deadline) -> Result<Judged, WireError> {
        let start = Instant::now();
        let (identity, request) = admission_review::parse(body)?;
        let is_judged = || self.rules.exemptions.reason(&request).is_none();
        let policies = if self.is_on_demand() && route == Route::Validate && is_judged() {
            let judge = self.policies.current().images.clone();
            let images = judge.map_or_else(Vec::new, |judge| judge.to_judge(&request));
            self.informed(images.iter().map(String::as_str), deadline)
        } else {
            self.policies.current()
        };
        let decision = self.rules.decide(route, &policies, &request, &deadline);
        Ok(Judged {
            route,
            identity,
            request,
            policies,
            decision,
            deadline,
            start,
            took: start.elapsed(),
        })
    }

    /// Whether a patch may be looked for with which the request would be admitted.
    ///
    /// Those before it are done within the same time, so that a refusal that may take longer is told in time, and not
    /// answered by the failure policy, which may let it through. Where the verdict alone took as long as a search may,
    /// no patch would be judged within.
    fn may_be_mended(&self, judged: &Judged) -> bool {
        let is_refused = judged.route == Route::Validate && !judged.decision.allowed;
        let time = self.rules.suggestion_time;
        is_refused && judged.took < time && judged.deadline.left() > time * 2
    }

    /// Looks for a patch with which a refused request would be admitted, and tells the verdict.
    pub(crate) fn mend(&self, mut judged: Judged) -> Reply {
        judged.decision.suggestion = self
            .suggestion(&judged, judged.mended_until(self))
            .unwrap_or(None);
        self.tell_mended(judged)
    }

    /// The same where a look is enough. Gives back what takes longer.
    pub(crate) fn mend_at_once(&self, mut judged: Box<Judged>) -> Result<Reply, Box<Judged>> {
        let until = judged.mended_until(self).min(Instant::now() + AT_ONCE);
        match self.suggestion(&judged, until) {
            Ok(suggestion) => {
                judged.decision.suggestion = suggestion;
                Ok(self.tell_mended(*judged))
            }
            Err(OutOfTime) => Err(judged),
        }
    }

    fn suggestion(
        &self,
        judged: &Judged,
        until: Instant,
    ) -> Result<Option<Vec<patch::Operation>>, OutOfTime> {
        let Judged {
            policies, request, ..
        } = judged;
        (self.rules).suggestion(policies, request, &judged.decision, until, &judged.deadline)
    }

    fn tell_mended(&self, mut judged: Judged) -> Reply {
        judged.took = judged.start.elapsed();
        self.tell(judged)
    }

    /// The same where nobody has time to look.
    pub(crate) fn leave(&self, judged: Judged) -> Reply {
        self.metrics.unmended.add(1);
        self.tell(judged)
    }

    /// Answers, counts and records what was decided.
    pub(crate) fn tell(&self, judged: Judged) -> Reply {
        let Judged {
            route,
            identity,
            request,
            policies,
            decision,
            deadline,
            took,
            ..
        } = judged;
        let reply = Reply::ok(
            admission_review::write(&identity, &decision.answer(&request)),
            if decision.allowed {
                "allowed"
            } else {
                "denied"
            },
        );
        self.count(&decision);
        if route == Route::Validate && decision.allowed {
            let objects = request.object.iter().filter(|_| is_to_be(&request));
            self.admit(&policies, objects.flat_map(pushed::images));
        }
        if route == Route::Validate && decision.exempt.is_none() {
            trace(&policies, &request, deadline);
        }
        if !decision.allowed {
            tracing::info!(
                route = route.as_str(),
                uid = request.uid,
                user = request.user_info.username,
                kind = request.kind.kind,
                namespace = request.namespace,
                name = request.name,
                policies = policies_of(denied(&decision)),
                "denied"
            );
        }
        if let Some(recorder) = &self.recorder {
            recorder.put(Entry::Review {
                route: route.as_str(),
                request: Arc::new(request),
                decision: Arc::new(decision),
                policies: policies.digest.clone(),
                took,
            });
        }
        reply
    }

    fn count(&self, decision: &Decision) {
        let metrics = &self.metrics;
        if decision.exempt.is_some() {
            metrics.exempt.add(1);
        }
        match &decision.break_glass {
            Some(BrokenGlass::Granted(reason)) => {
                metrics.break_glass.add(1);
                tracing::warn!(reason, "admitted against policy: the glass was broken");
            }
            Some(BrokenGlass::Refused(_)) => metrics.break_glass_refused.add(1),
            None => {}
        }
        let mut told = decision.verdict.audit_annotations.iter();
        if let Some((_, reason)) = told.find(|(key, _)| key == BROKEN_GLASS) {
            metrics.break_glass.add(1);
            tracing::warn!(reason, "images admitted against policy");
        }
        for violation in &decision.verdict.violations {
            metrics.violation(
                &violation.policy,
                violation.action.as_str(),
                violation.is_error,
            );
        }
    }

    fn images(&self, body: &[u8], deadline: Deadline) -> Reply {
        let start = Instant::now();
        let review = match image_review::parse(body) {
            Ok(review) => review,
            Err(error) => return Reply::malformed(&error),
        };
        let is_judged = !self.rules.exemptions.has_namespace(&review.namespace);
        let policies = if self.is_on_demand() && is_judged {
            self.informed(review.images.iter().map(String::as_str), deadline)
        } else {
            self.policies.current()
        };
        let ImageDecision {
            answer,
            problems,
            break_glass,
        } = self.rules.review_images(&policies, &review);
        if let Some(reason) = &break_glass {
            self.metrics.break_glass.add(1);
            tracing::warn!(
                reason,
                namespace = review.namespace,
                "images admitted against policy"
            );
        }
        for problem in &problems {
            self.metrics.violation(
                problem.rule,
                problem.action.as_str(),
                problem.is_not_assessed,
            );
            if problem.is_not_assessed {
                self.metrics.not_assessed_images.add(1);
            }
        }
        let outcome = if answer.allowed { "allowed" } else { "denied" };
        if answer.allowed {
            self.admit(&policies, review.images.iter().map(String::as_str));
        }
        let reply = Reply::ok(image_review::write(&review, &answer), outcome);
        if let Some(recorder) = &self.recorder {
            recorder.put(Entry::Images {
                review: Arc::new(review),
                answer,
                problems,
                policies: policies.digest.clone(),
                took: start.elapsed(),
            });
        }
        reply
    }

    /// Remembers images that may run now, as far as their digests are known.
    fn admit<'i>(&self, policies: &PolicySet, images: impl Iterator<Item = &'i str>) {
        let Some((pushed, judge)) = self.pushed.as_ref().zip(policies.images.as_ref()) else {
            return;
        };
        for image in images {
            if let Some(digest) = judge.policy.known_digest(image) {
                pushed.admit(&digest);
            }
        }
    }

    /// Has what was pushed wait to be scanned. A registry sends again what is not answered with success.
    fn registry(&self, body: &[u8]) -> Reply {
        let told = match notification::parse(body) {
            Ok(told) => told,
            Err(error) => return Reply::malformed(&error),
        };
        let message = match self.pushed.as_ref().map(|pushed| pushed.take(&told)) {
            Some(Taken::Yes) => return Reply::ok(b"{}".to_vec(), "accepted"),
            Some(Taken::Full) | None => "too many images wait to be scanned; send it again",
            Some(Taken::Unkept) => "what is to be scanned could not be written down; send it again",
        };
        let mut reply = Reply::error(StatusCode::SERVICE_UNAVAILABLE, message);
        reply.outcome = "overloaded";
        reply
    }

    fn events(&self, mut events: Vec<Event>) -> Evaluated {
        let all = events.len() as u64;
        self.seen.keep_new(&mut events);
        let new = events.len() as u64;
        self.metrics.audit_duplicates.add(all - new);
        Evaluated::Events(events)
    }

    /// Keeps new events; an answer comes only when they are on disk, so that none is lost.
    pub(crate) async fn keep(&self, events: Vec<Event>, within: Duration) -> Reply {
        let accepted = || Reply::ok(b"{}".to_vec(), "accepted");
        if events.is_empty() {
            return accepted();
        }
        let keys: Vec<(String, String)> = events
            .iter()
            .map(|event| (event.audit_id.clone(), event.stage.clone()))
            .collect();
        let (told, is_written) = tokio::sync::oneshot::channel();
        let is_taken = self
            .recorder
            .as_ref()
            .is_some_and(|recorder| recorder.put(Entry::Events(events, told)));
        let is_kept = is_taken
            && matches!(
                tokio::time::timeout(within, is_written).await,
                Ok(Ok(Ok(())))
            );
        if is_kept {
            self.metrics.audit_events.add(keys.len() as u64);
            return accepted();
        }
        self.seen.forget(&keys);
        Reply::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "the events could not be recorded; send them again",
        )
    }

    /// Answers by the failure policy.
    pub(crate) fn failed(&self, route: Route, body: &[u8], failure: Failure) -> Reply {
        let message = failure.message();
        let mut reply = match (route, self.rules.failure_policy) {
            (Route::Audit | Route::Registry, _) | (_, FailurePolicy::Error) => {
                Reply::error(StatusCode::SERVICE_UNAVAILABLE, message)
            }
            (Route::Images, policy) => match image_review::parse(body) {
                Err(error) => return Reply::malformed(&error),
                Ok(review) => {
                    let answer = image_review::Answer {
                        allowed: policy == FailurePolicy::Allow,
                        reason: Some(message.to_owned()),
                        audit_annotations: vec![("failed".to_owned(), message.to_owned())],
                    };
                    Reply::ok(image_review::write(&review, &answer), "")
                }
            },
            (_, policy) => match admission_review::identify(body) {
                Err(error) => return Reply::malformed(&error),
                Ok(identity) => {
                    let mut answer = if policy == FailurePolicy::Allow {
                        Answer::allowed()
                    } else {
                        Answer::denied(503, "ServiceUnavailable", message.to_owned())
                    };
                    if answer.allowed {
                        answer.warnings.push(message.to_owned());
                    }
                    answer
                        .audit_annotations
                        .push(("failed".to_owned(), message.to_owned()));
                    Reply::ok(admission_review::write(&identity, &answer), "")
                }
            },
        };
        reply.outcome = failure.outcome();
        match failure {
            Failure::Overloaded => self.metrics.queue_full.add(1),
            Failure::Late => self.metrics.deadline_exceeded.add(1),
            Failure::Bug => {}
        }
        tracing::warn!(route = route.as_str(), message, "no verdict");
        reply
    }
}

/// Tells the log what became of each policy, where a policy's configuration asks for that.
fn trace(policies: &PolicySet, request: &AdmissionRequest, deadline: Deadline) {
    for judge in &policies.judges {
        // A panic was told with the verdict.
        let traced = caught(|| judge.trace(request, &deadline)).unwrap_or_default();
        for Trace { policy, outcome } in traced {
            // What policies say of a Secret may hold it.
            let is_secret = request.kind.kind == "Secret";
            let outcome = match outcome.split_once(';') {
                Some((outcome, _)) if is_secret => outcome.to_owned(),
                _ => one_line(&outcome, MAX_OUTCOME),
            };
            tracing::info!(
                uid = request.uid,
                user = request.user_info.username,
                kind = request.kind.kind,
                namespace = request.namespace,
                name = request.name,
                policy,
                outcome,
                "trace"
            );
        }
    }
}

/// Whether the object of a request will be there, if nobody else refuses it.
fn is_to_be(request: &AdmissionRequest) -> bool {
    let goes = matches!(
        request.operation,
        Some(Operation::Delete | Operation::Connect)
    );
    !goes && !request.dry_run
}

fn denied(decision: &Decision) -> impl Iterator<Item = &Violation> {
    let violations = decision.verdict.violations.iter();
    violations.filter(|violation| violation.action == Action::Deny)
}

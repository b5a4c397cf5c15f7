//! What subjects may do, asked of the API server by `SubjectAccessReview`.
//!
//! Answers are good for ten seconds, yes and no alike, as extension API servers take them by default: a right that is
//! taken away must not be relied on for minutes. What is no answer is not kept.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use ringwall_cluster::Connection;
use ringwall_policy::admission::{AccessReview, AccessReviewer, Deadline};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::{runtime::Handle, time::timeout};

use crate::{deadline, pool};

/// How long an answer is good.
const TTL: Duration = Duration::from_secs(10);

/// Most answers that are kept; the oldest goes first.
const MAX_KEPT: usize = 8_192;

/// Longest reason that is kept, in bytes.
const MAX_REASON: usize = 1_024;

/// The longest that the API server is waited for, whatever time there is.
const LONGEST: Duration = Duration::from_secs(10);

/// What the API server adds to its answer for selectors that it could not read. Its own `authorizer` passes over them
/// in silence, and so must ours.
const UNREAD_SELECTORS: [&str; 4] = [
    "spec.resourceAttributes.fieldSelector partially ignored due to parse error",
    "spec.resourceAttributes.fieldSelector ignored due to parse error",
    "spec.resourceAttributes.labelSelector partially ignored due to parse error",
    "spec.resourceAttributes.labelSelector ignored due to parse error",
];

/// Asks the API server, and remembers for a moment what it said.
pub(crate) struct ApiServerAccess {
    connection: Connection,
    runtime: Handle,
    answers: Answers,
}

impl ApiServerAccess {
    /// Asks over a connection; waiting is done by a runtime with threads of its own.
    pub(crate) fn new(connection: Connection, runtime: Handle) -> Self {
        Self {
            connection,
            runtime,
            answers: Answers::default(),
        }
    }
}

impl AccessReviewer for ApiServerAccess {
    fn review(&self, spec: &Value, deadline: &dyn Deadline) -> Result<AccessReview, String> {
        let question = Question::of(spec);
        if let Some(known) = self.answers.get(&question, Instant::now()) {
            return Ok(known);
        }
        let within = deadline::wait(deadline, LONGEST);
        let asked = async { timeout(within, self.connection.review_access(spec)).await };
        let status = match pool::outside(|| self.runtime.block_on(asked)) {
            Ok(Ok(status)) => status,
            Ok(Err(error)) => {
                return Err(format!(
                    "the API server did not say what the user may do: {error}"
                ));
            }
            Err(_) => {
                return Err("the API server did not say in time what the user may do".to_owned());
            }
        };
        let review = read(&status)?;
        self.answers.put(question, &review, Instant::now());
        Ok(review)
    }
}

/// Reads the `status` of a review.
fn read(status: &Value) -> Result<AccessReview, String> {
    let text = |field: &str| status.get(field).and_then(Value::as_str).unwrap_or("");
    let allowed = status
        .get("allowed")
        .and_then(Value::as_bool)
        .ok_or("the API server's answer does not say whether it is allowed")?;
    let errors: Vec<&str> = text("evaluationError")
        .split("; ")
        .filter(|error| !error.is_empty() && !UNREAD_SELECTORS.contains(error))
        .collect();
    Ok(AccessReview {
        allowed,
        reason: text("reason").to_owned(),
        error: (!errors.is_empty()).then(|| errors.join("; ")),
    })
}

/// A question, in as little memory as it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question([u8; 32]);

impl Question {
    fn of(spec: &Value) -> Self {
        Self(Sha256::digest(spec.to_string()).into())
    }
}

/// Answers by question.
#[derive(Default)]
struct Answers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_question: HashMap<Question, (Instant, AccessReview)>,
    /// In the order they came, which is the order in which they end.
    order: VecDeque<(Instant, Question)>,
}

impl Answers {
    fn get(&self, question: &Question, now: Instant) -> Option<AccessReview> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (came, review) = kept.by_question.get(question)?;
        (now.saturating_duration_since(*came) < TTL).then(|| review.clone())
    }

    fn put(&self, question: Question, review: &AccessReview, now: Instant) {
        if review.error.is_some() || review.reason.len() > MAX_REASON {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_question.insert(question, (now, review.clone()));
        kept.order.push_back((now, question));
        while let Some(&(came, oldest)) = kept.order.front() {
            let is_over = now.saturating_duration_since(came) >= TTL;
            if !is_over && kept.order.len() <= MAX_KEPT {
                break;
            }
            kept.order.pop_front();
            // One that was answered again later stays.
            if kept
                .by_question
                .get(&oldest)
                .is_some_and(|(again, _)| *again == came)
            {
                kept.by_question.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn yes() -> AccessReview {
        AccessReview {
            allowed: true,
            ..AccessReview::default()
        }
    }

    #[test]
    fn answers_end_and_are_bounded() {
        let answers = Answers::default();
        let start = Instant::now();
        let question = |number: usize| Question::of(&json!({"user": number.to_string()}));
        answers.put(question(0), &yes(), start);
        let within = TTL.checked_sub(Duration::from_millis(1)).unwrap();
        assert_eq!(answers.get(&question(0), start + within), Some(yes()));
        assert_eq!(answers.get(&question(0), start + TTL), None);
        assert_eq!(answers.get(&question(1), start), None);

        for number in 0..MAX_KEPT + 5 {
            answers.put(question(number), &yes(), start + Duration::from_millis(1));
        }
        let kept = answers.0.lock().unwrap();
        assert_eq!(kept.by_question.len(), MAX_KEPT);
        assert_eq!(kept.order.len(), MAX_KEPT);
        drop(kept);
        answers.put(question(1), &yes(), start + TTL * 2);
        assert_eq!(answers.0.lock().unwrap().by_question.len(), 1);
    }

    #[test]
    fn what_went_wrong_is_asked_again() {
        let answers = Answers::default();
        let question = Question::of(&json!({}));
        let wrong = AccessReview {
            error: Some("no role".to_owned()),
            ..AccessReview::default()
        };
        answers.put(question, &wrong, Instant::now());
        assert_eq!(answers.get(&question, Instant::now()), None);
    }

    #[test]
    fn a_status_is_read_as_the_authorizer_of_the_api_server_sees_it() {
        let status = json!({"allowed": true, "reason": "a role", "evaluationError":
            "no role; spec.resourceAttributes.fieldSelector ignored due to parse error"});
        let review = read(&status).unwrap();
        assert!(review.allowed && review.reason == "a role");
        assert_eq!(review.error.as_deref(), Some("no role"));
        let selector = json!({"allowed": false, "evaluationError":
            "spec.resourceAttributes.labelSelector partially ignored due to parse error"});
        assert_eq!(read(&selector), Ok(AccessReview::default()));
        // Whatever is no answer is no yes and no no.
        assert!(read(&json!({})).is_err() && read(&Value::Null).is_err());
    }
}

//! One request: path, method, certificate, type and size, then a worker, then the answer.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    time::timeout,
};

use super::body::{self, BodyError, Held, Room};
use crate::{
    Limits, Path, Route,
    deadline::Deadline,
    evaluate::{Evaluated, Evaluator, Failure, Judged, Reply},
    pool::{self, Pool},
};

/// What registries call their notifications, besides JSON.
const REGISTRY_TYPES: [&str; 2] = [
    "application/vnd.docker.distribution.events.v1+json",
    "application/cloudevents+json",
];

/// How many may wait for a worker while it looks for a patch itself.
const FEW: usize = 2;

/// Who is at the other end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    /// The names in the certificate that was shown and is good; `None` without one.
    pub(crate) names: Option<Vec<String>>,
}

/// Answers requests.
pub(crate) struct Service {
    evaluator: Arc<Evaluator>,
    pool: Pool,
    menders: Arc<Pool>,
    paths: Vec<Path>,
    client_names: Vec<String>,
    limits: Limits,
    room: Room,
}

impl Service {
    pub(crate) fn new(
        evaluator: Arc<Evaluator>,
        pool: Pool,
        menders: Pool,
        paths: Vec<Path>,
        client_names: Vec<String>,
        limits: Limits,
    ) -> Self {
        Self {
            room: Room::new(limits.held_bytes),
            evaluator,
            pool,
            menders: Arc::new(menders),
            paths,
            client_names,
            limits,
        }
    }

    /// How many requests wait for a worker.
    pub(crate) fn depth(&self) -> usize {
        self.pool.depth()
    }

    /// Answers a request; whatever it is, there is an answer.
    pub(crate) async fn answer(
        self: Arc<Self>,
        client: Arc<Client>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let start = Instant::now();
        let metrics = Arc::clone(&self.evaluator.metrics);
        metrics.in_flight.add(1);
        let (route, reply) = self.route(&client, request, start).await;
        metrics.in_flight.add(-1);
        let name = route.map_or("none", Route::as_str);
        metrics.answered(name, reply.code.as_u16(), reply.outcome, start.elapsed());
        Ok(response(reply))
    }

    async fn route(
        &self,
        client: &Client,
        request: Request<Incoming>,
        start: Instant,
    ) -> (Option<Route>, Reply) {
        let asked = request.uri().path();
        let Some(path) = self.paths.iter().find(|path| path.path == asked) else {
            let known: Vec<&str> = self.paths.iter().map(|path| path.path.as_str()).collect();
            let message = format!("nothing is at this path; paths are {}", known.join(", "));
            body::leave(request.into_body(), self.limits.body);
            return (None, Reply::error(StatusCode::NOT_FOUND, &message));
        };
        let reply = match self.refusal(path, client, &request) {
            Some(refusal) => {
                body::leave(request.into_body(), self.limits.body);
                refusal
            }
            None => self.judge(path.route, request, start).await,
        };
        (Some(path.route), reply)
    }

    /// Why a request is not even read.
    fn refusal(&self, path: &Path, client: &Client, request: &Request<Incoming>) -> Option<Reply> {
        if request.method() != Method::POST {
            let message = format!("{} takes POST", path.path);
            return Some(Reply::error(StatusCode::METHOD_NOT_ALLOWED, &message));
        }
        if path.requires_certificate {
            let Some(names) = &client.names else {
                let message = format!("{} takes only clients with a certificate", path.path);
                return Some(Reply::error(StatusCode::UNAUTHORIZED, &message));
            };
            if !self.client_names.is_empty()
                && !names.iter().any(|name| self.client_names.contains(name))
            {
                let message = format!(
                    "{} takes no client of these names: {}",
                    path.path,
                    names.join(", ")
                );
                return Some(Reply::error(StatusCode::FORBIDDEN, &message));
            }
        }
        if path.route == Route::Registry {
            let shown = request.headers().get(AUTHORIZATION);
            let shown = shown.map(HeaderValue::as_bytes);
            let pushed = self.evaluator.pushed.as_ref();
            if !pushed.is_some_and(|pushed| pushed.admits(shown)) {
                let message = format!("{} takes only who shows the secret", path.path);
                return Some(Reply::error(StatusCode::UNAUTHORIZED, &message));
            }
        }
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let essence = kind
            .and_then(|kind| kind.split(';').next())
            .unwrap_or("")
            .trim();
        let is_of_registry = path.route == Route::Registry
            && REGISTRY_TYPES.contains(&&*essence.to_ascii_lowercase());
        if !is_of_registry && !essence.eq_ignore_ascii_case("application/json") {
            let message = format!("the body must be application/json, not '{essence}'");
            return Some(Reply::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message));
        }
        None
    }

    async fn judge(&self, route: Route, request: Request<Incoming>, start: Instant) -> Reply {
        let deadline = Deadline::of(request.uri().query(), start);
        let limit = match route {
            Route::Audit => self.limits.events_bytes,
            _ => self.limits.review_bytes,
        };
        let within = self.limits.body.min(deadline.left());
        let held = match body::read(request.into_body(), limit, within, &self.room).await {
            Ok(held) => held,
            Err(BodyError::TooLarge) => {
                let message = format!("the body has more than {limit} bytes");
                return Reply::error(StatusCode::PAYLOAD_TOO_LARGE, &message);
            }
            Err(BodyError::Slow) => {
                return Reply::error(StatusCode::REQUEST_TIMEOUT, "the body did not come in time");
            }
            Err(BodyError::Broken) => {
                return Reply::error(StatusCode::BAD_REQUEST, "the body did not come as a whole");
            }
            Err(BodyError::NoRoom) => {
                self.evaluator.metrics.queue_full.add(1);
                let mut reply = Reply::error(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "ringwall is overloaded and did not read the request",
                );
                reply.outcome = "overloaded";
                return reply;
            }
        };
        let Held { bytes, room } = held;
        let (send, receive) = oneshot::channel();
        let evaluator = Arc::clone(&self.evaluator);
        let menders = Arc::clone(&self.menders);
        let body = bytes.clone();
        let job = move |asked: Asked| {
            // Whoever waited has been told something already, so that nothing is left to judge for.
            if asked.send.is_closed() {
                return;
            }
            match evaluator.evaluate(route, &body, deadline) {
                Evaluated::Refused(judged) if pool::waiting() <= FEW => {
                    match evaluator.mend_at_once(judged) {
                        Ok(reply) => asked.answer(Evaluated::Reply(reply)),
                        Err(judged) => mend(&evaluator, &menders, asked, judged),
                    }
                }
                Evaluated::Refused(judged) => mend(&evaluator, &menders, asked, judged),
                evaluated => asked.answer(evaluated),
            }
        };
        if self.pool.submit(Asked { send, room }, job).is_err() {
            return self.evaluator.failed(route, &bytes, Failure::Overloaded);
        }
        match timeout(deadline.left(), receive).await {
            Ok(Ok(Evaluated::Reply(reply))) => reply,
            Ok(Ok(Evaluated::Events(events))) => {
                let within = deadline.left().max(Duration::from_millis(1));
                self.evaluator.keep(events, within).await
            }
            // A refusal is on its way to its answer when it comes here.
            Ok(Ok(Evaluated::Refused(judged))) => self.evaluator.leave(*judged),
            Ok(Err(_)) => self.evaluator.failed(route, &bytes, Failure::Bug),
            Err(_) => self.evaluator.failed(route, &bytes, Failure::Late),
        }
    }
}

/// Who waits for an answer, and the room that the question takes.
struct Asked {
    send: oneshot::Sender<Evaluated>,
    room: Option<OwnedSemaphorePermit>,
}

impl Asked {
    fn answer(self, evaluated: Evaluated) {
        drop(self.room);
        let _ = self.send.send(evaluated);
    }
}

/// Has a patch looked for with which a refused request would be admitted, while others are judged; where too many
/// wait for one, the refusal is told without.
fn mend(evaluator: &Arc<Evaluator>, menders: &Pool, asked: Asked, judged: Box<Judged>) {
    let mender = Arc::clone(evaluator);
    let job = move |(asked, judged): (Asked, Box<Judged>)| {
        // Where nobody waits any more, the refusal is recorded all the same.
        let reply = if asked.send.is_closed() {
            mender.tell(*judged)
        } else {
            mender.mend(*judged)
        };
        asked.answer(Evaluated::Reply(reply));
    };
    if let Err((asked, judged)) = menders.submit((asked, judged), job) {
        asked.answer(Evaluated::Reply(evaluator.leave(*judged)));
    }
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = reply.code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if reply.code == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

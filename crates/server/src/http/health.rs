//! Health, readiness, metrics and status, in plain HTTP on a port of its own.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, body::Incoming, header::CONTENT_TYPE,
    header::HeaderValue, server::conn::http1, service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};

use super::Service;
use crate::{Limits, evaluate::Evaluator};

/// Most connections at once: probes and scrapers are few.
const CONNECTIONS: usize = 64;

/// Serves `/healthz`, `/readyz`, `/metrics` and `/status` until told to stop.
pub(crate) async fn serve_health(
    listener: TcpListener,
    evaluator: Arc<Evaluator>,
    service: Arc<Service>,
    is_ready: Arc<AtomicBool>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (evaluator, service) = (Arc::clone(&evaluator), Arc::clone(&service));
        let is_ready = Arc::clone(&is_ready);
        let mut stop = stop.clone();
        let head = limits.head;
        tokio::spawn(async move {
            let handler = service_fn(move |request: Request<Incoming>| {
                let answer = answer(&request, &evaluator, &service, &is_ready);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(head)
                .serve_connection(TokioIo::new(stream), handler);
            tokio::select! {
                // A probe that went away is no concern of ours.
                _ = connection => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
            drop(slot);
        });
    }
}

fn answer(
    request: &Request<Incoming>,
    evaluator: &Evaluator,
    service: &Service,
    is_ready: &AtomicBool,
) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return text(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain",
            "GET only\n".to_owned(),
        );
    }
    match request.uri().path() {
        "/healthz" | "/livez" => text(StatusCode::OK, "text/plain", "ok\n".to_owned()),
        "/readyz" => {
            let unready = if evaluator.is_informed() {
                "draining\n"
            } else {
                "what policies ask for of the cluster was not listed yet\n"
            };
            let (code, told) = if is_ready.load(Ordering::Relaxed) && evaluator.is_informed() {
                (StatusCode::OK, "ok\n")
            } else {
                (StatusCode::SERVICE_UNAVAILABLE, unready)
            };
            text(code, "text/plain", told.to_owned())
        }
        "/metrics" => {
            let depth = i64::try_from(service.depth()).unwrap_or(i64::MAX);
            evaluator.metrics.queue_depth.set(depth);
            if let Some((pushed, counts)) = evaluator
                .pushed
                .as_ref()
                .zip(evaluator.metrics.pushed.get())
            {
                let waiting = i64::try_from(pushed.depth()).unwrap_or(i64::MAX);
                counts.waiting.set(waiting);
            }
            let written = evaluator.metrics.write(&evaluator.policies.current());
            text(StatusCode::OK, "text/plain; version=0.0.4", written)
        }
        "/status" => text(
            StatusCode::OK,
            "application/json",
            status(evaluator).to_string(),
        ),
        _ => text(
            StatusCode::NOT_FOUND,
            "text/plain",
            "paths are /healthz, /readyz, /metrics and /status\n".to_owned(),
        ),
    }
}

/// Which policies judge, and which do not as they are written.
fn status(evaluator: &Evaluator) -> Value {
    let policies = evaluator.policies.current();
    let loaded = policies.status().into_iter().map(|policy| {
        json!({
            "source": policy.source.as_str(), "policy": policy.policy, "file": policy.file,
            "problem": policy.problem,
        })
    });
    let broken = policies
        .broken
        .iter()
        .map(|problem| json!({"file": problem.file, "reason": problem.reason}));
    let mut status = json!({
        "digest": policies.digest,
        "policies": loaded.collect::<Vec<_>>(),
        "brokenFiles": broken.collect::<Vec<_>>(),
        "certificateProblem": *evaluator.problem_of_certificates(),
        "withoutInventory": evaluator.without_inventory(),
        "isInformed": evaluator.is_informed(),
    });
    if let (Some(pushed), Some(status)) = (&evaluator.pushed, status.as_object_mut()) {
        status.insert("images".to_owned(), pushed.status());
    }
    status
}

fn text(code: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = code;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

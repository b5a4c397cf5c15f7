//! Too much, too slow, too late, broken: each has an answer at once, and the server goes on.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::StreamBody;
use hyper::{Request, StatusCode, body::Frame, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ringwall_server::{FailurePolicy, Limits, Rules};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
    time::timeout,
};

use crate::{
    gate::{self, Gate, Opener},
    support::{House, PATIENCE, Plan, answer, eventually, pod, post, review},
};

/// A server with one worker, a queue of one, and a gate before every verdict.
async fn held(policy: FailurePolicy) -> (House, Opener) {
    let gate = Arc::new(Gate::default());
    let source = gate::source(&gate);
    let house = House::new(Plan {
        change: Box::new(move |settings| {
            settings.limits = Limits {
                workers: 1,
                queue: 1,
                ..settings.limits.clone()
            };
            settings.rules = Rules {
                failure_policy: policy,
                ..Rules::default()
            };
            settings.sources = vec![source];
        }),
        ..Plan::default()
    })
    .await;
    (house, Opener(gate))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_answers_at_once_by_the_failure_policy() {
    for policy in [
        FailurePolicy::Deny,
        FailurePolicy::Allow,
        FailurePolicy::Error,
    ] {
        let (mut house, gate) = held(policy).await;
        let client = house.client();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move {
                    client
                        .review("/validate?timeout=30s", &review(&pod(false)))
                        .await
                })
            })
            .collect();
        eventually("one judged and one waiting", async || {
            gate.waiting() == 1 && house.metric("ringwall_queue_depth").await == 1
        })
        .await;
        let answer = client
            .post("/validate?timeout=30s", review(&pod(false)).to_string())
            .await;
        match policy {
            FailurePolicy::Error => {
                assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
                assert!(answer.message().contains("overloaded"));
            }
            policy => {
                let response = answer.json()["response"].clone();
                assert_eq!(response["uid"], review(&pod(false))["request"]["uid"]);
                assert_eq!(response["allowed"], policy == FailurePolicy::Allow);
                assert!(response.to_string().contains("overloaded"), "{response}");
            }
        }
        assert_eq!(house.metric("ringwall_queue_full_total").await, 1);
        gate.open();
        for answered in waiting {
            assert_eq!(answered.await.unwrap()["allowed"], true);
        }
        house.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_judged_in_time_is_answered_in_time() {
    let (mut house, gate) = held(FailurePolicy::Deny).await;
    let client = house.client();
    let response = client
        .review("/validate?timeout=100ms", &review(&pod(false)))
        .await;
    assert_eq!(response["allowed"], false);
    assert_eq!(response["status"]["code"], 503);
    assert!(
        response["status"]["message"]
            .as_str()
            .unwrap()
            .contains("in time")
    );
    assert_eq!(house.metric("ringwall_deadline_exceeded_total").await, 1);
    gate.open();
    assert_eq!(
        client.review("/validate", &review(&pod(false))).await["allowed"],
        true
    );
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judge_that_panics_refuses_and_takes_nothing_with_it() {
    let (mut house, gate) = held(FailurePolicy::Deny).await;
    gate.open();
    let client = house.client();
    let mut named = pod(false);
    named["metadata"]["name"] = json!("panic");
    let response = client.review("/validate", &review(&named)).await;
    assert_eq!(response["allowed"], false);
    assert!(
        response["status"]["message"]
            .as_str()
            .unwrap()
            .contains("[engine-failure]")
    );
    assert_eq!(
        client.review("/validate", &review(&pod(false))).await["allowed"],
        true
    );
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_answered_before_the_server_ends() {
    let (mut house, gate) = held(FailurePolicy::Deny).await;
    let client = house.client();
    let under_way = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .review("/validate?timeout=30s", &review(&pod(false)))
                .await
        }
    });
    eventually("the request is judged", async || gate.waiting() == 1).await;
    assert_eq!(house.health("/readyz").await.0, StatusCode::OK);
    let server = house.server.take().unwrap();
    let ended = tokio::spawn(server.shut_down());
    eventually("it is not ready any more", async || {
        house.health("/readyz").await.0 == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    assert_eq!(house.health("/healthz").await.0, StatusCode::OK);
    eventually("nobody is let in any more", async || {
        client.connect(b"h2").await.is_err()
    })
    .await;
    assert!(!ended.is_finished());
    gate.open();
    assert_eq!(under_way.await.unwrap()["allowed"], true);
    ended.await.unwrap();
}

/// Limits so short that a client which stalls is soon cut off.
fn short(limits: &Limits) -> Limits {
    Limits {
        handshake: Duration::from_millis(50),
        head: Duration::from_millis(50),
        body: Duration::from_millis(50),
        connections: 1,
        ..limits.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stalls_is_cut_off_and_others_get_its_place() {
    let mut house = House::new(Plan {
        change: Box::new(|settings| settings.limits = short(&settings.limits)),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    // No TLS at all.
    let mut silent = tokio::net::TcpStream::connect(house.address).await.unwrap();
    assert_eq!(silent.read(&mut [0; 16]).await.unwrap_or(0), 0);
    // A head that never ends.
    let mut stream = client.connect(b"http/1.1").await.unwrap();
    stream
        .write_all(b"POST /validate HTTP/1.1\r\nhost: a\r\nx-")
        .await
        .unwrap();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    assert!(!String::from_utf8_lossy(&said).contains("200 OK"));
    // A body that never ends.
    let mut stream = client.connect(b"http/1.1").await.unwrap();
    let head = "POST /validate HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said).await;
    assert!(
        said.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&said)
    );
    // The one place is free again.
    let response = client
        .send(post("/validate", review(&pod(true)).to_string()))
        .await
        .unwrap();
    assert_eq!(response.json()["response"]["allowed"], Value::Bool(false));
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_in_hand_are_bounded_together() {
    let mut house = House::new(Plan {
        change: Box::new(|settings| settings.limits.held_bytes = 4_096),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    let answer = client.post("/validate", vec![b' '; 100_000]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        client.review("/validate", &review(&pod(false))).await["allowed"],
        true
    );
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_before_its_body_came_is_read_on_over_http2() {
    let mut house = House::new(Plan {
        change: Box::new(|settings| {
            for path in &mut settings.paths {
                path.requires_certificate = path.path == "/image-policy";
            }
        }),
        ..Plan::default()
    })
    .await;
    for (path, content_type, expected) in [
        ("/nowhere", "application/json", StatusCode::NOT_FOUND),
        (
            "/validate",
            "text/plain",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            "/image-policy",
            "application/json",
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        let stream = house.client().connect(b"h2").await.unwrap();
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        // One that is sent in parts, whose rest comes only after the answer.
        let (parts, body) = mpsc::channel::<Bytes>(1);
        let body = futures_util::stream::unfold(body, |mut body| async move {
            let part: Bytes = body.recv().await?;
            Some((Ok::<_, Infallible>(Frame::data(part)), body))
        });
        let body = StreamBody::new(body);
        let request = Request::post(format!("https://localhost{path}"))
            .header("content-type", content_type)
            .body(Box::pin(body))
            .unwrap();
        parts.send(Bytes::from(vec![b' '; 1_000])).await.unwrap();
        let response = sender.send_request(request).await.unwrap();
        let told = answer(response).await.unwrap();
        assert_eq!(told.status, expected, "{path}");
        assert!(!told.body.is_empty(), "{path}");
        // More than the window of a connection: it all goes, as somebody reads it.
        for _ in 0..64 {
            let part = Bytes::from(vec![b' '; 16 << 10]);
            let sent = timeout(PATIENCE, parts.send(part)).await;
            assert!(
                sent.is_ok_and(|sent| sent.is_ok()),
                "{path}: it was cut off"
            );
        }
    }
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_with_too_much_to_judge_is_refused_whatever_the_failure_policy_is() {
    let mut house = House::new(Plan {
        change: Box::new(|settings| settings.rules.failure_policy = FailurePolicy::Allow),
        ..Plan::default()
    })
    .await;
    let mut object = pod(false);
    let container = object["spec"]["containers"][0].clone();
    object["spec"]["containers"] = json!(vec![container; 10_000]);
    for path in ["/validate", "/mutate"] {
        let refused = house.client().review(path, &review(&object)).await;
        assert_eq!(refused["allowed"], false, "{path}");
        let message = refused["status"]["message"].as_str().unwrap();
        assert!(
            message.contains("the object has 10000 containers"),
            "{message}"
        );
    }
    house.shut_down().await;
}

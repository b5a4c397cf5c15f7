//! Providers of external data: a real one over TLS on loopback, good and bad.

use std::{
    convert::Infallible,
    fs,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service};
use hyper_util::rt::TokioIo;
use ringwall_server::{
    Bundles, LiveWorld, PolicySource, ProviderSettings,
    setup::certificates::{Authority, Usage, Wanted},
};
use rustls::{
    RootCertStore, ServerConfig, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};
use tokio_rustls::TlsAcceptor;

use crate::{
    brought::folder,
    reviews::apply,
    support::{House, Plan, give, in_days, pod, review, server_pair, write_pair},
};

/// Judges images by a provider; an error of any kind refuses.
const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: askprovider}
spec:
  crd: {spec: {names: {kind: AskProvider}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package askprovider
      response := external_data({"provider": "scanner", "keys": [image | image := input.review.object.spec.containers[_].image]})
      violation[{"msg": msg}] {
        [image, error] := response.errors[_]
        msg := sprintf("key %v: %v", [image, error])
      }
      violation[{"msg": msg}] {
        response.system_error != ""
        msg := sprintf("status %v: %v", [response.status_code, response.system_error])
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: AskProvider
metadata: {name: images}
spec: {match: {kinds: [{apiGroups: [''], kinds: [Pod]}]}}
"#;

/// A provider that does what the path of its URL says.
struct TestProvider {
    address: SocketAddr,
    authority: Authority,
    seen: Arc<Seen>,
    /// Answers of `/slow` come when this ends.
    _hold: watch::Sender<()>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    keys: Mutex<Vec<Vec<String>>>,
}

impl TestProvider {
    async fn start() -> Self {
        Self::with(&TLS13, None).await
    }

    async fn with(version: &'static SupportedProtocolVersion, clients: Option<&Authority>) -> Self {
        let authority = Authority::new("test providers", in_days(2)).unwrap();
        let pair = server_pair(&authority);
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                let pem = clients.pair().certificate.as_bytes();
                roots
                    .add(CertificateDer::from_pem_slice(pem).unwrap())
                    .unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (hold, held) = watch::channel(());
        let counted = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = TlsAcceptor::from(Arc::clone(&config));
                let (seen, held) = (Arc::clone(&counted), held.clone());
                tokio::spawn(async move {
                    // A client that does not trust the certificate ends it here.
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let answer =
                        service::service_fn(|request| answer(request, &seen, held.clone()));
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                });
            }
        });
        Self {
            address,
            authority,
            seen,
            _hold: hold,
        }
    }

    /// The manifest of a provider that does something.
    fn manifest(&self, what: &str, timeout: u64) -> String {
        self.trusting(what, timeout, &self.authority)
    }

    fn trusting(&self, what: &str, timeout: u64, authority: &Authority) -> String {
        format!(
            "apiVersion: externaldata.gatekeeper.sh/v1beta1\nkind: Provider\nmetadata: {{name: scanner}}\nspec:\n  url: https://localhost:{}/{what}\n  timeout: {timeout}\n  caBundle: {}\n",
            self.address.port(),
            STANDARD.encode(&authority.pair().certificate)
        )
    }

    fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: &Seen,
    mut held: watch::Receiver<()>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    seen.requests.fetch_add(1, Ordering::SeqCst);
    let what = request.uri().path().trim_start_matches('/').to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let asked: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(asked["kind"], "ProviderRequest");
    assert_eq!(asked["apiVersion"], "externaldata.gatekeeper.sh/v1beta1");
    let keys: Vec<String> = serde_json::from_value(asked["request"]["keys"].clone()).unwrap();
    seen.keys.lock().unwrap().push(keys.clone());
    if what == "slow" {
        let _ = held.changed().await;
    }
    let item = |key: &String| match what.as_str() {
        "keys" => json!({"key": key, "error": "it has holes"}),
        "large" => json!({"key": key, "value": "x".repeat(2 << 20)}),
        _ => json!({"key": key, "value": format!("{key}@sha256:1")}),
    };
    let items: Vec<Value> = if what == "silent" {
        Vec::new()
    } else {
        keys.iter().map(item).collect()
    };
    let mut response = json!({
        "apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderResponse",
        "response": {"idempotent": what != "changing", "items": items},
    });
    match what.as_str() {
        "version" => response["apiVersion"] = json!("externaldata.gatekeeper.sh/v9"),
        "system" => response["response"]["systemError"] = json!("the registry is down"),
        _ => {}
    }
    let text = match what.as_str() {
        "text" => "no JSON".to_owned(),
        "deep" => "[".repeat(100_000),
        _ => response.to_string(),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    if what == "status" {
        *response.status_mut() = StatusCode::BAD_GATEWAY;
    }
    Ok(response)
}

/// A server that judges by the files of a folder, and what of its settings differs.
async fn house(
    files: &TempDir,
    change: impl FnOnce(&mut ringwall_server::Settings) + 'static,
) -> House {
    let path = files.path().to_owned();
    House::new(Plan {
        change: Box::new(move |settings| {
            settings.sources.clear();
            let world = Arc::new(LiveWorld::default());
            give(
                &world,
                &json!({
                    "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"},
                }),
            );
            settings.world = world;
            settings.sources.push(PolicySource {
                paths: vec![path],
                extensions: Bundles::EXTENSIONS,
                loader: Arc::new(Bundles::new(Arc::clone(&settings.world))),
            });
            change(settings);
        }),
        ..Plan::default()
    })
    .await
}

/// The message of a refusal; empty where it is admitted.
async fn judged(house: &House, query: &str) -> String {
    let answer = house
        .client()
        .review(&format!("/validate{query}"), &review(&pod(false)))
        .await;
    let message = answer["status"]["message"].as_str().unwrap_or("");
    assert_eq!(answer["allowed"] == true, message.is_empty(), "{answer}");
    message.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_of_a_provider_leads_to_a_verdict() {
    let provider = TestProvider::start().await;
    for (what, expected) in [
        ("good", ""),
        ("keys", "it has holes"),
        ("silent", "the provider says nothing about this key"),
        ("system", "the registry is down"),
        ("version", "unknown version"),
        ("large", "more than 1048576 bytes"),
        ("text", "no JSON"),
        ("deep", "no JSON"),
        ("status", "status 502"),
    ] {
        let files = folder(&[
            ("policy.yaml", TEMPLATE),
            ("provider.yaml", &provider.manifest(what, 20)),
        ]);
        let mut house = house(&files, |_| {}).await;
        let message = judged(&house, "?timeout=30s").await;
        assert!(
            message.contains(expected) && message.is_empty() == expected.is_empty(),
            "{what}: {message}"
        );
        house.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_kept_for_their_time_and_keys_asked_for_together() {
    let provider = TestProvider::start().await;
    for (ttl, expected) in [(180, 1), (0, 3)] {
        let files = folder(&[
            ("policy.yaml", TEMPLATE),
            ("provider.yaml", &provider.manifest("good", 20)),
        ]);
        let before = provider.requests();
        let mut house = house(&files, move |settings| {
            settings.providers.ttl = Duration::from_secs(ttl);
        })
        .await;
        let mut two = pod(false);
        two["spec"]["containers"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "b", "image": "registry.example.com/b:1"}));
        for _ in 0..3 {
            let answer = house.client().review("/validate", &review(&two)).await;
            assert_eq!(answer["allowed"], true, "{answer}");
        }
        assert_eq!(provider.requests() - before, expected, "for {ttl} seconds");
        let keys = provider.seen.keys.lock().unwrap().last().unwrap().clone();
        assert_eq!(
            keys,
            ["registry.example.com/app:1.2.3", "registry.example.com/b:1"]
        );
        house.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_provider_ends_with_its_time_or_that_of_the_request_and_holds_up_nobody() {
    let provider = TestProvider::start().await;
    // A provider that may take a minute still ends with the request.
    for (timeout, query) in [(1, "?timeout=30s"), (60, "?timeout=2s")] {
        let files = folder(&[
            ("policy.yaml", TEMPLATE),
            ("provider.yaml", &provider.manifest("slow", timeout)),
        ]);
        let mut house = house(&files, |settings| settings.limits.workers = 1).await;
        let start = Instant::now();
        let message = judged(&house, query).await;
        assert!(message.contains("did not answer in time"), "{message}");
        assert!(start.elapsed() < Duration::from_secs(20));
        house.shut_down().await;
    }
    // The only worker waits, and what needs no provider is judged meanwhile.
    let files = folder(&[
        ("policy.yaml", TEMPLATE),
        ("provider.yaml", &provider.manifest("slow", 60)),
    ]);
    let mut house = house(&files, |settings| settings.limits.workers = 1).await;
    let (client, before) = (house.client(), provider.requests());
    let waiting = tokio::spawn(async move {
        client
            .review("/validate?timeout=30s", &review(&pod(false)))
            .await
    });
    while provider.requests() == before {
        tokio::task::yield_now().await;
    }
    let mut other = review(&json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"}, "spec": {}}));
    other["request"]["resource"]["resource"] = json!("services");
    let answer = house.client().review("/validate", &other).await;
    assert_eq!(answer["allowed"], true, "{answer}");
    assert!(!waiting.is_finished());
    drop(provider);
    assert_eq!(waiting.await.unwrap()["allowed"], true);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_provider_is_trusted() {
    let provider = TestProvider::start().await;
    let stranger = Authority::new("somebody else", in_days(2)).unwrap();
    let old = TestProvider::with(&TLS12, None).await;
    let cases = [
        provider.trusting("good", 20, &stranger),
        old.manifest("good", 20),
        // The certificate is for localhost and 127.0.0.1.
        provider
            .manifest("good", 20)
            .replace("localhost", "127.0.0.2"),
    ];
    for manifest in cases {
        let files = folder(&[("policy.yaml", TEMPLATE), ("provider.yaml", &manifest)]);
        let mut house = house(&files, |_| {}).await;
        let message = judged(&house, "?timeout=30s").await;
        assert!(
            message.contains("status 500") && message.contains("cannot be reached"),
            "{message}"
        );
        house.shut_down().await;
    }
    assert_eq!(provider.requests() + old.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_sees_the_certificate_and_its_successor() {
    let clients = Authority::new("provider clients", in_days(2)).unwrap();
    let provider = TestProvider::with(&TLS13, Some(&clients)).await;
    let files = folder(&[
        ("policy.yaml", TEMPLATE),
        ("provider.yaml", &provider.manifest("good", 20)),
    ]);
    let keys = tempfile::tempdir().unwrap();
    let pair = |authority: &Authority| {
        let pair = authority
            .issue(&Wanted {
                common_name: "ringwall",
                names: &[],
                usage: Usage::Client,
                until: in_days(1),
            })
            .unwrap();
        write_pair(keys.path(), "client", &pair);
    };
    // One of another authority first.
    pair(&Authority::new("somebody else", in_days(2)).unwrap());
    let certificate = (
        keys.path().join("client.crt"),
        keys.path().join("client.key"),
    );
    let mut house = house(&files, move |settings| {
        settings.providers = ProviderSettings {
            ttl: Duration::ZERO,
            certificate: Some(certificate),
        };
    })
    .await;
    assert!(
        !judged(&house, "?timeout=30s").await.is_empty(),
        "the provider does not know it"
    );
    assert_eq!(provider.requests(), 0);
    pair(&clients);
    assert_eq!(judged(&house, "?timeout=30s").await, "");
    fs::remove_file(keys.path().join("client.key")).unwrap();
    assert!(judged(&house, "?timeout=30s").await.contains("client.key"));
    house.shut_down().await;
}

/// A mutator of images by a provider, with more in its `externalData`.
fn assign(more: &str) -> String {
    format!(
        "apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {{name: digest}}
spec:
  applyTo: [{{groups: [''], versions: [v1], kinds: [Pod]}}]
  location: spec.containers[name:*].image
  parameters: {{assign: {{externalData: {{provider: scanner{more}}}}}}}
"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn mutators_take_values_of_providers_and_do_as_they_are_told_without() {
    let provider = TestProvider::start().await;
    let image = "registry.example.com/app:1.2.3";
    let digest = format!("{image}@sha256:1");
    for (what, more, expected) in [
        ("good", "", Ok(digest.as_str())),
        ("good", ", dataSource: Username", Ok("ann@sha256:1")),
        ("keys", "", Err("it has holes")),
        ("keys", ", failurePolicy: Ignore", Ok(image)),
        (
            "keys",
            ", failurePolicy: UseDefault, default: 'safe:1'",
            Ok("safe:1"),
        ),
        ("silent", "", Err("says nothing")),
        ("system", "", Err("the registry is down")),
        ("changing", "", Err("not idempotent")),
        // What the mutator says for the case is answered in time.
        (
            "slow",
            ", failurePolicy: UseDefault, default: 'safe:1'",
            Ok("safe:1"),
        ),
        ("slow", "", Err("in time")),
    ] {
        let files = folder(&[
            ("assign.yaml", &assign(more)),
            ("provider.yaml", &provider.manifest(what, 60)),
        ]);
        let mut house = house(&files, |_| {}).await;
        let query = if what == "slow" { "2s" } else { "30s" };
        let answer = house
            .client()
            .review(&format!("/mutate?timeout={query}"), &review(&pod(false)))
            .await;
        let name = format!("{what}{more}: {answer}");
        match expected {
            Ok(image) => {
                assert_eq!(answer["allowed"], true, "{name}");
                let patch = answer["patch"].as_str().map_or_else(Vec::new, |patch| {
                    let text = STANDARD.decode(patch).unwrap();
                    serde_json::from_slice::<Vec<Value>>(&text).unwrap()
                });
                let changed = apply(&pod(false), &patch);
                assert_eq!(changed["spec"]["containers"][0]["image"], image, "{name}");
            }
            Err(reason) => {
                assert_eq!(answer["allowed"], false, "{name}");
                let message = answer["status"]["message"].as_str().unwrap();
                assert!(message.contains(reason), "{name}");
            }
        }
        house.shut_down().await;
    }
}

//! A server on loopback with certificates of its own, and a client that speaks real TLS to it.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, StatusCode, client::conn::http1, client::conn::http2, header::HeaderMap};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ringwall_engine::CheckActions;
use ringwall_input::yaml;
use ringwall_model::{Severity, Source};
use ringwall_policy::pod_security::PodSecurity;
use ringwall_server::{
    BuiltIn, Limits, LiveWorld, PolicySource, ProviderSettings, Rules, Server, ServerError,
    Settings, TlsFiles, default_paths,
    setup::certificates::{Authority, Pair, Usage, Wanted},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Longest that anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until something holds; fails when it does not in good time.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < PATIENCE, "{what} never came");
        tokio::task::yield_now().await;
    }
}

/// The moment in a number of days.
pub(crate) fn in_days(days: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(days * 86_400)
}

/// A server with the folder its files are in.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) authority: Authority,
    pub(crate) client_authority: Authority,
    pub(crate) server: Option<Server>,
    pub(crate) address: SocketAddr,
    pub(crate) metrics: SocketAddr,
}

/// What `ringwall.toml` says, and what else differs from the defaults.
pub(crate) struct Plan {
    pub(crate) config: String,
    pub(crate) built_in: BuiltIn,
    pub(crate) change: Box<dyn FnOnce(&mut Settings)>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            config: String::new(),
            built_in: BuiltIn {
                pod_security: PodSecurity {
                    enforce: Some("baseline".parse().unwrap()),
                    warn: None,
                },
                checks: false,
                actions: CheckActions {
                    deny: Some(Severity::High),
                    warn: Some(Severity::Medium),
                    fix: None,
                    honours_annotations: false,
                },
                as_of: None,
                reports: Arc::default(),
            },
            change: Box::new(|_| {}),
        }
    }
}

/// The folder of a server with what is in it, and the server.
type Started = (TempDir, Authority, Authority, Server);

/// Starts a server; its folder goes with it.
pub(crate) async fn start(plan: Plan) -> Result<Started, ServerError> {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("test servers", in_days(2)).unwrap();
    let client_authority = Authority::new("test clients", in_days(2)).unwrap();
    let path = |name: &str| folder.path().join(name);
    write_pair(folder.path(), "server", &server_pair(&authority));
    fs::write(path("client-ca.crt"), &client_authority.pair().certificate).unwrap();
    fs::write(path("ringwall.toml"), &plan.config).unwrap();
    let mut settings = Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        metrics_listen: Some("127.0.0.1:0".parse().unwrap()),
        tls: TlsFiles {
            certificate: path("server.crt"),
            key: path("server.key"),
            client_ca: Some(path("client-ca.crt")),
        },
        client_names: Vec::new(),
        paths: default_paths(),
        limits: Limits {
            drain_delay: Duration::ZERO,
            poll: Duration::from_millis(20),
            ..Limits::default()
        },
        rules: Rules {
            // Builds without optimisation on a busy machine are slow; requests allow for twice as much.
            suggestion_time: Duration::from_secs(4),
            ..Rules::default()
        },
        record: None,
        sources: vec![PolicySource {
            paths: vec![path("ringwall.toml")],
            extensions: &[],
            loader: Arc::new(plan.built_in),
        }],
        world: Arc::default(),
        inventory: Vec::new(),
        providers: ProviderSettings::default(),
        cluster: None,
        pushed: None,
    };
    (plan.change)(&mut settings);
    let server = Server::start(settings).await?;
    Ok((folder, authority, client_authority, server))
}

impl House {
    pub(crate) async fn new(plan: Plan) -> Self {
        let (folder, authority, client_authority, server) = start(plan).await.unwrap();
        Self {
            address: server.address(),
            metrics: server.metrics_address().unwrap(),
            server: Some(server),
            folder,
            authority,
            client_authority,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A client without a certificate.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address, &[&self.authority], None)
    }

    /// A client with a certificate that ends at a moment.
    pub(crate) fn client_with(&self, name: &str, until: SystemTime) -> Client {
        let pair = self
            .client_authority
            .issue(&Wanted {
                common_name: name,
                names: &[],
                usage: Usage::Client,
                until,
            })
            .unwrap();
        Client::new(self.address, &[&self.authority], Some(&pair))
    }

    /// What the metrics port answers.
    pub(crate) async fn health(&self, path: &str) -> (StatusCode, String) {
        let stream = TcpStream::connect(self.metrics).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get(path)
            .header("host", "localhost")
            .body(Full::<Bytes>::default())
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// The value of a metric, with its labels as they are written.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let (_, text) = self.health("/metrics").await;
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .map_or(0, |value| value.parse().unwrap())
    }

    pub(crate) async fn shut_down(&mut self) {
        self.server.take().unwrap().shut_down().await;
    }
}

pub(crate) fn server_pair(authority: &Authority) -> Pair {
    authority
        .issue(&Wanted {
            common_name: "ringwall",
            names: &["localhost".to_owned(), "127.0.0.1".to_owned()],
            usage: Usage::Server,
            until: in_days(1),
        })
        .unwrap()
}

pub(crate) fn write_pair(folder: &Path, name: &str, pair: &Pair) {
    fs::write(folder.join(format!("{name}.crt")), &pair.certificate).unwrap();
    fs::write(folder.join(format!("{name}.key")), &pair.key).unwrap();
}

/// An answer: status, headers, body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The message of a `metav1.Status`.
    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }
}

/// Speaks to a server over TLS; each request has a connection of its own unless one is kept.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    config: Arc<ClientConfig>,
}

impl Client {
    pub(crate) fn new(
        address: SocketAddr,
        authorities: &[&Authority],
        pair: Option<&Pair>,
    ) -> Self {
        let pems: String = authorities
            .iter()
            .map(|authority| authority.pair().certificate.as_str())
            .collect();
        Self::trusting(address, &pems, pair)
    }

    /// Trusts the authorities of a text in PEM.
    pub(crate) fn trusting(address: SocketAddr, authorities: &str, pair: Option<&Pair>) -> Self {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(authorities.as_bytes()) {
            roots.add(authority.unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain =
                    vec![CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap()];
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        Self {
            address,
            config: Arc::new(config),
        }
    }

    pub(crate) async fn connect(&self, protocol: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut config = (*self.config).clone();
        config.alpn_protocols = vec![protocol.to_vec()];
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    /// Sends a request over HTTP/1.1 on a connection of its own.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, String> {
        let stream = self
            .connect(b"http/1.1")
            .await
            .map_err(|error| error.to_string())?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        tokio::spawn(connection);
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| format!("{error:?}"))?;
        answer(response).await
    }

    /// A connection over HTTP/2 that is kept.
    pub(crate) async fn http2(&self) -> http2::SendRequest<Full<Bytes>> {
        let stream = self.connect(b"h2").await.unwrap();
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        sender
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        self.send(post(path, body)).await.unwrap()
    }

    /// Asks for a review; the `response` of the answer.
    pub(crate) async fn review(&self, path: &str, review: &Value) -> Value {
        let answer = self.post(path, review.to_string()).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json()["response"].take()
    }
}

pub(crate) async fn answer(
    response: hyper::Response<hyper::body::Incoming>,
) -> Result<Answer, String> {
    let status = response.status();
    let headers = response.headers().clone();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(|error| error.to_string())?;
    Ok(Answer {
        status,
        headers,
        body: body.to_bytes().to_vec(),
    })
}

pub(crate) fn post(path: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post(format!("https://localhost{path}"))
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Full::new(body.into()))
        .unwrap()
}

/// A pod; `privileged` is what baseline refuses.
pub(crate) fn pod(privileged: bool) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{
            "name": "app", "image": "registry.example.com/app:1.2.3",
            "securityContext": {"privileged": privileged},
        }]},
    })
}

/// A review of the creation of an object.
pub(crate) fn review(object: &Value) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "0df28fbd-5f5f-11e8-bc74-36e6bb280816",
            "kind": {"group": "", "version": "v1", "kind": object["kind"]},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"],
            "operation": "CREATE",
            "userInfo": {"username": "ann", "groups": ["dev"]},
            "object": object, "oldObject": null, "dryRun": false, "options": {"kind": "CreateOptions"},
        },
    })
}

/// Gives a world an object, as a file would.
pub(crate) fn give(world: &LiveWorld, object: &Value) {
    let source = Arc::new(Source::new("given.json", object.to_string()));
    let (documents, diagnostics) = yaml::parse(&source);
    assert_eq!(diagnostics, []);
    assert_eq!(world.give(&documents).ok(), Some(1));
}

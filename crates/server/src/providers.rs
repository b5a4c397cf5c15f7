//! Providers of external data, asked over HTTPS.
//!
//! TLS 1.3 with the provider's own authorities and no others, as Gatekeeper has it. Answers are kept for a time by
//! key; whatever is no answer is an error, which the policy or the mutator decides about.

use std::{
    collections::BTreeMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Request, Uri, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use ringwall_policy::{
    admission::Deadline,
    gatekeeper::external_data::{
        Cache, DEFAULT_TTL, ExternalData, FetchError, Provider, ProviderClient, Response,
    },
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{PrivateKeyDer, ServerName, pem::PemObject as _},
    version::TLS13,
};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpStream, runtime::Handle, time::timeout};
use tokio_rustls::TlsConnector;

use crate::{deadline, pool, tls::certificates};

/// How long a provider may take that says nothing itself.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);

/// Largest answer, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// How long the audit, which has no deadline, takes a provider for dead that gave no answer: it would wait for it
/// once for each object otherwise.
const DEAD_FOR: Duration = Duration::from_secs(10);

/// The status of a failure that is no answer.
const NO_ANSWER: u16 = 500;

/// How providers are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// How long an answer is good; zero keeps none.
    pub ttl: Duration,
    /// Certificate and key that providers are shown, in PEM; read again when they change.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            ttl: DEFAULT_TTL,
            certificate: None,
        }
    }
}

/// Asks providers, and remembers what they said.
pub(crate) struct HttpsProviders {
    runtime: Handle,
    certificate: Option<(PathBuf, PathBuf)>,
    cache: Cache,
    start: Instant,
    /// What is known of providers, by name.
    known: Mutex<BTreeMap<String, Known>>,
}

/// What the last look at a provider left.
struct Known {
    /// What the configuration was made of.
    made_of: Texts,
    /// Keeps the tickets of earlier connections.
    tls: Arc<ClientConfig>,
    failed: Option<(Instant, FetchError)>,
}

/// Authorities, and the client's certificate and key.
#[derive(Clone, PartialEq, Eq)]
struct Texts {
    ca_bundle: String,
    own: Option<(String, String)>,
}

impl HttpsProviders {
    /// Waiting is done by a runtime with threads of its own.
    pub(crate) fn new(settings: ProviderSettings, runtime: Handle) -> Self {
        Self {
            runtime,
            certificate: settings.certificate,
            cache: Cache::new(settings.ttl),
            start: Instant::now(),
            known: Mutex::default(),
        }
    }

    /// The TLS configuration for a provider, made anew where certificates changed.
    fn tls(&self, provider: &Provider) -> Result<Arc<ClientConfig>, String> {
        let read = |file: &PathBuf| {
            ringwall_collect::read_text(file)
                .map_err(|reason| format!("our {} {reason}", file.display()))
        };
        let own = match &self.certificate {
            None => None,
            Some((certificate, key)) => Some((read(certificate)?, read(key)?)),
        };
        let texts = Texts {
            ca_bundle: provider.ca_bundle.clone(),
            own,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known
            .get(&provider.name)
            .filter(|known| known.made_of == texts)
        {
            return Ok(Arc::clone(&known.tls));
        }
        let tls = Arc::new(configuration(&texts)?);
        let made = Known {
            made_of: texts,
            tls: Arc::clone(&tls),
            failed: None,
        };
        known.insert(provider.name.clone(), made);
        Ok(tls)
    }

    /// The failure of a moment ago, for whoever has no deadline.
    fn recent_failure(&self, provider: &Provider, deadline: &dyn Deadline) -> Option<FetchError> {
        if deadline.left().is_some() {
            return None;
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (when, error) = known.get(&provider.name)?.failed.as_ref()?;
        (when.elapsed() < DEAD_FOR).then(|| error.clone())
    }

    fn remember(&self, provider: &Provider, failed: Option<&FetchError>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(&provider.name) {
            known.failed = failed.map(|error| (Instant::now(), error.clone()));
        }
    }

    /// Asks a provider itself.
    fn send(
        &self,
        provider: &Provider,
        keys: &[String],
        deadline: &dyn Deadline,
    ) -> Result<Response, FetchError> {
        if let Some(error) = self.recent_failure(provider, deadline) {
            return Err(error);
        }
        let failed = |message: String| FetchError {
            status: NO_ANSWER,
            message: format!("provider {}: {message}", provider.name),
        };
        let most = if provider.timeout.is_zero() {
            DEFAULT_TIMEOUT
        } else {
            provider.timeout
        };
        let within = deadline::wait(deadline, most);
        let tls = self.tls(provider).map_err(failed)?;
        let body = Response::request(keys).to_string();
        let asked = async { timeout(within, post(tls, &provider.url, body)).await };
        let answered = match pool::outside(|| self.runtime.block_on(asked)) {
            Ok(answered) => answered,
            Err(_) => Err((NO_ANSWER, "it did not answer in time".to_owned())),
        };
        let answered = answered.map_err(|(status, message)| FetchError {
            status,
            ..failed(message)
        });
        self.remember(provider, answered.as_ref().err());
        answered
    }
}

impl ProviderClient for HttpsProviders {
    fn ask(
        &self,
        provider: &Provider,
        keys: &[String],
        deadline: &dyn Deadline,
    ) -> Result<Response, FetchError> {
        // A provider that is another one now must not answer with what the old one said.
        let digest = Sha256::digest(format!("{} {}", provider.url, provider.ca_bundle));
        let identity = format!("{} {digest:x?}", provider.name);
        let source = Asking {
            providers: self,
            provider,
            deadline,
        };
        self.cache
            .fetch(&source, &identity, keys, self.start.elapsed())
    }
}

/// One provider on behalf of one request.
struct Asking<'a> {
    providers: &'a HttpsProviders,
    provider: &'a Provider,
    deadline: &'a dyn Deadline,
}

impl ExternalData for Asking<'_> {
    fn fetch(&self, _identity: &str, keys: &[String]) -> Result<Response, FetchError> {
        self.providers.send(self.provider, keys, self.deadline)
    }
}

fn configuration(texts: &Texts) -> Result<ClientConfig, String> {
    let pem = STANDARD
        .decode(texts.ca_bundle.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or("its caBundle is no base64 of PEM")?;
    let mut roots = RootCertStore::empty();
    for authority in certificates(&pem).map_err(|reason| format!("its caBundle {reason}"))? {
        roots
            .add(authority)
            .map_err(|error| format!("its caBundle cannot be used: {error}"))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    let Some((certificate, key)) = &texts.own else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(certificate).map_err(|reason| format!("our certificate {reason}"))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|error| format!("our key holds no private key: {error}"))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| format!("our certificate does not go with the key: {error}"))
}

/// Status and reason of a failure.
type Failure = (u16, String);

/// Sends a request on a connection of its own, and reads the answer as far as it may go.
async fn post(tls: Arc<ClientConfig>, url: &str, body: String) -> Result<Response, Failure> {
    let no_answer = |message: String| (NO_ANSWER, message);
    let uri: Uri = url
        .parse()
        .map_err(|error| no_answer(format!("`{url}` is no URL: {error}")))?;
    let authority = uri
        .authority()
        .ok_or_else(|| no_answer(format!("`{url}` names no host")))?;
    let host = authority.host();
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| no_answer(format!("`{host}` is no host: {error}")))?;
    let unreachable = |error: io::Error| no_answer(format!("it cannot be reached: {error}"));
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(443)))
        .await
        .map_err(unreachable)?;
    let stream = TlsConnector::from(tls)
        .connect(name, stream)
        .await
        .map_err(unreachable)?;
    let broken = |error: hyper::Error| no_answer(format!("the connection broke: {error}"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header(header::HOST, authority.as_str())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| no_answer(format!("it cannot be asked: {error}")))?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status();
        let bytes = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await
            .map_err(|error| {
                no_answer(if error.is::<LengthLimitError>() {
                    format!("the answer has more than {MAX_ANSWER} bytes")
                } else {
                    format!("the answer broke off: {error}")
                })
            })?;
        Ok((status, bytes.to_bytes()))
    };
    tokio::pin!(connection, exchange);
    // The connection is driven here, so that it ends with the time and leaves nothing behind.
    let mut is_open = true;
    let (status, bytes) = loop {
        tokio::select! {
            answered = &mut exchange => break answered?,
            _ = &mut connection, if is_open => is_open = false,
        }
    };
    let failed = |message: String| (status.as_u16(), message);
    let body = serde_json::from_slice(&bytes)
        .map_err(|error| failed(format!("the answer ({status}) is no JSON: {error}")))?;
    let response =
        Response::parse(&body).map_err(|reason| failed(format!("{reason} ({status})")))?;
    if !status.is_success() && response.system_error.is_empty() {
        return Err(failed(format!("it answered {status}")));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::{
        net::TcpListener,
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::SystemTime,
    };

    use ringwall_policy::admission::NoDeadline;

    use super::*;
    use crate::setup::certificates::Authority;

    #[test]
    fn the_audit_does_not_wait_at_each_object_for_a_provider_that_is_dead() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                // It is counted before the client can see that nobody speaks TLS here.
                counted.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let until = SystemTime::now() + Duration::from_secs(3_600);
        let authority = Authority::new("nobody", until).unwrap();
        let provider = Provider {
            name: "dead".to_owned(),
            url: format!("https://127.0.0.1:{port}/"),
            timeout: Duration::from_secs(20),
            ca_bundle: STANDARD.encode(&authority.pair().certificate),
        };
        let settings = ProviderSettings::default();
        let providers = HttpsProviders::new(settings, runtime.handle().clone());
        let ask = |deadline: &dyn Deadline| {
            let error = providers
                .ask(&provider, &["a".to_owned()], deadline)
                .unwrap_err();
            assert!(error.message.contains("cannot be reached"), "{error}");
            asked.load(Ordering::SeqCst)
        };
        assert_eq!(ask(&NoDeadline), 1);
        assert_eq!(ask(&NoDeadline), 1);
        // A request at the webhook is worth another attempt.
        let deadline = deadline::Deadline::of(Some("timeout=30s"), Instant::now());
        assert_eq!(ask(&deadline), 2);
    }
}

//! Requests to one registry: TLS, redirects, and what came of them.

use std::{
    io::{self, Read},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use crate::{
    Patience, RegistryError,
    retries::{Again, Failure},
    settings::{Settings, api_host, is_loopback},
    tls::{self, cause},
};
use reqwest::{
    Method, StatusCode, Url,
    blocking::{Client, RequestBuilder, Response},
    header::{
        ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RANGE, RETRY_AFTER,
    },
    redirect::Policy,
};

/// Redirects that are followed for one request: registries send to one other place, which may send on once.
const MAX_REDIRECTS: usize = 5;

/// What is asked of a registry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask<'a> {
    /// Path of the API, behind the host.
    pub(crate) path: &'a str,
    /// Media types that can be read; empty for any.
    pub(crate) accept: &'a str,
    /// First byte that is wanted.
    pub(crate) from: u64,
    /// Whether it is there is all that is asked.
    pub(crate) is_head: bool,
}

/// The way to one registry.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Its name in references.
    pub(crate) registry: String,
    pub(crate) client: Client,
    host: String,
    /// Whether the user wants it to be asked without TLS.
    wants_plain: bool,
    /// Whether it is asked without TLS.
    is_plain: AtomicBool,
    pub(crate) patience: Patience,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response,
    /// Whether the registry itself gave it, and not a host that it sent us to.
    pub(crate) is_own: bool,
}

impl Connection {
    pub(crate) fn new(registry: &str, settings: &Settings) -> Result<Self, RegistryError> {
        let (known, authorities) = settings.of(registry);
        let host = api_host(registry);
        let wants_plain = settings.plain_http || known.plain_http;
        let patience = settings.patience;
        let mut client = Client::builder()
            .user_agent(concat!("ringwall/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls::config(registry, &authorities)?)
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(patience.connect)
            .timeout(patience.answer);
        if is_loopback(host) {
            // No proxy leads to this machine.
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| RegistryError::Setting {
            name: registry.to_owned(),
            reason: cause(&error),
        })?;
        Ok(Self {
            registry: registry.to_owned(),
            client,
            host: host.to_owned(),
            wants_plain,
            is_plain: AtomicBool::new(wants_plain),
            patience,
        })
    }

    /// Asks the registry, and where it sends us.
    pub(crate) fn get(
        &self,
        ask: &Ask<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let mut headers = HeaderMap::new();
        if let Ok(accept) = HeaderValue::from_str(ask.accept)
            && !ask.accept.is_empty()
        {
            headers.insert(ACCEPT, accept);
        }
        if ask.from > 0 {
            headers.insert(RANGE, self.header(&format!("bytes={}-", ask.from))?);
        }
        let method = if ask.is_head {
            Method::HEAD
        } else {
            Method::GET
        };
        loop {
            let url = self.own_url(ask.path)?;
            let is_plain = url.scheme() == "http";
            match self.follow(&method, &url, &headers, authorization) {
                Err(failure)
                    if matches!(failure.error, RegistryError::NoTls { .. })
                        && is_loopback(&self.host)
                        && !is_plain =>
                {
                    self.is_plain.store(true, Ordering::Relaxed);
                }
                other => return other,
            }
        }
    }

    /// An address of the registry itself, with or without TLS as it was found to speak.
    pub(crate) fn own_url(&self, path: &str) -> Result<Url, RegistryError> {
        let is_plain = self.is_plain.load(Ordering::Relaxed);
        let scheme = if is_plain { "http" } else { "https" };
        self.url(&format!("{scheme}://{}{path}", self.host))
    }

    /// Gets something from an address that the registry named; the header goes to that host alone.
    pub(crate) fn follow(
        &self,
        method: &Method,
        start: &Url,
        headers: &HeaderMap,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let mut url = start.clone();
        for _ in 0..=MAX_REDIRECTS {
            let is_own = url.origin() == start.origin();
            let mut request = self.client.request(method.clone(), url.clone());
            request = request.headers(headers.clone());
            if let Some(authorization) = authorization
                && is_own
            {
                request = request.header(AUTHORIZATION, authorization);
            }
            let response = self.send(request, &url)?;
            let status = response.status();
            if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
                return Ok(Answer { response, is_own });
            }
            let location = response.headers().get(LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            let Some(next) = next else {
                return Err(self.answer("it redirects to no address").into());
            };
            self.check_scheme(&next)?;
            url = next;
        }
        let reason = format!("it redirects more than {MAX_REDIRECTS} times");
        Err(self.answer(reason).into())
    }

    /// Sends a form to an address that the registry named, and follows nothing.
    pub(crate) fn post(&self, url: &Url, form: String) -> Result<Response, Failure> {
        const FORM: &str = "application/x-www-form-urlencoded";
        let request = self.client.post(url.clone()).body(form);
        let request = request.header(CONTENT_TYPE, FORM);
        self.send(request, url)
    }

    /// An address that the registry named, or that stands for it.
    pub(crate) fn url(&self, text: &str) -> Result<Url, RegistryError> {
        let url = Url::parse(text);
        let url = url.map_err(|error| self.answer(format!("its address is none: {error}")))?;
        self.check_scheme(&url)?;
        Ok(url)
    }

    /// Secrets and layers travel in the open only where the user wants it so, and on this machine.
    pub(crate) fn check_scheme(&self, url: &Url) -> Result<(), RegistryError> {
        let is_allowed = match url.scheme() {
            "https" => true,
            "http" => self.wants_plain || url.host_str().is_some_and(is_loopback),
            _ => false,
        };
        if is_allowed && url.host_str().is_some() {
            return Ok(());
        }
        let (scheme, host) = (url.scheme(), url.host_str().unwrap_or("no host"));
        Err(self.answer(format!("it sends to {scheme}://{host}, which is not safe")))
    }

    pub(crate) fn send(&self, request: RequestBuilder, url: &Url) -> Result<Response, Failure> {
        request.send().map_err(|error| self.failure(&error, url))
    }

    /// What it means that a request failed.
    fn failure(&self, error: &reqwest::Error, url: &Url) -> Failure {
        let asked = url.host_str().unwrap_or_default();
        let registry = if asked == url_host(&self.host) {
            self.registry.clone()
        } else {
            format!("{}, which sent to {asked}", self.registry)
        };
        let reason = cause(error);
        match tls::error(error) {
            Some(rustls::Error::InvalidCertificate(_)) => {
                return RegistryError::Certificate { registry, reason }.into();
            }
            Some(rustls::Error::InvalidMessage(_)) => {
                return RegistryError::NoTls { registry, reason }.into();
            }
            _ => {}
        }
        if error.is_timeout() {
            let reason = if error.is_connect() {
                format!("no connection within {:?}", self.patience.connect)
            } else {
                format!("no answer within {:?}", self.patience.answer)
            };
            return Failure::passing(RegistryError::Unreachable { registry, reason });
        }
        let is_final = error.is_connect() || error.is_builder();
        let error = RegistryError::Unreachable { registry, reason };
        if is_final {
            error.into()
        } else {
            Failure::passing(error)
        }
    }

    /// A whole body that is small.
    pub(crate) fn body(
        &self,
        mut response: Response,
        most: u64,
        what: &str,
    ) -> Result<Vec<u8>, Failure> {
        let too_large = || self.answer(format!("{what} is larger than {} MiB", most >> 20));
        let stated = response.content_length();
        if stated.is_some_and(|length| length > most) {
            return Err(too_large().into());
        }
        let deadline = Instant::now() + self.patience.document;
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 << 10];
        loop {
            match response.read(&mut buffer) {
                Ok(0) => return Ok(bytes),
                Ok(count) => bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let reason = format!("{what} broke off: {}", cause(&error));
                    return Err(Failure::passing(self.unreachable(reason)));
                }
            }
            if bytes.len() as u64 > most {
                return Err(too_large().into());
            }
            if Instant::now() >= deadline {
                let reason = format!("{what} takes longer than {:?}", self.patience.document);
                return Err(self.unreachable(reason).into());
            }
        }
    }

    /// What a status means that is no success and no question for a login.
    pub(crate) fn refusal(&self, status: StatusCode, headers: &HeaderMap, what: &str) -> Failure {
        let wait = headers.get(RETRY_AFTER);
        let wait = wait.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let wait = wait.map(Duration::from_secs);
        let error = match status {
            StatusCode::NOT_FOUND => {
                return RegistryError::NotFound {
                    registry: self.registry.clone(),
                    what: what.to_owned(),
                }
                .into();
            }
            StatusCode::TOO_MANY_REQUESTS => RegistryError::TooMany {
                registry: self.registry.clone(),
                reason: wait.map_or_else(String::new, |wait| {
                    format!(" for the next {} seconds", wait.as_secs())
                }),
            },
            // A server that is ill, or a proxy before one that is not there.
            _ if status.is_server_error() => self.unreachable(format!("{what}: {status}")),
            _ => self.answer(format!("{what}: {status}")),
        };
        let may_pass = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        ) || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED);
        match wait {
            _ if !may_pass => error.into(),
            Some(wait) => Failure {
                error,
                again: Again::After(wait),
            },
            None => Failure::passing(error),
        }
    }

    /// A value of a header.
    pub(crate) fn header(&self, text: &str) -> Result<HeaderValue, RegistryError> {
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| self.answer("a token or login holds what no header may hold"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    pub(crate) fn answer(&self, reason: impl Into<String>) -> RegistryError {
        RegistryError::Answer {
            registry: self.registry.clone(),
            reason: reason.into(),
        }
    }

    pub(crate) fn unreachable(&self, reason: impl Into<String>) -> RegistryError {
        RegistryError::Unreachable {
            registry: self.registry.clone(),
            reason: reason.into(),
        }
    }
}

/// A host without its port, as addresses have it.
fn url_host(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

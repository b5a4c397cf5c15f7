//! One repository at one host: requests with the login that the host wants, tried again where that helps.

use std::{
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use reqwest::{StatusCode, blocking::Response, header::HeaderValue};
use serde::Deserialize;

use crate::{
    Patience, RegistryError, Settings,
    connection::{Answer, Ask, Connection},
    credentials::{self, Found},
    login::{Login, Use},
    retries::{Failure, Retries},
};

/// Largest explanation of an error that is read.
const MAX_ERROR_BYTES: u64 = 1 << 20;

/// Why a registry refuses something.
///
/// See: <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes>
#[derive(Deserialize)]
struct Errors {
    errors: Vec<Refusal>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    code: String,
    message: String,
}

/// One repository at one host.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) connection: Connection,
    /// The path of the repository there.
    pub(crate) repository: String,
    /// The header that was accepted last.
    authorization: Mutex<Option<HeaderValue>>,
    found: OnceLock<Found>,
    credential_files: Vec<PathBuf>,
    pub(crate) patience: Patience,
    use_: Use,
}

impl Endpoint {
    pub(crate) fn new(
        registry: &str,
        repository: String,
        settings: &Settings,
        use_: Use,
    ) -> Result<Self, RegistryError> {
        Ok(Self {
            connection: Connection::new(registry, settings)?,
            repository,
            authorization: Mutex::default(),
            found: OnceLock::new(),
            credential_files: settings.credential_files.clone(),
            patience: settings.patience,
            use_,
        })
    }

    /// Gets a manifest or blob of the repository, as `kind/name`, from a byte on;
    /// what can be understood is a success.
    pub(crate) fn get(
        &self,
        place: &str,
        accept: &str,
        from: u64,
        retries: &mut Retries,
    ) -> Result<Response, RegistryError> {
        let path = match self.use_ {
            Use::Catalogue => format!("/v2/{place}"),
            _ => format!("/v2/{}/{place}", self.repository),
        };
        let ask = Ask {
            path: &path,
            accept,
            from,
            is_head: false,
        };
        let told = place.split('?').next().unwrap_or(place);
        loop {
            match self.attempt(&ask, told) {
                Ok(response) => return Ok(response),
                Err(failure) => retries.wait(failure)?,
            }
        }
    }

    /// A small document, whole.
    pub(crate) fn document(
        &self,
        place: &str,
        accept: &str,
        most: u64,
    ) -> Result<(Vec<u8>, reqwest::header::HeaderMap), RegistryError> {
        let mut retries = Retries::new(&self.patience);
        loop {
            let response = self.get(place, accept, 0, &mut retries)?;
            let headers = response.headers().clone();
            match self.connection.body(response, most, place) {
                Ok(body) => return Ok((body, headers)),
                Err(failure) => retries.wait(failure)?,
            }
        }
    }

    pub(crate) fn attempt(&self, ask: &Ask<'_>, place: &str) -> Result<Response, Failure> {
        let used = self.accepted().clone();
        let mut answer = self.connection.get(ask, used.as_ref())?;
        if answer.is_own && answer.response.status() == StatusCode::UNAUTHORIZED {
            let header = self.authorize(&answer.response, used.as_ref())?;
            answer = self.connection.get(ask, Some(&header))?;
        }
        self.accept(answer, place)
    }

    /// The answer, where it is a success.
    pub(crate) fn accept(&self, answer: Answer, place: &str) -> Result<Response, Failure> {
        let Answer { response, is_own } = answer;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED if is_own => {
                // The next attempt must not begin with what was refused.
                *self.accepted() = None;
                Err(self.login().refused().into())
            }
            StatusCode::FORBIDDEN if is_own => Err(self.login().denied().into()),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
                if self.use_ == Use::Delete =>
            {
                let registry = self.connection.registry.clone();
                Err(RegistryError::DeletesNothing { registry }.into())
            }
            status => {
                let what = format!("{place} in {}", self.repository);
                let headers = response.headers().clone();
                let what = match self.use_ {
                    Use::Read | Use::Catalogue => what,
                    Use::Write | Use::Delete => self.told(response, what),
                };
                Err(self.connection.refusal(status, &headers, &what))
            }
        }
    }

    /// What was asked for, with what the registry says of it: that a tag must not be written again, for one.
    fn told(&self, response: Response, what: String) -> String {
        let Ok(body) = self.connection.body(response, MAX_ERROR_BYTES, "the error") else {
            return what;
        };
        let Ok(Errors { errors }) = serde_json::from_slice(&body) else {
            return what;
        };
        let Some(Refusal { code, message }) = errors.into_iter().next() else {
            return what;
        };
        let said = format!("{code}: {message}");
        let said = said.chars().filter(|it| !it.is_control()).take(200);
        format!("{what}: {}", said.collect::<String>())
    }

    /// The header that the registry asks for. Layers are read in parallel: one thread asks, the others take what it got.
    pub(crate) fn authorize(
        &self,
        asked: &Response,
        used: Option<&HeaderValue>,
    ) -> Result<HeaderValue, Failure> {
        let mut accepted = self.accepted();
        if let Some(other) = &*accepted
            && Some(other) != used
        {
            return Ok(other.clone());
        }
        let header = self.login().header(asked)?;
        *accepted = Some(header.clone());
        Ok(header)
    }

    pub(crate) fn accepted(&self) -> std::sync::MutexGuard<'_, Option<HeaderValue>> {
        let guard = self.authorization.lock();
        guard.unwrap_or_else(PoisonError::into_inner)
    }

    fn login(&self) -> Login<'_> {
        let registry = &self.connection.registry;
        let find = || {
            let files = &self.credential_files;
            credentials::find(files, registry, &self.repository, self.patience.helper)
        };
        Login {
            connection: &self.connection,
            repository: &self.repository,
            use_: self.use_,
            found: self.found.get_or_init(find),
        }
    }
}

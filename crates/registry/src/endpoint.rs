//! One repository at one host: requests with the login that the host wants, tried again where that helps.

use std::{
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use reqwest::{StatusCode, blocking::Response, header::HeaderValue};

use crate::{
    Patience, RegistryError, Settings,
    connection::{Answer, Ask, Connection},
    credentials::{self, Found},
    login::Login,
    retries::{Failure, Retries},
};

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
    patience: Patience,
}

impl Endpoint {
    pub(crate) fn new(
        registry: &str,
        repository: String,
        settings: &Settings,
    ) -> Result<Self, RegistryError> {
        Ok(Self {
            connection: Connection::new(registry, settings)?,
            repository,
            authorization: Mutex::default(),
            found: OnceLock::new(),
            credential_files: settings.credential_files.clone(),
            patience: settings.patience,
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
        let path = format!("/v2/{}/{place}", self.repository);
        let ask = Ask {
            path: &path,
            accept,
            from,
        };
        loop {
            match self.attempt(&ask, place) {
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

    fn attempt(&self, ask: &Ask<'_>, place: &str) -> Result<Response, Failure> {
        let used = self.accepted().clone();
        let mut answer = self.connection.get(ask, used.as_ref())?;
        if answer.is_own && answer.response.status() == StatusCode::UNAUTHORIZED {
            let header = self.authorize(&answer.response, used.as_ref())?;
            answer = self.connection.get(ask, Some(&header))?;
        }
        let Answer { response, is_own } = answer;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::UNAUTHORIZED if is_own => {
                // The next attempt must not begin with what was refused.
                *self.accepted() = None;
                Err(self.login().refused().into())
            }
            StatusCode::FORBIDDEN if is_own => Err(self.login().denied().into()),
            status => {
                let what = format!("{place} in {}", self.repository);
                let headers = response.headers();
                Err(self.connection.refusal(status, headers, &what))
            }
        }
    }

    /// The header that the registry asks for. Layers are read in parallel: one thread asks, the others take what it got.
    fn authorize(
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

    fn accepted(&self) -> std::sync::MutexGuard<'_, Option<HeaderValue>> {
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
            found: self.found.get_or_init(find),
        }
    }
}

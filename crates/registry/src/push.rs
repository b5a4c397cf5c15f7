//! Blobs and manifests that are sent to a registry.
//!
//! See: <https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#push>

use std::{sync::Arc, time::Duration};

use reqwest::{
    Method, StatusCode, Url,
    blocking::Response,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION},
};
use ringwall_image::Digest;
use ringwall_input::image_reference::ImageReference;
use sha2::{Digest as _, Sha256};

use crate::{
    RegistryError, Repository, Settings,
    connection::{Answer, Ask, Connection},
    endpoint::Endpoint,
    login::Use,
    retries::{Failure, Retries},
};

/// KiB of what is sent that have to pass in a second.
const LEAST_KIB: u64 = 64;

/// The header with which a registry says that it lists what refers to an image; otherwise whoever writes does.
const KEEPS_REFERRERS: &str = "oci-subject";

/// What is sent to a registry.
#[derive(Clone, Debug)]
pub(crate) struct Delivery<'a> {
    pub(crate) method: Method,
    pub(crate) to: Url,
    pub(crate) media_type: &'a str,
    pub(crate) bytes: &'a [u8],
}

/// A repository that may be written to.
#[derive(Clone, Debug)]
pub struct WritableRepository(Arc<Repository>);

impl WritableRepository {
    /// The repository of an image in its registry alone: a mirror is somebody else's. Asks nobody yet.
    pub fn new(image: &ImageReference<'_>, settings: &Settings) -> Result<Self, RegistryError> {
        let repository = Repository::in_registry(image, settings, Use::Write)?;
        Ok(Self(Arc::new(repository)))
    }

    /// The same, to be read.
    pub const fn repository(&self) -> &Arc<Repository> {
        &self.0
    }

    /// Keeps a blob.
    pub(crate) fn keep_blob(&self, bytes: &[u8]) -> Result<(), RegistryError> {
        let digest = Digest::new(Sha256::digest(bytes).into());
        self.0
            .try_each(|endpoint| endpoint.keep_blob(&digest, bytes))
    }

    /// Keeps a manifest under a tag or its digest; gives whether the registry itself lists what refers to an image.
    pub(crate) fn keep_manifest(
        &self,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<bool, RegistryError> {
        self.0.try_each(|endpoint| {
            let response = endpoint.keep_manifest(name, media_type, bytes)?;
            Ok(response.headers().contains_key(KEEPS_REFERRERS))
        })
    }
}

impl Endpoint {
    /// Keeps a blob in the repository, where it is not there yet.
    pub(crate) fn keep_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), RegistryError> {
        let mut retries = Retries::new(&self.patience);
        loop {
            match self.try_keep_blob(digest, bytes) {
                Ok(()) => return Ok(()),
                // A place to send it to is good for one attempt, so each begins anew.
                Err(failure) => retries.wait(failure)?,
            }
        }
    }

    fn try_keep_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), Failure> {
        let place = format!("blobs/{digest}");
        let path = format!("/v2/{}/{place}", self.repository);
        let ask = Ask {
            path: &path,
            accept: "",
            from: 0,
            is_head: true,
        };
        match self.attempt(&ask, &place) {
            Ok(_) => return Ok(()),
            Err(failure) if matches!(failure.error, RegistryError::NotFound { .. }) => {}
            Err(failure) => return Err(failure),
        }
        let uploads = format!("/v2/{}/blobs/uploads/", self.repository);
        let start = self.connection.own_url(&uploads)?;
        let begin = Delivery {
            method: Method::POST,
            to: start.clone(),
            media_type: "",
            bytes: &[],
        };
        let answer = self.deliver(&begin, "blobs/uploads")?;
        let mut to = self.named(&start, &answer)?;
        let pair = ("digest", digest.to_string());
        to.query_pairs_mut().extend_pairs([pair]);
        let whole = Delivery {
            method: Method::PUT,
            to,
            media_type: "application/octet-stream",
            bytes,
        };
        self.deliver(&whole, &place).map(|_| ())
    }

    /// Keeps a manifest under a tag or its digest.
    pub(crate) fn keep_manifest(
        &self,
        name: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<Response, RegistryError> {
        let place = format!("manifests/{name}");
        let mut retries = Retries::new(&self.patience);
        loop {
            let path = format!("/v2/{}/{place}", self.repository);
            let delivery = Delivery {
                method: Method::PUT,
                to: self.connection.own_url(&path)?,
                media_type,
                bytes,
            };
            match self.deliver(&delivery, &place) {
                Ok(response) => return Ok(response),
                Err(failure) => retries.wait(failure)?,
            }
        }
    }

    /// Where an answer says that something is to be sent.
    fn named(&self, start: &Url, answer: &Response) -> Result<Url, RegistryError> {
        let location = answer.headers().get(LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        location
            .and_then(|location| start.join(location).ok())
            .ok_or_else(|| {
                self.connection
                    .answer("it takes a blob and does not say where")
            })
    }

    /// Sends something with the login that is asked for.
    pub(crate) fn deliver(
        &self,
        delivery: &Delivery<'_>,
        place: &str,
    ) -> Result<Response, Failure> {
        let used = self.accepted().clone();
        let mut answer = self.connection.deliver(delivery, used.as_ref())?;
        if answer.is_own && answer.response.status() == StatusCode::UNAUTHORIZED {
            let header = self.authorize(&answer.response, used.as_ref())?;
            answer = self.connection.deliver(delivery, Some(&header))?;
        }
        self.accept(answer, place)
    }
}

impl Connection {
    /// Sends something to the registry, or where it says that it wants it; follows nothing.
    ///
    /// The registry has to be asked for something before, so that it is known whether it speaks TLS.
    pub(crate) fn deliver(
        &self,
        delivery: &Delivery<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, Failure> {
        let Delivery { method, to, .. } = delivery;
        self.check_scheme(to)?;
        let is_own = to.origin() == self.own_url("/")?.origin();
        let mut request = self.client.request(method.clone(), to.clone());
        request = request.body(delivery.bytes.to_vec());
        if !delivery.media_type.is_empty() {
            request = request.header(CONTENT_TYPE, delivery.media_type);
        }
        if let Some(authorization) = authorization
            && is_own
        {
            request = request.header(AUTHORIZATION, authorization);
        }
        let kib = u64::try_from(delivery.bytes.len() >> 10).unwrap_or(u64::MAX);
        let request = request.timeout(self.patience.answer + Duration::from_secs(kib / LEAST_KIB));
        let response = self.send(request, to)?;
        if response.status().is_redirection() {
            let reason = "it redirects what is sent to it, and that is not followed";
            return Err(self.answer(reason).into());
        }
        Ok(Answer { response, is_own })
    }
}

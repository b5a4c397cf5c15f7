//! TLS: certificates from files, taken over anew when the files change, and client certificates.
//!
//! A connection keeps what it was agreed with; the next one gets what is current. Files that cannot be used
//! leave the last good ones in place.

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

use x509_parser::extensions::GeneralName;

use crate::policies::Change;

/// The files that TLS rests on, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, with those that lead to its authority behind it.
    pub certificate: PathBuf,
    /// The key of the certificate.
    pub key: PathBuf,
    /// The authorities of client certificates; `None` where nobody is asked for one.
    pub client_ca: Option<PathBuf>,
}

/// Why files cannot be used for TLS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct TlsError {
    /// The file at fault.
    pub file: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// What TLS is agreed with now.
pub(crate) struct Tls {
    files: TlsFiles,
    current: ArcSwap<Current>,
    seen: Mutex<Texts>,
}

/// A configuration and when its certificate ends, in seconds since 1970.
pub(crate) struct Current {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) not_after: i64,
}

/// The texts of the three files.
type Texts = [Result<String, String>; 3];

impl Tls {
    /// Reads the files for the first time.
    pub(crate) fn new(files: TlsFiles) -> Result<Self, TlsError> {
        let texts = read(&files);
        let current = build(&files, &texts)?;
        Ok(Self {
            files,
            current: ArcSwap::from_pointee(current),
            seen: Mutex::new(texts),
        })
    }

    /// What the next connection is agreed with.
    pub(crate) fn current(&self) -> Arc<Current> {
        self.current.load_full()
    }

    /// Whether anybody is asked for a certificate.
    pub(crate) fn asks_clients(&self) -> bool {
        self.files.client_ca.is_some()
    }

    /// Looks at the files, and takes over what changed.
    pub(crate) fn reload(&self) -> Result<Change, TlsError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = read(&self.files);
        if *seen == texts {
            return Ok(Change::None);
        }
        // Remembered even where it cannot be used, so that a fault is told once and not at each look.
        *seen = texts;
        let current = build(&self.files, &seen)?;
        self.current.store(Arc::new(current));
        Ok(Change::Replaced)
    }
}

fn read(files: &TlsFiles) -> Texts {
    let client_ca = files.client_ca.as_ref();
    [
        ringwall_collect::read_text(&files.certificate),
        ringwall_collect::read_text(&files.key),
        client_ca.map_or_else(
            || Ok(String::new()),
            |file| ringwall_collect::read_text(file),
        ),
    ]
}

fn build(files: &TlsFiles, texts: &Texts) -> Result<Current, TlsError> {
    let told = |file: &PathBuf, reason: String| TlsError {
        file: file.display().to_string(),
        reason,
    };
    let [certificate, key, client_ca] = texts;
    let text = |file: &PathBuf, text: &Result<String, String>| {
        text.clone().map_err(|reason| told(file, reason))
    };
    let chain = certificates(&text(&files.certificate, certificate)?)
        .map_err(|reason| told(&files.certificate, reason))?;
    let not_after = chain
        .first()
        .map_or(Ok(0), |own| Facts::of(own).map(|facts| facts.not_after))
        .map_err(|reason| told(&files.certificate, reason))?;
    let private = PrivateKeyDer::from_pem_slice(text(&files.key, key)?.as_bytes())
        .map_err(|error| told(&files.key, format!("holds no private key: {error}")))?;

    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| told(&files.certificate, error.to_string()))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            let authorities =
                certificates(&text(file, client_ca)?).map_err(|reason| told(file, reason))?;
            for authority in authorities {
                roots.add(authority).map_err(|error| {
                    told(
                        file,
                        format!("holds a certificate that cannot be used: {error}"),
                    )
                })?;
            }
            // Each path decides whether a certificate is needed; one that is shown must be good.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| told(file, error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, private).map_err(|error| {
        told(
            &files.certificate,
            format!("does not go with the key: {error}"),
        )
    })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Current {
        config: Arc::new(config),
        not_after,
    })
}

/// The certificates of a text in PEM; none at all is an error.
pub(crate) fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match found {
        Ok(found) if found.is_empty() => Err("holds no certificate in PEM".to_owned()),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("holds no certificates in PEM: {error}")),
    }
}

/// What a certificate says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// When it begins, in seconds since 1970.
    pub(crate) not_before: i64,
    /// When it ends, in seconds since 1970.
    pub(crate) not_after: i64,
    /// The common names of its subject.
    pub(crate) common_names: Vec<String>,
    /// DNS names under which its owner is reached.
    pub(crate) hosts: Vec<String>,
    /// Addresses under which its owner is reached.
    pub(crate) addresses: Vec<IpAddr>,
}

impl Facts {
    /// Reads a certificate.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Result<Self, String> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
            .map_err(|error| format!("holds a certificate that cannot be read: {error}"))?;
        let validity = parsed.validity();
        let common = parsed.subject().iter_common_name();
        let mut facts = Self {
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
            common_names: common
                .filter_map(|name| name.as_str().ok().map(str::to_owned))
                .collect(),
            ..Self::default()
        };
        if let Ok(Some(extension)) = parsed.subject_alternative_name() {
            for name in &extension.value.general_names {
                match name {
                    GeneralName::DNSName(name) => facts.hosts.push((*name).to_owned()),
                    GeneralName::IPAddress(bytes) => facts.addresses.extend(address(bytes)),
                    _ => {}
                }
            }
        }
        Ok(facts)
    }

    /// Whether a client that asks for a host would take it; `*.` stands for one label.
    pub(crate) fn is_for_host(&self, host: &str) -> bool {
        if let Ok(address) = host.parse::<IpAddr>() {
            return self.addresses.contains(&address);
        }
        self.hosts.iter().any(|known| {
            known.eq_ignore_ascii_case(host)
                || known.strip_prefix("*.").is_some_and(|rest| {
                    host.split_once('.')
                        .is_some_and(|(_, tail)| tail.eq_ignore_ascii_case(rest))
                })
        })
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(bytes));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

/// The names in a client's certificate: common names, then DNS names. Empty where it cannot be read.
pub(crate) fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let facts = Facts::of(certificate).unwrap_or_default();
    facts.common_names.into_iter().chain(facts.hosts).collect()
}

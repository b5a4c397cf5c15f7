//! Certificates and keys: are they in time, do they fit, who may read them.

use std::{path::Path, sync::Arc, time::Duration};

use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier as _},
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

use super::Set;
use crate::tls;

/// Seconds before its end from which on a certificate is told.
const SOON: i64 = 30 * 86_400;

/// What the files of a server are called.
const SERVER: [&str; 3] = ["tls.crt", "server.crt", "server.pem"];

/// What the authority of clients is called.
const CLIENT_AUTHORITY: [&str; 2] = ["client-ca.crt", "client-ca.pem"];

impl Set {
    pub(super) fn look_at_pem(&mut self, name: &str, text: &str) {
        if text.contains("PRIVATE KEY-----") {
            self.look_at_key(name);
        }
        if !text.contains("-----BEGIN CERTIFICATE-----") {
            return;
        }
        match tls::certificates(text) {
            Err(reason) => self.problem(name, 0, reason),
            Ok(found) => {
                self.look_at_certificates(name, 0, &found);
                self.look_at_pair(name, &found);
                self.certificates.insert(name.to_owned(), found);
            }
        }
    }

    /// Who may read a key.
    fn look_at_key(&mut self, name: &str) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let Ok(metadata) = Path::new(name).metadata() else {
                return;
            };
            let mode = metadata.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                let message = format!(
                    "holds a private key and has the mode {mode:o}; only its owner should read it (600)"
                );
                self.problem(name, 0, message);
            }
        }
        #[cfg(not(unix))]
        let _ = name;
    }

    /// Whether certificates are in time.
    pub(super) fn look_at_certificates(
        &mut self,
        name: &str,
        line: u32,
        found: &[CertificateDer<'_>],
    ) {
        for certificate in found {
            let facts = match tls::Facts::of(certificate) {
                Ok(facts) => facts,
                Err(reason) => {
                    self.problem(name, line, reason);
                    continue;
                }
            };
            let who = facts.common_names.first().map_or("", String::as_str);
            let days = (facts.not_after - self.now) / 86_400;
            if facts.not_after <= self.now {
                let message = format!("the certificate of '{who}' expired {} days ago", -days);
                self.problem(name, line, message);
            } else if facts.not_before > self.now {
                let message = format!("the certificate of '{who}' is not valid yet");
                self.problem(name, line, message);
            } else if facts.not_after - self.now < SOON {
                let message = format!("the certificate of '{who}' expires in {days} days");
                self.problem(name, line, message);
            }
        }
    }

    /// Whether a certificate goes with the key of the same name.
    fn look_at_pair(&mut self, name: &str, found: &[CertificateDer<'static>]) {
        let key = Path::new(name).with_extension("key");
        let Ok(text) = ringwall_collect::read_text(&key) else {
            return;
        };
        let provider = ring::default_provider();
        let fits = PrivateKeyDer::from_pem_slice(text.as_bytes())
            .map_err(|error| format!("holds no private key: {error}"))
            .and_then(|key| {
                rustls::sign::CertifiedKey::from_der(found.to_vec(), key, &provider)
                    .map_err(|error| format!("does not go with the certificate beside it: {error}"))
            });
        if let Err(reason) = fits {
            self.problem(&key.display().to_string(), 0, reason);
        }
    }

    /// Whether both ends of a connection would trust each other, as far as their files are here.
    pub(super) fn look_at_chain<'c>(
        &mut self,
        name: &str,
        host: Option<&str>,
        authority: Option<&'c [CertificateDer<'static>]>,
        client: Option<&'c [CertificateDer<'static>]>,
    ) {
        let known =
            |found: Option<&'c [CertificateDer<'static>]>| found.filter(|found| !found.is_empty());
        let in_folder = |set: &Self, names: &[&str]| {
            let path = names
                .iter()
                .map(|name| set.folder.join(name))
                .find(|path| path.is_file())?;
            let found = tls::certificates(&ringwall_collect::read_text(&path).ok()?).ok()?;
            Some((path.display().to_string(), found))
        };
        if let (Some(authority), Some((file, server))) =
            (known(authority), in_folder(self, &SERVER))
            && let Err(reason) = verify_server(authority, &server, host, self.now)
        {
            self.problem(&file, 0, format!("{name} would not trust it: {reason}"));
        }
        if let (Some(client), Some((file, authority))) =
            (known(client), in_folder(self, &CLIENT_AUTHORITY))
            && let Err(reason) = verify_client(&authority, client, self.now)
        {
            let message = format!("the client certificate is not one that {file} signed: {reason}");
            self.problem(name, 0, message);
        }
    }
}

fn roots(authority: &[CertificateDer<'static>]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in authority {
        roots
            .add(certificate.clone())
            .map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

fn moment(now: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)))
}

/// Whether a server's certificate is one of these authorities, and for a host.
pub(in crate::setup) fn verify_server(
    authority: &[CertificateDer<'static>],
    server: &[CertificateDer<'static>],
    host: Option<&str>,
    now: i64,
) -> Result<(), String> {
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots(authority)?), provider)
            .build()
            .map_err(|error| error.to_string())?;
    let (Some((own, others)), Some(host)) = (server.split_first(), host) else {
        return Ok(());
    };
    let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
    let verified = verifier.verify_server_cert(own, others, &name, &[], moment(now));
    verified.map(drop).map_err(|error| error.to_string())
}

fn verify_client(
    authority: &[CertificateDer<'static>],
    client: &[CertificateDer<'static>],
    now: i64,
) -> Result<(), String> {
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots(authority)?), provider)
            .build()
            .map_err(|error| error.to_string())?;
    let Some((own, others)) = client.split_first() else {
        return Ok(());
    };
    let verified = verifier.verify_client_cert(own, others, moment(now));
    verified.map(drop).map_err(|error| error.to_string())
}

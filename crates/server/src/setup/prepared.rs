//! Whether a folder holds what a Deployment needs besides its manifests: a certificate that the API server will trust,
//! and webhook configurations that name its Service.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_input::yaml::{self, Node};
use ringwall_model::Source;
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};

use super::check::verify_server;
use crate::tls;

/// The files of webhook configurations; the first must be there.
const WEBHOOKS: [&str; 2] = ["validating-webhook.yaml", "mutating-webhook.yaml"];

/// The file of rights.
const RIGHTS: &str = "rbac.yaml";

/// A Service, and whether what is behind it speaks to the API server.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name, which is that of the service account too.
    pub name: &'a str,
    /// Its port.
    pub port: u16,
    /// Whether rights are needed.
    pub needs_rights: bool,
}

/// Why a folder cannot be deployed.
#[derive(Debug, thiserror::Error)]
pub enum NotPrepared {
    /// A file is missing that another command writes.
    #[error("{path} is not there: run `ringwall setup {command}` with the same --output first")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What writes it.
        command: String,
    },
    /// A file does not go with the rest.
    #[error("{path}: {reason}")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The files of a folder that go with a Deployment, besides certificate and key.
///
/// # Errors
///
/// For the first file that is missing, or that would leave the API server without an answer.
pub fn prepared(folder: &Path, served: Served<'_>) -> Result<Vec<String>, NotPrepared> {
    let Served {
        namespace, name, ..
    } = served;
    let of_webhook = format!("webhook --service {namespace}/{name}");
    let certificate = read(folder, "tls.crt", &of_webhook)?;
    let key = read(folder, "tls.key", &of_webhook)?;
    let unfit = |file: &str, reason: String| NotPrepared::Unfit {
        path: folder.join(file),
        reason,
    };
    let own = tls::certificates(&certificate).map_err(|reason| unfit("tls.crt", reason))?;
    let provider = rustls::crypto::ring::default_provider();
    PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|error| format!("holds no private key: {error}"))
        .and_then(|key| {
            rustls::sign::CertifiedKey::from_der(own.clone(), key, &provider)
                .map_err(|error| format!("does not go with tls.crt: {error}"))
        })
        .map_err(|reason| unfit("tls.key", reason))?;
    let mut found = Vec::new();
    for file in WEBHOOKS {
        if file != WEBHOOKS[0] && !folder.join(file).exists() {
            continue;
        }
        let text = read(folder, file, &of_webhook)?;
        look_at_webhooks(file, &text, served, &own).map_err(|reason| unfit(file, reason))?;
        found.push(file.to_owned());
    }
    if served.needs_rights {
        let command = format!("rbac --service-account {namespace}/{name}");
        let text = read(folder, RIGHTS, &command)?;
        look_at_rights(&text, served).map_err(|reason| unfit(RIGHTS, reason))?;
        found.push(RIGHTS.to_owned());
    }
    Ok(found)
}

fn read(folder: &Path, name: &str, command: &str) -> Result<String, NotPrepared> {
    let path = folder.join(name);
    if !path.exists() {
        let command = command.to_owned();
        return Err(NotPrepared::Missing { path, command });
    }
    ringwall_collect::read_text(&path).map_err(|reason| NotPrepared::Unfit { path, reason })
}

/// Looks at every object of a text.
fn each_object(
    name: &str,
    text: &str,
    mut look: impl FnMut(Node<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let source = Arc::new(Source::new(name, text));
    let (documents, diagnostics) = yaml::parse(&source);
    if let Some(diagnostic) = diagnostics.first() {
        return Err(format!("cannot be parsed: {}", diagnostic.message));
    }
    documents
        .iter()
        .try_for_each(|document| look(document.root()))
}

fn look_at_webhooks(
    file: &str,
    text: &str,
    served: Served<'_>,
    own: &[rustls::pki_types::CertificateDer<'static>],
) -> Result<(), String> {
    let Served {
        namespace,
        name,
        port,
        ..
    } = served;
    let host = format!("{name}.{namespace}.svc");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap_or_default().as_secs();
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let mut are_some = false;
    each_object(file, text, |root| {
        for webhook in root.list("webhooks") {
            are_some = true;
            let service = webhook.path(&["clientConfig", "service"]);
            let field = |field: &str| service.and_then(|it| it.str(field));
            let named_port = service.and_then(|it| it.get("port"));
            let named_port = named_port.map_or(Some(443), Node::as_i64);
            let is_this = field("namespace") == Some(namespace)
                && field("name") == Some(name)
                && named_port == Some(i64::from(port));
            if !is_this {
                return Err(format!(
                    "the API server would not ask the Service {namespace}/{name} at port {port}; give `setup webhook` and `setup deployment` the same --service and --port"
                ));
            }
            let bundle = webhook.path(&["clientConfig", "caBundle"]);
            let bundle = bundle.and_then(|it| STANDARD.decode(it.text()).ok());
            let authorities = bundle
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or("caBundle is no base64 of PEM".to_owned())
                .and_then(|text| tls::certificates(&text))?;
            verify_server(&authorities, own, Some(&host), now).map_err(|reason| {
                format!("the API server would not trust tls.crt for {host}: {reason}")
            })?;
        }
        Ok(())
    })?;
    if are_some {
        Ok(())
    } else {
        Err("holds no webhook".to_owned())
    }
}

fn look_at_rights(text: &str, served: Served<'_>) -> Result<(), String> {
    let mut is_named = false;
    each_object(RIGHTS, text, |root| {
        is_named |= root.list("subjects").any(|subject| {
            subject.str("kind") == Some("ServiceAccount")
                && subject.str("namespace") == Some(served.namespace)
                && subject.str("name") == Some(served.name)
        });
        Ok(())
    })?;
    if is_named {
        return Ok(());
    }
    let Served {
        namespace, name, ..
    } = served;
    Err(format!(
        "gives the service account {namespace}/{name} no rights; give `setup rbac` --service-account {namespace}/{name}"
    ))
}

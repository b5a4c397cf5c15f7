//! The files that an API server needs to ask ringwall, made and checked.

mod admission;
mod audit;
pub mod certificates;
mod check;
mod deployment;
mod kubeconfig;
mod prepared;
mod rbac;
mod self_made;
mod webhook;
mod write;

use std::{borrow::Cow, path::PathBuf, time::SystemTime};

use certificates::{Authority, CertificateError, Usage, Wanted};

pub use admission::{ImagePolicySetup, image_policy};
pub use audit::{AuditSetup, audit};
pub use check::{Asking, Checked, Problem, check};
pub use deployment::{
    CONFIG_FOLDER, CONFIG_NAME, DeploymentSetup, HEALTH_PORT, POLICY_FOLDER, REVIEW_PORT,
    TLS_FOLDER, deployment,
};
pub use prepared::{NotPrepared, Served, prepared};
pub use rbac::{RbacSetup, rbac};
pub use self_made::{SelfMadeError, self_made};
pub use webhook::{NOT_SENT, Target, WebhookSetup, pod_makers, webhook};
pub use write::{WriteError, write};

/// The common name in the certificate that an API server shows.
pub const CLIENT_NAME: &str = "kube-apiserver-ringwall";

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupFile {
    /// Its name in the folder, with slashes where it is in one below.
    pub name: Cow<'static, str>,
    /// What is in it.
    pub text: String,
    /// Whether only its owner may read it.
    pub is_secret: bool,
}

impl SetupFile {
    fn open(name: impl Into<Cow<'static, str>>, text: String) -> Self {
        Self {
            name: name.into(),
            text,
            is_secret: false,
        }
    }

    fn secret(name: &'static str, text: String) -> Self {
        Self {
            name: name.into(),
            text,
            is_secret: true,
        }
    }
}

/// How an API server reaches ringwall, and until when certificates are good.
#[derive(Clone, Debug)]
pub struct Reach {
    /// `host:port` in URLs.
    pub authority: String,
    /// Where the files stand on the API server's host.
    pub folder: PathBuf,
    /// When certificates end.
    pub until: SystemTime,
}

impl Reach {
    /// The host without its port and brackets.
    fn host(&self) -> &str {
        host_of(&self.authority)
    }

    /// A file as the API server finds it.
    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// The host of `host:port`, without brackets.
fn host_of(authority: &str) -> &str {
    if let Some(address) = authority.strip_prefix('[') {
        return address.split(']').next().unwrap_or(address);
    }
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

/// Certificates for both ends: the server's with its authority, and the API server's with its own. Two
/// authorities, so that whoever can make servers cannot make clients.
fn both_ends(reach: &Reach) -> Result<Vec<SetupFile>, CertificateError> {
    let mut files = server_end(&[reach.host().to_owned()], reach.until)?;
    let clients = Authority::new("ringwall clients", reach.until)?;
    let client = clients.issue(&Wanted {
        common_name: CLIENT_NAME,
        names: &[],
        usage: Usage::Client,
        until: reach.until,
    })?;
    files.extend([
        SetupFile::open("client-ca.crt", clients.pair().certificate.clone()),
        SetupFile::open("client.crt", client.certificate),
        SetupFile::secret("client.key", client.key),
    ]);
    Ok(files)
}

/// The server's certificate with its authority.
fn server_end(names: &[String], until: SystemTime) -> Result<Vec<SetupFile>, CertificateError> {
    let authority = Authority::new("ringwall servers", until)?;
    let server = authority.issue(&Wanted {
        common_name: "ringwall",
        names,
        usage: Usage::Server,
        until,
    })?;
    Ok(vec![
        SetupFile::open("ca.crt", authority.pair().certificate.clone()),
        SetupFile::open("tls.crt", server.certificate),
        SetupFile::secret("tls.key", server.key),
    ])
}

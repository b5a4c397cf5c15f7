//! A server's certificate made by ringwall itself, kept in a folder until it is about to end.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use super::{WriteError, certificates::CertificateError, server_end, write};
use crate::{TlsFiles, tls};

/// How long a certificate is good.
const GOOD_FOR: Duration = Duration::from_secs(365 * 86_400);

/// How long before its end a certificate is made anew.
const LEFT: Duration = Duration::from_secs(30 * 86_400);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum SelfMadeError {
    /// It could not be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// It could not be kept.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The certificate in a folder, made now where there is none that is good for a while longer under these
/// names; `ca.crt` beside it is what clients are to trust. The authority's key is kept nowhere.
///
/// # Errors
///
/// Where it cannot be made or kept.
pub fn self_made(folder: &Path, names: &[String]) -> Result<TlsFiles, SelfMadeError> {
    let made = TlsFiles {
        certificate: folder.join("tls.crt"),
        key: folder.join("tls.key"),
        client_ca: None,
    };
    if !is_good(&made, names) {
        write(
            folder,
            &server_end(names, SystemTime::now() + GOOD_FOR)?,
            true,
        )?;
    }
    Ok(made)
}

fn is_good(made: &TlsFiles, names: &[String]) -> bool {
    let Some(certificate) = ringwall_collect::read_text(&made.certificate)
        .ok()
        .and_then(|text| tls::certificates(&text).ok()?.into_iter().next())
    else {
        return false;
    };
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let needed = i64::try_from((now + LEFT).as_secs()).unwrap_or(i64::MAX);
    let facts = tls::Facts::of(&certificate);
    made.key.exists()
        && facts.is_ok_and(|facts| {
            facts.not_after > needed && names.iter().all(|name| facts.is_for_host(name))
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_certificate_is_kept_while_it_is_good_for_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = self_made(folder.path(), &names).unwrap();
        let first = fs::read_to_string(&made.certificate).unwrap();
        self_made(folder.path(), &names).unwrap();
        assert_eq!(fs::read_to_string(&made.certificate).unwrap(), first);
        self_made(folder.path(), &["other".to_owned()]).unwrap();
        assert_ne!(fs::read_to_string(&made.certificate).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&made.key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}

//! Who a registry has to be, and what an error of a connection means.

use std::{error::Error, io, iter, sync::Arc};

use rustls::{
    ClientConfig,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

use crate::{Authority, RegistryError};

/// How registries show who they are: by the machine's authorities and those that are given.
pub(crate) fn config(
    registry: &str,
    authorities: &[Authority],
) -> Result<ClientConfig, RegistryError> {
    let setting = |name: &str, reason: String| RegistryError::Setting {
        name: name.to_owned(),
        reason,
    };
    let mut roots = Vec::new();
    for authority in authorities {
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(&authority.pem).collect();
        match certificates {
            Ok(certificates) if !certificates.is_empty() => roots.extend(certificates),
            Ok(_) => {
                let reason = "holds no certificate in PEM".to_owned();
                return Err(setting(&authority.name, reason));
            }
            Err(error) => return Err(setting(&authority.name, format!("is no PEM: {error}"))),
        }
    }
    // The provider is named here, so that nothing depends on what the process has installed.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider))
        .map_err(|error| setting(registry, format!("cannot check certificates: {error}")))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| setting(registry, error.to_string()))?;
    Ok(config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// The errors inside an error. Those of `io` hide one from `source`.
fn inner<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let hidden = error.downcast_ref::<io::Error>();
    let hidden = hidden.and_then(io::Error::get_ref);
    match hidden {
        Some(hidden) => Some(hidden),
        None => error.source(),
    }
}

/// What TLS says, where it is why a request failed.
pub(crate) fn error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let chain = iter::successors(Some(error), |error| inner(*error));
    chain.into_iter().find_map(|error| error.downcast_ref())
}

/// The innermost error: those around it tell the address, which may hold a signature of storage.
pub(crate) fn cause(error: &(dyn Error + 'static)) -> String {
    iter::successors(Some(error), |error| inner(*error))
        .last()
        .unwrap_or(error)
        .to_string()
}

//! Makes certificates: an authority, and what it signs for servers and clients.

use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SanType,
};

/// Clocks of a cluster differ a little: certificates begin so much before they are made.
const BEFORE: Duration = Duration::from_secs(3_600);

/// A certificate that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a certificate for {name}: {source}")]
pub struct CertificateError {
    /// Whose.
    name: String,
    /// Why.
    source: rcgen::Error,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// To answer as a server.
    Server,
    /// To ask as a client.
    Client,
}

/// A certificate and its key, both in PEM.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its key, in PKCS #8.
    pub key: String,
}

/// What a certificate says.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The common name of its subject.
    pub common_name: &'a str,
    /// Names and addresses under which a server is reached.
    pub names: &'a [String],
    /// What it is for.
    pub usage: Usage,
    /// When it ends.
    pub until: SystemTime,
}

/// An authority that signs.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pair: Pair,
}

fn subject(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

impl Authority {
    /// Makes an authority that can sign until a moment.
    ///
    /// # Errors
    ///
    /// Where no key can be made.
    pub fn new(common_name: &str, until: SystemTime) -> Result<Self, CertificateError> {
        let error = |source| CertificateError {
            name: common_name.to_owned(),
            source,
        };
        let key = KeyPair::generate().map_err(error)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = (SystemTime::now() - BEFORE).into();
        params.not_after = until.into();
        let certificate = params.self_signed(&key).map_err(error)?;
        let pair = Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        };
        Ok(Self {
            issuer: Issuer::new(params, key),
            pair,
        })
    }

    /// Its own certificate and key.
    pub fn pair(&self) -> &Pair {
        &self.pair
    }

    /// Signs a new certificate with a key of its own.
    ///
    /// # Errors
    ///
    /// For names that no certificate can hold, and where no key can be made.
    pub fn issue(&self, wanted: &Wanted<'_>) -> Result<Pair, CertificateError> {
        let error = |source| CertificateError {
            name: wanted.common_name.to_owned(),
            source,
        };
        let key = KeyPair::generate().map_err(error)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(wanted.common_name);
        for name in wanted.names {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.as_str().try_into().map_err(error)?),
            });
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match wanted.usage {
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        let now = SystemTime::now();
        let begin = now.min(wanted.until) - BEFORE;
        params.not_before = begin.into();
        params.not_after = wanted.until.into();
        let certificate = params.signed_by(&key, &self.issuer).map_err(error)?;
        Ok(Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }
}

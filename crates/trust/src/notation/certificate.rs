//! X.509 certificates, as Notation's signatures have them.
//!
//! Source: <https://github.com/notaryproject/specifications/blob/main/specs/signature-specification.md#certificate-requirements>.
//! Basic constraints, key usage and extended key usage count. Other extensions are not looked at where they are not
//! critical, but for the names that authorities may vouch for; see `constraints`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use x509_cert::{
    der::{Decode as _, Encode as _, Reader as _, SliceReader, asn1::ObjectIdentifier},
    ext::pkix::{
        AuthorityInfoAccessSyntax, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage,
        KeyUsage,
    },
    name::Name,
    time::Time,
};

use super::algorithm::{Key, way_of_signing};
use crate::{TrustError, hex};

/// Bytes of the largest certificate that is read; one has a few thousand.
const MAX_CERTIFICATE_BYTES: usize = 64 << 10;

/// Certificates of one file that are read.
const MAX_CERTIFICATES: usize = 1_000;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

const ANY_USAGE: &str = "2.5.29.37.0";
const TIMESTAMPING: &str = "1.3.6.1.5.5.7.3.8";

/// What a certificate that signs code must not be for: anything, servers, clients, mail, timestamps; and answers of who
/// is asked for revocations, which notation refuses and the specification does not name.
const OTHER_USAGES: [&str; 6] = [
    ANY_USAGE,
    "1.3.6.1.5.5.7.3.1",
    "1.3.6.1.5.5.7.3.2",
    "1.3.6.1.5.5.7.3.4",
    TIMESTAMPING,
    "1.3.6.1.5.5.7.3.9",
];

/// Where it can be asked whether a certificate was revoked.
const OCSP: &str = "1.3.6.1.5.5.7.48.1";

/// What a chain of certificates is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Signing,
    Timestamping,
}

/// A certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
    /// What its issuer signed.
    signed: Vec<u8>,
    pub(super) key: Key,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl Certificate {
    /// Reads a certificate in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, TrustError> {
        let malformed = |reason: &dyn ToString| TrustError::malformed("certificate", reason);
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(malformed(&"it is larger than 64 KiB"));
        }
        let parsed = x509_cert::Certificate::from_der(der).map_err(|error| malformed(&error))?;
        if parsed.tbs_certificate().signature() != parsed.signature_algorithm() {
            return Err(malformed(&"it names two algorithms"));
        }
        // The bytes that were signed, and not those that this version would write.
        let mut reader = SliceReader::new(der).map_err(|error| malformed(&error))?;
        let signed = reader.sequence(|inner| {
            let signed = inner.tlv_bytes()?.to_vec();
            inner.tlv_bytes()?;
            inner.tlv_bytes()?;
            Ok::<_, x509_cert::der::Error>(signed)
        });
        Ok(Self {
            der: der.to_vec(),
            key: Key::new(parsed.tbs_certificate().subject_public_key_info())?,
            signed: signed.map_err(|error| malformed(&error))?,
            parsed,
        })
    }

    /// Reads the certificates of a file, in PEM or one in DER, that somebody trusts: of authorities, or signed by
    /// themselves.
    pub fn from_file(bytes: &[u8]) -> Result<Vec<Self>, TrustError> {
        let all = match std::str::from_utf8(bytes) {
            Ok(text) if text.contains(BEGIN) => from_pem(text)?,
            _ => vec![Self::from_der(bytes)?],
        };
        for certificate in &all {
            if !certificate.is_authority() && !certificate.is_self_signed() {
                return Err(TrustError::Certificate(format!(
                    "{} is neither an authority nor signed by itself, so that it vouches for nobody",
                    certificate.subject()
                )));
            }
        }
        Ok(all)
    }

    /// Whom it names, by RFC 4514.
    pub fn subject(&self) -> String {
        self.name().to_string()
    }

    /// The SHA-256 of the certificate, in hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(&self.der))
    }

    pub(crate) fn name(&self) -> &Name {
        self.parsed.tbs_certificate().subject()
    }

    pub(crate) const fn parsed(&self) -> &x509_cert::Certificate {
        &self.parsed
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether its issuer is this one, by name and by signature.
    pub(crate) fn is_issued_by(&self, issuer: &Self) -> Result<bool, TrustError> {
        let (hash, padding) = way_of_signing(self.parsed.signature_algorithm())?;
        let names = self.parsed.tbs_certificate().issuer() == issuer.name();
        let signature = self.parsed.signature().as_bytes();
        Ok(names
            && signature.is_some_and(|it| issuer.key.has_signed(hash, padding, &self.signed, it)))
    }

    pub(crate) fn is_self_signed(&self) -> bool {
        self.is_issued_by(self).unwrap_or(false)
    }

    /// When it begins and when it ends to be valid.
    pub(crate) fn validity(&self) -> (Timestamp, Timestamp) {
        let validity = self.parsed.tbs_certificate().validity();
        // A time out of range is one at which nothing is valid.
        let read = |time: &Time, otherwise| {
            i64::try_from(time.to_unix_duration().as_secs())
                .ok()
                .and_then(|seconds| Timestamp::from_second(seconds).ok())
                .unwrap_or(otherwise)
        };
        (
            read(&validity.not_before, Timestamp::MAX),
            read(&validity.not_after, Timestamp::MIN),
        )
    }

    fn is_authority(&self) -> bool {
        let constraints = self.parsed.tbs_certificate().get_extension();
        matches!(
            constraints,
            Ok(Some((_, BasicConstraints { ca: true, .. })))
        )
    }

    /// Whether somebody may be asked whether it was revoked; what cannot be read may say so.
    pub(crate) fn can_be_revoked(&self) -> bool {
        let inner = self.parsed.tbs_certificate();
        let has_list = !matches!(inner.get_extension::<CrlDistributionPoints>(), Ok(None));
        let has_responder = match inner.get_extension::<AuthorityInfoAccessSyntax>() {
            Ok(None) => false,
            Ok(Some((_, access))) => access
                .0
                .iter()
                .any(|it| it.access_method.to_string() == OCSP),
            Err(_) => true,
        };
        has_list || has_responder
    }

    /// Refuses what may not sign.
    pub(crate) fn require_leaf(&self, purpose: Purpose) -> Result<(), TrustError> {
        let inner = self.parsed.tbs_certificate();
        if self.is_authority_or_unclear()? {
            return Err(
                self.refused("is one of an authority, which signs nothing but certificates")
            );
        }
        let usage = self.key_usage(purpose)?;
        if !usage.digital_signature() {
            return Err(self.refused("is not for signing"));
        }
        let is_for_more = usage.key_encipherment()
            || usage.data_encipherment()
            || usage.key_agreement()
            || usage.key_cert_sign()
            || usage.crl_sign()
            || usage.encipher_only()
            || usage.decipher_only();
        if is_for_more {
            return Err(self.refused("is for more than signing"));
        }
        let extended = inner
            .get_extension::<ExtendedKeyUsage>()
            .map_err(|_| self.refused("has a use that cannot be read"))?;
        let is = |usage: &ObjectIdentifier, known: &str| usage.to_string() == known;
        match (purpose, extended) {
            (Purpose::Signing, None) => Ok(()),
            (Purpose::Signing, Some((_, usages))) => {
                let mut all = usages.0.iter();
                let other = all.find(|it| OTHER_USAGES.iter().any(|known| is(it, known)));
                match other {
                    None => Ok(()),
                    Some(other) => Err(self.refused(&format!(
                        "is also for the use {other}, and not for code alone"
                    ))),
                }
            }
            (Purpose::Timestamping, Some((true, usages)))
                if usages.0.len() == 1 && usages.0.iter().all(|it| is(it, TIMESTAMPING)) =>
            {
                Ok(())
            }
            (Purpose::Timestamping, _) => Err(self.refused("is not for timestamps alone")),
        }
    }

    /// Refuses what may not issue certificates, with some authorities between it and the leaf.
    pub(crate) fn require_authority(
        &self,
        purpose: Purpose,
        authorities_below: usize,
    ) -> Result<(), TrustError> {
        let constraints = self
            .parsed
            .tbs_certificate()
            .get_extension::<BasicConstraints>()
            .map_err(|_| self.refused("has basic constraints that cannot be read"))?;
        match constraints {
            Some((true, it)) if it.ca => {
                let most = it.path_len_constraint.map(usize::from);
                if most.is_some_and(|most| authorities_below > most) {
                    return Err(self.refused("allows fewer authorities below it than there are"));
                }
            }
            _ => return Err(self.refused("issued another one, and is not one of an authority")),
        }
        if self.key_usage(purpose)?.key_cert_sign() {
            Ok(())
        } else {
            Err(self.refused("is not for issuing certificates"))
        }
    }

    fn is_authority_or_unclear(&self) -> Result<bool, TrustError> {
        let constraints = self
            .parsed
            .tbs_certificate()
            .get_extension::<BasicConstraints>()
            .map_err(|_| self.refused("has basic constraints that cannot be read"))?;
        Ok(constraints.is_some_and(|(_, it)| it.ca))
    }

    fn key_usage(&self, purpose: Purpose) -> Result<KeyUsage, TrustError> {
        let usage = self
            .parsed
            .tbs_certificate()
            .get_extension::<KeyUsage>()
            .map_err(|_| self.refused("has a key usage that cannot be read"))?;
        match usage {
            Some((is_critical, usage)) if is_critical || purpose == Purpose::Timestamping => {
                Ok(usage)
            }
            _ => Err(self.refused("does not say critically what its key is for")),
        }
    }

    pub(super) fn refused(&self, what: &str) -> TrustError {
        TrustError::Certificate(format!("{} {what}", self.subject()))
    }
}

/// The certificates of a text in PEM; what stands between them is for people.
fn from_pem(text: &str) -> Result<Vec<Certificate>, TrustError> {
    let malformed = |reason: &dyn ToString| TrustError::malformed("certificate", reason);
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((_, block)) = rest.split_once(BEGIN) {
        let (kind, block) = block
            .split_once(DASHES)
            .ok_or_else(|| malformed(&"its PEM does not begin"))?;
        if kind != "CERTIFICATE" {
            return Err(malformed(&format!("it holds a {kind}")));
        }
        let (body, after) = block
            .split_once("-----END CERTIFICATE-----")
            .ok_or_else(|| malformed(&"its PEM does not end"))?;
        if all.len() >= MAX_CERTIFICATES {
            return Err(malformed(&"the file holds more than a thousand"));
        }
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|error| malformed(&error))?;
        all.push(Certificate::from_der(&der)?);
        rest = after;
    }
    Ok(all)
}

/// What a certificate is called where it is meant by its number, as timestamps do.
pub(crate) fn issuer_and_serial(certificate: &Certificate) -> Option<(Vec<u8>, Vec<u8>)> {
    let inner = certificate.parsed().tbs_certificate();
    let serial = inner.serial_number().as_bytes().to_vec();
    Some((inner.issuer().to_der().ok()?, serial))
}

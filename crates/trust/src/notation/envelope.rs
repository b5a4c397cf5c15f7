//! What an envelope says, whichever of its two forms it has.
//!
//! Source: <https://github.com/notaryproject/specifications/blob/main/specs/signature-specification.md#signature-envelope>.

use jiff::Timestamp;

use super::{algorithm::EnvelopeAlgorithm, cose, jws};
use crate::TrustError;

/// The only type of payload that there is.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.cncf.notary.payload.v1+json";

/// Bytes of the largest envelope that is read; one has some ten thousand.
const MAX_ENVELOPE_BYTES: usize = 1 << 20;

pub(crate) const SCHEME: &str = "io.cncf.notary.signingScheme";
pub(crate) const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
pub(crate) const AUTHENTIC_TIME: &str = "io.cncf.notary.authenticSigningTime";
pub(crate) const EXPIRY: &str = "io.cncf.notary.expiry";
pub(crate) const PLUGIN: &str = "io.cncf.notary.verificationPlugin";
pub(crate) const PLUGIN_VERSION: &str = "io.cncf.notary.verificationPluginMinVersion";
pub(crate) const TIMESTAMP: &str = "io.cncf.notary.timestampSignature";

/// What an envelope may say critically.
const CRITICAL: [&str; 5] = [SCHEME, AUTHENTIC_TIME, EXPIRY, PLUGIN, PLUGIN_VERSION];

/// The form of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotationFormat {
    /// JSON web signature, in its flattened form: `application/jose+json`.
    Jws,
    /// CBOR, as one signer signs it: `application/cose`.
    Cose,
}

/// Who vouches for the time of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningScheme {
    /// Nobody, or a timestamp: the signer has the key.
    X509,
    /// A service that signs for others.
    SigningAuthority,
}

impl SigningScheme {
    /// Its name in envelopes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X509 => "notary.x509",
            Self::SigningAuthority => "notary.x509.signingAuthority",
        }
    }
}

/// An envelope as it was read: nothing in it is proven.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) algorithm: EnvelopeAlgorithm,
    pub(crate) headers: Headers,
    pub(crate) payload: Vec<u8>,
    /// The bytes that were signed: those of the payload and of the headers in it.
    pub(crate) signed: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// Certificates in DER, that of the signer first.
    pub(crate) certificates: Vec<Vec<u8>>,
    /// A timestamp over the signature, in DER.
    pub(crate) timestamp: Option<Vec<u8>>,
}

/// What is signed beside the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    pub(crate) scheme: SigningScheme,
    /// When it was signed, as the signer or the signing authority says.
    pub(crate) time: Timestamp,
    pub(crate) expiry: Option<Timestamp>,
    /// The program without which it must not be believed.
    pub(crate) plugin: Option<String>,
}

/// The same as either form has it.
#[derive(Debug, Default)]
pub(crate) struct RawHeaders {
    pub(crate) content_type: Option<String>,
    pub(crate) critical: Vec<String>,
    pub(crate) scheme: Option<String>,
    pub(crate) signing_time: Option<Timestamp>,
    pub(crate) authentic_time: Option<Timestamp>,
    pub(crate) expiry: Option<Timestamp>,
    pub(crate) plugin: Option<String>,
    pub(crate) plugin_version: Option<String>,
}

impl Envelope {
    /// Reads an envelope.
    pub(crate) fn parse(bytes: &[u8], format: NotationFormat) -> Result<Self, TrustError> {
        if bytes.len() > MAX_ENVELOPE_BYTES {
            return Err(TrustError::Unsupported(
                "its envelope is larger than 1 MiB".to_owned(),
            ));
        }
        match format {
            NotationFormat::Jws => jws::parse(bytes),
            NotationFormat::Cose => cose::parse(bytes),
        }
    }
}

impl RawHeaders {
    /// Holds them against what is required of headers.
    pub(crate) fn check(self) -> Result<Headers, TrustError> {
        let content_type = self.content_type.unwrap_or_default();
        if content_type != PAYLOAD_TYPE {
            return Err(TrustError::PayloadType {
                found: content_type,
                wanted: PAYLOAD_TYPE,
            });
        }
        let (scheme, time) = match self.scheme.as_deref() {
            Some("notary.x509") => (SigningScheme::X509, self.signing_time),
            Some("notary.x509.signingAuthority") => {
                (SigningScheme::SigningAuthority, self.authentic_time)
            }
            Some(other) => {
                return Err(malformed(&format!("`{other}` is no signing scheme")));
            }
            None => return Err(malformed(&"it has no signing scheme")),
        };
        let other_time = match scheme {
            SigningScheme::X509 => self.authentic_time,
            SigningScheme::SigningAuthority => self.signing_time,
        };
        if other_time.is_some() {
            return Err(malformed(&format!(
                "it has a time that the scheme {} does not know",
                scheme.as_str()
            )));
        }
        let present = [
            (SCHEME, true),
            (AUTHENTIC_TIME, self.authentic_time.is_some()),
            (EXPIRY, self.expiry.is_some()),
            (PLUGIN, self.plugin.is_some()),
            (PLUGIN_VERSION, self.plugin_version.is_some()),
        ];
        for (at, name) in self.critical.iter().enumerate() {
            if !CRITICAL.contains(&name.as_str()) {
                return Err(malformed(&format!(
                    "the header `{name}` is critical, and nobody here knows what it says"
                )));
            }
            if self.critical.iter().take(at).any(|it| it == name) {
                return Err(malformed(&format!("the header `{name}` is critical twice")));
            }
        }
        for (name, is_present) in present {
            let is_critical = self.critical.iter().any(|it| it == name);
            if is_present && !is_critical {
                return Err(malformed(&format!("the header `{name}` is not critical")));
            }
            if is_critical && !is_present {
                return Err(malformed(&format!(
                    "the critical header `{name}` is missing"
                )));
            }
        }
        let time = time.ok_or_else(|| malformed(&"it does not say when it was signed"))?;
        if self.expiry.is_some_and(|expiry| expiry <= time) {
            return Err(malformed(&"it expired before it was signed"));
        }
        Ok(Headers {
            scheme,
            time,
            expiry: self.expiry,
            plugin: self.plugin.or(self.plugin_version),
        })
    }
}

pub(crate) fn malformed(reason: &dyn ToString) -> TrustError {
    TrustError::malformed("envelope", reason)
}

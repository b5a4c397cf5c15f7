//! Timestamps over signatures, by RFC 3161.
//!
//! Sources: RFC 3161, RFC 5652 section 5, RFC 5816, and
//! <https://github.com/notaryproject/specifications/blob/main/specs/trust-store-trust-policy.md#signature-verification>.
//! What reads timestamps of Sigstore knows keys of elliptic curves alone, and wants to be told who signed.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use x509_cert::{
    der::{Decode as _, asn1::ObjectIdentifier},
    ext::pkix::SubjectKeyIdentifier,
    spki::AlgorithmIdentifierOwned,
};

use super::{
    algorithm::{Hash, Padding, way_of_signing},
    certificate::{Certificate, Purpose, issuer_and_serial},
    chain::Chain,
    der::{BYTES, Der, IDENTIFIER, INTEGER, LIST, SET, TIME, malformed},
};
use crate::TrustError;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.47";
const RSA: &str = "1.2.840.113549.1.1.1";

/// Under this policy a time is right to the second. See: RFC 3628, section 5.2.
const BASELINE_POLICY: &str = "0.4.0.2023.1.1";

/// Certificates and attributes of one timestamp that are looked at.
const MAX_PARTS: usize = 32;

/// Certificates from the signer of a timestamp to its root.
const MAX_CHAIN: usize = 8;

/// When something was there already, and who says so.
#[derive(Debug)]
pub(super) struct ProvenTime {
    pub(super) earliest: Timestamp,
    pub(super) latest: Timestamp,
    pub(super) chain: Chain,
}

/// What is signed in a timestamp.
struct Info {
    hash: Hash,
    digest: Vec<u8>,
    time: Timestamp,
    accuracy: SignedDuration,
}

/// Verifies a timestamp over the bytes of a signature.
pub(super) fn verify(
    token: &[u8],
    signature: &[u8],
    trusted: &[Certificate],
    now: Timestamp,
) -> Result<ProvenTime, TrustError> {
    let content = Der(Der(token).take(LIST)?);
    let mut content = content;
    if identifier(content.take(IDENTIFIER)?)? != SIGNED_DATA {
        return Err(malformed("it is not signed"));
    }
    let mut data = Der(Der(content.take(0xa0)?).take(LIST)?);
    data.take(INTEGER)?;
    data.take(SET)?;
    let mut inner = Der(data.take(LIST)?);
    if identifier(inner.take(IDENTIFIER)?)? != TST_INFO {
        return Err(malformed("what is signed is no time"));
    }
    let signed = Der(inner.take(0xa0)?).take(BYTES)?;
    let certificates = data.optional(0xa0)?.unwrap_or_default();
    let certificates = Der(certificates).all(MAX_PARTS)?;
    // Other things than certificates may stand among them.
    let certificates: Vec<_> = certificates
        .iter()
        .filter(|item| item.tag == LIST)
        .map(|item| Certificate::from_der(item.whole))
        .collect::<Result<_, _>>()?;
    data.optional(0xa1)?;
    let signers = Der(data.take(SET)?).all(MAX_PARTS)?;
    let [signer] = signers.as_slice() else {
        return Err(malformed("it has not one signer"));
    };
    let leaf = signer_of(signer.content, signed, &certificates)?;
    let chain = chain(leaf, &certificates, trusted)?;
    if chain.anchor(trusted).is_none() {
        return Err(TrustError::Evidence(format!(
            "the timestamp is by {}, under {}, which is in no `tsa` trust store of the policy",
            chain.leaf().subject(),
            chain.root().subject()
        )));
    }
    let info = Info::parse(signed)?;
    if info.hash.of(signature) != info.digest {
        return Err(TrustError::Evidence(
            "the timestamp is over another signature".to_owned(),
        ));
    }
    let time = info.time;
    if time > now {
        return Err(TrustError::Evidence(format!(
            "the timestamp is of {time}, which is yet to come"
        )));
    }
    let when = format!("the timestamp of {time}");
    chain
        .require_valid(time, time, &when)
        .map_err(TrustError::Evidence)?;
    let outside = |_| malformed("its time is out of range");
    Ok(ProvenTime {
        earliest: time.checked_sub(info.accuracy).map_err(outside)?,
        latest: time.checked_add(info.accuracy).map_err(outside)?,
        chain,
    })
}

/// Who signed a timestamp, where the signature holds.
fn signer_of<'c>(
    signer: &[u8],
    signed: &[u8],
    certificates: &'c [Certificate],
) -> Result<&'c Certificate, TrustError> {
    let mut signer = Der(signer);
    signer.take(INTEGER)?;
    let name = signer
        .next()?
        .ok_or_else(|| malformed("it ends too early"))?;
    let leaf = certificates
        .iter()
        .find(|it| is_named(it, name.tag, name.content));
    let leaf = leaf.ok_or_else(|| {
        TrustError::Evidence("the timestamp comes without the certificate of its signer".to_owned())
    })?;
    let digest = algorithm(signer.take_whole(LIST)?.whole)?;
    let hash = Hash::of_identifier(digest.oid)
        .ok_or_else(|| TrustError::Unsupported(format!("the timestamp uses {}", digest.oid)))?;
    let attributes = signer.take_whole(0xa0)?;
    let way = algorithm(signer.take_whole(LIST)?.whole)?;
    let signature = signer.take(BYTES)?;
    let (signed_hash, padding) = if way.oid.to_string() == RSA {
        (hash, Padding::Pkcs1)
    } else {
        way_of_signing(&way)?
    };
    // What is signed has the tag of a set, and not that of its place. See: RFC 5652, section 5.4.
    let message = [&[SET], attributes.whole.get(1..).unwrap_or_default()].concat();
    if signed_hash != hash || !leaf.key.has_signed(hash, padding, &message, signature) {
        return Err(TrustError::Evidence(format!(
            "the timestamp is not signed by {}",
            leaf.subject()
        )));
    }
    let value = |kind: &str| attribute(attributes.content, kind);
    let is_time = identifier(Der(value(CONTENT_TYPE)?).take(IDENTIFIER)?)? == TST_INFO;
    let is_whole = Der(value(MESSAGE_DIGEST)?).take(BYTES)? == hash.of(signed);
    if !is_time || !is_whole {
        return Err(TrustError::Evidence(
            "the timestamp was changed after it was signed".to_owned(),
        ));
    }
    require_certificate(value(SIGNING_CERTIFICATE)?, leaf)?;
    Ok(leaf)
}

/// Whether a certificate is the one that a signer calls its own: by issuer and number, or by the name of its key.
fn is_named(certificate: &Certificate, tag: u8, name: &[u8]) -> bool {
    if tag == LIST {
        let mut parts = Der(name);
        let (Ok(issuer), Ok(serial)) = (parts.take_whole(LIST), parts.take(INTEGER)) else {
            return false;
        };
        return issuer_and_serial(certificate)
            .is_some_and(|it| it.0 == issuer.whole && it.1 == serial);
    }
    let inner = certificate.parsed().tbs_certificate();
    let key = inner.get_extension::<SubjectKeyIdentifier>();
    tag == 0x80 && matches!(key, Ok(Some((_, key))) if key.0.as_bytes() == name)
}

/// The only value of an attribute that is there once.
fn attribute<'b>(attributes: &'b [u8], kind: &str) -> Result<&'b [u8], TrustError> {
    let mut found = None;
    for item in Der(attributes).all(MAX_PARTS)? {
        let mut parts = Der(item.content);
        if identifier(parts.take(IDENTIFIER)?)? != kind {
            continue;
        }
        let values = Der(parts.take(SET)?).all(MAX_PARTS)?;
        let [value] = values.as_slice() else {
            return Err(malformed("an attribute has not one value"));
        };
        if found.replace(value.whole).is_some() {
            return Err(malformed("an attribute is there twice"));
        }
    }
    found.ok_or_else(|| malformed(&format!("it does not say {kind}")))
}

/// The signer has to have signed whose certificate is meant. See: RFC 5035, section 3.
fn require_certificate(value: &[u8], leaf: &Certificate) -> Result<(), TrustError> {
    let mut value = Der(Der(value).take(LIST)?);
    let mut first = Der(Der(value.take(LIST)?).take(LIST)?);
    let mut ahead = first;
    let hash = match ahead.next()? {
        Some(item) if item.tag == LIST => {
            first = ahead;
            Hash::of_identifier(algorithm(item.whole)?.oid)
        }
        _ => Some(Hash::Sha256),
    };
    let digest = first.take(BYTES)?;
    if hash.is_some_and(|hash| hash.of(leaf.der()) == digest) {
        Ok(())
    } else {
        Err(TrustError::Evidence(
            "the timestamp names another certificate than that of its signer".to_owned(),
        ))
    }
}

/// From the signer to a root, by those that came along and those that are trusted.
fn chain(
    leaf: &Certificate,
    others: &[Certificate],
    trusted: &[Certificate],
) -> Result<Chain, TrustError> {
    let mut all = vec![leaf.clone()];
    while let Some(last) = all.last()
        && !last.is_self_signed()
        && all.len() < MAX_CHAIN
    {
        let mut known = trusted.iter().chain(others);
        let Some(issuer) = known.find(|it| last.is_issued_by(it).unwrap_or(false)) else {
            return Err(TrustError::Evidence(format!(
                "the timestamp is by {}, and the issuer of {} is neither beside it nor in a `tsa` trust store",
                leaf.subject(),
                last.subject()
            )));
        };
        all.push(issuer.clone());
    }
    Chain::of(all, Purpose::Timestamping).map_err(|error| {
        TrustError::Evidence(format!("the timestamp is by nobody who may: {error}"))
    })
}

impl Info {
    fn parse(signed: &[u8]) -> Result<Self, TrustError> {
        let mut info = Der(Der(signed).take(LIST)?);
        info.take(INTEGER)?;
        let policy = identifier(info.take(IDENTIFIER)?)?;
        let mut imprint = Der(info.take(LIST)?);
        let hash = algorithm(imprint.take_whole(LIST)?.whole)?.oid;
        let hash = Hash::of_identifier(hash)
            .ok_or_else(|| TrustError::Unsupported(format!("the timestamp is over a {hash}")))?;
        let digest = imprint.take(BYTES)?.to_vec();
        info.take(INTEGER)?;
        let time = time(info.take(TIME)?).ok_or_else(|| malformed("its time is none"))?;
        let accuracy = match info.optional(LIST)? {
            Some(parts) => accuracy(parts)?,
            None if policy == BASELINE_POLICY => SignedDuration::from_secs(1),
            None => SignedDuration::ZERO,
        };
        Ok(Self {
            hash,
            digest,
            time,
            accuracy,
        })
    }
}

/// How far off a time may be: seconds, thousandths and millionths of them.
fn accuracy(parts: &[u8]) -> Result<SignedDuration, TrustError> {
    let mut parts = Der(parts);
    let number = |bytes: Option<&[u8]>| {
        let bytes = bytes.unwrap_or_default();
        if bytes.len() > 4 {
            return Err(malformed("its accuracy is out of range"));
        }
        let number = bytes.iter().fold(0, |it, byte| it << 8 | i64::from(*byte));
        Ok(number)
    };
    let seconds = number(parts.optional(INTEGER)?)?;
    let millis = number(parts.optional(0x80)?)?;
    let micros = number(parts.optional(0x81)?)?;
    Ok(SignedDuration::from_secs(seconds)
        + SignedDuration::from_millis(millis)
        + SignedDuration::from_micros(micros))
}

/// `20261128120000Z`, with digits behind a dot where there are some.
fn time(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if whole.len() != 14 || fraction.len() > 9 || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize| i8::try_from(number(from, from + 2)?).ok();
    let nanoseconds: i32 = format!("{fraction:0<9}").parse().ok()?;
    let time = civil::DateTime::new(
        number(0, 4)?,
        small(4)?,
        small(6)?,
        small(8)?,
        small(10)?,
        small(12)?,
        nanoseconds,
    );
    TimeZone::UTC.to_timestamp(time.ok()?).ok()
}

fn identifier(content: &[u8]) -> Result<String, TrustError> {
    let identifier = ObjectIdentifier::from_bytes(content);
    let identifier = identifier.map_err(|_| malformed("an identifier is damaged"))?;
    Ok(identifier.to_string())
}

fn algorithm(whole: &[u8]) -> Result<AlgorithmIdentifierOwned, TrustError> {
    AlgorithmIdentifierOwned::from_der(whole).map_err(|_| malformed("an algorithm is damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_fraction() {
        let check = |text: &str| time(text.as_bytes()).map(|it| it.to_string());
        let expected = Some("2026-11-28T12:05:09Z".to_owned());
        assert_eq!(check("20261128120509Z"), expected);
        let expected = Some("2026-11-28T12:05:09.25Z".to_owned());
        assert_eq!(check("20261128120509.25Z"), expected);
        for wrong in [
            "",
            "Z",
            "20261128120509",
            "20261328120509Z",
            "2026112812050Z",
            "2026112812050+Z",
        ] {
            assert_eq!(check(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn accuracies_are_added_up() {
        let read = accuracy(&[2, 1, 2, 0x80, 2, 1, 0xf4, 0x81, 1, 7]).unwrap();
        assert_eq!(read.as_micros(), 2_500_007);
        assert!(accuracy(&[]).unwrap().is_zero());
        assert!(accuracy(&[2, 5, 1, 1, 1, 1, 1]).is_err());
    }
}

//! Files of keys that are no text: key stores, and keys in DER.
//!
//! A store that holds nothing but certificates is no secret, and is told apart where its form lets one see that.

use memchr::memmem;
use ringwall_model::Severity;

use crate::DetectorWords;

/// A file that holds keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// What it is.
    pub words: DetectorWords,
    /// How bad it is; what a passphrase protects is less so.
    pub severity: Severity,
}

/// The identifiers of algorithms that a private key in PKCS #8 begins with: RSA, EC, RSA-PSS, X25519 to Ed448.
const ALGORITHMS: [&[u8]; 4] = [
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01",
    b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01",
    b"\x06\x07\x2a\x86\x48\xce\x38\x04\x01",
    b"\x06\x03\x2b\x65",
];
/// `pkcs8ShroudedKeyBag` and `keyBag`, without what tells them apart. See: RFC 7292, appendix D.
const KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";
/// The beginning of the methods of PKCS #5 and PKCS #12 that encrypt by a passphrase.
const BY_PASSPHRASE: [&[u8]; 2] = [
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05",
    b"\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01",
];
const JAVA: DetectorWords = words("java-key-store", "Java key store with a private key");
const KEEPASS: DetectorWords = words("keepass-database", "KeePass database");
const KEYTAB: DetectorWords = words("kerberos-keytab", "Kerberos keytab");
const PKCS12: DetectorWords = words("pkcs12-key-store", "PKCS #12 key store with a private key");
const DER: DetectorWords = words("der-private-key", "private key in DER");
const ENCRYPTED_DER: DetectorWords = words(
    "encrypted-der-private-key",
    "private key in DER under a passphrase",
);
/// What [`key_file`] may find.
pub(crate) const KEY_FILES: [DetectorWords; 6] =
    [JAVA, KEEPASS, KEYTAB, PKCS12, DER, ENCRYPTED_DER];

const fn words(id: &'static str, title: &'static str) -> DetectorWords {
    DetectorWords {
        id,
        provider: "private-key",
        title,
    }
}

/// How much of a file [`key_file`] needs at most: in this much the kind of nearly every store shows.
pub const KEY_FILE_BYTES: usize = 8 << 10;

/// Whether a file begins as those of keys do, so that more of it is worth reading.
pub fn may_be_key_file(head: &[u8]) -> bool {
    matches!(
        head,
        [0x30, ..]
            | [0xfe, 0xed, 0xfe, 0xed, ..]
            | [0xce, 0xce, 0xce, 0xce, ..]
            | [0x03, 0xd9, 0xa2, 0x9a, ..]
            | [0x05, 0x02, ..]
    )
}

/// The most entries of a Java key store that are looked at.
const ENTRIES: usize = 64;

/// What a file that is no text holds, by its first bytes: keys, or nothing that is known.
pub fn key_file(head: &[u8]) -> Option<KeyFile> {
    let found = |words, severity| Some(KeyFile { words, severity });
    if has_java_key(head) {
        return found(JAVA, Severity::Medium);
    }
    if let [0x03, 0xd9, 0xa2, 0x9a, 0x65..=0x67, 0xfb, 0x4b, 0xb5, ..] = head {
        return found(KEEPASS, Severity::Medium);
    }
    if is_keytab(head) {
        return found(KEYTAB, Severity::High);
    }
    let content = sequence(head)?;
    if content.starts_with(b"\x02\x01\x03\x30") {
        // Those of certificates have the same name but for its end.
        let kinds = memmem::find_iter(content, KEY_BAG)
            .filter_map(|bag| content.get(bag + KEY_BAG.len()))
            .filter(|kind| matches!(kind, 1 | 2));
        return match kinds.min() {
            Some(1) => found(PKCS12, Severity::Critical),
            Some(_) => found(PKCS12, Severity::Medium),
            None => None,
        };
    }
    // PKCS #8 begins with 0 or 1 and its algorithm, PKCS #1 with 0 and the modulus, SEC 1 with 1 and the key.
    let version = content.strip_prefix(b"\x02\x01\x00");
    let version = version.or_else(|| content.strip_prefix(b"\x02\x01\x01"));
    if let Some(rest) = version {
        let of_algorithm = sequence(rest)
            .is_some_and(|rest| ALGORITHMS.iter().any(|known| rest.starts_with(known)));
        let is_rsa = matches!(rest, [0x02, 0x81 | 0x82, ..]);
        let is_ec = matches!(rest, [0x04, 0x1c..=0x42, ..]);
        return (of_algorithm || is_rsa || is_ec).then(|| found(DER, Severity::Critical))?;
    }
    let method = sequence(content)?;
    BY_PASSPHRASE
        .iter()
        .any(|known| method.starts_with(known))
        .then(|| found(ENCRYPTED_DER, Severity::Medium))?
}

/// What a SEQUENCE of DER begins with.
fn sequence(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [0x30, 0x80, rest @ ..]
        | [0x30, 0x81, _, rest @ ..]
        | [0x30, 0x82, _, _, rest @ ..]
        | [0x30, 0x83, _, _, _, rest @ ..] => Some(rest),
        [0x30, length, rest @ ..] if *length < 0x80 => Some(rest),
        _ => None,
    }
}

/// Reads on from one part to the next.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }

    fn number(&mut self, length: usize) -> Option<usize> {
        let part = self.take(length)?;
        Some(
            part.iter()
                .fold(0, |all, byte| all << 8 | usize::from(*byte)),
        )
    }

    fn certificate(&mut self, version: usize) -> Option<()> {
        if version == 2 {
            let kind = self.number(2)?;
            self.take(kind)?;
        }
        let length = self.number(4)?;
        self.take(length).map(drop)
    }
}

/// Whether an entry of a JKS or JCEKS is a key; those of certificates are passed over.
fn has_java_key(head: &[u8]) -> bool {
    let mut parts = match head {
        [0xfe, 0xed, 0xfe, 0xed, rest @ ..] | [0xce, 0xce, 0xce, 0xce, rest @ ..] => Parts(rest),
        _ => return false,
    };
    let mut read = || -> Option<bool> {
        let version = parts.number(4)?;
        let entries = parts.number(4)?;
        for _ in 0..entries.min(ENTRIES) {
            if matches!(parts.number(4)?, 1 | 3) {
                return Some(true);
            }
            let alias = parts.number(2)?;
            parts.take(alias + 8)?;
            parts.certificate(version)?;
        }
        Some(false)
    };
    read().unwrap_or(false)
}

/// Whether a file is the second version of a keytab: the length of an entry, how many parts its name has, and the
/// realm in capitals, as all are written.
fn is_keytab(head: &[u8]) -> bool {
    let mut parts = Parts(head);
    let mut read = || -> Option<bool> {
        let version = parts.take(2)?;
        let length = parts.number(4)?;
        let names = parts.number(2)?;
        let realm = parts.number(2)?;
        let realm = parts.take(realm.min(256))?;
        Some(
            version == b"\x05\x02"
                && (16..4096).contains(&length)
                && (1..10).contains(&names)
                && !realm.is_empty()
                && realm.iter().all(u8::is_ascii_graphic),
        )
    };
    read().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(head: &[u8]) -> Option<Severity> {
        let found = key_file(head)?;
        assert!(may_be_key_file(head));
        assert!(KEY_FILES.contains(&found.words));
        Some(found.severity)
    }

    fn joined(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn keys_in_der_are_known() {
        let rsa = joined(&[
            b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01\x01\x00",
            &[7; 300],
        ]);
        assert_eq!(severity(&rsa), Some(Severity::Critical));
        let ec = joined(&[b"\x30\x77\x02\x01\x01\x04\x20", &[7; 32]]);
        assert_eq!(severity(&ec), Some(Severity::Critical));
        for (algorithm, length) in ALGORITHMS.iter().zip([13, 19, 19, 5]) {
            let head = joined(&[b"\x30\x82\x04\xbe\x02\x01\x00\x30", &[length], algorithm]);
            assert_eq!(severity(&head), Some(Severity::Critical), "{algorithm:?}");
        }
        let encrypted = joined(&[b"\x30\x82\x05\x0e\x30\x40", BY_PASSPHRASE[0], b"\x0d\x30"]);
        assert_eq!(severity(&encrypted), Some(Severity::Medium));
    }

    #[test]
    fn certificates_and_other_files_are_none() {
        let certificate = b"\x30\x82\x03\x00\x30\x82\x02\x00\xa0\x03\x02\x01\x02\x02\x14";
        let public_key = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08";
        let no_certificates = b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\0";
        for head in [
            &certificate[..],
            public_key,
            no_certificates,
            b"\x7fELF\x02\x01\x01\0",
            b"\x30\x82\x04\xa4\x02\x01\x03\x30\x82",
            b"\x30\x03\x02\x01\x00",
            b"\x05\x02\0\0\0",
            b"\xfe\xed\xfe\xed\0\0",
            b"",
        ] {
            assert_eq!(key_file(head), None, "{head:?}");
        }
    }

    #[test]
    fn key_stores_are_known_by_their_keys() {
        let begin = b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x02";
        let certificate =
            b"\0\0\0\x02\0\x01a\0\0\0\0\0\0\0\0\0\x05X.509\0\0\0\x03\x30\x01\x02".as_slice();
        let key = b"\0\0\0\x01\0\x01b\0\0\0\0\0\0\0\0".as_slice();
        let trusted = joined(&[begin, certificate, certificate]);
        assert_eq!(severity(&trusted), None);
        let with_key = joined(&[begin, certificate, key]);
        assert_eq!(severity(&with_key), Some(Severity::Medium));
        let pkcs12 = |bag: u8| joined(&[b"\x30\x82\x0a\x00\x02\x01\x03\x30\x82", KEY_BAG, &[bag]]);
        assert_eq!(severity(&pkcs12(2)), Some(Severity::Medium));
        assert_eq!(severity(&pkcs12(1)), Some(Severity::Critical));
        assert_eq!(severity(&pkcs12(3)), None);
        let behind = joined(&[&pkcs12(3), KEY_BAG, &[1]]);
        assert_eq!(severity(&behind), Some(Severity::Critical));
        let keytab = b"\x05\x02\0\0\0\x45\0\x02\0\x08SHOP.ORG\0\x04http";
        assert_eq!(severity(keytab), Some(Severity::High));
        let keepass = b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x01\0\x04\0";
        assert_eq!(severity(keepass), Some(Severity::Medium));
    }
}

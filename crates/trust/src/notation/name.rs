//! Names of certificates, as trust policies write them: `C=US, ST=WA, O=shop.example`.
//!
//! Sources: RFC 4514, and
//! <https://github.com/notaryproject/specifications/blob/main/specs/trust-store-trust-policy.md#trusted-identities-constraints>.

use std::collections::BTreeMap;

use x509_cert::{
    attr::AttributeTypeAndValue,
    der::{Tag, Tagged as _, asn1::ObjectIdentifier},
    name::Name,
};

use crate::TrustError;

/// What attributes are called.
const ATTRIBUTES: [(&str, &str); 13] = [
    ("CN", "2.5.4.3"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("S", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("POSTALCODE", "2.5.4.17"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
];

/// What a policy has to say of whom it means.
const REQUIRED: [&str; 3] = ["C", "ST", "O"];

/// Attributes that a name has to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName {
    attributes: BTreeMap<ObjectIdentifier, String>,
}

impl DistinguishedName {
    /// Reads attributes: `CN=Shop, O=shop.example`; a comma in a value has a backslash before it.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let wrong = |reason: &str| TrustError::Name {
            name: text.to_owned(),
            reason: reason.to_owned(),
        };
        let mut attributes = BTreeMap::new();
        for part in split(text).ok_or_else(|| wrong("a backslash stands before nothing"))? {
            let (kind, value) = part
                .split_once('=')
                .ok_or_else(|| wrong("an attribute has no value"))?;
            let value = unescape(trim(value)).map_err(wrong)?;
            let kind = kind.trim();
            if value.is_empty() {
                return Err(wrong("an attribute has no value"));
            }
            let known = ATTRIBUTES
                .iter()
                .find(|(name, _)| kind.eq_ignore_ascii_case(name))
                .map_or(kind, |(_, identifier)| *identifier);
            let identifier = ObjectIdentifier::new(known)
                .map_err(|_| wrong(&format!("`{kind}` is no attribute that is known")))?;
            if attributes.insert(identifier, value).is_some() {
                return Err(wrong(&format!("`{kind}` is there twice")));
            }
        }
        Ok(Self { attributes })
    }

    /// Whether it says as much as a trust policy has to.
    pub(super) fn require_whole(&self, text: &str) -> Result<(), TrustError> {
        let has = |name: &str| {
            let mut known = ATTRIBUTES.iter().filter(|(known, _)| *known == name);
            known.any(|(_, identifier)| {
                let mut attributes = self.attributes.keys();
                attributes.any(|it| it.to_string() == *identifier)
            })
        };
        match REQUIRED.iter().find(|name| !has(name)) {
            None => Ok(()),
            Some(missing) => Err(TrustError::Name {
                name: text.to_owned(),
                reason: format!("it has no {missing}, and a policy has to name C, ST and O"),
            }),
        }
    }

    /// Whether all that this one says is said of the other one too.
    pub(super) fn includes(&self, other: &Self) -> bool {
        let mut attributes = self.attributes.iter();
        attributes.all(|(kind, value)| other.attributes.get(kind) == Some(value))
    }

    /// Whether a certificate names one whom this means: it has each attribute once, with this value.
    pub(super) fn matches(&self, subject: &Name) -> bool {
        let mut attributes = self.attributes.iter();
        attributes.all(|(kind, value)| {
            let mut found = subject.iter().filter(|it| it.oid == *kind);
            let (Some(first), None) = (found.next(), found.next()) else {
                return false;
            };
            text(first).as_ref() == Some(value)
        })
    }
}

/// The value of an attribute, where it is a text.
fn text(attribute: &AttributeTypeAndValue) -> Option<String> {
    let bytes = attribute.value.value();
    match attribute.value.tag() {
        Tag::Utf8String => String::from_utf8(bytes.to_vec()).ok(),
        Tag::PrintableString | Tag::Ia5String | Tag::TeletexString if bytes.is_ascii() => {
            String::from_utf8(bytes.to_vec()).ok()
        }
        Tag::BmpString => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units: Vec<_> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            rest.is_empty().then(|| String::from_utf16(&units).ok())?
        }
        _ => None,
    }
}

/// The parts between commas that have no backslash before them.
fn split(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut is_escaped) = (0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ',' => {
                parts.push(text.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!is_escaped).then_some(parts)
}

/// Without spaces around it, except for one that is escaped.
fn trim(value: &str) -> &str {
    let value = value.trim_start_matches(' ');
    let trimmed = value.trim_end_matches(' ');
    let escapes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    let kept = trimmed.len() + escapes % 2;
    value.get(..kept).unwrap_or(trimmed)
}

/// Takes escapes away. See: RFC 4514, section 3.
fn unescape(value: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::new();
    if value.starts_with('#') {
        return Err("values in hexadecimal digits are not supported");
    }
    let mut letters = value.bytes();
    while let Some(letter) = letters.next() {
        match letter {
            b'\\' => {
                let next = letters.next().ok_or("a backslash stands before nothing")?;
                match char::from(next).to_digit(16) {
                    Some(high) => {
                        let low = letters.next().and_then(|it| char::from(it).to_digit(16));
                        let low = low.ok_or("a backslash stands before half a byte")?;
                        bytes.push(u8::try_from(high << 4 | low).unwrap_or_default());
                    }
                    None => bytes.push(next),
                }
            }
            b'+' => return Err("attributes joined by a plus are not supported"),
            b'"' | b';' | b'<' | b'>' => {
                return Err("one of \" ; < > needs a backslash before it");
            }
            _ => bytes.push(letter),
        }
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> DistinguishedName {
        DistinguishedName::parse(text).unwrap()
    }

    #[test]
    fn names_are_read_with_their_escapes() {
        let same = [
            "CN=Shop\\, Inc., O=shop.example",
            " o=shop.example,cn=Shop\\2c Inc. ",
            "2.5.4.3=Shop\\, Inc.,2.5.4.10=shop.example",
        ];
        for text in same {
            assert_eq!(parse(text), parse(same[0]), "{text}");
        }
        assert_eq!(parse("S=WA"), parse("ST=WA"));
        assert_eq!(parse("CN=a\\ "), parse("CN=a\\20"));
        assert_ne!(parse("CN=a\\ "), parse("CN=a"));
        assert_eq!(parse("CN=M\\c3\\bcller"), parse("CN=Müller"));
        assert_ne!(parse("CN=shop"), parse("CN=Shop"));
    }

    #[test]
    fn names_that_say_nothing_clear_are_refused() {
        for wrong in [
            "",
            "CN",
            "CN=",
            "=a",
            "X=a",
            "CN=a,",
            "CN=a,CN=b",
            "ST=a,S=b",
            "CN=a+O=b",
            "CN=#04",
            "CN=a\\",
            "CN=a\\2",
            "CN=\"a\"",
            "CN=\\ff",
        ] {
            let name = DistinguishedName::parse(wrong);
            assert!(matches!(name, Err(TrustError::Name { .. })), "{wrong}");
        }
        assert!(parse("C=US,ST=WA,O=a").require_whole("").is_ok());
        assert!(parse("C=US,O=a").require_whole("").is_err());
    }

    #[test]
    fn a_name_includes_all_that_say_more() {
        let all = parse("C=US,ST=WA,O=a,CN=b");
        assert!(parse("C=US,O=a").includes(&all));
        assert!(!all.includes(&parse("C=US,O=a")));
        assert!(!parse("C=US,O=b").includes(&all));
    }
}

//! Lists of checksums, as `sha256sum` and `sha512sum` write them, held against digests.
//!
//! Source: <https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html>, and what
//! `sha256sum --check` of coreutils 9.1 takes: text and binary mode, escaped names, the form of `--tag`.
//! Names may lead anywhere: whoever opens files by them has to keep them inside a folder.

use crate::{TrustError, bounded};

/// A digest, of the two kinds that lists have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// 64 digits.
    Sha256([u8; 32]),
    /// 128 digits.
    Sha512([u8; 64]),
}

/// The kind of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumKind {
    /// Of 32 bytes.
    Sha256,
    /// Of 64 bytes.
    Sha512,
}

impl Checksum {
    /// Which of the two it is.
    pub const fn kind(&self) -> ChecksumKind {
        match self {
            Self::Sha256(_) => ChecksumKind::Sha256,
            Self::Sha512(_) => ChecksumKind::Sha512,
        }
    }

    fn from_hex(digits: &str) -> Option<Self> {
        bytes(digits)
            .map(Self::Sha256)
            .or_else(|| bytes(digits).map(Self::Sha512))
    }
}

/// A line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name of the file.
    pub name: String,
    /// Its digest.
    pub checksum: Checksum,
    /// The line, from 1.
    pub line: usize,
}

/// A list of checksums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checksums {
    /// What it lists, in its order; a name may stand there more than once.
    pub listed: Vec<Listed>,
    /// Lines that are none of a list, from 1.
    pub unreadable: Vec<usize>,
}

/// Whether a file is what a list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// It has this digest.
    Same,
    /// It has another.
    Different,
    /// There is no digest of it.
    Missing,
}

impl Checksums {
    /// Reads a list; lines that are none are counted, and the rest is read all the same.
    pub fn parse(list: &[u8]) -> Result<Self, TrustError> {
        let text = std::str::from_utf8(bounded(list, "list of checksums")?)
            .map_err(|error| TrustError::malformed("list of checksums", &error))?;
        let mut checksums = Self::default();
        for (line, text) in (1..).zip(text.lines()) {
            if text.trim().is_empty() || text.starts_with('#') {
                continue;
            }
            match entry(text) {
                Some((name, checksum)) => checksums.listed.push(Listed {
                    name,
                    checksum,
                    line,
                }),
                None => checksums.unreadable.push(line),
            }
        }
        Ok(checksums)
    }

    /// Holds each line against the digest that a file of its name has.
    pub fn compare(
        &self,
        mut digest: impl FnMut(&str, ChecksumKind) -> Option<Checksum>,
    ) -> Vec<(&Listed, Agreement)> {
        let listed = self.listed.iter();
        listed
            .map(|listed| {
                let agreement = match digest(&listed.name, listed.checksum.kind()) {
                    Some(found) if found == listed.checksum => Agreement::Same,
                    Some(_) => Agreement::Different,
                    None => Agreement::Missing,
                };
                (listed, agreement)
            })
            .collect()
    }
}

/// Name and digest of a line.
fn entry(line: &str) -> Option<(String, Checksum)> {
    let line = line.trim_start_matches([' ', '\t']);
    let (is_escaped, line) = match line.strip_prefix('\\') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (name, digits, kind) = if let Some((name, digits, kind)) = tagged(line) {
        (name, digits, Some(kind))
    } else {
        let (digits, rest) = line.split_once(' ')?;
        // The second sign tells text from binary, which is the same but on Windows.
        (rest.strip_prefix([' ', '*']).unwrap_or(rest), digits, None)
    };
    let checksum = Checksum::from_hex(digits)?;
    if name.is_empty() || kind.is_some_and(|kind| kind != checksum.kind()) {
        return None;
    }
    let name = if is_escaped {
        unescaped(name)?
    } else {
        name.to_owned()
    };
    Some((name, checksum))
}

/// `SHA256 (name) = digits`.
fn tagged(line: &str) -> Option<(&str, &str, ChecksumKind)> {
    let (kind, rest) = match line.strip_prefix("SHA256 (") {
        Some(rest) => (ChecksumKind::Sha256, rest),
        None => (ChecksumKind::Sha512, line.strip_prefix("SHA512 (")?),
    };
    let (name, digits) = rest.rsplit_once(") = ")?;
    Some((name, digits, kind))
}

fn unescaped(name: &str) -> Option<String> {
    let mut plain = String::with_capacity(name.len());
    let mut letters = name.chars();
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next()? {
                'n' => '\n',
                'r' => '\r',
                '\\' => '\\',
                _ => return None,
            },
            letter => letter,
        });
    }
    Some(plain)
}

/// As many bytes as are wanted, from their digits in either case.
pub(crate) fn bytes<const COUNT: usize>(digits: &str) -> Option<[u8; COUNT]> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != COUNT || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; COUNT];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256, Sha512};

    use super::*;

    /// The SHA-256 of `hello`.
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn check(line: &str, expected: Option<&str>) {
        let checksums = Checksums::parse(line.as_bytes()).unwrap();
        let names: Vec<_> = checksums.listed.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, expected.into_iter().collect::<Vec<_>>(), "{line:?}");
        assert_eq!(
            checksums.unreadable.is_empty(),
            expected.is_some(),
            "{line:?}"
        );
        for listed in &checksums.listed {
            assert_eq!(
                listed.checksum,
                Checksum::Sha256(Sha256::digest(b"hello").into())
            );
        }
    }

    #[test]
    fn lines_are_read_as_coreutils_writes_them() {
        check(&format!("{HELLO}  shop.tar\n"), Some("shop.tar"));
        check(&format!("{HELLO} *shop.tar"), Some("shop.tar"));
        check(&format!("{HELLO} shop.tar"), Some("shop.tar"));
        check(&format!("{HELLO}   lead\r\n"), Some(" lead"));
        check(&format!("\t {}  a", HELLO.to_uppercase()), Some("a"));
        check(&format!("\\{HELLO}  a\\nb"), Some("a\nb"));
        check(&format!("\\{HELLO}  back\\\\slash"), Some("back\\slash"));
        check(&format!("\\{HELLO}  c\\rd"), Some("c\rd"));
        check(&format!("{HELLO}  c\\rd"), Some("c\\rd"));
        check(&format!("SHA256 ( lead) = {HELLO}"), Some(" lead"));
        check(&format!("SHA256 (a) = b) = {HELLO}"), Some("a) = b"));
        check(&format!("\\SHA256 (a\\nb) = {HELLO}"), Some("a\nb"));
    }

    #[test]
    fn other_lines_are_counted() {
        for line in [
            "shop.tar",
            HELLO,
            &format!("{HELLO}  "),
            &format!("{}  a", &HELLO[1..]),
            &format!("{HELLO}0  a"),
            &format!("g{}  a", &HELLO[1..]),
            &format!("\\{HELLO}  a\\x"),
            &format!("\\{HELLO}  a\\"),
            &format!("SHA512 (a) = {HELLO}"),
            &format!("MD5 (a) = {HELLO}"),
            &format!("é{HELLO}  a"),
        ] {
            check(line, None);
        }
        let list = format!("# list\n\n{HELLO}  a\nnonsense\n{HELLO}  b\n");
        let checksums = Checksums::parse(list.as_bytes()).unwrap();
        assert_eq!(checksums.unreadable, [4]);
        let lines: Vec<_> = checksums.listed.iter().map(|it| it.line).collect();
        assert_eq!(lines, [3, 5]);
        assert!(Checksums::parse(&[0xff]).is_err());
    }

    #[test]
    fn each_line_is_held_against_a_digest_of_its_kind() {
        let sha512: String = Sha512::digest(b"hello")
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let list = format!("{HELLO}  a\n{sha512}  a\n{HELLO}  other\n{HELLO}  gone\n");
        let checksums = Checksums::parse(list.as_bytes()).unwrap();
        let compared = checksums.compare(|name, kind| {
            let content = match name {
                "a" => b"hello",
                "other" => b"hallo",
                _ => return None,
            };
            Some(match kind {
                ChecksumKind::Sha256 => Checksum::Sha256(Sha256::digest(content).into()),
                ChecksumKind::Sha512 => Checksum::Sha512(Sha512::digest(content).into()),
            })
        });
        let agreements: Vec<_> = compared.iter().map(|(_, agreement)| *agreement).collect();
        let [same, different, missing] =
            [Agreement::Same, Agreement::Different, Agreement::Missing];
        assert_eq!(agreements, [same, same, different, missing]);
    }
}

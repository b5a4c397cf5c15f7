//! URLs taken apart as Go's `url.Parse` does.
//! See: <https://pkg.go.dev/net/url>

use std::{borrow::Cow, net::Ipv6Addr, sync::Arc};

use super::super::{Answer, BuiltinError, text_of_bytes};
use crate::{Object, Value};

/// The parts that `uri.parse` shows; bytes, as escapes may stand for any.
#[derive(Default)]
pub(super) struct Uri {
    scheme: String,
    host: Vec<u8>,
    path: Vec<u8>,
    raw_path: String,
    raw_query: String,
    fragment: Vec<u8>,
}

impl Uri {
    /// The parts that are not empty.
    pub(super) fn object(self) -> Answer {
        let (hostname, port) = split_port(&self.host);
        let mut entries = Vec::new();
        let mut put = |key: &str, bytes: Vec<u8>| {
            if !bytes.is_empty()
                && let Some(value) = text_of_bytes(bytes)?
            {
                entries.push((Value::from(key), value));
            }
            Ok::<(), BuiltinError>(())
        };
        put("scheme", self.scheme.into_bytes())?;
        put("hostname", hostname.to_vec())?;
        put("port", port.to_vec())?;
        if !self.path.is_empty() {
            let raw = if self.raw_path.is_empty() {
                self.path.clone()
            } else {
                self.raw_path.into_bytes()
            };
            put("path", self.path)?;
            put("raw_path", raw)?;
        }
        put("raw_query", self.raw_query.into_bytes())?;
        put("fragment", self.fragment)?;
        Ok(Some(Value::Object(Arc::new(Object::from_entries(entries)))))
    }
}

type Parsed<T> = Result<T, Cow<'static, str>>;

pub(super) fn parse(text: &str) -> Result<Uri, String> {
    let explain = |text: &str, what: &str| format!("parse {text:?}: {what}");
    let (front, fragment) = text.split_once('#').unwrap_or((text, ""));
    let mut uri = without_fragment(front).map_err(|what| explain(front, &what))?;
    uri.fragment = unescape(fragment, Part::Other).map_err(|what| explain(text, &what))?;
    Ok(uri)
}

fn without_fragment(text: &str) -> Parsed<Uri> {
    let mut uri = Uri::default();
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".into());
    }
    if text == "*" {
        uri.path = b"*".to_vec();
        return Ok(uri);
    }
    let (scheme, rest) = scheme(text)?;
    uri.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    query.clone_into(&mut uri.raw_query);
    if !rest.starts_with('/') {
        if !uri.scheme.is_empty() {
            // What is opaque is not shown.
            return Ok(uri);
        }
        if rest
            .split('/')
            .next()
            .is_some_and(|part| part.contains(':'))
        {
            return Err("first path segment in URL cannot contain colon".into());
        }
    }
    if let Some(behind) = rest.strip_prefix("//")
        && (!uri.scheme.is_empty() || !behind.starts_with('/'))
    {
        let end = behind.find('/').unwrap_or(behind.len());
        let (authority, path) = behind.split_at_checked(end).unwrap_or((behind, ""));
        uri.host = host_of(&uri.scheme, authority)?;
        rest = path;
    }
    uri.path = unescape(rest, Part::Other)?;
    if escaped_path(&uri.path) != rest {
        rest.clone_into(&mut uri.raw_path);
    }
    Ok(uri)
}

fn scheme(text: &str) -> Parsed<(&str, &str)> {
    for (at, letter) in text.bytes().enumerate() {
        match letter {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".into()),
            b':' => {
                let (scheme, rest) = text.split_at_checked(at).unwrap_or(("", text));
                return Ok((scheme, rest.get(1..).unwrap_or_default()));
            }
            _ => break,
        }
    }
    Ok(("", text))
}

fn host_of(scheme: &str, authority: &str) -> Parsed<Vec<u8>> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return host(scheme, authority);
    };
    let host = self::host(scheme, host)?;
    let is_allowed =
        |letter: char| letter.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(letter);
    if !user.chars().all(is_allowed) {
        return Err("net/url: invalid userinfo".into());
    }
    unescape(user, Part::Other)?;
    Ok(host)
}

fn host(scheme: &str, text: &str) -> Parsed<Vec<u8>> {
    match text.rfind('[') {
        Some(0) => return literal(text),
        Some(_) => return Err("invalid IP-literal".into()),
        None => {}
    }
    if let (Some(first), Some(last)) = (text.find(':'), text.rfind(':')) {
        // Only where HTTP is spoken are several colons a mistake.
        let at = if matches!(scheme, "http" | "https") {
            first
        } else {
            last
        };
        let port = text.get(at..).unwrap_or_default();
        if !is_port(port.as_bytes()) {
            return Err(format!("invalid port {port:?} after host").into());
        }
    }
    unescape(text, Part::Host)
}

/// `[::1]:80`
fn literal(text: &str) -> Parsed<Vec<u8>> {
    let end = text
        .rfind(']')
        .ok_or(Cow::Borrowed("missing ']' in host"))?;
    let port = text.get(end + 1..).unwrap_or_default();
    if !is_port(port.as_bytes()) {
        return Err(format!("invalid port {port:?} after host").into());
    }
    let inner = text.get(1..end).unwrap_or_default();
    let (address, zone) = match inner.find("%25").and_then(|at| inner.split_at_checked(at)) {
        Some((address, zone)) => (address, unescape(zone, Part::Zone)?),
        None => (inner, Vec::new()),
    };
    let address = unescape(address, Part::Host)?;
    let whole = [address.as_slice(), zone.as_slice()].concat();
    let (numbers, zone) = match whole.iter().position(|byte| *byte == b'%') {
        Some(at) => whole.split_at_checked(at).unwrap_or((&whole, &[])),
        None => (whole.as_slice(), [].as_slice()),
    };
    let is_address =
        std::str::from_utf8(numbers).is_ok_and(|numbers| numbers.parse::<Ipv6Addr>().is_ok());
    if !is_address || zone.len() == 1 {
        return Err("invalid host".into());
    }
    Ok([b"[", whole.as_slice(), b"]", port.as_bytes()].concat())
}

/// Nothing, or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    match text.split_first() {
        None => true,
        Some((b':', digits)) => digits.iter().all(u8::is_ascii_digit),
        Some(_) => false,
    }
}

fn split_port(host: &[u8]) -> (&[u8], &[u8]) {
    let colon = host.iter().rposition(|byte| *byte == b':');
    let (mut name, mut port) = (host, [].as_slice());
    if let Some((before, after)) = colon.and_then(|at| host.split_at_checked(at))
        && is_port(after)
    {
        (name, port) = (before, after.get(1..).unwrap_or_default());
    }
    if let [b'[', inner @ .., b']'] = name {
        name = inner;
    }
    (name, port)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Host,
    Zone,
    Other,
}

fn unescape(text: &str, part: Part) -> Parsed<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            if part != Part::Other && first.is_ascii() && !may_stand_in_host(*first) {
                return Err("invalid character in host name".into());
            }
            bytes.push(*first);
            continue;
        }
        let wrong = || {
            let digits: String = String::from_utf8_lossy(rest).chars().take(2).collect();
            Cow::Owned(format!("invalid URL escape \"%{digits}\""))
        };
        let digit = |at: usize| {
            rest.get(at)
                .and_then(|digit| char::from(*digit).to_digit(16))
                .and_then(|digit| u8::try_from(digit).ok())
                .ok_or_else(wrong)
        };
        let byte = digit(0)? << 4 | digit(1)?;
        let is_allowed = match part {
            Part::Host => byte >= 0x80 || byte == b'%',
            Part::Zone => matches!(byte, b'%' | b' ') || may_stand_in_host(byte),
            Part::Other => true,
        };
        if !is_allowed {
            return Err(wrong());
        }
        bytes.push(byte);
        rest = rest.get(2..).unwrap_or_default();
    }
    Ok(bytes)
}

const fn may_stand_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'_'
                | b'.'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'['
                | b']'
                | b'<'
                | b'>'
                | b'"'
        )
}

/// A path as Go would escape it.
fn escaped_path(path: &[u8]) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'$'
            | b'&'
            | b'+'
            | b','
            | b'/'
            | b':'
            | b';'
            | b'='
            | b'@' => escaped.push(char::from(*byte)),
            other => {
                escaped.push('%');
                for half in [other >> 4, other & 15] {
                    escaped.extend(
                        char::from_digit(u32::from(half), 16)
                            .map(|digit| digit.to_ascii_uppercase()),
                    );
                }
            }
        }
    }
    escaped
}

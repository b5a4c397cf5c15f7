//! Package URLs: `pkg:deb/debian/curl@7.50.3-1?arch=i386`.
//!
//! [`Purl::parse`] takes what people write and [`Purl`] prints what the specification calls canonical: the same
//! package in the same words, with the rules of its type applied.
//!
//! See: <https://github.com/package-url/purl-spec>

use std::{collections::BTreeMap, fmt, str::FromStr};

mod encoding;
mod kinds;

/// A package, in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

/// What a package URL is made of, not encoded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// The type: `npm`, `deb`.
    pub kind: &'a str,
    /// What the name belongs to, with slashes between its segments.
    pub namespace: Option<&'a str>,
    /// The name of the package.
    pub name: &'a str,
    /// The version of the package.
    pub version: Option<&'a str>,
    /// More that tells packages apart, as keys and values; an empty value is as good as none.
    pub qualifiers: &'a [(&'a str, &'a str)],
    /// A place inside the package.
    pub subpath: Option<&'a str>,
}

/// Why something names no package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{purl:?} is no package URL: {reason}")]
pub struct PurlError {
    /// The package URL, or the name of the package where it was to be built.
    pub purl: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

type Reason = &'static str;

impl Purl {
    /// Reads a package URL, canonical or not.
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        parse(text).map_err(|reason| PurlError {
            purl: text.to_owned(),
            reason,
        })
    }

    /// Puts a package URL together.
    pub fn build(parts: &Parts<'_>) -> Result<Self, PurlError> {
        build(parts).map_err(|reason| PurlError {
            purl: parts.name.to_owned(),
            reason,
        })
    }

    /// The type, in lower case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What the name belongs to, with slashes between its segments.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name of the package.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of the package.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Keys in lower case, and their values.
    pub fn qualifiers(&self) -> &BTreeMap<String, String> {
        &self.qualifiers
    }

    /// A place inside the package.
    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }

    /// Whether it names a package: what it leaves out of version, qualifiers and subpath may be anything.
    ///
    /// Modules of Go are written in their own case and, as the specification wants it, in lower case.
    pub fn covers(&self, package: &Self) -> bool {
        let is_go = self.kind == "golang";
        let are_same =
            |one: &str, other: &str| one == other || (is_go && one.eq_ignore_ascii_case(other));
        let leaves_or_equals =
            |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        self.kind == package.kind
            && are_same(
                self.namespace.as_deref().unwrap_or_default(),
                package.namespace.as_deref().unwrap_or_default(),
            )
            && are_same(&self.name, &package.name)
            && leaves_or_equals(&self.version, &package.version)
            && leaves_or_equals(&self.subpath, &package.subpath)
            && self
                .qualifiers
                .iter()
                .all(|(key, value)| package.qualifiers.get(key) == Some(value))
    }
}

impl FromStr for Purl {
    type Err = PurlError;

    fn from_str(text: &str) -> Result<Self, PurlError> {
        Self::parse(text)
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "pkg:{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            encoding::write_path(formatter, namespace)?;
            formatter.write_str("/")?;
        }
        if kinds::has_path_as_name(&self.kind) {
            encoding::write_path(formatter, &self.name)?;
        } else {
            encoding::write(formatter, &self.name)?;
        }
        if let Some(version) = &self.version {
            formatter.write_str("@")?;
            encoding::write(formatter, version)?;
        }
        for (index, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(formatter, "{}{key}=", if index == 0 { '?' } else { '&' })?;
            encoding::write(formatter, value)?;
        }
        if let Some(subpath) = &self.subpath {
            formatter.write_str("#")?;
            encoding::write_path(formatter, subpath)?;
        }
        Ok(())
    }
}

/// Takes a package URL apart from its end, as the specification does.
fn parse(text: &str) -> Result<Purl, Reason> {
    let (rest, subpath) = match text.rsplit_once('#') {
        Some((rest, subpath)) => (rest, decode_segments(subpath)?),
        None => (text, Vec::new()),
    };
    let (rest, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = rest.split_once(':').ok_or("it has no scheme")?;
    if !scheme.eq_ignore_ascii_case("pkg") {
        return Err("its scheme is not pkg");
    }
    let (kind, rest) = rest
        .trim_matches('/')
        .split_once('/')
        .ok_or("it has no type or no name")?;
    let (path, last) = rest.rsplit_once('/').unwrap_or(("", rest));
    // An unencoded `@` before the last slash begins the scope of an npm package, not a version.
    let (name, version) = match last.rsplit_once('@') {
        Some((name, version)) => (name, Some(encoding::decode(version)?)),
        None => (last, None),
    };
    let mut namespace = decode_segments(path)?;
    let mut name = encoding::decode(name)?;
    if kinds::has_path_as_name(kind) && namespace.len() > 1 {
        let mut path = namespace.split_off(1);
        path.push(name);
        name = path.join("/");
    }
    let mut qualifiers = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        qualifiers.push((key, encoding::decode(value)?));
    }
    let qualifiers: Vec<(&str, &str)> = qualifiers
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    build(&Parts {
        kind,
        namespace: Some(&namespace.join("/")),
        name: &name,
        version: version.as_deref(),
        qualifiers: &qualifiers,
        subpath: Some(&subpath.join("/")),
    })
}

/// Decodes a path segment by segment: an encoded slash separates nothing, and so may not be there.
fn decode_segments(path: &str) -> Result<Vec<String>, Reason> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments
        .map(|segment| match encoding::decode(segment)? {
            decoded if decoded.contains('/') => Err("a segment has a slash inside"),
            decoded => Ok(decoded),
        })
        .collect()
}

fn build(parts: &Parts<'_>) -> Result<Purl, Reason> {
    let kind = parts.kind.to_ascii_lowercase();
    let is_kind = kind.starts_with(|first: char| first.is_ascii_lowercase())
        && kind
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    if !is_kind {
        return Err("its type is no word of letters, digits, dots and dashes");
    }
    let name = parts.name.trim_matches('/');
    let purl = Purl {
        namespace: path(parts.namespace, |_| true),
        name: if kinds::has_path_as_name(&kind) {
            path(Some(name), |_| true).unwrap_or_default()
        } else {
            name.to_owned()
        },
        version: parts
            .version
            .filter(|version| !version.is_empty())
            .map(str::to_owned),
        qualifiers: qualifiers(parts.qualifiers)?,
        subpath: path(parts.subpath, |segment| segment != "." && segment != ".."),
        kind,
    };
    let purl = kinds::canonical(purl)?;
    if purl.name.is_empty() {
        return Err("it has no name");
    }
    Ok(purl)
}

/// The segments that are not empty; `None` where none is left.
fn path(path: Option<&str>, is_kept: impl Fn(&str) -> bool) -> Option<String> {
    let kept: Vec<&str> = path?
        .split('/')
        .filter(|segment| !segment.is_empty() && is_kept(segment))
        .collect();
    (!kept.is_empty()).then(|| kept.join("/"))
}

fn qualifiers(pairs: &[(&str, &str)]) -> Result<BTreeMap<String, String>, Reason> {
    let mut qualifiers = BTreeMap::new();
    for (key, value) in pairs {
        let key = key.to_ascii_lowercase();
        let is_key = key.starts_with(|first: char| first.is_ascii_lowercase())
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if !is_key {
            return Err(
                "a key of its qualifiers is no word of letters, digits, dots, dashes and underscores",
            );
        }
        if !value.is_empty() && qualifiers.insert(key, (*value).to_owned()).is_some() {
            return Err("a key stands twice among its qualifiers");
        }
    }
    Ok(qualifiers)
}

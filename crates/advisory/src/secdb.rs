//! Security databases of distributions that use apk: which build of a package mends which flaws.
//!
//! One JSON file for each release and repository, published at <https://secdb.alpinelinux.org/>,
//! <https://packages.wolfi.dev/os/security.json> and <https://packages.cgr.dev/chainguard/security.json>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{Advisory, Affected, Collection, CollectionError, Interval, Scope, Since, Until};

/// Reads one security database.
pub fn parse_secdb(json: &[u8]) -> Result<Collection, CollectionError> {
    let secdb: Secdb =
        serde_json::from_slice(json).map_err(|error| CollectionError(error.to_string()))?;
    let mut collection = Collection::default();
    let place = secdb.place();
    let Some(scope) = Scope::parse(&place) else {
        let count = secdb.packages.len() as u64;
        collection.elsewhere.insert(place, count);
        return Ok(collection);
    };
    let mut advisories = BTreeMap::new();
    for (at, package) in secdb.packages.into_iter().enumerate() {
        match Entry::deserialize(package) {
            Ok(entry) => read(&scope, &entry.pkg, &mut advisories, &mut collection),
            Err(error) => collection.unreadable(format!("package {}", at + 1), error.to_string()),
        }
    }
    collection.advisories = advisories.into_values().collect();
    Ok(collection)
}

#[derive(Deserialize)]
struct Secdb {
    /// `v3.18`, `edge`; distributions that have no releases have none.
    #[serde(default)]
    distroversion: String,
    #[serde(default)]
    reponame: String,
    #[serde(default)]
    urlprefix: String,
    #[serde(default)]
    apkurl: String,
    packages: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    pkg: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    /// From versions to what they mend; `null` where there is nothing.
    #[serde(default)]
    secfixes: Option<BTreeMap<String, Value>>,
}

impl Secdb {
    /// The ecosystem that it is about, by the addresses of its packages: no other field names the distribution.
    fn place(&self) -> String {
        let says = |word: &str| {
            [&self.urlprefix, &self.apkurl, &self.reponame]
                .iter()
                .any(|text| text.contains(word))
        };
        if says("wolfi") {
            return "Wolfi".to_owned();
        }
        if says("chainguard") || says("cgr.dev") {
            return "Chainguard".to_owned();
        }
        // Every one of Alpine names its release.
        let is_alpine = self.urlprefix.is_empty() || says("alpinelinux");
        if is_alpine && !self.distroversion.is_empty() {
            return format!("Alpine:{}", self.distroversion);
        }
        format!("apk packages of '{}'", self.urlprefix)
    }
}

/// Version that stands before flaws that a package never had.
const NEVER: &str = "0";

fn read(
    scope: &Scope,
    package: &Package,
    advisories: &mut BTreeMap<String, Advisory>,
    collection: &mut Collection,
) {
    for (version, mended) in package.secfixes.iter().flatten() {
        let place = || format!("{} {version}", package.name);
        let Value::Array(mended) = mended else {
            // A version that mends nothing stands with nothing.
            if !mended.is_null() {
                collection.unreadable(place(), "is no list of flaws");
            }
            continue;
        };
        for said in mended {
            let ids = said.as_str().map(ids).unwrap_or_default();
            if ids.is_empty() {
                collection.unreadable(place(), format!("{said} names no flaw"));
            }
            if version == NEVER {
                continue;
            }
            for (id, aliases) in flaws(ids) {
                let key = format!("{}-{id}", scope.family().to_ascii_uppercase());
                let advisory = advisories.entry(key).or_insert_with_key(|key| Advisory {
                    id: key.clone(),
                    flaws: vec![id],
                    ..Advisory::default()
                });
                advisory.aliases.extend(aliases);
                advisory.aliases.sort();
                advisory.aliases.dedup();
                put(scope, package, version, &mut advisory.affected);
            }
        }
    }
}

/// A flaw that two versions mend is mended by the later one: the earlier was not enough.
fn put(scope: &Scope, package: &Package, version: &str, affected: &mut Vec<Affected>) {
    let interval = Interval {
        from: Since::Beginning,
        until: Until::Fixed(version.to_owned()),
    };
    match affected.iter_mut().find(|it| it.package == package.name) {
        Some(known) => known.intervals.push(interval),
        None => affected.push(Affected {
            scope: scope.clone(),
            package: package.name.clone(),
            intervals: vec![interval],
            versions: Vec::new(),
            state: ringwall_model::FixState::default(),
            rating: None,
        }),
    }
}

/// The ids in a text; words beside them are remarks: `CVE-2017-2616 (+ regression fix)`.
fn ids(said: &str) -> Vec<String> {
    let is_id = |word: &&str| {
        let Some((kind, number)) = word.split_once(['-', '_']) else {
            return false;
        };
        let is_kind = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let is_number = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        kind.starts_with(|it: char| it.is_ascii_uppercase())
            && kind.bytes().all(is_kind)
            && number.bytes().all(is_number)
            && !number.is_empty()
    };
    let words = said.split(|it: char| it.is_ascii_whitespace() || it == ',');
    let words = words.map(|word| word.trim_matches(|it: char| !it.is_ascii_alphanumeric()));
    words
        .filter(is_id)
        .map(|word| word.replacen('_', "-", 1))
        .collect()
}

/// The flaws that ids of one line stand for, each with its other ids: the CVEs, or what is first where there are none.
fn flaws(ids: Vec<String>) -> Vec<(String, Vec<String>)> {
    let (mut flaws, mut others): (Vec<_>, Vec<_>) =
        ids.into_iter().partition(|id| id.starts_with("CVE-"));
    if flaws.is_empty() && !others.is_empty() {
        flaws.push(others.remove(0));
    }
    // Of several flaws nobody says whose the other ids are.
    if flaws.len() > 1 {
        others.clear();
    }
    flaws
        .into_iter()
        .map(|flaw| (flaw, others.clone()))
        .collect()
}

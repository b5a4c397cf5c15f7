//! Trivy's database: advisories of many sources in one file of bbolt.
//!
//! Buckets of a source hold buckets of packages, which hold what is said of each flaw, as JSON;
//! the bucket `vulnerability` tells of each flaw what all sources share.
//! Source: `pkg/types` and `pkg/db` of <https://github.com/aquasecurity/trivy-db>, whose schema is version 2.

mod flawed;
mod places;
mod ranges;
mod records;

use std::collections::BTreeMap;

use ringwall_bolt::{Bolt, BoltError, Visitor, is_bolt};

use self::{
    places::Place,
    records::{Entry, Source, Vulnerability},
};
use crate::{Advisory, Affected, Collection, CollectionError, Scope, osv::joined};

/// Whether a file may be a database of Trivy: it starts as all files of bbolt do.
pub fn is_trivy_db(bytes: &[u8]) -> bool {
    is_bolt(bytes)
}

/// Reads a database of Trivy, `trivy.db`.
///
/// One flaw is one advisory, under the id that the database has it by. Entries of Red Hat, which name CPEs and no
/// releases, and of ecosystems whose versions have no order here are counted as elsewhere.
pub fn parse_trivy_db(bytes: &[u8]) -> Result<Collection, CollectionError> {
    let damaged = |error: BoltError| CollectionError(error.to_string());
    let file = Bolt::open(bytes).map_err(damaged)?;
    let mut sources = Sources::default();
    file.visit(&mut sources).map_err(damaged)?;
    let mut entries = Entries {
        sources: &sources.0,
        place: Place::Nothing,
        flaws: BTreeMap::new(),
        collection: Collection::default(),
    };
    file.visit(&mut entries).map_err(damaged)?;
    let Entries {
        flaws,
        mut collection,
        ..
    } = entries;
    let mut flaws = Flaws {
        flaws,
        collection: &mut collection,
    };
    file.visit(&mut flaws).map_err(damaged)?;
    let flaws = flaws.flaws.into_iter();
    collection.advisories = flaws.filter_map(|(id, flaw)| flaw.advisory(id)).collect();
    if collection == Collection::default() {
        return Err(CollectionError(
            "is a bbolt file without advisories".to_owned(),
        ));
    }
    Ok(collection)
}

/// What is known of a flaw.
#[derive(Default)]
struct Flaw<'a> {
    /// Packages that have it, each with who says so.
    affected: Vec<(Affected, Option<&'a str>)>,
    aliases: Vec<String>,
    told: Vulnerability,
}

impl Flaw<'_> {
    fn advisory(self, id: String) -> Option<Advisory> {
        if self.affected.is_empty() {
            return None;
        }
        let affected = self.affected.into_iter().map(|(mut affected, source)| {
            let rated = source.and_then(|source| self.told.rating_by(source));
            affected.rating = affected.rating.or(rated);
            affected
        });
        let affected = joined(affected.collect());
        let mut aliases = self.aliases;
        aliases.retain(|alias| *alias != id);
        aliases.sort();
        aliases.dedup();
        Some(Advisory {
            aliases,
            flaws: Vec::new(),
            rating: self.told.rating(),
            published: self.told.published(),
            modified: None,
            affected,
            details: self.told.details(),
            id,
        })
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn place(path: &[&[u8]]) -> String {
    let names: Vec<_> = path.iter().map(|it| text(it)).collect();
    names.join(": ")
}

/// The sources of the buckets, by their names.
#[derive(Default)]
struct Sources(BTreeMap<String, String>);

impl<'a> Visitor<'a> for Sources {
    fn enters(&mut self, path: &[&'a [u8]]) -> bool {
        matches!(path, [top] if Place::of(&text(top)) == Place::Sources)
    }

    fn pair(&mut self, path: &[&'a [u8]], key: &'a [u8], value: &'a [u8]) {
        if let ([_], Ok(source)) = (path, serde_json::from_slice::<Source>(value)) {
            self.0.insert(text(key), source.id);
        }
    }
}

/// What the sources say.
struct Entries<'s> {
    sources: &'s BTreeMap<String, String>,
    place: Place,
    flaws: BTreeMap<String, Flaw<'s>>,
    collection: Collection,
}

impl<'a> Visitor<'a> for Entries<'_> {
    fn enters(&mut self, path: &[&'a [u8]]) -> bool {
        if let [top] = path {
            self.place = Place::of(&text(top));
        }
        match self.place {
            Place::Flaws | Place::Sources | Place::Nothing => false,
            Place::Distribution(_) | Place::Language(_) | Place::Elsewhere(_) => path.len() <= 2,
        }
    }

    fn pair(&mut self, path: &[&'a [u8]], key: &'a [u8], value: &'a [u8]) {
        let [top, package] = path else {
            // Only packages have flaws.
            return;
        };
        let (scope, is_language) = match &self.place {
            Place::Distribution(scope) => (scope, false),
            Place::Language(scope) => (scope, true),
            Place::Elsewhere(what) => return self.collection.elsewhere(what.clone()),
            Place::Flaws | Place::Sources | Place::Nothing => return,
        };
        let id = text(key);
        // Nothing but that it has the flaw may be said as `null`.
        let read = serde_json::from_slice::<Option<Entry>>(value);
        let read = read.map_err(|error| error.to_string());
        let read = read.map(Option::unwrap_or_default).and_then(|entry| {
            let affected = entry.affected(scope, package_of(scope, &text(package)), is_language)?;
            Ok((affected, entry))
        });
        match read {
            Ok((Some(affected), entry)) => {
                let flaw = self.flaws.entry(id).or_default();
                let source = self.sources.get(&text(top)).map(|source| &**source);
                flaw.affected.push((affected, source));
                flaw.aliases.extend(entry.aliases());
            }
            Ok((None, _)) => {}
            Err(reason) => {
                let place = format!("{}: {id}", place(path));
                self.collection.unreadable(place, reason);
            }
        }
    }
}

/// The package of a bucket: of a module of RPM, that stands in front of it, as in `php:7.4::php`.
fn package_of<'a>(scope: &Scope, bucket: &'a str) -> &'a str {
    match bucket.rsplit_once("::") {
        Some((_, package)) if scope.order() == crate::VersionOrder::Rpm => package,
        _ => bucket,
    }
}

/// What is told of flaws that some package has.
struct Flaws<'c, 's> {
    flaws: BTreeMap<String, Flaw<'s>>,
    collection: &'c mut Collection,
}

impl<'a> Visitor<'a> for Flaws<'_, '_> {
    fn enters(&mut self, path: &[&'a [u8]]) -> bool {
        matches!(path, [top] if Place::of(&text(top)) == Place::Flaws)
    }

    fn pair(&mut self, path: &[&'a [u8]], key: &'a [u8], value: &'a [u8]) {
        let id = text(key);
        let Some(flaw) = self.flaws.get_mut(&id).filter(|_| path.len() == 1) else {
            return;
        };
        match serde_json::from_slice(value) {
            Ok(told) => flaw.told = told,
            Err(error) => {
                let place = format!("{}: {id}", place(path));
                self.collection.unreadable(place, error.to_string());
            }
        }
    }
}

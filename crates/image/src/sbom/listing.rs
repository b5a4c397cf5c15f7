//! What an SBOM lists, item by item, and what becomes of it when all is known.

use std::{cmp::Reverse, collections::BTreeMap};

use ringwall_advisory::Purl;

use super::{
    MAX_ITEMS, Unread, distribution,
    package::{self, Hints},
};
use crate::{Contents, Distribution, Package, Placed};

/// Kinds of what is not read that are told apart.
const MAX_KINDS: usize = 100;

/// Longest type of a component or a package URL that is told.
const MAX_KIND_BYTES: usize = 40;

/// Most bytes of what is listed: a package in many places stands there many times.
const MAX_KEPT_BYTES: usize = 512 << 20;

/// A place where a package is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) layer: usize,
    pub(super) is_of_distribution: bool,
    pub(super) owner: Option<String>,
}

/// What was listed so far.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The distribution, where a component is one.
    distribution: Option<Distribution>,
    packages: Vec<Placed>,
    /// Packages of distributions, by their places in `packages`.
    by_distribution: BTreeMap<(String, String), Vec<usize>>,
    unread: BTreeMap<String, usize>,
    count: usize,
    kept_bytes: usize,
}

impl Listing {
    /// Takes a package in all its places.
    pub(super) fn package(
        &mut self,
        purl: &str,
        hints: Hints<'_>,
        mut places: Vec<Place>,
    ) -> Result<(), &'static str> {
        let Ok(purl) = Purl::parse(purl) else {
            return self.unread("with a package URL that is none", "");
        };
        let Some(package) = package::of_purl(&purl, hints) else {
            return self.unread("of a type that is not read", purl.kind());
        };
        let is_of_distribution = package.ecosystem.is_of_distribution();
        let of = is_of_distribution.then(|| distribution::of_purl(&purl));
        if places.is_empty() {
            places.push(Place::default());
        }
        let bytes = bytes_of(&package);
        for place in places {
            self.count()?;
            let owner_bytes = place.owner.as_ref().map_or(0, String::len);
            self.kept_bytes += bytes + place.path.len() + owner_bytes;
            if self.kept_bytes > MAX_KEPT_BYTES {
                return Err("what it lists takes more than 512 MiB");
            }
            if let Some(Some(of)) = &of {
                let key = (of.id.clone(), of.version_id.clone());
                let packages = self.by_distribution.entry(key).or_default();
                packages.push(self.packages.len());
            }
            self.packages.push(Placed {
                package: package.clone(),
                path: place.path.trim_start_matches('/').to_owned(),
                layer: place.layer,
                hidden_by: None,
                is_of_distribution: is_of_distribution || place.is_of_distribution,
                owner: place.owner,
            });
        }
        Ok(())
    }

    /// Takes the distribution; of several, the first.
    pub(super) fn distribution(
        &mut self,
        id: &str,
        version: &str,
        name: &str,
    ) -> Result<(), &'static str> {
        let mut found = distribution::new(id, version);
        match &self.distribution {
            Some(known) if distribution::are_same(known, &found) => Ok(()),
            Some(_) => self.unread("one more distribution", &found.id),
            None => {
                found.name = match name {
                    "" => format!("{id} {version}").trim_end().to_owned(),
                    name => name.to_owned(),
                };
                self.distribution = Some(found);
                Ok(())
            }
        }
    }

    /// Counts something that is not read.
    pub(super) fn unread(&mut self, why: &str, kind: &str) -> Result<(), &'static str> {
        self.count()?;
        let reason = match kind {
            "" => why.to_owned(),
            kind if kind.len() > MAX_KIND_BYTES => why.to_owned(),
            kind => format!("{why}: {kind}"),
        };
        let reason = if self.unread.len() < MAX_KINDS || self.unread.contains_key(&reason) {
            reason
        } else {
            "of more types that are not read".to_owned()
        };
        *self.unread.entry(reason).or_default() += 1;
        Ok(())
    }

    /// Whether nothing was listed, not even what is not read.
    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn count(&mut self) -> Result<(), &'static str> {
        self.count += 1;
        if self.count > MAX_ITEMS {
            return Err("it lists more than a million packages");
        }
        Ok(())
    }

    /// Packages with their distribution, and what is not read.
    pub(super) fn finish(mut self) -> (Contents, Vec<Unread>) {
        let of = |(id, version): &(String, String)| distribution::new(id, version);
        // Those that say which release they are of tell it of those that do not.
        let most = self
            .by_distribution
            .iter()
            .min_by_key(|((_, version), packages)| (version.is_empty(), Reverse(packages.len())));
        let most = most.map(|(of_them, _)| of(of_them));
        let stated = self.distribution.take().map(|stated| match &most {
            Some(most) if stated.version_id.is_empty() && stated.id == most.id => Distribution {
                version_id: most.version_id.clone(),
                ..stated
            },
            _ => stated,
        });
        let distribution = stated.or(most);
        // A package of another distribution has other flaws: it must not be judged by these advisories.
        let mut is_foreign = vec![false; self.packages.len()];
        for (key, packages) in &self.by_distribution {
            let other = of(key);
            if distribution
                .as_ref()
                .is_some_and(|it| distribution::are_same(it, &other))
            {
                continue;
            }
            for at in packages {
                if let Some(is_foreign) = is_foreign.get_mut(*at) {
                    *is_foreign = true;
                }
            }
            let name = format!("{} {}", other.id, other.version_id);
            let reason = format!("of another distribution: {}", name.trim_end());
            *self.unread.entry(reason).or_default() += packages.len();
        }
        let packages = self.packages.into_iter().zip(is_foreign);
        let mut packages: Vec<_> = packages
            .filter_map(|(placed, is_foreign)| (!is_foreign).then_some(placed))
            .collect();
        packages.sort();
        packages.dedup();
        let contents = Contents {
            distribution,
            packages,
            gaps: Vec::new(),
            ..Contents::default()
        };
        let unread = self.unread.into_iter();
        let unread = unread.map(|(reason, count)| Unread { reason, count });
        (contents, unread.collect())
    }
}

/// Bytes that one package takes, about.
fn bytes_of(package: &Package) -> usize {
    let texts = [&package.name, &package.version].into_iter();
    let texts = texts.chain(&package.architecture).chain(&package.module);
    let source = package.source.iter();
    let source = source.flat_map(|it| [&it.name, &it.version].into_iter().chain(&it.archive));
    let lengths = texts
        .chain(source)
        .chain(&package.licences)
        .map(String::len);
    size_of::<Placed>() + lengths.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(purls: &[&str], stated: Option<(&str, &str)>) -> (Contents, Vec<Unread>) {
        let mut listing = Listing {
            distribution: stated.map(|(id, version)| distribution::new(id, version)),
            ..Listing::default()
        };
        for purl in purls {
            let hints = Hints::default();
            listing.package(purl, hints, Vec::new()).unwrap();
        }
        listing.finish()
    }

    #[test]
    fn packages_of_another_distribution_are_not_judged_as_those_of_this_one() {
        let purls = [
            "pkg:deb/debian/a@1?distro=debian-12",
            "pkg:deb/debian/b@1?distro=debian-12.5",
            "pkg:deb/debian/c@1",
            "pkg:deb/ubuntu/d@1?distro=ubuntu-22.04",
            "pkg:npm/e@1",
        ];
        let (contents, unread) = finish(&purls, None);
        assert_eq!(contents.distribution.unwrap().version_id, "12");
        let names = contents.packages.iter().map(|it| &*it.package.name);
        assert_eq!(names.collect::<Vec<_>>(), ["a", "b", "c", "e"]);
        let other = |name: &str, count| Unread {
            reason: format!("of another distribution: {name}"),
            count,
        };
        assert_eq!(unread, [other("ubuntu 22.04", 1)]);
        let (contents, _) = finish(&purls, Some(("debian", "")));
        assert_eq!(contents.distribution.unwrap().version_id, "12");
        let (contents, unread) = finish(&purls, Some(("ubuntu", "22.04")));
        assert_eq!(contents.packages.len(), 2);
        let debian = ["debian", "debian 12", "debian 12.5"].map(|name| other(name, 1));
        assert_eq!(unread, debian);
    }

    #[test]
    fn kinds_are_counted_and_are_not_without_end() {
        let purls: Vec<_> = (0..300).map(|at| format!("pkg:kind{at}/a@1")).collect();
        let purls: Vec<_> = purls.iter().map(String::as_str).chain(["no"]).collect();
        let (_, unread) = finish(&purls, None);
        assert_eq!(unread.iter().map(|it| it.count).sum::<usize>(), 301);
        assert!(unread.len() <= MAX_KINDS + 1, "{}", unread.len());
    }
}

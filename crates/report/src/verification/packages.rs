//! What an attested list of packages and the image itself say of each other.

use std::{collections::BTreeSet, io};

use serde::Serialize;

use crate::{ImageReport, clean, image::diff::versions, words::count_words};

/// Packages of each sort that the text lists.
const MOST_PACKAGES: usize = 50;

/// The packages that an attestation lists, beside those that were found in the image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AttestedPackages {
    /// Digest of the attestation.
    pub attestation: String,
    /// How many versions of packages both have.
    pub equal: usize,
    /// What is in the image, and the attestation says nothing of it.
    pub unlisted: Vec<UnequalPackage>,
    /// What the attestation lists, and was not found.
    pub absent: Vec<UnequalPackage>,
}

/// A version of a package that only one of both has.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct UnequalPackage {
    /// Its type, as in package URLs: `deb`, `npm`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl AttestedPackages {
    /// Compares the packages that a container sees with those of a list that was judged as an image.
    pub fn new(attestation: String, attested: &ImageReport, found: &ImageReport) -> Self {
        let all = |report| -> BTreeSet<UnequalPackage> {
            let versions = versions(report).into_iter();
            let versions = versions.flat_map(|((kind, name), versions)| {
                versions.into_iter().map(move |version| UnequalPackage {
                    kind,
                    name: name.to_owned(),
                    version: version.to_owned(),
                })
            });
            versions.collect()
        };
        let (attested, found) = (all(attested), all(found));
        Self {
            attestation,
            equal: attested.intersection(&found).count(),
            unlisted: found.difference(&attested).cloned().collect(),
            absent: attested.difference(&found).cloned().collect(),
        }
    }

    /// Writes it for people.
    pub(super) fn text(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let equal = count_words(self.equal, "package");
        writeln!(out, "\n{equal} of the image as attested")?;
        for (packages, what) in [
            (&self.unlisted, "in the image and not attested"),
            (&self.absent, "attested and not in the image"),
        ] {
            if packages.is_empty() {
                continue;
            }
            writeln!(out, "{} {what}:", count_words(packages.len(), "package"))?;
            for package in packages.iter().take(MOST_PACKAGES) {
                let (name, version) = (clean(&package.name), clean(&package.version));
                writeln!(out, "  {:<6} {name}  {version}", package.kind)?;
            }
            if let Some(more @ 1..) = packages.len().checked_sub(MOST_PACKAGES) {
                writeln!(out, "  and {more} more")?;
            }
        }
        Ok(())
    }
}

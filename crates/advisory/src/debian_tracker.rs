//! Debian's security tracker: what Debian says of each flaw in each of its releases.
//!
//! One object, from source packages to flaws to releases, as published at
//! <https://security-tracker.debian.org/tracker/data/json>; its words are those of
//! <https://security-team.debian.org/security_tracker.html>.

use std::{collections::BTreeMap, fmt};

use ringwall_model::FixState;
use serde::{
    Deserialize, Deserializer as _,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use crate::{
    Advisory, Affected, Collection, CollectionError, Details, Interval, Rating, Scope, Since, Until,
};

/// Releases by their names, with the number that their `os-release` says.
const RELEASES: &[(&str, &str)] = &[
    ("wheezy", "7"),
    ("jessie", "8"),
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
];
/// What is never released, and so has no number.
const UNSTABLE: &str = "sid";
/// How ids of records begin that repeat what the tracker says; OSV has them.
const PREFIX: &str = "DEBIAN-";

/// Reads what the tracker publishes.
///
/// The advisories are called as OSV calls its own of the tracker, `DEBIAN-CVE-...`, and say of a package that is not
/// affected just that, so that they [can be the last word](crate::DatabaseBuilder::authority).
pub fn parse_debian_tracker(json: &[u8]) -> Result<Collection, CollectionError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let tracker = reader.deserialize_map(Packages).and_then(|tracker| {
        reader.end()?;
        Ok(tracker)
    });
    let tracker = tracker.map_err(|error| CollectionError(error.to_string()))?;
    if tracker.advisories.is_empty() {
        return Err(CollectionError("holds no package with flaws".to_owned()));
    }
    Ok(Collection {
        advisories: tracker.advisories.into_values().collect(),
        ..tracker.collection
    })
}

/// Whether it is Debian's tracker that speaks in an advisory.
///
/// What it says of a flaw in a package of Debian stands against what others say, who have it from there or guess it.
pub(crate) fn is_tracker(scope: &Scope, id: &str) -> bool {
    scope.family() == "Debian" && id.starts_with("DEBIAN-CVE-")
}

#[derive(Default)]
struct Tracker {
    advisories: BTreeMap<String, Advisory>,
    collection: Collection,
}

/// Takes the packages one after the other: the whole is some 70 MB.
struct Packages;

impl<'de> Visitor<'de> for Packages {
    type Value = Tracker;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of source packages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut packages: A) -> Result<Tracker, A::Error> {
        let mut tracker = Tracker::default();
        while let Some((name, flaws)) = packages.next_entry::<String, Value>()? {
            match flaws {
                Value::Object(flaws) => {
                    for (id, flaw) in flaws {
                        tracker.flaw(&name, &id, flaw);
                    }
                }
                _ => tracker.collection.unreadable(name, "is no object of flaws"),
            }
        }
        Ok(tracker)
    }
}

#[derive(Deserialize)]
struct Flaw {
    #[serde(default)]
    description: String,
    releases: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Release {
    status: String,
    fixed_version: Option<String>,
    #[serde(default)]
    urgency: String,
    #[serde(default)]
    nodsa: String,
    #[serde(default)]
    nodsa_reason: String,
}

impl Tracker {
    fn flaw(&mut self, package: &str, id: &str, flaw: Value) {
        let place = format!("{package} {id}");
        // `TEMP-...` until a flaw has a number.
        if !id.starts_with("CVE-") && !id.starts_with("TEMP-") {
            self.collection.unreadable(place, "is no id of a flaw");
            return;
        }
        let flaw = match Flaw::deserialize(flaw) {
            Ok(flaw) => flaw,
            Err(error) => return self.collection.unreadable(place, error.to_string()),
        };
        let mut affected = Vec::new();
        for (release, said) in flaw.releases {
            if release == UNSTABLE {
                continue;
            }
            let number = RELEASES.iter().find(|(name, _)| *name == release);
            let Some(scope) =
                number.and_then(|(_, number)| Scope::parse(&format!("Debian:{number}")))
            else {
                self.collection.elsewhere(format!("Debian {release}"));
                continue;
            };
            let read = Release::deserialize(said).map_err(|error| error.to_string());
            match read.and_then(|said| said.read(scope, package)) {
                Ok(said) => affected.push(said),
                Err(reason) => {
                    let place = format!("{place} in {release}");
                    self.collection.unreadable(place, reason);
                }
            }
        }
        if affected.is_empty() {
            return;
        }
        let advisory = self
            .advisories
            .entry(id.to_owned())
            .or_insert_with(|| Advisory {
                id: format!("{PREFIX}{id}"),
                flaws: vec![id.to_owned()],
                details: Details {
                    text: flaw.description,
                    references: vec![format!("https://security-tracker.debian.org/tracker/{id}")],
                    ..Details::default()
                },
                ..Advisory::default()
            });
        advisory.affected.extend(affected);
    }
}

impl Release {
    fn read(self, scope: Scope, package: &str) -> Result<Affected, String> {
        let before = |version: String| Interval {
            from: Since::Beginning,
            until: Until::Fixed(version),
        };
        let intervals = match (&*self.status, self.fixed_version) {
            // Never affected, which is a word of its own: others may say that it is.
            ("resolved", Some(version)) if version == "0" => Vec::new(),
            ("resolved", Some(version)) => vec![before(version)],
            ("resolved", None) => {
                return Err("is resolved, and in which version is not said".to_owned());
            }
            ("open" | "undetermined", _) => vec![Interval::EVERYTHING],
            (status, _) => return Err(format!("has the status '{status}', which is none")),
        };
        let is_ended = self.urgency == "end-of-life" || self.nodsa.contains("end-of-life");
        let state = match (&*self.status, &*self.nodsa_reason) {
            ("resolved", _) => FixState::NotFixed,
            _ if is_ended => FixState::EndOfLife,
            ("undetermined", _) => FixState::UnderInvestigation,
            (_, "postponed") => FixState::Deferred,
            (_, "ignored") => FixState::WillNotFix,
            _ => FixState::NotFixed,
        };
        Ok(Affected {
            package: scope.package_name(package).into_owned(),
            intervals,
            versions: Vec::new(),
            state,
            rating: Rating::of_word(&self.urgency),
            scope,
        })
    }
}

//! Which flaws a version of a package has.

mod java_name;
mod verdict;

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use ringwall_model::{Date, FixState};

pub(crate) use self::verdict::oracle_flavour;
use self::{
    java_name::{artifact_without_group, joined},
    verdict::{Verdict, affects},
};
use crate::{
    AdvisoryHead, Affected, CveNumber, Database, DatabaseError, Exploited, Likelihood, Rating,
    Scope,
    advisory::{MALICIOUS, flaw_ids, is_malicious},
    database::PackageList,
    debian_tracker::is_tracker,
};

/// A flaw that a package has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The id under which it is reported: a CVE where there is one.
    pub flaw: String,
    /// Other ids of it, those of the advisories included; in order.
    pub aliases: Vec<String>,
    /// How bad it is: by who maintains the package, else by the advisory, else by others that are about the same flaw.
    pub rating: Option<Rating>,
    /// The id of the advisory whose rating it is, where that is about another package.
    pub rated_by: Option<String>,
    /// The oldest version that is newer and does not have it.
    pub fixed: Option<String>,
    /// What those who maintain the package do about it.
    pub state: FixState,
    /// The day it was published.
    pub published: Option<Date>,
    /// Since when it is known to be exploited.
    pub exploited: Option<Exploited>,
    /// How likely exploitation is.
    pub likelihood: Option<Likelihood>,
    /// Whether the package is malicious itself.
    pub is_malicious: bool,
    /// The first of the advisories that say so.
    pub advisory: AdvisoryHead,
}

/// An advisory about a package of which one cannot tell whether it is about this version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The id of the advisory.
    pub advisory: String,
    /// Why.
    pub reason: String,
}

/// What is known about a version of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Its flaws, by id.
    pub found: Vec<Match>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
}

impl Matches {
    /// Both together: what is known under two names, or in two places, of one package.
    #[must_use]
    pub fn joined(&self, scope: &Scope, others: &Self) -> Self {
        let known = self.found.iter().map(|it| (it.flaw.clone(), it.clone()));
        let mut found: BTreeMap<_, _> = known.collect();
        for other in &others.found {
            merge(scope, other.clone(), &mut found);
        }
        let undecided: BTreeSet<_> = self.undecided.iter().chain(&others.undecided).collect();
        Self {
            found: found.into_values().collect(),
            undecided: undecided.into_iter().cloned().collect(),
        }
    }
}

impl Database {
    /// Whether there are advisories about a package, whatever its version; of Java, about one that this may be.
    pub fn knows(&self, scope: &Scope, name: &str) -> Result<bool, DatabaseError> {
        let name = scope.package_name(name);
        Ok(self.package(scope, &name)?.is_some()
            || self.has_namesakes(scope, &name)?
            || self.called_after_both(scope, &name)?.is_some())
    }

    /// The flaws of a version of a package. Whether the scope is [covered](Self::covers) is another question,
    /// and has to be asked: a scope that is not has no flaws here.
    pub fn matches(
        &self,
        scope: &Scope,
        name: &str,
        version: &str,
    ) -> Result<Matches, DatabaseError> {
        let name = scope.package_name(name);
        let mut matches = Matches::default();
        let list = match self.package(scope, &name)? {
            Some(list) => Some(list),
            None => self.called_after_both(scope, &name)?,
        };
        let Some(list) = list else {
            if scope.family() == "Maven"
                && let Some(artifact) = artifact_without_group(&name)
            {
                self.suspect_namesakes(scope, artifact, version, &mut matches)?;
            }
            return Ok(matches);
        };
        let mut flaws: BTreeMap<String, Match> = BTreeMap::new();
        let mut safe = Vec::new();
        let mut others = Vec::new();
        for (number, affected) in &list.entries {
            match affects(scope, affected, version) {
                Verdict::Safe => safe.push(*number),
                Verdict::Affected { fixed } => {
                    let head = self.advisory(*number)?;
                    let found = self.found(affected, &head, fixed.as_deref())?;
                    if !is_tracker(scope, &head.id) {
                        others.extend(found);
                        continue;
                    }
                    for found in found {
                        merge(scope, found, &mut flaws);
                    }
                }
                Verdict::Undecided(reason) => matches.undecided.push(Undecided {
                    advisory: self.advisory(*number)?.id,
                    reason,
                }),
            }
        }
        // Of several about one flaw, the first by id is the one that people read.
        others.sort_by(|one, other| one.advisory.id.cmp(&other.advisory.id));
        let decided = if others.is_empty() {
            BTreeSet::new()
        } else {
            self.decided(scope, &safe, &flaws)?
        };
        for found in others {
            match flaws.get_mut(&found.flaw) {
                Some(known) if decided.contains(&found.flaw) => merge_names(known, found),
                None if decided.contains(&found.flaw) => {}
                _ => merge(scope, found, &mut flaws),
            }
        }
        matches.undecided.sort();
        matches.found = flaws.into_values().collect();
        Ok(matches)
    }

    /// The flaws that a version of a package does not have, as advisories of this scope say that name the package.
    pub fn mended(
        &self,
        scope: &Scope,
        name: &str,
        version: &str,
    ) -> Result<BTreeSet<String>, DatabaseError> {
        let name = scope.package_name(name);
        let list = self.package(scope, &name)?;
        let mut mended = BTreeSet::new();
        for (number, affected) in list.iter().flat_map(|list| &list.entries) {
            if affects(scope, affected, version) == Verdict::Safe {
                let head = self.advisory(*number)?;
                let flaws = flaw_ids(&head.id, &head.aliases, &head.flaws);
                mended.extend(flaws.into_iter().map(str::to_owned));
            }
        }
        Ok(mended)
    }

    /// The flaws about which one speaks whose word stands against that of others: those that it found,
    /// and those that the package does not have by its word.
    fn decided(
        &self,
        scope: &Scope,
        safe: &[u32],
        found: &BTreeMap<String, Match>,
    ) -> Result<BTreeSet<String>, DatabaseError> {
        let mut decided: BTreeSet<String> = found.keys().cloned().collect();
        // Only Debian has such a one.
        if scope.family() != "Debian" {
            return Ok(decided);
        }
        for number in safe {
            let head = self.advisory(*number)?;
            if is_tracker(scope, &head.id) {
                let flaws = flaw_ids(&head.id, &head.aliases, &head.flaws);
                decided.extend(flaws.into_iter().map(str::to_owned));
            }
        }
        Ok(decided)
    }

    /// Whether packages of Java have an artifact of this name, where it says no group.
    fn has_namesakes(&self, scope: &Scope, name: &str) -> Result<bool, DatabaseError> {
        if scope.family() != "Maven" {
            return Ok(false);
        }
        let Some(artifact) = artifact_without_group(name) else {
            return Ok(false);
        };
        let shared: Cow<'_, str> = Cow::Owned(format!(":{artifact}"));
        Ok(self.package(scope, &shared)?.is_some())
    }

    /// The package of Java that a name without a group is called after, group and artifact, where no artifact is
    /// called so.
    fn called_after_both(
        &self,
        scope: &Scope,
        name: &str,
    ) -> Result<Option<PackageList>, DatabaseError> {
        if scope.family() != "Maven" || self.has_namesakes(scope, name)? {
            return Ok(None);
        }
        for name in artifact_without_group(name).into_iter().flat_map(joined) {
            if let Some(list) = self.package(scope, &Cow::Owned(name))? {
                return Ok(Some(list));
            }
        }
        Ok(None)
    }

    /// Suspects every package that has an artifact of this name, whatever its group.
    fn suspect_namesakes(
        &self,
        scope: &Scope,
        artifact: &str,
        version: &str,
        matches: &mut Matches,
    ) -> Result<(), DatabaseError> {
        let shared: Cow<'_, str> = Cow::Owned(format!(":{artifact}"));
        let namesakes = self.package(scope, &shared)?;
        for namesake in namesakes.map(|list| list.namesakes).unwrap_or_default() {
            if let Some(list) = self.package(scope, &namesake)? {
                self.suspect(scope, &list, version, matches)?;
            }
        }
        Ok(())
    }

    /// What an archive may have if it is this package.
    fn suspect(
        &self,
        scope: &Scope,
        list: &PackageList,
        version: &str,
        matches: &mut Matches,
    ) -> Result<(), DatabaseError> {
        for (number, affected) in &list.entries {
            if affects(scope, affected, version) != Verdict::Safe {
                matches.undecided.push(Undecided {
                    advisory: self.advisory(*number)?.id,
                    reason: format!("is about {}, and this may be another package", list.name),
                });
            }
        }
        Ok(())
    }

    /// One match for each flaw of an advisory.
    fn found(
        &self,
        affected: &Affected,
        head: &AdvisoryHead,
        fixed: Option<&str>,
    ) -> Result<Vec<Match>, DatabaseError> {
        let mut found = Vec::new();
        let is_malicious = is_malicious(&head.id);
        for flaw in flaw_ids(&head.id, &head.aliases, &head.flaws) {
            let cve = CveNumber::parse(flaw);
            let mut rating = affected.rating.clone().or_else(|| head.rating.clone());
            let mut rated_by = None;
            if rating.is_none() && is_malicious {
                rating = Some(MALICIOUS);
            }
            if rating.is_none()
                && let Some(cve) = cve
                && let Some((others, number)) = self.rating(cve)?
            {
                rating = Some(others);
                rated_by = Some(self.advisory(number)?.id);
            }
            let mut aliases: Vec<_> = head.aliases.clone();
            aliases.push(head.id.clone());
            aliases.retain(|alias| alias != flaw);
            aliases.sort();
            aliases.dedup();
            found.push(Match {
                flaw: flaw.to_owned(),
                aliases,
                rating,
                rated_by,
                fixed: fixed.map(str::to_owned),
                state: affected.state,
                published: head.published,
                exploited: cve.map(|cve| self.exploited(cve)).transpose()?.flatten(),
                likelihood: cve.map(|cve| self.likelihood(cve)).transpose()?.flatten(),
                is_malicious,
                advisory: head.clone(),
            });
        }
        Ok(found)
    }
}

/// Puts together what several advisories say about one flaw.
fn merge(scope: &Scope, found: Match, flaws: &mut BTreeMap<String, Match>) {
    let Some(known) = flaws.get_mut(&found.flaw) else {
        flaws.insert(found.flaw.clone(), found);
        return;
    };
    // A rating of one's own before one that others gave.
    if known.rating.is_none() || (known.rated_by.is_some() && found.rated_by.is_none()) {
        known.rating.clone_from(&found.rating);
        known.rated_by.clone_from(&found.rated_by);
    }
    // Whoever follows the later one follows both.
    let is_later = match (&known.fixed, &found.fixed) {
        (None, Some(_)) => true,
        (Some(known), Some(found)) => scope.order().compare(found, known) == Ok(Ordering::Greater),
        (_, None) => false,
    };
    if is_later {
        known.fixed.clone_from(&found.fixed);
    }
    if known.state == FixState::NotFixed {
        known.state = found.state;
    }
    known.is_malicious |= found.is_malicious;
    merge_names(known, found);
}

/// What of another advisory does not touch whether a package has a flaw, and what is done about it.
fn merge_names(known: &mut Match, found: Match) {
    known.aliases.extend(found.aliases);
    known.aliases.sort();
    known.aliases.dedup();
    known.published = match (known.published, found.published) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
}
